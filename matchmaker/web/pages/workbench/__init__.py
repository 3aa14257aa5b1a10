"""The first page after signing in: each side finds its own workbench."""

from collections.abc import Callable

from matchmaker.domain.terms import Side
from matchmaker.web.pages.workbench.enterprise import enterprise_workbench

WORKBENCHES: dict[Side, Callable[[], str]] = {Side.ENTERPRISE: enterprise_workbench}
"""Side → its page; the others find the counts of the lists."""
