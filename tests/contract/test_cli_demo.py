"""The demo on sample lists: safe to repeat, never on anybody's own lists, never to anybody's real mailbox."""

import socket
from pathlib import Path

from sqlalchemy import func, select

from matchmaker import create_app
from matchmaker.domain.errors import Exit
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.models import PushItem
from matchmaker.settings import Settings
from tests.support.demo import NOW, demo_app
from tests.support.stock import fill_with_conformance


def test_a_second_run_loads_and_sends_nothing(tmp_path: Path) -> None:
    app = demo_app(tmp_path)
    database = app.extensions["matchmaker"].database
    mails = set((tmp_path / "mail").iterdir())
    with database.reading() as session:
        before = [session.scalar(select(func.count()).select_from(t)) for t in (OutboxMessage, PushItem)]
    done = app.test_cli_runner().invoke(args=["demo", "run", "--once"])
    assert done.exit_code == 0, done.output
    assert "已经推送过" in done.output
    with database.reading() as session:
        assert [session.scalar(select(func.count()).select_from(t)) for t in (OutboxMessage, PushItem)] == before
    assert set((tmp_path / "mail").iterdir()) == mails and len(mails) > 50


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
    assert len(list((tmp_path / "mail").iterdir())) > 50


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
