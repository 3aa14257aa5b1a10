"""The first page of each side: what there is to do, the most urgent first."""

from collections.abc import Callable, Mapping

from matchmaker.domain.terms import Side
from matchmaker.web.pages.workbench.bank import workbench as bank

WORKBENCHES: Mapping[Side, Callable[[], str]] = {Side.BANK: bank}
"""Side → its page; the others have the common one."""
