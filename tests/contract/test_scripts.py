"""The scripts, the locks and the settings example, as CONTRACT.md section 1 promises them."""

import os
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from matchmaker import settings

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements.txt", "requirements-dev.txt"]
SCRIPTS = ["script/demo", "script/test", "script/check", "script/lock", ".ci/run"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_is_executable_bash(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)
    assert subprocess.run(["bash", "-n", ROOT / name]).returncode == 0


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_requirement_has_hashes(name: str) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n", "", (ROOT / name).read_text("utf-8")).strip())
    assert entries
    assert [entry for entry in entries if not re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:", entry, re.DOTALL)] == []


@pytest.mark.parametrize("name", [*LOCKS, *SCRIPTS, "script/_env.sh", "pyproject.toml"])
def test_no_address_of_an_index_or_a_machine(name: str) -> None:
    found = (ROOT / name).read_text("utf-8")
    assert re.findall(r"https?://\S+|--(?:extra-)?index-url|--find-links|/(?:home|root|work|opt)/\S*", found) == []


def test_both_locks_agree() -> None:
    pins = [set(re.findall(r"(?m)^\S+==\S+", (ROOT / name).read_text("utf-8"))) for name in LOCKS]
    assert pins[0] <= pins[1]


def test_settings_example_is_read_as_the_defaults(tmp_path: Path) -> None:
    example = (ROOT / "instance" / "config.toml.example").read_text("utf-8")
    given = re.findall(r"(?m)^# (\w+ = .*)$", example)
    assert {line.split(" = ")[0] for line in given} == {f.name for f in fields(settings.Settings)} - {"instance"}
    (tmp_path / "config.toml").write_text("\n".join(given), "utf-8")
    assert settings.load({}, tmp_path) == settings.Settings(instance=tmp_path)


@pytest.fixture
def bare_clone(tmp_path: Path) -> Path:
    """A clone with its scripts and locks but no environment."""
    shutil.copytree(ROOT / "script", tmp_path / "script")
    for name in LOCKS:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def fake_python(folder: Path, answer: str) -> dict[str, str]:
    """An environment whose python3 is the shell script ``answer``."""
    bin_folder = folder / "fake-bin"
    bin_folder.mkdir()
    (bin_folder / "python3").write_text(f"#!/bin/sh\n{answer}\n")
    (bin_folder / "python3").chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    return environment | {"PATH": f"{bin_folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            '[ "$1" = --version ] && echo "Python 3.10.12"; [ "$1" != -c ]',
            "Python 3.10.12, but 3.11 or newer is needed",
        ),
        ('case "$1" in --version) echo "Python 3.11.2";; -m) exit 1;; esac', "install python3-venv"),
    ],
    ids=["old-python", "no-venv"],
)
@pytest.mark.parametrize("script", ["script/demo", "script/test"])
def test_what_is_missing_is_said_in_one_sentence(bare_clone: Path, script: str, answer: str, sentence: str) -> None:
    done = subprocess.run(
        [bare_clone / script], env=fake_python(bare_clone, answer), capture_output=True, text=True, cwd="/"
    )
    assert done.returncode == 6
    assert sentence in done.stderr
    assert done.stdout == ""
    assert not (bare_clone / ".venv").exists()


def test_a_failed_installation_says_what_pip_said(bare_clone: Path) -> None:
    (bare_clone / "requirements.txt").write_text("matchmaker-does-not-exist==1 --hash=sha256:" + "0" * 64 + "\n")
    environment = os.environ | {"PIP_NO_INDEX": "1"}
    done = subprocess.run([bare_clone / "script/demo"], env=environment, capture_output=True, text=True)
    assert done.returncode == 6
    assert "Could not install requirements.txt: ERROR:" in done.stderr
    assert "check the network" in done.stderr
    assert "Traceback" not in done.stderr
