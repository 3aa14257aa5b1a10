"""Lists by the API: what is shown to whom, filters, pages, changes guarded by version, and each thing once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from matchmaker.accounts.models import IdempotencyKey
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Chain, Need, Organisation, Product
from tests.support.accounts import parts_of
from tests.support.api import BANK, BUREAU, FIRM, OTHER_BANK, OTHER_FIRM, Caller, Clock, api_app, caller

PRODUCT = {"name": "新产品", "product_type": "CREDIT_LOAN", "amount_max": "5000000.00", "rate_max": "4.35"}
NEED = {"amount": "8000000.00", "term_months": 24, "purpose": "WORKING_CAPITAL"}
CLIENTS = 8


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(conformance_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    made = api_app(conformance_url, tmp_path, now=clock)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def bank(app: Flask) -> Caller:
    return caller(app, Role.PRODUCT_MANAGER, org_code=BANK)


@pytest.fixture
def other_bank(app: Flask) -> Caller:
    return caller(app, Role.PRODUCT_MANAGER, org_code=OTHER_BANK)


@pytest.fixture
def firm(app: Flask) -> Caller:
    return caller(app, Role.FINANCE, uscc=FIRM)


@pytest.fixture
def bureau(app: Flask) -> Caller:
    return caller(app, Role.OPERATOR, org_code=BUREAU)


def count(app: Flask, model: Any) -> int:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def together(call: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(call, range(CLIENTS)))


# Who sees what


def test_each_side_lists_what_is_its_own_to_see(app: Flask, bank: Caller, firm: Caller, bureau: Caller) -> None:
    total = count(app, Product)
    assert {p["bank"]["code"] for p in bank.get("/products?limit=200").json["data"]} == {BANK}
    assert bureau.get("/products?include=total").json["total"] == total
    assert {n["uscc"] for n in firm.get("/needs").json["data"]} == {FIRM}
    assert [e["uscc"] for e in firm.get("/enterprises").json["data"]] == [FIRM]
    assert bank.get("/needs").json["data"] == bank.get("/enterprises").json["data"] == []
    assert len(bank.get("/organisations").json["data"]) > 20


def test_internal_fields_are_there_for_their_owner_and_absent_for_others(bank: Caller, firm: Caller) -> None:
    mine = bank.get("/products?limit=1").json["data"][0]
    assert "lead_capacity_month" in mine
    theirs = firm.get(f"/products/{mine['id']}").json
    assert theirs["name"] == mine["name"] and "lead_capacity_month" not in theirs
    assert firm.get("/products?lead_capacity_month.gte=1").status_code == 400


def test_anothers_entry_is_not_there(bureau: Caller, bank: Caller, other_bank: Caller, firm: Caller) -> None:
    product = bank.get("/products?limit=1").json["data"][0]["id"]
    need = bureau.get(f"/needs?uscc={OTHER_FIRM}").json["data"][0]["id"]
    for answer in (
        other_bank.get(f"/products/{product}"),
        other_bank.patch(f"/products/{product}", {"name": "x"}, If_Match='"1-0"'),
        other_bank.post(f"/products/{product}:suspend"),
        firm.get(f"/needs/{need}"),
        firm.get(f"/needs/{need}/matches"),
        firm.get(f"/needs/{need}/explanations/{product}"),
        firm.patch(f"/needs/{need}", {"term_months": 12}, If_Match='"1-0"'),
        firm.post(f"/needs/{need}:withdraw"),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_manners_of_an_entry(bank: Caller) -> None:
    shown = bank.get("/products?product_code=P0070032", Accept_Language="en-GB,en;q=0.9").json["data"][0]
    assert shown["id"].startswith("prod_") and len(shown["id"]) == 25
    assert (shown["amount_max"], shown["currency"]) == ("20000000.00", "CNY")
    assert shown["rate_min"] == {"value": "4.8", "unit": "percent_per_year"}
    assert shown["product_type"] == {"code": "CREDIT_LOAN", "label": "unsecured loan"}
    assert shown["updated_at"] == "2026-11-30T09:00:00+08:00"
    assert bank.get("/products?product_code=P0070032").json["data"][0]["product_type"]["label"] == "信用贷"


def test_codes_of_registers_have_their_names_beside_them(app: Flask, bank: Caller, firm: Caller) -> None:
    made = bank.post("/products", PRODUCT | {"chains": ["AUTO", "TACKLE"], "areas": ["371002"]})
    path = f"/products/{made.json['id']}"
    with parts_of(app).database.reading(SYSTEM) as session:
        name = session.scalars(select(Organisation.name).where(Organisation.org_code == BANK)).one()
        chain = session.scalars(select(Chain).where(Chain.chain_code == "TACKLE")).one()
    for shown in (made.json, bank.get(path).json, bank.get("/products?chains=TACKLE&sort=-created").json["data"][0]):
        assert shown["bank"] == {"code": BANK, "label": name}
        assert shown["chains"][1] == {"code": "TACKLE", "label": chain.name_zh}
        assert shown["areas"][0]["code"] == "371002" != shown["areas"][0]["label"]
    assert bank.get(path, Accept_Language="en").json["chains"][1]["label"] == chain.name_en
    assert bank.get(path + "?fields=name").json.keys() == {"id", "name"}
    need = firm.get("/needs?limit=1").json["data"][0]["id"]
    matched = firm.get(f"/needs/{need}/matches?limit=1").json["data"][0]
    assert matched["bank"]["code"] != matched["bank"]["label"]
    company = firm.get("/enterprises").json["data"][0]
    assert company["uscc"] == FIRM and set(company["industry_code"]) == {"code", "label"}


# Lists


def test_pages_go_through_everything_once_in_a_stable_order(bureau: Caller) -> None:
    for sort in ("", "&sort=-amount_max", "&sort=decision_days,-updated", "&sort=-id"):
        seen: list[str] = []
        path: str | None = f"/products?limit=7{sort}"
        while path:
            answer = bureau.get(path)
            seen += [p["id"] for p in answer.json["data"]]
            link = answer.headers.get("Link")
            assert (link is not None) == answer.json["has_more"] == (answer.json["next_cursor"] is not None)
            path = link.split(">")[0].removeprefix("</api/v1") if link else None
        assert len(seen) == len(set(seen)) == 70


def test_order_is_by_what_was_asked_and_blanks_come_last(bureau: Caller) -> None:
    down = [p["decision_days"] for p in bureau.get("/products?limit=200&sort=decision_days").json["data"]]
    known = [days for days in down if days is not None]
    assert known == sorted(known) and down[: len(known)] == known


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("status=published", lambda n: n["status"]["code"] == "published"),
        ("amount.gte=5000000&amount.lt=20000000", lambda n: 5e6 <= float(n["amount"]) < 2e7),
        ("term_months=24", lambda n: n["term_months"] == 24),
        ("purpose=RND,ORDER", lambda n: n["purpose"]["code"] in ("RND", "ORDER")),
        ("security_offered=MORTGAGE", lambda n: "MORTGAGE" in [s["code"] for s in n["security_offered"]]),
        ("submitted_on.gt=2026-11-01", lambda n: n["submitted_on"] > "2026-11-01"),
    ],
)
def test_filters_keep_exactly_what_fits(bureau: Caller, query: str, holds: Callable[[Any], bool]) -> None:
    everything = bureau.get("/needs?limit=200").json["data"]
    assert len(everything) == 195
    found = bureau.get(f"/needs?limit=200&{query}").json["data"]
    assert {n["id"] for n in found} == {n["id"] for n in everything if holds(n)}
    assert len(found) > 0


def test_a_chain_filters_the_needs_of_its_enterprises(bureau: Caller) -> None:
    firms = {e["uscc"] for e in bureau.get("/enterprises?limit=200&chain=AUTO").json["data"]}
    needs = bureau.get("/needs?limit=200&chain=AUTO").json["data"]
    assert needs and all(need["uscc"] in firms for need in needs)


def test_times_filter_and_fields_choose(bureau: Caller) -> None:
    assert bureau.get("/needs?updated.gt=2026-11-30T09:00:00%2B08:00").json["data"] == []
    assert len(bureau.get("/needs?updated.gte=2026-11-30T01:00:00Z&limit=3").json["data"]) == 3
    shown = bureau.get("/needs?limit=1&fields=amount,status").json["data"][0]
    assert set(shown) == {"id", "amount", "status"}


def test_the_members_of_a_match_can_be_chosen_too(firm: Caller) -> None:
    need = firm.get("/needs?limit=1").json["data"][0]["id"]
    shown = firm.get(f"/needs/{need}/matches?limit=1&fields=verdict,unknown").json["data"][0]
    assert set(shown) == {"product", "verdict", "unknown"}


def test_search_takes_signs_literally(bureau: Caller) -> None:
    assert bureau.get("/enterprises?q=%25").json["data"] == []
    assert bureau.get("/enterprises?q=_").json["data"] == []
    named = bureau.get("/enterprises?q=威海华恒凯").json["data"]
    assert [e["name"] for e in named] == ["威海华恒凯有限公司"]


@pytest.mark.parametrize(
    ("query", "code", "near"),
    [
        ("stauts=draft", "unknown_parameter", "status"),
        ("amount.gtee=1", "unknown_parameter", "amount.gte"),
        ("limit=1&limit=2", "doubled_parameter", None),
        ("limit=0", "invalid_parameter", None),
        ("limit=201", "invalid_parameter", None),
        ("limit=١", "invalid_parameter", None),
        ("sort=name", "invalid_parameter", None),
        ("status=nothing", "invalid_parameter", None),
        ("amount.gte=1e400", "invalid_parameter", None),
        ("submitted_on=2026-02-30", "invalid_parameter", None),
        ("q=%00", "invalid_parameter", None),
        ("updated.gt=2026-13-01T00:00:00Z", "invalid_parameter", None),
        ("cursor=" + "A" * 60, "cursor", None),
    ],
)
def test_a_wrong_parameter_is_named(bureau: Caller, query: str, code: str, near: str | None) -> None:
    answer = bureau.get(f"/needs?{query}")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert answer.json["code"] == code
    if near:
        assert near in answer.json["detail"] and answer.json["errors"][0]["allowed"] == [near]


def test_a_cursor_is_its_owners_and_its_questions(app: Flask, bureau: Caller, firm: Caller) -> None:
    cursor = bureau.get("/products?limit=1").json["next_cursor"]
    assert bureau.get(f"/products?limit=5&cursor={cursor}").status_code == 200
    assert bureau.get(f"/products?limit=1&sort=-id&cursor={cursor}").json["code"] == "cursor"
    assert bureau.get(f"/needs?limit=1&cursor={cursor}").json["code"] == "cursor"
    assert firm.get(f"/products?limit=1&cursor={cursor}").json["code"] == "cursor"


# Versions


def test_an_etag_saves_what_has_not_changed_and_tells_languages_apart(bank: Caller) -> None:
    path = f"/products/{bank.get('/products?limit=1').json['data'][0]['id']}"
    first = bank.get(path)
    again = bank.get(path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert bank.get(path, If_None_Match=first.headers["ETag"], Accept_Language="en").status_code == 200


def test_a_change_asks_for_its_version(bank: Caller) -> None:
    path = f"/products/{bank.get('/products?limit=1').json['data'][0]['id']}"
    etag = bank.get(path).headers["ETag"]
    assert bank.patch(path, {"name": "改一"}).status_code == 428
    changed = bank.patch(path, {"name": "改一"}, If_Match=etag)
    assert (changed.status_code, changed.json["name"], changed.json["version"]) == (200, "改一", 2)
    stale = bank.patch(path, {"name": "改二"}, If_Match=etag, Accept_Language="en")
    assert (stale.status_code, stale.json["code"], stale.json["current_version"]) == (412, "version_conflict", 2)
    (since,) = stale.json["changes"]
    assert since["by"].startswith("token:") and since["at"][:10] == "2026-11-30"
    assert since["changed"] == ["name"] and "product name" in stale.json["detail"]
    assert bank.get(path).headers["ETag"] == changed.headers["ETag"]


def test_what_was_changed_meanwhile_is_named_by_its_members(bank: Caller) -> None:
    path = f"/products/{bank.get('/products?limit=1').json['data'][0]['id']}"
    first = bank.get(path)
    bank.patch(path, {"amount_max": "7000000.00", "rate_max": "4.4"}, If_Match=first.headers["ETag"])
    (since,) = bank.patch(path, {"name": "改"}, If_Match=first.headers["ETag"]).json["changes"]
    assert set(since["changed"]) == {"amount_max", "rate_max"} <= set(first.json)


def test_r6_of_eight_writers_with_one_version_one_is_let_through(bank: Caller) -> None:
    path = f"/products/{bank.get('/products?limit=1').json['data'][0]['id']}"
    etag = bank.get(path).headers["ETag"]
    answers = together(lambda n: bank.patch(path, {"name": f"名称 {n}"}, If_Match=etag).status_code)
    assert sorted(answers) == [200] + [412] * (CLIENTS - 1)
    assert bank.get(path).json["version"] == 2


# Making


def test_a_bank_adds_a_product_that_waits_for_review(app: Flask, bank: Caller, bureau: Caller) -> None:
    made = bank.post("/products", PRODUCT)
    assert made.status_code == 201 and made.headers["Location"] == f"/api/v1/products/{made.json['id']}"
    assert (made.json["bank"]["code"], made.json["status"]["code"]) == (BANK, "submitted")
    assert bank.get(made.headers["Location"].removeprefix("/api/v1")).json == made.json


def test_a_draft_waits_for_its_owner(firm: Caller) -> None:
    made = firm.post("/needs", NEED | {"draft": True}).json
    assert (made["status"]["code"], made["uscc"]) == ("draft", FIRM)
    assert firm.post(f"/needs/{made['id']}:submit").json["status"]["code"] == "submitted"
    refused = firm.post(f"/needs/{made['id']}:suspend")
    assert (refused.status_code, refused.json["code"]) == (409, "illegal_transition")


def test_what_is_there_already_is_not_made_again(bank: Caller) -> None:
    made = bank.post("/products", PRODUCT).json
    again = bank.post("/products", PRODUCT | {"amount_max": "1.00"})
    assert (again.status_code, again.json["code"], again.json["id"]) == (409, "already_there", made["id"])
    assert bank.get(f"/products/{made['id']}").json["amount_max"] == "5000000.00"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"name": None}, "#/name", "type"),
        ({"name": ""}, "#/name", "required"),
        ({"name": 5}, "#/name", "type"),
        ({"decision_days": "1"}, "#/decision_days", "type"),
        ({"decision_days": True}, "#/decision_days", "type"),
        ({"decision_days": 1.5}, "#/decision_days", "type"),
        ({"decision_days": 366}, "#/decision_days", "range"),
        ({"amount_max": 5000000}, "#/amount_max", "type"),
        ({"amount_max": "0.001"}, "#/amount_max", "pattern"),
        ({"amount_max": "１０００"}, "#/amount_max", "pattern"),
        ({"amount_max": "-1"}, "#/amount_max", "pattern"),
        ({"first_loan_only": "true"}, "#/first_loan_only", "type"),
        ({"product_type": "LOAN"}, "#/product_type", "unknown_code"),
        ({"security": ["CREDIT", "NONE"]}, "#/security/1", "unknown_code"),
        ({"chains": ["NO_SUCH_CHAIN"]}, "#/chains", "unknown_code"),
        ({"valid_to": "2026-02-30"}, "#/valid_to", "date"),
        ({"amount_min": "6000000.00"}, "#/amount_max", "crossed"),
        ({"description": "x" * 2001}, "#/description", "too_long"),
        ({"name": "a\u0000b"}, "#/name", "control_character"),
        ({"decsription": "x"}, "#/decsription", "unknown_member"),
        *[
            ({name: 1}, f"#/{name}", "unknown_member")
            for name in ("id", "org_id", "status", "version", "score", "role")
        ],
    ],
)
def test_every_fault_of_a_body_is_named_at_its_place(
    app: Flask, bank: Caller, body: dict[str, Any], pointer: str, code: str
) -> None:
    before = count(app, Product)
    answer = bank.post("/products", PRODUCT | body, Accept_Language="en")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_body")
    assert [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]] == [(pointer, code)]
    assert count(app, Product) == before


def test_all_faults_are_told_at_once(bank: Caller) -> None:
    answer = bank.post("/products", {"name": 1, "decision_days": "x", "nmae": "y"})
    assert {fault["pointer"] for fault in answer.json["errors"]} == {
        "#/name", "#/decision_days", "#/nmae", "#/product_type",
    }  # fmt: skip


def test_another_owner_cannot_be_given(firm: Caller, bank: Caller) -> None:
    assert firm.post("/needs", NEED | {"uscc": OTHER_FIRM}).json["errors"][0]["code"] == "not_yours"
    assert bank.post("/products", PRODUCT | {"bank": OTHER_BANK}).json["errors"][0]["code"] == "not_yours"


def test_roles_and_scopes_bound_what_a_token_does(app: Flask, bank: Caller, firm: Caller) -> None:
    assert bank.post("/needs", NEED).json["code"] == "role"
    assert firm.post("/products", PRODUCT).json["code"] == "role"
    reader = caller(app, Role.PRODUCT_MANAGER, org_code=BANK, scopes=["lists:read"])
    assert reader.post("/products", PRODUCT).json["code"] == "scope"


def test_an_enterprise_changes_figures_but_not_recognitions(firm: Caller) -> None:
    path = f"/enterprises/{firm.get('/enterprises').json['data'][0]['id']}"
    etag = firm.get(path).headers["ETag"]
    refused = firm.patch(path, {"tiers": [{"code": "LITTLE_GIANT", "valid_to": "2028-01-01"}]}, If_Match=etag)
    assert [fault["code"] for fault in refused.json["errors"]] == ["kept_by_bureau"]
    done = firm.patch(path, {"employees": 128, "revenue": "56000000.00"}, If_Match=etag)
    assert (done.json["employees"], done.json["revenue"]) == (128, "56000000.00")


# Once


def test_r5_the_same_key_from_eight_clients_makes_one(app: Flask, firm: Caller) -> None:
    before = count(app, Need)
    answers = together(lambda _: firm.post("/needs", NEED, Idempotency_Key="one"))
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = {answer.json["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1 and count(app, Need) == before + 1
    again = firm.post("/needs", NEED, Idempotency_Key="one")
    assert (again.status_code, again.headers["Idempotent-Replayed"], again.json["id"]) == (201, "true", *made)
    assert count(app, Need) == before + 1


def test_a_key_stands_for_one_request_of_one_owner(app: Flask, firm: Caller) -> None:
    first = firm.post("/needs", NEED, Idempotency_Key="k")
    other_body = firm.post("/needs", NEED | {"term_months": 25}, Idempotency_Key="k")
    assert (other_body.status_code, other_body.json["code"]) == (422, "idempotency_reused")
    other = caller(app, Role.FINANCE, uscc=OTHER_FIRM).post("/needs", NEED, Idempotency_Key="k")
    assert other.status_code == 201 and other.json["id"] != first.json["id"]


def test_a_refused_request_frees_its_key(firm: Caller) -> None:
    assert firm.post("/needs", NEED | {"amount": "0"}, Idempotency_Key="k").status_code == 422
    assert firm.post("/needs", NEED, Idempotency_Key="k").status_code == 201


@pytest.mark.parametrize(
    ("key", "code"), [(None, "idempotency_required"), ("x" * 256, "idempotency_key"), ("a b", "idempotency_key")]
)
def test_a_key_has_its_form(firm: Caller, key: str | None, code: str) -> None:
    answer = firm.post("/needs", NEED, Idempotency_Key=key)
    assert (answer.status_code, answer.json["code"]) == (400, code)
    assert firm.post("/needs", NEED, Idempotency_Key="x" * 255).status_code == 201


def test_kept_answers_are_encrypted_and_the_key_is_free_after_seven_days(
    app: Flask, firm: Caller, clock: Clock
) -> None:
    made = firm.post("/needs", NEED, Idempotency_Key="k").json
    with parts_of(app).database.reading(SYSTEM) as session:
        assert made["need_no"] not in session.scalars(select(IdempotencyKey.body)).one()
    clock.moment += timedelta(days=7)
    assert firm.post("/needs", NEED, Idempotency_Key="k").json == made
    clock.moment += timedelta(seconds=1)
    assert firm.post("/needs", NEED, Idempotency_Key="k").json["id"] != made["id"]


# Many at once


def test_a_batch_partial_writes_the_good_rows(app: Flask, bank: Caller) -> None:
    before = count(app, Product)
    rows = [PRODUCT, PRODUCT | {"name": "坏", "chains": ["NO_SUCH"]}, PRODUCT | {"name": "二"}]
    tried = bank.post("/products:batch", {"mode": "partial", "dry_run": True, "rows": rows})
    assert [r["state"] for r in tried.json["results"]] == ["new", "rejected", "new"] and count(app, Product) == before
    done = bank.post("/products:batch", {"mode": "partial", "rows": rows})
    assert done.status_code == 207
    first, bad, third = done.json["results"]
    assert (first["status"], bad["status"], third["status"]) == (201, 422, 201)
    assert bad["id"] is None and bad["problem"]["errors"][0]["pointer"] == "#/chains"
    assert bank.get(f"/products/{first['id']}").json["name"] == PRODUCT["name"]
    assert count(app, Product) == before + 2


def test_a_batch_atomic_writes_all_or_nothing(app: Flask, bank: Caller) -> None:
    before = count(app, Product)
    refused = bank.post("/products:batch", {"rows": [PRODUCT, PRODUCT | {"name": "坏", "chains": ["NO_SUCH"]}]})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "#/rows/1/chains")
    assert count(app, Product) == before
    assert bank.post("/products:batch", {"rows": [PRODUCT]}).json["results"][0]["state"] == "new"


def test_a_batch_partial_tells_a_row_of_the_wrong_form_in_its_own_result(app: Flask, bank: Caller) -> None:
    before = count(app, Product)
    wrong = [PRODUCT | {"product_type": "NO_SUCH"}, PRODUCT | {"nmae": "x"}, 5]
    done = bank.post("/products:batch", {"mode": "partial", "rows": [wrong[0], PRODUCT, *wrong[1:]]})
    assert done.status_code == 207
    assert [(r["index"], r["status"], r["state"]) for r in done.json["results"]] == [
        (0, 422, "rejected"), (1, 201, "new"), (2, 422, "rejected"), (3, 422, "rejected"),
    ]  # fmt: skip
    faults = [one["problem"]["errors"] for one in done.json["results"] if "problem" in one]
    assert [[(fault["pointer"], fault["code"]) for fault in some] for some in faults] == [
        [("#/product_type", "unknown_code")], [("#/nmae", "unknown_member")], [("#", "type")],
    ]  # fmt: skip
    assert count(app, Product) == before + 1
    refused = bank.post("/products:batch", {"mode": "atomic", "rows": [PRODUCT | {"name": "新"}, wrong[0]]})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "#/rows/1/product_type")
    assert count(app, Product) == before + 1
    none = bank.post("/products:batch", {"mode": "partial", "rows": wrong})
    assert [one["state"] for one in none.json["results"]] == ["rejected"] * 3 and count(app, Product) == before + 1


def test_a_batch_has_its_bounds(bank: Caller) -> None:
    assert bank.post("/products:batch", {"rows": []}).status_code == 422
    assert bank.post("/products:batch", {"rows": [PRODUCT] * 1001}).status_code == 422
    wrong = bank.post("/products:batch", {"rows": [PRODUCT, {"name": 1}]})
    assert {fault["pointer"] for fault in wrong.json["errors"]} == {"#/rows/1/name", "#/rows/1/product_type"}


# The feed


def test_the_feed_tells_what_changed_to_whom_it_concerns(bank: Caller, other_bank: Caller, firm: Caller) -> None:
    def read(who: Caller, since: str | None) -> tuple[list[Any], str]:
        found: list[Any] = []
        while True:
            answer = who.get("/changes?limit=200" + (f"&since={since}" if since else "")).json
            found, since = found + answer["data"], answer["next_cursor"]
            if not answer["has_more"]:
                return found, since

    (_, mine), (_, theirs), (_, firms) = read(bank, None), read(other_bank, None), read(firm, None)
    made = bank.post("/products", PRODUCT).json["id"]
    bank.post(f"/products/{made}:withdraw")
    found, mine = read(bank, mine)
    assert [(c["kind"], c["id"], c["gone"]) for c in found] == [("product", made, False), ("product", made, True)]
    assert found[0]["href"] == f"/api/v1/products/{made}"
    assert read(other_bank, theirs)[0] == read(firm, firms)[0] == read(bank, mine)[0] == []
    assert other_bank.get(f"/changes?since={mine}").json["code"] == "cursor"


# Matches


def test_matches_and_explanation_of_an_own_need(firm: Caller, bureau: Caller) -> None:
    need = bureau.get(f"/needs?uscc={FIRM}").json["data"][0]
    page = firm.get(f"/needs/{need['id']}/matches").json
    assert page["matched_on"] == "2026-11-30" and page["data"]
    for verdict in {pair["verdict"]["code"] for pair in page["data"]}:
        found = firm.get(f"/needs/{need['id']}/matches?verdict={verdict}").json["data"]
        assert [p["product"] for p in found] == [p["product"] for p in page["data"] if p["verdict"]["code"] == verdict]
    one = page["data"][0]["product"]
    told = firm.get(f"/needs/{need['id']}/explanations/{one}").json
    assert (told["need_no"], told["product"]) == (need["need_no"], one) and told["criteria"]
    assert bureau.get(f"/needs/{need['id']}/explanations/{one}").status_code == 200
