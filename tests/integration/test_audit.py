"""The audit chain holds, says where it does not, and can be checked without the database."""

import ast
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, func, select, text

from matchmaker import create_app
from matchmaker.accounts.audit import FIRST, Broken, Head, newest_head, record_event, verify_chain
from matchmaker.accounts.audit_files import copy_head, export_chain, read_heads
from matchmaker.accounts.audit_titles import TITLES
from matchmaker.accounts.models import AuditEvent, AuditHead
from matchmaker.actor import SYSTEM, Actor
from matchmaker.cli.base import Exit
from matchmaker.db import Database
from matchmaker.domain.errors import ConfigurationError, RejectedError
from matchmaker.domain.terms import EntryStatus, Role, Side
from matchmaker.jobs.context import Context
from matchmaker.jobs.table import JOBS
from matchmaker.lists.models import Organisation
from matchmaker.lists.queries import find_entry
from matchmaker.lists.services import change_status, confirm_entries
from matchmaker.lists.services.owned import OWNING
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, add_person, client_of
from tests.support.lists import LATER, NOW, put, stored, table

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "check-the-audit.md"
BANK = Actor("person:abc", Side.BANK, orgs=("B1",), address="203.0.113.7", request_id="r1")
APPENDS = 25
WRITERS = 8


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    yield made
    made.dispose()


def record(database: Database, *subjects: str, actor: Actor = BANK) -> None:
    for number, subject in enumerate(subjects):
        with database.writing(actor) as session:
            record_event(
                session,
                actor=actor,
                action="product.changed",
                subject=subject,
                now=NOW + timedelta(microseconds=number),
                before={"状态": "草稿", "rate": 0.1},
                after={"状态": "发布", "list": [1, None, True]},
            )


def flaws(database: Database, heads: list[Head] | None = None) -> list[Broken]:
    with database.reading(SYSTEM) as session:
        return verify_chain(session, heads or [])[1]


def head_of(database: Database) -> Head:
    with database.reading(SYSTEM) as session:
        return newest_head(session)


# Writing


def test_a_link_says_who_did_what_to_what_when_and_from_where(database: Database) -> None:
    record(database, "product:p1", "product:p2")
    with database.reading(SYSTEM) as session:
        first, second = session.scalars(select(AuditEvent).order_by(AuditEvent.seq))
        assert (first.seq, first.previous, second.previous) == (1, FIRST, first.hash)
        assert (first.who, first.side, first.address, first.request_id) == ("person:abc", "bank", "203.0.113.7", "r1")
        assert (first.action, first.subject, first.at) == ("product.changed", "product:p1", NOW)
        assert first.after == {"状态": "发布", "list": [1, None, True]}
        assert verify_chain(session) == (2, [])


def test_an_event_stands_and_falls_with_its_transaction(database: Database) -> None:
    def fail() -> None:
        with database.writing(BANK) as session:
            record_event(session, actor=BANK, action="x", subject="y", now=NOW)
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert head_of(database).seq == 0
    assert flaws(database) == []


def test_what_the_caller_changes_afterwards_is_not_recorded(database: Database) -> None:
    after = {"amount": 1}
    with database.writing(BANK) as session:
        record_event(session, actor=BANK, action="x", subject="y", now=NOW, after=after)
        after["amount"] = 2
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(AuditEvent)).one().after == {"amount": 1}
    assert flaws(database) == []


@pytest.mark.parametrize("odd", ["\ud800", "a\x00b", "\r\n\x1b[31m", "\\u0000", "\u2028", "😀"])
def test_odd_characters_break_neither_a_transaction_nor_the_chain(database: Database, odd: str) -> None:
    with database.writing(BANK) as session:
        record_event(session, actor=BANK, action="x", subject=f"login:{odd}", now=NOW, after={odd: odd})
    assert flaws(database) == []
    with database.reading(SYSTEM) as session:
        subject = session.scalars(select(AuditEvent.subject)).one()
    assert not re.search(r"[\x00-\x1f\x7f]", subject)


