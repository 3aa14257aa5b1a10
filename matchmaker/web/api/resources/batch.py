"""Many products in one call: all or nothing, or the good ones, with a result for each row."""

from collections.abc import Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

from flask import Response
from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.text import Text
from matchmaker.lists.models import Product
from matchmaker.lists.services.owned import Outcome, OwnRow, write_own
from matchmaker.web.api.entries import faults_of_row
from matchmaker.web.api.examples import BODIES
from matchmaker.web.api.faults import SHOWN, Fault, invalid_body
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.once import do_once
from matchmaker.web.api.operations import IDEMPOTENCY, Blueprint, operation
from matchmaker.web.api.problems import problem_json
from matchmaker.web.api.query import read_query
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.schemas import BatchResultSchema, BatchSchema
from matchmaker.web.view import actor, current_lang, parts

BATCH = Blueprint("batch", Text("批量提交", "many at once"), "/api/v1")
_STATUS = {"new": 201, "changed": 200, "unchanged": 200, "rejected": 422}


@BATCH.route("/products:batch", endpoint="products", methods=["POST"])
@operation(
    BATCH,
    "products.write",
    Text("批量新增或修改产品", "Add or change many products"),
    BatchResultSchema,
    status=207,
    body=BatchSchema,
    example={"mode": "partial", "dry_run": True, "rows": [BODIES["products"]]},
    headers=(IDEMPOTENCY,),
    problems=(409,),
    about="按产品编号（或银行与名称）认出已有产品。atomic：有一行错误则一行也不写，返回 422；partial：只写正确的行，"
    "有误的行（包括写法不符接口说明的）各在自己的结果中说明。\n"
    "Rows are matched by product code, or bank and name. atomic: one faulty row keeps all from being written (422); "
    "partial: the good ones are written, and a faulty one, also one that is not of the document's form, is told in "
    "its own result.",
)
def batch_products(body: dict[str, Any]) -> Response:
    """At most a thousand rows."""
    read_query({})
    return do_once(partial(_write, body))


def _write(body: Mapping[str, Any], session: ScopedSession) -> Response:
    atomic, dry_run = body.get("mode", "atomic") == "atomic", body.get("dry_run", False)
    rows = dict(enumerate(body["rows"]))
    formless = {place: faults for place, faults in rows.items() if isinstance(faults, tuple)}
    outcomes = write_own(
        session, actor=actor(), model=Product, rows=[OwnRow(n, row) for n, row in rows.items() if n not in formless],
        settings=parts().settings, now=parts().now(), lang=current_lang(), partial=not atomic, dry_run=dry_run,
    )  # fmt: skip
    faults = [fault.at("rows", one.number) for one in outcomes for fault in faults_of_row(Product, one)]
    if faults and atomic and not dry_run:
        raise invalid_body(faults)
    ids = _ids(session, outcomes)
    results = [_result(one, ids) for one in outcomes]
    results += [_rejected(place, faults) for place, faults in formless.items()]
    return reply({"dry_run": dry_run, "results": sorted(results, key=itemgetter("index"))}, 207)


def _ids(session: ScopedSession, outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Product code → public id of those that are there now."""
    codes = {str(one.key[0]) for one in outcomes if one.key and one.state != "rejected"}
    found = session.scalars(select(Product).where(Product.product_code.in_(codes)))
    return {product.product_code: product.public_id for product in found}


def _result(outcome: Outcome, ids: Mapping[str, str]) -> dict[str, Any]:
    if outcome.faults:
        return _rejected(outcome.number, faults_of_row(Product, outcome))
    found = ids.get(str(outcome.key[0])) if outcome.key else None
    return {
        "index": outcome.number,
        "status": _STATUS[outcome.state],
        "state": outcome.state,
        "id": shown_id("products", found) if found else None,
    }


def _rejected(place: int, faults: Sequence[Fault]) -> dict[str, Any]:
    lang = current_lang()
    problem = problem_json(
        _FAULTY.say(lang), 422, code="invalid_body", errors=[fault.to_json(lang) for fault in faults[:SHOWN]]
    )
    return {"index": place, "status": _STATUS["rejected"], "state": "rejected", "id": None, "problem": problem}


_FAULTY = Text("这一行有误，没有写入。", "This row has faults; it was not written.")
