"""The enterprise's own pages without a browser: a need in three pages, drafts, the paper, changes, facts."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from matchmaker import create_app
from matchmaker.accounts.models import ApprovedText, FormDraft
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import EntryStatus, Role
from matchmaker.lists.models import Enterprise, Need
from matchmaker.lists.queries import load_workdays
from matchmaker.lists.services import change_status
from matchmaker.push.privacy.retention import run_retention
from tests.support.accounts import add_person, client_of, parts_of, sign_in_as
from tests.support.browsing import token_on
from tests.support.city import code_of
from tests.support.consenting import NOW, fill

DRAFT = "0123456789abcdefghjk"
FIRST = {"amount_wan": "800万", "purpose": "ORDER", "term_months": "12", "latest_funding_on": ""}
SECOND = {"security_offered": ["", "MORTGAGE", "GUARANTEE"], "max_rate_pct": "4.5", "repayment": "", "description": ""}
NUMBER = re.compile(r"XQ-\d{8}-\d{4,}")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> Any:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(migrated_sqlite_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    database = Database(migrated_sqlite_url)
    settings = fill(database, tmp_path)
    database.dispose()
    made = create_app(settings, now=clock)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def firm(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.FINANCE, uscc=code_of(1))


def post(client: FlaskClient, to: str, **values: Any) -> TestResponse:
    """Send a form with a token of this browser."""
    return client.post(to, data={"csrf_token": token_on(client.get("/needs/new")), **values})


def fill_in(client: FlaskClient, draft: str = DRAFT, **changed: Any) -> TestResponse:
    """Type both pages; the answer to the second."""
    first = {name: changed.get(name, value) for name, value in FIRST.items()}
    second = {name: changed.get(name, value) for name, value in SECOND.items()}
    assert post(client, f"/needs/new/{draft}/1", **first).status_code == 303
    return post(client, f"/needs/new/{draft}/2", **second)


def send(client: FlaskClient, draft: str = DRAFT, once: str = "one") -> TestResponse:
    """Press 提交 on the check page."""
    shown = re.search(r'name="as_shown" value="(\w+)"', client.get(f"/needs/new/{draft}/check").text)
    return post(client, f"/needs/new/{draft}/check", once=once, as_shown=shown[1] if shown else "")


def new_needs(app: Flask) -> list[Need]:
    """The needs of the first enterprise that its file did not bring."""
    with parts_of(app).database.reading(SYSTEM) as session:
        mine = select(Need).where(Need.uscc == code_of(1), Need.need_no != "XQ-20261118-0001")
        return list(session.scalars(mine).all())


def one_need(app: Flask) -> Need:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(Need).where(Need.need_no == "XQ-20261118-0001")).one()


def test_e1_a_need_in_three_pages(app: Flask, firm: FlaskClient) -> None:
    assert fill_in(firm).location == f"/needs/new/{DRAFT}/check"
    check = firm.get(f"/needs/new/{DRAFT}/check").text
    for shown in ("800 万元", "订单履约", "12 个月", "抵押", "4.50%", "威海隐名1号机械有限公司", code_of(1)):
        assert shown in check
    assert check.count("未填写") == 3, "latest date, repayment and description were left open"
    confirmed = firm.get(send(firm).location)
    assert confirmed.status_code == 200 and NUMBER.search(confirmed.text)
    due = date.fromisoformat(re.findall(r'datetime="(\d{4}-\d\d-\d\d)"', confirmed.text)[-1])
    with parts_of(app).database.reading(SYSTEM) as session:
        workdays = load_workdays(session)
    assert due == date(2026, 11, 30) and workdays.is_workday(due), "told Wednesday 08:30, three workdays later"
    made = new_needs(app)
    assert [(one.amount_fen, one.status) for one in made] == [(800_000_000, EntryStatus.PUBLISHED)]


def test_the_paper_has_the_amount_and_the_name_as_text(app: Flask, firm: FlaskClient) -> None:
    fill_in(firm)
    paper = firm.get(f"{send(firm).location.removesuffix('/submitted')}/need.pdf")
    assert (paper.status_code, paper.mimetype) == (200, "application/pdf")
    document = pypdf.PdfReader(BytesIO(paper.data))
    text = "\n".join(sheet.extract_text() for sheet in document.pages)
    for shown in ("800 万元", "威海隐名1号机械有限公司", "订单履约", new_needs(app)[0].need_no, "第 1 页，共 1 页"):
        assert shown in text
    box = document.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842), "A4"
    fonts = document.pages[0]["/Resources"]["/Font"]
    assert all("/FontFile" in str(_descriptor(font)) for font in fonts.values()), "the font is in the file"


def _descriptor(font: Any) -> Any:
    return font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()


def test_e2_a_page_sent_empty_names_each_field_twice_in_the_same_words(firm: FlaskClient) -> None:
    blank = post(firm, f"/needs/new/{DRAFT}/1", amount_wan="八百", term_months="", latest_funding_on="昨天")
    assert blank.status_code == 422
    title = re.search(r"<title>(.*?)</title>", blank.text)
    assert title and title[1].startswith("错误：")
    assert "有 4 处需要修改" in blank.text
    links = re.findall(r'<li><a href="#(\w+)">(.*?)</a></li>', blank.text)
    assert [name for name, _ in links] == ["amount_wan", "purpose", "term_months", "latest_funding_on"]
    for name, sentence in links:
        beside = re.search(rf'id="{name}-fault">.*?</span>(.*?)</span>', blank.text)
        assert beside and beside[1] == sentence
        assert f'id="{name}"' in blank.text
    assert "融资金额" in links[0][1] and "例如" in links[0][1], "which field, and how it is written"
    assert 'value="八百"' in blank.text and 'value="昨天"' in blank.text
    assert "novalidate" in blank.text


@pytest.mark.parametrize("typed", ["８００万元", "800万", "8,000,000元", "800.0"])
def test_e3_an_amount_however_it_is_written(firm: FlaskClient, typed: str) -> None:
    fill_in(firm, amount_wan=typed)
    assert "800 万元" in firm.get(f"/needs/new/{DRAFT}/check").text


def test_e4_a_changed_answer_leads_back_to_its_row(firm: FlaskClient) -> None:
    fill_in(firm)
    ways = re.findall(r'href="(/needs/new/\w+/\d\?at=\w+#\w+)"', unescape(firm.get(f"/needs/new/{DRAFT}/check").text))
    assert len(ways) == 8
    way = next(one for one in ways if "at=term_months" in one).partition("#")[0]
    page = firm.get(way).text
    assert 'value="12"' in page
    action = unescape(re.findall(r'<form class="form" method="post" action="([^"]+)"', page)[0])
    back = post(firm, action, **{**FIRST, "term_months": "18"})
    assert back.location == f"/needs/new/{DRAFT}/check#a-term_months"
    assert "18 个月" in firm.get(f"/needs/new/{DRAFT}/check").text


def test_e7_sent_twice_is_sent_once(app: Flask, firm: FlaskClient) -> None:
    fill_in(firm)
    first, same, later = send(firm), send(firm), send(firm, once="another")
    assert first.location == same.location == later.location
    assert len(new_needs(app)) == 1
    assert firm.get(f"/needs/new/{DRAFT}/check").location == first.location, "going back leads to the confirmation"
    assert post(firm, f"/needs/new/{DRAFT}/1", **FIRST).location == first.location


def test_e9_what_was_typed_stays_faulty_or_not(app: Flask, firm: FlaskClient, clock: Clock) -> None:
    saved = post(firm, f"/needs/new/{DRAFT}/1/save", **{**FIRST, "amount_wan": "八百"})
    assert saved.text == "草稿已于 09:30 保存"
    bench = firm.get("/").text
    assert f'href="/needs/new/{DRAFT}/1"' in bench and "草稿已于 09:30 保存" in bench
    assert 'value="八百"' in firm.get(f"/needs/new/{DRAFT}/1").text
    assert firm.get(f"/needs/new/{DRAFT}/check").location == f"/needs/new/{DRAFT}/1?look=1"
    clock.at = NOW + timedelta(days=1)
    firm = sign_in_as(app, Role.FINANCE, uscc=code_of(1))
    assert firm.get(f"/needs/new/{DRAFT}/1").status_code == 404, "a colleague has drafts of their own"


def test_after_the_session_ended_the_way_back_is_the_page(app: Flask, firm: FlaskClient) -> None:
    post(firm, f"/needs/new/{DRAFT}/2/save", **SECOND)
    token = token_on(firm.get("/needs/new"))
    firm.delete_cookie("__Host-session", domain="localhost", path="/")
    firm.delete_cookie("session", domain="localhost", path="/")
    page = f"/needs/new/{DRAFT}/2"
    answer = firm.post(page, data={"csrf_token": token, **SECOND}, headers={"Referer": f"https://localhost{page}"})
    assert answer.location == f"/sign-in?next=/needs/new/{DRAFT}/2"


def test_drafts_are_removed_by_hand_and_after_ninety_days(app: Flask, firm: FlaskClient, clock: Clock) -> None:
    for number in (1, 2):
        post(firm, f"/needs/new/{DRAFT}{number}/1/save", **FIRST)
    assert post(firm, f"/needs/new/{DRAFT}1/delete").status_code == 303
    parts = parts_of(app)
    run_retention(parts.database, parts.settings, actor=SYSTEM, now=NOW + timedelta(days=90))
    assert drafts(app) == [f"{DRAFT}2"]
    run_retention(parts.database, parts.settings, actor=SYSTEM, now=NOW + timedelta(days=90, seconds=1))
    assert drafts(app) == []


def drafts(app: Flask) -> list[str]:
    with parts_of(app).database.reading(SYSTEM) as session:
        return list(session.scalars(select(FormDraft.public_id)))


def test_a_draft_is_nobody_elses(app: Flask, firm: FlaskClient) -> None:
    post(firm, f"/needs/new/{DRAFT}/1/save", **FIRST)
    other = sign_in_as(app, Role.FINANCE, uscc=code_of(2))
    for path in (f"/needs/new/{DRAFT}/1", f"/needs/new/{DRAFT}/check"):
        assert other.get(path).status_code == 404
    assert post(other, f"/needs/new/{DRAFT}/delete").status_code == 404
    for path in (f"/needs/new/{DRAFT}/1/save", f"/needs/new/{DRAFT}/1"):
        post(other, path, **{**FIRST, "amount_wan": "77"})
    assert 'value="800万"' in firm.get(f"/needs/new/{DRAFT}/1").text, "whatever another keeps under the same id"
    bank = sign_in_as(app, Role.ACCOUNT_MANAGER, org_code="B1")
    assert bank.get("/needs/new").status_code == 403
    assert drafts(app) == [DRAFT, DRAFT]


def test_a_description_is_shown_as_banks_read_it_and_approved_by_sending(app: Flask, firm: FlaskClient) -> None:
    fill_in(firm, description="威海隐名1号接到一批订单，电话 13812345678")
    check = firm.get(f"/needs/new/{DRAFT}/check").text
    shown = re.search(r'id="shown">(.*?)</p>', check)
    assert shown and "■■" in shown[1] and "隐名" not in shown[1] and "13812345678" not in shown[1]
    send(firm)
    assert new_needs(app)[0].status is EntryStatus.SUBMITTED, "the bureau looks at it first"
    with parts_of(app).database.reading(SYSTEM) as session:
        kept = session.scalars(select(ApprovedText).where(ApprovedText.need_no == new_needs(app)[0].need_no)).one()
    assert kept.shown == unescape(shown[1])


def test_a_day_that_is_past_is_refused(firm: FlaskClient) -> None:
    answer = post(firm, f"/needs/new/{DRAFT}/1", **{**FIRST, "latest_funding_on": "2026-11-01"})
    assert answer.status_code == 422 and "最晚到账日已经过去" in answer.text


def test_the_language_changes_and_what_was_typed_stays(firm: FlaskClient) -> None:
    sent = post(firm, f"/needs/new/{DRAFT}/1", **FIRST, switch_to="http://localhost/needs/new?lang=en")
    assert sent.location == f"/needs/new/{DRAFT}/1"
    page = firm.get(sent.location).text
    assert 'lang="en"' in page and 'value="800万"' in page and "Step 1 of 3" in page


def change(client: FlaskClient, need: Need, **values: Any) -> TestResponse:
    """Send the form of changes with other values."""
    now = {"amount_wan": "300", "purpose": "WORKING_CAPITAL", "term_months": "12", "security_offered": "MORTGAGE"}
    rest = {"latest_funding_on": "", "max_rate_pct": "", "repayment": "", "description": ""}
    return post(client, f"/needs/{need.public_id}/change", **{**now, **rest, "version": need.version, **values})


def test_a_stale_page_says_who_changed_what_and_loses_nothing(app: Flask, firm: FlaskClient) -> None:
    need = one_need(app)
    assert change(firm, need, amount_wan="320").location == f"/needs/{need.public_id}"
    stale = change(firm, need, term_months="24")
    assert stale.status_code == 409
    assert "内容已被改动" in stale.text and "300.00 → 320.00" in stale.text.replace("300 → 320", "300.00 → 320.00")
    assert re.search(r"</time> Person \d+：", stale.text) and 'value="24"' in stale.text
    assert 'name="version" value="2"' in stale.text
    again = change(firm, need, term_months="24", amount_wan="320", version=2)
    assert again.status_code == 303
    assert (one_need(app).amount_fen, one_need(app).term_months) == (320_000_000, 24)


def test_a_step_on_a_stale_page_says_what_changed_and_asks_anew(app: Flask, firm: FlaskClient) -> None:
    need = one_need(app)
    assert change(firm, need, amount_wan="320").status_code == 303
    stale = post(firm, f"/needs/{need.public_id}/suspend", version=need.version)
    assert stale.status_code == 409 and "300" in stale.text and "→ 320" in stale.text and "<title>错误：" in stale.text
    assert 'name="version" value="2"' in stale.text and one_need(app).status is EntryStatus.PUBLISHED
    unknown = post(firm, f"/needs/{need.public_id}/suspend", version="99")
    assert unknown.status_code == 409 and 'id="trouble"' in unknown.text, "a version that never was"


def test_what_a_repair_proposes_is_marked_shown_before_and_after_and_judged_again_once_saved(
    app: Flask, firm: FlaskClient
) -> None:
    need, pair = one_need(app), "XQ-20261118-0001/B1P1"
    assert change(firm, need, amount_wan="1500").status_code == 303
    told = unescape(firm.get(f"/matches/{pair}").text)
    (way,) = set(re.findall(r'href="(/needs/[^"]+/change\?[^"]+)"', told))
    assert "amount_wan=1000" in way and "pair=" in way
    form = firm.get(way).text
    assert "已填入建议值，尚未保存" in form and form.count('id="amount_wan-proposed"') == 1
    assert re.search(r'name="amount_wan" value="1,?000', form) and "1500" in form.replace(",", "")
    assert 'class="tag eligible"' in form, "what it would come to"
    assert one_need(app).amount_fen == 1_500_000_000, "nothing is saved by looking"
    saved = change(firm, one_need(app), amount_wan="1000", pair=pair)
    assert saved.location == f"/matches/{pair}"
    assert "重新判定：「B1流贷1」符合" in firm.get(saved.location).text


def test_a_proposal_that_cannot_be_judged_is_still_filled_in(app: Flask, firm: FlaskClient) -> None:
    need = one_need(app)
    form = firm.get(f"/needs/{need.public_id}/change?amount_wan=viel&pair=XQ-20261118-0001/nosuch").text
    assert 'value="viel"' in form and "建议值" in form and 'name="pair"' not in form
    same = firm.get(f"/needs/{need.public_id}/change?term_months=12").text
    assert "term_months-proposed" not in same, "what is so already is no proposal"
    kept = firm.get("/enterprise/change?industry_code=3511&is_first_loan=是").text
    assert "由主管部门按登记维护" in kept and "行业" in kept and 'id="is_first_loan-proposed"' in kept
    saved = change(firm, need, amount_wan="310", pair="XQ-20261118-0001/nosuch")
    assert saved.location == f"/needs/{need.public_id}"
    assert "重新发布后再判定" in firm.get(saved.location).text


def test_a_returned_need_stands_first_with_its_reason(app: Flask, firm: FlaskClient) -> None:
    with parts_of(app).database.writing(SYSTEM) as session:
        need = session.scalars(select(Need).where(Need.need_no == "XQ-20261118-0001")).one()
        need.status = EntryStatus.SUBMITTED
        session.flush()
        change_status(session, actor=SYSTEM, entry=need, verb="return", now=NOW, note="金额请核对")
    bench = firm.get("/").text
    assert "修改被退回的需求 XQ-20261118-0001：金额请核对" in bench
    assert f"/needs/{need.public_id}/change" in bench and "确认需求 XQ-20261118-0001" not in bench


def test_faults_of_a_change_are_told_as_those_of_a_new_need(app: Flask, firm: FlaskClient) -> None:
    answer = change(firm, one_need(app), amount_wan="-5", max_rate_pct="0.03")
    assert answer.status_code == 422 and "有 2 处需要修改" in answer.text and 'value="0.03"' in answer.text


def test_suspend_resume_withdraw_ask_first(app: Flask, firm: FlaskClient) -> None:
    for verb, after in (("suspend", "suspended"), ("resume", "published"), ("withdraw", "withdrawn")):
        need = one_need(app)
        page = firm.get(f"/needs/{need.public_id}/{verb}")
        assert page.status_code == 200 and "确认" in page.text
        assert post(firm, f"/needs/{need.public_id}/{verb}", version=need.version - 1).status_code == 409
        assert post(firm, f"/needs/{need.public_id}/{verb}", version=need.version).status_code == 303
        assert one_need(app).status.value == after
    need = one_need(app)
    assert firm.get(f"/needs/{need.public_id}/change").status_code == 409
    assert firm.get(f"/needs/{need.public_id}/resume").status_code == 409
    assert firm.get(f"/needs/{need.public_id}").status_code == 200


def test_another_enterprises_need_is_not_there(app: Flask) -> None:
    other, need = sign_in_as(app, Role.FINANCE, uscc=code_of(2)), one_need(app)
    for path in ("", "/change", "/suspend", "/submitted", "/need.pdf"):
        assert other.get(f"/needs/{need.public_id}{path}").status_code == 404
        assert other.get(f"/needs/nothing{path}").status_code == 404
    assert post(other, f"/needs/{need.public_id}/change", version=1).status_code == 404
    assert post(other, f"/needs/{need.public_id}/withdraw", version=1).status_code == 404
    operator = sign_in_as(app, Role.OPERATOR, org_code="J1")
    assert operator.get(f"/needs/{need.public_id}").status_code == 403


def test_the_workbench_counts_what_its_links_show(app: Flask, firm: FlaskClient) -> None:
    bench = unescape(firm.get("/").text)
    links = re.findall(r'<a href="(/matches/[^"]+\?verdict=\w+)">(\d+)</a>', bench)
    assert links
    for path, count in links:
        assert firm.get(path).text.count('<th scope="row"') == int(count)
    policies = re.search(r'href="(/lists/policies\?[^"]+)">(\d+) 项', bench)
    assert policies and f"共 {policies[2]} 条" in firm.get(policies[1]).text
    assert "三张清单" not in bench


def test_facts_have_a_source_and_a_day_and_only_ones_own_can_be_changed(
    app: Flask, firm: FlaskClient, clock: Clock
) -> None:
    facts = firm.get("/enterprise").text
    assert "登记信息 · 2026-11-24" in facts and "按登记和认定维护" in facts
    form = firm.get("/enterprise/change").text
    assert 'name="employees"' in form and 'name="tiers"' not in form and 'name="name"' not in form
    clock.at = NOW + timedelta(days=100)
    firm = client_of(app, add_person(app, Role.FINANCE, uscc=code_of(1)))
    assert "未开始" in firm.get("/").text
    typed = {"area_code": "371002", "employees": "61", "revenue_wan": "3001", "total_assets_wan": "5000"}
    sent = post(firm, "/enterprise/change", **typed, is_first_loan="否", name="别的名称", version=1)
    assert sent.location == "/enterprise"
    assert "本企业（Person" in firm.get("/enterprise").text
    stale = post(firm, "/enterprise/change", **{**typed, "employees": "70"}, is_first_loan="否", version=1)
    assert stale.status_code == 409 and "60 → 61" in stale.text and 'value="70"' in stale.text
    clock.at += timedelta(days=100)
    firm = client_of(app, add_person(app, Role.FINANCE, uscc=code_of(1)))
    assert post(firm, "/enterprise/confirm").status_code == 303
    with parts_of(app).database.reading(SYSTEM) as session:
        kept = session.scalars(select(Enterprise).where(Enterprise.uscc == code_of(1))).one()
    assert (kept.employees, kept.name, kept.confirmed_at) == (61, "威海隐名1号机械有限公司", clock.at)
    assert "未开始" not in firm.get("/").text


def test_the_list_is_ones_own_needs(firm: FlaskClient) -> None:
    page = firm.get("/needs").text
    assert "XQ-20261118-0001" in page and "XQ-20261118-0002" not in page and "共 1 条" in page
    assert "统一社会信用代码" not in page


def test_every_page_is_complete_in_english(app: Flask, firm: FlaskClient) -> None:
    fill_in(firm, draft=f"{DRAFT}e")
    need = one_need(app).public_id
    paths = ["/", "/needs", "/needs/new", f"/needs/new/{DRAFT}e/2", f"/needs/new/{DRAFT}e/check", "/enterprise"]
    paths += ["/enterprise/change", *(f"/needs/{need}{end}" for end in ("", "/change", "/withdraw", "/submitted"))]
    for path in paths:
        page = firm.get(f"{path}?lang=en")
        assert page.status_code == 200
        words = re.sub(r"<script.*?</script>|<[^>]+>", " ", page.text)
        left = set(re.findall(r"[\u4e00-\u9fff]+", words)) - {"中文", "元", "万"}
        assert not {one for one in left if one not in KNOWN_CHINESE}, (path, left)


KNOWN_CHINESE = ("威海隐名", "号机械有限公司", "第", "家的秘密订单", "家的■■订单", "市辖区", "环翠区", "矿山机械制造")
"""Names and what was typed."""
