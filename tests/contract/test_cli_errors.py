"""One command class maps what goes wrong to one sentence and the contract's exit code."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask import Flask

from matchmaker import create_app
from matchmaker.cli.base import Command, Group, echo_json
from matchmaker.domain import errors
from matchmaker.domain.errors import Exit, MatchmakerError
from matchmaker.domain.text import Text
from matchmaker.settings import Settings

ROOT = Path(__file__).parents[2]
KINDS = [getattr(errors, name) for name in dir(errors) if name.endswith("Error") and name != "MatchmakerError"]


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app(Settings(instance=tmp_path))


def raising(app: Flask, error: BaseException) -> Result:
    group = Group("try")

    @group.command("it")
    def it() -> None:
        raise error

    app.cli.add_command(group)
    return app.test_cli_runner().invoke(args=["try", "it", "--lang", "en"])


@pytest.mark.parametrize("kind", KINDS)
def test_an_expected_error_is_one_sentence_with_its_exit_code(app: Flask, kind: type[MatchmakerError]) -> None:
    done = raising(app, kind(Text("第 {n} 行", "row {n}"), code="some_code", n=3))
    assert (done.exit_code, done.stdout, done.stderr) == (kind.exit_code, "", "Error some_code: row 3\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), Exit.INTERRUPTED),
        (PermissionError(13, "Permission denied", "/x"), Exit.CONFIGURATION),
        (OSError(28, "No space left on device", "/x"), Exit.CONFIGURATION),
        (RuntimeError("secret detail"), Exit.INTERNAL),
    ],
)
def test_other_errors_keep_their_details_to_themselves(app: Flask, error: BaseException, code: Exit) -> None:
    done = raising(app, error)
    assert (done.exit_code, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr
    assert "secret detail" not in done.stderr
    if code is Exit.INTERNAL:
        kept = (app.extensions["matchmaker"].settings.instance / "error.log").read_text("utf-8")
        assert "RuntimeError: secret detail" in kept


def test_every_command_is_of_the_one_class_and_has_examples(app: Flask) -> None:
    found = list(_commands("", app.cli))
    assert len(found) > 15
    for path, command in found:
        assert isinstance(command, Command), path
        assert f"flask {path}" in (command.help or ""), f"{path} shows no example of itself"


def _commands(path: str, group: click.Group) -> list[tuple[str, click.Command]]:
    found = []
    for name, command in group.commands.items():
        if not path and name in ("run", "shell", "routes"):
            continue
        inside = f"{path} {name}".strip()
        found += _commands(inside, command) if isinstance(command, click.Group) else [(inside, command)]
    return found


def test_a_group_without_command_and_an_unknown_option_are_usage_errors(app: Flask) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["match"]).exit_code == Exit.USAGE
    assert runner.invoke(args=["match", "run", "--no-such"]).exit_code == Exit.USAGE


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ("match run --no-such", "没有选项 --no-such", "There is no option --no-such"),
        ("match run --top-k 0", "--top-k 须为 1 至 1000 的整数", "--top-k must be a whole number from 1 to 1000"),
        ("match run --on 2026-02-30", "--on：「2026-02-30」不是日期", '--on: "2026-02-30" is not a date'),
        ("match run more", "命令的写法不对", "unexpected extra argument"),
        ("match explain N1", "缺少 PRODUCT_CODE", "PRODUCT_CODE is missing"),
        ("match export /", "FILE 须为文件", "FILE must be a file"),
        ("match recompute x", "RUN_ID 须为整数", "RUN_ID must be a whole number"),
        ("lists stale --days -1", "--days 须为不小于 0", "--days must be a whole number of at least 0"),
        ("lists export things x.csv", "KIND 须为其中之一：organisations", "KIND must be one of: organisations"),
    ],
)
def test_a_usage_error_is_one_sentence_in_the_language_asked_for(app: Flask, line: str, zh: str, en: str) -> None:
    for lang, said in (("zh", zh), ("en", en)):
        done = app.test_cli_runner().invoke(args=[*line.split(), "--lang", lang])
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (Exit.USAGE, "", 1)
        assert said in done.stderr
        assert "nvalid" not in done.stderr


def test_a_wrong_setting_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "doctor"],
        cwd=ROOT,
        env={**os.environ, "MATCHMAKER_INSTANCE": str(tmp_path), "MATCHMAKER_TOP_K": "many", "MATCHMAKER_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Exit.CONFIGURATION
    assert "top_k" in done.stderr and done.stderr.count("\n") == 1


def test_ctrl_c_while_the_programme_starts_is_an_interruption_too(tmp_path: Path) -> None:
    stopped = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    code = f"import matchmaker\ndef create_app():\n    {stopped}\nmatchmaker.create_app = create_app\nimport wsgi"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (Exit.INTERRUPTED, "", "")


def test_reading_only_the_beginning_of_what_is_printed_is_no_error(tmp_path: Path) -> None:
    environment = {**os.environ, "MATCHMAKER_INSTANCE": str(tmp_path)}
    command = f"{sys.executable} -m flask doctor --json | head -c 1"
    done = subprocess.run(command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "{" and "Traceback" not in done.stderr and "Broken pipe" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "code"), [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.DONE)])
def test_a_signal_ends_the_scheduler_in_good_order(tmp_path: Path, asked: signal.Signals, code: Exit) -> None:
    environment = {**os.environ, "MATCHMAKER_INSTANCE": str(tmp_path), "MATCHMAKER_LANG": "en"}
    flask = [sys.executable, "-m", "flask"]
    subprocess.run([*flask, "db", "upgrade"], cwd=ROOT, env=environment, check=True, capture_output=True)
    running = subprocess.Popen(
        [*flask, "scheduler", "run"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    assert "Next window" in running.stderr.readline()
    time.sleep(1)
    running.send_signal(asked)
    _, said = running.communicate(timeout=30)
    assert running.returncode == code
    assert "has ended" in said
    assert "Traceback" not in said


def test_json_is_one_document_on_standard_output(app: Flask) -> None:
    group = Group("say")

    @group.command("it")
    def it() -> None:
        echo_json({"名": "值"})

    app.cli.add_command(group)
    assert app.test_cli_runner().invoke(args=["say", "it"]).stdout == '{\n  "名": "值"\n}\n'
