"""A product of one's own in a form: a new one, a change, and what a change would gain and lose before it is saved."""

from functools import partial
from typing import Any

from flask import Blueprint, request
from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.cells import Cell
from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.domain.text import Text
from matchmaker.lists.entry import values_of
from matchmaker.lists.lookups import load_registers
from matchmaker.lists.models import Product
from matchmaker.lists.queries import FINAL
from matchmaker.lists.services.owned import Outcome, OwnRow, write_own
from matchmaker.lists.services.planning import Plan
from matchmaker.matching.whatif import Effect, effect_of
from matchmaker.web.forms import Form, asked, check, filled, questions_of
from matchmaker.web.guard import action
from matchmaker.web.moved import CONFLICT, Moved, moved_since
from matchmaker.web.once import do_once
from matchmaker.web.pages.products import address_of, find_own
from matchmaker.web.view import actor, announce, current_day, current_lang, page, parts, reading

product_forms = Blueprint("product_forms", __name__)

GROUPS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (Text("产品", "The product"), ("name", "product_type", "description")),
    (
        Text("额度、期限与价格", "Amount, term and price"),
        ("amount_min_wan", "amount_max_wan", "term_min_months", "term_max_months", "rate_min_pct", "rate_max_pct",
         "fee_pct", "repayment", "decision_days"),
    ),
    (Text("担保与用途", "Security and purpose"), ("security", "purposes")),
    (
        Text("适合哪些企业（不填即不限）", "Which companies (blank: any)"),
        ("chains", "industries", "areas", "tiers_any", "size_classes", "min_age_months", "revenue_min_wan",
         "revenue_max_wan", "tax_grades", "first_loan_only", "excludes_dishonest"),
    ),
    (Text("有效期与接单量", "Validity and capacity"), ("valid_from", "valid_to", "lead_capacity_month")),
)  # fmt: skip
"""The questions of the form, in groups; number and bank are given."""
HINTS = {
    "name": Text("企业看到的名称。", "The name that companies see."),
    "min_age_months": Text("例如 24", "for example 24"),
    "decision_days": Text("例如 3", "for example 3"),
}


@product_forms.get("/products/new")
@action("products.write")
def new() -> str:
    """An empty form."""
    with reading() as session:
        form = Form(questions_of(Product, _codes(new=True), load_registers(session), hints=HINTS))
    return _page(form, None)


@product_forms.get("/products/<public_id>/change")
@action("products.write")
def change(public_id: str) -> str:
    """The form with what is stored."""
    with reading() as session:
        product = _changeable(session, public_id)
        form = filled(
            questions_of(Product, _codes(new=False), load_registers(session), hints=HINTS), values_of(product)
        )
    return _page(form, product, version=product.version)


def _codes(*, new: bool) -> list[str]:
    """What is asked; a bank's own name is given, the bureau says for which bank a new product is."""
    codes = [code for _, some in GROUPS for code in some]
    return ["bank_name", *codes] if new and actor().side is Side.BUREAU else codes


def _changeable(session: ScopedSession, public_id: str) -> Product:
    product = find_own(session, public_id)
    if product.status in FINAL:
        raise ConflictError(
            Text("这个产品{state}，不能再修改。请新增一个产品。", "It is {state}. Add a new product instead."),
            code="final",
            state=product.status.label,
        )
    return product


@product_forms.post("/products/new")
@action("products.write")
def create() -> Any:
    """Write a new product, or say what it would gain."""
    return _answer(None)


@product_forms.post("/products/<public_id>/change")
@action("products.write")
def save(public_id: str) -> Any:
    """Save a change made to the version that was shown, or say what it would gain and lose."""
    return _answer(public_id)


def _answer(public_id: str | None) -> Any:
    effect, version = None, request.form.get("version", 0, type=int)
    with reading() as session:
        product = None if public_id is None else _changeable(session, public_id)
        registers = load_registers(session)
        form = asked(questions_of(Product, _codes(new=product is None), registers, hints=HINTS))
        check(session, Product, form, registers)
        if not form.faults and request.form.get("do") == "effect":
            effect = _effect(session, form, product)
    if form.faults or effect:
        return _page(form, product, version=version, effect=effect), 422 if form.faults else 200
    try:
        return do_once(partial(_write, form, public_id, version))
    except ConflictError as error:
        if error.code != CONFLICT or product is None:
            raise
        return _changed_meanwhile(form, str(public_id), version)
    except RejectedError as error:
        form.faults = error.values.get("faults", [("name", error.text)])
        return _page(form, product, version=version), 422


