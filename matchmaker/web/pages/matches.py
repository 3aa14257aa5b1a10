"""Matches of the last run: by need, and one pair with its criteria, cost and repairs."""

from collections import Counter
from typing import Any

from flask import Blueprint, request
from sqlalchemy import func, select

from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import EntryStatus, Result, Verdict
from matchmaker.domain.text import Text
from matchmaker.lists.models import Enterprise, Need, Organisation, Product
from matchmaker.matching.explanations import explain
from matchmaker.matching.queries import count_pairs, latest_run, pairs_of_need
from matchmaker.scoring.criteria import BY_KEY
from matchmaker.web.guard import action
from matchmaker.web.view import current_day, current_lang, page, page_number, reading

matches = Blueprint("matches", __name__)
ROWS_A_PAGE = 50
SHOWN = (Verdict.ELIGIBLE, Verdict.NEAR, Verdict.NEEDS_INFORMATION)
"""Verdicts whose pairs a run stores."""


@matches.get("/matches")
@action("matches.read")
def needs() -> str:
    """All published needs with how many products fit, nearly fit, or wait for a fact in the last run."""
    with reading() as session:
        run = latest_run(session, until=current_day())
        total = session.scalar(select(func.count()).where(Need.status == EntryStatus.PUBLISHED)) or 0
        pages = max(-(-total // ROWS_A_PAGE), 1)
        number = min(page_number(), pages)
        chosen = session.execute(
            select(Need, Enterprise.name)
            .join(Enterprise, Enterprise.uscc == Need.uscc)
            .where(Need.status == EntryStatus.PUBLISHED)
            .order_by(Need.need_no)
            .limit(ROWS_A_PAGE)
            .offset((number - 1) * ROWS_A_PAGE)
        ).all()
        counts = count_pairs(session, run.id, [need.need_no for need, _ in chosen]) if run else {}
    rows = [(need, name, {v: counts.get((need.need_no, v), 0) for v in SHOWN}) for need, name in chosen]
    return page("matches.html", run=run, rows=rows, number=number, pages=pages, total=total, verdicts=SHOWN)


@matches.get("/matches/<need_no>")
@action("matches.read")
def need(need_no: str) -> str:
    """What fits one need, in tabs by verdict."""
    with reading() as session:
        found = session.scalar(select(Need).where(Need.need_no == need_no))
        if found is None:
            raise NotFoundError(Text("没有需求「{no}」。", 'There is no need "{no}".'), code="unknown_need", no=need_no)
        name = session.scalar(select(Enterprise.name).where(Enterprise.uscc == found.uscc))
        run = latest_run(session, until=current_day())
        pairs = pairs_of_need(session, run.id, need_no) if run else []
        products = {
            product.product_code: (product, bank)
            for product, bank in session.execute(
                select(Product, Organisation.name)
                .join(Organisation, Organisation.org_code == Product.bank_name)
                .where(Product.product_code.in_([p.product_code for p in pairs]))
            )
        }
    counts = Counter(pair.verdict for pair in pairs)
    wanted = Verdict._value2member_map_.get(request.args.get("verdict", ""))
    chosen = wanted if wanted in SHOWN else next((v for v in SHOWN if counts[v]), Verdict.ELIGIBLE)
    rows = [(p, *products[p.product_code]) for p in pairs if p.verdict is chosen and p.product_code in products]
    return page(
        "need.html",
        need=found,
        name=name,
        run=run,
        tabs=SHOWN,
        counts=counts,
        chosen=chosen,
        rows=rows,
        labels=_labels,
    )


def _labels(keys: str) -> str:
    """Labels of criterion keys joined by ``;``."""
    return ("、" if current_lang() == "zh" else ", ").join(
        BY_KEY[key].label.say(current_lang()) for key in keys.split(";") if key
    )


@matches.get("/matches/<need_no>/<product_code>")
@action("matches.read")
def pair(need_no: str, product_code: str) -> str:
    """Why one product fits one need or not: sixteen criteria, cost and what would mend it."""
    with reading() as session:
        run = latest_run(session, until=current_day())
        on = run.on_date if run else current_day()
        told = explain(session, need_no, product_code, on, current_lang())
        found = session.scalar(select(Need).where(Need.need_no == need_no))
        product, bank = session.execute(
            select(Product, Organisation.name)
            .join(Organisation, Organisation.org_code == Product.bank_name)
            .where(Product.product_code == product_code)
        ).one()
        name = session.scalar(select(Enterprise.name).where(Enterprise.uscc == (found.uscc if found else "")))
    return page(
        "pair.html",
        told=told,
        need=found,
        name=name,
        product=product,
        bank=bank,
        on=on,
        verdict=Verdict.of(told["verdict"]),
        results=_counted(told),
        first=sorted((r for r in told["criteria"] if not _asks_nothing(r)), key=_in_the_way),
        quiet=[r for r in told["criteria"] if _asks_nothing(r)],
        Result=Result,
    )


_ORDER = (Result.FAIL, Result.UNKNOWN, Result.PASS)


def _in_the_way(row: dict[str, Any]) -> int:
    """What stands in the way comes first; otherwise the catalogue's order."""
    return _ORDER.index(Result.of(row["result"]))


def _asks_nothing(row: dict[str, Any]) -> bool:
    return row["required"]["value"] is None


def _counted(told: dict[str, Any]) -> list[tuple[Result, int]]:
    counts = Counter(row["result"] for row in told["criteria"])
    return [(result, counts[result.value]) for result in Result if counts[result.value]]
