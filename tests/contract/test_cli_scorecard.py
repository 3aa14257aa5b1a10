"""``flask scorecard`` from the outside: fitted by one operator, released by another, read, watched."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from matchmaker.actor import SYSTEM
from matchmaker.domain.errors import Exit
from matchmaker.domain.terms import Role
from matchmaker.scoring.scorecard.stored import from_json, version
from tests.contract.test_json_examples import city
from tests.support.accounts import add_person, parts_of
from tests.support.scorecards import add_history

BY = ("--by", "one@city.example")
SECOND = ("--by", "two@city.example")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    made = city(tmp_path)
    for name in ("one", "two"):
        add_person(made, Role.OPERATOR, org_code="J1", login=f"{name}@city.example")
    add_person(made, Role.ANALYST, org_code="J1", login="analyst@city.example")
    yield made
    parts_of(made).database.dispose()


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["scorecard", *words, "--lang", "en"])


def told(app: Flask, *words: str) -> dict[str, object]:
    done = run(app, *words, "--json")
    assert done.exit_code == Exit.DONE, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def history(app: Flask, count: int = 1100, **options: object) -> None:
    with parts_of(app).database.writing(SYSTEM) as session:
        add_history(session, count, **options)  # type: ignore[arg-type]


def test_without_closed_cases_there_is_no_card_and_the_counts_say_why(app: Flask) -> None:
    done = run(app, "fit", *BY)
    assert done.exit_code == Exit.REJECTED and "0 of at least 1000 closed cases" in done.output
    assert "0 closed cases" in run(app, "show").output
    assert told(app, "show") == {"closed": 0, "least_closed": 1000, "failed": 0, "least_failed": 130, "cards": []}
    done = run(app, "drift")
    assert done.exit_code == Exit.CONFLICT and "flask scorecard fit" in done.output


def test_a_card_goes_from_fitting_to_use_by_two_persons(app: Flask) -> None:
    history(app)
    tried = told(app, "fit", *BY, "--dry-run")
    assert tried["dry_run"] is True and told(app, "show")["cards"] == []
    made = told(app, "fit", *BY)
    name = str(made["version"])
    assert (made["version"], made["rows"], made["last"]) == (tried["version"], 1100, "2026-06-30")
    done = run(app, "release", name, *BY)
    assert done.exit_code == Exit.NOT_ALLOWED and "Ask another person" in done.output
    assert told(app, "release", name, *SECOND, "--dry-run")["state"] == "released"
    assert f"{name}\tdraft" in run(app, "show").stdout
    assert "informs underwriters only" in run(app, "release", name, *SECOND).output
    assert f"{name}\treleased\t1100" in run(app, "show").stdout
    assert "is here already" in run(app, "fit", *BY).output


def test_a_card_is_printed_with_its_points_or_as_it_was_sealed(app: Flask) -> None:
    history(app)
    done = run(app, "fit", *BY)
    assert done.exit_code == Exit.DONE and "Another person releases it" in done.output
    name = json.loads(run(app, "show", "--json").stdout)["cards"][0]["version"]
    card = from_json(json.dumps(told(app, "show", name), ensure_ascii=False))
    assert version(card) == name
    lines = run(app, "show", name).stdout.splitlines()
    assert lines[0] == f"Base\t\t{card.base_points}"
    assert len(lines) == 1 + sum(len(part.bins) for part in card.parts)
    assert run(app, "show", "city-0").exit_code == Exit.NOT_FOUND


def test_drift_is_told_in_sentences_or_numbers(app: Flask) -> None:
    history(app)
    run(app, "release", str(told(app, "fit", *BY)["version"]), *SECOND)
    assert "Nothing was applied for after 2026-06-30" in run(app, "drift").output
    history(app, 200, newest=date(2026, 11, 1), days=60, name="N")
    assert told(app, "drift")["applications"] == 200
    said = run(app, "drift").stdout
    assert said.startswith("Score: PSI 0.") and "Of 200 closed cases" in said


@pytest.mark.parametrize("words", [("fit",), ("release", "city-0")])
def test_an_operator_answers_for_it(app: Flask, words: tuple[str, ...]) -> None:
    done = run(app, *words, "--by", "analyst@city.example")
    assert done.exit_code == Exit.NOT_ALLOWED and "is no operator of the bureau" in done.output
