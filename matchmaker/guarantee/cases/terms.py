"""What a scheme gives an enterprise on a day, or why it does not: the gate to its rating, size and related companies.

Neither a guarantor nor a bank reads an enterprise's rating here by itself: callers have the enterprise's consent, or
are the enterprise.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.consent import active_consents
from matchmaker.accounts.models import Consent
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.guarantee_terms import FeePayer, Grade, LossParty
from matchmaker.domain.money import amount_text
from matchmaker.domain.rate import E6
from matchmaker.domain.terms import ConsentPurpose, EntryStatus, SizeClass
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases import term_sentences as say
from matchmaker.guarantee.cases.related import groups_of, require_stranger
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.schemes import scheme_of
from matchmaker.lists.entry import values_of
from matchmaker.lists.guarantee_registers import SHARES, Scheme, SchemeGrade
from matchmaker.lists.models import Enterprise, Organisation
from matchmaker.lists.sizes import size_of
from matchmaker.scoring.cost import yearly_fee_fen
from matchmaker.scoring.schemes import Scheme as Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be covered; ``bank_code`` None: whichever bank lends."""

    uscc: str
    amount_fen: int
    term_months: int
    bank_code: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a scheme gives: the registered rows as they are today."""

    scheme: Scheme
    given: SchemeGrade
    rating: EnterpriseRating
    size_class: SizeClass | None
    chain_code: str | None
    groups: tuple[str, ...]

    @property
    def shares(self) -> dict[LossParty, int]:
        """Who bears which share of a loss (1 % = 1_000_000); together 100 %."""
        return shares_of(self.given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A scheme as an enterprise is shown it. ``refusal``: why it is not open to it; the terms of its grade are None
    where it has no grade that the scheme covers."""

    scheme_code: str
    name: str
    org_code: str
    organisation: str
    fee_e6: int
    fee_fen: int
    fee_payer: FeePayer
    grade: Grade | None
    amount_max_fen: int | None
    shares: dict[LossParty, int] | None
    collateral: str | None
    refusal: RejectedError | None


def offers_for(
    session: ScopedSession, *, uscc: str, amount_fen: int, term_months: int, bank_code: str | None = None, on: date
) -> tuple[Offer, ...]:
    """Every scheme that is in use on the day, by code: what it gives for this loan, or in one sentence why not."""
    wanted = Wanted(uscc=uscc, amount_fen=amount_fen, term_months=term_months, bank_code=bank_code)
    with session.elevated():
        codes = session.scalars(select(Scheme).order_by(Scheme.scheme_code))
        return tuple(_offer(session, scheme, wanted, on) for scheme in codes if _is_open(scheme, on))


def terms_for(session: ScopedSession, scheme_code: str, wanted: Wanted, on: date) -> Terms:
    """What the scheme gives for this loan on the day; RejectedError with one sentence where it does not."""
    with session.elevated():
        scheme = session.scalars(select(Scheme).where(Scheme.scheme_code == scheme_code)).one_or_none()
        if scheme is None or not _is_open(scheme, on):
            raise RejectedError(say.NO_SCHEME, code="scheme_closed", scheme=scheme_code)
        return _terms(session, scheme, wanted, on)


def standing_rating(session: ScopedSession, uscc: str, on: date) -> EnterpriseRating | None:
    """The rating that an enterprise has on the day; None where it has none or it has expired."""
    with session.elevated():
        found = _rating(session, uscc)
        return found if found is not None and found.valid_to >= on else None


def standing_consent(
    session: ScopedSession, *, uscc: str, org_code: str, need_no: str | None, now: datetime
) -> Consent | None:
    """The enterprise's consent to the guarantor that holds now; it is held until the transaction ends."""
    with session.elevated():
        found = active_consents(
            session, uscc=uscc, org_code=org_code, purpose=ConsentPurpose.GUARANTEE, need_no=need_no, at=now
        )
        return found[0] if found else None


def require_consent(session: ScopedSession, *, uscc: str, org_code: str, need_no: str | None, now: datetime) -> Consent:
    """As :func:`standing_consent`; ConflictError where there is none any more (PIPL article 15)."""
    found = standing_consent(session, uscc=uscc, org_code=org_code, need_no=need_no, now=now)
    if found is None:
        raise ConflictError(say.NO_CONSENT, code="consent_ended")
    return found


def fee_of(amount_fen: int, fee_e6: int, months: int) -> int:
    """The fee in fen: amount × rate for each year begun, as the cost of the match shows it."""
    return yearly_fee_fen(amount_fen, fee_e6, months)


def shares_of(given: SchemeGrade) -> dict[LossParty, int]:
    """Who bears which share of a loss (1 % = 1_000_000), in the order of the terms."""
    return {party: getattr(given, name) or 0 for party, name in SHARES.items()}


