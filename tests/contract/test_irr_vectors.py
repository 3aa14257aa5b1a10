"""``irr_vectors.csv`` agrees to the last digit in every column (CONTRACT.md section 1)."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from matchmaker.domain.money import FEN_PER_WAN
from matchmaker.domain.rate import E6
from matchmaker.domain.terms import Repayment
from matchmaker.scoring.cost import CostTerms, cost_of

VECTORS = Path(__file__).parent.parent / "data" / "irr_vectors.csv"
with VECTORS.open(encoding="utf-8-sig", newline="") as file:
    ROWS = list(csv.DictReader(file))

INPUTS = ("amount_wan", "rate_pct", "months", "repayment", "fee_pct", "fee_pct_per_year", "subsidy_pct")


def scaled(text: str, scale: int) -> int:
    return int(Decimal(text) * scale)


def test_all_vectors_are_read() -> None:
    assert len(ROWS) == 14


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row[name] for name in INPUTS))
def test_vector(row: dict[str, str]) -> None:
    terms = CostTerms(
        amount_fen=scaled(row["amount_wan"], FEN_PER_WAN),
        rate_pct_e6=scaled(row["rate_pct"], E6),
        months=int(row["months"]),
        repayment=Repayment(row["repayment"]),
        fee_pct_e6=scaled(row["fee_pct"], E6),
        fee_pct_per_year_e6=scaled(row["fee_pct_per_year"], E6),
        subsidy_pct_e6=scaled(row["subsidy_pct"], E6),
    )
    expected = {name: value for name, value in row.items() if name not in INPUTS}
    assert cost_of(terms).figures() == expected