def _changed_meanwhile(form: Form, public_id: str, version: int) -> Any:
    with reading() as session:
        product = _changeable(session, public_id)
        moved = moved_since(session, product, version)
    return _page(form, product, version=product.version, moved=moved), 409


def _page(
    form: Form, product: Product | None, *, version: int | None = None, moved: list[Moved] | None = None,
    effect: Effect | None = None,
) -> str:  # fmt: skip
    by_code = {question.name: question for question in form.questions}
    groups = [(label, [by_code[code] for code in codes]) for label, codes in GROUPS]
    if "bank_name" in by_code:
        groups[0][1].insert(0, by_code["bank_name"])
    return page(
        "product_form.html", form=form, groups=groups, product=product, version=version, moved=moved, effect=effect,
        review=parts().settings.products_review,
    )  # fmt: skip


def _row(form: Form, product: Product | None) -> OwnRow:
    """The form as a row of a file; number and bank are those of the product, which a bureau's operator may change."""
    cells = form.cells()
    if product is not None:
        cells |= {"product_code": Cell(product.product_code), "bank_name": Cell(product.bank_name)}
    return OwnRow(1, cells)


def _effect(session: ScopedSession, form: Form, product: Product | None) -> Effect | None:
    """What the values in the form would gain and lose; None where they cannot be written."""
    plans: list[Plan] = []
    write_own(
        session, actor=actor(), model=Product, rows=[_row(form, product)], settings=parts().settings,
        now=parts().now(), dry_run=True, look=plans.append,
    )  # fmt: skip
    changes = [*plans[0].new, *plans[0].changed, *plans[0].unchanged]
    if not changes:
        return None
    published = product is not None and product.status is EntryStatus.PUBLISHED
    before = values_of(product) if published else None
    return effect_of(session, before=before, after=changes[0].values, on=current_day())


def _write(form: Form, public_id: str | None, version: int, session: ScopedSession) -> str:
    product = None if public_id is None else _changeable(session, public_id)
    guard: dict[str, Any] = {"look": _require_new} if product is None else {"expected": version}
    (done,) = write_own(
        session, actor=actor(), model=Product, rows=[_row(form, product)], settings=parts().settings,
        now=parts().now(), lang=current_lang(), **guard,
    )  # fmt: skip
    if done.faults:
        raise RejectedError(_NOT_SAVED, code="rejected", faults=_faults(done))
    if product is None:
        assert done.key is not None
        product = session.scalars(select(Product).where(Product.product_code == done.key[-1])).one()
    else:
        session.refresh(product)
    announce(_UNCHANGED if done.state == "unchanged" else _SAVED[product.status is EntryStatus.SUBMITTED])
    return address_of(product)


def _require_new(plan: Plan) -> None:
    """A new product whose name the bank has already would quietly change that one."""
    for change in (*plan.changed, *plan.unchanged):
        assert change.stored is not None
        raise RejectedError(_SAME_NAME, code="same_name", product=change.stored.values["product_code"])


def _faults(done: Outcome) -> list[tuple[str, Text]]:
    return [(fault.column or "name", Text(fault.message, fault.message)) for fault in done.faults]


_NOT_SAVED = Text("没有保存。", "It was not saved.")
_SAME_NAME = Text(
    "贵行已有同名产品。换一个名称，或到产品库修改原来的产品。",
    "Your bank has a product of this name already. Choose another name, or change that product.",
)
_UNCHANGED = Text("内容没有变化，已记为仍然正确。", "Nothing was changed; it counts as confirmed.")
_SAVED = {
    True: Text("已保存，等待主管部门审核后发布。", "Saved; the bureau reviews it before it is published."),
    False: Text("已保存。", "Saved."),
}
