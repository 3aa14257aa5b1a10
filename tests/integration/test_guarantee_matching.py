"""The public guarantee in runs, explanations and what-if: from registers and ratings, now and as they stood."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta

import pytest

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import Side, Verdict
from matchmaker.lists.defaults import load_defaults
from matchmaker.matching.explanations import explain
from matchmaker.matching.facts import load_market, load_offer, with_enterprise
from matchmaker.matching.of_need import sort_products
from matchmaker.matching.queries import get_run, rows_of_run
from matchmaker.matching.services import recompute_run, run_matching
from matchmaker.matching.what_if import cells_of, try_changes
from matchmaker.matching.whatif import effect_of
from matchmaker.matching.with_guarantee import Gain, gain_of, gain_text
from matchmaker.scoring.prepared import prepare_product
from matchmaker.scoring.public_guarantee import Why
from tests.support.city import TUESDAY, code_of, need, product, put, small_city
from tests.support.open_scheme import SCHEME, open_scheme, rate

ON = TUESDAY.date()
NOBODY_PLEDGES = {"security_offered": "NONE"}


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """Six enterprises that have nothing to pledge: 1 is rated A, 2 D, 3's rating has ended, the others have none."""
    filled = Database(migrated_url)
    with filled.writing(SYSTEM) as session:
        load_defaults(session, TUESDAY)
        small_city(session, firms=6)
        put(session, "needs", *(need(n, **NOBODY_PLEDGES) for n in range(1, 7)))
        open_scheme(session)
        rate(session, code_of(1))
        rate(session, code_of(2), Grade.D)
        rate(session, code_of(3), valid_to=ON - timedelta(days=1))
    yield filled
    filled.dispose()


def need_no(number: int) -> str:
    return str(need(number)["need_no"])


def code(number: int = 1) -> str:
    return str(product(f"B{number}", number)["product_code"])


def verdicts(database: Database, run_id: int) -> dict[str, str]:
    """need_no → verdict with the first product."""
    with database.reading(SYSTEM) as session:
        return {row.need_no: row.verdict.value for row in rows_of_run(session, run_id) if row.product_code == code()}


def run_now(database: Database) -> int:
    with database.writing(SYSTEM) as session:
        return run_matching(session, on=ON, now=TUESDAY, top_k=50).id


def test_near_misses_of_those_who_can_have_it_turn_eligible(database: Database) -> None:
    found = verdicts(database, run_now(database))
    assert found == {need_no(n): "eligible" if n == 1 else "near" for n in range(1, 7)}


@pytest.mark.parametrize("cells", [{"active": "否"}, {"valid_to": "2020-12-31"}, {"areas": "370600"}])
def test_a_scheme_that_does_not_hold_changes_no_verdict(database: Database, cells: dict[str, str]) -> None:
    with database.writing(SYSTEM) as session:
        put(session, "schemes", {"scheme_code": SCHEME, **cells})
    assert set(verdicts(database, run_now(database)).values()) == {"near"}


def test_a_past_run_comes_out_the_same_after_the_scheme_was_switched_off(database: Database) -> None:
    run_id = run_now(database)
    with database.writing(SYSTEM) as session:
        put(session, "schemes", {"scheme_code": SCHEME, "active": "否"})
        put(session, "scheme-grades", {"scheme_code": SCHEME, "grade": "A", "amount_max_wan": "1"})
        rate(session, code_of(4))
    with database.reading(SYSTEM) as session:
        found = recompute_run(session, run_id)
        assert found.same, [difference.zh for difference in found.differences]
        before = get_run(session, run_id).digest
    later = run_now(database)
    assert set(verdicts(database, later).values()) == {"near"}
    with database.reading(SYSTEM) as session:
        assert get_run(session, later).digest != before
        assert recompute_run(session, later).same


def test_versions_give_the_same_market_as_the_tables(database: Database) -> None:
    with database.reading(SYSTEM) as session:
        market = load_market(session, ON)
        assert market.reference.schemes
        assert [one.enterprise.standing is not None for one in market.needs] == [True] * 3 + [False] * 3
        assert load_market(session, ON, version_id=market.version_id) == market


def test_the_explanation_names_scheme_grade_and_fee(database: Database) -> None:
    with database.reading(SYSTEM) as session:
        told, english = (explain(session, need_no(1), code(), ON, lang) for lang in ("zh", "en"))
    row = next(row for row in told["criteria"] if row["key"] == "security")
    assert row["actual"]["value"] == ["GUARANTEE"]
    assert row["actual"]["text"] == "保证（政府性担保，最高 500 万元）"
    assert told["versions"]["scheme"] == 1
    assert told["versions"]["rating"] == 1
    for key in ("at_lowest", "at_highest"):
        borne = told["cost"][key]["guarantee"]
        assert (borne["fee"], borne["fee_payer"], borne["text"]) == ("0.00", "TREASURY", "担保费 0.00 元，由财政承担")
        assert "treasury" in english["cost"][key]["guarantee"]["text"]


