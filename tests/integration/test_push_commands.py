"""``flask push`` from the outside: output, JSON, exit codes; and the table of jobs."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, update

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.jobs.context import Context
from matchmaker.jobs.heartbeat import end_heartbeat
from matchmaker.jobs.table import JOBS
from matchmaker.lists import models as lists
from matchmaker.lists.defaults import load_defaults
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.models import NoticeSetting, PushItem, PushRun, SchedulerHeartbeat
from matchmaker.settings import Settings
from tests.support.city import TUESDAY, small_city
from tests.support.smtp import free_port, smtp_sink

AT = ("--at", "2026-11-24T09:30")


@pytest.fixture
def database(migrated_sqlite_url: str) -> Iterator[Database]:
    found = Database(migrated_sqlite_url)
    with found.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        small_city(session, firms=3, banks=2)
    yield found
    found.dispose()


@pytest.fixture
def app(database: Database, tmp_path: Path) -> Flask:
    return create_app(Settings(instance=tmp_path, database_url=database.url), now=lambda: TUESDAY)


def flask(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(app.cli, list(words))


def count(database: Database, table: Any) -> int:
    with database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_run_says_what_was_pushed_to_whom_and_a_repeat_says_when_next(app: Flask) -> None:
    done = flask(app, "push", "run", *AT)
    assert done.exit_code == 0, done.output
    assert "# 企业 2026-11-24T09:30  已推送 · 6 项内容 · 3 条消息" in done.stdout
    assert "E001 联系人E001 <e001@receiver.example>  【融资撮合】有 2 个产品符合贵企业需求" in done.stdout
    assert "[已发送]" in done.stdout
    assert "# 主管部门 2026-11-23T09:00  已跳过：已过去超过 24 小时，不再补发" in done.stdout
    assert "发送 5，待发 0，失败 0" in done.stderr
    again = flask(app, "push", "run", *AT)
    assert again.stdout == ""
    assert "没有到期的窗口。接下来：企业 2026-12-01T09:30" in again.stderr


def test_json_is_one_document_and_dry_run_keeps_nothing(app: Flask, database: Database) -> None:
    dry = flask(app, "push", "run", *AT, "--dry-run", "--json")
    assert dry.exit_code == 0
    told = json.loads(dry.stdout)
    assert (told["dry_run"], told["dispatch"]) == (True, None)
    assert count(database, PushRun) == count(database, PushItem) == count(database, OutboxMessage) == 0
    real = json.loads(flask(app, "push", "run", *AT, "--json", "--audience", "bank").stdout)
    assert set(real) == {"at", "dry_run", "windows", "messages", "dispatch", "people_without_contact", "next_windows"}
    assert real["windows"] == [
        {
            "audience": "bank",
            "window": "2026-11-24T08:30",
            "state": "planned",
            "reason": None,
            "calendar_warning": None,
            "items": 6,
            "messages": 2,
            "not_before": "2026-11-24T09:30:00+08:00",
            "left_out": [],
        }
    ]
    assert real["dispatch"] == {"sent": 2, "waiting": 0, "failed": 0, "dropped": 0, "down": {}}
    assert real["next_windows"]["bank"] == "2026-11-25T08:30"
    message = real["messages"][0]
    assert set(message) == {
        "message_id", "audience", "contact_no", "name", "channel", "address", "state", "state_label", "reason",
        "not_before", "subject", "items",
    }  # fmt: skip


def test_preview_prints_what_each_reads_in_the_language_asked_for(app: Flask, database: Database) -> None:
    shown = flask(app, "push", "preview", *AT, "--audience", "bank", "--lang", "en")
    assert shown.exit_code == 0, shown.output
    assert "# banks 2026-11-24T08:30  would be pushed · 6 items · 2 messages" in shown.stdout
    assert "首次响应时限：11-27（周五，剩 3 个工作日）" in shown.stdout, "a contact's own language is that of the mail"
    assert count(database, PushRun) == 0


def test_preview_says_who_chose_not_to_receive(app: Flask, database: Database) -> None:
    with database.writing(SYSTEM) as session:
        session.add(NoticeSetting(contact_no="B1-1", digest="none", changed_at=TUESDAY))
    words = ("push", "preview", *AT, "--audience", "bank")
    shown = flask(app, *words).stdout
    assert "# 银行 2026-11-24T08:30  将推送 · 3 项内容 · 1 条消息" in shown
    assert "  B1-1  [本人选择：不收，本次不发]" in shown and "B1-1 联系人" not in shown
    assert "  B1-1  [not sent, by choice: not at all]" in flask(app, *words, "--lang", "en").stdout
    (window,) = json.loads(flask(app, *words, "--json").stdout)["windows"]
    assert window["left_out"] == [{"contact_no": "B1-1", "choice": "none", "label": "不收"}]


def test_a_server_that_is_down_is_exit_8_and_the_mail_waits(database: Database, tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(instance=tmp_path, database_url=database.url, smtp_host="127.0.0.1", smtp_port=port)
    app = create_app(settings, now=lambda: TUESDAY)
    failed = flask(app, "push", "run", *AT)
    assert failed.exit_code == 8
    assert "channel_down" in failed.stderr
    assert "邮件服务器连接不上" in failed.stderr
    listed = json.loads(flask(app, "push", "outbox", "--json").stdout)
    assert listed["counts"] == {"waiting": 5}
    assert any(message["attempts"] == 1 for message in listed["messages"])
    with smtp_sink(port) as sink:
        later = (TUESDAY + timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M")
        assert flask(app, "push", "run", "--at", later).exit_code == 0
        assert len(sink.mails) == len(set(sink.ids())) == 5


def test_failed_messages_are_listed_with_their_reason_and_sent_again(database: Database, tmp_path: Path) -> None:
    with smtp_sink() as sink:
        sink.on_rcpt = lambda address: "550 no such user" if address.startswith("e002") else "250 OK"
        settings = Settings(instance=tmp_path, database_url=database.url, smtp_host="127.0.0.1", smtp_port=sink.port)
        app = create_app(settings, now=lambda: TUESDAY)
        assert flask(app, "push", "run", *AT).exit_code == 0
        listed = flask(app, "push", "outbox", "--state", "failed")
        assert "邮件服务器退回了这封邮件（550 no such user）" in listed.stdout
        sink.on_rcpt = lambda _address: "250 OK"
        assert flask(app, "push", "retry").exit_code == 2
        shown = flask(app, "push", "retry", "--all", "--dry-run")
        assert "将有 1 条消息重新排队" in shown.stderr
        assert len(shown.stdout.split()) == 1
        assert json.loads(flask(app, "push", "outbox", "--json").stdout)["counts"]["failed"] == 1, "nothing changed"
        assert "1 条消息已重新排队" in flask(app, "push", "retry", "--all").stderr
        flask(app, "push", "run", *AT)
        assert len(sink.mails) == len(set(sink.ids())) == 5


@pytest.mark.parametrize("written", ["tomorrow", "2026-13-01T00:00", "09:30", "0026-11-24T09:30", "9999-12-31T23:59"])
def test_a_moment_that_cannot_be_read_is_usage(app: Flask, written: str) -> None:
    wrong = flask(app, "push", "run", "--at", written)
    assert wrong.exit_code == 2
    assert written in wrong.stderr


def test_an_outbox_with_nothing_to_list_says_so_in_a_sentence(app: Flask) -> None:
    assert flask(app, "push", "outbox").stderr == "没有状态为“等待发送”或“发送失败”的消息。\n"
    listed = flask(app, "push", "outbox", "--state", "failed", "--lang", "en")
    assert listed.stderr == "There are no messages with the state failed.\n"


def test_help_says_that_run_really_sends_and_preview_does_not(app: Flask) -> None:
    said = " ".join(flask(app, "push", "run", "--help").stdout.split())
    assert "really send what is due, also with --at" in said
    assert "without sending, use flask push preview" in said
    assert "nothing is sent or kept" in " ".join(flask(app, "push", "preview", "--help").stdout.split())


def test_an_empty_database_has_nothing_to_say(migrated_sqlite_url: str, tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, database_url=migrated_sqlite_url), now=lambda: TUESDAY)
    done = flask(app, "push", "run", *AT)
    assert done.exit_code == 0
    assert "0 项内容 · 0 条消息" in done.stdout
    assert "2026 年" in done.stderr, "no calendar has been imported, and it says so"


def test_every_job_runs_and_is_labelled_in_both_languages(database: Database, tmp_path: Path) -> None:
    with database.writing(SYSTEM) as session:
        past = update(lists.Need).where(lists.Need.need_no == "XQ-20261118-0001")
        session.execute(past.values(latest_funding_on=TUESDAY.date() - timedelta(days=1)))
    settings = Settings(instance=tmp_path)
    context = Context(database, settings, lambda: TUESDAY, started_at=TUESDAY)
    assert len({job.key for job in JOBS}) == len(JOBS)
    for job in JOBS:
        assert job.label.zh
        assert job.label.en
        assert str(settings.zone) in str(job.trigger(settings).timezone)
        job.run(context)
        job.run(context)
    assert count(database, PushRun) == 3
    assert count(database, SchedulerHeartbeat) == 1
    with database.reading(SYSTEM) as session:
        assert {str(s) for s in session.scalars(select(lists.Need.status))} == {"expired", "published"}
        assert {m.state for m in session.scalars(select(OutboxMessage))} == {"sent"}
    end_heartbeat(context)
    assert count(database, SchedulerHeartbeat) == 0
