"""``flask guarantee events | cover | lapse``: files as banks send them, row by row, and nothing twice."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import Result
from flask import Flask

from matchmaker import create_app
from matchmaker.db import Database
from matchmaker.domain.errors import Exit
from tests.support.accounts import parts_of
from tests.support.city import code_of
from tests.support.consenting import let_cover
from tests.support.guaranteeing import WAN, Play, guaranteed_city, kept

EVENTS = "event_no,guarantee_no,kind,happened_on,amount_yuan,interest_yuan"
LOANS = "event_no,scheme_code,uscc,amount_yuan,term_months"


class Bench:
    """The commands beside a case that is played; the clock of both is the play's."""

    def __init__(self, url: str, folder: Path) -> None:
        database = Database(url)
        settings = guaranteed_city(database, folder)
        database.dispose()
        self.folder = folder
        self.app: Flask = create_app(settings, now=lambda: self.play.at)
        self.play = Play(parts_of(self.app).database, settings)

    def file(self, head: str, *rows: str, name: str = "bank.csv", encoding: str = "utf-8") -> str:
        """A file of these rows; ``{no}`` is the number of the case."""
        number = self.play.case.guarantee_no if self.play.public_id else ""
        text = "\r\n".join((head, *rows)).replace("{no}", number)
        (self.folder / name).write_text(text + "\r\n", encoding)
        return str(self.folder / name)

    def run(self, *words: str) -> Result:
        return self.app.test_cli_runner().invoke(args=["guarantee", *words])

    def told(self, *words: str, code: Exit = Exit.DONE) -> Any:
        """What a command prints as JSON."""
        done = self.run(*words, "--json")
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    def consent(self, number: int) -> None:
        """The enterprise lets G1 and B1 see what they need, for any loan."""
        let_cover(self.play.database, self.play.settings, number=number, now=self.play.at)


