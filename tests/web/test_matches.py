"""Matches and their explanation: counts are rows, sums come out to the fen, what is suggested flips the verdict."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.demo.stories import firm_code
from matchmaker.domain.terms import EntryStatus, Role, Verdict
from matchmaker.lists.models import Need
from matchmaker.lists.models import Product as ProductEntry
from matchmaker.lists.services import change_status
from matchmaker.matching.explanations import explain_in
from matchmaker.matching.facts import Market, load_market
from matchmaker.matching.what_if import cells_of, try_changes
from matchmaker.scoring.arranged import BEYOND, arranged, effort_of, is_asked
from matchmaker.scoring.facts import Need as NeedFacts
from matchmaker.scoring.facts import Product
from matchmaker.scoring.prepared import prepare_need, prepare_product
from matchmaker.scoring.verdict import verdict_of
from matchmaker.web.explained import ladder_of, ruler_of
from tests.contract.conformance_lists import ON
from tests.support.accounts import parts_of, sign_in_as
from tests.support.demo import NOW, demo_app

NEED = "XQ-20261111-0001"
PAIR = f"/matches/{NEED}/B01P0001"
TABS = {"eligible": "符合", "near": "差一点", "needs_information": "待核实", "ineligible": "不符合"}


@pytest.fixture
def operator(demo: Flask) -> FlaskClient:
    return sign_in_as(demo, Role.OPERATOR, org_code="J01")


@pytest.fixture
def owner(demo: Flask) -> FlaskClient:
    return sign_in_as(demo, Role.FINANCE, uscc=firm_code("tackle"))


def rows_of(page: str) -> list[str]:
    return re.findall(r"<tr[ >].*?</tr>", page.partition("<tbody>")[2].partition("</tbody>")[0], re.S)


def tab_counts(page: str) -> dict[str, int]:
    return {verdict: int(n) for verdict, n in re.findall(r'href="\?verdict=(\w+)"[^>]*>\D+(\d+)</a></li>', page)}


def some_needs(demo: Flask, most: int = 12) -> list[str]:
    with parts_of(demo).database.reading(SYSTEM) as session:
        known = select(Need.need_no).where(Need.status == EntryStatus.PUBLISHED).order_by(Need.need_no)
        return list(session.scalars(known.limit(most)))


def test_the_count_in_a_tab_is_its_rows(demo: Flask, operator: FlaskClient) -> None:
    for need_no in some_needs(demo):
        counts = tab_counts(operator.get(f"/matches/{need_no}").text)
        assert set(counts) == set(TABS) and sum(counts.values()) > 0
        for verdict, count in counts.items():
            pages = range(1, max(-(-count // 50), 1) + 1)
            shown = [operator.get(f"/matches/{need_no}?verdict={verdict}&page={n}").text for n in pages]
            assert sum(len(rows_of(page)) for page in shown) == count


def test_rows_add_up_and_the_estimate_is_called_one(demo: Flask, owner: FlaskClient) -> None:
    page = owner.get(f"/matches/{NEED}?verdict=near").text
    assert "不构成贷款承诺" in page
    for row in rows_of(page):
        fens = [int(value) for value in re.findall(r'<data value="(-?\d+)"', row)]
        total = re.search(r'<data class="whole" value="(-?\d+)"', row)
        assert (total is None and not fens) or (total is not None and sum(fens) == int(total[1]))


def test_an_enterprise_reads_words_and_the_bureau_numbers(
    demo: Flask, owner: FlaskClient, operator: FlaskClient
) -> None:
    shown = owner.get(f"/matches/{NEED}?verdict=eligible").text
    fits = re.findall(r"契合程度：(\S)</td>", shown)
    assert fits and set(fits) <= {"高", "中", "低"}
    product = re.search(rf'href="(/matches/{NEED}/[^"/]+)"', shown)
    assert product
    one = owner.get(product[1]).text
    assert "契合程度" in one and "/ 100" not in one and "满分" not in one
    assert "/ 100" in operator.get(product[1]).text


def test_another_enterprises_need_does_not_exist(demo: Flask) -> None:
    other = sign_in_as(demo, Role.FINANCE, uscc=firm_code("carbon"))
    for path in (f"/matches/{NEED}", PAIR, f"{PAIR}/what-if?amount_wan=100"):
        assert other.get(path).status_code == 404, path


# The explanation


def test_the_strip_counts_the_rows(operator: FlaskClient, demo: Flask) -> None:
    page = operator.get(PAIR).text
    results = re.findall(r'data-result="(\w+)"', page)
    assert len(results) == 16
    strip = re.search(r'class="strip" aria-hidden="true">([●◐○]*)<', page)
    assert strip and [strip[1].count(mark) for mark in "●◐○"] == [results.count(r) for r in ("pass", "fail", "unknown")]
    assert f"另有 {len(results) - results.index('pass')} 项符合" in page


def test_every_suggestion_on_the_page_flips_the_verdict(demo: Flask, owner: FlaskClient, operator: FlaskClient) -> None:
    tried = 0
    for need_no in some_needs(demo, 6):
        for verdict in ("near", "needs_information"):
            listed = operator.get(f"/matches/{need_no}?verdict={verdict}").text
            for address in re.findall(rf'href="(/matches/{need_no}/[^"/?]+)"', listed)[:4]:
                for offer in re.findall(r'href="(/matches/[^"]+/what-if\?[^"]+)"', operator.get(address).text):
                    after = operator.get(offer.replace("&amp;", "&")).text
                    assert re.search(r'id="after"><span class="tag eligible">', after), offer
                    tried += 1
    assert tried > 5


def test_what_is_tried_leads_to_where_it_is_changed(owner: FlaskClient) -> None:
    page = owner.get(f"{PAIR}/what-if?amount_wan=100").text
    assert "按此修改需求" in page and "没有保存任何内容" in page
    assert f'href="/lists/needs/{NEED}"' in page or "/change?amount_wan=100" in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "没有说明要改哪一项"),
        ("?amount_wan=八百", "八百"),
        ("?founded_on=2001-01-01", "平台已有记录"),
        ("?on=tomorrow", "不是日期"),
        ("?on=2020-01-01", "不参与撮合"),
        ("?on=2999-01-01", "不参与撮合"),
        ("?nothing=1", "没有说明要改哪一项"),
    ],
)
def test_a_trial_that_makes_no_sense_is_said_in_one_sentence(owner: FlaskClient, query: str, said: str) -> None:
    answer = owner.get(f"{PAIR}/what-if{query}")
    assert 400 <= answer.status_code < 500 and said in answer.text


def test_consent_is_asked_for_this_bank_and_need(owner: FlaskClient, operator: FlaskClient) -> None:
    page = owner.get(PAIR).text
    address = re.search(r'href="(/consents/new\?[^"]+)">同意该银行查看企业名称', page)
    assert address
    form = owner.get(address[1].replace("&amp;", "&")).text
    assert NEED in form and "同意并授权" in form
    assert "/consents/new" not in operator.get(PAIR).text
    direct = owner.get(f"/consents/new?org=B15&need={NEED}").text
    assert NEED in direct and 'name="scope" value="need"' in direct
    assert owner.get("/consents/new?org=B15&need=XQ-20261111-9999").status_code == 404


# With the conformance lists


@pytest.fixture
def conformance(conformance_sqlite_url: str) -> Iterator[tuple[Database, Market]]:
    database = Database(conformance_sqlite_url)
    with database.reading(SYSTEM) as session:
        market = load_market(session, ON)
    yield database, market
    database.dispose()


def pairs(market: Market, step: int) -> Iterator[tuple[NeedFacts, Product]]:
    """Every ``step``-th pair."""
    all_pairs = [(need, product) for need in market.needs for product in market.products]
    return iter(all_pairs[::step])


def test_ladders_add_up_to_the_fen_over_the_whole_list(demo: Flask, conformance: tuple[Database, Market]) -> None:
    _, market = conformance
    seen = 0
    with demo.test_request_context():
        for need, product in pairs(market, 7):
            told = explain_in(market, need, product, "zh")
            for key in ("at_lowest", "at_highest"):
                ladder = ladder_of(told["cost"][key])
                if "steps" not in ladder:
                    continue
                interest, fees, before, subsidy, total = (step["fen"] for step in ladder["steps"])
                assert interest + fees == before and before + subsidy == total
                shown = [float(step[name]) for step in ladder["steps"] for name in ("offset", "width")]
                assert all(0 <= place <= 100 for place in shown)
                seen += 1
    assert seen > 1000


def test_what_stands_in_the_way_comes_first_and_nothing_is_lost(conformance: tuple[Database, Market]) -> None:
    _, market = conformance
    for need, product in pairs(market, 23):
        rows = explain_in(market, need, product, "zh")["criteria"]
        shown, folded = arranged(rows)
        assert sorted(r["key"] for r in shown + folded) == sorted(r["key"] for r in rows)
        in_the_way = [row for row in rows if row["result"] != "pass"]
        if in_the_way:
            assert {row["key"] for row in shown} == {row["key"] for row in in_the_way}
            efforts = [effort_of(row) for row in shown]
            assert efforts == sorted(efforts) and max(efforts) <= BEYOND
        assert all(row["result"] == "pass" for row in folded)
        asked = [is_asked(row) for row in folded]
        assert asked == sorted(asked, reverse=True)


def test_rulers_stay_inside_their_length(demo: Flask, conformance: tuple[Database, Market]) -> None:
    _, market = conformance
    drawn = 0
    with demo.test_request_context():
        for need, product in pairs(market, 41):
            for row in explain_in(market, need, product, "zh")["criteria"]:
                ruler = ruler_of(row)
                if ruler:
                    yours, asked = float(ruler["actual"]), float(ruler["required"])
                    assert 0 <= yours <= 100 and 0 <= asked <= 100
                    drawn += 1
    assert drawn > 500


def test_a_trial_is_the_engines_own_verdict(conformance: tuple[Database, Market]) -> None:
    database, market = conformance
    tried = 0
    with database.reading(SYSTEM) as session:
        for need, product in pairs(market, 11):
            for repair in explain_in(market, need, product, "zh")["repairs"]:
                after = try_changes(session, market, need, product, cells_of(repair))
                on, reference = after.market.on, market.reference
                judged = verdict_of(prepare_need(after.need, on, reference), prepare_product(product, on, reference))
                told = explain_in(after.market, after.need, product, "zh")
                assert judged is Verdict.ELIGIBLE and told["verdict"] == "eligible", (need.need_no, repair)
                tried += 1
    assert tried > 30


# With the lists as they stand


def test_a_product_that_leaves_the_market_leaves_the_tabs(tmp_path: Path) -> None:
    app = demo_app(tmp_path)
    client = sign_in_as(app, Role.OPERATOR, org_code="J01")
    before = tab_counts(client.get(f"/matches/{NEED}").text)
    with parts_of(app).database.writing(SYSTEM) as session:
        product = session.scalars(select(ProductEntry).where(ProductEntry.product_code == "B01P0001")).one()
        change_status(session, actor=SYSTEM, entry=product, verb="suspend", now=NOW)
    after = tab_counts(client.get(f"/matches/{NEED}").text)
    assert after["near"] == before["near"] - 1 and sum(after.values()) == sum(before.values()) - 1


# Queries


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []
    engine = parts_of(app).database.engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_pages_ask_no_more_for_more_rows(demo: Flask, operator: FlaskClient, owner: FlaskClient) -> None:
    many: dict[str, int] = {}
    for path in ("/matches", f"/matches/{NEED}?verdict=ineligible", "/analysis", "/analysis/needs"):
        operator.get(path)
        with counting(demo) as seen:
            operator.get(path)
        many[path] = len(seen)
    for path in ("/matches", "/policies/mine", f"/matches/{NEED}"):
        with counting(demo) as seen:
            owner.get(path)
        many[f"own {path}"] = len(seen)
    assert max(many.values()) < 30, many
