"""Inbox and notification settings as pages: own messages alone, read when one says so, a choice that is kept."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import ContactRole, Role
from matchmaker.lists.models import Contact
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.models import NoticeSetting
from matchmaker.push.services import run_push
from tests.support.accounts import parts_of, sign_in_as
from tests.support.browsing import send, token_on
from tests.support.city import code_of
from tests.support.consenting import NOW, fill

WINDOWS = ("2026-10-06T09:30", "2026-11-10T09:30", "2026-11-17T09:30")


@pytest.fixture
def app(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """Everybody has had a digest; the first enterprise three notices before."""
    database = Database(migrated_sqlite_url)
    settings = fill(database, tmp_path)
    run_push(database, settings, now=lambda: NOW, audiences=("enterprise",))
    with database.writing(SYSTEM) as session:
        for number, window in enumerate(WINDOWS):
            session.add(
                OutboxMessage(
                    contact_no="E001", channel="email", kind="stale_notice", window=window, state="sent", name="x",
                    not_before=NOW, created_at=NOW, message_id=f"{number:040d}", sent_at=NOW,
                    subject=f"<b>提醒{number}", text=f"请确认 <i>{number}\n{settings.public_url}/needs?x=1。\nhttps://evil.example/x",
                )
            )  # fmt: skip
    database.dispose()
    made = create_app(settings, now=lambda: NOW)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def firm(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.FINANCE, uscc=code_of(1), contact_no="E001")


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.ACCOUNT_MANAGER, org_code="B1", contact_no="B1-1")


def links(shown: str) -> list[str]:
    return re.findall(r'href="/inbox/([0-9a-f]{40})"', shown)


def messages(app: Flask, **where: Any) -> list[OutboxMessage]:
    with parts_of(app).database.reading(SYSTEM) as session:
        return list(session.scalars(select(OutboxMessage).filter_by(**where).order_by(OutboxMessage.id)))


def test_unread_is_said_in_words_beside_the_menu_and_on_the_workbench(firm: FlaskClient) -> None:
    first = firm.get("/").text
    assert '<span class="unseen">未读 </span>4</span>' in first and "您有 4 条未读消息" in first
    shown = firm.get("/inbox").text
    assert len(links(shown)) == 4 and shown.count('<span class="tag waiting">未读</span>') == 4
    assert shown.count("<strong>") == 4 and "&lt;b&gt;提醒0" in shown and "<b>提醒" not in shown
    english = firm.get("/?lang=en").text
    assert "4 unread messages" in english


def test_reading_one_changes_nothing_and_its_button_does(app: Flask, firm: FlaskClient) -> None:
    (message,) = messages(app, contact_no="E001", kind="enterprise_digest")
    path = f"/inbox/{message.message_id}"
    for _ in range(2):
        shown = firm.get(path).text
        assert "未读" in shown and "标为已读" in shown
    assert messages(app, message_id=message.message_id)[0].read_at is None
    answer = send(firm, path, "/inbox/read", message=message.message_id)
    assert (answer.status_code, answer.location) == (303, "/inbox")
    assert "1 条消息已标为已读" in firm.get("/inbox").text
    again = firm.get(path).text
    assert "标为已读</button>" not in again and "已读" in again
    assert len(links(firm.get("/inbox?unread=yes").text)) == 3 == 4 - len(links(firm.get("/inbox?unread=no").text))
    assert "您有 3 条未读消息" in firm.get("/").text


def test_all_unread_of_the_page_are_marked_at_once(app: Flask, firm: FlaskClient) -> None:
    shown = firm.get("/inbox?kind=stale_notice")
    assert "本页 3 条未读标为已读" in shown.text
    named = re.findall(r'name="message" value="([0-9a-f]{40})"', shown.text)
    firm.post("/inbox/read", data={"csrf_token": token_on(shown), "message": named})
    assert "3 条消息已标为已读" in firm.get("/inbox").text
    assert [bool(one.read_at) for one in messages(app, contact_no="E001")].count(False) == 1
    firm.post("/inbox/read", data={"csrf_token": token_on(shown), "message": named})
    assert "没有未读消息需要标记" in firm.get("/inbox").text


def test_a_message_is_its_text_with_links_to_this_platform_alone(firm: FlaskClient) -> None:
    shown = firm.get(f"/inbox/{0:040d}").text
    assert '<a href="/needs?x=1">http://127.0.0.1:5000/needs?x=1</a>。' in shown
    assert "https://evil.example/x" in shown and 'href="https://evil.example' not in shown
    assert "请确认 &lt;i&gt;0" in shown


def test_the_text_is_that_of_the_mail(app: Flask, firm: FlaskClient) -> None:
    (message,) = messages(app, contact_no="E001", kind="enterprise_digest")
    shown = re.sub(r"<a [^>]+>|</a>", "", firm.get(f"/inbox/{message.message_id}").text)
    assert message.text and message.text.strip() in shown
    assert '<a href="/account/notices">' in firm.get(f"/inbox/{message.message_id}").text


def test_another_persons_message_is_not_there(app: Flask, manager: FlaskClient) -> None:
    """Nor is it marked as read by somebody who knows its id."""
    assert len(links(manager.get("/inbox").text)) == 1
    theirs = messages(app, contact_no="E001")[0]
    assert manager.get(f"/inbox/{theirs.message_id}").status_code == 404
    send(manager, "/inbox", "/inbox/read", message=theirs.message_id)
    assert "没有未读消息需要标记" in manager.get("/inbox").text
    assert messages(app, message_id=theirs.message_id)[0].read_at is None
    colleague = sign_in_as(app, Role.LEAD, org_code="B1")
    shown = colleague.get("/inbox").text
    assert links(shown) == [] and "没有关联联系人" in shown and "还没有消息" in shown


def test_the_table_narrows_sorts_and_goes_into_a_workbook(firm: FlaskClient) -> None:
    assert len(links(firm.get("/inbox?q=提醒2").text)) == 1
    assert "没有符合筛选条件" in firm.get("/inbox?kind=bank_digest").text
    by_subject = links(firm.get("/inbox?sort=subject&kind=stale_notice").text)
    assert by_subject == [f"{n:040d}" for n in range(3)] and links(firm.get("/inbox?sort=-subject").text) != by_subject
    book = openpyxl.load_workbook(BytesIO(firm.get("/inbox/export.xlsx?kind=stale_notice").data))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0] == ("主题", "种类", "状态", "时间") and len(rows) == 4
    assert rows[1][:3] == ("<b>提醒2", "确认提醒", "未读") and rows[1][3] == NOW.replace(tzinfo=None)


def test_a_text_that_was_blanked_says_so(app: Flask, firm: FlaskClient) -> None:
    with parts_of(app).database.writing(SYSTEM) as session:
        session.execute(update(OutboxMessage).values(text=None, html=None))
    assert "正文已清空" in firm.get(f"/inbox/{0:040d}").text


# Notification settings


def test_a_choice_is_made_kept_and_shown(app: Flask, firm: FlaskClient) -> None:
    shown = firm.get("/account/notices").text
    assert "每周二 09:30" in shown and 'value="every" checked' in shown and 'value="weekly"' not in shown
    assert '<time datetime="2026-12-01T09:30:00+08:00">' in shown and "有银行接单" in shown
    assert "企业撤回授权" not in shown, "that is told to banks"
    answer = send(firm, "/account/notices", digest="none")
    assert (answer.status_code, answer.location) == (303, "/account/notices")
    kept = firm.get("/account/notices").text
    assert "通知设置已保存" in kept and 'value="none" checked' in kept and "不发摘要" in kept
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(NoticeSetting.digest)).all() == ["none"]
    english = firm.get("/account/notices?lang=en").text
    assert "each Tuesday at 09:30" in english and not re.findall("[\u4e00-\u9fff]+", english.split("<h1>")[1][:400])


@pytest.mark.parametrize("choice", ["", "weekly", "x"])
def test_what_is_not_offered_is_asked_for_again(firm: FlaskClient, choice: str) -> None:
    answer = send(firm, "/account/notices", digest=choice)
    assert answer.status_code == 422 and "<title>错误：" in answer.text
    assert answer.text.count("请选择多久收一次推荐摘要。") == 2 and 'href="#digest"' in answer.text
    assert 'value="every" checked' in answer.text


def test_a_bank_may_choose_weekly_too(manager: FlaskClient) -> None:
    shown = manager.get("/account/notices").text
    assert "每个工作日 08:30" in shown and 'value="weekly"' in shown and "企业撤回授权" in shown
    assert "b1-1@receiver.example" in shown


def test_the_bureau_reads_that_weeks_without_a_report_are_not_made_up_for(app: Flask) -> None:
    shown = sign_in_as(app, Role.OPERATOR, org_code="J1", contact_no="J1-1").get("/account/notices").text
    assert "每周首个工作日 09:00" in shown and "其余各周的不再补发" in shown and "并入下一个月" not in shown


def test_whom_nothing_is_sent_to_reads_why(app: Flask) -> None:
    stranger = sign_in_as(app, Role.FINANCE, uscc=code_of(2))
    shown = stranger.get("/account/notices").text
    assert "没有关联联系人" in shown and 'type="radio"' not in shown
    assert send(stranger, "/account/notices", digest="none").status_code == 404
    with parts_of(app).database.writing(SYSTEM) as session:
        session.execute(update(Contact).where(Contact.contact_no == "B2-1").values(role=ContactRole.LEAD, email=None))
    lead = sign_in_as(app, Role.LEAD, org_code="B2", contact_no="B2-1")
    shown = lead.get("/account/notices").text
    assert "您的联系人角色不收推荐摘要" in shown and "没有填写邮箱" in shown and 'type="radio"' not in shown


def test_the_account_leads_to_the_settings(firm: FlaskClient) -> None:
    assert 'href="/account/notices"' in firm.get("/account").text
    assert 'href="/account/notices"' in firm.get("/inbox").text
