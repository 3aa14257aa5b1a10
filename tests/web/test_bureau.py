"""The bureau's pages: numbers and the rows behind them, review, policies, registers, what is entered for others."""

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import EntryStatus, Role
from matchmaker.lists.models import Chain, Enterprise, LprRow, Need, Policy, Product, Workday
from matchmaker.lists.services import change_status
from matchmaker.outbox.models import OutboxMessage
from matchmaker.reports.indicators import BY_KEY, GROUPS, INDICATORS
from tests.support.accounts import add_person, client_of, parts_of, sign_in_as, token_for
from tests.support.browsing import send, token_on
from tests.support.bureau import bureau_app
from tests.support.city import code_of

LISTS_OF_API = {"needs", "products", "policies", "enterprises"}


@pytest.fixture(scope="module")
def city(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Read only: tests that write make their own."""
    made = bureau_app(sqlite_template, tmp_path_factory.mktemp("bureau"))
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    made = bureau_app(sqlite_template, tmp_path)
    yield made
    parts_of(made).database.dispose()


def operator(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.OPERATOR, org_code="J1")


def one(app: Flask, model: Any, **where: Any) -> Any:
    """The row with these values, as the system sees it."""
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(model).filter_by(**where)).one()


def actions(app: Flask) -> list[str]:
    with parts_of(app).database.reading(SYSTEM) as session:
        return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.seq)))


# G-1, G-2: the numbers


def cards(page: str) -> dict[str, tuple[str, int]]:
    """Key of the indicator → (address of its link, number)."""
    found = re.findall(r'data-indicator="(\w+)"><a href="([^"]+)"><span class="figure">([\d,]+)</span>', page)
    return {key: (unescape(address), int(number.replace(",", ""))) for key, address, number in found}


def test_g1_every_number_of_the_workbench_is_a_card_with_a_link(city: Flask) -> None:
    page = operator(city).get("/").text
    assert set(cards(page)) == set(BY_KEY) == {key for _, keys in GROUPS for key in keys}
    shown = re.findall(r'class="figure"', page)
    assert len(shown) == len(INDICATORS), "a number that no indicator stands for"


@pytest.mark.parametrize("key", BY_KEY)
def test_g1_the_number_the_rows_the_workbook_and_the_api_agree(city: Flask, key: str) -> None:
    client = operator(city)
    address, number = cards(client.get("/").text)[key]
    assert number == rows_of_table(client, address), "card = rows of the list"
    assert number == rows_of_workbook(client, address), "card = rows of its workbook"
    if BY_KEY[key].table in LISTS_OF_API:
        assert number == total_of_api(city, key), "card = total of the API"
    assert number, f"{key} is nothing here, so nothing is compared"


def rows_of_table(client: FlaskClient, address: str) -> int:
    """The rows on all pages of a table; they are as many as it says."""
    found, number = 0, 1
    while True:
        page = client.get(f"{address}&page={number}").text
        body = page.partition("<tbody>")[2].partition("</tbody>")[0]
        found += body.count("<tr>")
        said = re.search(r"共 ([\d,]+) 条", page)
        if said is None or found >= int(said[1].replace(",", "")) or not body:
            return found
        number += 1


def rows_of_workbook(client: FlaskClient, address: str) -> int:
    path, _, query = address.partition("?")
    answer = client.get(f"{path}/export.xlsx?{query}")
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(BytesIO(answer.data)).worksheets[0]
    return sum(1 for row in sheet.iter_rows(min_row=2, values_only=True) if any(row))


def total_of_api(app: Flask, key: str) -> int:
    person = add_person(app, Role.OPERATOR, org_code="J1")
    token = token_for(app, person, ["lists:read"])
    asked = {**BY_KEY[key].filters, "include": "total", "limit": "1"}
    answer = app.test_client().get(
        f"/api/v1/{BY_KEY[key].table}", query_string=asked, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200, answer.text
    total: int = answer.get_json()["total"]
    return total


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_g2_each_number_says_how_it_is_made(city: Flask, lang: str) -> None:
    client = operator(city)
    for path in ("/", "/definitions"):
        page = unescape(client.get(f"{path}?lang={lang}").text)
        for indicator in INDICATORS:
            assert indicator.definition.say("zh" if lang == "zh" else "en", stale_days=5) in page, indicator.key
        assert page.count("Asia/Shanghai") >= len(INDICATORS)
        assert page.count('<time datetime="2026-12-02T') >= len(INDICATORS), "last refresh"


def test_a_bank_does_not_read_the_bureaus_numbers(city: Flask) -> None:
    bank = sign_in_as(city, Role.ACCOUNT_MANAGER, org_code="B1")
    for path in ("/definitions", "/review", "/responses", "/policies/new", "/registers/chains", "/behalf/new"):
        assert bank.get(path).status_code == 403, path


# Review


def tick(entry: Any) -> str:
    return f"{entry.public_id}:{entry.version}"


def test_several_are_published_at_once(app: Flask) -> None:
    client = operator(app)
    needs = [one(app, Need, need_no=f"XQ-20261118-00{n}") for n in (21, 22)]
    page = client.get("/review?kind=needs")
    assert all(need.need_no in page.text for need in needs)
    data = {"csrf_token": token_on(page), "kind": "needs", "verb": "publish", "ticked": [tick(n) for n in needs]}
    assert client.post("/review", data=data).status_code == 303
    assert "已发布 2 条" in client.get("/review?kind=needs").text
    assert one(app, Need, need_no="XQ-20261118-0021").status is EntryStatus.PUBLISHED


def test_a_return_needs_a_reason_and_the_owner_reads_it(app: Flask) -> None:
    client, product = operator(app), one(app, Product, product_code="B2P9")
    fields = {"kind": "products", "verb": "return", "ticked": tick(product)}
    refused = send(client, "/review?kind=products", "/review", **fields)
    assert refused.status_code == 422 and "写一句原因" in refused.text and "checked" in refused.text
    assert one(app, Product, product_code="B2P9").status is EntryStatus.SUBMITTED
    assert send(client, "/review?kind=products", "/review", **fields, reason="利率 上下限 写反了").status_code == 303
    assert one(app, Product, product_code="B2P9").status is EntryStatus.DRAFT
    owner = sign_in_as(app, Role.PRODUCT_MANAGER, org_code="B2")
    assert "利率 上下限 写反了" in owner.get("/lists/products/B2P9").text
    bench = owner.get("/").text
    assert (
        "修改被退回的产品「B2流贷9」：利率 上下限 写反了" in bench and f"/products/{product.public_id}/change" in bench
    )
    assert "修改被退回" not in sign_in_as(app, Role.PRODUCT_MANAGER, org_code="B1").get("/").text


def test_what_an_owner_changed_meanwhile_is_not_published_unseen(app: Flask) -> None:
    client, product = operator(app), one(app, Product, product_code="B2P9")
    stale = f"{product.public_id}:{product.version - 1}"
    answer = send(client, "/review?kind=products", "/review", kind="products", verb="publish", ticked=stale)
    assert answer.status_code == 409 and "在您查看之后又有改动" in answer.text
    who = re.search(r"<p>B2流贷9</p>\s*<ul><li><time[^>]*>[^<]*</time> (\S+)：", answer.text)
    assert who and who[1] == "系统", "whose act it was, by the side"
    assert one(app, Product, product_code="B2P9").status is EntryStatus.SUBMITTED


def test_differences_stand_old_to_new(app: Flask) -> None:
    """A published product that its bank changes waits with what was and what is now."""
    from matchmaker.lists.services.owned import OwnRow, write_own
    from tests.support.consenting import bank

    parts = parts_of(app)
    actor = bank("B1")
    from dataclasses import replace

    actor = replace(actor, roles=frozenset({Role.PRODUCT_MANAGER}))
    from matchmaker.domain.cells import Cell

    with parts.database.writing(actor) as session:
        row = OwnRow(1, {"product_code": Cell("B1P1"), "fee_pct": Cell("0.8")})
        write_own(session, actor=actor, model=Product, rows=[row], settings=parts.settings, now=parts.now())
    assert one(app, Product, product_code="B1P1").status is EntryStatus.SUBMITTED
    page = operator(app).get("/review?kind=products").text
    assert "<del>0.5</del>" in page and "<ins>0.8</ins>" in page and "修改 1 项" in page


# Policies


POLICY = {
    "policy_no": "ZC-9",
    "title": "测试政策",
    "level": "MUNICIPAL",
    "instrument": "INTEREST_SUBSIDY",
    "version": "",
}


def test_g4_the_editor_says_what_the_conditions_mean_and_whom_they_reach(app: Flask) -> None:
    client = operator(app)
    all_firms = send(client, "/policies/new", "/policies/reach", **POLICY, areas="371002", min_age_months="24")
    assert "将命中 7 家" in all_firms.text
    assert "政策面向区域：" in all_firms.text and "政策要求满 24 个月" in all_firms.text
    english = send(client, "/policies/new", "/policies/reach?lang=en", **POLICY, tax_grades="A")
    assert "7 enterprises meet this" in english.text and "The policy asks for" in english.text


def test_g4_the_count_is_of_the_enterprises_as_they_stand_with_each_word_typed(app: Flask) -> None:
    """They are kept ready between two words; one that leaves the list is not counted any more."""
    client = operator(app)
    typed = {**POLICY, "areas": "371002", "min_age_months": "24"}
    assert "将命中 7 家" in send(client, "/policies/new", "/policies/reach", **typed).text
    with parts_of(app).database.writing(SYSTEM) as session:
        firm = session.scalars(select(Enterprise).where(Enterprise.status == EntryStatus.PUBLISHED)).first()
        assert firm is not None
        change_status(session, actor=SYSTEM, entry=firm, verb="suspend", now=parts_of(app).now())
    assert "将命中 6 家" in send(client, "/policies/new", "/policies/reach", **typed).text


def test_g4_a_policy_that_reaches_nobody_is_warned_about_and_may_be_published(app: Flask) -> None:
    client = operator(app)
    checked = send(client, "/policies/new", **POLICY, areas="371083", step="check")
    assert 'class="warning"' in checked.text and "将命中 0 家" in checked.text and "仍可发布" in checked.text
    kept = send(client, "/policies/new", **POLICY, areas="371083", step="publish", once="a-number")
    assert kept.status_code == 303
    assert one(app, Policy, policy_no="ZC-9").status is EntryStatus.PUBLISHED
    again = send(client, "/policies/new", **POLICY, areas="371083", step="publish", once="a-number")
    assert again.status_code in (303, 422), "sent twice, made once"
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Policy).where(Policy.policy_no == "ZC-9")) == 1


def test_a_new_policy_does_not_write_over_another(app: Flask) -> None:
    answer = send(operator(app), "/policies/new", **{**POLICY, "policy_no": "ZC-2"}, step="publish")
    assert answer.status_code == 200 and "这个政策编号已经有了" in answer.text
    assert one(app, Policy, policy_no="ZC-2").title == "ZC-2 贴息政策"


def test_changing_a_policy_or_a_register_never_writes_over_another(app: Flask) -> None:
    """Which one it is says the address; another's number or key in the form changes nothing about that."""
    client, other = operator(app), one(app, Policy, policy_no="ZC-2")
    send(client, "/policies/new", **POLICY, step="draft")
    mine = one(app, Policy, policy_no="ZC-9")
    path = f"/policies/{mine.public_id}/change"
    assert 'name="policy_no"' not in client.get(path).text
    typed = {**POLICY, "policy_no": "ZC-2", "title": "只改自己", "version": str(mine.version)}
    assert send(client, path, **typed, step="draft").status_code == 303
    assert one(app, Policy, policy_no="ZC-9").title == "只改自己"
    assert one(app, Policy, policy_no="ZC-2").title == other.title
    send(client, "/registers/chains/new", **CHAIN)
    chain, first = one(app, Chain, chain_code="KITES"), first_chain(app)
    renamed = {**CHAIN, "chain_code": first, "name_zh": "风筝二", "version": str(chain.version)}
    assert send(client, f"/registers/chains/{chain.public_id}", **renamed).status_code == 303
    assert one(app, Chain, chain_code="KITES").name_zh == "风筝二" and one(app, Chain, chain_code=first).version == 1


def test_a_form_sent_again_is_done_once_and_with_other_words_is_another_sending(app: Flask) -> None:
    client = operator(app)
    for _ in range(2):
        assert send(client, "/policies/new", **POLICY, step="draft", once="same").status_code == 303
    other = send(client, "/policies/new", **{**POLICY, "title": "另一句"}, step="draft", once="same")
    assert other.status_code == 200 and "这个政策编号已经有了" in other.text, "not told as saved"
    assert one(app, Policy, policy_no="ZC-9").title == POLICY["title"]


def test_faults_stand_in_a_summary_and_keep_what_was_typed(app: Flask) -> None:
    answer = send(operator(app), "/policies/new", **{**POLICY, "title": ""}, min_age_months="两年", step="check")
    assert "<title>错误：" in answer.text and "有 2 处需要修改" in answer.text and 'value="两年"' in answer.text


def test_a_draft_stays_a_draft_until_it_is_published_and_a_stale_page_is_refused(app: Flask) -> None:
    client = operator(app)
    send(client, "/policies/new", **POLICY, step="draft")
    draft = one(app, Policy, policy_no="ZC-9")
    path = f"/policies/{draft.public_id}/change"
    changed = {**POLICY, "title": "改过的标题", "version": str(draft.version)}
    assert send(client, path, **changed, step="draft").status_code == 303
    assert one(app, Policy, policy_no="ZC-9").status is EntryStatus.DRAFT
    stale = send(client, path, **{**changed, "title": "又一个标题"}, step="publish")
    assert stale.status_code == 409 and one(app, Policy, policy_no="ZC-9").title == "改过的标题"
    assert "→ 改过的标题" in stale.text and "又一个标题" in stale.text, "what was typed stays"
    assert re.findall(r"</time> (\S+ \d+)：", stale.text)
    now = one(app, Policy, policy_no="ZC-9").version
    assert f'name="version" value="{now}"' in stale.text, "saving again is for the newer version"
    assert send(client, path, **{**changed, "version": str(now)}, step="publish").status_code == 303
    assert one(app, Policy, policy_no="ZC-9").status is EntryStatus.PUBLISHED


# Registers


CHAIN = {"chain_code": "KITES", "name_zh": "风筝", "name_en": "kites", "industries": "2442", "basis": "测试"}


def test_a_chain_is_added_changed_and_taken_away(app: Flask) -> None:
    client = operator(app)
    assert send(client, "/registers/chains/new", **CHAIN).status_code == 303
    assert "已经有了" in send(client, "/registers/chains/new", **CHAIN).text
    chain = one(app, Chain, chain_code="KITES")
    path = f"/registers/chains/{chain.public_id}"
    changed = {**CHAIN, "name_zh": "风筝与滑翔", "version": str(chain.version)}
    assert send(client, path, **changed).status_code == 303
    late = send(client, path, **{**changed, "name_zh": "迟到的名字"})
    assert late.status_code == 409 and "风筝 → 风筝与滑翔" in late.text and 'value="迟到的名字"' in late.text
    gone = send(client, path, f"{path}/remove", version="1")
    assert gone.status_code == 409 and "风筝 → 风筝与滑翔" in gone.text
    version = str(one(app, Chain, chain_code="KITES").version)
    assert send(client, path, f"{path}/remove", version=version).status_code == 303
    assert "风筝" not in client.get("/registers/chains").text
    assert "风筝" not in client.get("/policies/new").text, "what was taken away is offered nowhere"
    assert actions(app).count("registers.written") == 2 and "entry.withdraw" in actions(app)
    assert send(client, "/registers/chains/new", **CHAIN).status_code == 303, "added anew"


def test_a_chain_in_use_stays_and_says_where(app: Flask) -> None:
    from tests.support.city import put

    chain = one(app, Chain, chain_code=first_chain(app))
    with parts_of(app).database.writing(SYSTEM) as session:
        put(session, "enterprises", {"uscc": code_of(1), "chain_code": chain.chain_code})
    client, path = operator(app), f"/registers/chains/{chain.public_id}"
    answer = send(client, path, f"{path}/remove", version=str(chain.version))
    assert answer.status_code == 409 and "还在使用：企业 1 条" in answer.text
    assert f"/lists/enterprises?chain_code={chain.chain_code}" in answer.text
    assert one(app, Chain, chain_code=chain.chain_code).status is EntryStatus.PUBLISHED


def first_chain(app: Flask) -> str:
    with parts_of(app).database.reading(SYSTEM) as session:
        return str(session.scalars(select(Chain.chain_code).order_by(Chain.id)).first())


def test_a_quote_of_the_lpr_is_added_once(app: Flask) -> None:
    client = operator(app)
    quote = {"date": "2026-11-20", "lpr_1y_pct": "3.00", "lpr_5y_pct": "3.50", "source": "示例"}
    assert send(client, "/registers/lpr/new", **quote).status_code == 303
    assert "已经有了" in send(client, "/registers/lpr/new", **quote, once="2").text
    assert one(app, LprRow, source="示例").lpr_1y_pct_e6 == 3_000_000


def test_a_calendar_is_imported_whole_or_not_at_all(app: Flask) -> None:
    client = operator(app)
    token = token_on(client.get("/registers/workdays"))

    def sent(text: str) -> Any:
        file = (BytesIO(text.encode()), "2027.csv")
        return client.post("/registers/workdays/import", data={"csrf_token": token, "file": file})

    faulty = sent("日期,是否工作日,说明\n2027-01-01,否,元旦\n2027-13-01,否,错\n")
    assert faulty.status_code == 422 and "一行也没有写入" in faulty.text and "A3" in faulty.text
    assert sent("日期,是否工作日,说明\n2027-01-01,否,元旦\n").status_code == 303
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalar(select(Workday.is_workday).where(Workday.day == datetime(2027, 1, 1).date())) is False  # noqa: DTZ001


# Entered for an enterprise


def entered(app: Flask) -> Need:
    found: Need = one(app, Need, uscc=code_of(3), status=EntryStatus.DRAFT)
    return found


def test_a_need_entered_for_an_enterprise_is_seen_by_it_and_the_bureau_alone(app: Flask) -> None:
    client = operator(app)
    page = send(
        client, "/behalf/new", uscc=code_of(4), amount_wan="八百万", term_months="12", purpose="WORKING_CAPITAL"
    )
    assert "<title>错误：" in page.text and 'value="八百万"' in page.text
    kept = send(client, "/behalf/new", uscc=code_of(4), amount_wan="800", term_months="12", purpose="WORKING_CAPITAL")
    assert kept.status_code == 303
    need = one(app, Need, uscc=code_of(4), status=EntryStatus.DRAFT)
    firm = sign_in_as(app, Role.FINANCE, uscc=code_of(4))
    assert "代填的需求" in firm.get("/").text
    assert need.public_id in firm.get("/behalf").text
    shown = firm.get(f"/behalf/{need.public_id}")
    assert "person:" not in shown.text + firm.get("/").text + firm.get("/behalf").text
    told = shown.text.partition("<main")[2]
    assert "Person" in told and '<time datetime="2026-12-02' in told, "who entered it, and when"
    other = sign_in_as(app, Role.FINANCE, uscc=code_of(5))
    assert other.get(f"/behalf/{need.public_id}").status_code == 404
    bank = sign_in_as(app, Role.ACCOUNT_MANAGER, org_code="B1")
    assert need.need_no not in bank.get("/leads").text and bank.get(f"/behalf/{need.public_id}").status_code == 403


def test_the_bureau_cannot_publish_it_by_any_way_before_the_enterprise_has_said_yes(app: Flask) -> None:
    from matchmaker.domain.errors import ConflictError
    from matchmaker.lists.services.owned import step_own
    from tests.support.city import put
    from tests.support.consenting import operator as actor_of_operator

    need, parts = entered(app), parts_of(app)
    for verb in ("publish", "submit"):
        with parts.database.writing(actor_of_operator()) as session, pytest.raises(ConflictError) as refused:
            step_own(session, actor=session.actor, entry=session.get_one(Need, need.id), verb=verb, now=parts.now())
        assert refused.value.code == "awaits_enterprise"
    with parts.database.writing(SYSTEM) as session:
        put(session, "needs", {"need_no": need.need_no, "amount_wan": "260"})
    assert entered(app).amount_fen == 260_000_000, "a file may change it, and it waits all the same"


def test_the_enterprise_confirms_what_it_read_and_it_goes_on(app: Flask) -> None:
    need, firm = entered(app), sign_in_as(app, Role.FINANCE, uscc=code_of(3))
    path = f"/behalf/{need.public_id}"
    assert send(firm, path, f"{path}/confirm", version=str(need.version + 1)).status_code == 409
    assert send(firm, path, f"{path}/confirm", version=str(need.version)).status_code == 303
    assert one(app, Need, need_no=need.need_no).status is EntryStatus.PUBLISHED
    assert firm.get(path).status_code == 404, "answered"
    assert {"need.entered", "need.confirmed"} <= set(actions(app))


def test_with_review_the_confirmed_need_waits_for_the_bureau(sqlite_template: Path, tmp_path: Path) -> None:
    app = bureau_app(sqlite_template, tmp_path, needs_review=True)
    need, firm = entered(app), sign_in_as(app, Role.FINANCE, uscc=code_of(3))
    path = f"/behalf/{need.public_id}"
    assert send(firm, path, f"{path}/confirm", version=str(need.version)).status_code == 303
    assert one(app, Need, need_no=need.need_no).status is EntryStatus.SUBMITTED
    parts_of(app).database.dispose()


def test_the_enterprise_declines_and_the_bureau_reads_why(app: Flask) -> None:
    need, firm = entered(app), sign_in_as(app, Role.FINANCE, uscc=code_of(3))
    path = f"/behalf/{need.public_id}"
    assert send(firm, path, f"{path}/decline", version=str(need.version), reason="暂不需要").status_code == 303
    assert one(app, Need, need_no=need.need_no).status is EntryStatus.WITHDRAWN
    assert "暂不需要" in operator(app).get(f"/lists/needs/{need.need_no}").text


# Messages


def test_failed_messages_are_sent_again_one_or_all(app: Flask) -> None:
    client = operator(app)
    with parts_of(app).database.reading(SYSTEM) as session:
        failed = session.scalars(select(OutboxMessage).where(OutboxMessage.state == "failed")).all()
    assert len(failed) > 1
    page = client.get("/outbox?state=failed").text
    assert "邮件服务器退回了这封邮件（550）" in page and f"全部重发（{len(failed)} 条）" in page
    assert send(client, f"/outbox/{failed[0].id}", "/outbox/retry", message=failed[0].message_id).status_code == 303
    assert one(app, OutboxMessage, id=failed[0].id).state == "waiting"
    assert one(app, OutboxMessage, id=failed[1].id).state == "failed"
    send(client, "/outbox?state=failed", "/outbox/retry")
    assert one(app, OutboxMessage, id=failed[1].id).state == "waiting"
    assert actions(app).count("messages.retried") == 2
    analyst = client_of(app, add_person(app, Role.ANALYST, org_code="J1"))
    assert send(analyst, "/outbox", "/outbox/retry").status_code == 403


# G-6: workbooks


def book(client: FlaskClient, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return openpyxl.load_workbook(BytesIO(answer.data)).worksheets[0]


@pytest.mark.parametrize("address", ["/lists/needs/export.xlsx", "/lists/needs/official.xlsx"])
def test_g6_cells_are_what_they_mean(city: Flask, address: str) -> None:
    sheet = book(operator(city), address)
    head = 3 if "official" in address else 1
    columns = {sheet.cell(head, at).value: at for at in range(1, sheet.max_column + 1)}
    first = head + 1
    amount = sheet.cell(first, columns["融资金额(万元)"])
    assert isinstance(amount.value, int | float) and amount.number_format == "#,##0.00"
    day = sheet.cell(first, columns["提交日期"])
    assert isinstance(day.value, datetime) and day.number_format == "yyyy-mm-dd"
    if "统一社会信用代码" in columns:
        code = sheet.cell(first, columns["统一社会信用代码"])
        assert code.value == code_of(1) and code.data_type == "s" and code.number_format == "@"


@pytest.mark.parametrize("kind", ["needs", "products", "policies"])
@pytest.mark.parametrize("official", [False, True])
def test_g6_the_sheet_is_set_up_for_reading_and_for_print(city: Flask, kind: str, official: bool) -> None:
    sheet = book(operator(city), f"/lists/{kind}/{'official' if official else 'export'}.xlsx")
    assert sheet.freeze_panes == ("C4" if official else "B2")
    assert sheet.auto_filter.ref and sheet.auto_filter.ref.startswith("A3:" if official else "A1:")
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert sheet.print_title_rows == ("$1:$3" if official else "$1:$1")
    assert sheet.print_area and sheet.oddFooter.left.text, "who and when on each page"
    if official:
        assert sheet["A1"].value.endswith("清单") and "日期：2026-12-02" in sheet["A2"].value
        assert [sheet.cell(3, 1).value, sheet.cell(4, 1).value] == ["序号", 1]


def test_the_official_list_of_needs_names_enterprises_to_the_bureau_only(city: Flask) -> None:
    assert "威海隐名1号机械有限公司" in operator(city).get("/lists/needs/official").text
    bank = sign_in_as(city, Role.ACCOUNT_MANAGER, org_code="B1")
    assert "隐名" not in bank.get("/lists/needs/official").text
    firm = sign_in_as(city, Role.FINANCE, uscc=code_of(1))
    own = firm.get("/lists/needs/official").text
    assert "隐名1号" in own and "隐名2号" not in own
