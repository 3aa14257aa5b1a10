"""A card as JSON: integers, texts and cuts only, so that it comes back to the last bit; a checksum seals it."""

import hashlib
import json
from dataclasses import asdict
from datetime import date
from typing import Any

from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text
from matchmaker.scoring.scorecard.card import Bin, Part, Plan, Scorecard, Slice, Trial
from matchmaker.scoring.scorecard.features import Feature

FORMAT = 1

NOT_A_CARD = Text(
    "这不是本系统写出的评分卡（{reason}）；用当时导出的文件，或重新拟合",
    "This is no scorecard as written here ({reason}): use the file as it was exported, or fit again",
)
NO_JSON = Text("不是 JSON", "not JSON")
CHANGED = Text("内容与校验和不符", "its contents do not match its checksum")
OTHER_FORMAT = Text("格式版本不同", "another version of the format")


def checksum(card: Scorecard) -> str:
    """SHA-256 (hex) of the card's contents."""
    return _digest(_contents(card))


def version(card: Scorecard) -> str:
    """Name, newest day of the fitted cases, first digits of the checksum: what a stored opinion is signed with."""
    return f"{card.name}-{card.fitted.last:%Y%m%d}-{checksum(card)[:8]}"


def to_json(card: Scorecard) -> str:
    """The card with its version and checksum, keys in order: equal cards give equal texts."""
    contents = _contents(card)
    document = contents | {"version": version(card), "checksum": _digest(contents)}
    return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1)


def from_json(text: str) -> Scorecard:
    """The card again. Raises RejectedError ``not_a_card`` for what ``to_json`` did not write, or was changed."""
    document = _read(text)
    sealed = document.pop("checksum", None)
    document.pop("version", None)
    if document.get("format") != FORMAT:
        raise RejectedError(NOT_A_CARD, code="not_a_card", reason=OTHER_FORMAT)
    if sealed != _digest(document):
        raise RejectedError(NOT_A_CARD, code="not_a_card", reason=CHANGED)
    return _card(document)


def _read(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise RejectedError(NOT_A_CARD, code="not_a_card", reason=NO_JSON)
    return document


def _contents(card: Scorecard) -> dict[str, Any]:
    """Plain dictionaries and lists, as JSON gives them back."""
    plain = json.loads(json.dumps(asdict(card), default=date.isoformat))
    return {"format": FORMAT, **plain}


def _digest(contents: dict[str, Any]) -> str:
    written = json.dumps(contents, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _card(document: dict[str, Any]) -> Scorecard:
    return Scorecard(
        name=document["name"],
        plan=Plan(**document["plan"]),
        base_points=document["base_points"],
        parts=tuple(_part(one) for one in document["parts"]),
        dropped=tuple(document["dropped"]),
        fitted=_slice(document["fitted"]),
        newest=_slice(document["newest"]),
        trial=Trial(**document["trial"]),
        score_cuts=tuple(document["score_cuts"]),
        score_rows=tuple(document["score_rows"]),
    )


def _part(one: dict[str, Any]) -> Part:
    bins = tuple(Bin(**each) for each in one["bins"])
    return Part(_feature(one["feature"]), one["coefficient_e6"], tuple(one["cuts"]), tuple(one["codes"]), bins)


def _feature(one: dict[str, Any]) -> Feature:
    said = {key: Text(**one[key]) for key in ("label", "why", "unit")}
    codes = tuple((code, Text(**name)) for code, name in one["codes"])
    return Feature(**{**one, **said, "codes": codes})


def _slice(one: dict[str, Any]) -> Slice:
    first, last = date.fromisoformat(one["first"]), date.fromisoformat(one["last"])
    return Slice(first, last, one["rows"], one["failed"])
