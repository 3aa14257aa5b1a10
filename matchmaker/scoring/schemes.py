"""Facts of the public guarantee: the schemes that guarantors offer, and what an enterprise is rated.

They come from registers (data, never constants). Money is integer fen, percentages are integer millionths of a percent.
"""

from dataclasses import dataclass
from datetime import date

from matchmaker.domain.areas import trim_area
from matchmaker.domain.guarantee_terms import FeePayer, Grade


@dataclass(frozen=True, slots=True)
class SchemeGrade:
    """What a scheme gives an enterprise of one grade: the most a customer, and how a loss is shared (in all 100 %)."""

    grade: Grade
    amount_max_fen: int
    guarantor_e6: int = 0
    bank_e6: int = 0
    reguarantor_e6: int = 0
    treasury_e6: int = 0
    collateral: str = ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme in use; blank dates are open-ended, blank areas, chains and banks mean all."""

    scheme_code: str
    name: str
    org_code: str
    fee_e6: int
    fee_payer: FeePayer
    grades: tuple[SchemeGrade, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    areas: tuple[str, ...] = ()
    chains: tuple[str, ...] = ()
    banks: tuple[str, ...] = ()
    term_max_months: int | None = None

    @property
    def own_fee_e6(self) -> int:
        """The fee a year on the original principal that the enterprise itself pays."""
        return self.fee_e6 if self.fee_payer is FeePayer.ENTERPRISE else 0

    def in_force(self, on: date) -> bool:
        """Whether the day lies within its dates."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    def in_area(self, area: str | None) -> bool:
        """Whether it is for enterprises there; a place that is not known is in none of its areas."""
        return not self.areas or (area is not None and area.startswith(tuple(map(trim_area, self.areas))))

    def in_chain(self, chain: str | None) -> bool:
        """Whether it is for enterprises of the chain."""
        return not self.chains or chain in self.chains

    def serves(self, area: str | None, chain: str | None) -> bool:
        """Whether an enterprise there and of that chain is among those it is for."""
        return self.in_area(area) and self.in_chain(chain)

    def terms_of(self, grade: Grade) -> SchemeGrade | None:
        """Its terms for a grade; None where it does not cover it."""
        return next((terms for terms in self.grades if terms.grade is grade), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """The grade an enterprise holds now, from ``rated_on`` to ``valid_to``, both included."""

    grade: Grade
    rating_no: str
    rated_on: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class Cover:
    """The terms under which an enterprise can have the public guarantee."""

    scheme: Scheme
    terms: SchemeGrade
    standing: Standing
