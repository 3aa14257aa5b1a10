"""Facts and rule sets for tests of rating."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from matchmaker.domain.terms import CreditKind, Disclosure, Severity, TaxGrade
from matchmaker.guarantee.rating.rules import DEFAULT
from matchmaker.scoring.facts import Record
from matchmaker.scoring.rating.facts import Fact, Facts, Filed, Loaded
from matchmaker.scoring.rating.ruleset import RuleSet, read_rules

ON = date(2026, 11, 24)
FRESH = date(2026, 11, 20)
GOOD: dict[str, Any] = {
    "tax_grade": TaxGrade.A,
    "founded_on": date(2015, 3, 1),
    "revenue_fen": 5_000_000_00,
    "employees": 40,
    "is_first_loan": False,
}
EVERY_KIND = frozenset(CreditKind) - {CreditKind.HONOUR}


def default_rules() -> RuleSet:
    """The rule set of the package."""
    return read_rules(default_json())


def default_json() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(DEFAULT.read_text("utf-8"))
    return told


def changed_rules(version: str = "2026.12.1", **rules: dict[str, Any]) -> dict[str, Any]:
    """The package's rules with some fields of some rules changed, as JSON."""
    told = default_json()
    told["version"] = version
    for key, fields in rules.items():
        told["rules"][key] |= fields
    return told


def facts(*records: Filed, on: date = FRESH, but: Sequence[str] = (), **known: Any) -> Facts:
    """A good enterprise with all sources connected; ``but``: facts that are blank."""
    values = {name: value for name, value in (GOOD | known).items() if name not in but}
    return Facts(
        uscc="91371000MA00000001",
        known={name: Fact(value, on) for name, value in values.items()},
        records=records,
        covered={kind: (Loaded("信用中国", FRESH),) for kind in EVERY_KIND},
    )


def filed(
    kind: CreditKind = CreditKind.ADMIN_PENALTY,
    severity: Severity = Severity.GENERAL,
    decided_on: date | None = date(2026, 9, 1),
    number: str = "C1",
    disclosure: Disclosure | None = Disclosure.PUBLIC,
    **days: Any,
) -> Filed:
    """A record, by default a general penalty of three months ago."""
    record = Record("信用中国", number, kind, severity, decided_on=decided_on, **days)
    return Filed(record, "市场监督管理局", disclosure)


def without(known: Facts, *kinds: CreditKind) -> Facts:
    """The same where no source supplies these kinds."""
    return replace(known, covered={kind: c for kind, c in known.covered.items() if kind not in kinds})
