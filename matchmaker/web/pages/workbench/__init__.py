"""The first page of each side: what is to be done, then what there is."""

from collections.abc import Callable, Mapping

from matchmaker.domain.terms import Side
from matchmaker.web.pages.workbench import bureau

WORKBENCHES: Mapping[Side, Callable[[], str]] = {Side.BUREAU: bureau.workbench}
