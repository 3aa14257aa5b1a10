"""The bureau's analysis: each number is the number of rows behind it; small groups are not told to analysts."""

import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from matchmaker.domain.terms import Role
from matchmaker.lists.entry import fields_of
from matchmaker.lists.models import LISTS
from tests.support.accounts import sign_in_as


@pytest.fixture
def operator(demo: Flask) -> FlaskClient:
    return sign_in_as(demo, Role.OPERATOR, org_code="J01")


def total_of(page: str) -> int:
    found = re.search(r"共 ([\d,]+) 条", page)
    assert found, page[:500]
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("path", ["/analysis", "/analysis?week=2026-W46"])
def test_every_number_is_the_rows_behind_it(operator: FlaskClient, path: str) -> None:
    page = operator.get(path).text
    numbers = re.findall(r'<a href="(/analysis/(?:needs|products)\?[^"]+)">(\d+)</a>', page)
    assert len(numbers) > 40
    for address, said in numbers:
        rows = operator.get(address.replace("&amp;", "&")).text
        assert total_of(rows) == int(said), address


def test_rows_and_their_workbook_are_as_many(operator: FlaskClient) -> None:
    for path in ("/analysis/needs", "/analysis/products", "/matches"):
        rows = total_of(operator.get(path).text)
        book = operator.get(f"{path}.xlsx" if path != "/matches" else "/matches/export.xlsx")
        sheet = load_workbook(BytesIO(book.data)).active
        assert sheet is not None and sheet.max_row - 1 == rows
        assert sheet.freeze_panes and sheet.auto_filter.ref and sheet.print_title_rows == "$1:$1"


def test_a_gap_is_needs_without_products(operator: FlaskClient) -> None:
    page = operator.get("/analysis").text
    cells = re.findall(r'<td class="heat-\d( gap)?">(.*?)</td>', page, re.S)
    assert cells
    for gap, inner in cells:
        products, needs = (int(n) for n in re.findall(r"(\d+)(?:</a>)?(?=（|）)", inner))
        assert bool(gap) == (products == 0 and needs > 0) == ("缺口" in inner)


def test_no_group_below_five_stands_in_an_analysts_workbook(demo: Flask, operator: FlaskClient) -> None:
    analyst = sign_in_as(demo, Role.ANALYST, org_code="J01")
    told = [cell for sheet in load_workbook(BytesIO(analyst.get("/analysis/export.xlsx").data)) for row in
            sheet.iter_rows(values_only=True) for cell in row]  # fmt: skip
    assert "<5" in told
    whole = [cell for sheet in load_workbook(BytesIO(operator.get("/analysis/export.xlsx").data)) for row in
             sheet.iter_rows(values_only=True) for cell in row]  # fmt: skip
    assert "<5" not in whole and len(whole) == len(told)
    few = next(
        a.replace("&amp;", "&") for a, n in re.findall(
            r'<a href="(/analysis/needs\?[^"]+)">(\d+)</a>', operator.get("/analysis").text) if int(n) < 5
    ).replace("/analysis/needs?", "/analysis/needs.xlsx?")  # fmt: skip
    assert analyst.get(few).status_code == 422 or "不足 5 家" in analyst.get(few).text
    assert operator.get(few).status_code == 200


def test_g8_chains_by_districts_hide_groups_below_five_from_an_analyst(demo: Flask, operator: FlaskClient) -> None:
    analyst = sign_in_as(demo, Role.ANALYST, org_code="J01")
    told, whole = (
        [*load_workbook(BytesIO(client.get("/analysis/export.xlsx").data))["产业链×区市"].iter_rows(
            min_row=2, values_only=True)]
        for client in (analyst, operator)
    )  # fmt: skip
    assert [row[:2] for row in told] == [row[:2] for row in whole] and len(told) > 10
    for seen, real in zip(told, whole, strict=True):
        assert seen[2:] == (("<5",) * 3 if real[2] < 5 else real[2:]), real
    assert {"<5"} < {row[2] for row in told}, "some are told"


@pytest.mark.parametrize("kind", ["enterprises", "needs", "products", "policies", "organisations", "credit-records"])
def test_g8_no_list_is_exported_with_more_than_its_page_offers(demo: Flask, kind: str) -> None:
    """The columns of a workbook that hold something are columns of the table, whoever asks."""
    for role, home in ((Role.ANALYST, {"org_code": "J01"}), (Role.OPERATOR, {"org_code": "J01"}),
                       (Role.LEAD, {"org_code": "B01"})):  # fmt: skip
        client = sign_in_as(demo, role, **home)
        offered = set(re.findall(r'name="columns" value="([a-z_]+)"', client.get(f"/lists/{kind}").text))
        sheet = load_workbook(BytesIO(client.get(f"/lists/{kind}/export.xlsx").data)).worksheets[0]
        heads, *rows = sheet.iter_rows(values_only=True)
        labels = {f.label.zh: f for f in fields_of(LISTS[kind])}
        held = [labels[str(head)] for place, head in enumerate(heads) if any(row[place] is not None for row in rows)]
        assert {f.code for f in held if not f.key} <= offered, (kind, role)


def test_g8_matches_are_exported_with_the_columns_of_their_page(demo: Flask, operator: FlaskClient) -> None:
    analyst = sign_in_as(demo, Role.ANALYST, org_code="J01")
    for client in (analyst, operator):
        shown = client.get("/matches").text
        offered = re.findall(r'<input type="checkbox" name="columns"[^>]*>([^<]+)<', shown)
        sheet = load_workbook(BytesIO(client.get("/matches/export.xlsx").data)).worksheets[0]
        head, row = sheet.iter_rows(max_row=2, values_only=True)
        assert [*head] == offered and isinstance(row[head.index("金额(万元)")], int | float)


def test_the_funnel_only_narrows(operator: FlaskClient) -> None:
    table = operator.get("/analysis").text.partition("各链需求走到每一步的数量")[2].partition("</table>")[0]
    for row in re.findall(r"<tr><th.*?</tr>", table, re.S)[1:]:
        steps = [int(n) for n in re.findall(r'class="num step">(?:<a[^>]*>)?(\d+)', row)]
        assert len(steps) == 5 and steps == sorted(steps, reverse=True)


def test_only_the_bureau_analyses(demo: Flask) -> None:
    bank = sign_in_as(demo, Role.LEAD, org_code="B01")
    for path in ("/analysis", "/analysis/needs", "/analysis/export.xlsx"):
        assert bank.get(path).status_code == 403
