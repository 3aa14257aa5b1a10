"""One pair: why a product fits a need or not, what it costs, and what would change it, tried by the real engine."""

from collections.abc import Iterator
from typing import Any, TypeVar

from flask import Blueprint, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import Coded, Side, Verdict
from matchmaker.domain.text import Text
from matchmaker.lists.models import Enterprise, Organisation, Product
from matchmaker.matching.explanations import explain_in
from matchmaker.matching.facts import Market
from matchmaker.matching.presence import require_in_market
from matchmaker.matching.what_if import CELLS, DAY, GUARANTEE, OF_NEED, Tried, cells_of, try_changes
from matchmaker.scoring.guarantee_texts import cover_text
from matchmaker.scoring.prepared import cover_used, prepare_need
from matchmaker.scoring.score import fit_of
from matchmaker.scoring.wording import Words
from matchmaker.web.answering import answers_for
from matchmaker.web.changes import change_address, profile_address
from matchmaker.web.explained import Told, count_results, ladder_of, readable_rows
from matchmaker.web.guard import action
from matchmaker.web.links import APPLY, RATE, address_if
from matchmaker.web.offering import offer_of_today
from matchmaker.web.pages.matches import find_need
from matchmaker.web.view import actor, current_day, current_lang, may_do, page, parts, reading, say, t

pairs = Blueprint("pairs", __name__)
Facts = TypeVar("Facts")


class Shown:
    """The entries of a pair and the market it is judged in."""

    def __init__(self, session: ScopedSession, need_no: str, product_code: str) -> None:
        """NotFoundError for what the session's actor does not see, or what is not in the market today."""
        self.need = find_need(session, need_no)
        require_in_market(session, need_no, product_code, current_day())
        self.product, self.bank = _product(session, product_code)
        self.enterprise = session.scalars(select(Enterprise).where(Enterprise.uscc == self.need.uscc)).one()
        self.market: Market = offer_of_today(session).to(session, self.need.uscc)
        self.asking = _one(one for one in self.market.needs if one.need_no == need_no)
        self.offered = _one(one for one in self.market.products if one.product_code == product_code)

    def explained(self) -> Told:
        """As the lists stand."""
        return explain_in(self.market, self.asking, self.offered, current_lang())

    def tried(self, session: Session, cells: dict[str, str]) -> tuple[Tried, Told]:
        """With something changed."""
        tried = try_changes(session, self.market, self.asking, self.offered, cells)
        return tried, explain_in(tried.market, tried.need, self.offered, current_lang())

    def values(self, told: Told) -> dict[str, Any]:
        """What every page of a pair shows."""
        return {
            "told": told, "need": self.need, "enterprise": self.enterprise, "product": self.product, "bank": self.bank,
            "on": self.market.on, "verdict": Verdict.of(told["verdict"]),
        }  # fmt: skip


def _one(found: Iterator[Facts]) -> Facts:
    """The only one; NotFoundError where it left the market while the page was made."""
    one = next(found, None)
    if one is None:
        raise NotFoundError(_MOVED_ON, code="not_in_market")
    return one


def _product(session: Session, code: str) -> tuple[Product, str]:
    found = session.execute(
        select(Product, Organisation.name)
        .join(Organisation, Organisation.org_code == Product.bank_name)
        .where(Product.product_code == code)
    ).one_or_none()
    if found is None:
        raise NotFoundError(Text("没有这个产品。", "There is no such product."), code="unknown_product")
    return found[0], found[1]


@pairs.get("/matches/<need_no>/<product_code>")
@action("matches.read")
def pair(need_no: str, product_code: str) -> str:
    """Why one product fits one need or not: sixteen criteria, cost and what would mend it."""
    with reading() as session:
        shown = Shown(session, need_no, product_code)
        told = shown.explained()
        own = actor().side is Side.ENTERPRISE
        bank = shown.product.bank_name
        answer = answers_for(session, need_no, [bank], parts().now())[bank] if own else None
    first, folded = readable_rows(told, shown.need, shown.enterprise, may_change=may_do("needs.write"))
    return page(
        "pair.html", counts=count_results(told), first=first, folded=folded, answer=answer,
        costs={key: ladder_of(cost) for key, cost in told["cost"].items()},
        fit=None if told["score"] is None else fit_of(round(told["score"] * 10)),
        numbers=actor().side is Side.BUREAU, repairs=[_offered(shown, repair) for repair in told["repairs"]],
        printed=parts().now(), guarantee=_guarantee(shown), **shown.values(told),
    )  # fmt: skip


