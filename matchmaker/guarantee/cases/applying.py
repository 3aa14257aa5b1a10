"""Applying: one click from a near miss. The consent, the terms and the reservation stand or fall together."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from matchmaker.accounts.consent import words_digest
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.guarantee_life import ENDED
from matchmaker.domain.guarantee_terms import GuaranteeState
from matchmaker.domain.terms import ConsentPurpose, EntryStatus, FieldGroup
from matchmaker.domain.text import Lang, Text
from matchmaker.guarantee.cases.features import keep_features
from matchmaker.guarantee.cases.holding import clean_note, covered_of, hand_of, local_day, move, new_number, tell_audit
from matchmaker.guarantee.cases.holding import hold_case as hold
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.notices import tell_parties
from matchmaker.guarantee.cases.terms import Terms, Wanted, fee_of, money, terms_for
from matchmaker.guarantee.ledger.services import free_capacity, reserve_capacity
from matchmaker.lists.consents import OTHER_WORDS, consent_to, consent_words, recipient
from matchmaker.lists.models import Need, Product
from matchmaker.lists.queries import load_workdays
from matchmaker.settings import Settings

GROUPS = frozenset(FieldGroup)
"""What the guarantor is shown for its review: identity, business, contacts, credit."""

FOR_BANK = frozenset({FieldGroup.IDENTITY})
"""What the bank is shown: whose letter it is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The consent that an application gives: its words, until when, and their digest for the form to hand back."""

    words: str
    until: datetime
    digest: str


def consent_asked(
    session: ScopedSession,
    *,
    org_code: str,
    bank_code: str,
    need_no: str,
    lang: Lang,
    settings: Settings,
    now: datetime,
    until: datetime | None = None,
) -> Asked:
    """The exact words that an applicant agrees to, a paragraph for the guarantor and one for the bank.

    ``until`` and ``digest`` go on to :func:`apply_for`.
    """
    ends = until or (now + timedelta(days=settings.consent_days)).replace(second=0, microsecond=0)
    words = "\n".join(
        consent_words(recipient(session, to).name, groups, ConsentPurpose.GUARANTEE, need_no, ends, lang, settings)
        for to, groups in ((org_code, GROUPS), (bank_code, FOR_BANK))
    )
    return Asked(words, ends, words_digest(words))


def apply_for(
    session: ScopedSession,
    *,
    actor: Actor,
    need_no: str,
    product_code: str,
    scheme_code: str,
    amount_fen: int | None = None,
    until: datetime | None = None,
    lang: Lang = "zh",
    shown: str | None = None,
    settings: Settings,
    now: datetime,
) -> Guarantee:
    """Apply for cover of a need's loan under a scheme; capacity is reserved at once.

    ``amount_fen`` None: the need's. ``until``, ``shown``: of the consent, see :func:`consent_asked`. Refused in one
    sentence, with nothing kept: RejectedError by the scheme's terms, ConflictError for a case that is under way, words
    that have changed, or a limit that leaves no room (``OverLimitError``).
    """
    permit(actor, "guarantees.apply", now)
    lock_lists(session)
    need, product = _need(session, need_no), _product(session, product_code)
    amount = _amount(need, amount_fen)
    on = local_day(now, settings)
    wanted = Wanted(uscc=need.uscc, amount_fen=amount, term_months=need.term_months, bank_code=product.bank_name)
    terms = terms_for(session, scheme_code, wanted, on)
    _refuse_second(session, need_no)
    guarantor, bank = terms.scheme.org_code or "", product.bank_name
    asked = consent_asked(
        session, org_code=guarantor, bank_code=bank, need_no=need_no, lang=lang, settings=settings, now=now,
        until=until,
    )  # fmt: skip
    if shown is not None and shown != asked.digest:
        raise ConflictError(OTHER_WORDS, code="consent_words")
    consent, _ = (
        consent_to(
            session, actor=actor, org_code=to, groups=groups, purpose=ConsentPurpose.GUARANTEE, need_no=need_no,
            until=asked.until, lang=lang, settings=settings, now=now,
        )
        for to, groups in ((guarantor, GROUPS), (bank, FOR_BANK))
    )  # fmt: skip
    case = new_case(session, terms, wanted, on=on, now=now, actor=actor)
    case.need_no, case.product_code, case.consent_id = need_no, product_code, consent.public_id
    keep_features(session, case, on=on, now=now, settings=settings)
    return keep_case(session, case, "apply", on=on, actor=actor, now=now)


def new_case(
    session: ScopedSession, terms: Terms, wanted: Wanted, *, on: date, now: datetime, actor: Actor
) -> Guarantee:
    """A case with the terms as they are today, not kept yet; ``bank_code`` of ``wanted`` is known."""
    scheme, days = terms.scheme, load_workdays(session)
    return Guarantee(
        guarantee_no=new_number("DB", on), uscc=wanted.uscc, org_code=scheme.org_code, bank_code=wanted.bank_code,
        scheme_code=scheme.scheme_code, scheme_version=scheme.version, rating_no=terms.rating.rating_no,
        grade=terms.rating.grade.value, size_class=terms.size_class.value if terms.size_class else None,
        chain_code=terms.chain_code, groups=list(terms.groups), amount_fen=wanted.amount_fen,
        term_months=wanted.term_months, shares={party.value: share for party, share in terms.shares.items()},
        fee_e6=scheme.fee_e6, fee_payer=scheme.fee_payer.value,
        fee_fen=fee_of(wanted.amount_fen, scheme.fee_e6, wanted.term_months),
        four_eyes_above_fen=scheme.four_eyes_above_fen, claim_after_days=scheme.claim_after_days,
        interest_days=scheme.interest_days, interest_max_e6=scheme.interest_max_e6, letter_days=scheme.letter_days,
        automatic=False, state=GuaranteeState.APPLIED.value, applied_at=now, applied_by=hand_of(actor),
        due_on=days.add(on, scheme.decision_workdays), expires_on=days.add(on, scheme.reservation_workdays), version=1,
    )  # fmt: skip


def keep_case(
    session: ScopedSession, case: Guarantee, verb: str, *, on: date, actor: Actor, now: datetime
) -> Guarantee:
    """Keep a new case and reserve its capacity; OverLimitError, and nothing kept, where there is no room."""
    session.add(case)
    session.flush()
    reserve_capacity(session, covered_of(case), on=on, actor=actor, now=now)
    tell_audit(
        session, case, verb, actor=actor, now=now,
        after={"state": case.state, "scheme": case.scheme_code, "fen": case.amount_fen, "consent": case.consent_id},
    )  # fmt: skip
    tell_parties(session, case, now)
    return case


def supply(
    session: ScopedSession, *, actor: Actor, public_id: str, text: str | None, version: int | None = None, now: datetime
) -> Guarantee:
    """Answer a request for papers; it is to be reviewed again."""
    permit(actor, "guarantees.apply", now)
    said = clean_note(text, required=False)
    if said is None:
        raise RejectedError(_NO_ANSWER, code="answer_missing")
    return move(session, hold(session, public_id, version), "supply", actor=actor, now=now, note=said)


def withdraw(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    reason: str | None = None,
    version: int | None = None,
    settings: Settings,
    now: datetime,
) -> Guarantee:
    """Take an application, or a letter that was not drawn on, back; what was reserved is free again."""
    permit(actor, "guarantees.apply", now)
    case = move(session, hold(session, public_id, version), "withdraw", actor=actor, now=now, note=reason)
    give_back(session, case, "withdrawn", on=local_day(now, settings), actor=actor, now=now)
    return case


def give_back(session: ScopedSession, case: Guarantee, why: str, *, on: date, actor: Actor, now: datetime) -> None:
    """Free what is reserved for a case and not drawn."""
    free_capacity(session, covered_of(case), why=why, on=on, actor=actor, now=now)


def _need(session: ScopedSession, need_no: str) -> Need:
    """The applicant's own published need."""
    found = session.scalars(select(Need).where(Need.need_no == need_no)).one_or_none()
    if found is None or not (session.actor.trusted or found.uscc == session.actor.uscc):
        raise NotFoundError(Text("没有这条需求。", "There is no such need."), code="not_found")
    if found.status is not EntryStatus.PUBLISHED:
        raise ConflictError(_NOT_OPEN, code="need_not_open", now=found.status.label)
    return found


