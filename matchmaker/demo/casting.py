"""Who plays in the sample guarantees: small firms whose need a public guarantee covers, and firms rated for long."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.demo.guarantees import EARLY_DAYS, SCHEME
from matchmaker.demo.stories import firm_code
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import Security, SizeClass, Verdict
from matchmaker.lists.guarantee_registers import Scheme
from matchmaker.lists.models import Need as NeedEntry
from matchmaker.matching.facts import Market, load_market
from matchmaker.matching.of_need import Sorted, sort_products
from matchmaker.scoring.prepared import cover_used, prepare_enterprise, prepare_product
from matchmaker.scoring.schemes import Standing

_SMALL = (SizeClass.MICRO, SizeClass.SMALL)
"""Four fifths of a guarantor's business is with small firms: the policy's share holds from the first case on."""
_FIRST_STORY = "tackle"


@dataclass(frozen=True, slots=True)
class Loan:
    """A need and the product that fits it with the public guarantee. ``gains``: with nothing else."""

    need_no: str
    uscc: str
    product_code: str
    submitted_on: date
    gains: bool


@dataclass(frozen=True, slots=True)
class Cast:
    """``loans``: the oldest need first. ``firms``: graded A or B for half a year and looking for nothing now.

    ``own``: the loan of the first story's firm. ``bank``: one to which that firm's need is shown.
    """

    loans: list[Loan]
    firms: list[str]
    own: Loan | None
    bank: str


def cast_of(session: ScopedSession, on: date) -> Cast:
    """The cast of the demo day; the lists are loaded and rated."""
    market = load_market(session, on)
    products = [prepare_product(one, on, market.reference) for one in market.products]
    submitted = dict(session.execute(select(NeedEntry.need_no, NeedEntry.submitted_on)).all())
    judged = [sort_products(market, need, products) for need in market.needs if need.enterprise.standing]
    longest = session.scalar(select(Scheme.term_max_months).where(Scheme.scheme_code == SCHEME)) or 0
    short = [one for one in judged if one.need.term_months <= longest]
    found = [loan for one in short if (loan := _loan(one, submitted[one.need.need_no] or on)) is not None]
    own = next((loan for loan in found if loan.uscc == firm_code(_FIRST_STORY)), None)
    loans = sorted((loan for loan in found if loan is not own), key=lambda loan: (loan.submitted_on, loan.need_no))
    return Cast(loans, _firms(market), own, _bank(judged))


def _loan(judged: Sorted, submitted_on: date) -> Loan | None:
    need = judged.need_on
    fitting = [one for one in judged.products[Verdict.ELIGIBLE] if Security.GUARANTEE in one.security]
    if need.guarantee.cover is None or need.size not in _SMALL or not fitting:
        return None
    gained = [one for one in fitting if cover_used(need, one)]
    product = (gained or fitting)[0]
    return Loan(judged.need.need_no, judged.need.enterprise.uscc, product.code, submitted_on, bool(gained))


def _firms(market: Market) -> list[str]:
    early = market.on - timedelta(days=EARLY_DAYS)
    good = [one for one in market.enterprises.values() if _is_good(one.standing, early, market.on)]
    sizes = {one.uscc: prepare_enterprise(one, market.on, market.reference).size for one in good}
    return sorted(uscc for uscc, size in sizes.items() if size in _SMALL)


def _is_good(standing: Standing | None, rated_on: date, on: date) -> bool:
    """Rated A or B on that day, and the rating has not ended since."""
    return (
        standing is not None
        and standing.rated_on == rated_on
        and standing.valid_to >= on
        and standing.grade in (Grade.A, Grade.B)
    )


def _bank(judged: list[Sorted]) -> str:
    """The bank of the product that fits the first story's firm best."""
    mine = [one for one in judged if one.need.enterprise.uscc == firm_code(_FIRST_STORY)]
    fitting = [product.facts.bank for one in mine for product in one.products[Verdict.ELIGIBLE]]
    return fitting[0] if fitting else "B01"
