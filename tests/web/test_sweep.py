"""Every route, as every role, with every id there is: nobody is told what is another's (ASVS 8.2.2, 8.4.1, 16.2.5).

Who may see what stands once more in ``tests.support.may_see``.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule

from matchmaker.domain.terms import Role
from matchmaker.web.api.examples import BODIES
from matchmaker.web.guard import API
from tests.support.accounts import parts_of
from tests.support.api import Caller
from tests.support.canary_city import City
from tests.support.may_see import may_see, prepared, viewer_of, viewers
from tests.support.sweeping import Sweep, logged, search, walk


@pytest.fixture
def city(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[City]:
    made = prepared(migrated_sqlite_url, tmp_path)
    yield made
    parts_of(made.app).database.dispose()


def report(sweep: Sweep, rules: Sequence[Rule], lines: Sequence[str] = ()) -> None:
    """The figures of the run; fails with what was found, in answers and in the log."""
    logged_words = {one for one in sweep.city.canaries.seen_in(*lines) if not one.kind.endswith(IN_LOGS)}
    found = [*sweep.faults, *(f"the log tells {one}" for one in logged_words)]
    asked = sum(sweep.requests.values())
    done = sum(number for status, number in sweep.statuses.items() if status < 400)
    print(f"{len(rules)} routes, {len(sweep.requests)} viewers, {asked} requests, {done} of them done, "
          f"{len(lines)} log lines, {len(found)} leaks")  # fmt: skip
    assert not found, "\n".join(found[:40])


IN_LOGS = (" id", "leads", "consents")
"""Random ids may stand in logs: they name nobody."""


def all_rules(city: City, prefix: str = "/") -> list[Rule]:
    return [rule for rule in city.app.url_map.iter_rules() if rule.rule.startswith(prefix)]


@pytest.mark.slow
def test_no_route_tells_a_role_what_is_anothers(city: City) -> None:
    sweep, rules = Sweep(city, may_see()), all_rules(city)
    with logged() as lines:
        walk(sweep, viewers(city), rules, ("GET",))
        walk(sweep, [viewer_of(city, "B1", Role.LEAD)], rules, ("HEAD", "OPTIONS"))
        search(sweep, viewers(city), rules)
    report(sweep, rules, lines)


@pytest.mark.slow
def test_no_form_or_call_reaches_what_is_anothers(city: City) -> None:
    """Every method that may change something; each change of one's own is undone before the next request."""
    sweep, rules = Sweep(city, may_see(), undo=True), all_rules(city)
    with logged() as lines:
        walk(sweep, viewers(city), rules, ("POST", "PUT", "PATCH", "DELETE"))
    report(sweep, rules, lines)


@pytest.mark.slow
@pytest.mark.postgres
def test_the_api_on_postgresql(migrated_postgres_url: str, tmp_path: Path) -> None:
    city = prepared(migrated_postgres_url, tmp_path)
    sweep, rules = Sweep(city, may_see()), all_rules(city, API)
    who = [one for one in viewers(city) if one.role in (Role.FINANCE, Role.LEAD, Role.APPROVER)]
    with logged() as lines:
        for methods in (("GET",), ("POST", "PATCH", "DELETE")):
            walk(sweep, who, rules, methods)
        search(sweep, who, rules)
    report(sweep, rules, lines)
    parts_of(city.app).database.dispose()


# What a reader holds of another's: a version, a place in a list, a key


def test_another_tenants_etag_cursor_and_idempotency_key_open_nothing(city: City) -> None:
    one: Any
    other: Any
    one, other = (Caller(city.app, city.tokens[city.people[(bank, Role.LEAD)]]) for bank in ("B1", "B2"))
    mine = next(c.text for c in city.ids["products"] if "B1" in c.owners)
    for path in (f"/products/prod_{mine}", "/products", "/leads", "/changes", "/consents", "/webhooks"):
        etag = one.get(path).headers["ETag"]
        assert one.get(path, If_None_Match=etag).status_code == 304
        assert other.get(path, If_None_Match=etag).status_code == (404 if mine in path else 200), path
        assert other.get(path, If_None_Match="*").status_code == (404 if mine in path else 304), path
    for path in ("/products", "/leads", "/changes"):
        cursor = one.get(f"{path}?limit=1").json["next_cursor"]
        asked = "since" if path == "/changes" else "cursor"
        assert one.get(f"{path}?limit=1&{asked}={cursor}").status_code == 200
        assert other.get(f"{path}?limit=1&{asked}={cursor}").status_code == 400, path
    made = one.post("/products", BODIES["products"], Idempotency_Key="the-same")
    again = other.post("/products", BODIES["products"], Idempotency_Key="the-same")
    assert (made.status_code, again.status_code) == (201, 201)
    assert made.json["id"] != again.json["id"] and "Idempotent-Replayed" not in again.headers
    assert {one.get("/products?include=total").json["total"], other.get("/products?include=total").json["total"]} == {3}
