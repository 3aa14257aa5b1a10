"""E-6 and the pages of consent, without a browser: before, with and after a consent, on every page, link and export."""

import hashlib
import html
import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.accounts.models import AuditEvent, Consent, Disclosure, SubjectRequest
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.lists.models import CreditRecord, Need, Organisation
from tests.support.accounts import parts_of, sign_in_as
from tests.support.city import code_of
from tests.support.consenting import NOW, fill, lead_of, need_no

SECRETS = ("隐名1号", code_of(1), code_of(1)[8:17], "13812345678", "e001@receiver.example", "秘密订单")


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


@pytest.fixture
def bank(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.ACCOUNT_MANAGER, org_code="B1")


@pytest.fixture
def other_bank(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.ACCOUNT_MANAGER, org_code="B2")


def post(client: FlaskClient, form_at: str, to: str, **values: Any) -> Any:
    """Send a form with the token of the page it stands on."""
    found = re.search('name="csrf_token" value="([^"]+)"', client.get(form_at).text)
    assert found, form_at
    answer = client.post(to, data={"csrf_token": found[1], **values})
    assert answer.status_code < 500
    return answer


def hidden(page: str) -> dict[str, Any]:
    """Values of the hidden fields of the first form with words."""
    form = page[page.index('class="words"') :]
    form = form[: form.index("</form>")]
    return dict(re.findall('type="hidden" name="([a-z]+)" value="([^"]*)"', form))


def consent(app: Flask, firm: FlaskClient, org_code: str = "B1", **query: Any) -> None:
    address = f"/consents/new?lead={lead_of(parts_of(app).database, org_code)}"
    for name, values in query.items():
        address += "".join(f"&{name}={value}" for value in values)
    shown = firm.get(address)
    assert 'class="words"' in shown.text
    groups = re.findall(
        'name="groups" value="([a-z]+)">', shown.text[: shown.text.index("</form>", shown.text.index("words"))]
    )
    answer = post(firm, address, "/consents", **{**hidden(shown.text), "groups": groups})
    assert answer.status_code == 302


def withdraw(app: Flask, firm: FlaskClient) -> None:
    with parts_of(app).database.reading(SYSTEM) as session:
        given = session.scalars(select(Consent).where(Consent.withdrawn_at.is_(None))).one()
    answer = post(firm, "/consents", f"/consents/{given.public_id}/withdraw", version=given.version)
    assert answer.location.endswith("said=withdrawn")


def everything(app: Flask, client: FlaskClient, org_code: str) -> str:
    """All that a bank can read on its pages and in its export, as text."""
    lead = lead_of(parts_of(app).database, org_code)
    said = [client.get(path).text for path in ("/leads", "/leads?state=ended", f"/leads/{lead}", "/consents")]
    return "\n".join([*said, *exported(client)])


def exported(client: FlaskClient) -> list[str]:
    answer = post(client, "/leads", "/leads/export")
    assert not any(secret in answer.location for secret in SECRETS)
    got = client.get(f"{answer.location}/leads.xlsx")
    assert got.status_code == 200
    return workbook(got.data)


def workbook(data: bytes) -> list[str]:
    book = openpyxl.load_workbook(BytesIO(data))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    return [str(cell.value) for cell in cells] + [str(book.properties.creator), str(book.properties.title)]


def test_e6_before_with_and_after_a_consent(
    app: Flask, firm: FlaskClient, bank: FlaskClient, other_bank: FlaskClient
) -> None:
    assert [secret for secret in SECRETS if secret in everything(app, bank, "B1")] == []
    consent(app, firm, groups=["contact"])
    seen = everything(app, bank, "B1")
    assert [secret for secret in SECRETS if secret not in seen] == []
    assert [secret for secret in SECRETS if secret in everything(app, other_bank, "B2")] == []
    titles = re.findall("<title>(.*?)</title>", seen)
    assert titles and not any(secret in title for title in titles for secret in SECRETS)
    withdraw(app, firm)
    assert [secret for secret in SECRETS if secret in everything(app, bank, "B1")] == []
    with parts_of(app).database.reading(SYSTEM) as session:
        actions = set(session.scalars(select(AuditEvent.action)))
        channels = set(session.scalars(select(Disclosure.channel)))
    assert {"consent.granted", "consent.withdrawn", "leads.exported"} <= actions
    assert channels == {"page", "export"}


