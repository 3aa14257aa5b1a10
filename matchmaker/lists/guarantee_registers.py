"""What guarantors work by, kept as registers: who they are, their limits, risk weights, schemes, related companies.

Terms of guarantors are data, never constants. The defaults that come with the package name their source.
"""

from matchmaker.lists.entry import Entry
from matchmaker.lists.guarantee_limits import UNIT_OF, GuaranteeLimit, RiskWeight
from matchmaker.lists.guarantee_schemes import SHARES, WHOLE_E6, Scheme, SchemeGrade
from matchmaker.lists.guarantors import Guarantor, GuarantorRelation, RelatedGroup

__all__ = [
    "GUARANTEE_REGISTERS", "SHARES", "UNIT_OF", "WHOLE_E6", "GuaranteeLimit", "Guarantor", "GuarantorRelation",
    "RelatedGroup", "RiskWeight", "Scheme", "SchemeGrade",
]  # fmt: skip

GUARANTEE_REGISTERS: tuple[type[Entry], ...] = (
    Guarantor, GuarantorRelation, GuaranteeLimit, RiskWeight, Scheme, SchemeGrade, RelatedGroup,
)  # fmt: skip
"""In the order in which they have to be imported."""