def test_what_is_no_json_is_refused_where_it_is_recorded(database: Database) -> None:
    with pytest.raises(TypeError), database.writing(BANK) as session:
        record_event(session, actor=BANK, action="x", subject="y", now=NOW, after={"day": date(2026, 1, 1)})


def test_eight_writers_make_one_whole_chain(database: Database) -> None:
    def write(writer: int) -> None:
        for number in range(APPENDS):
            record(database, f"writer:{writer}-{number}")

    start = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    seconds = time.perf_counter() - start
    print(f"{database.engine.dialect.name}: {WRITERS * APPENDS / seconds:.0f} appends/s, {WRITERS} writers")
    with database.reading(SYSTEM) as session:
        assert verify_chain(session) == (WRITERS * APPENDS, [])
        assert session.scalar(select(func.count(AuditEvent.subject.distinct()))) == WRITERS * APPENDS


# Keeping


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET who = 'x'", "DELETE FROM audit_event"])
def test_the_application_cannot_change_a_link(database: Database, statement: str) -> None:
    record(database, "a")
    with pytest.raises(ConfigurationError) as refused, database.writing(SYSTEM) as session:
        session.execute(text(statement))
    assert refused.value.code == "database_permission"
    assert flaws(database) == []


def as_owner(database: Database) -> Connection:
    """A connection of someone who owns everything and has switched off what keeps the links."""
    if database.engine.dialect.name == "postgresql":
        connection = create_engine(database.url.replace("://matchmaker@", "://postgres@")).connect()
        connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER ALL"))
        return connection
    connection = create_engine(database.url).connect()
    for verb in ("update", "delete"):
        connection.execute(text(f"DROP TRIGGER audit_event_no_{verb}"))
    return connection


def tamper(database: Database, *statements: str) -> None:
    with as_owner(database) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))
        connection.commit()
        connection.engine.dispose()