def test_an_export_link_is_only_leave_to_ask(
    app: Flask, firm: FlaskClient, bank: FlaskClient, other_bank: FlaskClient, clock: Clock
) -> None:
    consent(app, firm)
    link = post(bank, "/leads", "/leads/export").location + "/leads.xlsx"
    assert any("隐名1号" in cell for cell in workbook(bank.get(link).data))
    withdraw(app, firm)
    assert not any("隐名1号" in cell for cell in workbook(bank.get(link).data))
    assert other_bank.get(link).status_code == 404, "another's link"
    assert bank.get(link.replace("/exports/", "/exports/x")).status_code == 404
    clock.at += timedelta(minutes=29)
    bank.get("/leads")
    clock.at += timedelta(minutes=29)
    assert bank.get(link).status_code == 200
    clock.at += timedelta(minutes=3)
    assert bank.get(link).status_code == 404, "it has run out"


def test_the_enterprise_sees_its_consents_and_who_looked(app: Flask, firm: FlaskClient, bank: FlaskClient) -> None:
    first = firm.get("/consents").text
    assert "同意该银行查看企业名称" in first and "还没有人看过" in first
    consent(app, firm)
    bank.get(f"/leads/{lead_of(parts_of(app).database, 'B1')}")
    after = firm.get("/consents").text
    assert "B1银行股份有限公司" in after and "企业：统一社会信用代码、企业名称；" in after and "办理融资对接" in after
    assert "秘密" not in bank.get("/consents").text
    stranger = sign_in_as(app, Role.FINANCE, uscc=code_of(2))
    assert "还没有人看过" in stranger.get("/consents").text
    assert stranger.get(f"/consents/new?lead={lead_of(parts_of(app).database, 'B1')}").status_code == 404


def test_the_words_shown_are_the_evidence(app: Flask, firm: FlaskClient) -> None:
    address = f"/consents/new?lead={lead_of(parts_of(app).database, 'B1')}&groups=contact&days=30&lang=en"
    words = re.search('class="words">(.*?)</p>', firm.get(address).text)
    assert words
    consent(app, firm, groups=["contact"], days=[30], lang=["en"])
    with parts_of(app).database.reading(SYSTEM) as session:
        given = session.scalars(select(Consent)).one()
    assert given.evidence == html.unescape(words[1])
    assert given.groups == ["identity", "contact"] and given.expires_at == NOW + timedelta(days=30)


@pytest.mark.parametrize("until", ["", "x", "2026-11-24", "2026-11-24T09:00:00+08:00", "2029-01-01T00:00:00+08:00"])
def test_an_end_that_makes_no_sense_is_refused(app: Flask, firm: FlaskClient, until: str) -> None:
    lead = lead_of(parts_of(app).database, "B1")
    answer = post(firm, f"/consents/new?lead={lead}", "/consents", lead=lead, until=until)
    assert answer.status_code in (409, 422), "others than those shown, or no end at all"
    assert given_to(app) == []


@pytest.mark.parametrize("change", ["none", "wider", "later", "language", "renamed"])
def test_other_words_than_those_shown_are_no_consent(app: Flask, firm: FlaskClient, change: str) -> None:
    """The form is shown again with the words as they are now; what is agreed to is what was read (PIPL 14)."""
    address = f"/consents/new?lead={lead_of(parts_of(app).database, 'B1')}"
    form = hidden(firm.get(address).text)
    if change == "none":
        del form["words"]
    elif change == "later":
        form["until"] = (NOW + timedelta(days=300)).isoformat()
    elif change == "renamed":
        with parts_of(app).database.writing(SYSTEM) as session:
            session.scalars(select(Organisation).where(Organisation.org_code == "B1")).one().name = "另一家银行"
    groups = ["identity", "contact"] if change == "wider" else ["identity"]
    to = "/consents?lang=en" if change == "language" else "/consents"
    answer = post(firm, address, to, **{**form, "groups": groups})
    assert answer.status_code == 409 and 'id="trouble"' in answer.text
    assert given_to(app) == []
    again = hidden(answer.text)
    assert post(firm, address, to, **{**again, "groups": groups}).status_code == 302
    (given,), (event,) = given_to(app), granted(app)
    assert (event.after or {})["words"] == hashlib.sha256(given.evidence.encode()).hexdigest() == again["words"]


