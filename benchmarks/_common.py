"""What the programmes that measure share: where they ran, and synthetic lists with all sixteen criteria."""

import csv
import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from matchmaker.domain.rate import LprQuote, LprTable, Rate
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

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "matchmaker" / "data"
ON = date(2026, 11, 30)
WAN = 1_000_000

T = TypeVar("T")


def environment() -> dict[str, Any]:
    """Commit, load average and number of processors: keys of every benchmark's document."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip() or "none",
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "cpus": len(os.sched_getaffinity(0)),
    }


def show(document: dict[str, Any]) -> None:
    """Print the one JSON document."""
    json.dump(document | environment(), sys.stdout, ensure_ascii=False, indent=2)
    print()


def _rows(name: str) -> list[dict[str, str]]:
    with (TABLES / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def reference() -> Reference:
    """Size rules and sections from the shipped tables, and two LPR quotes."""
    sections = {row["code"]: row["section"] for row in _rows("gbt4754_2017.csv") if row["level"] == "division"}
    quotes = (
        LprQuote(date(2024, 10, 21), 3_100_000, 3_600_000),
        LprQuote(date(2025, 5, 20), 3_000_000, 3_500_000),
    )
    rules = tuple(_size_rule(row) for row in _rows("sme_size_classes_2011_300.csv"))
    return Reference(lpr=LprTable(quotes), size_rules=rules, sections=sections)


def _size_rule(row: dict[str, str]) -> SizeRule:
    metrics = tuple(row[f"metric_{n}"] for n in (1, 2) if row[f"metric_{n}"])
    bounds = (
        tuple(int(row[f"{name}_{n}"]) * (1 if m == "employees" else WAN) for n, m in enumerate(metrics, 1))
        for name in ("sme_below", "medium_from", "small_from")
    )
    return SizeRule(row["no"], row["industry_zh"], tuple(row["gbt4754_scope"].split(",")), metrics, *bounds)


USES = [
    "采购原材料",
    "购置数控机床",
    "扩大产能",
    "备货周转",
    "智能化改造",
    "新产品研发",
    "出口订单生产",
    "偿还到期贷款",
]
REASONS = ["旺季将至", "订单增加", "设备老化", "回款周期较长", "新增产线", "中标新项目", "拓展海外市场", "原材料涨价"]
OFFERS = ["线上申请随借随还", "信用方式无需抵押", "以订单为依据", "以应收账款质押", "设备购置专项", "研发投入支持"]


class Lists:
    """Seeded synthetic lists: every criterion is asked by some products, every fact is blank now and then."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        classes = [row for row in _rows("gbt4754_2017.csv") if row["level"] == "class"]
        self.industries = [(row["code"], row["name"]) for row in classes]
        self.divisions = sorted({code[:2] for code, _ in self.industries})
        self.areas = [row["code"] for row in _rows("weihai_areas.csv") if row["level"] == "county"]
        self.chains = [c["chain_code"] for c in json.loads((TABLES / "chains_default.json").read_text())["chains"]]

    def needs(self, count: int) -> list[Need]:
        """Needs, each with an enterprise of its own."""
        return [self._need(number) for number in range(count)]

    def products(self, count: int) -> list[Product]:
        """Products in the market on ``ON``."""
        return [self._product(number) for number in range(count)]

    def _maybe(self, share: float, value: T) -> T | None:
        return value if self.random.random() < share else None

    def _some(self, share: float, values: Sequence[T], low: int, high: int) -> tuple[T, ...]:
        """With probability ``share`` between ``low`` and ``high`` of the values, else none."""
        if self.random.random() >= share:
            return ()
        return tuple(self.random.sample(list(values), self.random.randint(low, min(high, len(values)))))

    def _need(self, number: int) -> Need:
        code, name = self.random.choice(self.industries)
        return Need(
            need_no=f"XQ-{number:08d}",
            enterprise=self._enterprise(number, code),
            amount_fen=self.random.choice((50, 100, 200, 300, 500, 800, 1000, 2000, 3000)) * WAN
            + self.random.randrange(20) * WAN // 10,
            term_months=self.random.choice((6, 12, 12, 12, 24, 36, 36, 60)),
            purpose=self.random.choice(list(Purpose)),
            max_rate=self._maybe(0.7, Rate(pct_e6=self.random.randrange(300, 500, 5) * 10_000)),
            security_offered=self._some(0.9, list(Security)[1:6], 1, 3),
            repayment=self._maybe(0.5, self.random.choice(list(Repayment))),
            description=f"主营{name}，{self.random.choice(REASONS)}，资金用于{self.random.choice(USES)}",
        )

    def _enterprise(self, number: int, industry: str) -> Enterprise:
        chance = self.random
        return Enterprise(
            uscc=f"{number:018d}",
            area_code=self._maybe(0.99, chance.choice(self.areas)),
            industry_code=self._maybe(0.98, industry if chance.random() < 0.9 else industry[:2]),
            chain_code=self._maybe(0.6, chance.choice(self.chains)),
            founded_on=self._maybe(0.98, ON - timedelta(days=chance.randrange(30, 9000))),
            employees=self._maybe(0.95, int(10 ** chance.uniform(0.5, 3.2))),
            revenue_fen=self._maybe(0.95, int(10 ** chance.uniform(2, 5) * WAN)),
            total_assets_fen=self._maybe(0.95, int(10 ** chance.uniform(2, 5) * WAN)),
            tiers=tuple(TierHeld(tier, ON + timedelta(days=chance.randrange(-60, 900))) for tier in self._tiers()),
            tax_grade=self._maybe(0.95, chance.choice((TaxGrade.A, TaxGrade.A, *TaxGrade))),
            is_first_loan=self._maybe(0.9, chance.random() < 0.3),
            records=self._records(number),
        )

    def _tiers(self) -> tuple[Tier, ...]:
        return self._some(0.4, list(Tier), 1, 3)

    def _records(self, number: int) -> tuple[Record, ...]:
        if self.random.random() > 0.08:
            return ()
        decided = ON - timedelta(days=self.random.randrange(1000))
        return (Record("法院", f"C{number}", CreditKind.ADMIN_PENALTY, Severity.SERIOUS, decided_on=decided),)

    def _product(self, number: int) -> Product:
        low = self.random.randrange(280, 420, 5) * 10_000
        lowest = Rate(pct_e6=low) if self.random.random() < 0.9 else Rate(spread_bp=self.random.randrange(-10, 100))
        use, offer = self.random.choice(USES), self.random.choice(OFFERS)
        return Product(
            product_code=f"P{number:07d}",
            bank=f"银行{number % 26}",
            name=f"{use[:2]}贷{number % 97}",
            product_type=self.random.choice(list(ProductType)),
            asks=self._asks(lowest),
            rate_max=self._maybe(0.8, Rate(pct_e6=low + self.random.randrange(20, 200, 5) * 10_000)),
            fee_pct_e6=self._maybe(0.6, self.random.randrange(0, 100, 5) * 10_000),
            repayment=self._some(0.9, list(Repayment), 1, 3),
            decision_days=self._maybe(0.9, self.random.choice((1, 3, 5, 7, 10, 15, 30))),
            description=f"面向{self.random.choice(self.industries)[1]}企业，{offer}，可用于{use}",
        )

    def _asks(self, lowest: Rate) -> Asks:
        chance = self.random
        return Asks(
            chains=self._some(0.35, self.chains, 1, 5),
            industries=self._some(0.3, [*self.divisions, *(code[:3] for code, _ in self.industries)], 8, 60),
            areas=self._some(0.35, [*self.areas, "371000", "371000", "370000"], 1, 3),
            tiers_any=self._some(0.3, list(Tier), 1, 5),
            size_classes=self._some(0.4, list(SizeClass), 2, 3),
            min_age_months=self._maybe(0.6, chance.choice((6, 12, 24, 36))),
            revenue_min_fen=self._maybe(0.3, chance.choice((100, 300, 500, 1000)) * WAN),
            revenue_max_fen=self._maybe(0.15, chance.choice((20_000, 40_000, 80_000)) * WAN),
            tax_grades=self._some(0.4, (TaxGrade.A, TaxGrade.B, TaxGrade.M), 2, 3),
            first_loan_only=self._maybe(0.5, chance.random() < 0.15),
            excludes_dishonest=self._maybe(0.9, chance.random() < 0.9),
            amount_min_fen=self._maybe(0.7, chance.choice((10, 30, 50, 100)) * WAN),
            amount_max_fen=self._maybe(0.95, chance.choice((500, 1000, 2000, 3000, 5000)) * WAN),
            term_min_months=self._maybe(0.5, chance.choice((1, 3, 6))),
            term_max_months=self._maybe(0.95, chance.choice((12, 24, 36, 36, 60, 120))),
            rate_min=lowest,
            security=self._some(0.95, list(Security)[:6], 1, 2),
            purposes=self._some(0.8, list(Purpose), 1, 4),
        )
