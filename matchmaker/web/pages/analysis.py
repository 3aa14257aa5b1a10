"""What the bureau asks of the lists: where needs wait without products, how much by chain, where needs stop."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.domain.errors import RejectedError
from matchmaker.domain.terms import ProductType, Role
from matchmaker.domain.text import Text
from matchmaker.lists.entry import fields_of
from matchmaker.lists.models import Need, Product
from matchmaker.lists.registers import Area
from matchmaker.matching.queries import latest_run
from matchmaker.push.funnel import STAGES, in_week, load_funnel, week_name, weeks_of
from matchmaker.reports.coverage import CALLED_FOR, SMALL_GROUP, Group, companions, load_by_area, load_coverage
from matchmaker.web.guard import action
from matchmaker.web.names import names_for
from matchmaker.web.pages.lists import address_of
from matchmaker.web.tables import Table, look
from matchmaker.web.tables.counted import IN_NONE, needs_table, products_table
from matchmaker.web.tables.entries import entry_table
from matchmaker.web.tables.matches import NO_CHAIN, chain_names
from matchmaker.web.tables.sheets import Form, Sheet, SheetColumn, send_sheets
from matchmaker.web.view import actor, current_day, page, parts, reading

analysis = Blueprint("analysis", __name__)
Chains = dict[str | None, Text]


def _gathered(session: Session) -> dict[str, Any]:
    """Everything that the page and its workbook show, in a fixed number of queries."""
    day, zone = current_day(), parts().settings.zone
    chains: Chains = {}
    chains.update(chain_names(session))
    chains[None] = NO_CHAIN
    weeks, run = weeks_of(session, zone), latest_run(session, until=day)
    week = _asked_week(weeks)
    cohort = None if week is None else in_week(week, zone)
    return {
        "chains": chains, "types": list(CALLED_FOR), "stages": STAGES, "weeks": weeks, "week": week, "run": run,
        "coverage": load_coverage(session, list(chains), day), "day": day,
        "funnel": load_funnel(session, list(chains), run.id if run else 0, cohort),
    }  # fmt: skip


def _asked_week(weeks: list[date]) -> date | None:
    wanted = request.args.get("week", "")
    return next((monday for monday in weeks if week_name(monday) == wanted), None)


@analysis.get("/analysis")
@action("analysis.read")
def overview() -> str:
    """Three questions, each a table that is its own chart; every number leads to its rows."""
    with reading() as session:
        found = _gathered(session)
    by_amount = request.args.get("measure") == "amount"
    return page("analysis.html", by_amount=by_amount, week_name=week_name, needs=_needs, products=_products, **found)


def _needs(chain: str | None, **narrowed: str | None) -> str:
    """The address of the needs that a number counts."""
    asked: dict[str, Any] = {name: value for name, value in narrowed.items() if value}
    return url_for("analysis.needs", chain=chain or IN_NONE, **asked)


def _products(chain: str | None, kind: ProductType) -> str:
    return url_for("analysis.products", chain=chain or IN_NONE, product_type=kind.value)


@analysis.get("/analysis/needs")
@action("analysis.read")
def needs() -> str:
    """The needs behind a number."""
    return _rows(Need, "analysis.needs_book")


@analysis.get("/analysis/products")
@action("analysis.read")
def products() -> str:
    """The products behind a number."""
    return _rows(Product, "analysis.products_book")


def _rows(model: Any, book: str) -> str:
    names: dict[Any, Text] = {}
    with reading() as session:
        view = look(session, _table(session, model, names))
        names.update(names_for(session, fields_of(model), view.rows))
    query = request.query_string.decode()
    return page("counted.html", model=model, view=view, export=url_for(book) + (f"?{query}" if query else ""))


def _table(session: Any, model: Any, names: Any) -> Table:
    day, zone = current_day(), parts().settings.zone
    plain = entry_table(
        session, model, actor(), names, now=parts().now(), stale_days=parts().settings.stale_days,
        link=lambda entry: url_for("lists.entry", kind=model.kind_name, key=address_of(entry)),
    )  # fmt: skip
    chains = chain_names(session)
    if model is Product:
        return products_table(plain, chains, day)
    run = latest_run(session, until=day)
    return needs_table(plain, chains, weeks_of(session, zone), run.id if run else 0, day, zone)


@analysis.get("/analysis/needs.xlsx")
@action("analysis.read")
def needs_book() -> Response:
    """The needs of the selection; of fewer than five enterprises only for the operator (EXPERIENCE.md, G-8)."""
    with reading() as session:
        view = look(session, _table(session, Need, {}), every_row=True)
    if _told_in_groups() and 0 < len({row.uscc for row in view.rows}) < SMALL_GROUP:
        raise RejectedError(_TOO_FEW, code="small_group", most=SMALL_GROUP)
    columns = [
        SheetColumn(Text("需求编号", "Need"), "text", lambda row: row.need_no),
        SheetColumn(Text("融资金额(万元)", "Amount (10,000 yuan)"), "money", lambda row: row.amount_fen),
        SheetColumn(Text("期限(月)", "Term (months)"), "count", lambda row: row.term_months),
        SheetColumn(Text("用途", "Purpose"), "text", lambda row: row.purpose.label.zh),
        SheetColumn(Text("提交日期", "Submitted on"), "day", lambda row: row.submitted_on),
    ]
    return send_sheets(Text("需求", "Needs"), [Sheet(Text("需求", "Needs"), columns, view.rows)])


@analysis.get("/analysis/products.xlsx")
@action("analysis.read")
def products_book() -> Response:
    """The products of the selection."""
    with reading() as session:
        view = look(session, _table(session, Product, {}), every_row=True)
    columns = [
        SheetColumn(Text("产品编号", "Product"), "text", lambda row: row.product_code),
        SheetColumn(Text("产品名称", "Name"), "text", lambda row: row.name),
        SheetColumn(Text("银行编号", "Bank"), "text", lambda row: row.bank_name),
        SheetColumn(Text("产品类型", "Type"), "text", lambda row: row.product_type.label.zh),
    ]
    return send_sheets(Text("产品", "Products"), [Sheet(Text("产品", "Products"), columns, view.rows)])


@analysis.get("/analysis/export.xlsx")
@action("analysis.read")
def export() -> Response:
    """The tables, and chains by districts; whoever only analyses reads groups of fewer than five enterprises as ``<5``
    (EXPERIENCE.md, G-8)."""
    with reading() as session:
        found = _gathered(session)
        areas: dict[str, str] = dict(session.execute(select(Area.code, Area.name)).all())
        by_area = load_by_area(session, current_day())
    sheets = [_coverage_sheet(found), _chain_sheet(found), _area_sheet(found["chains"], areas, by_area)]
    return send_sheets(Text("分析", "Analysis"), [*sheets, _funnel_sheet(found)])


def _told_in_groups() -> bool:
    return Role.OPERATOR not in actor().roles


def _guarded(value: int, enterprises: int) -> int | str:
    """A number, or ``<5`` where it would tell an analyst of single enterprises."""
    return f"<{SMALL_GROUP}" if _told_in_groups() and 0 < enterprises < SMALL_GROUP else value


def _coverage_sheet(found: dict[str, Any]) -> Sheet:
    rows = [(chain, kind) for chain in found["chains"] for kind in found["types"]]
    cells = found["coverage"].cells
    columns = [
        SheetColumn(_CHAIN, "text", lambda row: found["chains"][row[0]].zh),
        SheetColumn(Text("产品类型", "Type"), "text", lambda row: row[1].label.zh),
        SheetColumn(Text("产品数", "Products"), "count", lambda row: cells[row].products),
        SheetColumn(_NEEDS, "count", lambda row: _guarded(cells[row].group.needs, cells[row].group.enterprises)),
        SheetColumn(_AMOUNT, "money", lambda row: _guarded(cells[row].group.amount_fen, cells[row].group.enterprises)),
        SheetColumn(Text("缺口", "Gap"), "text", lambda row: "缺口" if cells[row].is_gap else None),
    ]
    return Sheet(Text("缺口", "Coverage"), columns, rows)


def _chain_sheet(found: dict[str, Any]) -> Sheet:
    by_chain = found["coverage"].by_chain
    columns = [
        SheetColumn(_CHAIN, "text", lambda row: found["chains"][row].zh),
        SheetColumn(_NEEDS, "count", lambda row: _guarded(by_chain[row].needs, by_chain[row].enterprises)),
        SheetColumn(_AMOUNT, "money", lambda row: _guarded(by_chain[row].amount_fen, by_chain[row].enterprises)),
    ]
    return Sheet(Text("各链需求", "By chain"), columns, list(found["chains"]))


_NOT_APART = "不单列"
"""Told instead of a group that stands beside the only small one of its chain."""


def _area_sheet(chains: Chains, areas: dict[str, str], groups: dict[Any, Group]) -> Sheet:
    """Chains by districts, those that have needs."""

    kept_back = companions(groups) if _told_in_groups() else set()

    def count(label: Text, form: Form, name: str) -> SheetColumn:
        def value(row: Any) -> int | str:
            told = _guarded(getattr(groups[row], name), groups[row].enterprises)
            return _NOT_APART if row in kept_back else told

        return SheetColumn(label, form, value)

    columns = [
        SheetColumn(_CHAIN, "text", lambda row: chains.get(row[0], NO_CHAIN).zh),
        SheetColumn(Text("区市", "District"), "text", lambda row: areas.get(row[1], row[1]) if row[1] else "未知"),
        count(Text("企业数", "Enterprises"), "count", "enterprises"),
        count(_NEEDS, "count", "needs"),
        count(_AMOUNT, "money", "amount_fen"),
    ]
    order = {chain: place for place, chain in enumerate(chains)}
    return Sheet(
        Text("产业链×区市", "By chain and district"), columns,
        sorted(groups, key=lambda row: (order.get(row[0], len(order)), row[1] or "")),
    )  # fmt: skip


def _funnel_sheet(found: dict[str, Any]) -> Sheet:
    def column(place: int, label: Text) -> SheetColumn:
        def value(chain: str | None) -> int | str:
            one = found["funnel"][chain]
            return _guarded(one.needs[place], one.enterprises[place])

        return SheetColumn(label, "count", value)

    columns = [SheetColumn(_CHAIN, "text", lambda row: found["chains"][row].zh)]
    columns += [column(place, stage.label) for place, stage in enumerate(STAGES)]
    return Sheet(Text("漏斗", "Funnel"), columns, list(found["chains"]))


_CHAIN = Text("产业链", "Chain")
_NEEDS = Text("需求数", "Needs")
_AMOUNT = Text("金额(万元)", "Amount (10,000 yuan)")
_TOO_FEW = Text(
    "选出的需求不足 {most} 家企业，为保护单个企业不能导出。放宽筛选后再导出，或请操作员导出。",
    "Fewer than {most} enterprises are selected, so they are not exported. Select more, or ask an operator.",
)
