"""Referrals as each side may read them, and the tabs in which they are listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from matchmaker.actor import Actor
from matchmaker.domain.lifecycle import ReferralStep
from matchmaker.domain.terms import BankAnswer, DeclineReason, FirmAnswer, ReferralState, RefusalReason, Side
from matchmaker.domain.text import Text
from matchmaker.referrals.models import Referral
from matchmaker.referrals.services import masked, may_take_steps, undo_until
from matchmaker.settings import Settings

Tab = Literal["waiting", "taken", "closed", "overdue"]
TABS: dict[Tab, Text] = {
    "waiting": Text("待响应", "waiting"),
    "taken": Text("已接单", "taken"),
    "closed": Text("已关闭", "closed"),
    "overdue": Text("已过期", "overdue"),
}
"""What a bank's inbox is split into; every referral is in exactly one."""


@dataclass(frozen=True, slots=True)
class ReferralView:
    """A referral as one side reads it; None where it is not that side's to know.

    A bank never reads the need's number (it may name the enterprise: the card has its own) or the enterprise's reason.
    An enterprise reads of the bank's answer only which it is. The bureau reads the codes of both, no notes.
    ``undo_until``: until when the own side can take its answer back. ``steps``: what it may do now.
    """

    public_id: str
    org_code: str
    product_code: str
    state: ReferralState
    bank: BankAnswer
    bank_at: datetime | None
    firm: FirmAnswer
    firm_at: datetime | None
    due_on: date | None
    ended_at: datetime | None
    version: int
    sentence: Text
    need_no: str | None = None
    bank_by: str | None = None
    bank_reason: RefusalReason | None = None
    bank_note: str | None = None
    firm_reason: DeclineReason | None = None
    firm_note: str | None = None
    steps: tuple[ReferralStep, ...] = ()
    undo_until: datetime | None = None


def view_of(referral: Referral, actor: Actor, *, settings: Settings, now: datetime) -> ReferralView:
    """The referral as the actor's side may read it."""
    firm_side, bank_side = actor.side is Side.ENTERPRISE, actor.side is Side.BANK
    refused = RefusalReason.of(referral.bank_reason) if referral.bank_reason and not firm_side else None
    declined = DeclineReason.of(referral.firm_reason) if referral.firm_reason and not bank_side else None
    return ReferralView(
        public_id=referral.public_id,
        org_code=referral.org_code,
        product_code=referral.product_code,
        state=referral.state,
        bank=referral.bank,
        bank_at=referral.bank_at,
        firm=referral.firm,
        firm_at=referral.firm_at,
        due_on=referral.due_on,
        ended_at=referral.ended_at,
        version=referral.version,
        sentence=sentence_of(referral, actor.side),
        need_no=None if bank_side else referral.need_no,
        bank_by=masked(referral.bank_by) if bank_side and referral.bank_by else None,
        bank_reason=refused,
        bank_note=referral.bank_note if bank_side else None,
        firm_reason=declined,
        firm_note=referral.firm_note if firm_side else None,
        steps=may_take_steps(referral, actor, settings=settings, now=now),
        undo_until=undo_until(referral, actor, settings=settings, now=now),
    )


def sentence_of(referral: Referral, side: Side) -> Text:
    """Where it stands, in one sentence; to an enterprise a refusal is said neutrally (EXPERIENCE.md B-7)."""
    if side is not Side.ENTERPRISE:
        return referral.state.label if referral.state is not ReferralState.OPEN else referral.bank.label
    if referral.state is ReferralState.OPEN:
        return _TO_FIRM_OPEN[referral.bank]
    return _TO_FIRM_ENDED[referral.state]


def list_referrals(
    session: Session,
    *,
    on: date,
    tab: Tab | None = None,
    need_no: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Sequence[Referral]:
    """The referrals that the session's actor sees, the first due first: a bank's by tab, an enterprise's by need.

    ``on``: the local day, which parts what waits from what is overdue. Show them by :func:`view_of` only.
    """
    query = select(Referral)
    if tab is not None:
        query = query.where(in_tab(tab, on))
    if need_no is not None:
        query = query.where(Referral.need_no == need_no)
    ordered = query.order_by(Referral.due_on.is_(None), Referral.due_on, Referral.id)
    return session.scalars(ordered.limit(limit).offset(offset)).all()


def count_tabs(session: Session, *, on: date) -> dict[Tab, int]:
    """How many referrals the session's actor has in each tab."""
    counts = [func.count().filter(in_tab(tab, on)) for tab in TABS]
    found = session.execute(select(*counts).select_from(Referral)).one()
    return dict(zip(TABS, found, strict=True))


def in_tab(tab: Tab, on: date) -> ColumnElement[bool]:
    """Condition: the referral stands in this tab on this day."""
    if tab == "closed":
        return Referral.ended_at.is_not(None)
    is_open = Referral.ended_at.is_(None)
    if tab == "taken":
        return and_(is_open, Referral.bank_answer == BankAnswer.TAKEN.value)
    waits = and_(is_open, Referral.bank_answer != BankAnswer.TAKEN.value)
    if tab == "overdue":
        return and_(waits, Referral.due_on < on)
    return and_(waits, or_(Referral.due_on.is_(None), Referral.due_on >= on))


_TO_FIRM_OPEN = {
    BankAnswer.NONE: Text("已推荐给该银行，等待银行答复。", "Shown to the bank; its answer is awaited."),
    BankAnswer.TAKEN: Text("该银行已接单，将与贵企业联系。", "The bank has taken your need and will be in touch."),
}
_TO_FIRM_ENDED = {
    ReferralState.REFUSED: Text(
        "该银行目前没有合适的安排，平台继续为您推荐其他银行。",
        "The bank has nothing suitable at present; other banks are being asked.",
    ),
    ReferralState.DECLINED: Text("您已答复不感兴趣，不再推荐。", "You are not interested; it is not shown again."),
    ReferralState.WITHDRAWN: Text("您已撤回授权，对接已结束。", "You withdrew your consent; this has ended."),
    ReferralState.CLOSED: Text("这条推荐已失效，无需处理。", "This is no longer recommended; nothing is left to do."),
}
