"""A rating for another side, by consent, and for the enterprise's copy of its data: what leaves the bureau, and how."""

from datetime import date, datetime
from typing import Any

from matchmaker.accounts.gate import Channel, Facts, Look, disclose
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.terms import ConsentPurpose, Disclosure, FieldGroup
from matchmaker.domain.text import Lang
from matchmaker.guarantee.rating.queries import current_rating
from matchmaker.guarantee.rating.view import RatingView, rating_view


def disclosed_rating(
    session: ScopedSession,
    *,
    actor: Actor,
    uscc: str,
    org_code: str,
    purpose: ConsentPurpose,
    need_no: str | None,
    channel: Channel,
    about: str | None,
    lang: Lang,
    now: datetime,
    on: date,
) -> RatingView | None:
    """The valid rating of an enterprise for ``org_code``, under a consent that opens its credit records; written down.

    None where no such consent holds or there is no valid rating. The session must be one that writes.
    """
    look = Look(uscc=uscc, purpose=purpose, channel=channel, org_code=org_code, need_no=need_no,
                groups=(FieldGroup.CREDIT,), about=about)  # fmt: skip
    found: list[RatingView] = []

    def read(_group: FieldGroup) -> Facts:
        rating = current_rating(session, uscc, on)
        if rating is None:
            return {}
        found.append(rating_view(session, rating, lang, actor=actor, on=on))
        return {"ratings": [{"grade": found[0].grade, "rating_no": rating.rating_no, "valid_to": rating.valid_to}]}

    disclose(session, actor=actor, look=look, facts=read, now=now)
    return found[0] if found else None


def grade_facts_for_underwriter(
    session: ScopedSession,
    *,
    actor: Actor,
    uscc: str,
    org_code: str,
    need_no: str | None,
    about: str | None,
    lang: Lang,
    now: datetime,
    on: date,
) -> RatingView | None:
    """The left side of a guarantor's case file: the rating with its rows, as consented to for a guarantee."""
    return disclosed_rating(
        session, actor=actor, uscc=uscc, org_code=org_code, purpose=ConsentPurpose.GUARANTEE, need_no=need_no,
        channel="page", about=about, lang=lang, now=now, on=on,
    )  # fmt: skip


def without_government(values: dict[str, Any]) -> dict[str, Any]:
    """A rating's columns for the enterprise's copy of its data: what is internal to the government has no detail."""
    facts, results = dict(values["facts"]), dict(values["results"])
    facts["records"] = [_blanked(one) for one in facts["records"]]
    results["findings"] = [{**f, "evidence": [_blanked(one) for one in f["evidence"]]} for f in results["findings"]]
    results["notes"] = [_blanked(one) for one in results["notes"]]
    return {**values, "facts": facts, "results": results}


def _blanked(told: dict[str, Any]) -> dict[str, Any]:
    """Evidence or a record of a rating; of one that is not public nor opened by consent only the kind is left."""
    of_record = "record_no" in told or told.get("number") is not None
    if not of_record or told["disclosure"] in (Disclosure.PUBLIC.value, Disclosure.AUTHORISED.value):
        return told
    return {key: value if key in ("kind", "what", "name", "disclosure") else None for key, value in told.items()}
