"""The outbox against a real SMTP peer: temporary and permanent answers, a server that is down, poison, injection."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.terms import Side
from matchmaker.outbox.channels.email import EmailChannel
from matchmaker.outbox.channels.inbox import InboxChannel
from matchmaker.outbox.channels.mail_files import MailFilesChannel
from matchmaker.outbox.dispatch import Tally, dispatch
from matchmaker.outbox.envelope import Body, Channel, Claimed, ComposeError, Nothing, reason_text
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.services import Draft, claim, delay, enqueue, mark_sent, message_id, release_leases, send_again
from matchmaker.settings import Settings
from tests.support.city import TUESDAY
from tests.support.smtp import Sink, free_port, smtp_sink

KIND = "note"


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    found = Database(migrated_url)
    yield found
    found.dispose()


@pytest.fixture
def sqlite(migrated_sqlite_url: str) -> Iterator[Database]:
    found = Database(migrated_sqlite_url)
    yield found
    found.dispose()


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


def compose(_session: Session, held: Claimed, _now: datetime) -> Body | Nothing:
    if held.contact_no.startswith("poison"):
        raise ComposeError("the template asks for a value that is not there")
    if held.contact_no.startswith("ended"):
        return Nothing("nothing_left")
    return Body(f"收件人 {held.contact_no}", f"{held.contact_no}@receiver.example", "新进展", "正文\n", "<p>正文</p>")


def put(database: Database, *numbers: str, channel: str = "email", window: str = "w1", at: datetime = TUESDAY) -> int:
    drafts = [Draft(n, channel, KIND, window, n, f"{n}@receiver.example", at) for n in numbers]
    with database.writing(SYSTEM) as session:
        return enqueue(session, drafts, now=at)


def settings_for(port: int) -> Settings:
    return Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_timeout=5)


def send(
    database: Database,
    settings: Settings,
    *,
    at: datetime = TUESDAY,
    limit: int | None = None,
    channels: Mapping[str, Channel] | None = None,
) -> Tally:
    found = channels or {"email": EmailChannel(settings)}
    return dispatch(database, found, {KIND: compose}, now=lambda: at, settings=settings, limit=limit)


def rows(database: Database) -> dict[str, OutboxMessage]:
    with database.reading(SYSTEM) as session:
        return {row.contact_no: row for row in session.scalars(select(OutboxMessage))}


def test_each_is_sent_once_with_headers_and_both_bodies(database: Database, sink: Sink) -> None:
    assert put(database, "a", "b", "c") == 3
    settings = settings_for(sink.port)
    assert send(database, settings).sent == 3
    assert send(database, settings) == Tally()
    assert [to for to, _ in sink.mails] == [[f"{n}@receiver.example"] for n in "abc"]
    mail = sink.mails[0][1]
    assert mail["Message-ID"] == f"<{message_id('a', 'email', KIND, 'w1')}@localhost.localdomain>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == TUESDAY
    assert mail["From"].addresses[0].display_name == "融资撮合"
    assert mail["To"].addresses[0].display_name == "收件人 a"
    assert mail["Subject"] == "新进展"
    assert mail["List-Unsubscribe"] is None
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "正文" in mail.get_body(("plain",)).get_content()
    row = rows(database)["a"]
    assert (row.state, row.attempt, row.sent_at, row.text) == ("sent", 1, TUESDAY, "正文\n")


def test_the_same_message_is_enqueued_once(database: Database) -> None:
    assert put(database, "a", "b") == 2
    assert put(database, "a", "b", "c") == 1
    assert put(database, "a", window="w2") == 1


def test_not_before_holds_it(database: Database, sink: Sink) -> None:
    put(database, "a", at=TUESDAY + timedelta(minutes=1))
    settings = settings_for(sink.port)
    assert send(database, settings) == Tally()
    assert send(database, settings, at=TUESDAY + timedelta(minutes=1)).sent == 1


@pytest.mark.parametrize("stage", ["on_rcpt", "on_data"])
def test_450_is_tried_again_and_550_is_not(database: Database, sink: Sink, stage: str) -> None:
    """smtplib raises the same exception for both, so only the code can tell."""
    answers = {"later": "450 mailbox busy", "never": "550 no such user", "fine": "250 OK"}
    setattr(sink, stage, lambda address: answers[address.partition("@")[0]])
    put(database, *answers)
    settings = settings_for(sink.port)
    tally = send(database, settings)
    assert (tally.sent, tally.waiting, tally.failed, tally.down) == (1, 1, 1, {})
    found = rows(database)
    assert {no: row.state for no, row in found.items()} == {"later": "waiting", "never": "failed", "fine": "sent"}
    assert found["later"].last_error == "smtp_later: 450 mailbox busy"
    assert found["never"].last_error == "smtp_refused: 550 no such user"
    assert "550 no such user" in reason_text(found["never"].last_error).zh
    assert timedelta(seconds=48) <= found["later"].not_before - TUESDAY <= timedelta(seconds=72)
    answers["later"] = "250 OK"
    assert send(database, settings, at=TUESDAY + timedelta(seconds=73)).sent == 1
    assert send(database, settings, at=TUESDAY + timedelta(days=30)) == Tally()


def test_a_message_of_its_own_fault_is_parked_after_so_many_tries(
    sqlite: Database, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    sink.on_rcpt = lambda _address: "451 try later"
    put(sqlite, "a")
    settings, at = settings_for(sink.port), TUESDAY
    waits = []
    for _ in range(settings.send_attempts):
        send(sqlite, settings, at=at)
        row = rows(sqlite)["a"]
        waits.append((row.not_before - at).total_seconds())
        at = max(row.not_before, at) + timedelta(seconds=1)
    assert (row.state, row.attempt) == ("failed", settings.send_attempts)
    assert all(0.8 * 60 * 2**n <= wait <= 1.2 * 60 * 2**n for n, wait in enumerate(waits[:5]))
    with sqlite.writing(SYSTEM) as session:
        assert send_again(session, None, actor=Actor("test", Side.TRUSTED), now=at, dry_run=True) == [row.message_id]
        with caplog.at_level("INFO", logger="matchmaker.outbox.services"):
            assert send_again(session, None, actor=Actor("test", Side.TRUSTED), now=at) == [row.message_id]
    assert caplog.messages == ["test puts 1 failed messages back in line"]
    sink.on_rcpt = lambda _address: "250 OK"
    assert send(sqlite, settings, at=at).sent == 1
    assert sink.ids() == [f"<{row.message_id}@localhost.localdomain>"]


def test_server_refused_for_ten_minutes_then_back(database: Database) -> None:
    """R11: nothing is lost, nothing is parked, attempts are visible, and the delays grow."""
    port, numbers = free_port(), [f"n{n:02d}" for n in range(30)]
    put(database, *numbers)
    settings, at, most = settings_for(port), TUESDAY, 0
    for _ in range(20):
        tally = send(database, settings, at=at)
        assert tally.sent == 0
        assert tally.down["email"].startswith("smtp_down")
        at += timedelta(seconds=30)
    found = rows(database)
    assert {row.state for row in found.values()} == {"waiting"}
    assert {row.failures for row in found.values()} == {0}
    most = max(row.attempt for row in found.values())
    assert 1 <= most <= 5
    with smtp_sink(port) as sink:
        for _ in range(200):
            if send(database, settings, at=at).sent == 0 and all(r.state == "sent" for r in rows(database).values()):
                break
            at += timedelta(seconds=30)
        assert len(sink.ids()) == len(set(sink.ids())) == 30
    drained = (at - TUESDAY - timedelta(minutes=10)).total_seconds()
    print(f"\nrefused for 10 minutes: at most {most} attempts, drained {drained:.0f} s after the server was back")
    assert drained <= 300


@pytest.mark.parametrize("reply", ["421 closing", "550 sender unknown"])
def test_what_the_server_says_to_everyone_is_no_message_s_fault(sqlite: Database, sink: Sink, reply: str) -> None:
    async def handle(_server: object, _session: object, _envelope: object, _address: str, _options: object) -> str:
        return reply

    sink.handle_MAIL = handle  # type: ignore[attr-defined]
    put(sqlite, "a", "b")
    tally = send(sqlite, settings_for(sink.port))
    assert tally.sent == tally.failed == 0
    assert tally.down["email"].startswith("smtp_sender" if reply.startswith("5") else "smtp_down")
    assert {row.state for row in rows(sqlite).values()} == {"waiting"}


def test_poison_at_the_head_does_not_block_the_rest(database: Database, sink: Sink) -> None:
    put(database, "poison", "ended", *(f"n{n}" for n in range(45)))
    settings, at = settings_for(sink.port), TUESDAY
    assert send(database, settings).sent == 45
    for _ in range(settings.send_attempts):
        at += timedelta(hours=2)
        send(database, settings, at=at)
    found = rows(database)
    assert found["poison"].state == "failed"
    assert found["poison"].failures == settings.send_attempts
    assert "the template asks" in str(found["poison"].last_error)
    assert (found["ended"].state, found["ended"].last_error) == ("dropped", "nothing_left")
    assert len(sink.mails) == 45


def test_a_kind_that_nobody_can_write_is_parked(sqlite: Database, sink: Sink) -> None:
    with sqlite.writing(SYSTEM) as session:
        enqueue(session, [Draft("a", "email", "unheard", "w", "a", "a@receiver.example", TUESDAY)], now=TUESDAY)
    assert send(sqlite, settings_for(sink.port)).waiting == 1
    assert str(rows(sqlite)["a"].last_error).startswith("compose")


@pytest.mark.parametrize(
    "address",
    ["", "no-at-sign", "two words@x.example", "a@b@c", "名@receiver.example", "a@x.example\r\nBcc: b@x.example"],
)
def test_an_address_that_cannot_be_one_fails_with_its_reason(sqlite: Database, sink: Sink, address: str) -> None:
    def to_it(_session: Session, _held: Claimed, _now: datetime) -> Body:
        return Body("名", address, "题", "文", "<p>文</p>")

    put(sqlite, "a", "b")
    settings = settings_for(sink.port)
    dispatch(sqlite, {"email": EmailChannel(settings)}, {KIND: to_it}, now=lambda: TUESDAY, settings=settings)
    assert {row.state for row in rows(sqlite).values()} == {"failed"}
    assert sink.mails == []


@pytest.mark.parametrize(
    "nasty",
    [
        "\r\nBcc: spy@x.example",
        "\nX-Evil: 1",
        "%0d%0aBcc: spy@x.example",
        "\u2028Bcc: a@x.example",
        "\x85Bcc: a@x.example",
        '"><script>',
        "，".join("长" * 90),
    ],
)
def test_no_name_or_subject_adds_a_header_or_a_recipient(sqlite: Database, sink: Sink, nasty: str) -> None:
    def named(_session: Session, held: Claimed, _now: datetime) -> Body:
        return Body(f"张{nasty}", f"{held.contact_no}@receiver.example", f"题{nasty}", "文", "<p>文</p>")

    put(sqlite, "a")
    settings = settings_for(sink.port)
    dispatch(sqlite, {"email": EmailChannel(settings)}, {KIND: named}, now=lambda: TUESDAY, settings=settings)
    (recipients, mail), *others = sink.mails
    assert others == []
    assert recipients == ["a@receiver.example"]
    assert {key.lower() for key in mail} == {
        "message-id", "date", "from", "to", "subject", "auto-submitted", "mime-version", "content-type",
    }  # fmt: skip


def test_a_text_that_cannot_be_mail_fails_alone(sqlite: Database, sink: Sink) -> None:
    def broken(_session: Session, held: Claimed, _now: datetime) -> Body:
        return Body("名", "a@receiver.example", "题", "半个字\ud83d" if held.contact_no == "a" else "文", "<p>文</p>")

    put(sqlite, "a", "b")
    settings = settings_for(sink.port)
    tally = dispatch(sqlite, {"email": EmailChannel(settings)}, {KIND: broken}, now=lambda: TUESDAY, settings=settings)
    assert (tally.sent, tally.sent + tally.failed + tally.waiting) == (1, 2)


def test_without_a_server_mail_becomes_files_that_a_repeat_overwrites(sqlite: Database, tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path / "instance")
    put(sqlite, "a", "b")
    channels = {"email": MailFilesChannel(settings)}
    assert send(sqlite, settings, channels=channels).sent == 2
    with sqlite.writing(SYSTEM) as session:
        session.execute(update(OutboxMessage).values(state="waiting"))
    assert send(sqlite, settings, channels=channels).sent == 2
    files = sorted(settings.mail_dir.iterdir())
    assert [file.name for file in files] == sorted(f"{row.message_id}.eml" for row in rows(sqlite).values())
    mail = message_from_bytes(files[0].read_bytes(), policy=policy.default)
    assert "正文" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr, attr-defined]


def test_a_mail_folder_that_cannot_be_written_loses_nothing(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    settings = Settings(instance=tmp_path)
    put(sqlite, "a")
    tally = send(sqlite, settings, channels={"email": MailFilesChannel(settings)})
    assert tally.down["email"].startswith("mail_folder")
    assert rows(sqlite)["a"].state == "waiting"


def test_the_inbox_needs_no_address(sqlite: Database) -> None:
    put(sqlite, "a", channel="inbox")
    assert send(sqlite, Settings(), channels={"inbox": InboxChannel()}).sent == 1
    assert rows(sqlite)["a"].text == "正文\n"


def test_one_channel_down_does_not_hold_another(sqlite: Database) -> None:
    settings = settings_for(free_port())
    put(sqlite, "a")
    put(sqlite, "b", channel="inbox")
    tally = send(sqlite, settings, channels={"email": EmailChannel(settings), "inbox": InboxChannel()})
    assert tally.sent == 1
    assert set(tally.down) == {"email"}


def test_a_lost_lease_cannot_finish(database: Database) -> None:
    """The fence: whoever holds an older claim changes nothing."""
    put(database, "a")
    lease = timedelta(seconds=60)
    with database.writing(SYSTEM) as session:
        (first,) = claim(session, "email", now=TUESDAY, lease=lease, limit=5)
    with database.writing(SYSTEM) as session:
        assert claim(session, "email", now=TUESDAY, lease=lease, limit=5) == []
        assert release_leases(session) == 0
        assert release_leases(session, orphaned=True) == 1
        (second,) = claim(session, "email", now=TUESDAY, lease=lease, limit=5)
        assert (first.attempt, second.attempt) == (1, 2)
    with database.writing(SYSTEM) as session:
        assert not mark_sent(session, first, now=TUESDAY)
        assert mark_sent(session, second, now=TUESDAY)
        assert not mark_sent(session, second, now=TUESDAY)


def test_a_lease_that_has_run_out_is_given_back(database: Database) -> None:
    """By the database's own time, whatever the application's clock says."""
    put(database, "a")
    with database.writing(SYSTEM) as session:
        claim(session, "email", now=TUESDAY, lease=timedelta(seconds=-1), limit=5)
    with database.writing(SYSTEM) as session:
        assert release_leases(session) == 1
    assert rows(database)["a"].state == "waiting"


def test_delays_grow_to_an_hour_and_are_jittered() -> None:
    assert all(timedelta(seconds=48) <= delay(1) <= timedelta(seconds=72) for _ in range(50))
    assert all(timedelta(minutes=48) <= delay(20) <= timedelta(minutes=72) for _ in range(50))
    assert len({delay(3) for _ in range(20)}) > 10


def test_a_claim_reads_only_the_index_of_what_waits(database: Database) -> None:
    """With a backlog of any length a claim must not look at every row."""
    put(database, *(f"n{n}" for n in range(300)))
    statements: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.writing(SYSTEM) as session:
        claim(session, "email", now=TUESDAY, lease=timedelta(seconds=60), limit=5)
        query, parameters = next((s, p) for s, p in statements if s.startswith("SELECT") and "not_before" in s)
        plain = query.replace(" FOR UPDATE SKIP LOCKED", "")
        if database.engine.dialect.name == "sqlite":
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {plain}", parameters).all()
        else:
            session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = session.connection().exec_driver_sql(f"EXPLAIN {plain}", parameters).all()
    event.remove(database.engine, "before_cursor_execute", note)
    assert "ix_outbox_message_claim" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
    assert "Sort" not in str(plan)