def _offer(session: ScopedSession, scheme: Scheme, wanted: Wanted, on: date) -> Offer:
    rating = _rating(session, wanted.uscc)
    given = _given(session, scheme, rating) if rating is not None else None
    organisation = session.scalar(select(Organisation.name).where(Organisation.org_code == scheme.org_code))
    refusal = None
    try:
        _terms(session, scheme, wanted, on)
    except RejectedError as error:
        refusal = error
    return Offer(
        scheme_code=scheme.scheme_code, name=scheme.name, org_code=scheme.org_code or "",
        organisation=organisation or "", fee_e6=scheme.fee_e6,
        fee_fen=fee_of(wanted.amount_fen, scheme.fee_e6, wanted.term_months), fee_payer=scheme.fee_payer,
        grade=rating.grade if rating is not None else None,
        amount_max_fen=given.amount_max_fen if given is not None else None,
        shares=shares_of(given) if given is not None else None,
        collateral=given.collateral if given is not None else None, refusal=refusal,
    )  # fmt: skip


def _is_open(scheme: Scheme, on: date) -> bool:
    return bool(scheme.active) and scheme.status is EntryStatus.PUBLISHED and _facts(scheme).in_force(on)


def _facts(scheme: Scheme) -> Facts:
    return scheme_of(values_of(scheme))


def _terms(session: ScopedSession, scheme: Scheme, wanted: Wanted, on: date) -> Terms:
    firm = session.scalars(select(Enterprise).where(Enterprise.uscc == wanted.uscc)).one_or_none()
    if firm is None:
        raise RejectedError(say.NO_FIRM, code="unknown_enterprise")
    _require_reach(scheme, firm, wanted)
    rating = _require_rating(_rating(session, wanted.uscc), on)
    given = _given(session, scheme, rating)
    if given is None:
        raise RejectedError(say.NO_GRADE, code="grade", grade=rating.grade.label, scheme=scheme.name)
    if wanted.amount_fen > given.amount_max_fen:
        raise RejectedError(
            say.TOO_MUCH, code="amount", grade=rating.grade.label, asked=money(wanted.amount_fen),
            most=money(given.amount_max_fen), scheme=scheme.name,
        )  # fmt: skip
    require_stranger(session, scheme.org_code, wanted.uscc)
    groups = groups_of(session, wanted.uscc)
    return Terms(scheme, given, rating, size_of(session, firm), firm.chain_code, groups)


def _require_reach(scheme: Scheme, firm: Enterprise, wanted: Wanted) -> None:
    """Area, chain, bank and term."""
    facts = _facts(scheme)
    if not facts.in_area(firm.area_code):
        raise RejectedError(say.NOT_AREA, code="area", scheme=scheme.name)
    if not facts.in_chain(firm.chain_code):
        raise RejectedError(say.NOT_CHAIN, code="chain", scheme=scheme.name)
    if scheme.banks and wanted.bank_code is not None and wanted.bank_code not in scheme.banks:
        raise RejectedError(say.NOT_BANK, code="bank", scheme=scheme.name)
    if scheme.term_max_months is not None and wanted.term_months > scheme.term_max_months:
        raise RejectedError(say.TOO_LONG, code="term", most=scheme.term_max_months, asked=wanted.term_months)


def _require_rating(rating: EnterpriseRating | None, on: date) -> EnterpriseRating:
    if rating is None:
        raise RejectedError(say.NO_RATING, code="no_rating")
    if rating.valid_to < on:
        raise RejectedError(say.OLD_RATING, code="rating_expired", day=rating.valid_to.isoformat())
    return rating


def _rating(session: Session, uscc: str) -> EnterpriseRating | None:
    known = (EnterpriseRating.uscc == uscc) & (EnterpriseRating.status == EntryStatus.PUBLISHED)
    return session.scalars(select(EnterpriseRating).where(known)).one_or_none()


def _given(session: Session, scheme: Scheme, rating: EnterpriseRating) -> SchemeGrade | None:
    mine = (SchemeGrade.scheme_code == scheme.scheme_code) & (SchemeGrade.grade == rating.grade)
    return session.scalars(select(SchemeGrade).where(mine, SchemeGrade.status == EntryStatus.PUBLISHED)).one_or_none()


def money(fen: int) -> Text:
    """An amount in prose, in both languages."""
    return Text(amount_text(fen, "zh"), amount_text(fen, "en"))


def percent(e6: int) -> str:
    """A share as people write it: ``80``, ``33.333333``."""
    return f"{e6 / E6:.6f}".rstrip("0").rstrip(".")
