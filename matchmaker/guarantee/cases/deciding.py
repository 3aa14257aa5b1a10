"""The guarantor's part: papers asked for, an opinion, the decision."""

from datetime import datetime, timedelta
from typing import Literal

from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.guarantee_life import guarantee_step
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.applying import give_back
from matchmaker.guarantee.cases.basis import require_basis, require_consents
from matchmaker.guarantee.cases.holding import (
    clean_note,
    hand_of,
    hold_case,
    local_day,
    move,
    new_number,
    require_second,
)
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.outbox.webhooks.events import emit
from matchmaker.settings import Settings

Opinion = Literal["approve", "decline"]
OPINIONS: dict[str, Text] = {
    "approve": Text("建议通过", "for it"),
    "decline": Text("建议不通过", "against it"),
}
"""What a reviewer may say."""


def ask(
    session: ScopedSession, *, actor: Actor, public_id: str, text: str | None, version: int | None = None, now: datetime
) -> Guarantee:
    """Ask the enterprise for papers or an explanation (at least ten characters)."""
    permit(actor, "guarantees.review", now)
    return move(session, hold_case(session, public_id, version), "ask", actor=actor, now=now, note=text)


def review(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    opinion: str,
    reason: str | None,
    version: int | None = None,
    now: datetime,
) -> Guarantee:
    """Give an opinion (a key of ``OPINIONS``) with its reason. ConflictError without consents that hold."""
    permit(actor, "guarantees.review", now)
    if opinion not in OPINIONS:
        raise RejectedError(_NO_OPINION, code="opinion_missing")
    clean_note(reason, required=True)
    case = hold_case(session, public_id, version)
    guarantee_step("review", case.stands)
    require_consents(session, case, now)
    return move(
        session, case, "review", actor=actor, now=now, note=reason, opinion=opinion, reviewed_by=hand_of(actor),
        reviewed_at=now,
    )  # fmt: skip


def return_to_review(
    session: ScopedSession, *, actor: Actor, public_id: str, text: str | None, version: int | None = None, now: datetime
) -> Guarantee:
    """Have the case reviewed again; the opinion so far is in its notes."""
    permit(actor, "guarantees.approve", now)
    case = hold_case(session, public_id, version)
    return move(
        session, case, "return", actor=actor, now=now, note=text, opinion=None, reviewed_by=None, reviewed_at=None
    )


def approve(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    note: str | None = None,
    version: int | None = None,
    settings: Settings,
    now: datetime,
) -> Guarantee:
    """Approve a reviewed case and issue its letter.

    All that it rests on is asked anew (``basis``), and the limits as they were found are kept with the case. Above the
    scheme's amount the reviewer cannot be the approver (U-6; a CHECK of the table holds it too).
    """
    permit(actor, "guarantees.approve", now)
    case, on = hold_case(session, public_id, version), local_day(now, settings)
    guarantee_step("approve", case.stands)
    if case.amount_fen > case.four_eyes_above_fen:
        require_second(actor, case.reviewed_by, "approve")
    effect = require_basis(session, case, on=on, now=now)
    move(
        session, case, "approve", actor=actor, now=now, note=note, approved_by=hand_of(actor), approved_at=now,
        letter_no=new_number("ZX", on), letter_expires_on=on + timedelta(days=case.letter_days),
        limits=effect.to_json(),
    )  # fmt: skip
    tell_systems(session, case, now)
    return case


def decline(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    reason: str | None,
    version: int | None = None,
    settings: Settings,
    now: datetime,
) -> Guarantee:
    """Decline a case with a reason that the enterprise reads; what was reserved is free again."""
    permit(actor, "guarantees.approve", now)
    case = hold_case(session, public_id, version)
    move(session, case, "decline", actor=actor, now=now, note=reason, reason=(reason or "").strip())
    give_back(session, case, "declined", on=local_day(now, settings), actor=actor, now=now)
    tell_systems(session, case, now)
    return case


def tell_systems(session: ScopedSession, case: Guarantee, now: datetime) -> None:
    """``guarantee.decided`` for the systems of the enterprise, the bank and the guarantor, by the public id alone."""
    for whose in ({"uscc": case.uscc}, {"org_code": case.bank_code}, {"org_code": case.org_code}):
        emit(session, "guarantee.decided", subject_kind="guarantee", subject_id=case.public_id, now=now, **whose)


_NO_OPINION = Text("审查意见没有选择。选「建议通过」或「建议不通过」。", "Choose an opinion: for it or against it.")
