"""Which limits the law sets a licensed guarantee company: 《融资担保公司监督管理条例》 articles 15 and 16."""

from collections.abc import Iterable

from matchmaker.domain.guarantee_terms import STATUTORY_MOST, GuarantorKind, LimitClass, LimitKind
from matchmaker.scoring.limits import Bound, GuarantorTerms, strictest

_REQUIRED = (LimitKind.LEVERAGE, LimitKind.CUSTOMER, LimitKind.GROUP)


def missing_statutory(bounds: Iterable[Bound], guarantor: GuarantorTerms) -> list[LimitKind]:
    """The limits of the law that the register has not got for a licensed company, or only looser than the law.

    A government fund is under none of them. The raised leverage of article 15, second paragraph, stands for the plain.
    """
    if guarantor.kind is not GuarantorKind.COMPANY:
        return []
    holding = strictest((one for one in bounds if one.limit_class is LimitClass.STATUTORY), guarantor)
    held = {one.kind for one in holding if one.value <= STATUTORY_MOST.get(one.kind, one.value)}
    if LimitKind.LEVERAGE_SMALL in held:
        held.add(LimitKind.LEVERAGE)
    return [kind for kind in _REQUIRED if kind not in held]