def test_a_fee_that_the_enterprise_pays_is_in_the_cost(database: Database) -> None:
    with database.reading(SYSTEM) as session:
        free = explain(session, need_no(1), code(), ON, "zh")["cost"]["at_lowest"]
    with database.writing(SYSTEM) as session:
        put(session, "schemes", {"scheme_code": SCHEME, "fee_pct_per_year": "1%", "fee_payer": "ENTERPRISE"})
    with database.reading(SYSTEM) as session:
        paid = explain(session, need_no(1), code(), ON, "zh")["cost"]["at_lowest"]
    fee = float(paid["guarantee"]["fee"])
    assert fee == float(paid["amount"]) * 0.01 * -(-paid["months"] // 12)
    assert float(paid["fees"]) - float(free["fees"]) == fee
    assert float(paid["total"]) - float(free["total"]) == fee
    assert float(paid["simple_pct"]) > float(free["simple_pct"])


@pytest.mark.parametrize(
    ("number", "why"), [(2, "担保方案不包括信用等级 D 级"), (3, "信用评级已于"), (4, "还没有信用评级")]
)
def test_a_near_miss_says_why_the_guarantee_does_not_help(database: Database, number: int, why: str) -> None:
    with database.reading(SYSTEM) as session:
        told = explain(session, need_no(number), code(), ON, "zh")
    row = next(row for row in told["criteria"] if row["key"] == "security")
    assert why in row["text"]
    assert told["cost"]["at_lowest"]["guarantee"] is None
    kinds = [repair["moves"][0]["kind"] for repair in told["repairs"]]
    assert ("public_guarantee" in kinds) is (number != 2)


def test_the_what_if_of_being_rated_is_judged_as_a_rating_would_be(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        told = explain(session, need_no(4), code(), ON, "zh")
        repair = next(one for one in told["repairs"] if one["moves"][0]["kind"] == "public_guarantee")
        assert repair["text"] == "先取得信用评级（评为 A 级或 B 级即可），再申请政府性担保，即符合"
        market = load_market(session, ON)
        asking = next(one for one in market.needs if one.need_no == need_no(4))
        offered = next(one for one in market.products if one.product_code == code())
        tried = try_changes(session, market, asking, offered, cells_of(repair))
        after = sort_products(tried.market, tried.need, [prepare_product(offered, ON, market.reference)])
        assert after.count(Verdict.ELIGIBLE) == 1
        rate(session, code_of(4), Grade.B)
        assert explain(session, need_no(4), code(), ON, "zh")["verdict"] == "eligible"


def test_what_is_no_way_to_the_guarantee_is_refused_in_a_sentence(database: Database) -> None:
    with database.reading(SYSTEM) as session:
        market = load_market(session, ON)
        offered = market.products[0]
        rated, graded_d = market.needs[0], market.needs[1]
        for asking in (rated, graded_d):
            with pytest.raises(RejectedError, match="A rating would not change"):
                try_changes(session, market, asking, offered, {"public_guarantee": "是"})


def test_a_banks_what_if_counts_needs_with_the_guarantee(database: Database) -> None:
    """Five needs are the fewest that are told; each of them fits by the guarantee alone."""
    with database.writing(SYSTEM) as session:
        for number in (4, 5, 6):
            rate(session, code_of(number))
        put(session, "needs", need(1, need_no="XQ-20261101-9001", **NOBODY_PLEDGES))
        offered = load_market(session, ON).products[0]
        asks = {field.name: getattr(offered.asks, field.name) for field in fields(offered.asks)}
        own = {
            field.name: getattr(offered, field.name) for field in fields(offered) if field.name not in ("asks", "bank")
        }
        values = {**asks, **own, "bank_name": offered.bank}
        assert effect_of(session, before=None, after=values, on=ON).gained.needs == 5
        put(session, "schemes", {"scheme_code": SCHEME, "active": "否"})
        assert effect_of(session, before=None, after=values, on=ON).gained.needs == 0


def gains(database: Database, number: int) -> tuple[Gain, str]:
    with database.reading(SYSTEM) as session:
        offer = load_offer(session, ON)
        market = with_enterprise(session, offer, code_of(number))
    products = [prepare_product(one, ON, market.reference) for one in market.products]
    asking = next(one for one in market.needs if one.need_no == need_no(number))
    judged = sort_products(market, asking, products)
    return gain_of(judged), gain_text(gain_of(judged), judged, "zh")


def test_how_many_more_products_would_fit(database: Database) -> None:
    had, said = gains(database, 1)
    assert (had.is_open, len(had.products), said) == (True, 2, "用政府性担保，另有 2 个产品符合")
    unrated, said = gains(database, 4)
    assert (unrated.found.why, len(unrated.products)) == (Why.NOT_RATED, 2)
    assert said == "先取得信用评级（评为 A 级或 B 级即可），用政府性担保，另有 2 个产品符合"
    ended, said = gains(database, 3)
    assert (ended.found.why, len(ended.products)) == (Why.EXPIRED, 2)
    assert said.startswith("信用评级已到期，先重新评级")
    assert gains(database, 2)[0].products == ()


def test_how_many_more_would_fit_with_less(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        put(session, "scheme-grades", {"scheme_code": SCHEME, "grade": "A", "amount_max_wan": "60"})
    above, said = gains(database, 1)
    assert (above.found.why, len(above.products)) == (Why.ABOVE, 2)
    assert said == "把金额降到 60 万元以内，用政府性担保，另有 2 个产品符合"


def test_a_bank_reads_no_rating(database: Database) -> None:
    """The rating is the enterprise's: what a bank's session loads tells nothing of one."""
    with database.reading(Actor("bank", Side.BANK, orgs=("B1",))) as session:
        assert load_market(session, ON).rating_versions == {}
