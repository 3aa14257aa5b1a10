"""The enterprise applies: one page with what the scheme gives, the words of the consent, and one button."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.guarantee_life import ENDED
from matchmaker.domain.money import wan_text
from matchmaker.domain.text import LANGS, Text
from matchmaker.guarantee.cases.applying import apply_for, consent_asked
from matchmaker.guarantee.cases.queries import case_of_need
from matchmaker.guarantee.cases.terms import Offer, offers_for
from matchmaker.lists.models import Need, Organisation, Product
from matchmaker.scoring.exposure import split
from matchmaker.web.guard import action
from matchmaker.web.once import do_once
from matchmaker.web.pages.guarantees.one import fee_of
from matchmaker.web.pages.guarantees.routes import guarantees
from matchmaker.web.pages.guarantees.typed import typed_fen
from matchmaker.web.view import actor, announce, current_day, current_lang, page, parts, reading

AMOUNT = Text("担保金额(万元)", "Amount (10k CNY)")


@dataclass(frozen=True, slots=True)
class Pair:
    """The need and the product that the guarantee is for."""

    need: Need
    product: Product
    bank: str


@guarantees.get("/guarantees/apply/<need_no>/<product_code>")
@action("guarantees.apply")
def apply(need_no: str, product_code: str) -> Any:
    """Everything is filled in; a need that is under way leads to its guarantee."""
    with reading() as session:
        case = case_of_need(session, need_no)
        if case is not None and case.stands not in ENDED:
            return redirect(url_for("guarantees.one", public_id=case.public_id))
        return _form(session, _pair(session, need_no, product_code))


@guarantees.post("/guarantees/apply/<need_no>/<product_code>")
@action("guarantees.apply")
def send(need_no: str, product_code: str) -> Any:
    """Apply. What stands against it comes back on the page in one sentence."""
    try:
        return do_once(lambda session: _sent(session, need_no, product_code))
    except (RejectedError, ConflictError) as error:
        fault = Text(*(error.say(lang) for lang in LANGS))
        with reading() as session:
            shown = _form(session, _pair(session, need_no, product_code), fault)
        return shown, 422 if isinstance(error, RejectedError) else 409


def _sent(session: ScopedSession, need_no: str, product_code: str) -> str:
    if request.form.get("agree") != "yes":
        raise RejectedError(_NOT_AGREED, code="consent_missing")
    case = apply_for(
        session, actor=actor(), need_no=need_no, product_code=product_code,
        scheme_code=request.form.get("scheme", "")[:100], amount_fen=typed_fen("amount", AMOUNT), until=_until(),
        lang=current_lang(), shown=request.form.get("words", ""), settings=parts().settings, now=parts().now(),
    )  # fmt: skip
    announce(_SENT, no=case.guarantee_no, day=case.due_on.isoformat())
    return url_for("guarantees.one", public_id=case.public_id)


def _until() -> datetime | None:
    try:
        found = datetime.fromisoformat(request.form.get("until", ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _pair(session: ScopedSession, need_no: str, product_code: str) -> Pair:
    need = session.scalars(select(Need).where(Need.need_no == need_no, Need.uscc == actor().uscc)).one_or_none()
    product = session.scalars(select(Product).where(Product.product_code == product_code)).one_or_none()
    if need is None or product is None:
        raise NotFoundError(_UNKNOWN, code="not_found")
    bank = session.scalar(select(Organisation.name).where(Organisation.org_code == product.bank_name))
    return Pair(need, product, bank or product.bank_name)


def _form(session: ScopedSession, pair: Pair, fault: Text | None = None) -> str:
    offers = _offers(session, pair, pair.need.amount_fen)
    chosen = _chosen(offers)
    amount = _amount(chosen, pair.need.amount_fen)
    if chosen is not None and chosen.refusal is not None and amount != pair.need.amount_fen:
        chosen = next(one for one in _offers(session, pair, amount) if one.scheme_code == chosen.scheme_code)
    asked = None
    if chosen is not None and chosen.refusal is None:
        asked = consent_asked(
            session, org_code=chosen.org_code, bank_code=pair.product.bank_name, need_no=pair.need.need_no,
            lang=current_lang(), settings=parts().settings, now=parts().now(),
        )  # fmt: skip
    return page(
        "guarantee_apply.html", pair=pair, offers=offers, chosen=chosen, asked=asked, fault=fault,
        amount=request.form.get("amount", wan_text(amount)), agreed=request.form.get("agree") == "yes",
        fee=fee_of(chosen) if chosen else None, shares=_shares(chosen, amount), less=amount != pair.need.amount_fen,
    )  # fmt: skip


def _offers(session: ScopedSession, pair: Pair, amount_fen: int) -> tuple[Offer, ...]:
    return offers_for(
        session, uscc=pair.need.uscc, amount_fen=amount_fen, term_months=pair.need.term_months,
        bank_code=pair.product.bank_name, on=current_day(),
    )  # fmt: skip


def _chosen(offers: tuple[Offer, ...]) -> Offer | None:
    """The scheme that the address names, else the first that is open, else one that is for less, else none."""
    wanted = request.values.get("scheme", "")
    named = (one for one in offers if one.scheme_code == wanted)
    open_ones = (one for one in offers if one.refusal is None)
    for_less = (one for one in offers if one.refusal is not None and one.refusal.code == "amount")
    return next((one for group in (named, open_ones, for_less) for one in group), None)


def _amount(chosen: Offer | None, wanted: int) -> int:
    """What is asked for: the need's amount, or the most that the scheme gives."""
    most = chosen.amount_max_fen if chosen is not None else None
    return wanted if most is None else min(wanted, most)


def _shares(chosen: Offer | None, amount_fen: int) -> list[dict[str, Any]]:
    """Who bears how much of a loss, to the fen."""
    if chosen is None or chosen.shares is None:
        return []
    borne = {party: e6 for party, e6 in chosen.shares.items() if e6}
    parts_of_loan = split(amount_fen, borne)
    return [{"party": party, "e6": e6, "of_loan": parts_of_loan[party]} for party, e6 in borne.items()]


_UNKNOWN = Text(
    "没有这条需求或产品。从「匹配」重新进入。", "There is no such need or product. Start again from “Matches”."
)
_NOT_AGREED = Text(
    "还没有勾选同意授权。勾选后再提交。", "You have not ticked that you consent. Tick it and send it again."
)
_SENT = Text(
    "担保申请 {no} 已提交，额度已预留。担保机构在 {day} 前给出结论。",
    "Application {no} is handed in and capacity is reserved. The guarantor decides by {day}.",
)
