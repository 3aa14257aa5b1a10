"""How a guarantee is shown by the API, and one step with it: its answer, and what a conflict tells."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Response

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.money import FEN_PER_YUAN, yuan_text
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.holding import covered_of, position_of
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.queries import find_case, steps_for
from matchmaker.guarantee.cases.terms import percent
from matchmaker.scoring.exposure import split
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.kinds import coded
from matchmaker.web.api.operations import ETAG, IDEMPOTENCY
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.answers_shown import with_current
from matchmaker.web.api.schemas import shown_moment
from matchmaker.web.view import actor, current_lang, parts

STEP: dict[str, Any] = {"headers": (IDEMPOTENCY,), "answers": ETAG, "problems": (409, 422)}
"""What every step of a guarantee asks for and may answer."""


def read_day(written: str) -> date:
    """A day of a body; RejectedError for one that no calendar has."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise RejectedError(_NO_DAY, code="no_such_day", day=written) from None


def read_fen(yuan: str | None) -> int:
    """Fen of an amount in yuan that the schema has let pass; nothing is zero."""
    return int(Decimal(yuan or "0") * FEN_PER_YUAN)


def stepped(public_id: str, step: Callable[..., Guarantee], session: ScopedSession) -> Response:
    """The guarantee after a step of a service."""
    case: Guarantee = attempt(session, public_id, step)
    return reply(shown(session, case), version=case.version)


def attempt(session: ScopedSession, public_id: str, step: Callable[..., Any]) -> Any:
    """What the step comes to; a conflict says how the case stands."""
    try:
        return step(session, actor=actor(), public_id=public_id, now=parts().now())
    except ConflictError as error:
        raise with_current(error, shown(session, find_case(session, public_id))) from error


def shown_all(session: ScopedSession, cases: Sequence[Guarantee], _chosen: Sequence[str] | None) -> list[Any]:
    """A page of them."""
    return [shown(session, one) for one in cases]


def shown(session: ScopedSession, case: Guarantee) -> dict[str, Any]:
    """One guarantee as its parties read it."""
    lang, at = current_lang(), position_of(session, case)
    return {
        "id": shown_id("guarantees", case.public_id),
        "guarantee_no": case.guarantee_no,
        "need_no": case.need_no if _knows_whose() else None,
        "product_code": case.product_code,
        "uscc": case.uscc if _knows_whose() else None,
        "bank": case.bank_code,
        "guarantor": case.org_code,
        "scheme_code": case.scheme_code,
        "grade": coded(case.rated, lang) if _reads_grade(case) else None,
        "rating_no": case.rating_no if _reads_grade(case) else None,
        "amount": yuan_text(case.amount_fen),
        "currency": "CNY",
        "term_months": case.term_months,
        "shares": _shares(case),
        "fee": yuan_text(case.fee_fen),
        "fee_payer": coded(case.payer, lang),
        "state": coded(case.stands, lang),
        "automatic": case.automatic,
        "letter_no": case.letter_no,
        "letter_expires_on": _iso(case.letter_expires_on),
        "due_on": _iso(case.due_on),
        "overdue_on": _iso(case.overdue_on),
        "drawn": yuan_text(at.drawn),
        "outstanding": yuan_text(at.outstanding),
        "unrecovered": yuan_text(at.loss),
        "written_off": yuan_text(at.written_off),
        "applied_at": shown_moment(case.applied_at),
        "steps": [step.verb for step in steps_for(case, actor())],
        "version": case.version,
    }


def _knows_whose() -> bool:
    """The enterprise itself and the bureau; others learn whose case it is by the gate, which asks for the consent."""
    return actor().side in (Side.ENTERPRISE, Side.BUREAU)


def _reads_grade(case: Guarantee) -> bool:
    """A bank reads the grade in the letter; before there is one, the rating is not its to know."""
    return actor().side is not Side.BANK or case.letter_no is not None


def _shares(case: Guarantee) -> list[dict[str, Any]]:
    fen = split(case.amount_fen, covered_of(case).shares)
    return [
        {"party": coded(party, current_lang()), "percent": percent(share), "amount": yuan_text(fen.get(party, 0))}
        for party, share in case.split.items()
        if share
    ]


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


_NO_DAY = Text(
    "日期「{day}」不存在。写成 2026-11-24 这样的日期。", 'There is no day "{day}". Write it like 2026-11-24.'
)