def given_to(app: Flask) -> list[Consent]:
    with parts_of(app).database.reading(SYSTEM) as session:
        return list(session.scalars(select(Consent)))


def granted(app: Flask) -> list[AuditEvent]:
    with parts_of(app).database.reading(SYSTEM) as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == "consent.granted")))


def test_approved_text_reaches_the_bank_and_a_change_voids_it(app: Flask, firm: FlaskClient, bank: FlaskClient) -> None:
    database = parts_of(app).database
    lead = f"/leads/{lead_of(database, 'B1')}"
    describe(database, "隐名1号扩产，电话 138 1234 5678，需要流动资金")
    path = f"/needs/{need_no()}/preview"
    shown = firm.get(path).text
    assert "■■扩产，■■，需要流动资金" in shown and "未确认" in shown
    assert "扩产" not in bank.get(lead).text
    looked = post(firm, path, path, verdict="look", brands="扩产、流动").text
    assert "■■，需要■■资金" in looked
    as_shown = re.search('name="as_shown" value="([^"]+)"', shown)
    assert as_shown
    assert post(firm, path, path, as_shown="0" * 64).status_code == 409, "not what was shown"
    assert post(firm, path, path, as_shown=as_shown[1]).status_code == 302
    read = bank.get(lead).text
    assert "■■扩产，■■，需要流动资金" in read and "隐名" not in read and "1234" not in read
    describe(database, "隐名1号换了说法")
    assert "扩产" not in bank.get(lead).text and "未确认" in firm.get(path).text
    assert bank.get(path).status_code == 403
    assert sign_in_as(app, Role.FINANCE, uscc=code_of(2)).get(path).status_code == 404


def describe(database: Database, text: str) -> None:
    with database.writing(SYSTEM) as session:
        session.scalars(select(Need).where(Need.need_no == need_no())).one().description = text


def test_a_dispute_is_marked_at_once_and_answered(app: Flask, firm: FlaskClient, bank: FlaskClient) -> None:
    database = parts_of(app).database
    consent(app, firm)
    lead = f"/leads/{lead_of(database, 'B1')}"
    before = bank.get(lead).text.count("<dt>异议</dt><dd>是</dd>")
    with database.reading(SYSTEM) as session:
        record = session.scalars(select(CreditRecord).where(CreditRecord.record_no == "C1")).one()
    sent = post(firm, "/requests", "/requests/correction", record=record.public_id, about="该处罚已经撤销")
    assert sent.status_code == 302
    assert bank.get(lead).text.count("<dt>异议</dt><dd>是</dd>") == before + 1
    with database.reading(SYSTEM) as session:
        made = session.scalars(select(SubjectRequest)).one()
        assert made.due_on.isoformat() == "2026-12-03", "7 workdays, stricter than 20 days"
    operator = sign_in_as(app, Role.OPERATOR, org_code="J1")
    answer = f"/requests/{made.public_id}/answer"
    one = f"/requests/answers/{made.public_id}"
    assert f'href="{one}"' in operator.get("/requests/answers?state=open").text
    assert f'href="{one}"' not in operator.get("/requests/answers?state=done").text
    short = post(operator, one, answer, outcome="done", answer="好", keep_mark="yes", version=1)
    assert short.status_code == 422 and ">好</textarea>" in short.text and 'value="yes" checked' in short.text
    done = {"outcome": "done", "answer": "经核实该处罚已撤销，已更正。", "version": 1}
    unmended = post(operator, one, answer, **done)
    assert unmended.status_code == 422 and "还没有更正" in unmended.text
    assert post(operator, one, answer, withdraw="yes", **done).status_code == 302
    assert "经核实该处罚已撤销" in firm.get("/requests").text
    assert bank.get(lead).text.count("<dt>异议</dt><dd>是</dd>") == before
    again = post(operator, "/requests/answers", answer, outcome="refused", answer="经核实该处罚没有撤销。", version=1)
    assert again.status_code == 409


