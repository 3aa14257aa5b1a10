"""What the books say: exposure by guarantor and scheme with their limits, and what else it is asked by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.domain.text import Lang
from matchmaker.guarantee.ledger.balances import measures_in
from matchmaker.guarantee.ledger.capacity import month_before
from matchmaker.guarantee.ledger.grouping import Grouped, grouped
from matchmaker.guarantee.ledger.models import GuaranteeBalance
from matchmaker.guarantee.ledger.registers import guarantors_by_code, load_bounds, schemes_by_code
from matchmaker.lists.models import Organisation
from matchmaker.scoring.limits import Bound, Change, GuarantorTerms, Limit, SchemeTerms, Sums, committed, limits_of
from matchmaker.scoring.measures import Measures

SPLITS = ("bank", "chain", "grade", "customer")
LARGEST = 10
"""So many customers and groups are shown."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a guarantor has with one bank, chain, grade, customer or group."""

    code: str
    held: Measures


@dataclass(frozen=True, slots=True)
class SchemeExposure:
    """The four amounts of a scheme, and its limits as they are used."""

    scheme_code: str
    name: str
    held: Measures
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class GuarantorExposure:
    """The same of a guarantor; ``splits``: scope → its parts, the largest first."""

    org_code: str
    name: str
    held: Measures
    limits: tuple[Limit, ...]
    schemes: tuple[SchemeExposure, ...]
    splits: dict[str, list[Part]]

    def to_json(self, lang: Lang) -> dict[str, Any]:
        """One item of ``flask guarantee exposure --json``; money in fen."""
        return {
            "org_code": self.org_code,
            "name": self.name,
            **told(self.held),
            "limits": [limit_json(one, lang) for one in self.limits],
            "schemes": [
                {
                    "scheme_code": one.scheme_code,
                    "name": one.name,
                    **told(one.held),
                    "limits": [limit_json(limit, lang) for limit in one.limits],
                }
                for one in self.schemes
            ],
            "by": {
                scope: [{"code": part.code, **told(part.held)} for part in parts]
                for scope, parts in self.splits.items()
            },
        }


def told(held: Measures) -> dict[str, Any]:
    """The four amounts in fen, and the same of what is reserved and not drawn."""
    return {
        "nominal_outstanding_fen": held.nominal,
        "guaranteed_outstanding_fen": held.guaranteed,
        "retained_outstanding_fen": held.retained,
        "weighted_liability_fen": held.weighted,
        "reserved": {
            "nominal_fen": held.reserved_nominal,
            "guaranteed_fen": held.reserved_guaranteed,
            "retained_fen": held.reserved_retained,
            "weighted_fen": held.reserved_weighted,
        },
    }


def limit_json(limit: Limit, lang: Lang) -> dict[str, Any]:
    """A limit as it is used; ``unit``: of ``used``, ``bound`` and ``left`` (fen, or millionths of a percent)."""
    return {
        "key": limit.key,
        "label": limit.label.say(lang),
        "class": str(limit.limit_class),
        "source": limit.source,
        "unit": limit.unit,
        "at_least": limit.least,
        "used": limit.after,
        "bound": limit.bound,
        "left": limit.left,
        "kept": limit.left >= 0,
    }


def exposure(session: Session, on: date) -> list[GuarantorExposure]:
    """Every registered guarantor whose books the session may see, by code; reservations count against limits."""
    rows = session.scalars(select(GuaranteeBalance).where(GuaranteeBalance.org_code.is_not(None))).all()
    bounds, schemes = load_bounds(session), schemes_by_code(session)
    names = {row.org_code: row.name for row in session.execute(select(Organisation.org_code, Organisation.name))}
    found = []
    for code, terms in sorted(guarantors_by_code(session).items()):
        own = [row for row in rows if row.org_code == code]
        groups = grouped(session, own, code)
        found.append(_of_guarantor(terms, names.get(code, code), own, groups, bounds, schemes, on))
    return found


def _of_guarantor(
    terms: GuarantorTerms,
    name: str,
    rows: Sequence[GuaranteeBalance],
    groups: Grouped,
    bounds: Sequence[Bound],
    schemes: dict[str, SchemeTerms],
    on: date,
) -> GuarantorExposure:
    held = next((measures_in(row) for row in rows if row.scope == "guarantor"), Measures())
    splits = {scope: parts_of(rows, scope) for scope in SPLITS}
    splits["group"] = _largest([Part(code, held) for code, held in groups.parts.items()])
    sums = Sums(
        guarantor=_same(held),
        scheme=_same(Measures()),
        customer=_same(_first(splits["customer"])),
        scheme_customer=_same(Measures()),
        group=_unchanged(groups.within),
        city_group=_unchanged(groups.city),
    )
    limits = limits_of(terms, SchemeTerms(""), bounds, sums)
    own = [_of_scheme(terms, schemes.get(part.code, SchemeTerms(part.code)), part.held, rows, on)
           for part in sorted(parts_of(rows, "scheme", None), key=lambda part: part.code)]  # fmt: skip
    return GuarantorExposure(terms.org_code, name, held, tuple(limits), tuple(own), splits)


def _of_scheme(
    terms: GuarantorTerms, scheme: SchemeTerms, held: Measures, rows: Sequence[GuaranteeBalance], on: date
) -> SchemeExposure:
    months = {row.key.rpartition("|")[2]: measures_in(row) for row in rows if _month_of(row, scheme.scheme_code)}
    last = {month_before(on, back) for back in range(12)}
    year = sum(one.fee_treasury + one.treasury_loss for month, one in months.items() if month[:4] == f"{on.year}")
    borne = year + held.fee_reserved
    sums = Sums(
        guarantor=_same(Measures()),
        scheme=_same(held),
        customer=_same(Measures()),
        scheme_customer=_same(Measures()),
        compensated=sum(one.compensated for month, one in months.items() if month in last),
        released=sum(one.released for month, one in months.items() if month in last),
        year_before=borne,
        year_after=borne,
    )
    return SchemeExposure(scheme.scheme_code, scheme.source, held, tuple(limits_of(terms, scheme, [], sums)))


def _month_of(row: GuaranteeBalance, scheme_code: str) -> bool:
    return row.scope == "scheme_month" and row.key.split("|")[1:-1] == [scheme_code]


def parts_of(rows: Sequence[GuaranteeBalance], scope: str, most: int | None = LARGEST) -> list[Part]:
    """The balances of a scope, those with the most guaranteed first."""
    parts = [Part(row.key.partition("|")[2], measures_in(row)) for row in rows if row.scope == scope]
    return _largest(parts, most)


def _largest(parts: list[Part], most: int | None = LARGEST) -> list[Part]:
    return sorted(parts, key=lambda part: (-committed(part.held), part.code))[:most]


def _unchanged(fen: int | None) -> tuple[int, int] | None:
    return None if fen is None else (fen, fen)


def _same(held: Measures) -> Change:
    return Change(held, held)


def _first(parts: list[Part]) -> Measures:
    return parts[0].held if parts else Measures()