COPY = (
    "INSERT INTO audit_event SELECT {seq}, at, who, side, action, 'forged', address, request_id, before, after, "
    "algorithm, previous, hash FROM audit_event WHERE seq = 3"
)
TAMPERED: dict[str, tuple[tuple[str, ...], tuple[int, str]]] = {
    **{
        f"{column} changed": ((f"UPDATE audit_event SET {column} = {value} WHERE seq = 3",), (3, "content"))
        for column, value in {
            "at": "'2026-11-30 01:00:01'", "who": "'x'", "side": "'x'", "action": "'x'", "subject": "'x'",
            "address": "'x'", "request_id": "'x'", "before": "'{}'", "after": "'{}'", "algorithm": "'x'",
            "hash": "'x'", "previous": "'x'",
        }.items()
    },
    "removed": (("DELETE FROM audit_event WHERE seq = 3",), (4, "gap")),
    "first removed": (("DELETE FROM audit_event WHERE seq = 1",), (2, "gap")),
    "last removed": (("DELETE FROM audit_event WHERE seq = 5",), (4, "cut")),
    "all removed": (("DELETE FROM audit_event",), (0, "cut")),
    "moved up": (
        ("DELETE FROM audit_event WHERE seq = 3", "UPDATE audit_event SET seq = 3 WHERE seq = 4",
         "UPDATE audit_event SET seq = 4 WHERE seq = 5"), (3, "link"),
    ),
    "inserted at the end": ((COPY.format(seq=6),), (6, "link")),
    "inserted between": (
        ("UPDATE audit_event SET seq = 6 WHERE seq = 5", "UPDATE audit_event SET seq = 5 WHERE seq = 4",
         COPY.format(seq=4)), (4, "link"),
    ),
    "head changed": (("UPDATE audit_head SET hash = 'x'",), (5, "cut")),
    "head removed": (("DELETE FROM audit_head",), (5, "cut")),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_every_change_by_the_owner_is_found(database: Database, name: str) -> None:
    record(database, *"abcde")
    statements, (seq, flaw) = TAMPERED[name]
    tamper(database, *statements)
    assert Broken(seq, flaw) in flaws(database)


def rewrite(database: Database, keep: Callable[[int], bool] = lambda _seq: True) -> None:
    """Forge a chain that holds in itself: other contents, all hashes made anew, the head too."""
    with database.reading(SYSTEM) as session:
        kept = [e for e in session.scalars(select(AuditEvent).order_by(AuditEvent.seq)) if keep(e.seq)]
        subjects = [e.subject if e.seq != 2 else "forged" for e in kept]
    tamper(database, "DELETE FROM audit_event", "DELETE FROM audit_head")
    record(database, *subjects)


def test_a_chain_that_was_rewritten_whole_does_not_have_the_heads(database: Database) -> None:
    record(database, *"abc")
    copied = [head_of(database)]
    record(database, *"de")
    copied.append(head_of(database))
    rewrite(database)
    assert flaws(database) == [], "it holds in itself"
    assert {(b.seq, b.flaw) for b in flaws(database, copied)} == {(3, "head"), (5, "head")}


def test_an_end_that_was_cut_off_together_with_the_head_is_found_by_the_heads(database: Database) -> None:
    record(database, *"acde")
    copied = [head_of(database)]
    rewrite(database, keep=lambda seq: seq < 4 and seq != 2)
    assert flaws(database) == []
    assert [b.flaw for b in flaws(database, copied)] == ["cut"]


# Files and commands


@pytest.fixture
def app(database: Database, tmp_path: Path) -> Iterator[Flask]:
    settings = Settings(
        instance=tmp_path,
        database_url=database.url,
        secret_key=SECRET,
        audit_heads_file=str(tmp_path / "second" / "heads.jsonl"),
    )
    (tmp_path / "second").mkdir()
    made = create_app(settings, now=lambda: NOW)
    yield made
    made.extensions["matchmaker"].database.dispose()


def run(app: Flask, *words: str) -> Any:
    return app.test_cli_runner().invoke(args=["audit", *words, "--lang", "en"])


def test_an_export_is_verified_by_the_documented_programme(database: Database, tmp_path: Path) -> None:
    record(database, *"abcde")
    script, file = tmp_path / "check.py", tmp_path / "audit.jsonl"
    code = re.search(r"```python\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    assert code
    script.write_text(code.group(1), "utf-8")
    with database.reading(SYSTEM) as session:
        assert export_chain(session, file) == 5
        assert export_chain(session, tmp_path / "some.jsonl", AuditEvent.seq >= 4) == 2

    def check(path: Path) -> tuple[int, str]:
        done = subprocess.run([sys.executable, script, path], capture_output=True, text=True, check=False)
        return done.returncode, (done.stdout + done.stderr).strip()

    assert check(file) == (0, f"whole, head {head_of(database).hash}")
    assert check(tmp_path / "some.jsonl")[0] == 0
    lines = file.read_text("utf-8").splitlines(keepends=True)
    for forged, place in (
        ([*lines[:2], lines[2].replace('"c"', '"x"'), *lines[3:]], 3),
        ([*lines[:2], *lines[3:]], 4),
        ([lines[1], lines[0], *lines[2:]], 1),
    ):
        file.write_text("".join(forged), "utf-8")
        assert check(file) == (1, f"broken at {place}")


def test_verify_says_where_the_chain_does_not_hold(app: Flask, database: Database) -> None:
    record(database, *"abc")
    assert run(app, "heads").exit_code == 0
    done = run(app, "verify")
    assert (done.exit_code, done.stderr.strip()) == (0, "The chain holds: 3 links, 2 heads agree.")
    assert json.loads(run(app, "verify", "--json").stdout) == {"links": 3, "heads": 2, "whole": True, "broken": []}
    tamper(database, "UPDATE audit_event SET who = 'x' WHERE seq = 2")
    done = run(app, "verify")
    assert done.exit_code == Exit.REJECTED
    assert "link 2" in done.stderr and done.stderr.count("\n") == 1
    done = run(app, "verify", "--json")
    assert done.exit_code == Exit.REJECTED
    assert [(b["seq"], b["flaw"]) for b in json.loads(done.stdout)["broken"]] == [(2, "content")]


def test_verify_compares_with_the_heads_of_the_second_place(app: Flask, database: Database, tmp_path: Path) -> None:
    record(database, *"abc")
    run(app, "heads")
    rewrite(database)
    (tmp_path / "audit-heads.jsonl").unlink()
    assert run(app, "verify").exit_code == Exit.REJECTED
    (tmp_path / "second" / "heads.jsonl").rename(tmp_path / "usb.jsonl")
    assert run(app, "verify").exit_code == 0
    assert run(app, "verify", "--heads", str(tmp_path / "usb.jsonl")).exit_code == Exit.REJECTED
    assert run(app, "verify", "--heads", str(tmp_path / "none.jsonl")).exit_code == Exit.NOT_FOUND


def test_heads_are_copied_once_and_by_the_hourly_job(app: Flask, database: Database, tmp_path: Path) -> None:
    job = next(job for job in JOBS if job.key == "copy_audit_head")
    context = Context(database, app.extensions["matchmaker"].settings, now=lambda: NOW)
    job.run(context)
    record(database, "a")
    job.run(context)
    job.run(context)
    record(database, "b")
    assert run(app, "heads", "--dry-run").exit_code == 0
    assert json.loads(run(app, "heads", "--json").stdout)["seq"] == 2
    for path in (tmp_path / "audit-heads.jsonl", tmp_path / "second" / "heads.jsonl"):
        assert [head.seq for head in read_heads(path)] == [1, 2]


def test_a_place_that_cannot_be_written_does_not_keep_the_other_from_it(database: Database, tmp_path: Path) -> None:
    record(database, "a")
    good = tmp_path / "good.jsonl"
    with pytest.raises(OSError, match="absent"), database.reading(SYSTEM) as session:
        copy_head(session, [tmp_path / "absent" / "x.jsonl", good], NOW)
    assert read_heads(good) == [head_of(database)]
    good.write_text("nonsense\n", "utf-8")
    with pytest.raises(RejectedError):
        read_heads(good)


def test_export_refuses_a_wrong_place_and_a_file_that_is_there(app: Flask, database: Database, tmp_path: Path) -> None:
    record(database, *"abc")
    file = tmp_path / "a.jsonl"
    assert run(app, "export", str(file), "--since", "2").exit_code == 0
    assert [json.loads(line)["seq"] for line in file.read_text("utf-8").splitlines()] == [2, 3]
    assert run(app, "export", str(file)).exit_code == Exit.CONFLICT
    assert run(app, "export", str(tmp_path / "b.jsonl"), "--since", "yesterday").exit_code == Exit.USAGE
    told = json.loads(run(app, "export", str(tmp_path / "c.jsonl"), "--since", "2026-12-01", "--json").stdout)
    assert told["links"] == 0


# What is recorded of lists


def events(database: Database) -> list[tuple[str, str, Any, Any]]:
    with database.reading(SYSTEM) as session:
        found = session.scalars(select(AuditEvent).order_by(AuditEvent.seq))
        return [(e.action, e.subject, e.before, e.after) for e in found]


def test_imports_steps_and_confirmations_of_lists_are_events(database: Database) -> None:
    put(database, table("organisations", "org_code kind name", ["B1", "BANK", "甲银行"], ["B2", "BANK", "乙银行"]))
    put(database, table("organisations", "org_code kind name", ["B1", "BANK", "甲银行"]), dry_run=True)
    entry = stored(database, "organisations", "B1")
    with database.writing(SYSTEM) as session:
        found = find_entry(session, Organisation, "B1")
        change_status(session, actor=SYSTEM, entry=found, verb="suspend", now=LATER)
    with database.writing(SYSTEM) as session:
        found = find_entry(session, Organisation, "B1")
        confirm_entries(session, actor=SYSTEM, entries=[found], now=LATER)
    imported, stepped, confirmed = events(database)
    assert imported == (
        "lists.imported", "list:organisations", None,
        {"cause": "import", "new": 2, "changed": 0, "unchanged": 0, "rejected": 0, "first_version": 1,
         "last_version": 2},
    )  # fmt: skip
    subject = f"organisations:{entry.public_id}"
    assert stepped == (
        "entry.suspend",
        subject,
        {"status": EntryStatus.PUBLISHED.value, "version": 1},
        {"status": EntryStatus.SUSPENDED.value, "version": 2},
    )
    assert confirmed == ("lists.confirmed", subject, None, {"entries": 1})
    assert flaws(database) == []


# The auditor's page


def written_actions() -> set[str]:
    """Every action that the source names where it writes an event down; those made of parts are not among them."""
    found: set[str] = set()
    for path in (HOW_TO.parents[2] / "matchmaker").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("record_event", "tell", "_tell"):
                told = [word.value for word in node.keywords if word.arg == "action"] or node.args[2:3]
                inner = (part for one in told for part in ast.walk(one) if isinstance(part, ast.Constant))
                found |= {part.value for part in inner if re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", str(part.value))}
    return found


def test_every_action_has_a_title_in_both_languages(app: Flask, database: Database) -> None:
    assert len(written_actions()) > 40
    kinds = {f"{model.kind_name}.written" for model in OWNING}
    assert (written_actions() | kinds) - set(TITLES) == set()
    assert {"entry.publish", "correction.requested", "deletion.done"} <= set(TITLES)
    with database.writing(SYSTEM) as session:
        record_event(session, actor=BANK, action="consent.granted", subject="consent:c1", now=NOW)
        record_event(session, actor=BANK, action="of.old", subject="consent:c1", now=NOW)
    auditor = client_of(app, add_person(app, Role.AUDITOR))
    chinese, english = auditor.get("/audit?lang=zh").text, auditor.get("/audit?lang=en").text
    assert "企业授权</a>" in chinese and "企业授权 · consent.granted" in chinese and "of.old</a>" in chinese
    assert "consent given</a>" in english and "consent.granted</span>" in english


def test_the_auditor_reads_filters_and_exports_and_nobody_else_does(app: Flask, database: Database) -> None:
    record(database, "product:p1", "product:p2")
    auditor = client_of(app, add_person(app, Role.AUDITOR))
    shown = auditor.get("/audit?lang=en").text
    assert "product:p1" in shown and "product:p2" in shown and "203.0.113.7" in shown
    assert "product:p2" not in auditor.get("/audit?subject=product:p1").text
    asked = "/audit?lang=en&action=product.changed&at.from=2026-11-30&at.to=2026-11-30"
    assert "product:p1" in auditor.get(asked).text and "/audit/export?since=2026-11-30" in auditor.get(asked).text
    assert "product:p1" not in auditor.get("/audit?at.from=2026-12-01").text
    assert "product:p1" not in auditor.get("/audit?at.to=2026-11-29").text
    assert "product:p1" in auditor.get("/audit?at.from=0001-01-01&at.to=9999-12-31").text
    unread = auditor.get("/audit?at.from=yesterday").text
    assert "product:p1" in unread and 'id="f-at.from-fault"' in unread, "it narrows nothing and is told"
    shown = [int(no) for no in re.findall(r'class="key num">(\d+)<', auditor.get("/audit?sort=seq").text)]
    assert shown == sorted(shown) and len(shown) > 1
    assert auditor.get("/audit/export?since=0001-01-01").status_code == 400
    assert auditor.get("/audit/export?since=yesterday").status_code == 400
    answer = auditor.get("/audit/export?since=2")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-2026-11-30.jsonl"'
    assert [json.loads(line)["seq"] for line in answer.text.splitlines()] == [2, 3]
    assert events(database)[-1][0] == "audit.exported"
    for role in Role:
        if role is not Role.AUDITOR:
            client = client_of(app, add_person(app, role))
            assert {client.get("/audit").status_code, client.get("/audit/export").status_code} == {403}, role
    assert events(database)[-1][:2] == ("denied", "action:audit.read")
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(AuditHead.seq)) == len(events(database))
    assert flaws(database) == []
