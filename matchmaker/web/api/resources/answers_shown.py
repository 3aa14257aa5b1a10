"""Answers as the API shows them, to banks with their leads and to enterprises with their referrals."""

from collections.abc import Collection
from typing import Any

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.push.answers import answers_to
from matchmaker.referrals.queries import ReferralView
from matchmaker.web.api.faults import ApiError
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.kinds import coded
from matchmaker.web.api.schemas import shown_moment
from matchmaker.web.view import actor, current_lang, parts


def answers_shown(session: ScopedSession, public_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The public id of each of the actor's leads → its answer."""
    found = answers_to(session, public_ids, actor=actor(), settings=parts().settings, now=parts().now())
    return {public_id: shown_to_bank(view) for public_id, view in found.items()}


def shown_to_bank(view: ReferralView) -> dict[str, Any]:
    """The answer of a lead."""
    lang = current_lang()
    return {
        "state": coded(view.state, lang),
        "bank": coded(view.bank, lang),
        "bank_at": shown_moment(view.bank_at),
        "bank_by": view.bank_by,
        "firm": coded(view.firm, lang),
        **({"reason": coded(view.bank_reason, lang)} if view.bank_reason else {}),
        "note": view.bank_note,
        "undo_until": shown_moment(view.undo_until),
        "steps": [step.verb for step in view.steps],
    }


def shown_referral(view: ReferralView) -> dict[str, Any]:
    """A referral of an enterprise's own."""
    lang = current_lang()
    return {
        "id": shown_id("referrals", view.public_id),
        "need_no": view.need_no,
        "organisation": view.org_code,
        "product_code": view.product_code,
        "state": coded(view.state, lang),
        "sentence": view.sentence.say(lang),
        "bank": coded(view.bank, lang),
        "bank_at": shown_moment(view.bank_at),
        "firm": coded(view.firm, lang),
        "firm_at": shown_moment(view.firm_at),
        **({"reason": coded(view.firm_reason, lang)} if view.firm_reason else {}),
        "note": view.firm_note,
        "due_on": view.due_on.isoformat() if view.due_on else None,
        "undo_until": shown_moment(view.undo_until),
        "steps": [step.verb for step in view.steps],
        "version": view.version,
    }


def with_current(error: ConflictError, current: dict[str, Any] | None) -> ApiError:
    """The same error, its document with how things stand (RELIABILITY.md rule 20)."""
    more = {"current": current} if current is not None else {}
    return ApiError(409, error.text, code=error.code, more=more, **error.values)
