"""Automatic cover 见贷即保: a bank's loan is covered at once where it meets the scheme's conditions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import Database, ScopedSession, lock_lists, lock_name
from matchmaker.domain.errors import ConflictError, MatchmakerError, NotFoundError, RejectedError
from matchmaker.domain.guarantee_terms import GuaranteeState
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.applying import keep_case, new_case
from matchmaker.guarantee.cases.deciding import tell_systems
from matchmaker.guarantee.cases.features import keep_features
from matchmaker.guarantee.cases.holding import local_day, new_number
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent
from matchmaker.guarantee.cases.reports import Reported, digest_of, known_event, new_event
from matchmaker.guarantee.cases.terms import Terms, Wanted, money, require_consent, terms_for
from matchmaker.lists.guarantee_registers import Scheme
from matchmaker.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """A loan that a bank wants covered, under a number of its own."""

    event_no: str
    scheme_code: str
    uscc: str
    amount_fen: int
    term_months: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one row of a batch: a case, or why there is none."""

    loan: Loan
    case: Guarantee | None
    refusal: MatchmakerError | None = None


def cover(
    session: ScopedSession, *, actor: Actor, loan: Loan, bank_code: str | None = None, settings: Settings, now: datetime
) -> Guarantee:
    """Cover a loan at once; the same number again gives the same case.

    ``bank_code``: for the system and its operator, who act for no bank. The enterprise must have consented beforehand
    to the guarantor and to this very bank, which is asked first. RejectedError outside the scheme's conditions,
    ConflictError without a consent or above a limit; a bank is told no more than that this loan is not covered, for
    grade, relations and other banks' balances are not its own to read.
    """
    permit(actor, "guarantees.report", now)
    bank = _bank_of(actor, bank_code)
    lock_lists(session)
    lock_name(session, f"guarantee event {loan.event_no}")
    known = known_event(session, bank, loan.event_no, digest_of(loan, bank))
    if known is not None:
        return session.scalars(select(Guarantee).where(Guarantee.guarantee_no == known.guarantee_no)).one()
    on = local_day(now, settings)
    terms, consent_id = _terms(session, actor, loan, bank, on, now)
    wanted = Wanted(uscc=loan.uscc, amount_fen=loan.amount_fen, term_months=loan.term_months, bank_code=bank)
    case = new_case(session, terms, wanted, on=on, now=now, actor=actor)
    _approve(case, terms, on, now)
    case.consent_id = consent_id
    keep_features(session, case, on=on, now=now, settings=settings)
    with _told_coarsely(actor):
        keep_case(session, case, "cover", on=on, actor=actor, now=now)
    session.add(_row(case, loan, bank, on, actor, now))
    session.flush()
    tell_systems(session, case, now)
    return case


def cover_batch(
    database: Database,
    *,
    actor: Actor,
    loans: Sequence[Loan],
    bank_code: str | None = None,
    settings: Settings,
    now: datetime,
) -> list[Outcome]:
    """Cover each loan of a file by itself: one that is refused stands in no other's way. Safe to send again."""
    return [_one(database, actor, loan, bank_code, settings, now) for loan in loans]


def _one(
    database: Database, actor: Actor, loan: Loan, bank_code: str | None, settings: Settings, now: datetime
) -> Outcome:
    try:
        with database.writing(actor) as session:
            case = cover(session, actor=actor, loan=loan, bank_code=bank_code, settings=settings, now=now)
    except MatchmakerError as error:
        return Outcome(loan, None, error)
    return Outcome(loan, case)


def _bank_of(actor: Actor, bank_code: str | None) -> str:
    bank = bank_code if actor.trusted else actor.org_code
    if bank is None:
        raise NotFoundError(_NO_BANK, code="no_bank")
    return bank


def _terms(session: ScopedSession, actor: Actor, loan: Loan, bank: str, on: date, now: datetime) -> tuple[Terms, str]:
    """The scheme's terms for the loan, and the guarantor's consent, on which it rests."""
    scheme = session.scalars(select(Scheme).where(Scheme.scheme_code == loan.scheme_code)).one_or_none()
    if scheme is None or scheme.org_code is None or scheme.automatic_max_fen is None:
        raise RejectedError(_NOT_AUTOMATIC, code="not_automatic", scheme=loan.scheme_code)
    if loan.amount_fen > scheme.automatic_max_fen:
        raise RejectedError(
            _ABOVE, code="automatic_amount", asked=money(loan.amount_fen), most=money(scheme.automatic_max_fen)
        )
    if loan.amount_fen <= 0 or loan.term_months <= 0:
        raise RejectedError(_ODD, code="amount_range")
    consent, _ = (
        require_consent(session, uscc=loan.uscc, org_code=to, need_no=None, now=now) for to in (scheme.org_code, bank)
    )
    wanted = Wanted(uscc=loan.uscc, amount_fen=loan.amount_fen, term_months=loan.term_months, bank_code=bank)
    with _told_coarsely(actor):
        terms = terms_for(session, loan.scheme_code, wanted, on)
        if terms.rating.grade.value not in terms.scheme.automatic_grades:
            raise RejectedError(_GRADE, code="automatic_grade", grade=terms.rating.grade.label)
    return terms, consent.public_id


@contextmanager
def _told_coarsely(actor: Actor) -> Iterator[None]:
    """Whatever stands against the loan is one and the same sentence to a bank; the operator reads the reason."""
    try:
        yield
    except (RejectedError, ConflictError):
        if actor.trusted:
            raise
        raise RejectedError(_NOT_COVERED, code="not_covered") from None


def _approve(case: Guarantee, terms: Terms, on: date, now: datetime) -> None:
    """The scheme has decided: its letter is issued with the case."""
    case.automatic, case.state = True, GuaranteeState.APPROVED.value
    case.approved_by, case.approved_at = f"scheme:{terms.scheme.scheme_code}", now
    case.letter_no, case.letter_expires_on = new_number("ZX", on), on + timedelta(days=case.letter_days)


def _row(case: Guarantee, loan: Loan, bank: str, on: date, actor: Actor, now: datetime) -> GuaranteeEvent:
    reported = Reported(event_no=loan.event_no, kind="cover", happened_on=on, amount_fen=loan.amount_fen)
    event = new_event(case, reported, digest_of(loan, bank), actor=actor, now=now)
    event.state, event.why, event.applied_at = "covered", None, now
    return event


_NO_BANK = Text("没有写明银行。用 --bank 写明银行编号。", "No bank is named. Name it with --bank.")
_NOT_AUTOMATIC = Text(
    "担保方案「{scheme}」没有或不做见贷即保。换一个方案，或由企业申请。",
    'The scheme "{scheme}" does not exist or does not cover automatically. Choose another, or let the company apply.',
)
_ABOVE = Text(
    "金额 {asked} 超过见贷即保单户上限 {most}。由企业申请，逐笔审查。",
    "{asked} is above the {most} of automatic cover. Let the company apply.",
)
_NOT_COVERED = Text(
    "这笔贷款不符合见贷即保的条件，没有办理。由企业申请，担保机构逐笔审查。",
    "This loan does not meet the conditions of automatic cover; nothing was done. Let the company apply.",
)
_ODD = Text("金额与期限应大于零。改正这一行后重发。", "Amount and term must be above zero. Mend this row.")
_GRADE = Text(
    "{grade} 企业不在见贷即保范围内。由企业申请，逐笔审查。",
    "Grade {grade} is not covered automatically. Let the company apply.",
)
