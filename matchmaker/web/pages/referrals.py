"""The enterprise's side of its referrals: which banks its needs are with, and what it answers itself."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.terms import DeclineReason, ReferralState, Side
from matchmaker.domain.text import LANGS, Text
from matchmaker.lists.models import Need, Organisation, Product
from matchmaker.push.answers import decline, decline_product, undo_decline
from matchmaker.referrals.models import Referral
from matchmaker.referrals.queries import view_of
from matchmaker.web.guard import action
from matchmaker.web.tables import Choice, Column, Table, look
from matchmaker.web.view import actor, announce, linked, moment, page, parts, reading, say, tagged, writing

referral_pages = Blueprint("referrals", __name__)


@referral_pages.get("/referrals")
@action("referrals.read")
def listing() -> str:
    """Which banks the needs are with; of a bank's answer only which it is."""
    with reading() as session:
        view = look(session, _table())
        rows = [(row, _view(row.Referral)) for row in view.rows]
    return page("referrals.html", view=view, rows=rows, firm=actor().side is Side.ENTERPRISE)


def _table() -> Table:
    base = (
        select(Referral, Organisation.name.label("bank"), Product.name.label("product"))
        .join(Organisation, Organisation.org_code == Referral.org_code)
        .join(Product, Product.product_code == Referral.product_code)
    )
    open_ones = [("open", Text("对接中", "open")), ("ended", Text("已结束", "ended"))]
    columns = [
        Column("need", Text("需求", "Need"), _need, Referral.need_no),
        Column("bank", Text("银行", "Bank"), lambda row: row.bank, Organisation.name),
        Column("product", Text("产品", "Product"), lambda row: row.product, Product.name),
        Column("bank_answer", Text("银行答复", "Bank's answer"), _bank_answer, Referral.bank_answer),
        Column("firm_answer", Text("企业答复", "Company's answer"), _firm_answer, Referral.firm_answer),
        Column("due_on", Text("银行应答复于", "Bank answers by"), lambda row: moment(row.Referral.due_on),
               Referral.due_on, "day"),
        Column("created_at", Text("推荐于", "Recommended"), lambda row: moment(row.Referral.created_at),
               Referral.created_at, "day"),
    ]  # fmt: skip
    ended = Referral.ended_at.is_not(None)
    states = Choice("state", Text("状态", "State"), ended, open_ones, load=lambda code: code == "ended")
    return Table(
        base, columns, Referral.id, [states], [Referral.need_no, Organisation.name], default_sort="-created_at"
    )


def _need(row: Any) -> Any:
    return linked(url_for("lists.entry", kind="needs", key=row.Referral.need_no), row.Referral.need_no)


def _bank_answer(row: Any) -> Any:
    return tagged(row.Referral.bank.value, row.Referral.bank.label)


def _firm_answer(row: Any) -> Any:
    return tagged(row.Referral.firm.value, row.Referral.firm.label)


def _view(referral: Referral) -> Any:
    return view_of(referral, actor(), settings=parts().settings, now=parts().now())


@referral_pages.get("/referrals/<public_id>/decline")
@action("referrals.decline")
def ask_decline(public_id: str) -> str:
    """Why the enterprise is not interested: at most six reasons and "other" (EXPERIENCE.md E-8)."""
    with reading() as session:
        about = _about(session, _found(session, public_id))
    return _form(about)


@referral_pages.post("/referrals/<public_id>/decline")
@action("referrals.decline")
def say_decline(public_id: str) -> Any:
    """Not interested; the bank learns that it has ended, not why."""
    with reading() as session:
        about = _about(session, _found(session, public_id))

    def work(session: ScopedSession) -> Referral:
        return decline(session, actor=actor(), public_id=public_id, **_given())

    return _answered(work, about)


@referral_pages.get("/referrals/decline/<need_no>/<product_code>")
@action("referrals.decline")
def ask_decline_product(need_no: str, product_code: str) -> str:
    """The same for a product that fits and whose bank was perhaps not shown the need yet."""
    with reading() as session:
        return _form(_about_pair(session, need_no, product_code))