def _guarantee(shown: Shown) -> dict[str, str | None] | None:
    """What the pair's security rests on where that is the public guarantee, and where it is applied for."""
    market, need = shown.market, shown.asking
    cover = cover_used(prepare_need(need, market.on, market.reference), shown.offered.asks)
    if cover is None:
        return None
    where = {"need_no": need.need_no, "product_code": shown.offered.product_code}
    words = Words(current_lang(), market.reference.names)
    apply = address_if(APPLY, **where) if may_do("guarantees.apply") else None
    return {"text": cover_text(cover, words), "href": apply}


def _offered(shown: Shown, repair: Told) -> dict[str, Any]:
    """A repair with the page that tries it, where it is really changed, and the day where it is waiting."""
    cells = cells_of(repair)
    address = url_for("pairs.what_if", need_no=shown.need.need_no, product_code=shown.product.product_code, **cells)
    steps = _next_steps(shown, cells) if may_do("needs.write") else []
    return {"text": repair["text"], "day": cells.get(DAY), "href": address, "steps": steps}


@pairs.get("/matches/<need_no>/<product_code>/what-if")
@action("matches.read")
def what_if(need_no: str, product_code: str) -> str:
    """Before and after a change that the address names; nothing is written."""
    cells = {code: request.args[code] for code in CELLS if code in request.args}
    with reading() as session:
        shown = Shown(session, need_no, product_code)
        before = shown.explained()
        tried, after = shown.tried(session, cells)
    return page(
        "what_if.html", after=after, after_verdict=Verdict.of(after["verdict"]), changes=_changes(tried),
        rows=_differing(before, after), costs=[ladder_of(one["cost"]["at_lowest"]) for one in (before, after)],
        counts=[count_results(one) for one in (before, after)], day=tried.market.on, waits=DAY in cells,
        steps=_next_steps(shown, cells) if may_do("needs.write") else [], **shown.values(before),
    )  # fmt: skip


def _changes(tried: Tried) -> list[tuple[Text, str, str]]:
    """Label, what there is, what is tried."""
    lang = current_lang()
    return [
        (c.declared, _shown(c.before), _shown(c.after)) if isinstance(c.declared, Text)
        else (c.declared.label, c.declared.show(c.before, lang), c.declared.show(c.after, lang))
        for c in tried.changes
    ]  # fmt: skip


def _shown(value: Any) -> str:
    """A day or a grade."""
    return t("无", "none") if value is None else say(value.label) if isinstance(value, Coded) else str(value)


def _differing(before: Told, after: Told) -> list[tuple[Told, Told]]:
    """Rows of the ledger whose result or sentence has changed."""
    both = zip(before["criteria"], after["criteria"], strict=True)
    return [(one, other) for one, other in both if (one["result"], one["text"]) != (other["result"], other["text"])]


def _next_steps(shown: Shown, cells: dict[str, str]) -> list[tuple[str, Text]]:
    """Where what was tried is really changed, filled in."""
    pair = f"{shown.need.need_no}/{shown.product.product_code}"
    own = {code: text for code, text in cells.items() if code in OF_NEED}
    firm = {code: text for code, text in cells.items() if code not in (*OF_NEED, DAY, GUARANTEE)}
    rating = address_if(RATE) if GUARANTEE in cells else None
    steps = [(change_address(shown.need, **own, pair=pair), _CHANGE_NEED)] if own else []
    steps += [(profile_address(shown.enterprise, **firm, pair=pair), _STATE_FACT)] if firm else []
    return steps + ([(rating, _BE_RATED)] if rating else [])


_MOVED_ON = Text(
    "这条需求或产品刚有变动。刷新页面查看最新结果。", "The need or the product has just changed. Load the page again."
)
_CHANGE_NEED = Text("按此修改需求", "Change the need so")
_BE_RATED = Text("取得信用评级", "Be rated")
_STATE_FACT = Text("到企业资料补充", "State it in the company's facts")
