"""What guarantors work by: as registers, with the rows that are refused and the sentence that says why."""

from collections.abc import Iterator

import pytest

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain import uscc
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.guarantee_registers import GUARANTEE_REGISTERS, Scheme, SchemeGrade
from matchmaker.lists.services import import_table
from tests.support.lists import NOW, stored, table

FIRM = uscc.make("371002", "MA000001")
GRADE = "scheme_code grade amount_max_wan guarantor_pct bank_pct reguarantor_pct treasury_pct"
ORGANISATIONS = (["G1", "GUARANTOR", "示例担保"], ["B1", "BANK", "示例银行"])
LIMIT = "limit_no kind limit_class times value_pct amount_wan"


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    with made.writing(SYSTEM) as session:
        load_defaults(session, NOW)
        import_table(session, actor=SYSTEM, table=table("organisations", "org_code kind name", *ORGANISATIONS), now=NOW)
    yield made
    made.dispose()


def said(database: Database, kind: str, header: str, *rows: list[str]) -> list[str]:
    """Import the rows whole or not at all; the sentences of what is wrong."""
    with database.writing(SYSTEM) as session:
        done = import_table(session, actor=SYSTEM, now=NOW, table=table(kind, header, *rows))
    return [f"{fault.column}: {fault.message}" for fault in done.faults]


def test_the_models_scheme_is_not_in_use_and_says_where_it_is_from(database: Database) -> None:
    scheme = stored(database, "schemes", "WEIHAI-MODEL")
    assert scheme.active is False and scheme.org_code is None
    assert "2025-01-01到期" in scheme.source and str(scheme.valid_to) == "2024-12-31"
    assert (scheme.fee_e6, scheme.fee_payer, scheme.cap_fen) == (0, "TREASURY", 50_000_000_000)


@pytest.mark.parametrize(
    ("shares", "total"),
    [(("80", "19.999999", "", ""), "99.999999"), (("80", "30", "", ""), "110"), (("60", "20", "10", "10.5"), "100.5")],
)
def test_shares_that_do_not_add_up_are_refused_at_their_cell(
    database: Database, shares: tuple[str, ...], total: str
) -> None:
    (sentence,) = said(database, "scheme-grades", GRADE, ["WEIHAI-MODEL", "A", "300", *shares])
    assert sentence.startswith("guarantor_pct: ") and f"合计 {total}%" in sentence and "正好是 100%" in sentence


def test_shares_are_checked_with_what_is_stored(database: Database) -> None:
    """A file that holds one share only would make a sum of its own otherwise."""
    only = said(
        database, "scheme-grades", "scheme_code grade amount_max_wan guarantor_pct", ["WEIHAI-MODEL", "A", "500", "70"]
    )
    assert "合计 90%" in only[0]


def test_four_shares_of_exactly_100_are_taken(database: Database) -> None:
    assert said(database, "scheme-grades", GRADE, ["WEIHAI-MODEL", "B", "300", "40", "20", "30", "10"]) == []
    with database.reading(SYSTEM) as session:
        kept = session.query(SchemeGrade).filter_by(scheme_code="WEIHAI-MODEL", grade=Grade.B).one()
    assert (kept.guarantor_e6, kept.bank_e6, kept.reguarantor_e6, kept.treasury_e6) == (
        40_000_000, 20_000_000, 30_000_000, 10_000_000,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "at", "word"),
    [
        (["X", "CUSTOMER", "POLICY", "", "", ""], "value_pct", "还没有填写"),
        (["X", "LEVERAGE", "POLICY", "8", "10%", ""], "value_pct", "不用这一格"),
        (["X", "CITY_GROUP", "POLICY", "3", "", "5000"], "times", "不用这一格"),
    ],
)
def test_a_limit_is_given_in_its_own_unit(database: Database, row: list[str], at: str, word: str) -> None:
    (sentence,) = said(database, "guarantee-limits", LIMIT, row)
    assert sentence.startswith(f"{at}: ") and word in sentence


@pytest.mark.parametrize(
    ("number", "column", "value", "most"),
    [("S-15-1", "times", "11", "10"), ("S-15-2", "times", "99", "15"), ("S-16-1", "value_pct", "10.000001%", "10%"),
     ("S-16-2", "value_pct", "100%", "15%")],
)  # fmt: skip
def test_no_statutory_limit_is_looser_than_the_law(
    database: Database, number: str, column: str, value: str, most: str
) -> None:
    (sentence,) = said(database, "guarantee-limits", f"limit_no {column}", [number, value])
    assert sentence.startswith(f"{column}: ") and f"最多为 {most}（" in sentence and "第十五、十六条" in sentence
    assert said(database, "guarantee-limits", f"limit_no {column}", [number, most.replace("10", "9")]) == []
    policy = ["X", "LEVERAGE", "POLICY", "99", "", ""]
    assert said(database, "guarantee-limits", LIMIT, policy) == [], "a policy may say what it likes: the law holds too"


def test_a_scheme_in_use_needs_a_guarantor_that_is_one(database: Database) -> None:
    use = "scheme_code active"
    assert "要有担保机构" in said(database, "schemes", use, ["WEIHAI-MODEL", "是"])[0]
    wrong = said(database, "schemes", f"{use} org_code", ["WEIHAI-MODEL", "是", "B1"])
    assert "org_code: " in wrong[0] and "担保机构" in wrong[0]
    assert said(database, "schemes", f"{use} org_code", ["WEIHAI-MODEL", "是", "G1"]) == []
    with database.reading(SYSTEM) as session:
        assert session.query(Scheme).one().org_code == "G1"


def test_relations_and_groups_are_imported(database: Database) -> None:
    assert (
        said(
            database, "guarantors", "org_code kind net_assets_wan net_assets_on", ["G1", "FUND", "50000", "2026-06-30"]
        )
        == []
    )
    assert said(database, "guarantor-relations", "org_code uscc relation", ["G1", FIRM, "ACTUAL_CONTROLLER"]) == []
    assert said(database, "related-groups", "group_code uscc relation", ["甲集团", FIRM, "母公司"]) == []
    assert len({model.kind_name for model in GUARANTEE_REGISTERS}) == 7
