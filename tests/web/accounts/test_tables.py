"""The tables of people, tokens, webhooks, registrations, requests and consents: narrowed, sorted, chosen, exported."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker.accounts.models import ApiToken, Consent, Disclosure, Registration, SubjectRequest
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.webhooks.models import WebhookAttempt, WebhookEndpoint, WebhookEvent, contact_of
from tests.support.accounts import add_person, parts_of, sign_in_as
from tests.support.browsing import add_user, token_on
from tests.support.offices import BANK, BRANCH, BUREAU, GUARANTOR, OTHER_BANK, USCC


def keys(client: FlaskClient, address: str) -> list[str]:
    """The first cell of every row that a page shows, without its marks."""
    text = client.get(address).text
    found = re.findall(r'<th scope="row" class="key[^"]*">(.*?)</th>', text, re.S)
    return [re.sub(r"<[^>]+>", " ", one).split()[0] for one in found]


def book(client: FlaskClient, address: str) -> list[tuple[Any, ...]]:
    """The rows of a workbook with its header, which is frozen and can be filtered."""
    answer = client.get(address)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    sheet = openpyxl.load_workbook(BytesIO(answer.data)).worksheets[0]
    assert sheet.freeze_panes == "B2" and sheet.auto_filter.ref
    return [*sheet.iter_rows(values_only=True)]


def add(app: Flask, *rows: Any) -> None:
    with parts_of(app).database.writing(SYSTEM) as session:
        for row in rows:
            session.add(row)
            session.flush()


def test_people_are_narrowed_sorted_and_exported(app: Flask) -> None:
    lead = sign_in_as(app, Role.LEAD, org_code=BANK)
    for login, role, home in (
        ("zhao", Role.ACCOUNT_MANAGER, BANK), ("an", Role.PRODUCT_MANAGER, BRANCH), ("li", Role.ACCOUNT_MANAGER, BRANCH)
    ):  # fmt: skip
        add_user(app, role, login=login, org_code=home)
    assert len(keys(lead, "/people")) == 4
    logins = r'data-label="登录名">(\w+)<'
    asked = "/people?role=ACCOUNT_MANAGER&sort=-login"
    assert re.findall(logins, lead.get(asked).text) == ["zhao", "li"]
    assert re.findall(logins, lead.get(f"/people?home={BRANCH}&sort=login").text) == ["an", "li"]
    assert re.findall(logins, lead.get("/people?q=zh").text) == ["zhao"]
    head, *rows = book(lead, asked.replace("/people", "/people/export.xlsx"))
    assert [row[1] for row in rows] == ["zhao", "li"] and "操作" not in head and "角色" in head
    assert [row[head.index("状态")] for row in rows] == ["在用", "在用"]
    assert "没有符合筛选条件" in lead.get("/people?q=nobody").text
    chosen = lead.get("/people?columns=name&columns=email").text
    assert 'data-label="邮箱"' in chosen and 'data-label="登录名"' not in chosen


def test_a_table_of_people_ends_at_the_readers_own_side(app: Flask) -> None:
    add_user(app, Role.LEAD, login="theirs", org_code=BUREAU)
    lead = sign_in_as(app, Role.LEAD, org_code=BANK)
    for address in ("/people/export.xlsx", f"/people/export.xlsx?home={BUREAU}", "/people/export.xlsx?q=theirs"):
        assert "theirs" not in str(book(lead, address))
    assert "theirs" in str(book(sign_in_as(app, Role.SECURITY_ADMIN), "/people/export.xlsx?q=theirs"))


@pytest.mark.parametrize("path", ["/people", "/account/tokens", "/webhooks", "/registrations", "/consents"])
def test_a_workbook_is_for_the_readers_of_its_page_alone(app: Flask, path: str) -> None:
    for role, home in (
        (Role.AUDITOR, {}), (Role.UNDERWRITER, {"org_code": GUARANTOR}), (Role.ANALYST, {"org_code": BUREAU}),
        (Role.FINANCE, {"uscc": USCC}),
    ):  # fmt: skip
        client = sign_in_as(app, role, **home)
        statuses = [client.get(one).status_code for one in (path, f"{path}/export.xlsx")]
        assert statuses[0] == statuses[1], (path, role)


def test_tokens_in_force_stand_first_and_no_workbook_has_one(app: Flask) -> None:
    now, maker = parts_of(app).now(), add_person(app, Role.LEAD, org_code=BANK)

    def token(name: str, **more: Any) -> ApiToken:
        told = {"created_at": now, "expires_at": now + timedelta(days=9), "scopes": ["lists:read"], **more}
        return ApiToken(name=name, prefix=f"mk_live_{name}", token_hash=f"hash-{name}", org_code=BANK, person_id=maker,
                        public_id=f"token{name}", **told)  # fmt: skip

    add(app, token("old", revoked_at=now), token("over", expires_at=now), token("good"))
    lead = sign_in_as(app, Role.LEAD, org_code=BANK)
    assert keys(lead, "/account/tokens") == ["good", "over", "old"]
    assert keys(lead, "/account/tokens?state=revoked") == ["old"] and keys(lead, "/account/tokens?q=ove") == ["over"]
    shown = lead.get("/account/tokens").text
    assert shown.count("/revoke") == 1, "what has ended cannot be ended"
    head, *rows = book(lead, "/account/tokens/export.xlsx?sort=name")
    assert [row[0] for row in rows] == ["good", "old", "over"] and "hash-" not in str(rows)
    assert [row[head.index("状态")] for row in rows] == ["有效", "已撤销", "已过期"]


def test_the_delivery_log_is_narrowed_by_state_kind_and_day(app: Flask) -> None:
    now = parts_of(app).now()
    endpoint = WebhookEndpoint(org_code=BANK, url="https://api.example/hook", events=["need.matched"], secret="x",
                               created_by="t", created_at=now)  # fmt: skip
    off = WebhookEndpoint(org_code=BANK, url="https://off.example/", events=["need.matched"], secret="x",
                          created_by="t", created_at=now, disabled_at=now, disabled_why="owner")  # fmt: skip
    add(app, endpoint, off)
    for number, (kind, state, days) in enumerate((("need.matched", "sent", 0), ("lead.created", "failed", 3))):
        event = WebhookEvent(endpoint_id=endpoint.id, kind=kind, subject_kind="lead", subject_id="x",
                             happened_at=now - timedelta(days=days))  # fmt: skip
        add(app, event)
        add(
            app,
            OutboxMessage(contact_no=contact_of(endpoint), channel="webhook", kind="webhook", window=event.public_id,
                          state=state, not_before=now, message_id=f"m{number}", name="x", created_at=now),
            WebhookAttempt(event_id=event.id, at=now, status=500 if state == "failed" else 200, milliseconds=10 + days),
        )  # fmt: skip
    lead = sign_in_as(app, Role.LEAD, org_code=BANK)
    assert keys(lead, "/webhooks?state=on") == ["https://api.example/hook"]
    assert keys(lead, "/webhooks?state=off") == ["https://off.example/"]
    assert [row[0] for row in book(lead, "/webhooks/export.xlsx?sort=url")[1:]] == [endpoint.url, off.url]
    log = f"/webhooks/{endpoint.public_id}"
    assert keys(lead, log) == ["lead.created", "need.matched"], "the newest first"
    assert keys(lead, f"{log}?state=failed") == ["lead.created"]
    assert keys(lead, f"{log}?event=need.matched") == ["need.matched"]
    assert keys(lead, f"{log}?at.from={now:%Y-%m-%d}") == ["need.matched"]
    assert keys(lead, f"{log}?sort=latency") == ["need.matched", "lead.created"]
    head, row = book(lead, f"{log}/export.xlsx?state=failed")
    assert (row[0], row[head.index("答复")], row[head.index("耗时（毫秒）")]) == ("lead.created", 500, 13)
    administrator = sign_in_as(app, Role.SYSTEM_ADMIN)
    assert "操作" not in administrator.get(log).text, "who only reads sees no buttons"
    theirs = sign_in_as(app, Role.FINANCE, uscc=USCC)
    assert theirs.get(f"{log}/export.xlsx").status_code == 404


def test_registrations_to_verify_stand_first_and_the_register_is_asked_once(app: Flask) -> None:
    now = parts_of(app).now()
    add(app, *(
        Registration(uscc=USCC if number == 1 else f"9137100{number}", enterprise_name=f"企业{number}",
                     login=f"l{number}", name=f"人{number}", state=state, why=why,
                     created_at=now + timedelta(minutes=number))
        for number, (state, why) in enumerate((("pending", None), ("refused", "代码不符"), ("pending", None),
                                               ("refused", "login_taken")))
    ))  # fmt: skip
    operator = sign_in_as(app, Role.OPERATOR, org_code=BUREAU)
    assert keys(operator, "/registrations") == ["企业2", "企业0", "企业1"]
    assert keys(operator, "/registrations?state=refused") == ["企业1"]
    assert keys(operator, "/registrations?q=企业0") == ["企业0"]
    shown = operator.get("/registrations").text
    assert "没有，核验后新增" in shown and "名称不同：" in shown and shown.count("/verify") == 2
    head, *rows = book(operator, "/registrations/export.xlsx?state=refused")
    assert rows[0][0] == "企业1" and rows[0][head.index("统一社会信用代码")] == USCC and "login_taken" not in str(rows)


def test_requests_stand_by_their_due_day_and_late_ones_are_found(app: Flask) -> None:
    now = parts_of(app).now()
    day = now.date()
    add(app, *(
        SubjectRequest(uscc=USCC, kind=kind, about=f"请求{number}", state=state, due_on=day + timedelta(days=days),
                       made_by="t", created_at=now)
        for number, (kind, state, days) in enumerate((("copy", "done", -9), ("correction", "open", 5),
                                                      ("deletion", "open", -2)))
    ))  # fmt: skip
    operator = sign_in_as(app, Role.OPERATOR, org_code=BUREAU)
    shown = operator.get("/requests/answers?columns=kind").text
    said = re.findall(r'class="key">([^<]+)</th>', shown)
    assert said == ["要求删除", "提出异议", "索取副本"], "the first due first, what is done last"
    assert len(keys(operator, "/requests/answers?late=yes")) == 1
    assert "已逾期" in operator.get("/requests/answers").text
    head, row = book(operator, "/requests/answers/export.xlsx?kind=copy")
    assert (row[head.index("状态")], row[head.index("内容")]) == ("已办结", "请求0")
    assert operator.get("/requests/answers/nosuch").status_code == 404


def test_consents_and_looks_are_tables_for_those_they_were_given_to(app: Flask) -> None:
    now = parts_of(app).now()

    def given(days: int) -> Consent:
        return Consent(
            uscc=USCC, org_code=BANK, groups=["identity"], purpose="financing", granted_at=now,
            expires_at=now + timedelta(days=days), evidence="e", evidence_hash="h", granted_by="t",
        )  # fmt: skip

    add(app, given(0), given(30), Disclosure(
        at=now, uscc=USCC, org_code=BANK, who="person:1", purpose="financing", channel="page", basis="consent",
        fields=["enterprises.name", "enterprises.uscc", "needs.amount_wan", "needs.term_months", "needs.purpose",
                "needs.repayment"],
    ))  # fmt: skip
    bank = sign_in_as(app, Role.ACCOUNT_MANAGER, org_code=BANK)
    operator = sign_in_as(app, Role.OPERATOR, org_code=BUREAU)
    assert len(keys(bank, "/consents")) == 2 and len(keys(bank, "/consents?state=active")) == 1
    assert "企业" not in book(bank, "/consents/export.xlsx")[0], "a bank reads names on the leads alone"
    assert "企业" in book(operator, "/consents/export.xlsx?state=ended")[0]
    looked = bank.get("/consents/looks?how=page").text
    assert "融资需求：" in looked and "等 4 项" in looked
    assert "等 4 项" not in str(book(bank, "/consents/looks/export.xlsx")), "the workbook names every column"
    assert not keys(bank, "/consents/looks?how=api") and USCC not in looked
    firm = sign_in_as(app, Role.FINANCE, uscc=USCC)
    assert "全部 1 次查看" in firm.get("/consents").text and len(keys(firm, "/consents/looks")) == 1
    other = sign_in_as(app, Role.ACCOUNT_MANAGER, org_code=OTHER_BANK)
    assert not keys(other, "/consents/looks") and len(book(other, "/consents/looks/export.xlsx")) == 1


def test_a_key_shown_once_is_not_made_again_when_its_page_is_loaded_again(app: Flask) -> None:
    client = sign_in_as(app, Role.LEAD, org_code=BANK)
    form = client.get("/account/tokens").text
    sent = {
        "csrf_token": token_on(client.get("/account/tokens")),
        "name": "核心系统",
        "scopes": "lists:read",
        "days": "90",
    }
    sent["once"] = re.findall(r'name="once" value="([^"]+)"', form)[0]
    assert "mk_live_" in client.post("/account/tokens", data=sent).text
    again = client.post("/account/tokens", data=sent, follow_redirects=True).text
    assert "显示过一次" in again and "mk_live_" not in again.partition("<main")[2].partition("<table")[0]
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(ApiToken).where(ApiToken.name == "核心系统")) == 1
