"""Guessing is slowed down before anything is hashed, and shuts nobody out (ASVS 6.1.1, 6.3.1, 6.6.3; R35)."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from matchmaker.accounts.models import AuditEvent, Throttle
from matchmaker.accounts.passwords import hasher
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from tests.support.accounts import parts_of
from tests.support.browsing import PASSWORD, add_user, browser_of, code_of, send, sign_in, token_on
from tests.support.clerks import audited
from tests.support.moving import MovingClock
from tests.support.offices import BANK, BUREAU, FIRM, USCC

LIMIT = 10


def fail(app: Flask, login: str, address: str) -> int:
    return sign_in(browser_of(app, address), login, "a wrong guess").status_code


def chain_length(app: Flask) -> int:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def test_after_ten_failures_an_account_is_slowed_from_wherever_they_come(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    tried = [fail(app, "wang", f"203.0.113.{n}") for n in range(LIMIT + 5)]
    assert tried == [401] * LIMIT + [429] * 5
    told = sign_in(browser_of(app, "198.51.100.1"), "wang")
    assert told.status_code == 429, "the right password is not looked at either"
    assert 1 <= int(told.headers["Retry-After"]) <= 30
    assert "再试" in told.text
    assert len(audited(app, "sign_in.failed")) == LIMIT
    assert len(audited(app, "sign_in.throttled")) == 1


def test_after_ten_failures_an_address_is_slowed_whatever_logins_it_tries(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    tried = [fail(app, f"somebody{n}", "203.0.113.7") for n in range(LIMIT + 2)]
    assert tried == [401] * LIMIT + [429] * 2
    assert sign_in(browser_of(app, "203.0.113.7"), "wang").status_code == 429
    assert sign_in(browser_of(app, "198.51.100.1"), "wang").status_code == 302, "others come in"


def test_two_hundred_guesses_cost_a_handful_of_hashes(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    before, rows = hasher().checks, chain_length(app)
    for n in range(200):
        fail(app, "wang" if n % 2 else f"x{n}", "203.0.113.7")
    assert hasher().checks - before <= LIMIT
    assert chain_length(app) - rows <= LIMIT + 2, "and few audit rows"


def test_guesses_at_once_cost_no_more(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    clients = [browser_of(app, "203.0.113.7") for _ in range(24)]
    forms = [token_on(client.get("/sign-in")) for client in clients]
    before = hasher().checks

    def guess(n: int) -> int:
        data = {"csrf_token": forms[n], "login": "wang", "password": "a wrong guess"}
        return clients[n].post("/sign-in", data=data).status_code

    with ThreadPoolExecutor(8) as pool:
        told = sorted(pool.map(guess, range(24)))
    assert told == [401] * LIMIT + [429] * (24 - LIMIT)
    assert hasher().checks - before == LIMIT


def test_waits_grow_and_are_never_longer_than_a_quarter_of_an_hour(app: Flask, clock: MovingClock) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    for n in range(LIMIT):
        fail(app, "wang", f"203.0.113.{n}")
    waits = []
    for n in range(8):
        told = sign_in(browser_of(app, f"198.51.100.{n}"), "wang", "a wrong guess")
        waits.append(int(told.headers["Retry-After"]))
        clock.move(seconds=waits[-1])
        assert fail(app, "wang", f"198.51.100.{n + 100}") == 401
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    clock.move(minutes=15)
    assert sign_in(browser_of(app, "198.51.100.99"), "wang").status_code == 302


def test_a_browser_the_person_is_known_by_comes_in_while_strangers_guess(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    add_user(app, Role.PRODUCT_MANAGER, login="liu", org_code=BANK)
    known, other = browser_of(app, "198.51.100.1"), browser_of(app, "198.51.100.2")
    sign_in(known, "wang")
    sign_in(other, "liu")
    for n in range(LIMIT + 1):
        fail(app, "wang", f"203.0.113.{n}")
    assert sign_in(known, "wang").status_code == 302
    assert sign_in(other, "wang").status_code == 429, "a browser known for another login is a stranger's"
    forged = browser_of(app, "198.51.100.3")
    forged.set_cookie("__Host-browser", "abc.0123456789", domain="localhost", secure=True)
    assert sign_in(forged, "wang").status_code == 429


def test_a_known_browser_is_counted_by_itself(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    known = browser_of(app, "198.51.100.1")
    sign_in(known, "wang")
    tried = [sign_in(known, "wang", "a wrong guess").status_code for _ in range(LIMIT + 1)]
    assert tried == [401] * LIMIT + [429]
    assert sign_in(browser_of(app, "198.51.100.2"), "wang").status_code == 302


def test_signing_in_clears_the_account_but_of_the_address_only_its_own_attempt(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    for _ in range(LIMIT - 1):
        fail(app, "wang", "203.0.113.7")
    assert sign_in(browser_of(app, "203.0.113.7"), "wang").status_code == 302
    assert fail(app, "wang", "203.0.113.7") == 401
    assert fail(app, "wang", "203.0.113.7") == 429, "the address had nine failures before and has ten now"
    assert fail(app, "wang", "198.51.100.1") == 401


def test_a_forged_address_from_an_untrusted_peer_counts_for_nothing(app: Flask) -> None:
    """ASVS 4.1.3."""
    told = []
    for n in range(LIMIT + 2):
        client = browser_of(app, "203.0.113.7")
        client.environ_base["HTTP_X_FORWARDED_FOR"] = f"192.0.2.{n}"
        told.append(sign_in(client, f"somebody{n}", "a wrong guess").status_code)
    assert told == [401] * LIMIT + [429] * 2


def test_an_ipv6_subscriber_is_one_address(app: Flask) -> None:
    told = [fail(app, f"somebody{n}", f"2001:db8:1:2::{n:x}") for n in range(LIMIT + 1)]
    assert told[-1] == 429
    assert fail(app, "somebody", "2001:db8:1:3::1") == 401


def test_codes_of_a_second_factor_are_slowed_too(app: Flask) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    client = browser_of(app)
    sign_in(client, "oper")
    tried = [send(client, "/sign-in/code", code=f"{n:06d}").status_code for n in range(LIMIT + 1)]
    assert tried == [401] * LIMIT + [429]
    elsewhere = browser_of(app, "198.51.100.1")
    sign_in(elsewhere, "oper")
    assert send(elsewhere, "/sign-in/code", code=code_of(app, "oper")).status_code == 429


def test_proofs_for_sensitive_changes_are_slowed_too(app: Flask) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    client = browser_of(app)
    sign_in(client, "wang")
    tried = [send(client, "/account/confirm", password="a wrong guess").status_code for _ in range(LIMIT + 1)]
    assert tried == [401] * LIMIT + [429]


def test_registrations_from_one_address_are_slowed_before_hashing(app: Flask) -> None:
    def register(n: int) -> int:
        return send(
            browser_of(app, "203.0.113.7"), "/register", uscc=USCC, enterprise_name=FIRM, name="某人",
            login=f"someone{n}", password=PASSWORD, repeated=PASSWORD,
        ).status_code  # fmt: skip

    assert [register(n) for n in range(LIMIT + 2)] == [200] * LIMIT + [429] * 2


def test_nothing_kept_of_a_guess_names_who_was_meant(app: Flask) -> None:
    fail(app, "someone@example.com", "203.0.113.7")
    with parts_of(app).database.reading(SYSTEM) as session:
        keys = session.scalars(select(Throttle.key)).all()
    assert len(keys) == 2 and not any("someone" in key for key in keys)


class TestBehindAProxy:
    """With one proxy of our own, the address it reports counts."""

    @pytest.fixture
    def more_settings(self) -> Mapping[str, Any]:
        return {"trusted_proxies": 1}

    def test_the_address_the_proxy_saw_is_counted(self, app: Flask) -> None:
        told = []
        for n in range(LIMIT + 2):
            client = browser_of(app, "127.0.0.1")
            client.environ_base["HTTP_X_FORWARDED_FOR"] = f"192.0.2.{n}, 203.0.113.{n}"
            told.append(sign_in(client, f"somebody{n}", "a wrong guess").status_code)
        assert told == [401] * (LIMIT + 2)
