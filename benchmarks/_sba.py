"""Reads the real small-business loans of ../shared/data/ranking: what was known at application, and the outcome."""

import csv
import gzip
from bisect import bisect_left
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TextIO

from matchmaker.domain.text import Text
from matchmaker.scoring.scorecard.features import Feature
from matchmaker.scoring.scorecard.fitting import Case

LEAK_COLUMN = "term_LEAKY"

YES_NO = (("N", Text("否", "no")), ("Y", Text("是", "yes")))

SBA_FEATURES: tuple[Feature, ...] = (
    Feature("amount", Text("贷款金额", "Amount"), "number", unit=Text("美元", "US dollars")),
    Feature("guaranteed_pct", Text("担保比例", "Share guaranteed"), "number", unit=Text("%", "%")),
    Feature(
        "employees",
        Text("从业人数", "Employees"),
        "number",
        1,
        Text("规模更大的企业不应因此失分", "a larger business must never lose points for it"),
        Text("人", "people"),
    ),
    Feature("jobs", Text("新增与保留岗位", "Jobs created and kept"), "number", unit=Text("个", "jobs")),
    Feature("industry", Text("行业（NAICS 前两位）", "Industry (two digits of NAICS)"), "category"),
    Feature("state", Text("州", "State"), "category"),
    Feature(
        "new_business",
        Text("新设企业", "New business"),
        "ordered",
        -1,
        Text("新设企业不应因此得分更高", "being new must never earn points"),
        codes=YES_NO,
    ),
    Feature("place", Text("城乡", "Urban or rural"), "category"),
    Feature("revolving", Text("循环额度", "Revolving line"), "category", codes=YES_NO),
    Feature("low_doc", Text("简易申请", "Low documentation"), "category", codes=YES_NO),
    Feature("franchise", Text("特许经营", "Franchise"), "category", codes=YES_NO),
    Feature("bank_state", Text("银行所在州", "State of the bank"), "category"),
    Feature("programme", Text("银行、所在州、担保档与循环", "Lender, its state, share and line"), "category"),
    Feature("size_in_state", Text("州与金额档", "State and band of amount"), "category"),
)
"""Calendar time is left out: it would carry the programme's history, not the applicant's risk."""

AMOUNT_BANDS = (10_000, 26_000, 51_000, 151_000)
SHARE_BANDS = (60, 80)
"""Half is guaranteed in the express programme, 75 % and above in the ordinary one."""

NEW = {"1.0": "N", "2.0": "Y"}
PLACES = {"1.0": "urban", "2.0": "rural"}
UNKNOWN_INDUSTRY = "0"


def read_cases(path: Path) -> list[Case]:
    """The loans of a file, in its order."""
    with _opened(path) as file:
        return [_case(raw) for raw in csv.DictReader(file)]


def with_column(path: Path, cases: list[Case], column: str) -> list[Case]:
    """The same cases with one more column of the file: what somebody would do who wants to use it."""
    with _opened(path) as file:
        added = [_number(raw[column]) for raw in csv.DictReader(file)]
    return [Case({**one.row, column: value}, one.day, one.failed) for one, value in zip(cases, added, strict=True)]


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _case(raw: dict[str, str]) -> Case:
    return Case(dict(_values(raw)), date.fromisoformat(raw["date"]), raw["default"] == "1")


def _values(raw: dict[str, str]) -> Iterator[tuple[str, float | str | None]]:
    amount, guaranteed = float(raw["gr_appv"]), float(raw["sba_appv"])
    share = round(100 * guaranteed / amount, 1)
    band = bisect_left(AMOUNT_BANDS, amount)
    yield "amount", amount
    yield "guaranteed_pct", share
    yield "employees", _number(raw["no_emp"])
    yield "jobs", _jobs(raw)
    yield "industry", None if raw["naics"] == UNKNOWN_INDUSTRY else raw["naics"][:2]
    yield "state", raw["state"] or None
    yield "new_business", NEW.get(raw["new_exist"])
    yield "place", PLACES.get(raw["urban_rural"])
    yield "revolving", raw["rev_line_cr"] or None
    yield "low_doc", raw["low_doc"] or None
    yield "franchise", "Y" if (_number(raw["franchise_code"]) or 0) > 1 else "N"
    yield "bank_state", raw["bank_state"] or None
    parts = (raw["lender"], raw["bank_state"], str(bisect_left(SHARE_BANDS, share)), raw["rev_line_cr"])
    yield "programme", " | ".join(parts)
    yield "size_in_state", f"{raw['state']} {band}"


def _jobs(raw: dict[str, str]) -> float | None:
    created, kept = _number(raw["create_job"]), _number(raw["retained_job"])
    return None if created is None or kept is None else created + kept


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
