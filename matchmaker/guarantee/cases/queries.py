"""Reading cases: queues, one case with what was said and reported, its letter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from matchmaker.accounts.gate import note_contract
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.guarantee_life import GuaranteeStep, Hand, possible_steps
from matchmaker.domain.guarantee_terms import FeePayer, Grade, LossParty
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.domain.terms import Role, Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.holding import covered_of, hand_of, local_day, unknown_case
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent, GuaranteeNote
from matchmaker.lists.guarantee_registers import Scheme
from matchmaker.lists.models import Enterprise, Organisation
from matchmaker.scoring.exposure import split
from matchmaker.settings import Settings

Tab = Literal["review", "waiting", "decide", "letters", "in_force", "claims", "losses", "ended"]
TABS: Mapping[Tab, tuple[S, ...]] = {
    "review": (S.APPLIED,),
    "waiting": (S.WAITING,),
    "decide": (S.REVIEWED,),
    "letters": (S.APPROVED,),
    "in_force": (S.IN_FORCE, S.OVERDUE),
    "claims": (S.CLAIMED,),
    "losses": (S.COMPENSATED,),
    "ended": (S.RELEASED, S.RECOVERED, S.WRITTEN_OFF, S.DECLINED, S.WITHDRAWN, S.LAPSED),
}
"""Queue → its states, in the order in which they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything that stands in a letter of intent 担保意向函."""

    letter_no: str
    guarantee_no: str
    issued_on: date
    valid_to: date
    enterprise: str
    uscc: str
    bank: str
    guarantor: str
    scheme: str
    grade: Grade
    rating_no: str
    amount_fen: int
    term_months: int
    shares: Mapping[LossParty, int]
    parts: Mapping[LossParty, int]
    fee_e6: int
    fee_fen: int
    fee_payer: FeePayer
    automatic: bool


def find_case(session: Session, public_id: str) -> Guarantee:
    """A case that the session's actor sees; NotFoundError when there is none."""
    clean = public_id.isascii() and public_id.isalnum()
    found = session.scalars(select(Guarantee).where(Guarantee.public_id == public_id)).one_or_none() if clean else None
    if found is None:
        raise unknown_case()
    return found


def list_cases(session: Session, *, tab: Tab | None = None, limit: int = 50, offset: int = 0) -> Sequence[Guarantee]:
    """The cases that the session's actor sees: of a queue those due first, and of one day the largest first."""
    query = select(Guarantee).where(*([in_tab(tab)] if tab else []))
    ordered = query.order_by(Guarantee.due_on, Guarantee.amount_fen.desc(), Guarantee.id)
    return session.scalars(ordered.limit(limit).offset(offset)).all()


def count_tabs(session: Session) -> dict[Tab, int]:
    """How many cases the session's actor has in each queue."""
    counts = [func.count().filter(in_tab(tab)) for tab in TABS]
    return dict(zip(TABS, session.execute(select(*counts).select_from(Guarantee)).one(), strict=True))


def in_tab(tab: Tab) -> ColumnElement[bool]:
    """Condition: the case stands in this queue."""
    return Guarantee.state.in_([state.value for state in TABS[tab]])


def case_of_need(session: Session, need_no: str) -> Guarantee | None:
    """The newest case of a need that the session's actor sees."""
    newest = select(Guarantee).where(Guarantee.need_no == need_no).order_by(Guarantee.id.desc()).limit(1)
    return session.scalars(newest).one_or_none()


def notes_of(session: Session, case: Guarantee) -> Sequence[GuaranteeNote]:
    """What was said, the oldest first, as far as the session's actor reads it."""
    mine = GuaranteeNote.guarantee_no == case.guarantee_no
    return session.scalars(select(GuaranteeNote).where(mine).order_by(GuaranteeNote.id)).all()


def events_of(session: Session, case: Guarantee) -> Sequence[GuaranteeEvent]:
    """What the bank reported, by the day on which it happened."""
    mine = GuaranteeEvent.guarantee_no == case.guarantee_no
    return session.scalars(
        select(GuaranteeEvent).where(mine).order_by(GuaranteeEvent.happened_on, GuaranteeEvent.id)
    ).all()


def hands_of(actor: Actor) -> tuple[Hand, ...]:
    """Which hands an actor has in a case; none for a side that only reads."""
    found: dict[Hand, bool] = {
        "firm": Role.FINANCE in actor.roles,
        "underwriter": bool({Role.UNDERWRITER, Role.APPROVER} & actor.roles),
        "approver": Role.APPROVER in actor.roles,
        "bank": bool({Role.ACCOUNT_MANAGER, Role.LEAD} & actor.roles),
    }
    return tuple(hand for hand, has in found.items() if has)


def steps_for(case: Guarantee, actor: Actor) -> tuple[GuaranteeStep, ...]:
    """The steps that the actor may take now, for its buttons: those of two persons only for the second one, and no
    approval against the reviewer's opinion."""
    hands = hands_of(actor)
    if not hands:
        return ()
    return tuple(one for one in possible_steps(case.stands, *hands) if _may_follow(one, case, actor))


def _may_follow(step: GuaranteeStep, case: Guarantee, actor: Actor) -> bool:
    if step.verb == "approve":
        second = case.amount_fen <= case.four_eyes_above_fen or case.reviewed_by != hand_of(actor)
        return second and case.opinion == "approve"
    if step.verb in ("compensate", "write_off"):
        first = case.checked_by if step.verb == "compensate" else case.proposed_by
        return first is not None and first != hand_of(actor)
    return True


def letter_of(session: ScopedSession, public_id: str, settings: Settings, *, actor: Actor, now: datetime) -> Letter:
    """The letter of a case that has one; ConflictError before it is approved.

    Its parties read the names because they stand in the contract, also after a consent has ended (PIPL article 13 (2));
    that the bank or the guarantor did is written down.
    """
    case = find_case(session, public_id)
    if case.letter_no is None or case.letter_expires_on is None or case.approved_at is None:
        raise ConflictError(_NO_LETTER, code="no_letter", now=case.stands.label)
    if actor.side in (Side.BANK, Side.GUARANTOR):
        note_contract(
            session, actor=actor, uscc=case.uscc, fields=("enterprises.name", "enterprises.uscc"), channel="pdf",
            about=f"guarantee:{case.public_id}", now=now,
        )  # fmt: skip
    with session.elevated():
        named = select(Organisation.org_code, Organisation.name)
        both = named.where(Organisation.org_code.in_((case.bank_code, case.org_code)))
        names = {row.org_code: row.name for row in session.execute(both)}
        firm = session.scalar(select(Enterprise.name).where(Enterprise.uscc == case.uscc))
        scheme = session.scalar(select(Scheme.name).where(Scheme.scheme_code == case.scheme_code))
    return Letter(
        letter_no=case.letter_no, guarantee_no=case.guarantee_no, issued_on=local_day(case.approved_at, settings),
        valid_to=case.letter_expires_on, enterprise=firm or case.uscc, uscc=case.uscc,
        bank=names.get(case.bank_code, case.bank_code), guarantor=names.get(case.org_code, case.org_code),
        scheme=scheme or case.scheme_code, grade=case.rated, rating_no=case.rating_no, amount_fen=case.amount_fen,
        term_months=case.term_months, shares=case.split, parts=split(case.amount_fen, covered_of(case).shares),
        fee_e6=case.fee_e6, fee_fen=case.fee_fen, fee_payer=case.payer, automatic=case.automatic,
    )  # fmt: skip


_NO_LETTER = Text(
    "这笔担保当前为「{now}」，还没有意向函。批准后才有。", "It stands at {now}; a letter is issued with the approval."
)
