"""A small city on which every number of the bureau's workbench is something, and the people who work there."""

from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

from flask import Flask
from sqlalchemy import update

from matchmaker import create_app
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.cells import Cell
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.lists.files import SheetRow, Table
from matchmaker.lists.services import import_table
from matchmaker.lists.services.behalf import enter_need
from matchmaker.outbox.models import OutboxMessage
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.city import code_of, enterprise, need, product, put
from tests.support.consenting import NOW, fill, operator

TODAY = NOW + timedelta(days=8)
"""Late enough for leads to be overdue."""


def bureau_app(template: Path, folder: Path, **settings: Any) -> Flask:
    """The city of ``tests.support.consenting`` eight days on, with something of everything the bureau looks at."""
    path = folder / "matchmaker.db"
    copyfile(template, path)
    database = Database(f"sqlite:///{path}")
    made = fill(database, folder)
    with database.writing(SYSTEM) as session:
        put(session, "enterprises", enterprise(7), now=NOW)
        put(session, "products", product("B1", 8, valid_to="2026-12-10", description="<b>&"), now=NOW)
        put(session, "policies", policy("ZC-1", valid_to="2026-12-20"), policy("ZC-2"), now=NOW)
        submit(session, "needs", need(21, uscc=code_of(1)), need(22, uscc=code_of(2)))
        submit(session, "products", product("B2", 9))
        submit(session, "policies", policy("ZC-3"))
        enter_need(session, actor=operator(), cells=cells_of_need(3), settings=made, now=TODAY)
        session.execute(update(OutboxMessage).values(state="failed", last_error="smtp_refused: 550"))
    database.dispose()
    return create_app(
        Settings(
            instance=folder, secret_key=SECRET, database_url=f"sqlite:///{path}", demo=True, stale_days=5, **settings
        ),
        now=lambda: TODAY,
    )


def policy(number: str, **cells: str) -> dict[str, str]:
    """A policy."""
    return {
        "policy_no": number,
        "title": f"{number} 贴息政策",
        "level": "MUNICIPAL",
        "instrument": "INTEREST_SUBSIDY",
        "budget_wan": "500",
        **cells,
    }


def cells_of_need(firm: int) -> dict[str, Cell]:
    """What an operator types for an enterprise after a visit."""
    typed = {"uscc": code_of(firm), "amount_wan": "250", "term_months": "24", "purpose": "WORKING_CAPITAL"}
    return {code: Cell(value) for code, value in typed.items()}


def submit(session: Any, kind: str, *rows: dict[str, str], now: datetime = NOW) -> None:
    """Rows that wait for review."""
    codes = list(dict.fromkeys(code for row in rows for code in row))
    table = Table(
        kind=kind,
        format="csv",
        header_row=1,
        columns={code: code for code in codes},
        ignored=(),
        rows=[SheetRow(n, {c: Cell(str(row.get(c, "")) or None) for c in codes}) for n, row in enumerate(rows, 2)],
    )
    actor = Actor("test", Side.TRUSTED)
    result = import_table(session, actor=actor, table=table, now=now, new_status=EntryStatus.SUBMITTED)
    assert not result.faults, result.faults
