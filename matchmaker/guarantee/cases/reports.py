"""Reports of banks as they are sent and as they are kept: each number of a bank once."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.loan_course import Report
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.holding import hand_of
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report as the bank sends it. ``amount_fen``: principal; of ``close`` all that was ever drawn, so that a
    drawdown still on its way is missed. ``interest_fen``: of a claim."""

    event_no: str
    kind: str
    happened_on: date
    amount_fen: int = 0
    interest_fen: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a report: applied or parked. ``repeated``: it had been sent before, and nothing was done now."""

    event: GuaranteeEvent
    case: Guarantee
    repeated: bool = False


def loan_events(session: ScopedSession, case: Guarantee) -> Sequence[GuaranteeEvent]:
    """What was reported of the loan's course, claims apart, as it came."""
    mine = (GuaranteeEvent.guarantee_no == case.guarantee_no) & GuaranteeEvent.state.in_(("applied", "parked"))
    rows = select(GuaranteeEvent).where(mine, GuaranteeEvent.kind != "claim").order_by(GuaranteeEvent.id)
    return session.scalars(rows.execution_options(populate_existing=True)).all()


def known_event(session: ScopedSession, bank_code: str, event_no: str, digest: str) -> GuaranteeEvent | None:
    """The report of this number that the bank sent before; ConflictError where it said something else."""
    mine = (GuaranteeEvent.bank_code == bank_code) & (GuaranteeEvent.event_no == event_no)
    found = session.scalars(select(GuaranteeEvent).where(mine)).one_or_none()
    if found is not None and found.digest != digest:
        raise ConflictError(_REUSED, code="event_reused", no=event_no)
    return found


def digest_of(reported: object, guarantee_no: str) -> str:
    """SHA-256 (hexadecimal) of the body and of which case it is about."""
    body = {name: str(getattr(reported, name)) for name in sorted(reported.__slots__)}  # type: ignore[attr-defined]
    return hashlib.sha256(json.dumps([guarantee_no, body], sort_keys=True).encode()).hexdigest()


def new_event(case: Guarantee, reported: Reported, digest: str, *, actor: Actor, now: datetime) -> GuaranteeEvent:
    """A report that is parked until it fits."""
    return GuaranteeEvent(
        guarantee_no=case.guarantee_no, uscc=case.uscc, org_code=case.org_code, bank_code=case.bank_code,
        event_no=reported.event_no, kind=reported.kind, amount_fen=reported.amount_fen,
        interest_fen=reported.interest_fen, happened_on=reported.happened_on, digest=digest, state="parked",
        why="new", reported_at=now, reported_by=hand_of(actor),
    )  # fmt: skip


def as_report(event: GuaranteeEvent) -> Report:
    """A kept report as the loan's course reads it."""
    return Report(event.event_no, event.kind, event.happened_on, event.amount_fen)


WAITS: dict[str, Text] = {
    "not_drawn": Text("对应的放款还没有报来", "the drawdown that it repays has not been reported"),
    "not_running": Text("当时没有未还本金，或已是逾期", "nothing was owed then, or it was overdue already"),
    "not_overdue": Text("对应的逾期还没有报来", "the delay that it ends has not been reported"),
    "drawn_overdue": Text("当时逾期中，结清还没有报来", "it was overdue then; the cure has not been reported"),
    "drawn_differs": Text("累计放款与已报来的不一致", "the total drawn is not that of the drawdowns reported"),
    "over_amount": Text("累计放款超过担保金额", "the drawdowns together are above the amount"),
    "closed": Text("银行已放弃未用额度", "the bank has given up the rest"),
    "released": Text("按已报来的情况当时已解除担保", "by what was reported it had been released"),
}
"""Why a report is parked: code → words."""

_REUSED = Text(
    "事件编号 {no} 已用于另一项内容，没有执行。换一个编号，或按原内容重发。",
    "The event number {no} was used for something else; nothing was done. Use another number, or the same content.",
)
