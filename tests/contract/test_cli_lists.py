"""``flask lists`` and ``flask registers`` as CONTRACT.md section 1 fixes them: output, exit codes, files."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from matchmaker import create_app
from matchmaker.clock import SHANGHAI
from matchmaker.db import Database
from matchmaker.lists.models import LISTS, REGISTERS
from matchmaker.settings import Settings
from tests.support.lists import (
    CONFORMANCE,
    DATA,
    KINDS_OF_CONFORMANCE,
    LATER,
    count,
    fill_registers,
    put,
    put_conformance,
    stored,
    table,
)

Flask = Callable[..., Result]
KEYS = ["kind", "file", "new", "changed", "unchanged", "rejected", "written", "errors", "ignored_columns"]


@pytest.fixture
def flask(migrated_sqlite_url: str, tmp_path: Path) -> Flask:
    """Runs ``flask …`` on an empty, migrated database."""
    app = create_app(Settings(instance=tmp_path, database_url=migrated_sqlite_url), now=lambda: LATER)
    runner = app.test_cli_runner()

    def run(*arguments: Any) -> Result:
        return runner.invoke(args=[str(argument) for argument in arguments])

    return run


@pytest.fixture
def database(migrated_sqlite_url: str) -> Iterator[Database]:
    """The database that ``flask`` uses."""
    made = Database(migrated_sqlite_url)
    yield made
    made.dispose()


@pytest.fixture
def conformance(database: Database) -> Database:
    """The same with the conformance lists, contacts and the real policies."""
    put_conformance(database)
    uscc = "91371002MA5782909D"
    rows = [["C1", uscc, "", "张三", "zhang@example.com"], ["C2", "", "B001", "=1+1", ""]]
    put(database, table("contacts", "contact_no uscc org_code name email", *rows))
    return database


def document(result: Result) -> Any:
    """The one JSON document on standard output."""
    return json.loads(result.stdout)


# Import


def test_import_of_the_five_conformance_lists(flask: Flask, database: Database) -> None:
    fill_registers(database)
    for kind, rows in zip(KINDS_OF_CONFORMANCE, (27, 225, 70, 195, 75), strict=True):
        file = CONFORMANCE / f"{kind}.csv"
        result = flask("lists", "import", kind, file, "--json")
        assert result.exit_code == 0, result.stderr
        found = document(result)
        assert list(found) == KEYS
        assert (found["kind"], found["file"], found["errors"], found["ignored_columns"]) == (kind, str(file), [], [])
        assert [found[key] for key in ("new", "changed", "unchanged", "rejected", "written")] == [rows, 0, 0, 0, rows]
        again = document(flask("lists", "import", kind, file, "--json"))
        assert (again["new"], again["changed"], again["unchanged"], again["written"]) == (0, 0, rows, 0)


def test_talk_goes_to_standard_error(flask: Flask) -> None:
    result = flask("lists", "import", "organisations", CONFORMANCE / "organisations.csv")
    assert result.stdout == ""
    assert "新增 27" in result.stderr
    english = flask("lists", "import", "organisations", CONFORMANCE / "organisations.csv", "--lang", "en")
    assert "27 unchanged" in english.stderr


def test_dry_run_writes_nothing(flask: Flask, database: Database) -> None:
    result = flask("lists", "import", "organisations", CONFORMANCE / "organisations.csv", "--dry-run", "--json")
    assert (result.exit_code, document(result)["new"], document(result)["written"]) == (0, 27, 0)
    assert count(database, "organisations") == 0


def test_faulty_file_ends_with_3_and_names_its_cells(flask: Flask, conformance: Database, tmp_path: Path) -> None:
    report = tmp_path / "report.xlsx"
    file = DATA / "uploads" / "products_faulty.xlsx"
    result = flask("lists", "import", "products", file, "--json", "--report", report)
    found = document(result)
    assert result.exit_code == 3
    assert found["written"] == 0
    assert found["errors"][0].keys() == {"row", "column", "cell", "code", "message"}
    assert found["errors"][0]["row"] == 5
    assert found["errors"][0]["cell"] == "L5"
    assert found["errors"][0]["column"] == "rate_min_pct"
    assert found["errors"][0]["code"] == "percent_ambiguous"
    assert "第 5 行 L5：" in result.stderr
    assert report.stat().st_size > 0


def test_partial_writes_the_good_rows_and_ends_with_3(flask: Flask, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "organisations.csv"
    file.write_text("org_code,kind,name\nB1,BANK,甲\nB2,SHOP,乙\n", "utf-8")
    assert flask("lists", "import", "organisations", file).exit_code == 3
    assert count(database, "organisations") == 0
    result = flask("lists", "import", "organisations", file, "--partial", "--json")
    assert (result.exit_code, document(result)["written"]) == (3, 1)
    assert count(database, "organisations") == 1


def test_only_the_first_twenty_faults_are_said(flask: Flask, tmp_path: Path) -> None:
    file = tmp_path / "organisations.csv"
    file.write_text("org_code,kind,name\n" + "".join(f"B{i},SHOP,甲\n" for i in range(25)), "utf-8")
    result = flask("lists", "import", "organisations", file)
    assert result.stderr.count("第 ") == 20
    assert "另有 5 处错误" in result.stderr


def test_long_import_shows_its_progress(flask: Flask, tmp_path: Path) -> None:
    file = tmp_path / "organisations.csv"
    file.write_text("org_code,kind,name\n" + "".join(f"B{i},BANK,甲{i}\n" for i in range(2500)), "utf-8")
    result = flask("lists", "import", "organisations", file)
    assert result.exit_code == 0
    assert "检查 20 %" in result.stderr
    assert "写入 100 %" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["lists", "import", "planets", "x.csv"], 2),
        (["lists", "import", "products"], 2),
        (["lists"], 2),
        (["lists", "import", "products", "/nowhere/x.csv"], 4),
        (["lists", "import", "products", __file__], 2),
        (["lists", "export", "products", "x.pdf"], 2),
        (["lists", "export", "products", "/nowhere/x.csv"], 6),
        (["lists", "template", "products", "/nowhere/x.xlsx"], 6),
        (["lists", "export", "products", "/proc/x.xlsx"], 6),
        (["lists", "template", "needs", "x.xlsx", "--bank", "B001"], 2),
        (["lists", "import", "organisations", CONFORMANCE / "organisations.csv", "--report", "/nowhere/x.xlsx"], 6),
        (["lists", "import", "organisations", CONFORMANCE / "organisations.csv", "--report", "x.csv"], 2),
        (["lists", "status", "products", "P9", "suspend"], 4),
        (["lists", "status", "products", "P9", "explode"], 2),
        (["lists", "confirm", "products", "P9"], 4),
        (["registers", "import", "moons", "x.csv"], 2),
    ],
)
def test_exit_codes(flask: Flask, arguments: list[Any], exit_code: int) -> None:
    result = flask(*arguments)
    assert result.exit_code == exit_code, result.stderr
    assert result.stdout == "" or exit_code == 2
    assert "Traceback" not in result.stderr


def test_empty_file_and_wrong_header(flask: Flask, tmp_path: Path) -> None:
    empty, wrong = tmp_path / "a.csv", tmp_path / "b.csv"
    empty.write_bytes(b"")
    wrong.write_text("机构编号,名称\nB1,甲\n", "utf-8")
    assert flask("lists", "import", "organisations", empty).exit_code == 3
    result = flask("lists", "import", "organisations", wrong)
    assert result.exit_code == 3
    assert "类别" in result.stderr


def test_a_file_refused_as_a_whole_is_one_error_of_the_document(flask: Flask, tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_text("清单\nneed_no,uscc,金额,term_months,purpose\nN1,x,800,12,RND\n")
    result = flask("lists", "import", "needs", path, "--json")
    found = document(result)
    assert (result.exit_code, list(found)) == (3, KEYS)
    assert {k: found[k] for k in KEYS[2:7]} == dict.fromkeys(KEYS[2:7], 0)
    (error,) = found["errors"]
    assert (error["row"], error["column"], error["cell"], error["code"]) == (2, "amount_wan", "C2", "missing_column")
    assert "「金额」" in error["message"]
    path.write_bytes(b"")
    (error,) = document(flask("lists", "import", "needs", path, "--json"))["errors"]
    assert (error["row"], error["column"], error["cell"], error["code"]) == (None, None, None, "empty")


def test_an_unknown_bank_names_the_nearest_however_unlike(flask: Flask, conformance: Database, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("product_code,bank_name,name,product_type\nP1,XYZ,甲,信用贷\n")
    (error,) = document(flask("lists", "import", "products", path, "--json"))["errors"]
    assert (error["cell"], error["code"]) == ("B2", "unknown_code")
    assert "最接近的是" in error["message"]


def test_a_file_that_may_not_be_read(flask: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.csv"
    path.write_text("need_no\n")

    def closed(self: Path, *_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr("os.access", lambda *_, **__: False)
    monkeypatch.setattr(Path, "open", closed)  # the tests may run as root, whom no permission stops
    result = flask("lists", "import", "needs", path)
    assert result.exit_code == 6
    assert "没有读取「secret.csv」的权限" in result.stderr


def test_an_optional_column_under_a_like_name_is_asked_about(
    flask: Flask, conformance: Database, tmp_path: Path
) -> None:
    path = tmp_path / "p.csv"
    path.write_text("product_code,bank_name,name,product_type,年利率上限\nP1,B001,甲,信用贷,4\n")
    result = flask("lists", "import", "products", path)
    assert result.exit_code == 0
    assert "没有找到列「最高年利率(%)」；文件中有「年利率上限」，是否就是它？" in result.stderr
    again = flask("lists", "import", "products", path)
    assert "未写入任何数据" in again.stderr


def test_database_that_is_not_set_up(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path))
    result = app.test_cli_runner().invoke(
        args=["lists", "import", "organisations", str(CONFORMANCE / "organisations.csv")]
    )
    assert result.exit_code == 6
    assert "flask db upgrade" in result.stderr


# Round trips


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("command", ["export", "template"])
def test_what_is_written_is_read_back_unchanged(
    flask: Flask, conformance: Database, tmp_path: Path, command: str, ending: str
) -> None:
    assert flask("lists", "import", "policies", DATA.parent.parent / "matchmaker/data/policies.csv").exit_code == 0
    for kind in LISTS:
        file = tmp_path / f"{kind}.{ending}"
        written = flask("lists", command, kind, file)
        assert written.exit_code == 0, written.stderr
        assert written.stdout == ""
        back = flask("lists", "import", kind, file, "--json")
        assert back.exit_code == 0, back.stderr
        found = document(back)
        assert (found["new"], found["changed"], found["unchanged"]) == (0, 0, count(conformance, kind)), kind


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_registers_are_read_back_unchanged(flask: Flask, database: Database, tmp_path: Path, ending: str) -> None:
    fill_registers(database)
    for kind in [kind for kind in REGISTERS if count(database, kind)]:
        file = tmp_path / f"{kind}.{ending}"
        assert flask("registers", "export", kind, file).exit_code == 0
        back = flask("registers", "import", kind, file, "--json")
        assert back.exit_code == 0, back.stderr
        assert document(back)["unchanged"] == count(database, kind), kind


def test_a_bank_is_written_under_its_name(flask: Flask, conformance: Database, tmp_path: Path) -> None:
    flask("lists", "export", "products", tmp_path / "products.csv")
    assert "示例银行1," in (tmp_path / "products.csv").read_text("utf-8-sig")


def test_no_active_formula_is_written(flask: Flask, conformance: Database, tmp_path: Path) -> None:
    flask("lists", "export", "contacts", tmp_path / "contacts.csv")
    assert "'=1+1" in (tmp_path / "contacts.csv").read_text("utf-8-sig")
    assert stored(conformance, "contacts", "C2").name == "=1+1"


def test_template_of_one_bank(flask: Flask, conformance: Database, tmp_path: Path) -> None:
    file = tmp_path / "mine.xlsx"
    result = flask("lists", "template", "products", file, "--bank", "示例银行2")
    assert result.exit_code == 0
    back = document(flask("lists", "import", "products", file, "--json", "--dry-run"))
    assert 0 < back["unchanged"] < 70
    unknown = flask("lists", "template", "products", file, "--bank", "示例银行99")
    assert unknown.exit_code == 4


def test_template_leaves_out_what_has_ended(flask: Flask, conformance: Database, tmp_path: Path) -> None:
    assert flask("lists", "status", "products", "P0070000", "withdraw").exit_code == 0
    flask("lists", "template", "products", tmp_path / "t.csv")
    flask("lists", "export", "products", tmp_path / "e.csv")
    assert "P0070000" not in (tmp_path / "t.csv").read_text("utf-8-sig")
    assert document(flask("lists", "import", "products", tmp_path / "e.csv", "--json"))["unchanged"] == 70


# Workflow


def test_status_takes_a_step_and_refuses_a_wrong_one(flask: Flask, conformance: Database) -> None:
    tried = flask("lists", "status", "products", "P0070000", "suspend", "--dry-run")
    assert (tried.exit_code, stored(conformance, "products", "P0070000").version) == (0, 1)
    assert flask("lists", "status", "products", "P0070000", "suspend").exit_code == 0
    assert stored(conformance, "products", "P0070000").status == "suspended"
    again = flask("lists", "status", "products", "P0070000", "suspend")
    assert again.exit_code == 5
    assert "已暂停" in again.stderr


def test_key_of_two_parts(flask: Flask, conformance: Database) -> None:
    assert flask("lists", "status", "credit-records", "信用中国/C700000", "suspend").exit_code == 0


def test_stale_and_confirm(flask: Flask, conformance: Database) -> None:
    assert flask("lists", "stale").stdout == ""
    found = document(flask("lists", "stale", "--days", "0", "--json"))
    assert found["days"] == 0
    assert len(found["stale"]) == 70 + 195
    day = stored(conformance, "products", "P0070000").confirmed_at.astimezone(SHANGHAI).date().isoformat()
    assert {"kind": "products", "key": "P0070000", "confirmed_on": day} in found["stale"]
    assert flask("lists", "confirm", "products", "P0070000", "P0070001", "--dry-run").exit_code == 0
    assert flask("lists", "confirm", "products", "P0070000", "P0070001").exit_code == 0
    assert stored(conformance, "products", "P0070000").confirmed_at == LATER
    lines = flask("lists", "stale", "--days", "0").stdout.splitlines()
    assert len(lines) == 68 + 195
    assert all(len(line.split("\t")) == 3 for line in lines)


# Registers


def test_registers_list(flask: Flask, database: Database) -> None:
    fill_registers(database)
    found = {row["kind"]: row["rows"] for row in document(flask("registers", "list", "--json"))["registers"]}
    assert found["industries"] == 20 + 97 + 473 + 1381
    assert found["chains"] == 10
    assert "产业链" in flask("registers", "list").stdout


def test_an_edited_register_counts_at_once(flask: Flask, database: Database, tmp_path: Path) -> None:
    fill_registers(database)
    file = tmp_path / "chains.csv"
    file.write_text("chain_code,name_zh\nQUANTUM,量子链\n", "utf-8")
    assert flask("registers", "import", "chains", file).exit_code == 0
    enterprises = tmp_path / "enterprises.csv"
    enterprises.write_text("uscc,name,chain_code\n91371002MA5782909D,某公司,量子链\n", "utf-8")
    assert flask("lists", "import", "enterprises", enterprises).exit_code == 0
    assert stored(database, "enterprises", "91371002MA5782909D").chain_code == "QUANTUM"
