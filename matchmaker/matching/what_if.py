"""A need with something changed, judged again by the real engine; nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.domain.cells import Cell
from matchmaker.domain.errors import RejectedError, UsageError
from matchmaker.domain.fields import Field
from matchmaker.domain.text import Text
from matchmaker.lists.entry import fields_of
from matchmaker.lists.lookups import load_registers, registers_of
from matchmaker.lists.models import Enterprise as EnterpriseEntry
from matchmaker.lists.models import Need as NeedEntry
from matchmaker.lists.schemas import read_row, schema_class
from matchmaker.matching.facts import Market
from matchmaker.scoring.facts import Need, Product
from matchmaker.scoring.prepared import in_market, last_day_to_wait_for
from matchmaker.scoring.public_guarantee import Why, availability, to_be_rated
from matchmaker.scoring.schemes import Standing

OF_NEED = ("amount_wan", "term_months", "max_rate_pct", "security_offered")
"""Cells of a need that its owner may ask for otherwise."""

OF_ENTERPRISE = (
    "industry_code", "area_code", "founded_on", "employees", "revenue_wan", "total_assets_wan", "tax_grade",
    "is_first_loan",
)  # fmt: skip
"""Facts of an enterprise that may be supplied where they are blank; what is known is not asked away."""

DAY = "on"
"""The cell that holds the day of judgement, where waiting is tried."""

GUARANTEE = "public_guarantee"
"""The cell that asks for the public guarantee as if the enterprise were rated, with the lowest grade that would do."""

CELLS = (*OF_NEED, *OF_ENTERPRISE, DAY, GUARANTEE)


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that is changed: its field, the value there is and the value that is tried.

    The day and the rating have no field: what they are called stands there instead.
    """

    declared: Field | Text
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Tried:
    """A need after the changes, on the market of the day of judgement."""

    market: Market
    need: Need
    changes: tuple[Change, ...]


def cells_of(repair: Mapping[str, Any]) -> dict[str, Any]:
    """Column code → text of what a repair of the explanation (``repairs``) changes."""
    return dict(_cell_of(move) for move in repair["moves"])


def _cell_of(move: Mapping[str, Any]) -> tuple[str, str]:
    if move["kind"] == GUARANTEE:
        return GUARANTEE, _text(True)
    return (DAY, move["on"]) if move["on"] else (move["field"], _text(move["to"]))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(value)
    return {True: "是", False: "否"}[value] if isinstance(value, bool) else str(value)


def try_changes(session: Session, market: Market, need: Need, product: Product, cells: Mapping[str, str]) -> Tried:
    """The need with ``cells`` (column code → text as typed) put in, on the day they name.

    UsageError without any cell; RejectedError for one that cannot be read, a fact that is known already, a guarantee
    that no rating would bring, or a day on which the pair is not in the market.
    """
    if not cells:
        raise UsageError(_NOTHING, code="no_change")
    own = {code: text for code, text in cells.items() if code in OF_NEED}
    firm = {code: text for code, text in cells.items() if code in OF_ENTERPRISE}
    wanted, facts = _read(session, NeedEntry, own), _read(session, EnterpriseEntry, firm)
    company = need.enterprise
    for declared, value in facts.items():
        _require_blank(declared, getattr(company, declared.attribute), value)
    changes = [Change(f, getattr(need, f.attribute), v) for f, v in wanted.items()]
    changes += [Change(f, getattr(company, f.attribute), v) for f, v in facts.items()]
    on = market.on
    if DAY in cells:
        on = _day(cells[DAY], market, need, product)
        changes.append(Change(WHEN, market.on, on))
    company = replace(company, **{f.attribute: v for f, v in facts.items()})
    changed = replace(need, enterprise=company, **{f.attribute: v for f, v in wanted.items()})
    if GUARANTEE in cells:
        standing, before = _rated(market, changed, on), company.standing
        changes.append(Change(RATED, before and before.grade, standing.grade))
        changed = replace(changed, enterprise=replace(company, standing=standing))
    return Tried(_on(market, on), changed, tuple(changes))


def _on(market: Market, day: date) -> Market:
    return replace(market, on=day, policies=tuple(p for p in market.policies if in_market(p, day)))


def _read(session: Session, model: Any, cells: Mapping[str, str]) -> dict[Field, Any]:
    """Field → value; RejectedError names the first cell that cannot be read."""
    if not cells:
        return {}
    registers = load_registers(session, registers_of(model) - {"enterprise"})
    row = read_row(schema_class(model)(registers), 1, {code: Cell(text) for code, text in cells.items()})
    for _, fault in row.faults:
        raise RejectedError(fault.text, code=fault.code, **fault.values)
    return {f: row.values[f.attribute] for f in fields_of(model) if f.code in cells}


def _require_blank(declared: Field, known: Any, value: Any) -> None:
    """A known fact is not tried otherwise; a short industry code may be completed."""
    if known is None or (declared.code == "industry_code" and str(value).startswith(known)):
        return
    raise RejectedError(_KNOWN, code="known_fact", label=declared.label)


def _rated(market: Market, need: Need, on: date) -> Standing:
    """The rating that would bring the guarantee; RejectedError where none would, or none is wanting."""
    company, schemes = need.enterprise, market.reference.schemes
    why = availability(schemes, company, need.amount_fen, on).why
    standing = to_be_rated(schemes, company, need.amount_fen, on)
    if standing is None or why not in (Why.NOT_RATED, Why.EXPIRED):
        raise RejectedError(_NO_WAY, code="no_rating_needed")
    return standing


def _day(text: str, market: Market, need: Need, product: Product) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise RejectedError(_NO_DAY, code="day", typed=text[:40]) from None
    last = need.latest_funding_on or date.max
    if not market.on <= day <= min(last, last_day_to_wait_for(market.on)) or not in_market(product, day):
        raise RejectedError(_TOO_LATE, code="day_outside", day=day)
    return day


_NOTHING = Text(
    "没有说明要改哪一项。从匹配说明页按「补上这一项」进入。",
    'Nothing to change is named. Come from the explanation by "Try this".',
)
_KNOWN = Text(
    "「{label}」平台已有记录，这里不能改。要更正，到企业资料里修改。",
    'The platform knows "{label}" already. To correct it, change the company\'s facts.',
)
WHEN = Text("判定日期", "Judged on")
RATED = Text("信用评级", "Rating")
_NO_WAY = Text(
    "评级不会改变这条需求能否用政府性担保。回到匹配说明，看担保方式一行的说明。",
    "A rating would not change whether the need can have the public guarantee. The explanation says why, at security.",
)
_NO_DAY = Text("「{typed}」不是日期。按 2026-12-23 的样子填写。", '"{typed}" is no date. Write it like 2026-12-23.')
_TOO_LATE = Text(
    "{day} 时这条需求或产品不参与撮合。选一个更早的日期。",
    "On {day} the need or the product is not in the market. Choose an earlier day.",
)
