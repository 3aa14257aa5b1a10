"""The conformance lists as facts, read with the csv module alone: no importer, no database."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from matchmaker.domain.rate import Rate
from matchmaker.domain.terms import (
    CreditKind,
    ProductType,
    Purpose,
    Repayment,
    Security,
    Severity,
    SizeClass,
    TaxGrade,
    Tier,
)
from matchmaker.scoring.facts import Asks, Enterprise, Need, Product, Record, Reference, SizeRule, TierHeld

ON = date(2026, 11, 30)
LISTS = Path(__file__).parent.parent / "data" / "conformance"
TABLES = Path(__file__).parent.parent.parent / "matchmaker" / "data"

Row = dict[str, str]


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _fen(cell: str) -> int | None:
    return int(Decimal(cell) * 1_000_000) if cell else None


def _number(cell: str) -> int | None:
    return int(cell) if cell else None


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


def _rate(cell: str) -> Rate | None:
    return Rate(pct_e6=int(Decimal(cell) * 1_000_000)) if cell else None


def _yes(cell: str) -> bool | None:
    return {"是": True, "否": False, "": None}[cell]


def _codes(cell: str, term: Any = str) -> tuple[Any, ...]:
    return tuple(term(code) for code in cell.split(";") if code)


def _tier(cell: str) -> TierHeld:
    code, _, valid_to = cell.partition("@")
    return TierHeld(Tier(code), _day(valid_to))


@cache
def reference() -> Reference:
    """Size rules and sections from the shipped tables."""
    sections = {r["code"]: r["section"] for r in rows(TABLES / "gbt4754_2017.csv") if r["level"] == "division"}
    return Reference(
        size_rules=tuple(_size_rule(row) for row in rows(TABLES / "sme_size_classes_2011_300.csv")), sections=sections
    )


def _size_rule(row: Row) -> SizeRule:
    metrics = tuple(row[f"metric_{n}"] for n in (1, 2) if row[f"metric_{n}"])

    def bounds(name: str) -> tuple[int, ...]:
        factors = [1 if metric == "employees" else 1_000_000 for metric in metrics]
        return tuple(int(row[f"{name}_{n}"]) * factor for n, factor in enumerate(factors, 1))

    return SizeRule(
        no=row["no"],
        name=row["industry_zh"],
        scope=tuple(row["gbt4754_scope"].split(",")),
        metrics=metrics,
        large_from=bounds("sme_below"),
        medium_from=bounds("medium_from"),
        small_from=bounds("small_from"),
    )


def enterprises() -> dict[str, Enterprise]:
    """Enterprises with their credit records, by code."""
    records: dict[str, list[Record]] = defaultdict(list)
    for row in rows(LISTS / "credit-records.csv"):
        records[row["uscc"]].append(_record(row))
    return {row["uscc"]: _enterprise(row, records[row["uscc"]]) for row in rows(LISTS / "enterprises.csv")}


def _record(row: Row) -> Record:
    dates = ("occurred_on", "decided_on", "ended_on", "publish_until", "repaired_on")
    return Record(
        source=row["source"],
        record_no=row["record_no"],
        kind=CreditKind(row["kind"]),
        severity=Severity(row["severity"]),
        disputed=_yes(row["disputed"]),
        **{name: _day(row[name]) for name in dates},
    )


def _enterprise(row: Row, records: list[Record]) -> Enterprise:
    return Enterprise(
        uscc=row["uscc"],
        area_code=row["area_code"] or None,
        industry_code=row["industry_code"] or None,
        chain_code=row["chain_code"] or None,
        founded_on=_day(row["founded_on"]),
        employees=_number(row["employees"]),
        revenue_fen=_fen(row["revenue_wan"]),
        total_assets_fen=_fen(row["total_assets_wan"]),
        tiers=tuple(_tier(cell) for cell in row["tiers"].split(";") if cell),
        tax_grade=TaxGrade(row["tax_grade"]) if row["tax_grade"] else None,
        is_first_loan=_yes(row["is_first_loan"]),
        records=tuple(records),
    )


def needs() -> list[Need]:
    """Needs with their enterprises, in the file's order."""
    known = enterprises()
    return [_need(row, known[row["uscc"]]) for row in rows(LISTS / "needs.csv")]


def _need(row: Row, enterprise: Enterprise) -> Need:
    return Need(
        need_no=row["need_no"],
        enterprise=enterprise,
        amount_fen=int(Decimal(row["amount_wan"]) * 1_000_000),
        term_months=int(row["term_months"]),
        purpose=Purpose(row["purpose"]),
        latest_funding_on=_day(row["latest_funding_on"]),
        max_rate=_rate(row["max_rate_pct"]),
        security_offered=_codes(row["security_offered"], Security),
        repayment=Repayment(row["repayment"]) if row["repayment"] else None,
        description=row["description"],
    )


def products() -> list[Product]:
    """All products, in the market or not, in the file's order."""
    return [_product(row) for row in rows(LISTS / "products.csv")]


def _product(row: Row) -> Product:
    return Product(
        product_code=row["product_code"],
        bank=row["bank_name"],
        name=row["name"],
        product_type=ProductType(row["product_type"]),
        asks=_asks(row),
        rate_max=_rate(row["rate_max_pct"]),
        fee_pct_e6=int(Decimal(row["fee_pct"]) * 1_000_000) if row["fee_pct"] else None,
        repayment=_codes(row["repayment"], Repayment),
        decision_days=_number(row["decision_days"]),
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        description=row["description"],
    )


def _asks(row: Row) -> Asks:
    return Asks(
        chains=_codes(row["chains"]),
        industries=_codes(row["industries"]),
        areas=_codes(row["areas"]),
        tiers_any=_codes(row["tiers_any"], Tier),
        size_classes=_codes(row["size_classes"], SizeClass),
        min_age_months=_number(row["min_age_months"]),
        revenue_min_fen=_fen(row["revenue_min_wan"]),
        revenue_max_fen=_fen(row["revenue_max_wan"]),
        tax_grades=_codes(row["tax_grades"], TaxGrade),
        first_loan_only=_yes(row["first_loan_only"]),
        excludes_dishonest=_yes(row["excludes_dishonest"]),
        amount_min_fen=_fen(row["amount_min_wan"]),
        amount_max_fen=_fen(row["amount_max_wan"]),
        term_min_months=_number(row["term_min_months"]),
        term_max_months=_number(row["term_max_months"]),
        rate_min=_rate(row["rate_min_pct"]),
        security=_codes(row["security"], Security),
        purposes=_codes(row["purposes"], Purpose),
    )
