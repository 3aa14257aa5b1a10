"""What the public guarantee brings a need, ready to be shown: a sentence, the rows behind it, and what to do."""

from typing import Any

from flask import url_for

from matchmaker.matching.of_need import Sorted
from matchmaker.matching.with_guarantee import gain_of, gain_text
from matchmaker.scoring.public_guarantee import Why
from matchmaker.web.links import RATE, address_if
from matchmaker.web.view import current_lang

WITH_GUARANTEE = "guarantee"
"""What is in the address of a need's matches where only those by the public guarantee are shown."""


def told_gain(judged: Sorted) -> dict[str, Any] | None:
    """``text``, ``n``, ``href`` of the rows and ``rate``, where a rating is asked for; None where nothing is gained."""
    gain = gain_of(judged)
    if not gain.products:
        return None
    return {
        "text": gain_text(gain, judged, current_lang()),
        "need_no": judged.need.need_no,
        "n": len(gain.products),
        "href": url_for("matches.need", need_no=judged.need.need_no, guarantee="yes"),
        "rate": address_if(RATE) if gain.found.why in (Why.NOT_RATED, Why.EXPIRED) else None,
    }
