"""The bank's own products: the library, one product with its change log, its steps, and what is still right."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy import select

from matchmaker.accounts.consent import is_id
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.lifecycle import ENTRY, Transition
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.domain.text import Text
from matchmaker.lists.entry import fields_of
from matchmaker.lists.models import Product
from matchmaker.lists.queries import FINAL, history_of
from matchmaker.lists.readable import readable_fields
from matchmaker.lists.services import confirm_entries
from matchmaker.lists.services.owned import acting_as, step_own
from matchmaker.web.guard import action
from matchmaker.web.moved import people_in
from matchmaker.web.names import names_for, show
from matchmaker.web.once import do_once
from matchmaker.web.tables import Table, look
from matchmaker.web.tables.entries import entry_table
from matchmaker.web.view import actor, announce, linked, may_do, page, parts, reading, t, ticked, writing

products = Blueprint("products", __name__)
FORM = "picked-rows"
MOST_PICKED = 200
STEPS: dict[str, Text] = {
    "submit": Text(
        "提交后由主管部门审核，通过后发布并开始推荐。", "The bureau reviews it; once published it is recommended."
    ),
    "suspend": Text(
        "暂停期间不再推荐给企业，已推荐的在下一次推送时结束。可以随时恢复。",
        "While suspended it is recommended to nobody; open recommendations end with the next push. It can be resumed.",
    ),
    "resume": Text(
        "恢复后重新发布，下一次匹配起参与推荐。", "It is published again and takes part in the next matching."
    ),
    "withdraw": Text(
        "撤回后不再推荐，也不能再修改；记录和版本保留。只是暂时停办时，用「暂停」。",
        "It is recommended no more and cannot be changed; its record stays. To stop for a while, suspend it instead.",
    ),
}
"""What a step of the owner means, told before it is taken."""


@products.get("/products")
@action("lists.read")
def library() -> str:
    """All products of one's own bank, those that need care marked."""
    names: dict[Any, Text] = {}
    with reading() as session:
        view = look(session, _table(session, names))
        names.update(names_for(session, fields_of(Product), view.rows))
    export = None
    if may_do("lists.export"):
        query = request.query_string.decode()
        export = url_for("lists.export", kind="products") + (f"?{query}" if query else "")
    return page("products.html", view=view, export=export, form=FORM)


def _table(session: ScopedSession, names: dict[Any, Text]) -> Table:
    table = entry_table(
        session, Product, actor(), names, now=parts().now(), stale_days=parts().settings.stale_days, link=address_of
    )
    key, *others = table.columns
    shown = replace(key, show=_picked) if may_do("products.write") else key
    whose = () if actor().side is Side.BUREAU else ("bank_name",)
    columns = [replace(c, shown=c.shown and c.name not in whose) for c in (shown, *others)]
    filters = [one for one in table.filters if one.names[0] not in whose]
    mine = table.base if not whose else table.base.where(Product.bank_name.in_(actor().orgs))
    return replace(table, base=mine, columns=columns, filters=filters)


def _picked(entry: Any) -> Any:
    found = linked(address_of(entry), entry.product_code)
    if entry.status in FINAL:
        return found
    return ticked(FORM, entry.public_id, t("选中 {name}", "pick {name}", name=entry.name)) + found


def address_of(entry: Any) -> str:
    """The address of a product's page."""
    return url_for("products.one", public_id=entry.public_id)


@products.post("/products/confirm")
@action("products.write")
def confirm() -> Response:
    """Say that the ticked products are still right."""
    picked = [one for one in request.form.getlist("picked") if is_id(one)][:MOST_PICKED]
    with writing() as session:
        found = session.scalars(
            select(Product).where(Product.public_id.in_(picked), Product.status.not_in(FINAL))
        ).all()
        count = confirm_entries(session, actor=actor(), entries=found, now=parts().now())
    announce(_CONFIRMED if count else _NOTHING_PICKED, n=count)
    one = url_for("products.one", public_id=picked[0]) if request.form.get("from") == "page" and picked else None
    return cast(Response, redirect(one or url_for("products.library"), 303))


@products.get("/products/<public_id>")
@action("lists.read")
def one(public_id: str) -> str:
    """One product: all its fields, what its owner may do now, and who changed what and when."""
    with reading() as session:
        found = find_own(session, public_id)
        fields = readable_fields(actor(), found)
        names = names_for(session, fields, [found])
        versions = history_of(session, found)
        people = people_in(session, (version.actor for version in versions))
    stale_before = parts().now() - timedelta(days=parts().settings.stale_days)
    is_stale = found.status is EntryStatus.PUBLISHED and found.confirmed_at < stale_before
    return page(
        "product.html", product=found, fields=fields, names=names, show=show, versions=versions, people=people,
        steps=steps_of(found), is_stale=is_stale, final=found.status in FINAL,
    )  # fmt: skip


def find_own(session: ScopedSession, public_id: str) -> Product:
    """A product of one's own, or for the bureau any; NotFoundError when there is none."""
    query = select(Product).where(Product.public_id == public_id)
    found = session.scalars(query).one_or_none() if is_id(public_id) else None
    if found is None or not (actor().side is Side.BUREAU or found.bank_name in actor().orgs):
        raise NotFoundError(
            Text("没有这个产品。从产品库重新进入。", "There is no such product. Open it from the products."),
            code="not_found",
        )
    return found


def steps_of(product: Product) -> list[Transition]:
    """The steps that the page's reader may take with a product now."""
    if not may_do("products.write"):
        return []
    mine = acting_as(actor())
    return [one for one in ENTRY if one.verb in STEPS and mine in one.who and product.status in one.sources]


@products.get('/products/<public_id>/<any("submit","suspend","resume","withdraw"):verb>')
@action("products.write")
def step(public_id: str, verb: str) -> str:
    """What a step means, and the button that takes it."""
    with reading() as session:
        found = find_own(session, public_id)
    label = next(one.label for one in ENTRY if one.verb == verb)
    return page("product_step.html", product=found, verb=verb, label=label, meaning=STEPS[verb])


@products.post('/products/<public_id>/<any("submit","suspend","resume","withdraw"):verb>')
@action("products.write")
def take_step(public_id: str, verb: str) -> Any:
    """Take a step with a product."""
    return do_once(partial(_take, public_id, verb))


def _take(public_id: str, verb: str, session: ScopedSession) -> str:
    found = find_own(session, public_id)
    step_own(session, actor=actor(), entry=found, verb=verb, now=parts().now())
    announce(Text("现在的状态：{state}。", "Its state now: {state}."), state=found.status.label)
    return address_of(found)


_CONFIRMED = Text("已确认 {n} 个产品仍然正确。", "{n} products were confirmed as still right.")
_NOTHING_PICKED = Text("没有勾选产品。先勾选，再确认。", "No product was ticked. Tick some, then confirm.")
