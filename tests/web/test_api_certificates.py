"""信用背书 by the API: the words are read, agreed to by their digest, and nobody else's certificate is there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from matchmaker import create_app
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.guarantee.endorsement.tokens import CERTIFICATE, read_signed
from matchmaker.web.api.examples import CERTIFICATE as AGREED
from matchmaker.web.api.examples import REVOCATION
from tests.support.accounts import parts_of
from tests.support.api import Caller, caller
from tests.support.city import code_of
from tests.support.consenting import NOW, fill
from tests.support.endorsing import rate

PLACE = "/certificates"


@pytest.fixture
def app(migrated_url: str, tmp_path: Path) -> Iterator[Flask]:
    database = Database(migrated_url)
    settings = fill(database, tmp_path)
    rate(database, settings, "B")
    database.dispose()
    made = create_app(settings, now=lambda: NOW)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def firm(app: Flask) -> Caller:
    return caller(app, Role.FINANCE, uscc=code_of(1))


def agree(firm: Caller) -> str:
    """A certificate of the standing rating; its id."""
    answer = firm.post(PLACE, {"words": firm.get(f"{PLACE}/offer").json["digest"]})
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def test_what_was_read_is_agreed_to_and_the_token_is_the_one_that_the_keys_check(app: Flask, firm: Caller) -> None:
    offer = firm.get(f"{PLACE}/offer").json
    assert (offer["grade"]["code"], offer["rules"]) == ("B", None) and code_of(1) in offer["words"]
    made = firm.post(PLACE, {"words": offer["digest"]})
    assert made.status_code == 201 and made.headers["Location"] == f"/api/v1{PLACE}/{made.json['id']}"
    shown = made.json
    assert (shown["state"]["code"], shown["evidence"], shown["uscc"]) == ("valid", offer["words"], code_of(1))
    assert "revoked_why" not in shown and shown["revoked_at"] is None
    client = app.test_client()
    claims = read_signed(shown["token"], client.get("/.well-known/matchmaker/jwks.json").json, CERTIFICATE)
    assert claims["rating_no"] == offer["rating_no"] and f"cert_{claims['jti']}" == shown["id"]
    assert shown["verify_url"].endswith(f"/verify/{claims['jti']}")
    assert client.get(f"/verify/{claims['jti']}").status_code == 200
    assert firm.get(f"{PLACE}/{shown['id']}").json == shown
    assert [one["id"] for one in firm.get(PLACE).json["data"]] == [shown["id"]]
    assert firm.post(PLACE, {"words": offer["digest"]}).json["id"] == shown["id"], "a rating has one that holds"


def test_words_of_before_are_a_conflict_that_gives_those_of_now(app: Flask, firm: Caller) -> None:
    old = firm.get(f"{PLACE}/offer").json["digest"]
    rate(parts_of(app).database, parts_of(app).settings, "A", rating_no="PJ-2")
    for words in (old, AGREED["words"]):
        refused = firm.post(PLACE, {"words": words})
        assert (refused.status_code, refused.json["code"]) == (409, "consent_words")
        assert refused.json["current"] == firm.get(f"{PLACE}/offer").json and refused.json["current"]["digest"] != old
    other = firm.get(f"{PLACE}/offer", Accept_Language="en").json
    assert firm.post(PLACE, {"words": other["digest"]}).status_code == 409, "agreed to in another language"
    assert firm.post(PLACE, {"words": other["digest"]}, Accept_Language="en").status_code == 201
    assert firm.get(PLACE).json["data"][0]["evidence"] == other["words"]
    for body in ({}, {"words": "x"}, {"words": None}):
        assert firm.post(PLACE, body).status_code == 422


def test_nothing_is_offered_where_nothing_can_be_certified(app: Flask, firm: Caller) -> None:
    unrated = caller(app, Role.FINANCE, uscc=code_of(2))
    for answer in (unrated.get(f"{PLACE}/offer"), unrated.post(PLACE, AGREED)):
        assert (answer.status_code, answer.json["code"]) == (422, "no_rating")
    rate(parts_of(app).database, parts_of(app).settings, "D")
    assert firm.get(f"{PLACE}/offer").json["code"] == "grade"


def test_the_enterprise_revokes_at_once_and_once(app: Flask, firm: Caller) -> None:
    one = agree(firm)
    ended = firm.post(f"{PLACE}/{one}:revoke", {})
    assert (ended.status_code, ended.json["state"]["code"], ended.json["token"]) == (200, "revoked", None)
    assert ended.json["revoked_why"]["code"] == "ENTERPRISE"
    assert firm.post(f"{PLACE}/{one}:revoke", REVOCATION).json == ended.json
    again = agree(firm)
    assert again != one
    assert [c["id"] for c in firm.get(f"{PLACE}?valid=true").json["data"]] == [again]
    assert [c["id"] for c in firm.get(f"{PLACE}?valid=false").json["data"]] == [one]
    page = firm.get(f"{PLACE}?limit=1&sort=issued_at")
    rest = firm.get(f"{PLACE}?limit=1&sort=issued_at&cursor={page.json['next_cursor']}")
    assert {c["id"] for c in page.json["data"] + rest.json["data"]} == {one, again}


def test_the_bureau_reads_all_without_tokens_and_revokes_with_a_reason(app: Flask, firm: Caller) -> None:
    one = agree(firm)
    bureau = caller(app, Role.OPERATOR, org_code="J1")
    shown = bureau.get(f"{PLACE}/{one}").json
    assert (shown["state"]["code"], shown["token"]) == ("valid", None)
    short = bureau.post(f"{PLACE}/{one}:revoke", {})
    assert (short.status_code, short.json["code"]) == (422, "reason")
    ended = bureau.post(f"{PLACE}/{one}:revoke", REVOCATION).json
    assert (ended["revoked_why"]["code"], ended["revoked_note"]) == ("BUREAU", REVOCATION["reason"])
    assert bureau.get(f"{PLACE}/offer").status_code == 403 and bureau.post(PLACE, AGREED).status_code == 403


def test_others_find_nothing_and_scopes_are_asked_for(app: Flask, firm: Caller) -> None:
    one = agree(firm)
    stranger = caller(app, Role.FINANCE, uscc=code_of(2))
    assert stranger.get(f"{PLACE}/{one}").status_code == 404 and stranger.get(PLACE).json["data"] == []
    assert stranger.post(f"{PLACE}/{one}:revoke", {}).status_code == 404
    assert caller(app, Role.LEAD, org_code="B1").get(PLACE).status_code == 403
    reader = caller(app, Role.FINANCE, uscc=code_of(1), scopes=["certificates:read"])
    assert reader.get(f"{PLACE}/{one}").json["state"]["code"] == "valid"
    assert reader.post(f"{PLACE}/{one}:revoke", {}).status_code == 403
    assert reader.get(f"{PLACE}/offer").status_code == 403