@pytest.fixture
def bench(migrated_url: str, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(migrated_url, tmp_path)
    yield made
    made.play.database.dispose()


def test_a_file_of_reports_counts_once_however_often_it_is_sent(bench: Bench) -> None:
    bench.play.approved()
    file = bench.file(
        EVENTS, "F1,{no},drawdown,2026-11-24,1000000,", "F2,{no},repayment,2026-11-24,400000.50,",
        "F3,{no},cure,2026-11-24,,",
    )  # fmt: skip
    first = bench.told("events", file)
    assert (first["rows"], first["refused"], first["dry_run"]) == (3, 0, False)
    assert [(one["row"], one["event_no"], one["state"], one["repeated"]) for one in first["answers"]] == [
        (2, "F1", "applied", False), (3, "F2", "applied", False), (4, "F3", "parked", False),
    ]  # fmt: skip
    assert {one["guarantee"] for one in first["answers"]} == {bench.play.case.guarantee_no}
    assert [bool(one["why"]) for one in first["answers"]] == [False, False, True]
    assert bench.play.position.outstanding == 60_000_000 - 50
    before = kept(bench.play.database)
    again = bench.told("events", file)
    assert all(one["repeated"] for one in again["answers"]) and kept(bench.play.database) == before


def test_what_is_refused_stands_in_no_other_rows_way(bench: Bench) -> None:
    bench.play.approved()
    file = bench.file(
        EVENTS, "F1,DB-20261124-nobody,drawdown,2026-11-24,1,", "F2,{no},borrowing,2026-11-24,1,",
        "F3,{no},drawdown,2026-11-24,9999999,", "F4,{no},drawdown,2026-11-24,,", "F5,{no},drawdown,2026-11-24,100,",
    )  # fmt: skip
    done = bench.run("events", file, "--json")
    assert done.exit_code == Exit.REJECTED and "5 行中有 4 行没有办理" in done.stderr
    answers = json.loads(done.stdout)["answers"]
    codes = [one.get("code") for one in answers]
    assert codes == ["not_found", "event_kind", "over_amount", "event_amount", None]
    assert all(one["why"] for one in answers[:4])
    assert bench.play.position.drawn == 100 * 100
    said = bench.run("events", file, "--lang", "en")
    assert said.exit_code == Exit.REJECTED and "4 of 5 rows were refused" in said.stderr
    assert said.stdout.splitlines()[4].split("\t")[:3] == ["6", "F5", "applied"], "a person reads the same"


@pytest.mark.parametrize(
    ("head", "row", "code", "words"),
    [
        ("event_no,kind,happened_on", "F1,drawdown,2026-11-24", "missing_column", "担保编号"),
        (EVENTS, "F2,{no},drawdown,2026-02-30,1,", "cell", "第 3 行 D3「发生日」：「2026-02-30」不是一个日期"),
        (EVENTS, "F2,{no},drawdown,2026-11-24,abc,", "cell", "第 3 行 E3「金额(元)」：「abc」读不出数字"),
        (EVENTS, "F2,{no},drawdown,2026-11-24,0.001,", "cell", "E3"),
        (EVENTS, "F2,{no},claim,2026-11-24,1,-5", "cell", "F3"),
        (EVENTS, "F2,,drawdown,2026-11-24,1,", "cell", "B3"),
        (EVENTS, "", "no_rows", "没有数据"),
    ],
)  # fmt: skip
def test_a_file_that_is_half_understood_is_not_taken_at_all(
    bench: Bench, head: str, row: str, code: str, words: str
) -> None:
    bench.play.approved()
    good = "F1,{no},drawdown,2026-11-24,100," if head == EVENTS and row else ""
    before = kept(bench.play.database)
    for more in ([], ["--dry-run"], ["--json"]):
        done = bench.run("events", bench.file(head, good, row), *more)
        assert (done.exit_code, done.stdout) == (Exit.REJECTED, "")
        assert f" {code}: " in done.stderr and words in done.stderr, done.stderr
    assert kept(bench.play.database) == before


def test_a_file_that_is_not_there_or_no_table(bench: Bench) -> None:
    assert bench.run("events", str(bench.folder / "nowhere.csv")).exit_code == Exit.NOT_FOUND
    assert bench.run("events", bench.file(EVENTS, name="bank.txt")).exit_code == Exit.USAGE


CHINESE = "银行流水号,事件编号,担保编号,事件种类,发生日,金额（元）,利息(元)"
ROW = ("9", "F1", "{no}", "drawdown", "2026年11月24日", "100万元", "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_come_as_banks_write_them(bench: Bench, encoding: str) -> None:
    bench.play.approved()
    file = bench.file(f"示例银行贷后事件,,,,,,\r\n{CHINESE}", ",".join(ROW), encoding=encoding)
    told = bench.told("events", file)
    assert [(one["row"], one["state"]) for one in told["answers"]] == [(3, "applied")]
    assert told["ignored_columns"] == ["银行流水号"] and bench.play.position.drawn == 100 * WAN
    assert "银行流水号" in bench.run("events", file).stderr, "a column that counts for nothing is named"


def test_a_workbook_is_read_as_well(bench: Bench) -> None:
    bench.play.approved()
    path = bench.folder / "bank.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("贷后")
        sheet.write_row(0, 0, CHINESE.split(","))
        sheet.write_row(1, 0, [9, 17, bench.play.case.guarantee_no, "drawdown", "2026/11/24", 1_000_000.5, ""])
    told = bench.told("events", str(path))
    assert [(one["row"], one["event_no"], one["state"]) for one in told["answers"]] == [(2, "17", "applied")]
    assert bench.play.position.drawn == 100 * WAN + 50, "a bare number is yuan"


def test_a_dry_run_writes_nothing(bench: Bench) -> None:
    bench.play.approved()
    bench.consent(2)
    before = kept(bench.play.database)
    events = bench.file(EVENTS, "F1,{no},drawdown,2026-11-24,100,")
    done = bench.run("events", events, "--dry-run")
    assert done.exit_code == Exit.DONE and "没有办理" in done.stderr and not done.stdout
    loans = bench.file(LOANS, f"L2,S1,{code_of(2)},1000000,12", name="loans.csv")
    for told in (
        bench.told("events", events, "--dry-run"), bench.told("cover", loans, "--bank", "B1", "--dry-run")
    ):  # fmt: skip
        assert told == {"dry_run": True, "rows": 1, "refused": 0, "ignored_columns": [], "answers": []}
    assert kept(bench.play.database) == before


def test_loans_are_covered_row_by_row_and_once(bench: Bench) -> None:
    bench.consent(1)
    file = bench.file(
        LOANS, f"L1,S1,{code_of(1)},1000000,12", f"L2,S1,{code_of(2)},1000000,12", f"L3,S1,{code_of(1)},2000001,12",
    )  # fmt: skip
    told = bench.told("cover", file, "--bank", "B1银行", code=Exit.REJECTED)
    assert [one.get("code") for one in told["answers"]] == [None, "consent_ended", "automatic_amount"]
    assert [one["row"] for one in told["answers"]] == [2, 3, 4] and told["refused"] == 2
    covered = told["answers"][0]
    assert covered["state"] == "covered" and covered["guarantee"].startswith("DB-") and covered["letter"]
    before = kept(bench.play.database)
    again = bench.told("cover", file, "--bank", "B1", code=Exit.REJECTED)
    assert again["answers"][0] == covered and kept(bench.play.database) == before


def test_loans_of_a_bank_that_does_not_exist_and_cells_that_cannot_be_read(bench: Bench) -> None:
    bench.consent(1)
    before = kept(bench.play.database)
    good = f"L1,S1,{code_of(1)},1000000,12"
    assert bench.run("cover", bench.file(LOANS, good), "--bank", "B7").exit_code == Exit.NOT_FOUND
    for row, cell in (("L2,S1,91371000MA0TE5T16X,1,12", "C3"), (f"L2,S1,{code_of(1)},1,一年", "E3")):
        done = bench.run("cover", bench.file(LOANS, good, row), "--bank", "B1")
        assert done.exit_code == Exit.REJECTED and cell in done.stderr and "整份没有办理" in done.stderr
    assert kept(bench.play.database) == before


def test_what_is_past_its_day_is_listed_and_then_ended(bench: Bench) -> None:
    number = bench.play.apply().guarantee_no
    assert bench.told("lapse") == {"lapsed": [], "dry_run": False}
    bench.play.at += timedelta(days=40)
    before = kept(bench.play.database)
    assert bench.told("lapse", "--dry-run") == {"lapsed": [number], "dry_run": True}
    assert kept(bench.play.database) == before and bench.play.case.state == "applied"
    done = bench.run("lapse")
    assert done.stdout.split() == [number] and "1 笔" in done.stderr
    assert bench.play.case.state == "lapsed" and bench.play.position.reserved == 0
    assert bench.told("lapse")["lapsed"] == []
