"""Who may see what, said once more for the sweeps: by side and kind of canary, apart from the product's own rules."""

from pathlib import Path

from matchmaker.domain.terms import Role, Side
from tests.support.canaries import Canary
from tests.support.canary_building import canary_city, consented
from tests.support.canary_city import FIRMS, HOMES, City, Dress
from tests.support.sweep import Door, Viewer
from tests.support.sweeping import Sees

BUREAU, BANK, GUARANTOR, FIRM = Side.BUREAU, Side.BANK, Side.GUARANTOR, Side.ENTERPRISE
SYSTEM, SECURITY, AUDIT = Side.SYSTEM, Side.SECURITY, Side.AUDIT
BUSINESS = (BUREAU, BANK, GUARANTOR, FIRM)

MAY_SEE: dict[str, tuple[Side, ...] | None] = {
    "public": BUSINESS,
    "product": (BUREAU, GUARANTOR, FIRM),
    "draft": (BUREAU,),
    "internal": (BUREAU,),
    "identity": (BUREAU,),
    "uscc": (BUREAU, SECURITY),
    "business": (BUREAU,),
    "contact": (BUREAU,),
    "credit": (BUREAU,),
    "government": (BUREAU,),
    "own id": (BUREAU,),
    "leads": (BUREAU, AUDIT),
    "note": (),
    "guarantees": (BUREAU, AUDIT),
    "guarantee note": (BUREAU,),
    "certificates": (BUREAU, AUDIT),
    "ratings": (BUREAU, AUDIT),
    "rating appeals": (BUREAU, AUDIT),
    "rating overrides": (BUREAU, AUDIT),
    "rating rules": (BUREAU, AUDIT),
    "consents": (BUREAU, AUDIT),
    "jobs": (BUREAU,),
    "request": (BUREAU,),
    "registration": (BUREAU,),
    "message": (BUREAU,),
    "own message": (),
    "person": (BUREAU, SECURITY),
    "person id": (BUREAU, SECURITY, AUDIT),
    "invitation": (BUREAU, SECURITY),
    "token": (SECURITY,),
    "token id": (SECURITY, AUDIT),
    "session": (),
    "webhook": (SYSTEM,),
    "webhook id": (SYSTEM, BUREAU),
    "audit": (AUDIT,),
    "wanted reset": (SECURITY, SYSTEM),
    "export": (),
    "link": None,
    "secret": None,
}
"""Kind → the sides that see it beside its owner; None: nobody is told it again, its owner neither."""

OPENED = {"identity": "identity uscc", "business": "business", "contact": "contact", "credit": "credit"}
"""Group of a consent → the kinds of canaries that it opens."""

Granted = frozenset[tuple[str, str, str]]
"""(bank, enterprise, kind) of what consents open."""


def opened(bank: str, uscc: str, *groups: str) -> Granted:
    """What a consent of these groups opens."""
    return frozenset((bank, uscc, kind) for group in groups for kind in OPENED[group].split())


FROM_START = opened("B2", FIRMS[1], "identity")
"""The consent that there is when a sweep begins."""


def may_see(granted: Granted = FROM_START) -> Sees:
    """The table, and what was consented to."""

    def sees(viewer: Viewer, canary: Canary) -> bool:
        sides = MAY_SEE[canary.kind]
        if sides is None:
            return False
        mine = bool(viewer.owners & canary.owners) or viewer.side in sides
        return mine or any((viewer.home, uscc, canary.kind) in granted for uscc in canary.owners)

    return sees


def viewers(city: City) -> list[Viewer]:
    """Every role at its home; the other bank and the other enterprise; a stranger."""
    homes = [*HOMES.items(), (Role.LEAD, "B2"), (Role.FINANCE, FIRMS[1])]
    known = [Viewer(f"{role} of {home}", role, role.side, home, city.people[(home, role)]) for role, home in homes]
    return [*known, Viewer("stranger", None, Side.ANYONE, "nobody")]


def viewer_of(city: City, home: str, role: Role) -> Viewer:
    """One of them."""
    return next(one for one in viewers(city) if (one.home, one.role) == (home, role))


def prepared(url: str, folder: Path, *, dress: Dress = str) -> City:
    """The city without the check of forms (``tests/architecture/test_routes.py`` has it), and both banks' links."""
    city = canary_city(url, folder, dress=dress)
    city.app.config["WTF_CSRF_METHODS"] = []
    consented(city, ("identity",), to="B2", uscc=FIRMS[1])
    for viewer in viewers(city):
        if viewer.side is BANK:
            link = Door(city, viewer).open("POST", "/leads/export").location.rpartition("/")[2]
            city.name("export", link, f"{viewer.home} {viewer.role}", looked_for=False)
    return city
