"""The demo on sample lists: safe to repeat, never on anybody's own lists, never to anybody's real mailbox."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.domain.errors import Exit
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.models import PushItem
from matchmaker.settings import Settings
from tests.support.browsing import browser_of, send, sign_in
from tests.support.demo import NOW, demo_app
from tests.support.stock import fill_with_conformance


def test_a_second_run_loads_and_sends_nothing(tmp_path: Path) -> None:
    app = demo_app(tmp_path)
    database = app.extensions["matchmaker"].database
    mails = set((tmp_path / "mail").iterdir())
    with database.reading(SYSTEM) as session:
        before = [session.scalar(select(func.count()).select_from(t)) for t in (OutboxMessage, PushItem)]
    done = app.test_cli_runner().invoke(args=["demo", "run", "--once"])
    assert done.exit_code == 0, done.output
    assert "已经推送过" in done.output
    with database.reading(SYSTEM) as session:
        assert [session.scalar(select(func.count()).select_from(t)) for t in (OutboxMessage, PushItem)] == before
    assert set((tmp_path / "mail").iterdir()) == mails and len(mails) > 100


def test_it_does_not_run_on_real_lists(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, demo=True), now=lambda: NOW)
    app.test_cli_runner().invoke(args=["db", "upgrade"])
    fill_with_conformance(app.extensions["matchmaker"].database)
    done = app.test_cli_runner().invoke(args=["demo", "run", "--once", "--lang", "en"])
    assert done.exit_code == Exit.NOT_ALLOWED
    assert "real lists" in done.stderr
    assert not (tmp_path / "mail").exists()


def test_mail_of_the_demo_stays_on_this_machine(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, demo=True, smtp_host="127.0.0.1", smtp_port=1), now=lambda: NOW)
    done = app.test_cli_runner().invoke(args=["demo", "run", "--once"])
    assert done.exit_code == 0, done.output
    assert len(list((tmp_path / "mail").iterdir())) > 100


def test_it_is_refused_without_demo_mode_and_off_loopback(tmp_path: Path) -> None:
    plain = create_app(Settings(instance=tmp_path))
    assert plain.test_cli_runner().invoke(args=["demo", "run", "--once"]).exit_code == Exit.NOT_ALLOWED
    demo = create_app(Settings(instance=tmp_path, demo=True))
    assert demo.test_cli_runner().invoke(args=["demo", "run", "--host", "0.0.0.0"]).exit_code == Exit.NOT_ALLOWED
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_named_before_anything_is_done(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, demo=True))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = app.test_cli_runner().invoke(args=["demo", "run", "--port", str(port), "--lang", "en"])
    assert done.exit_code == Exit.CONFIGURATION
    assert f"Port {port}" in done.stderr and "--port" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_its_people_sign_in_as_printed_and_are_the_same_at_every_run(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, demo=True), now=lambda: NOW)
    first, second = (app.test_cli_runner().invoke(args=["demo", "run", "--once"]) for _ in range(2))
    assert first.exit_code == second.exit_code == 0, second.output
    logins = dict(re.findall(r"(?m)^  ([a-z0-9-]+) +([a-z2-7]{20})  ", first.stdout))
    codes = dict(re.findall(r"(?m)^  ([a-z0-9-]+) +[a-z2-7]{20}  (\d{6})  ", first.stdout))
    assert len(logins) == 14 and dict(re.findall(r"(?m)^  ([a-z0-9-]+) +([a-z2-7]{20})  ", second.stdout)) == logins
    assert set(codes) == {
        "operator",
        "bank-lead",
        "underwriter",
        "approver",
        "approver-2",
        "system",
        "security",
        "auditor",
    }
    for login, password in logins.items():
        client = browser_of(app)
        entered = sign_in(client, login, password)
        if login in codes:
            assert entered.location == "/sign-in/code"
            assert codes[login] in client.get("/sign-in/code").text
            entered = send(client, "/sign-in/code", code=codes[login])
        assert entered.status_code == 302, login
        assert client.get("/account").status_code == 200
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_ctrl_c_ends_it_as_an_interruption(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [sys.executable, "-m", "flask", "demo", "run", "--port", str(port), "--lang", "en"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "MATCHMAKER_INSTANCE": str(tmp_path), "MATCHMAKER_DEMO": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    assert any("Pages:" in line for line in running.stderr)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == Exit.INTERRUPTED
    assert "has ended" in said
    assert "Traceback" not in said