@referral_pages.post("/referrals/decline/<need_no>/<product_code>")
@action("referrals.decline")
def say_decline_product(need_no: str, product_code: str) -> Any:
    """Not interested in this product for this need."""
    with reading() as session:
        about = _about_pair(session, need_no, product_code)

    def work(session: ScopedSession) -> Referral:
        return decline_product(
            session, actor=actor(), need_no=about["need_no"], product_code=about["product_code"], **_given()
        )

    return _answered(work, about)


@referral_pages.post("/referrals/<public_id>/undo")
@action("referrals.decline")
def undo(public_id: str) -> Response:
    """Take the answer back within its minute."""
    try:
        with writing() as session:
            undone = undo_decline(
                session, actor=actor(), public_id=public_id, settings=parts().settings, now=parts().now()
            )
            announce(_UNDONE if undone.state is ReferralState.OPEN else _UNDONE_ENDED)
    except ConflictError as error:
        announce(Text(*(error.say(lang) for lang in LANGS)))
    return redirect(url_for("referrals.listing"), 303)


def _given() -> dict[str, Any]:
    reason, note = request.form.get("reason") or None, request.form.get("note")
    return {"reason": reason, "note": note, "settings": parts().settings, "now": parts().now()}


def _answered(work: Any, about: dict[str, str]) -> Any:
    try:
        with writing() as session:
            work(session)
        announce(_DECLINED)
    except RejectedError as error:
        asked = error.code == "reason_required"
        return _form(about, _CHOOSE if asked else Text(*(error.say(lang) for lang in LANGS))), 422
    except ConflictError as error:
        announce(Text(*(error.say(lang) for lang in LANGS)))
    return redirect(url_for("referrals.listing"), 303)


def _form(about: dict[str, str], fault: Text | None = None) -> str:
    return page(
        "decline.html", about=about, fault=fault, reasons=list(DeclineReason), chosen=request.form.get("reason", ""),
        note=request.form.get("note", ""), say=say,
    )  # fmt: skip


def _found(session: Session, public_id: str) -> Referral:
    query = select(Referral).where(Referral.public_id == public_id)
    found = session.scalars(query).one_or_none() if public_id.isascii() else None
    if found is None:
        raise NotFoundError(_UNKNOWN, code="not_found")
    return found


def _about(session: Session, referral: Referral) -> dict[str, str]:
    product = session.scalars(select(Product).where(Product.product_code == referral.product_code)).one()
    return _said(session, referral.need_no, product)


def _about_pair(session: Session, need_no: str, product_code: str) -> dict[str, str]:
    need = session.scalars(select(Need).where(Need.need_no == need_no, Need.uscc == actor().uscc)).one_or_none()
    product = session.scalars(select(Product).where(Product.product_code == product_code)).one_or_none()
    if need is None or product is None:
        raise NotFoundError(_UNKNOWN, code="not_found")
    return _said(session, need.need_no, product)


def _said(session: Session, need_no: str, product: Product) -> dict[str, str]:
    bank = session.scalar(select(Organisation.name).where(Organisation.org_code == product.bank_name)) or ""
    return {"need_no": need_no, "product_code": product.product_code, "product": product.name, "bank": bank}


_UNKNOWN = Text("没有这条对接。从列表重新进入。", "There is no such referral. Start from the list.")
_CHOOSE = Text("选择一个原因。", "Choose a reason.")
_DECLINED = Text(
    "已答复不感兴趣，不再推荐这个产品。一分钟内可以撤销。",
    "You are not interested; the product is not shown again. You can undo this for a minute.",
)
_UNDONE = Text("已撤销，可以重新答复。", "Undone. Your answer is awaited again.")
_UNDONE_ENDED = Text("已撤销。这条对接已结束，无需再答复。", "Undone. The referral has ended; no answer is needed.")
