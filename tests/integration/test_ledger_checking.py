"""The proof of the books finds what was changed behind them, by command and by night, and says what it found."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from matchmaker import create_app
from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import Exit
from matchmaker.guarantee.ledger.checking import verify_ledger
from matchmaker.guarantee.ledger.models import GuaranteeBalance, LedgerLeg
from matchmaker.guarantee.ledger.nightly import check_ledger
from matchmaker.jobs.context import Context
from matchmaker.jobs.works import verify_books
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.covering import AT, WAN, booked, case, guarantors, reserve


@pytest.fixture
def app(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    made = create_app(Settings(instance=tmp_path, database_url=migrated_sqlite_url, secret_key=SECRET), now=lambda: AT)
    yield made
    database_of(made).dispose()


def database_of(app: Flask) -> Database:
    database: Database = app.extensions["matchmaker"].database
    return database


def fill(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        guarantors(session, schemes={"cap_wan": "5000"})
    for one in (case(1, 300), case(2, 400, org=2, chain_code=None)):
        reserve(database, one)
        booked(database, "drawdown", one, fen=100 * WAN)


def run(app: Flask, *words: str, lang: str = "zh", code: Exit = Exit.DONE) -> str:
    done = app.test_cli_runner().invoke(args=["guarantee", *words, "--lang", lang])
    assert done.exit_code == code, done.output
    return str(done.output)


def test_exposure_in_words(app: Flask) -> None:
    assert "还没有登记担保机构" in run(app, "exposure")
    fill(database_of(app))
    said = run(app, "exposure")
    assert "贷款余额 100 万元 · 担保余额 80 万元" in said and "✓ 担保责任余额÷净资产（倍）" in said
    assert "方案在保余额：已用 240 万元，上限 5,000 万元" in said
    assert "100%, at least 80%" in run(app, "exposure", lang="en")


def test_a_limit_that_has_fallen_below_what_is_booked_is_shown_as_broken(app: Flask) -> None:
    fill(database_of(app))
    with database_of(app).engine.begin() as connection:
        connection.execute(text("UPDATE guarantor SET net_assets_fen = 1000 WHERE org_code = 'G1'"))
    assert "✗ 单户担保责任余额÷净资产（%）" in run(app, "exposure")
    booked(database_of(app), "repayment", case(1), fen=WAN)


def test_stress_in_words(app: Flask) -> None:
    assert "没有未还本金" in run(app, "stress")
    fill(database_of(app))
    said = run(app, "stress")
    assert "产业链 C01 的链主晚付 60 天：1 家企业逾期，未还本金 100 万元，其中可申请代偿 100 万元" in said
    assert "担保机构 160 万元 · 银行 40 万元" in said and "G2 承担 80 万元" in said and "没有放大倍数上限" in said
    assert "可申请代偿 0.00 元" in run(app, "stress", "--days", "59")
    with database_of(app).engine.begin() as connection:
        connection.execute(text("UPDATE guarantor SET net_assets_fen = 80000001 WHERE org_code = 'G1'"))
    assert "left with CNY 0.01; weighted CNY 0.00 of CNY 0.10" in run(app, "stress", lang="en")


def test_books_that_hold_are_said_to_hold(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    fill(database_of(app))
    assert "担保分户账相符：4 笔分录" in run(app, "verify")
    with caplog.at_level(logging.INFO):
        verify_books(context(app))
    assert "ledger holds" in caplog.text and findings(app) == []


def test_a_changed_balance_is_found_and_recorded_and_not_mended(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    fill(database_of(app))
    with database_of(app).writing(SYSTEM) as session:
        session.execute(update(GuaranteeBalance).where(GuaranteeBalance.scope == "scheme").values(loss=5))
    assert "余额与分录合计不符（balance:scheme:G1|S1 loss，现为 5，应为 0 分；共 2 处）" in run(
        app, "verify", code=Exit.REJECTED
    )
    with caplog.at_level(logging.INFO):
        verify_books(context(app))
    assert "2 sums do not hold" in caplog.text
    (found,) = findings(app)
    assert found.after is not None and found.after["flaws"] == 2
    assert check_ledger(database_of(app), AT).flaws != ()


def test_legs_that_were_changed_behind_the_triggers_are_found(app: Flask) -> None:
    database = database_of(app)
    fill(database)
    with database.engine.begin() as connection:
        for trigger in ("ledger_leg_no_update", "ledger_entry_no_delete", "ledger_leg_no_delete"):
            connection.execute(text(f"DROP TRIGGER {trigger}"))
        connection.execute(text("UPDATE ledger_leg SET amount_fen = -1 WHERE account = 'small' AND entry_id = 1"))
        connection.execute(text("DELETE FROM ledger_leg WHERE entry_id = 3"))
        connection.execute(text("DELETE FROM ledger_entry WHERE id = 3"))
    with database.reading(SYSTEM) as session:
        found = {flaw.code for flaw in verify_ledger(session).flaws}
    assert found == {"unbalanced", "below_zero", "gap", "cache", "unknown"}


def test_legs_of_a_case_that_nobody_reserved_are_found(app: Flask) -> None:
    """They count in no balance, so the sums of all others hold."""
    database = database_of(app)
    fill(database)
    with database.writing(SYSTEM) as session:
        for fen, account in ((5, "reserved"), (-5, "headroom")):
            party = "GUARANTOR" if fen > 0 else ""
            session.add(
                LedgerLeg(entry_id=1, org_code="G1", guarantee_no="DB-X", account=account, party=party, amount_fen=fen)
            )
    with database.reading(SYSTEM) as session:
        (flaw,) = verify_ledger(session).flaws
    assert (flaw.code, flaw.place, flaw.found) == ("unknown", "case:DB-X legs", 2)


def context(app: Flask) -> Context:
    parts = app.extensions["matchmaker"]
    return Context(parts.database, parts.settings, lambda: AT)


def findings(app: Flask) -> list[AuditEvent]:
    with database_of(app).reading(SYSTEM) as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == "ledger.mismatch")))
