"""What the public guarantee brings a need, on the pages where an enterprise and the bureau look for it."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matchmaker.actor import SYSTEM
from matchmaker.demo.guarantees import SCHEME
from matchmaker.demo.stories import firm_code, stories
from matchmaker.domain.terms import Role
from matchmaker.matching.facts import Market, load_market
from matchmaker.matching.of_need import Sorted, sort_products
from matchmaker.matching.with_guarantee import gain_of
from matchmaker.scoring.prepared import ProductOn, prepare_product
from matchmaker.web.links import address_if
from tests.support.accounts import parts_of, sign_in_as
from tests.support.demo import NOW

DAY = NOW.date()
SHIP = next(story for story in stories(DAY) if story.key == "ship").pairs[0]


@pytest.fixture
def operator(demo: Flask) -> FlaskClient:
    return sign_in_as(demo, Role.OPERATOR, org_code="J01")


@pytest.fixture
def ship(demo: Flask) -> FlaskClient:
    return sign_in_as(demo, Role.FINANCE, uscc=firm_code("ship"))


def stock(demo: Flask) -> tuple[Market, list[ProductOn]]:
    with parts_of(demo).database.reading(SYSTEM) as session:
        market = load_market(session, DAY)
    return market, [prepare_product(one, DAY, market.reference) for one in market.products]


@pytest.fixture
def covered(demo: Flask) -> Sorted:
    """A need of the demo that gains products by the guarantee as things stand."""
    market, products = stock(demo)
    judged = (sort_products(market, one, products) for one in market.needs if one.enterprise.standing)
    return next(one for one in judged if len(gain_of(one).products) > 1 and gain_of(one).is_open)


def rows_in(page: str) -> int:
    return page.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>")


def test_who_is_not_rated_is_told_what_a_rating_would_bring(ship: FlaskClient) -> None:
    page = ship.get(f"/matches/{SHIP.need_no}").get_data(as_text=True)
    said = re.search(r"先取得信用评级（评为 A 级、B 级或 C 级即可），用政府性担保，另有 (\d+) 个产品符合", page)
    assert said
    behind = ship.get(f"/matches/{SHIP.need_no}?guarantee=yes").get_data(as_text=True)
    assert rows_in(behind) == int(said[1]) > 0
    assert SHIP.product_code in behind
    for address in ("/matches", "/"):
        assert said[0] in ship.get(address, follow_redirects=True).get_data(as_text=True)
    ship.set_cookie("lang", "en")
    english = ship.get(f"/matches/{SHIP.need_no}?lang=en").get_data(as_text=True)
    assert "with the public guarantee" in english


def test_who_can_have_it_reads_how_many_of_the_fitting_products_rest_on_it(
    operator: FlaskClient, covered: Sorted
) -> None:
    need_no, count = covered.need.need_no, len(gain_of(covered).products)
    page = operator.get(f"/matches/{need_no}").get_data(as_text=True)
    assert f"用政府性担保，另有 {count} 个产品符合" in page
    behind = operator.get(f"/matches/{need_no}?guarantee=yes").get_data(as_text=True)
    assert rows_in(behind) == count
    assert "契合程度" in behind


def test_the_explanation_shows_the_guarantee_and_its_fee_as_zero(operator: FlaskClient, covered: Sorted) -> None:
    """U-5: the fee is 0.00 and 由财政承担, never blank."""
    product = gain_of(covered).products[0]
    page = operator.get(f"/matches/{covered.need.need_no}/{product.code}").get_data(as_text=True)
    assert "担保用政府性担保：威海市企业信用保证基金（信财银保）演示方案" in page
    fees = re.findall(r"担保费<span class=\"note\">由财政承担：[^<]+</span></th>.*?<data value=\"0\">0.00</data>", page)
    assert len(fees) == 2
    assert "申请担保" not in page


def test_a_near_miss_tries_being_rated(ship: FlaskClient) -> None:
    page = ship.get(f"/matches/{SHIP.need_no}/{SHIP.product_code}").get_data(as_text=True)
    assert "政府性担保暂不可用：还没有信用评级" in page
    tried = ship.get(f"/matches/{SHIP.need_no}/{SHIP.product_code}/what-if?public_guarantee=是")
    text = tried.get_data(as_text=True)
    assert "信用评级" in text
    assert 'id="after"' in text
    assert "符合" in text.partition('id="after"')[2][:200]
    covered = ship.get(f"/matches/{SHIP.need_no}/B01P0001/what-if?public_guarantee=是&amount_wan=9000")
    assert covered.status_code in (404, 422)


def test_a_need_that_gains_nothing_is_told_nothing(demo: Flask, operator: FlaskClient) -> None:
    market, products = stock(demo)
    judged = (sort_products(market, one, products) for one in market.needs)
    without = next(one for one in judged if not gain_of(one).products)
    page = operator.get(f"/matches/{without.need.need_no}?guarantee=yes").get_data(as_text=True)
    assert "用政府性担保，另有" not in page
    assert 'aria-current="true"' in page


def test_a_link_leads_only_where_there_is_a_page() -> None:
    app = Flask(__name__)
    app.add_url_rule("/guarantees/<need_no>", "guarantees.apply", lambda need_no: need_no)
    with app.test_request_context():
        assert address_if("guarantees.apply", need_no="XQ-1", product_code="P1") == "/guarantees/XQ-1?product_code=P1"
        assert address_if("guarantees.apply") is None
        assert address_if("ratings.mine") is None


def test_the_demo_uses_its_own_copy_of_the_scheme(demo: Flask) -> None:
    with parts_of(demo).database.reading(SYSTEM) as session:
        assert [one.scheme_code for one in load_market(session, DAY).reference.schemes] == [SCHEME]