def _product(session: ScopedSession, product_code: str) -> Product:
    known = (Product.product_code == product_code) & (Product.status == EntryStatus.PUBLISHED)
    found = session.scalars(select(Product).where(known)).one_or_none()
    if found is None:
        raise NotFoundError(Text("没有这个产品。", "There is no such product."), code="not_found")
    return found


def _amount(need: Need, asked: int | None) -> int:
    amount = need.amount_fen if asked is None else asked
    if not 0 < amount <= need.amount_fen:
        raise RejectedError(_ODD_AMOUNT, code="amount_range", most=money(need.amount_fen))
    return amount


def _refuse_second(session: ScopedSession, need_no: str) -> None:
    ended = Guarantee.state.in_([state.value for state in ENDED])
    found = session.scalars(select(Guarantee).where(Guarantee.need_no == need_no, ~ended)).first()
    if found is not None:
        raise ConflictError(_SECOND, code="case_open", no=found.guarantee_no, now=found.stands.label)


_NO_ANSWER = Text("补充说明没有填写。写明补充的内容后再提交。", "The answer is empty. Write what you supply.")
_NOT_OPEN = Text(
    "这条需求当前为「{now}」，不能申请担保。发布后再申请。", "The need is {now}, so no guarantee can be applied for."
)
_ODD_AMOUNT = Text(
    "担保金额应大于零，不超过需求金额 {most}。改正后再提交。",
    "The amount must be above zero and no more than the need's {most}. Mend it.",
)
_SECOND = Text(
    "这条需求已有担保 {no}（{now}），不能再申请。先办结或撤回那一笔。",
    "The need has a guarantee already: {no} ({now}). End or withdraw that one first.",
)
