"""``flask match`` as the contract fixes it: the conformance lists through the whole stack, columns, exit codes."""

import csv
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from matchmaker import create_app
from matchmaker.actor import SYSTEM, Actor
from matchmaker.cli.match import _write_csv
from matchmaker.db import Database
from matchmaker.domain.terms import Side, Verdict
from matchmaker.lists.models import Need
from matchmaker.lists.services import change_status
from matchmaker.matching.compute import PairRow
from matchmaker.matching.models import MatchRun
from matchmaker.scoring.criteria import KEYS
from matchmaker.settings import Settings
from tests.support.stock import CONFORMANCE, NOW, ON

COLUMNS = ["need_no", "product_code", "verdict", "failed", "unknown", "score", "rank_for_need", "rank_for_product"]
DAY = ["--on", "2026-11-30"]
PAIRS = 10_920


def app_on(url: str, folder: Path) -> Flask:
    return create_app(Settings(instance=folder, database_url=url), lambda: NOW)


@pytest.fixture
def app(conformance_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on the conformance lists, on both databases."""
    made = app_on(conformance_url, tmp_path)
    yield made
    made.extensions["matchmaker"].database.dispose()


@pytest.fixture
def sqlite_app(conformance_sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on the conformance lists, on SQLite."""
    made = app_on(conformance_sqlite_url, tmp_path)
    yield made
    made.extensions["matchmaker"].database.dispose()


def flask(app: Flask, *args: str) -> Result:
    return app.test_cli_runner().invoke(args=["match", *args])


def done(app: Flask, *args: str) -> str:
    result = flask(app, *args)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_pair_agrees_with_the_reference(app: Flask, tmp_path: Path) -> None:
    """CONTRACT.md section 3: ``flask match export --all --on 2026-11-30`` must agree row by row."""
    done(app, "export", str(tmp_path / "all.csv"), "--all", *DAY)
    ours, theirs = read(tmp_path / "all.csv"), read(CONFORMANCE / "expected.csv")
    compared = [row for row, other in zip(ours, theirs, strict=True) if {key: row[key] for key in other} == other]
    assert len(compared) == len(theirs) == PAIRS
    assert list(ours[0]) == COLUMNS


def test_export_without_all_keeps_the_best_of_both_sides(app: Flask, tmp_path: Path) -> None:
    done(app, "export", str(tmp_path / "all.csv"), "--all", *DAY)
    done(app, "export", str(tmp_path / "best.csv"), *DAY, "--top-k", "3")
    every, best = read(tmp_path / "all.csv"), read(tmp_path / "best.csv")
    assert best == [
        row
        for row in every
        if row["verdict"] == "eligible" and (int(row["rank_for_need"]) <= 3 or int(row["rank_for_product"]) <= 3)
    ]
    assert 3 * 56 < len(best) < len(every)
    keys = [(row["need_no"], row["product_code"]) for row in best]
    assert keys == sorted(keys)


def test_scores_and_ranks_stand_with_eligible_pairs_only(sqlite_app: Flask, tmp_path: Path) -> None:
    done(sqlite_app, "export", str(tmp_path / "all.csv"), "--all", *DAY)
    for row in read(tmp_path / "all.csv"):
        figures = [row["score"], row["rank_for_need"], row["rank_for_product"]]
        if row["verdict"] == "eligible":
            assert 0 <= float(row["score"]) <= 100
            assert row["score"] == f"{float(row['score']):.1f}"
            assert min(map(int, figures[1:])) >= 1
        else:
            assert figures == ["", "", ""]


def test_explain_says_what_export_says(app: Flask, tmp_path: Path) -> None:
    """A random sample of pairs, and some of every verdict: same verdict, criteria and score both ways."""
    done(app, "export", str(tmp_path / "all.csv"), "--all", *DAY)
    every, chance = read(tmp_path / "all.csv"), random.Random(7)
    sample = chance.sample(every, 20)
    for verdict in Verdict:
        sample += chance.sample([row for row in every if row["verdict"] == verdict], 3)
    for row in sample:
        told = json.loads(done(app, "explain", row["need_no"], row["product_code"], *DAY, "--json"))
        by_result = {result: [c["key"] for c in told["criteria"] if c["result"] == result] for result in RESULTS}
        assert told["verdict"] == row["verdict"]
        assert ";".join(by_result["fail"]) == row["failed"]
        assert ";".join(by_result["unknown"]) == row["unknown"]
        assert ("" if told["score"] is None else f"{told['score']:.1f}") == row["score"]
        check_object(told)


NEAR = ("XQ-20261130-70001", "E007AGE36")
"""An enterprise that is too young, whose need can wait."""

RESULTS = ("pass", "fail", "unknown")
TOP = [
    "need_no",
    "product_code",
    "on",
    "verdict",
    "score",
    "components",
    "criteria",
    "repairs",
    "cost",
    "plan",
    "versions",
]
CRITERION = ["key", "label", "result", "required", "actual", "gap", "repairable", "text"]
MOVE = ["kind", "field", "from", "to", "on"]
MOVES = {
    "supply_fact",
    "change_amount",
    "change_term",
    "accept_rate",
    "add_security",
    "public_guarantee",
    "wait_until",
}


def check_object(told: dict[str, Any]) -> None:
    """CONTRACT.md section 4."""
    assert list(told) == TOP
    assert [row["key"] for row in told["criteria"]] == list(KEYS)
    for row in told["criteria"]:
        assert list(row) == CRITERION
        assert row["text"]
        for name in ("required", "actual", "gap"):
            assert row[name] is None or list(row[name]) == ["value", "unit", "text"]
    if told["verdict"] == "eligible":
        parts = told["components"]
        assert [list(part) for part in parts] == [["key", "label", "points", "max_points", "text"]] * len(parts)
        assert round(sum(part["points"] * 10 for part in parts)) == round(told["score"] * 10)
    else:
        assert (told["score"], told["components"]) == (None, [])
    if told["verdict"] in ("eligible", "ineligible"):
        assert told["repairs"] == []
    for repair in told["repairs"]:
        assert 1 <= len(repair["moves"]) <= 2
        assert repair["verdict_after"] == "eligible"
        for move in repair["moves"]:
            assert list(move) == MOVE
            assert move["kind"] in MOVES
    assert list(told["cost"]) == ["at_lowest", "at_highest"]
    assert told["plan"] is None
    assert list(told["versions"]) == ["need", "product", "enterprise", "rules", "ranker", "text_weights"]


def test_the_example_of_the_contract_is_told_in_both_languages(sqlite_app: Flask) -> None:
    told = {
        lang: json.loads(done(sqlite_app, "explain", *NEAR, *DAY, "--json", "--lang", lang)) for lang in ("zh", "en")
    }
    for object_ in told.values():
        check_object(object_)
        assert object_["verdict"] == "near"
        assert object_["repairs"][0]["moves"][0]["kind"] == "wait_until"
    assert told["zh"]["criteria"][5]["label"] == "成立时间"
    assert told["en"]["criteria"][5]["text"].isascii()


def test_the_ledger_for_people_has_open_points_first(sqlite_app: Flask) -> None:
    shown = done(sqlite_app, "explain", *NEAR, *DAY)
    marks = [line.strip()[0] for line in shown.splitlines() if line.strip()[:1] in ("✓", "✗", "?")]
    assert marks == ["✗"] + ["✓"] * 15
    assert "结论：差一点 · 契合不等于获批" in shown
    assert "15 项满足，1 项不满足，0 项待核实" in shown
    english = done(sqlite_app, "explain", *NEAR, *DAY, "--lang", "en")
    assert "Verdict: near" in english
    assert "What would change it" in english


def test_unknown_codes_name_the_nearest(sqlite_app: Flask) -> None:
    for args, near in (
        (("XQ-20261130-7000O", "P0070003"), "XQ-20261130-7000"),
        (("XQ-20261130-70000", "P007OOO3"), "P00700"),
    ):
        result = flask(sqlite_app, "explain", *args, *DAY)
        assert result.exit_code == 4
        assert near in result.stderr
        assert result.stdout == ""


def test_a_pair_outside_the_market_says_which_and_since_when(sqlite_app: Flask) -> None:
    pair = ("XQ-20261130-70000", "P0070000")
    result = flask(sqlite_app, "explain", *pair, *DAY)
    assert result.exit_code == 4
    assert "P0070000 自 2026-12-01 起生效" in result.stderr
    result = flask(sqlite_app, "explain", *pair, "--on", "2026-12-02", "--lang", "en")
    assert result.exit_code == 4
    assert "P0070000 was valid until 2026-12-01" in result.stderr
    assert flask(sqlite_app, "explain", *pair, "--on", "2026-12-01").exit_code == 0
    database: Database = sqlite_app.extensions["matchmaker"].database
    with database.writing(SYSTEM) as session:
        need = session.scalars(select(Need).where(Need.need_no == pair[0])).one()
        change_status(session, actor=Actor("test", Side.TRUSTED), entry=need, verb="withdraw", now=NOW)
    result = flask(sqlite_app, "explain", pair[0], "P0070003", *DAY)
    assert result.exit_code == 4
    assert "XQ-20261130-70000 自 2026-11-30 起为「已撤回」" in result.stderr


def test_run_stores_and_dry_run_does_not(app: Flask) -> None:
    database: Database = app.extensions["matchmaker"].database

    def runs() -> int:
        with database.reading(SYSTEM) as session:
            return session.scalar(select(func.count()).select_from(MatchRun)) or 0

    dry = json.loads(done(app, "run", *DAY, "--json", "--dry-run"))
    assert (dry["run"], runs()) == (None, 0)
    stored = json.loads(done(app, "run", *DAY, "--json"))
    assert runs() == 1
    assert stored["pairs"] == stored["needs"] * stored["products"] == PAIRS
    assert sum(stored[verdict] for verdict in Verdict) == PAIRS
    assert stored["on"] == ON.isoformat()
    same = {key: value for key, value in stored.items() if key not in ("run", "seconds")}
    assert same == {key: value for key, value in dry.items() if key not in ("run", "seconds")}
    again = json.loads(done(app, "recompute", str(stored["run"]), "--json"))
    assert again == {
        "run": stored["run"],
        "on": "2026-11-30",
        "same": True,
        "digest": stored["digest"],
        "recomputed_digest": stored["digest"],
        "differences": [],
    }


def test_today_in_shanghai_is_the_default_day(sqlite_app: Flask) -> None:
    """The clock stands at 09:00 on 30 November in Shanghai."""
    assert json.loads(done(sqlite_app, "run", "--json", "--dry-run"))["on"] == "2026-11-30"


def test_a_run_that_differs_ends_with_a_conflict(sqlite_app: Flask) -> None:
    run_id = json.loads(done(sqlite_app, "run", *DAY, "--json"))["run"]
    database: Database = sqlite_app.extensions["matchmaker"].database
    with database.writing(SYSTEM) as session:
        session.get_one(MatchRun, run_id).digest = "0"
    result = flask(sqlite_app, "recompute", str(run_id), "--json")
    assert result.exit_code == 5
    assert json.loads(result.stdout)["same"] is False
    assert flask(sqlite_app, "recompute", "99").exit_code == 4


@pytest.mark.parametrize(
    "args",
    [
        ("run", "--on", "2026-13-01"),
        ("run", "--top-k", "0"),
        ("run", "--top-k", "x"),
        ("export",),
        ("explain", "XQ-20261130-70000"),
        ("recompute", "first"),
    ],
)
def test_wrong_usage_ends_with_two(sqlite_app: Flask, args: tuple[str, ...]) -> None:
    result = flask(sqlite_app, *args)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_export_to_a_place_that_cannot_be_written_is_one_sentence(sqlite_app: Flask, tmp_path: Path) -> None:
    result = flask(sqlite_app, "export", str(tmp_path / "no" / "such" / "all.csv"), *DAY)
    assert result.exit_code == 6
    assert "Traceback" not in result.stderr
    assert str(tmp_path / "no" / "such" / "all.csv") in result.stderr


def test_a_database_that_is_not_set_up_is_one_sentence(tmp_path: Path) -> None:
    result = flask(app_on(f"sqlite:///{tmp_path / 'new.db'}", tmp_path), "run", *DAY)
    assert result.exit_code == 6
    assert "flask db upgrade" in result.stderr


def test_a_broken_export_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    file.write_text("old", "utf-8")

    def rows() -> Iterator[PairRow]:
        yield PairRow("=1", "P", Verdict.NEAR, "age", "", None, None, None)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _write_csv(file, rows())
    assert file.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_and_a_pipe_stay_what_they_are(tmp_path: Path) -> None:
    """As root, a rename would put a file in the place of /dev/null."""
    row = PairRow("N", "P", Verdict.NEAR, "age", "", None, None, None)
    target, link, pipe = (tmp_path / name for name in ("target.csv", "link.csv", "pipe"))
    link.symlink_to(target)
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert _write_csv(link, [row]) == _write_csv(pipe, [row]) == 1
        assert os.read(reading, 1000) == target.read_bytes()
    finally:
        os.close(reading)
    assert link.is_symlink() and pipe.is_fifo()


def test_a_key_that_looks_like_a_formula_is_guarded(tmp_path: Path) -> None:
    row = PairRow("=1", "@P", Verdict.ELIGIBLE, "", "", 1000, 1, 2)
    assert _write_csv(tmp_path / "all.csv", [row]) == 1
    assert (tmp_path / "all.csv").read_text("utf-8") == f"{','.join(COLUMNS)}\n'=1,'@P,eligible,,,100.0,1,2\n"
