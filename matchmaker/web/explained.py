"""An explanation made ready for a page: rows in the order of reading, rulers, the steps of the cost, sources."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from matchmaker.clock import local
from matchmaker.domain.guarantee_terms import FeePayer
from matchmaker.domain.terms import Result
from matchmaker.lists.models import Enterprise, Need
from matchmaker.scoring.arranged import arranged
from matchmaker.web.changes import change_address, profile_address
from matchmaker.web.view import fen_text, parts, say, t

Told = dict[str, Any]
"""The explanation of a pair, CONTRACT.md section 4."""

OF_NEED = frozenset({"amount", "term", "rate", "security", "purpose"})
"""Criteria that read the need; all others read its enterprise."""

SUPPLIED_BY_NEED = frozenset({"security", "purpose"})


def count_results(told: Told) -> dict[str, int]:
    """How many rows pass, fail and are unknown: the numbers of the strip."""
    counts = Counter(row["result"] for row in told["criteria"])
    return {result.value: counts[result.value] for result in Result}


def readable_rows(told: Told, need: Need, enterprise: Enterprise, *, may_change: bool) -> tuple[list[Told], list[Told]]:
    """(shown, folded) rows, each with its ruler, source and, for a missing fact of one's own, where to state it."""
    rows = [_row(row, need, enterprise, date.fromisoformat(told["on"]), may_change) for row in told["criteria"]]
    return arranged(rows)


def _row(row: Told, need: Need, enterprise: Enterprise, on: date, may_change: bool) -> Told:
    unknown = row["result"] == Result.UNKNOWN.value
    return {
        **row,
        "term": Result.of(row["result"]),
        "ruler": ruler_of(row),
        "href": _supply_address(row, need, enterprise) if unknown and may_change else None,
        **_source(row, need, enterprise, on),
    }


def _source(row: Told, need: Need, enterprise: Enterprise, on: date) -> Told:
    """Where what is known comes from, and when its owner last said that it is right."""
    if row["result"] == Result.UNKNOWN.value:
        return {"source": None, "as_of": None}
    if row["key"] == "clean_record":
        return {"source": t("信用记录", "credit records"), "as_of": on}
    if row["key"] in OF_NEED:
        return {"source": t("融资需求", "the need"), "as_of": _day(need.confirmed_at)}
    return {"source": t("企业资料", "the company's facts"), "as_of": _day(enterprise.confirmed_at)}


def _day(moment: datetime) -> date:
    return local(moment, parts().settings.zone).date()


def _supply_address(row: Told, need: Need, enterprise: Enterprise) -> str | None:
    """The LPR that the platform has not loaded is nobody's fact to state."""
    if row["key"] == "rate":
        return None
    return change_address(need) if row["key"] in SUPPLIED_BY_NEED else profile_address(enterprise)


def ruler_of(row: Told) -> dict[str, Any] | None:
    """Lengths in percent of the ruler: what there is and the bound that decides; None for codes and missing values."""
    actual, bounds = _number(row["actual"]["value"]), _bounds(row["required"]["value"])
    if actual is None or not bounds or row["required"]["unit"] not in ("yuan", "month", "percent"):
        return None
    bound = _deciding(actual, bounds)
    whole = max(actual, bound) * Decimal("1.05") or Decimal(1)
    return {
        "actual": _share(actual, whole), "required": _share(bound, whole),
        "yours": t("您：{value}", "yours: {value}", value=row["actual"]["text"]),
        "asked": t("要求：{value}", "asked: {value}", value=row["required"]["text"]),
    }  # fmt: skip


def _bounds(required: Any) -> list[Decimal]:
    """Lowest, then highest, of those that are set."""
    values = required.values() if isinstance(required, Mapping) else [required]
    return [number for number in map(_number, values) if number is not None]


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        return Decimal(value)
    except ArithmeticError:
        return None


def _deciding(actual: Decimal, bounds: list[Decimal]) -> Decimal:
    """The lowest where less is there, else the highest."""
    return bounds[0] if actual < bounds[0] else bounds[-1]


def _share(value: Decimal, whole: Decimal) -> float:
    return round(float(max(value, Decimal(0)) / whole * 100), 1)


def ladder_of(cost: Told) -> Told:
    """A cost of the explanation with its ``steps``: interest + fees − subsidy = total, each with its place in a bar."""
    if "interest" not in cost:
        return cost
    interest, fees, subsidy, total = (_fen(cost[name]) for name in ("interest", "fees", "subsidy", "total"))
    borne = cost["guarantee"]
    guarantee = _fen(borne["fee"]) if borne else 0
    before, bank = interest + fees, fees - guarantee
    place = _placed(max(before, 1))
    whole = t("贴息后合计", "Total after subsidy") if subsidy else t("合计", "Total")
    steps = [
        {"label": t("利息", "Interest"), "sign": "", "fen": interest, **place(0, interest), "kind": "yours"},
        {"label": t("费用", "Fees"), "sign": "+", "fen": bank, **place(interest, bank), "kind": "yours"},
        *([_guarantee_step(borne, guarantee, place(interest + bank, guarantee))] if borne else []),
        {"label": t("贴息前合计", "Total before subsidy"), "sign": "=", "fen": before, **place(0, before),
         "kind": "whole", "total": True},
        {"label": t("贴息", "Subsidy"), "sign": "−", "fen": -subsidy, **place(before - subsidy, subsidy),
         "kind": "less", "policy": cost["policy"]},
        {"label": whole, "sign": "=", "fen": total, **place(0, total), "kind": "whole", "total": True},
    ]  # fmt: skip
    return {**cost, "steps": [{**step, "amount": fen_text(abs(step["fen"]) if step["kind"] == "less" else step["fen"])}
                              for step in steps]}  # fmt: skip


def _guarantee_step(borne: Told, fee: int, place: Mapping[str, float]) -> Told:
    """Shown as 0.00 where the treasury pays, never left out (EXPERIENCE.md U-5)."""
    payer = FeePayer.of(borne["fee_payer"])
    note = t("由{payer}承担：{name}", "borne by {payer}: {name}", payer=say(payer.label), name=borne["name"])
    label = t("担保费", "Guarantee fee")
    return {"label": label, "sign": "+", "fen": fee, **place, "kind": "yours", "note": note}


def _fen(yuan: str) -> int:
    return int(Decimal(yuan) * 100)


def _placed(whole: int) -> Callable[[int, int], dict[str, float]]:
    """offset and width in percent of ``whole``."""
    return lambda start, length: {
        "offset": _share(Decimal(start), Decimal(whole)), "width": _share(Decimal(length), Decimal(whole))
    }  # fmt: skip
