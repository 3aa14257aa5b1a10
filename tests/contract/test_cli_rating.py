"""``flask rating`` from the outside: rating, showing, and rules that two persons change."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from matchmaker.actor import CLI, Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import Exit
from matchmaker.guarantee.rating.rules import draft_rules, load_default_rules, release_rules
from tests.contract.test_json_examples import city
from tests.support.city import TUESDAY, code_of
from tests.support.consenting import operator
from tests.support.rating import changed_rules

FIRM = code_of(1)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    made = city(tmp_path)
    yield made
    made.extensions["matchmaker"].database.dispose()


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["rating", *words, "--lang", "en"])


def test_a_rating_is_shown_with_every_rule_and_what_would_raise_it(app: Flask) -> None:
    done = run(app, "run", "--uscc", FIRM)
    assert done.exit_code == Exit.DONE, done.output
    assert f"{FIRM}\tB\tPJ-20261124-" in done.stdout
    shown = run(app, "show", FIRM)
    assert (
        shown.stdout == done.stdout and "✓ government\ttax credit grade\tgrade A, which reaches grade M" in shown.stdout
    )
    number = shown.stdout.split("\t")[2]
    assert run(app, "show", number).stdout == shown.stdout


def test_only_one_finding_holds_an_enterprise_back_and_the_way_up_is_named(app: Flask) -> None:
    _release(app, changed_rules(no_judgment_debtor={"unknown": None}, no_serious_list={"unknown": None},
                                no_abnormal_operation={"unknown": None}))  # fmt: skip
    shown = run(app, "run", "--uscc", FIRM).stdout
    assert "→ A: The bureau connects a source" in shown


def test_all_that_are_due_are_rated_and_a_dry_run_writes_nothing(app: Flask) -> None:
    assert json.loads(run(app, "run", "--all", "--dry-run", "--json").stdout) == {
        "on": "2026-11-24", "dry_run": True, "rated": 2,
    }  # fmt: skip
    assert run(app, "show", FIRM).exit_code == Exit.NOT_FOUND
    assert "Rated 2 enterprises" in run(app, "run", "--all").output
    assert "Rated 0 enterprises" in run(app, "run", "--all", "--on", "2026-11-23").output


@pytest.mark.parametrize("words", [("run",), ("run", "--all", "--uscc", FIRM)])
def test_one_says_who_is_to_be_rated(app: Flask, words: tuple[str, ...]) -> None:
    done = run(app, *words)
    assert done.exit_code == Exit.USAGE and "--uscc CODE or --all" in done.output


def _write(folder: Path, told: object) -> str:
    file = folder / "rules.json"
    file.write_text(json.dumps(told), "utf-8")
    return str(file)


def _release(app: Flask, told: dict[str, object]) -> None:
    folder = app.extensions["matchmaker"].settings.instance
    note = ("--note", "sources come one after the other")
    assert run(app, "rules", "draft", _write(folder, told), *note).exit_code == Exit.DONE
    _on_the_pages(
        app, lambda session, who: release_rules(session, actor=who, version=str(told["version"]), now=TUESDAY)
    )


def _on_the_pages(app: Flask, work: Callable[[ScopedSession, Actor], object]) -> None:
    """What somebody of the bureau does who has signed in."""
    who = operator()
    with app.extensions["matchmaker"].database.writing(who) as session:
        work(session, who)


def test_the_command_line_is_one_person_whoever_sits_there(app: Flask, tmp_path: Path) -> None:
    """What it drafted it cannot release; somebody who signs in does, or drafts what it releases."""
    told = json.loads(run(app, "rules", "show", "2026.11.1").stdout)
    told["version"] = "2026.12.1"
    told["rules"]["tax_grade"] |= {"least": "A", "serious_from": "D"}
    file = _write(tmp_path, told)
    note = ("--note", "only grade A is enough")
    assert run(app, "rules", "draft", file, *note, "--dry-run").exit_code == Exit.DONE
    assert "2026.12.1" not in run(app, "rules", "list").stdout
    run(app, "rules", "draft", file, *note)
    assert "2026.12.1\tdraft\tonly grade A is enough" in run(app, "rules", "list").stdout
    assert "B → B\t2" in run(app, "rules", "preview", "2026.12.1").stdout
    same = run(app, "rules", "release", "2026.12.1")
    assert same.exit_code == Exit.NOT_ALLOWED and "counts as one person" in same.output
    assert run(app, "rules", "release", "2026.12.1", "--by", "two@city.example").exit_code == Exit.USAGE
    _on_the_pages(app, lambda session, who: release_rules(session, actor=who, version="2026.12.1", now=TUESDAY))
    assert "2026.12.1\treleased" in run(app, "rules", "list").stdout


def test_the_command_line_releases_what_was_drafted_on_the_pages(app: Flask) -> None:
    note = "sources come one after the other"
    _on_the_pages(
        app, lambda session, who: draft_rules(session, actor=who, rules=changed_rules(), note=note, now=TUESDAY)
    )
    done = run(app, "rules", "release", "2026.12.1")
    assert done.exit_code == Exit.DONE and "flask rating run --all" in done.output


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_a_file_that_holds_no_rules_is_named(app: Flask, tmp_path: Path, content: str) -> None:
    file = tmp_path / "odd.json"
    file.write_bytes(content.encode("latin-1"))
    done = run(app, "rules", "preview", str(file))
    assert done.exit_code == Exit.REJECTED and "odd.json" in done.output


def test_an_upgrade_loads_and_releases_the_rules_of_the_package_once(tmp_path: Path) -> None:
    from matchmaker import create_app
    from matchmaker.settings import Settings

    app = create_app(Settings(instance=tmp_path))
    first = app.test_cli_runner().invoke(args=["db", "upgrade", "--lang", "en"])
    assert "default rating rules 2026.11.1" in first.output
    assert "rating rules" not in app.test_cli_runner().invoke(args=["db", "upgrade", "--lang", "en"]).output
    with app.extensions["matchmaker"].database.writing(CLI) as session:
        assert load_default_rules(session, actor=CLI, now=TUESDAY) is None
    app.extensions["matchmaker"].database.dispose()
