"""A city in which everything of two banks, two enterprises, a guarantor and the bureau is a canary: what it is like.

``canary_building.py`` builds it from ``canary_lists.py`` and ``canary_belongings.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask

from matchmaker.domain.terms import Role
from tests.support.canaries import Canaries, Canary
from tests.support.city import TUESDAY, code_of

NOW = TUESDAY + timedelta(minutes=5)
BANKS, GUARANTOR, BUREAU, FIRMS = ("B1", "B2"), "G1", "J1", (code_of(1), code_of(2))
OFFICES = (*BANKS, GUARANTOR, BUREAU)
OWNERS = (*OFFICES, *FIRMS)
PLATFORM = "platform"
ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
CROWD = range(3, 9)
HOMES: dict[Role, str] = {
    Role.FINANCE: FIRMS[0],
    **dict.fromkeys((Role.PRODUCT_MANAGER, Role.ACCOUNT_MANAGER, Role.LEAD), "B1"),
    **dict.fromkeys((Role.OPERATOR, Role.ANALYST), BUREAU),
    **dict.fromkeys((Role.UNDERWRITER, Role.APPROVER), GUARANTOR),
    **dict.fromkeys(ADMINISTRATORS, PLATFORM),
}
"""Where the viewer of each role is at home; those of the other bank and enterprise come beside them."""

Dress = Callable[[str], str]
"""What free text is made of a canary: the canary alone, or with something hostile around it."""


@dataclass(slots=True)
class City:
    """``ids``: kind of id → ids as addresses have them, each with whose it is. ``people``: by owner and role."""

    app: Flask
    canaries: Canaries = field(default_factory=Canaries)
    ids: dict[str, list[Canary]] = field(default_factory=dict)
    people: dict[tuple[str, Role], int] = field(default_factory=dict)
    tokens: dict[int, str] = field(default_factory=dict)
    behind: list[tuple[str, str]] = field(default_factory=list)
    """(link, what whoever holds it is shown)."""
    dress: Dress = str

    def name(self, kind: str, written: str, *owners: str, seen: str | None = None, looked_for: bool = True) -> None:
        """Note an id of a kind of address and whose it is; ``seen``: as what it is seen, where that is not the kind."""
        self.ids.setdefault(kind, []).append(Canary(written, seen or kind, frozenset(owners)))
        if looked_for:
            self.canaries.note(written, seen or kind, *owners)

    def text(self, kind: str, *owners: str) -> str:
        """Free text with a canary."""
        return self.dress(self.canaries.word(kind, *owners))
