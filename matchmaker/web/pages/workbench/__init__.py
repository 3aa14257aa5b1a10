"""The first page of each side: what there is to do, the most urgent first."""

from collections.abc import Callable, Mapping

from matchmaker.domain.terms import Side
from matchmaker.web.pages.workbench import bureau
from matchmaker.web.pages.workbench.bank import workbench as bank
from matchmaker.web.pages.workbench.enterprise import enterprise_workbench as enterprise
from matchmaker.web.pages.workbench.guarantor import guarantor_workbench as guarantor

WORKBENCHES: Mapping[Side, Callable[[], str]] = {
    Side.BANK: bank,
    Side.BUREAU: bureau.workbench,
    Side.ENTERPRISE: enterprise,
    Side.GUARANTOR: guarantor,
}
"""Side → its page; the others find the counts of the lists."""
