"""Whether a need and a product are in the market on a date, and if not, the sentence that says why."""

import difflib
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import local
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.models import Enterprise, Need, Product


def require_in_market(session: Session, need_no: str, product_code: str, on: date) -> None:
    """NotFoundError unless both exist and are in the market on ``on`` (CONTRACT.md section 3).

    An unknown one is answered with the nearest known; one outside the market with what keeps it out and since when.
    """
    need = _entry(session, Need, Need.need_no, need_no, Text("融资需求", "financing need"))
    product = _entry(session, Product, Product.product_code, product_code, Text("信贷产品", "credit product"))
    company = session.scalars(select(Enterprise).where(Enterprise.uscc == need.uscc)).one()
    _require_published(need, Text(f"融资需求 {need_no} ", f"The financing need {need_no}"), on)
    _require_published(company, Text(f"融资需求 {need_no} 的企业", f"The enterprise of the need {need_no}"), on)
    _require_published(product, Text(f"信贷产品 {product_code} ", f"The credit product {product_code}"), on)
    _require_valid(product, on)


def _entry(session: Session, model: Any, column: Any, key: str, label: Text) -> Any:
    found = session.scalars(select(model).where(column == key)).first()
    if found is not None:
        return found
    near = difflib.get_close_matches(key, session.scalars(select(column)).all(), 1, cutoff=0.5)
    if near:
        text = Text(
            "没有{label}「{key}」；最接近的是「{near}」。", 'There is no {label} "{key}"; the nearest is "{near}".'
        )
    else:
        text = Text(
            "没有{label}「{key}」。用 flask lists export 查看已有的编号。",
            'There is no {label} "{key}". flask lists export shows the codes there are.',
        )
    raise NotFoundError(text, code="unknown_entry", label=label, key=key, near=near[0] if near else "")


def _require_published(entry: Any, which: Text, on: date) -> None:
    if entry.status is not EntryStatus.PUBLISHED:
        raise NotFoundError(
            Text(
                "{which}自 {since} 起为「{status}」，{on} 不参与撮合。发布后再试。",
                "{which} has been {status} since {since}, so it is not in the market on {on}. Publish it first.",
            ),
            code="not_in_market",
            which=which,
            since=local(entry.updated_at).date(),
            status=entry.status.label,
            on=on,
        )


def _require_valid(product: Product, on: date) -> None:
    if product.valid_from is not None and on < product.valid_from:
        text = Text(
            "信贷产品 {product} 自 {day} 起生效，{on} 不参与撮合。用 --on 指定生效期内的日期。",
            "The credit product {product} is valid from {day}, so not in the market on {on}. Give a later --on.",
        )
        raise NotFoundError(text, code="not_in_market", product=product.product_code, day=product.valid_from, on=on)
    if product.valid_to is not None and product.valid_to < on:
        text = Text(
            "信贷产品 {product} 已于 {day} 失效，{on} 不参与撮合。用 --on 指定生效期内的日期。",
            "The credit product {product} was valid until {day}, so not in the market on {on}. Give an earlier --on.",
        )
        raise NotFoundError(text, code="not_in_market", product=product.product_code, day=product.valid_to, on=on)
