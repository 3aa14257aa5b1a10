"""Numbers and signs that no database can hold, in every place of every page's address: 4xx or the page, never 5xx."""

import pytest
from flask import Flask

from matchmaker.domain.terms import Role
from tests.support.accounts import sign_in_as
from tests.support.offices import BANK, BUREAU, USCC
from tests.support.walking import SAMPLE, every_address

HUGE = "9" * 30
QUERY = (
    "page",
    "day",
    "since",
    "status",
    "state",
    "who",
    "subject",
    "action",
    "kind",
    "lead",
    "org",
    "next",
    "verdict",
)
HOMES = {
    Role.OPERATOR: {"org_code": BUREAU},
    Role.LEAD: {"org_code": BANK},
    Role.FINANCE: {"uscc": USCC},
    Role.SECURITY_ADMIN: {},
    Role.AUDITOR: {},
}


@pytest.mark.parametrize("role", HOMES)
def test_no_address_breaks_a_page(app: Flask, role: Role) -> None:
    client = sign_in_as(app, role, **HOMES[role])
    paths = {path for _, method, path in every_address(app) if method == "GET" and not path.startswith("/api/")}
    tried = 0
    for path in sorted(paths):
        asked = [path.replace(SAMPLE, bad) for bad in ("a%00b", "%ed%a0%80", "a/%00")] + [
            path.replace("/1", f"/{HUGE}")
        ]
        asked += [f"{path}?{name}={bad}" for name in QUERY for bad in ("%00", HUGE, "-1", "0001-01-01", "9999-12-31")]
        for address in asked:
            assert client.get(address).status_code < 500, address
            tried += 1
    assert tried > 1000


@pytest.mark.parametrize("kind", ["enterprises", "needs", "products", "credit-records"])
def test_no_key_breaks_an_entrys_page(app: Flask, kind: str) -> None:
    client = sign_in_as(app, Role.OPERATOR, org_code=BUREAU)
    for key in ("a%00b", "%00/b", "%ed%a0%80", "9" * 3000):
        assert client.get(f"/lists/{kind}/{key}").status_code in (400, 404), key
