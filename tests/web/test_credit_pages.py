"""「我的信用信息」 and 「信用来源」 as an enterprise and the bureau's operator use them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.lists.models import CreditRecord
from matchmaker.lists.readable import note_look
from tests.support.accounts import parts_of, sign_in_as
from tests.support.city import code_of
from tests.support.consenting import ALL, NOW, bank, consent, fill, lead_of, operator


@pytest.fixture
def app(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    database = Database(migrated_sqlite_url)
    settings = fill(database, tmp_path)
    database.dispose()
    made = create_app(settings, now=lambda: NOW)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def firm(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.FINANCE, uscc=code_of(1))


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.OPERATOR, org_code="J1")


def record_of(app: Flask, number: str) -> CreditRecord:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(CreditRecord).where(CreditRecord.record_no == number)).one()


def post(client: FlaskClient, form_at: str, to: str, **values: Any) -> Any:
    token = re.search('name="csrf_token" value="([^"]+)"', client.get(form_at).text)
    assert token, form_at
    return client.post(to, data={"csrf_token": token[1], **values})


def section(page: str, app: Flask, number: str) -> str:
    return page.split(f'id="r-{record_of(app, number).public_id}"')[1].split("</section>")[0]


def test_the_file_says_what_counts_until_when_and_what_is_not_there(app: Flask, firm: FlaskClient) -> None:
    page = firm.get("/credit").text
    assert "共 5 条；今天计入不良的 4 条" in page
    assert "没有来自「税务部门」的数据，不等于没有记录。" in page
    first = section(page, app, "C1")
    assert "今天计入" in first and "自 2027-05-01 起不再计入" in first and "12 个月" in first
    assert "今天不计入" in section(page, app, "C5") and "按公示截止日期" in section(page, app, "C5")
    assert "有异议" in section(page, app, "C4")
    assert "内容只有政府部门看得到" in section(page, app, "C3") and "摘要3" in section(page, app, "C3")
    assert "1 个版本" in first and "文件导入" in first
    english = firm.get("/credit?lang=en").text
    assert 'There is no data from "税务部门"' in english.replace("&#34;", '"') and "counts today" in english


def test_an_old_source_is_said_to_be_out_of_date(app: Flask, firm: FlaskClient) -> None:
    settings = parts_of(app).settings
    later = create_app(settings, now=lambda: NOW + timedelta(days=31))
    page = sign_in_as(later, Role.FINANCE, uscc=code_of(1)).get("/credit").text
    assert "超过 30 天，已过期" in page
    assert "超过 30 天" not in firm.get("/credit").text
    parts_of(later).database.dispose()


def test_an_enterprise_without_records_is_told_so(app: Flask) -> None:
    page = sign_in_as(app, Role.FINANCE, uscc=code_of(2)).get("/credit").text
    assert "没有关于贵企业的信用记录" in page and "截至 2026-11-24，没有关于贵企业的记录。" in page
    assert "摘要1" not in page


def test_a_dispute_is_made_at_the_record_with_its_law_and_clock(app: Flask, firm: FlaskClient) -> None:
    form = f"/credit/dispute/{record_of(app, 'C1').public_id}"
    shown = firm.get(form).text
    assert "第三十九条：需其他单位协查，7 个工作日" in shown and "12-03" in shown
    empty = post(firm, form, form, about=" ")
    assert empty.status_code == 422 and 'id="trouble"' in empty.text and "<title>错误：" in empty.text
    done = post(firm, form, form, about="该处罚已经撤销")
    assert done.status_code == 302 and "said=dispute" in done.location
    page = firm.get(done.location.split("#")[0]).text
    here = section(page, app, "C1")
    assert "异议处理中" in here and "剩 7 个工作日" in here and "提出异议" not in here and "有异议" in here
    late = create_app(parts_of(app).settings, now=lambda: NOW + timedelta(days=20))
    overdue = section(sign_in_as(late, Role.FINANCE, uscc=code_of(1)).get("/credit").text, app, "C1")
    assert "已超时" in overdue
    parts_of(late).database.dispose()


def test_a_repair_is_asked_for_and_granted(app: Flask, firm: FlaskClient, office: FlaskClient) -> None:
    form = f"/credit/repair/{record_of(app, 'C1').public_id}"
    assert "第四十一条" in firm.get(form).text
    assert post(firm, form, form, about="罚款已缴，缴款书 0815").status_code == 302
    assert "信用修复申请处理中" in section(firm.get("/credit").text, app, "C1")
    queue = office.get("/requests/answers?kind=repair").text
    one = re.search(r'href="(/requests/answers/[0-9a-z]+)"', queue)
    assert one and "申请信用修复" in queue
    page = office.get(one[1]).text
    assert "修复日期" in page and "同意修复" in page and "第四十一条" in page
    answer = one[1].replace("/answers", "") + "/answer"
    words = {"outcome": "done", "answer": "经核实已缴清，同意修复。", "version": "1"}
    undated = post(office, one[1], answer, **words, repaired_on="不知道")
    assert undated.status_code == 422 and "修复日期应在决定日期" in undated.text
    assert post(office, one[1], answer, **words, repaired_on="2026-11-20").status_code == 302
    here = section(firm.get("/credit").text, app, "C1")
    assert "已修复" in here and "今天不计入" in here and "信用修复" in here and "申请信用修复" not in here
    assert "经核实已缴清" in firm.get("/requests").text
    again = post(firm, "/credit", form, about="再修复一次") if "csrf_token" in firm.get("/credit").text else None
    assert again is not None and again.status_code == 409 and "2026-11-20" in again.text


def test_nobody_elses_record_can_be_disputed_or_seen(app: Flask, office: FlaskClient) -> None:
    stranger = sign_in_as(app, Role.FINANCE, uscc=code_of(2))
    for what in ("dispute", "repair"):
        form = f"/credit/{what}/{record_of(app, 'C1').public_id}"
        assert stranger.get(form).status_code == 404
        assert post(stranger, "/requests", form, about="不是我的").status_code == 404
    assert office.get("/credit").status_code == 403
    assert sign_in_as(app, Role.ACCOUNT_MANAGER, org_code="B1").get("/credit/sources").status_code == 403


def test_looks_at_credit_records_stand_on_the_same_page(app: Flask, firm: FlaskClient) -> None:
    database, settings = parts_of(app).database, parts_of(app).settings
    assert "还没有人看过" in firm.get("/credit").text
    consent(database, settings, groups=ALL)
    sign_in_as(app, Role.ACCOUNT_MANAGER, org_code="B1").get(f"/leads/{lead_of(database, 'B1')}")
    page = firm.get("/credit").text
    assert "B1银行" in page.split("谁看过我的信用记录")[-1] and bank().who not in page
    note_look(database, operator(), record_of(app, "C3"), "page", NOW)
    assert "全部 2 次查看" in firm.get("/credit").text
    assert "B1银行" in firm.get("/consents/looks?about=credit").text


def test_the_bureau_sees_every_source_and_changes_its_days(app: Flask, firm: FlaskClient, office: FlaskClient) -> None:
    form = f"/credit/dispute/{record_of(app, 'C1').public_id}"
    post(firm, form, form, about="该处罚已经撤销")
    row = office.get("/credit/sources").text.split("信用中国", 1)[1].split("</tr>")[0]
    assert "2026-05-01" in row and "12-03" in row and ">30<" in row and "有效" in row
    listed = office.get("/registers/credit-sources").text
    change = re.search(r'href="(/registers/credit-sources/[0-9a-z]+)"[^>]*>信用中国', listed)
    assert change
    page = office.get(change[1]).text
    values = dict(re.findall(r'name="([a-z_]+)"[^>]* value="([^"]*)"', page))
    chosen = {
        "source": "信用中国",
        "nature": "OWN",
        "dimension": "GOVERNMENT",
        "fresh_days": "7",
        "version": values["version"],
    }
    assert post(office, change[1], change[1], **chosen).status_code == 303
    assert ">7<" in office.get("/credit/sources").text.split("信用中国", 1)[1].split("</tr>")[0]
    other = firm.get(f"/credit/dispute/{record_of(app, 'C2').public_id}").text
    assert "第三十九条：3 个工作日" in other and "11-27" in other


def test_the_page_of_a_record_names_what_each_version_came_with(app: Flask, office: FlaskClient) -> None:
    record = record_of(app, "C1")
    assert "文件导入" in office.get(f"/lists/credit-records/{record.source}/{record.record_no}").text


def test_what_is_due_by_the_next_workday_stands_on_the_workbench(app: Flask, firm: FlaskClient) -> None:
    form = f"/credit/dispute/{record_of(app, 'C1').public_id}"
    post(firm, form, form, about="该处罚已经撤销")
    for days, pressing in ((7, False), (8, True), (20, True)):  # due on Thursday 3 December
        later = create_app(parts_of(app).settings, now=lambda days=days: NOW + timedelta(days=days))
        office = sign_in_as(later, Role.OPERATOR, org_code="J1")
        assert ("1 件异议、修复等企业请求" in office.get("/").text) is pressing
        assert ("/requests/answers/" in office.get("/requests/answers?late=soon").text) is pressing
        parts_of(later).database.dispose()
