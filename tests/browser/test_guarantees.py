"""U-1 to U-6 in a real browser, and a guarantee from the near miss to its release by the four roles, in Chinese."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from shutil import copyfile

import pypdf
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from matchmaker import create_app
from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.domain.terms import Role
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.lists.guarantee_registers import GuaranteeLimit
from matchmaker.lists.models import Enterprise
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of
from tests.support.city import code_of, need, put
from tests.support.guarantee_stages import rated_city, stages
from tests.support.guaranteeing import LONG, NOW, Play
from tests.support.looking import look_at
from tests.support.screens import served, signed_in

pytestmark = pytest.mark.browser


@dataclass
class Desk:
    """The city served, its cases by state, and a page of whoever is asked for."""

    app: Flask
    address: str
    cases: dict[S, Play]
    open: Callable[..., Page]

    def case(self, state: S) -> str:
        """The address of the case in a state."""
        return f"{self.address}/guarantees/{self.cases[state].public_id}"


@pytest.fixture(scope="module")
def origin(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[S, Play]]:
    """A database with a case in every state; the ninth enterprise offers no security of its own."""
    folder = tmp_path_factory.mktemp("stages")
    copyfile(sqlite_template, folder / "matchmaker.db")
    database = Database(f"sqlite:///{folder / 'matchmaker.db'}")
    settings = rated_city(database, folder)
    with database.writing(SYSTEM) as session:
        put(session, "needs", need(9, security_offered="CREDIT"))
    cases = stages(database, settings)
    database.dispose()
    return folder / "matchmaker.db", cases


@pytest.fixture
def desk(origin: tuple[Path, dict[S, Play]], tmp_path: Path, browser: Browser) -> Iterator[Desk]:
    copyfile(origin[0], tmp_path / "matchmaker.db")
    url = f"sqlite:///{tmp_path / 'matchmaker.db'}"
    app = create_app(Settings(instance=tmp_path, secret_key=SECRET, database_url=url, demo=True), now=lambda: NOW)
    with ExitStack() as opened, served(app) as address:

        def open_as(role: Role, width: int = 1280, **whose: str) -> Page:
            context = signed_in(browser, app, address, role, width, **whose)
            opened.callback(context.close)
            return context.new_page()

        yield Desk(app, address, origin[1], open_as)
    parts_of(app).database.dispose()


def pdf_text(page: Page, address: str) -> str:
    answer = page.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    return "".join(one.extract_text() for one in pypdf.PdfReader(BytesIO(answer.body())).pages).replace("\n", "")


def test_u1_each_fact_has_its_source_date_and_consent_and_an_old_one_is_told(desk: Desk) -> None:
    page, case = desk.open(Role.UNDERWRITER, org_code="G1"), desk.cases[S.APPLIED].case
    page.goto(desk.case(S.APPLIED))
    facts = page.get_by_role("region", name="企业事实").locator("tbody tr")
    assert facts.count() > 10
    for row in facts.all():
        told = row.locator("td").last.inner_text()
        assert case.consent_id in told and re.match(r"\S+ · \d{4}-\d\d-\d\d\n", told), told
    with parts_of(desk.app).database.writing(SYSTEM) as session:
        session.execute(update(Enterprise).values(confirmed_at=NOW - timedelta(days=91)))
    page.reload()
    assert page.get_by_role("region", name="企业事实").get_by_text("已过期").count() > 0


def test_u2_every_rule_has_its_result_and_another_grade_wants_a_reason(desk: Desk) -> None:
    page = desk.open(Role.OPERATOR, org_code="J1")
    page.goto(desk.case(S.APPLIED))
    results = page.locator("table.rules tbody tr td:nth-child(2) .tag")
    found = results.all_inner_texts()
    assert set(found) == {"满足", "未知"}
    for tag in results.filter(has_text="未知").all():
        assert "fail" not in (tag.get_attribute("class") or "")
    page.get_by_text("调整评级").click()
    page.get_by_label("调整为").select_option("C")
    page.get_by_label("理由").fill("太短")
    page.get_by_role("button", name="提出调整").click()
    expect(page.get_by_role("alert")).to_contain_text("理由")
    expect(page.get_by_label("理由")).to_have_value("太短")
    page.get_by_label("理由").fill(LONG)
    page.get_by_role("button", name="提出调整").click()
    expect(page.get_by_role("status")).to_contain_text("由另一人确认后生效")
    with parts_of(desk.app).database.reading(SYSTEM) as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "rating_override.asked")).one()


def test_u3_beyond_a_limit_the_sentence_names_it_and_who_may_approve(desk: Desk) -> None:
    with parts_of(desk.app).database.writing(SYSTEM) as session:
        lower = update(GuaranteeLimit).where(GuaranteeLimit.limit_no == "S-16-1")
        session.execute(lower.values(value_e6=4_000_000))
    page = desk.open(Role.APPROVER, org_code="G1")
    page.goto(desk.case(S.REVIEWED))
    law = "法定，《融资担保公司监督管理条例》第十六条：同一被担保人"
    sentence = f"批准后单户余额 120 万元，超过上限 96 万元（{law}）。任何人不能批准"
    expect(page.locator(".trouble.limit")).to_contain_text(sentence)
    page.get_by_role("button", name="通过并出函").click()
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    assert desk.cases[S.REVIEWED].public_id in page.url
    assert _state(desk, S.REVIEWED) is S.REVIEWED


def test_u4_the_risk_is_split_to_the_fen_before_the_decision(desk: Desk) -> None:
    page = desk.open(Role.APPROVER, org_code="G1")
    page.goto(desk.case(S.REVIEWED))
    rows = [row.locator("th, td").all_inner_texts() for row in page.locator("table.shares tbody tr").all()]
    assert rows == [
        ["担保机构", "60.00%", "1,200,000.00"], ["银行", "40.00%", "800,000.00"], ["合计", "100.00%", "2,000,000.00"],
    ]  # fmt: skip
    expect(page.get_by_role("button", name="通过并出函")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_u5_a_free_guarantee_says_that_the_treasury_pays(desk: Desk, width: int) -> None:
    firm = desk.open(Role.FINANCE, width, uscc=code_of(4))
    for page, state in ((firm, S.APPROVED), (desk.open(Role.UNDERWRITER, width, org_code="G1"), S.APPLIED)):
        page.goto(desk.case(state))
        expect(page.locator("#fee")).to_contain_text("0.00 元 由财政承担")
    assert "0.00 元，由财政承担" in pdf_text(firm, f"{desk.case(S.APPROVED)}/letter.pdf")


def test_u6_the_reviewer_cannot_approve_above_the_amount(desk: Desk) -> None:
    page = desk.open(Role.APPROVER, org_code="G1")
    page.goto(desk.case(S.APPLIED))
    page.get_by_label("审查意见与理由").fill(LONG)
    page.get_by_role("button", name="建议通过", exact=True).click()
    expect(page.get_by_text("由另一位同事办理")).to_be_visible()
    expect(page.get_by_role("button", name="通过并出函")).to_have_count(0)
    token = page.locator("input[name=csrf_token]").first.get_attribute("value")
    answer = page.request.post(f"{desk.case(S.APPLIED)}/decide/approve", form={"csrf_token": token or ""})
    assert answer.status == 409 and "须由另一人办理" in answer.text()
    assert _state(desk, S.APPLIED) is S.REVIEWED
    other = desk.open(Role.APPROVER, org_code="G1")
    other.goto(desk.case(S.APPLIED))
    other.get_by_role("button", name="通过并出函").click()
    expect(other.get_by_role("link", name="增信函（PDF）")).to_be_visible()


def _state(desk: Desk, played: S) -> S:
    with parts_of(desk.app).database.reading(SYSTEM) as session:
        mine = select(Guarantee).where(Guarantee.public_id == desk.cases[played].public_id)
        return session.scalars(mine).one().stands


def test_from_a_near_miss_to_the_released_guarantee(desk: Desk) -> None:
    firm = desk.open(Role.FINANCE, uscc=code_of(9))
    firm.goto(f"{desk.address}/matches/XQ-20261118-0009/B1P1")
    expect(firm.get_by_text("担保用政府性担保")).to_be_visible()
    firm.get_by_role("link", name="申请担保").first.click()
    expect(firm.get_by_role("heading", level=1)).to_have_text("申请政府性担保")
    assert not look_at(firm, "zh")
    firm.get_by_label("同意以上两项授权").check()
    firm.get_by_role("button", name="申请担保").click()
    expect(firm.get_by_role("status")).to_contain_text("额度已预留")
    number = re.search(r"DB-\d{8}-\w+", firm.locator("h1").inner_text())
    assert number is not None

    underwriter = desk.open(Role.UNDERWRITER, org_code="G1")
    underwriter.goto(f"{desk.address}/")
    underwriter.get_by_role("link", name=number[0]).click()
    underwriter.get_by_text("要求补件", exact=True).first.click()
    underwriter.get_by_label("需要企业补充什么").fill("补充最近一年的纳税申报表")
    underwriter.get_by_role("button", name="要求补件").click()
    expect(underwriter.locator("h1")).to_contain_text("待补件")

    firm.goto(f"{desk.address}/")
    firm.get_by_role("link", name=re.compile(number[0])).click()
    firm.get_by_label("补充说明").fill("申报表原件已于今天送达")
    firm.get_by_role("button", name="提交补充说明").click()
    expect(firm.locator("h1")).to_contain_text("待审")

    underwriter.reload()
    underwriter.get_by_label("审查意见与理由").fill(LONG)
    underwriter.get_by_role("button", name="建议通过", exact=True).click()
    expect(underwriter.locator("h1")).to_contain_text("待审批")

    approver = desk.open(Role.APPROVER, org_code="G1")
    approver.goto(f"{desk.address}/guarantees")
    clicks = 0
    for name, role in ((number[0], "link"), ("通过并出函", "button")):
        approver.get_by_role(role, name=name).click()
        clicks += 1
    letter = approver.get_by_role("link", name="增信函（PDF）")
    expect(letter).to_be_visible()
    text = pdf_text(approver, f"{desk.address}{letter.get_attribute('href')}")
    assert clicks + 1 <= 3, "queue, file, decision, letter: three clicks (EXPERIENCE.md 1.4)"
    for part in (number[0], "威海隐名9号机械有限公司", "B1银行股份有限公司", "3,000,000.00 元", "不构成放款承诺"):
        assert part in text

    bank = desk.open(Role.ACCOUNT_MANAGER, org_code="B1")
    bank.goto(f"{desk.address}/guarantees?tab=letters")
    bank.get_by_role("link", name=number[0]).click()
    for kind, amount, state in (
        ("登记放款", "300", "在保"),
        ("登记还款", "100", "在保"),
        ("登记还款", "200", "已解保"),
    ):
        bank.get_by_label("事项").select_option(label=kind)
        bank.get_by_label("金额(万元)").fill(amount)
        bank.locator("#report button").click()
        expect(bank.get_by_role("status")).to_contain_text("已登记并入账")
        expect(bank.locator("h1")).to_contain_text(state)

    firm.reload()
    expect(firm.locator("h1")).to_contain_text("已解保")
    assert firm.locator(".progress .tag").all_inner_texts() == ["已完成"] * 6
