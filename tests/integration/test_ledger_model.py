"""Whatever is booked in whatever order: the ledger agrees with a plain model that knows nothing of it.

The model keeps what was reserved, drawn, repaid, compensated, recovered and written off in plain numbers, and reckons
shares with fractions. It shares no code with ``scoring.exposure``.
"""

import shutil
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import func, select

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import MatchmakerError
from matchmaker.domain.guarantee_terms import LossParty
from matchmaker.guarantee.ledger.checking import verify_ledger
from matchmaker.guarantee.ledger.models import GuaranteeBalance, LedgerLeg
from matchmaker.scoring.exposure import Covered
from tests.support.covering import WAN, booked, case, guarantors, reserve, shares, standing

ODD = shares(33_333_333, 20_000_001, 33_333_333, 13_333_333)
FIRMS = 2


class Plain(dict[str, int]):
    """One case of the model."""

    def __missing__(self, key: str) -> int:
        return 0


class Books(RuleBasedStateMachine):
    """Books of one guarantor, on a SQLite file of its own."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.folder / "books.db")
        self.database = Database(f"sqlite:///{self.folder / 'books.db'}")
        self.model: dict[int, Plain] = {}
        self.entries = 0

    def teardown(self) -> None:
        self.database.dispose()
        shutil.rmtree(self.folder)

    def covered(self, number: int) -> Covered:
        return case(number, 1, firm=1 + number % FIRMS, shares=ODD, amount_fen=self.model[number]["amount"], fee_fen=7)

    def tried(self, fits: bool, verb: str, number: int, **values: Any) -> None:
        """Booked exactly where the model says that it fits."""
        try:
            booked(self.database, verb, self.covered(number), **values)
        except MatchmakerError:
            assert not fits, f"{verb} {values} was refused"
        else:
            assert fits, f"{verb} {values} was booked"
            self.entries += 1

    @rule(fen=st.integers(1, 3 * WAN))
    def reserves(self, fen: int) -> None:
        number = len(self.model) + 1
        self.model[number] = Plain(amount=fen, reserved=fen, promised_fee=7)
        reserve(self.database, self.covered(number))
        self.entries += 1

    @precondition(lambda self: self.model)
    @rule(data=st.data(), verb=st.sampled_from(["drawdown", "repayment", "recovery"]), fen=st.integers(-1, 3 * WAN))
    def moves(self, data: st.DataObject, verb: str, fen: int) -> None:
        number = data.draw(st.sampled_from(sorted(self.model)))
        plain, come, gone = self.model[number], *MOVES[verb]
        if verb == "recovery" and plain["gone"]:
            gone = "gone"  # what was written off is still owed
        fen = data.draw(st.sampled_from([fen, plain[gone]]))
        self.tried(fits := 0 < fen <= plain[gone], verb, number, fen=fen)
        if fits:
            plain[gone] -= fen
            plain[come] += fen

    @precondition(lambda self: self.model)
    @rule(data=st.data(), verb=st.sampled_from(["free", "fee", "write_off"]))
    def ends(self, data: st.DataObject, verb: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.model)))
        plain = self.model[number]
        match verb:
            case "free":
                self.tried(bool(plain["reserved"] or plain["promised_fee"]), "free", number, why="given up")
                plain["reserved"] = plain["promised_fee"] = 0
            case "fee":
                self.tried(bool(plain["promised_fee"]), "fee", number)
                plain["fee"] += plain["promised_fee"]
                plain["promised_fee"] = 0
            case _:
                self.tried(plain["loss"] > 0, "write_off", number)
                plain["gone"] += plain["loss"]
                plain["loss"] = 0

    @precondition(lambda self: self.model)
    @rule(data=st.data(), off=st.sampled_from([0, 0, 1]), interest=st.integers(0, 99))
    def compensates(self, data: st.DataObject, off: int, interest: int) -> None:
        number = data.draw(st.sampled_from(sorted(self.model)))
        plain = self.model[number]
        principal = plain["out"] - off
        fits = off == 0 and principal > 0
        self.tried(fits, "compensation", number, principal_fen=principal, interest_fen=interest)
        if fits:
            plain["loss"] = principal + interest
            plain["out"] = plain["reserved"] = plain["promised_fee"] = 0

    @invariant()
    def cases_stand_where_the_model_has_them(self) -> None:
        for number, plain in self.model.items():
            at = standing(self.database, self.covered(number))
            assert (at.reserved, at.outstanding, at.repaid, at.loss, at.recovered, at.written_off, at.fee) == tuple(
                plain[name] for name in ("reserved", "out", "repaid", "loss", "recovered", "gone", "fee")
            )
            for parts, whole in ((at.outstanding_by, plain["out"]), (at.loss_by, plain["loss"])):
                assert sum(parts.values()) == whole
                for party, share in ODD.items():
                    assert abs(parts.get(party, 0) - Fraction(whole * share, 100_000_000)) < 1

    @invariant()
    def balances_are_those_of_the_model(self) -> None:
        with self.database.reading(SYSTEM) as session:
            row = session.scalars(select(GuaranteeBalance).where(GuaranteeBalance.scope == "guarantor")).one_or_none()
            legs = session.scalar(select(func.coalesce(func.sum(LedgerLeg.amount_fen), 0)))
            assert legs == 0 and verify_ledger(session).flaws == ()
        if row is None:
            assert not self.model
            return
        bank, own = (Fraction(ODD[one], 100_000_000) for one in (LossParty.BANK, LossParty.GUARANTOR))
        out, cases = sum(plain["out"] for plain in self.model.values()), len(self.model)
        assert row.nominal == out and row.reserved_nominal == sum(one["reserved"] for one in self.model.values())
        assert abs(row.guaranteed - out * (1 - bank)) <= cases and abs(row.retained - out * own) <= cases
        assert abs(row.weighted - row.guaranteed * Fraction(3, 4)) <= cases, "small customers below 5 m CNY"
        assert row.version == self.entries


MOVES = {"drawdown": ("out", "reserved"), "repayment": ("repaid", "out"), "recovery": ("recovered", "loss")}


@pytest.fixture
def template(migrated_sqlite_url: str) -> Path:
    database = Database(migrated_sqlite_url)
    with database.writing(SYSTEM) as session:
        guarantors(session)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.dispose()
    return Path(migrated_sqlite_url.removeprefix("sqlite:///"))


def test_the_ledger_agrees_with_a_plain_model(template: Path) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    Books.template = template
    run_state_machine_as_test(Books, settings=settings(max_examples=15, stateful_step_count=20, deadline=None))