def test_a_dispute_that_says_nothing_is_shown_again_with_the_record_that_was_chosen(
    app: Flask, firm: FlaskClient
) -> None:
    with parts_of(app).database.reading(SYSTEM) as session:
        record = session.scalars(select(CreditRecord).where(CreditRecord.record_no == "C4")).one()
    again = post(firm, "/requests", "/requests/correction", record=record.public_id, about="  ")
    assert again.status_code == 422 and 'id="trouble"' in again.text and "<title>错误：" in again.text
    assert f'value="{record.public_id}" selected' in again.text
    long = post(firm, "/requests", "/requests/correction", record=record.public_id, about="不对" * 1001)
    assert long.status_code == 422 and "不对" * 1001 in long.text
    closing = post(firm, "/requests", "/requests/deletion", confirm="91", about="不再需要")
    assert closing.status_code == 422 and "<details open>" in closing.text
    assert 'value="91"' in closing.text and 'value="不再需要"' in closing.text
    with parts_of(app).database.reading(SYSTEM) as session:
        assert not session.scalars(select(SubjectRequest)).all()


def test_a_bank_with_consent_is_named_as_a_reader_of_the_text(app: Flask, firm: FlaskClient, bank: FlaskClient) -> None:
    lead = f"/leads/{lead_of(parts_of(app).database, 'B1')}"
    assert "未确认，银行看不到" in firm.get("/consents").text and "秘密订单" not in bank.get(lead).text
    consent(app, firm)
    assert "秘密订单" in bank.get(lead).text
    page = firm.get("/consents").text
    assert "未确认，银行看不到" not in page and "未确认，未获授权的银行看不到" in page
    assert "按您的授权看得到原文：B1银行股份有限公司" in page
    assert "Read as written, by your consent: B1" in firm.get("/consents?lang=en").text
    withdraw(app, firm)
    assert "未确认，银行看不到" in firm.get("/consents?lang=zh").text and "秘密订单" not in bank.get(lead).text


def test_another_enterprises_record_is_not_found(app: Flask, firm: FlaskClient) -> None:
    stranger = sign_in_as(app, Role.FINANCE, uscc=code_of(2))
    with parts_of(app).database.reading(SYSTEM) as session:
        record = session.scalars(select(CreditRecord).where(CreditRecord.record_no == "C1")).one()
    answer = post(stranger, "/requests", "/requests/correction", record=record.public_id, about="不是我的")
    assert answer.status_code == 404


def test_a_copy_holds_everything_and_deletion_ends_everything(app: Flask, firm: FlaskClient, bank: FlaskClient) -> None:
    consent(app, firm)
    lead = f"/leads/{lead_of(parts_of(app).database, 'B1')}"
    bank.get(lead)
    copy = post(firm, "/requests", "/requests/copy").json
    assert copy["parts"]["enterprise"][0]["name"] == "威海隐名1号机械有限公司"
    filled = {key for key, rows in copy["parts"].items() if rows}
    wanted = {"enterprise", "needs", "contacts", "credit_records", "versions", "people", "sessions", "consents",
              "disclosures", "leads"}  # fmt: skip
    assert wanted <= filled
    assert "隐名2号" not in str(copy) and "token_hash" not in str(copy)
    assert post(firm, "/requests", "/requests/deletion", confirm="不对").status_code == 422
    assert post(firm, "/requests", "/requests/deletion", confirm=code_of(1)).status_code == 302
    operator = sign_in_as(app, Role.OPERATOR, org_code="J1")
    with parts_of(app).database.reading(SYSTEM) as session:
        made = session.scalars(select(SubjectRequest)).one()
    answer = f"/requests/{made.public_id}/answer"
    done = post(operator, "/requests/answers", answer, outcome="done", answer="已核实身份。", version=made.version)
    assert done.status_code == 302
    assert "征信业管理条例" in operator.get(f"/requests/answers/{made.public_id}").text
    assert firm.get("/requests").status_code in (302, 401)
    assert "隐名1号" not in bank.get(lead).text
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(Need.status).where(Need.uscc == code_of(1))).all() == ["withdrawn"]
