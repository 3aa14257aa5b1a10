"""Pages of guarantees: what each side sees and does there, and what it is told when a step is refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from shutil import copyfile
from typing import Any

import openpyxl
import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from matchmaker import create_app
from matchmaker.accounts.models import AuditEvent, Consent, Disclosure
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.domain.terms import EntryStatus, Role
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeEvent
from matchmaker.guarantee.rating.models import RatingOverride
from matchmaker.guarantee.rating.services import rate_enterprise
from matchmaker.lists.guarantee_registers import Scheme
from matchmaker.lists.models import CreditRecord, Enterprise, Need
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, add_person, client_of, parts_of
from tests.support.browsing import token_on
from tests.support.city import code_of
from tests.support.guarantee_stages import STATES, rated_city, stages
from tests.support.guaranteeing import LONG, NOW, WAN, Play

HOMES: dict[str, tuple[Role, dict[str, str]]] = {
    "underwriter": (Role.UNDERWRITER, {"org_code": "G1"}),
    "approver": (Role.APPROVER, {"org_code": "G1"}),
    "bank": (Role.ACCOUNT_MANAGER, {"org_code": "B1"}),
    "operator": (Role.OPERATOR, {"org_code": "J1"}),
    "other bank": (Role.ACCOUNT_MANAGER, {"org_code": "B2"}),
    "other guarantor": (Role.APPROVER, {"org_code": "G2"}),
}


@dataclass
class Staged:
    """The application, its cases by state, and who opens it."""

    app: Flask
    cases: dict[S, Play]

    def client(self, who: str) -> FlaskClient:
        """A browser; ``firm 3``: of the third enterprise."""
        role, home = HOMES.get(who) or (Role.FINANCE, {"uscc": code_of(int(who.split()[1]))})
        return client_of(self.app, add_person(self.app, role, **home))

    def page(self, state: S) -> str:
        return f"/guarantees/{self.cases[state].public_id}"

    def case(self, state: S) -> Guarantee:
        return self.cases[state].case

    def scalar(self, query: Any) -> Any:
        with parts_of(self.app).database.reading(SYSTEM) as session:
            return session.scalar(query)

    def write(self, statement: Any) -> None:
        with parts_of(self.app).database.writing(SYSTEM) as session:
            session.execute(statement)


@pytest.fixture(scope="module")
def city(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[S, Play], Settings]:
    """A database with a case in every state, to copy."""
    folder = tmp_path_factory.mktemp("stages")
    copyfile(sqlite_template, folder / "matchmaker.db")
    database = Database(f"sqlite:///{folder / 'matchmaker.db'}")
    settings = rated_city(database, folder)
    cases = stages(database, settings)
    database.dispose()
    return folder / "matchmaker.db", cases, settings


@pytest.fixture
def staged(city: tuple[Path, dict[S, Play], Settings], tmp_path: Path) -> Iterator[Staged]:
    origin, cases, _ = city
    copyfile(origin, tmp_path / "matchmaker.db")
    url = f"sqlite:///{tmp_path / 'matchmaker.db'}"
    app = create_app(Settings(instance=tmp_path, secret_key=SECRET, database_url=url), now=lambda: NOW)
    database = parts_of(app).database
    yield Staged(app, {state: replace(play, database=database) for state, play in cases.items()})
    database.dispose()


def post(client: FlaskClient, page: str, to: str, **form: str) -> Any:
    """Send a form of a page with its hidden inputs."""
    shown = client.get(page)
    hidden = dict(re.findall(r'type="hidden" name="(once|version|scheme|until|words)" value="([^"]*)"', shown.text))
    return client.post(to, data={"csrf_token": token_on(shown), **hidden, **form})


# What is seen


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("who", ["underwriter", "operator", "bank", "firm 1"])
def test_each_tab_counts_its_rows_and_so_does_its_workbook(staged: Staged, who: str, lang: str) -> None:
    client = staged.client(who)
    first = client.get(f"/guarantees?tab=all&lang={lang}").text
    for tab, count in re.findall(r'tab=(\w+)"[^>]*>[^<（]*（(\d+)）', first):
        rows = client.get(f"/guarantees?tab={tab}").text.count("/guarantees/") - first.count("/guarantees/export")
        book = openpyxl.load_workbook(BytesIO(client.get(f"/guarantees/export.xlsx?tab={tab}").data))
        assert book.active.max_row - 1 == int(count)
        assert int(count) == 0 or rows >= int(count)
    assert ("8" if who != "firm 1" else "1") in re.findall(r"（(\d+)）", first)


def test_nobody_finds_a_name_in_a_list(staged: Staged) -> None:
    for who in ("underwriter", "bank"):
        client = staged.client(who)
        for path in ("/", "/guarantees?tab=all"):
            assert "隐名" not in client.get(path).text
    assert "隐名" not in staged.client("underwriter").get("/exposure").text
    assert "隐名" in staged.client("operator").get("/exposure").text


@pytest.mark.parametrize("who", ["other bank", "other guarantor", "firm 9"])
def test_another_ones_case_is_not_there(staged: Staged, who: str) -> None:
    client = staged.client(who)
    for tail in ("", "/letter.pdf"):
        assert client.get(staged.page(S.APPROVED) + tail).status_code == 404
    assert client.get("/guarantees/nowhere").status_code == 404
    assert client.get("/guarantees/没有").status_code == 404


def test_a_look_at_the_case_file_is_written_down_with_where_each_fact_is_from(staged: Staged) -> None:
    looks = select(func.count()).select_from(Disclosure)
    before, client = staged.scalar(looks), staged.client("underwriter")
    text = client.get(staged.page(S.APPLIED)).text
    assert staged.scalar(looks) > before
    assert "威海隐名1号机械有限公司" in text
    consent = staged.case(S.APPLIED).consent_id
    table = text[text.index("企业事实</h2>") : text.index("风险分担</h2>")]
    rows = re.findall(r"<th scope=\"row\">[^<]+</th><td[^>]*>.*?</td><td[^>]*>(.*?)</td>", table)
    assert len(rows) > 10
    assert all(" · " in row and row.endswith(consent) for row in rows)
    assert ">环翠区<" in table and ">371002<" not in table, "codes of registers have their names"
    assert 'class="tag unknown">未知' in text and "是没有信息或信息已过期，不是不符合" in text


def test_an_old_fact_is_told_as_too_old(staged: Staged) -> None:
    client = staged.client("underwriter")
    assert "已过期</span>" not in client.get(staged.page(S.APPLIED)).text
    staged.write(update(Enterprise).values(confirmed_at=NOW - timedelta(days=91)))
    assert "已过期</span>" in client.get(staged.page(S.APPLIED)).text


def test_without_consent_the_case_file_holds_no_facts_and_no_rating(staged: Staged) -> None:
    staged.write(update(Consent).values(withdrawn_at=NOW, withdrawn_by="x"))
    text = staged.client("underwriter").get(staged.page(S.APPLIED)).text
    assert "隐名" not in text and "信息不再显示" in text and "没有可查看的评级" in text
    assert "隐名" in staged.client("operator").get(staged.page(S.APPLIED)).text


def test_a_case_of_automatic_cover_does_not_say_that_the_consent_ended(staged: Staged) -> None:
    staged.write(update(Guarantee).where(Guarantee.id == staged.case(S.APPLIED).id).values(need_no=None))
    text = staged.client("underwriter").get(staged.page(S.APPLIED)).text
    assert "自动增信，没有需求可看" in text and "已撤回或到期，信息" not in text


@pytest.mark.parametrize("who", ["underwriter", "operator"])
def test_the_case_file_names_the_consent_that_holds_after_it_was_renewed(staged: Staged, who: str) -> None:
    renewed = "renewedconsent000001"
    with parts_of(staged.app).database.writing(SYSTEM) as session:
        old = session.scalars(select(Consent).where(Consent.public_id == staged.case(S.APPLIED).consent_id)).one()
        kept = {c.key: getattr(old, c.key) for c in Consent.__mapper__.columns if c.key != "id"}
        old.withdrawn_at, old.withdrawn_by = NOW, "x"
        session.flush()
        session.add(Consent(**kept | {"public_id": renewed}))
    text = staged.client(who).get(staged.page(S.APPLIED)).text
    facts = text[text.index("企业事实</h2>") : text.index("风险分担</h2>")]
    assert renewed in facts and staged.case(S.APPLIED).consent_id not in facts


def test_a_credit_record_is_as_fresh_as_its_source_was_loaded(staged: Staged) -> None:
    """EXPERIENCE U-1: the day on which the fact came, not the day of the decision that it tells of."""

    def row() -> str:
        text = staged.client("underwriter").get(staged.page(S.APPLIED)).text
        found = re.search(r"<tr><th scope=\"row\">记录编号</th>.*?</tr>", text)
        assert found
        return found[0]

    assert NOW.date().isoformat() in row() and "2026-05-01" not in row() and "已过期</span>" not in row()
    staged.write(update(CreditRecord).values(confirmed_at=NOW - timedelta(days=31)))
    assert (NOW - timedelta(days=31)).date().isoformat() in row() and "已过期</span>" in row()


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_page_for_all_four(staged: Staged, state: S) -> None:
    number = STATES.index(state) + 1
    for who in ("underwriter", "approver", "operator", "bank", f"firm {number}"):
        for lang in ("zh", "en"):
            answer = staged.client(who).get(f"{staged.page(state)}?lang={lang}")
            assert answer.status_code == 200, (who, state)
            assert ("由财政承担" if lang == "zh" else "borne by the treasury") in answer.text


@pytest.mark.parametrize("state", [S.DECLINED, S.WITHDRAWN, S.LAPSED, S.RECOVERED, S.WRITTEN_OFF, S.RELEASED])
def test_a_case_that_has_ended_says_how(staged: Staged, state: S) -> None:
    staged.write(update(Guarantee).values(state=state.value, ended_at=NOW))
    text = staged.client("firm 4").get(staged.page(S.APPROVED)).text
    assert state.label.zh in text and "暂不能开始" not in text and "撤回申请" not in text


def test_limits_stand_before_and_after_with_their_class(staged: Staged) -> None:
    text = staged.client("approver").get(staged.page(S.REVIEWED)).text
    assert "对限额的影响" in text and 'role="meter"' in text
    row = re.search(r"单户担保责任余额÷净资产.*?</tr>", text, re.S)
    assert row is not None
    assert "法定" in row[0] and "0.00 元" in row[0] and "120 万元" in row[0] and "240 万元" in row[0]


def test_limits_that_cannot_be_reckoned_say_why(staged: Staged) -> None:
    staged.write(update(Scheme).values(status=EntryStatus.WITHDRAWN))
    assert "方案 S1 没有" in staged.client("approver").get(staged.page(S.REVIEWED)).text


# What is done


def test_the_enterprise_answers_and_withdraws(staged: Staged) -> None:
    page, client = staged.page(S.WAITING), staged.client("firm 2")
    assert "补充最近一年的纳税申报表" in client.get("/").text + client.get(page).text
    empty = post(client, page, f"{page}/firm/supply", text=" ")
    assert empty.status_code == 422 and "补充说明没有填写" in empty.text and "错误：" in empty.text
    assert post(client, page, f"{page}/firm/supply", text="申报表已送").status_code == 303
    assert staged.case(S.WAITING).stands is S.APPLIED
    assert "申报表已送" in staged.client("underwriter").get(page).text
    assert post(client, page, f"{page}/firm/withdraw").status_code == 303
    assert staged.case(S.WAITING).stands is S.WITHDRAWN


def test_a_short_opinion_comes_back_with_what_was_typed(staged: Staged) -> None:
    page, client = staged.page(S.APPLIED), staged.client("underwriter")
    short = post(client, page, f"{page}/review/review", opinion="approve", reason="可以")
    assert short.status_code == 422
    assert "理由至少 10 个字" in short.text and ">可以</textarea>" in short.text
    assert post(client, page, f"{page}/review/review", opinion="decline", reason=LONG).status_code == 303
    assert staged.case(S.APPLIED).opinion == "decline"
    assert "建议不通过" in client.get(page).text


def test_papers_are_asked_for_and_cases_returned_and_declined(staged: Staged) -> None:
    page = staged.page(S.APPLIED)
    assert post(staged.client("underwriter"), page, f"{page}/review/ask", text=LONG).status_code == 303
    assert staged.case(S.APPLIED).stands is S.WAITING
    page, approver = staged.page(S.REVIEWED), staged.client("approver")
    assert post(approver, page, f"{page}/decide/return", text=LONG).status_code == 303
    assert staged.case(S.REVIEWED).stands is S.APPLIED
    assert post(approver, page, f"{page}/decide/decline", reason=LONG).status_code == 303
    assert staged.case(S.REVIEWED).stands is S.DECLINED
    assert LONG in staged.client("firm 3").get(page).text


def test_a_step_that_others_have_overtaken_says_where_it_stands(staged: Staged) -> None:
    page, client = staged.page(S.REVIEWED), staged.client("approver")
    form = dict(re.findall(r'name="(csrf_token|version)" value="([^"]+)"', client.get(page).text))
    assert client.post(f"{page}/decide/approve", data=form).status_code == 303
    late = client.post(f"{page}/decide/approve", data={**form, "once": "other"})
    assert late.status_code == 409 and "刚刚被改动" in late.text


def test_the_letter_holds_what_was_agreed(staged: Staged) -> None:
    page = staged.page(S.APPROVED)
    for who in ("firm 4", "bank", "approver", "operator"):
        answer = staged.client(who).get(f"{page}/letter.pdf")
        assert answer.mimetype == "application/pdf"
    text = "".join(sheet.extract_text() for sheet in pypdf.PdfReader(BytesIO(answer.data)).pages)
    case = staged.case(S.APPROVED)
    for part in (case.letter_no, case.guarantee_no, "威海隐名4号机械有限公司", "2,000,000.00 元", "1,200,000.00 元",
                 "800,000.00 元", "0.00 元，由财政承担", "本函不构成放款承诺", case.letter_expires_on):  # fmt: skip
        assert str(part) in text.replace("\n", "")
    early = staged.client("firm 1").get(f"{staged.page(S.APPLIED)}/letter.pdf")
    assert early.status_code == 409 and "还没有意向函" in early.text


def test_a_fee_that_the_enterprise_pays_is_said(staged: Staged) -> None:
    staged.write(update(Guarantee).values(fee_payer="ENTERPRISE"))
    assert "由企业承担" in staged.client("firm 4").get(staged.page(S.APPROVED)).text
    raw = staged.client("firm 4").get(f"{staged.page(S.APPROVED)}/letter.pdf?lang=en").data
    text = "".join(sheet.extract_text() for sheet in pypdf.PdfReader(BytesIO(raw)).pages)
    assert "20000.00, paid by the enterprise" in text.replace("\n", " ")


# The application

APPLY = "/guarantees/apply/XQ-20261118-0009/B1P1"


def test_applying_takes_one_tick_and_one_press(staged: Staged) -> None:
    client = staged.client("firm 9")
    shown = client.get(APPLY).text
    assert "0.00 元 由财政承担" in shown and 'value="300"' in shown and "1,800,000.00" in shown
    unticked = post(client, APPLY, APPLY, amount="300")
    assert unticked.status_code == 422 and "还没有勾选同意授权" in unticked.text
    answer = post(client, APPLY, APPLY, amount="300", agree="yes")
    assert answer.status_code == 303, answer.text
    told = client.get(answer.location).text
    assert "已提交，额度已预留" in told and "2026-11-27" in told
    assert client.get(APPLY).location == answer.location


@pytest.mark.parametrize(
    ("amount", "status", "sentence"),
    [
        ("", 422, "还没有填写"),
        ("八百", 422, "担保金额(万元)：万元金额无法识别"),
        ("301", 422, "不超过需求金额 300 万元"),
    ],
)
def test_an_amount_that_cannot_be_is_refused(staged: Staged, amount: str, status: int, sentence: str) -> None:
    answer = post(staged.client("firm 9"), APPLY, APPLY, amount=amount, agree="yes")
    assert answer.status_code == status
    assert sentence in answer.text or "担保金额(万元)" in answer.text
    assert f'value="{amount}"' in answer.text


def test_an_application_above_a_limit_names_it(staged: Staged) -> None:
    staged.write(update(Scheme).values(cap_fen=800 * WAN))
    answer = post(staged.client("firm 9"), APPLY, APPLY, amount="300", agree="yes")
    assert answer.status_code == 409
    assert "批准后方案在保余额 900 万元，超过上限 800 万元（方案" in answer.text
    assert staged.scalar(select(func.count()).select_from(Guarantee)) == len(STATES)


def test_a_need_above_what_the_scheme_gives_is_filled_in_with_its_most(staged: Staged) -> None:
    staged.write(update(Need).where(Need.need_no == "XQ-20261118-0009").values(amount_fen=900 * WAN))
    shown = staged.client("firm 9").get(APPLY).text
    assert 'value="400"' in shown and "已按上限填写" in shown


def test_where_no_scheme_is_open_the_page_says_why(staged: Staged) -> None:
    client = staged.client("firm 9")
    staged.write(update(Scheme).values(term_max_months=6))
    assert "其他方案" in client.get(APPLY).text
    staged.write(update(Scheme).where(Scheme.scheme_code == "S1").values(active=False))
    assert "没有启用的担保方案" in client.get(APPLY).text


def test_others_needs_and_unknown_products_are_not_there(staged: Staged) -> None:
    client = staged.client("firm 9")
    for path in ("/guarantees/apply/XQ-20261118-0001/B1P1", "/guarantees/apply/XQ-20261118-0009/nothing"):
        assert client.get(path).status_code == 404
        form = {"csrf_token": token_on(client.get(APPLY)), "agree": "yes", "amount": "1"}
        assert client.post(path, data=form).status_code == 404


@pytest.mark.parametrize("until", ["", "tomorrow", "2026-12-01T00:00:00"])
def test_words_that_were_not_shown_are_not_agreed_to(staged: Staged, until: str) -> None:
    answer = post(staged.client("firm 9"), APPLY, APPLY, amount="300", agree="yes", words="x", until=until)
    assert answer.status_code == 409


# What the bank reports


def test_a_drawdown_is_booked_and_a_repetition_is_not(staged: Staged) -> None:
    page, client = staged.page(S.APPROVED), staged.client("bank")
    for said in ("已登记并入账", "没有重复入账"):
        answer = post(client, page, f"{page}/report", kind="drawdown", amount="150", on="2026-11-24", event_no="N-1")
        assert answer.status_code == 303
        assert said in client.get(page).text
    assert staged.cases[S.APPROVED].position.drawn == 150 * WAN
    assert staged.case(S.APPROVED).stands is S.IN_FORCE


def test_a_report_before_its_time_waits_and_counts_later(staged: Staged) -> None:
    page, client = staged.page(S.APPROVED), staged.client("bank")
    post(client, page, f"{page}/report", kind="repayment", amount="50", on="2026-11-24")
    shown = client.get(page).text
    assert "已收到，暂未入账：对应的放款还没有报来" in shown and "等前一事项" in shown
    post(client, page, f"{page}/report", kind="drawdown", amount="200", on="2026-11-24")
    assert staged.cases[S.APPROVED].position.repaid == 50 * WAN


@pytest.mark.parametrize(
    ("form", "status", "sentence"),
    [
        ({"kind": "claim", "amount": "100", "on": "2026-11-24"}, 409, "不能「申请代偿」"),
        ({"kind": "drawdown", "amount": "-5", "on": "2026-11-24"}, 422, "金额(万元)"),
        ({"kind": "drawdown", "amount": "", "on": "2026-11-24"}, 422, "金额应大于零"),
        ({"kind": "drawdown", "amount": "5", "on": ""}, 422, "「发生日期」还没有填写"),
        ({"kind": "drawdown", "amount": "5", "on": "2026-11-25"}, 422, "还没有到"),
        ({"kind": "drawdown", "amount": "500", "on": "2026-11-24"}, 409, "超过担保金额"),
        ({"kind": "nothing", "amount": "5", "on": "2026-11-24"}, 422, "事件种类"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_typed(
    staged: Staged, form: dict[str, str], status: int, sentence: str
) -> None:
    page, client = staged.page(S.APPROVED), staged.client("bank")
    answer = post(client, page, f"{page}/report", **form)
    assert answer.status_code == status and sentence in answer.text
    assert f'name="amount" value="{form["amount"]}"' in answer.text
    none = select(func.count()).select_from(GuaranteeEvent).where(GuaranteeEvent.guarantee_no == staged.case(
        S.APPROVED).guarantee_no)  # fmt: skip
    assert staged.scalar(none) == 0


# Claims


def test_a_claim_is_checked_by_one_and_paid_by_another(staged: Staged) -> None:
    page, checker, payer = staged.page(S.CLAIMED), staged.client("approver"), staged.client("approver")
    assert "确认代偿" not in payer.get(page).text
    assert post(checker, page, f"{page}/review/check", text=LONG).status_code == 303
    shown = checker.get(page).text
    assert "由另一位同事办理" in shown and "确认代偿" not in shown
    same = post(checker, page, f"{page}/decide/compensate")
    assert same.status_code == 409 and "须由另一人办理" in same.text
    assert post(payer, page, f"{page}/decide/compensate").status_code == 303
    told = payer.get(page).text
    assert "600,000.00" in told and "400,000.00" in told and "1,000,000.00" in told


def test_a_claim_is_refused_with_a_reason(staged: Staged) -> None:
    page, client = staged.page(S.CLAIMED), staged.client("approver")
    assert post(client, page, f"{page}/decide/refuse_claim", reason=LONG).status_code == 303
    assert staged.case(S.CLAIMED).stands is S.OVERDUE


def test_what_is_recovered_is_shared_back_and_the_rest_written_off_by_two(staged: Staged) -> None:
    page, first, second = staged.page(S.COMPENSATED), staged.client("approver"), staged.client("approver")
    today, tomorrow = "2026-11-24", "2026-11-25"
    for amount, on in (("-5", today), ("", today), ("5", ""), ("0", today), ("5", tomorrow)):
        assert post(first, page, f"{page}/recovery", amount=amount, on=on).status_code == 422, amount
    assert post(first, page, f"{page}/recovery", amount="200", on=today).status_code == 409
    assert post(first, page, f"{page}/recovery", amount="33.333333", on="2026-11-24").status_code == 303
    at = staged.cases[S.COMPENSATED].position
    assert at.recovered == 33_333_333 and sum(at.loss_by.values()) == at.loss == 66_666_667
    assert post(first, page, f"{page}/review/propose_write_off", reason=LONG).status_code == 303
    assert "确认核销" not in first.get(page).text
    assert post(second, page, f"{page}/decide/write_off").status_code == 303
    assert staged.case(S.COMPENSATED).stands is S.WRITTEN_OFF
    shown = first.get(page).text
    assert "登记追偿" in shown and "666,666.67" in shown, "what was written off is still owed"
    assert post(first, page, f"{page}/recovery", amount="66.666667", on=today).status_code == 303
    assert staged.case(S.COMPENSATED).stands is S.RECOVERED


def test_a_bank_takes_a_parked_report_back_on_the_page(staged: Staged) -> None:
    page, client = staged.page(S.IN_FORCE), staged.client("bank")
    today = "2026-11-24"
    sent = post(client, page, f"{page}/report", kind="repayment", amount="150", on=today, event_no="HK-7")
    assert sent.status_code == 303 and "撤回" in client.get(page).text
    assert "撤回" not in staged.client("underwriter").get(page).text
    assert post(client, page, f"{page}/report/void", event_no="HK-7").status_code == 303
    assert "已撤回，没有入账" in client.get(page).text
    refused = post(client, page, f"{page}/report/void", event_no=f"drawdown-{staged.cases[S.IN_FORCE].number}")
    assert refused.status_code == 409 and "已经入账，不能撤回" in refused.text
    assert staged.client("underwriter").post(f"{page}/report/void").status_code in (400, 403)


# The rating


def test_another_grade_is_asked_for_and_confirmed_by_two_people_of_the_bureau(staged: Staged) -> None:
    page, first, second = staged.page(S.APPLIED), staged.client("operator"), staged.client("operator")
    short = post(first, page, f"{page}/override", grade="C", reason="不行")
    assert short.status_code == 422 and "理由" in short.text and 'value="C" selected' in short.text
    assert post(first, page, f"{page}/override", grade="X", reason=LONG).status_code == 422
    assert post(second, page, f"{page}/override/answer", answer="confirm").status_code == 422
    assert post(first, page, f"{page}/override", grade="C", reason=LONG).status_code == 303
    assert post(first, page, f"{page}/override/answer", answer="confirm").status_code == 409
    assert post(second, page, f"{page}/override/answer", answer="confirm").status_code == 303
    assert "人工调整" in second.get(page).text
    told = select(func.count()).select_from(AuditEvent).where(AuditEvent.action.startswith("rating_override"))
    assert staged.scalar(told) == 2


def test_another_grade_may_be_refused(staged: Staged) -> None:
    page, first, second = staged.page(S.APPLIED), staged.client("operator"), staged.client("operator")
    post(first, page, f"{page}/override", grade="C", reason=LONG)
    assert post(second, page, f"{page}/override/answer", answer="refuse").status_code == 303
    assert staged.scalar(select(RatingOverride.state)) == "refused"
    assert staged.client("underwriter").post(f"{page}/override").status_code in (400, 403)


def rate_anew(staged: Staged) -> str:
    """What the night may do: another rating stands; its number."""
    database = parts_of(staged.app).database
    with database.writing(SYSTEM) as session:
        return rate_enterprise(
            session, actor=SYSTEM, uscc=code_of(1), as_of=NOW.date(), now=NOW, settings=parts_of(staged.app).settings
        ).rating_no


def test_another_grade_is_of_the_rating_that_is_shown_also_after_a_nights_rating(staged: Staged) -> None:
    page, first, second = staged.page(S.APPLIED), staged.client("operator"), staged.client("operator")
    number = rate_anew(staged)
    assert number != staged.case(S.APPLIED).rating_no
    assert f'name="rating_no" value="{number}"' in first.get(page).text
    assert post(first, page, f"{page}/override", grade="C", reason=LONG, rating_no=number).status_code == 303
    assert staged.scalar(select(RatingOverride.rating_no)) == number
    assert f'name="rating_no" value="{number}"' in second.get(page).text
    done = post(second, page, f"{page}/override/answer", answer="confirm", rating_no=number)
    assert done.status_code == 303 and "人工调整" in second.get(page).text


def test_another_enterprises_rating_is_not_found_in_a_case(staged: Staged) -> None:
    page, first = staged.page(S.APPLIED), staged.client("operator")
    other = staged.case(S.WAITING).rating_no
    assert post(first, page, f"{page}/override", grade="C", reason=LONG, rating_no=other).status_code == 404
    assert staged.scalar(select(func.count()).select_from(RatingOverride)) == 0


# Exposure


def test_exposure_shows_the_four_amounts_and_how_far_limits_are_used(staged: Staged) -> None:
    for who in ("underwriter", "operator"):
        text = staged.client(who).get("/exposure").text
        assert "300.00" in text and "180.00" in text and "135.00" in text and "540.00" in text
        assert "120 万元，占上限 240 万元 的 50.0%，在限额内；还可用 120 万元" in text
    assert "G2" not in staged.client("underwriter").get("/exposure").text
    assert staged.client("bank").get("/exposure").status_code == 403


def test_alerts_count_what_their_lists_hold(staged: Staged) -> None:
    staged.write(update(Scheme).values(cap_fen=800 * WAN))
    staged.write(update(Guarantee).where(Guarantee.state == "applied").values(due_on=NOW.date() - timedelta(days=1)))
    staged.write(update(Guarantee).where(Guarantee.state == "approved").values(letter_expires_on=NOW.date()))
    client = staged.client("underwriter")
    text = client.get("/alerts").text
    found = re.findall(r'<a href="(/guarantees\?[^"]+)">[^<]+</a><span class="figure">(\d+)', text)
    assert [count for _, count in found] == ["1", "1", "1", "1"]
    for href, count in found:
        assert f"共 {count} 条" in client.get(href.replace("&amp;", "&")).text
    assert "已过预警线 80%" in text and "90.0%" in text
    assert "有 1 项限额占用超过 80%" in client.get("/").text
    assert "已过审批时限" in client.get("/").text


def test_stress_says_who_bears_what(staged: Staged) -> None:
    text = staged.client("operator").get("/exposure/stress").text
    assert "链主晚付 60 天" in text and "余额最大的 3 户" in text
    assert "担保机构 180 万元" in text and "银行 120 万元" in text
