"""What banks and enterprises write themselves: their own entries only, reviewed where that is asked for."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError, NotAllowedError, NotFoundError
from matchmaker.domain.terms import EntryStatus, Role, Side
from matchmaker.lists.models import Enterprise, Need, Product
from matchmaker.lists.queries import find_entry
from matchmaker.lists.services.owned import Outcome, OwnRow, step_own, write_own
from matchmaker.settings import Settings
from tests.support.lists import LATER, put, stored, table, versions

MINE, OTHERS = "91371002MA5782909D", "91371003MA1080619J"
BANK = Actor("person:bank", Side.BANK, orgs=("B1", "B1-1"), roles=frozenset({Role.PRODUCT_MANAGER}))
FIRM = Actor("person:firm", Side.ENTERPRISE, uscc=MINE, roles=frozenset({Role.FINANCE}))
OPERATOR = Actor("person:bureau", Side.BUREAU, orgs=("J1",), roles=frozenset({Role.OPERATOR}), second_factor=True)
NEW_PRODUCT = {"name": "新", "product_type": "OTHER", "rate_max_pct": "4.5"}
NEW_NEED = {"amount_wan": "800", "term_months": 12, "purpose": "WORKING_CAPITAL"}


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """Two banks with a product each, two enterprises with a need each."""
    made = Database(migrated_url)
    banks = [["B1", "BANK", "甲银行"], ["B2", "BANK", "乙银行"], ["J1", "BUREAU", "工信局"]]
    put(made, table("organisations", "org_code kind name", *banks))
    put(made, table("enterprises", "uscc name", [MINE, "某公司"], [OTHERS, "他公司"]))
    products = [["P1", "甲银行", "一", "OTHER"], ["P2", "乙银行", "二", "OTHER"]]
    put(made, table("products", "product_code bank_name name product_type", *products))
    needs = [["N1", MINE, "1", "12", "RND"], ["N2", OTHERS, "1", "12", "RND"]]
    put(made, table("needs", "need_no uscc amount_wan term_months purpose", *needs))
    yield made
    made.dispose()


def write(database: Database, actor: Actor, model: Any, *bodies: dict[str, Any], **options: Any) -> list[Outcome]:
    settings = options.pop("settings", Settings())
    rows = [OwnRow(number, body) for number, body in enumerate(bodies)]
    with database.writing(actor) as session:
        return write_own(
            session, actor=actor, model=model, rows=rows, settings=settings, now=LATER, lang="en", **options
        )


def codes(outcome: Outcome) -> list[tuple[str, str]]:
    return [(fault.column, fault.code) for fault in outcome.faults]


@pytest.mark.parametrize(("review", "status"), [(True, EntryStatus.SUBMITTED), (False, EntryStatus.PUBLISHED)])
def test_a_banks_new_product_is_its_own_and_reviewed(database: Database, review: bool, status: EntryStatus) -> None:
    (made,) = write(database, BANK, Product, NEW_PRODUCT, settings=Settings(products_review=review))
    assert made.state == "new" and made.key == ("B1-001",)
    product = stored(database, "products", "B1-001")
    assert (product.bank_name, product.status) == ("B1", status)
    assert versions(database, "products")[-1].actor == "person:bank"


def test_a_change_goes_to_review_and_an_unchanged_row_confirms(database: Database) -> None:
    (same,) = write(database, BANK, Product, {"product_code": "P1", "name": "一"})
    assert same.state == "unchanged" and stored(database, "products", "P1").confirmed_at == LATER
    (changed,) = write(database, BANK, Product, {"product_code": "P1", "name": "壹"})
    product = stored(database, "products", "P1")
    assert (changed.state, product.version, product.status) == ("changed", 2, EntryStatus.SUBMITTED)


@pytest.mark.parametrize(
    "body",
    [
        {"product_code": "P2", "name": "改"},
        {"product_code": "P2", "bank_name": "乙银行", "name": "改"},
        {"product_code": "P2", "bank_name": "乙银行"},
        {"bank_name": "乙银行", **NEW_PRODUCT},
        {"bank_name": "乙银行", "name": "二"},
    ],
)
def test_another_banks_products_are_neither_changed_nor_confirmed(database: Database, body: dict[str, Any]) -> None:
    before = stored(database, "products", "P2")
    (refused,) = write(database, BANK, Product, body, partial=True)
    after = stored(database, "products", "P2")
    assert refused.state == "rejected"
    assert (after.version, after.confirmed_at, after.name) == (before.version, before.confirmed_at, "二")
    assert len(versions(database, "products")) == 2


def test_another_enterprises_need_reads_like_one_that_is_not_there(database: Database) -> None:
    theirs, nobodys = write(
        database, FIRM, Need, {"need_no": "N2", **NEW_NEED}, {"need_no": "N9", **NEW_NEED}, partial=True
    )
    assert codes(theirs) == codes(nobodys) == [("need_no", "unknown_code")]
    assert [f.message for f in theirs.faults] == [f.message for f in nobodys.faults]
    assert stored(database, "needs", "N2").version == 1


def test_a_new_need_gets_a_number_that_tells_no_count(database: Database) -> None:
    first, second = write(database, FIRM, Need, NEW_NEED, NEW_NEED)
    numbers = [outcome.key[0] for outcome in (first, second) if outcome.key]
    assert all(re.fullmatch(r"XQ-20261201-\d{6}", number) for number in numbers) and numbers[0] != numbers[1]
    need = stored(database, "needs", numbers[0])
    assert (need.uscc, need.status, str(need.submitted_on)) == (MINE, EntryStatus.PUBLISHED, "2026-12-01")


def test_a_need_waits_for_review_where_the_city_or_its_text_asks_for_it(database: Database) -> None:
    (asked,) = write(database, FIRM, Need, NEW_NEED, settings=Settings(needs_review=True))
    (named,) = write(database, FIRM, Need, NEW_NEED | {"description": "采购原料，详询某公司"})
    (clean,) = write(database, FIRM, Need, NEW_NEED | {"description": "采购原料"})
    assert clean.key and stored(database, "needs", clean.key[0]).status is EntryStatus.PUBLISHED
    for outcome in (asked, named):
        assert outcome.key and stored(database, "needs", outcome.key[0]).status is EntryStatus.SUBMITTED


def test_an_enterprise_writes_figures_but_not_recognitions(database: Database) -> None:
    (done,) = write(database, FIRM, Enterprise, {"uscc": MINE, "employees": 120})
    assert done.state == "changed" and stored(database, "enterprises", MINE).employees == 120
    for body, code in (
        ({"uscc": MINE, "tiers": "LITTLE_GIANT"}, ("tiers", "kept_by_bureau")),
        ({"uscc": MINE, "name": "另一个名字"}, ("name", "kept_by_bureau")),
        ({"uscc": OTHERS, "employees": 1}, ("uscc", "not_yours")),
    ):
        (refused,) = write(database, FIRM, Enterprise, body, partial=True)
        assert codes(refused) == [code]
    assert stored(database, "enterprises", OTHERS).employees is None


def test_all_or_nothing_unless_partial(database: Database) -> None:
    bodies = [NEW_PRODUCT, {"name": "坏", "product_type": "NO_SUCH"}]
    assert [o.state for o in write(database, BANK, Product, *bodies)] == ["new", "rejected"]
    assert len(versions(database, "products")) == 2
    write(database, BANK, Product, *bodies, partial=True)
    assert len(versions(database, "products")) == 3


def test_a_version_that_has_moved_on_is_refused(database: Database) -> None:
    with pytest.raises(ConflictError) as refused:
        write(database, BANK, Product, {"product_code": "P1", "name": "壹"}, expected=7)
    assert refused.value.code == "version_conflict" and "version 1" in refused.value.say("en")
    assert stored(database, "products", "P1").version == 1


@pytest.mark.parametrize(("actor", "model"), [(BANK, Need), (FIRM, Product), (BANK, Enterprise)])
def test_a_side_writes_its_own_lists_only(database: Database, actor: Actor, model: Any) -> None:
    with pytest.raises(NotAllowedError):
        write(database, actor, model, {})


def step(database: Database, actor: Actor, kind: str, key: str, verb: str) -> EntryStatus:
    model = {"products": Product, "needs": Need}[kind]
    with database.writing(actor) as session:
        step_own(session, actor=actor, entry=find_entry(session, model, key), verb=verb, now=LATER)
    return stored(database, kind, key).status


def test_the_owner_suspends_and_only_the_bureau_publishes(database: Database) -> None:
    write(database, BANK, Product, NEW_PRODUCT)
    with pytest.raises(NotAllowedError):
        step(database, BANK, "products", "B1-001", "publish")
    assert step(database, OPERATOR, "products", "B1-001", "publish") is EntryStatus.PUBLISHED
    assert step(database, BANK, "products", "B1-001", "suspend") is EntryStatus.SUSPENDED


def test_another_banks_entry_is_not_found(database: Database) -> None:
    with pytest.raises(NotFoundError):
        step(database, BANK, "products", "P2", "suspend")
    with database.reading(SYSTEM) as session:
        assert find_entry(session, Product, "P2").status is EntryStatus.PUBLISHED
