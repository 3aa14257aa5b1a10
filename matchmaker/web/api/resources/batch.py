"""Many products or credit records in one call: all or nothing, or the good ones, with a result for each row."""

from collections.abc import Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

from flask import Response
from sqlalchemy import inspect, select

from matchmaker.db import ScopedSession
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, key_fields, values_of
from matchmaker.lists.models import CreditRecord, Product
from matchmaker.lists.provenance import BY_API
from matchmaker.lists.services.owned import Outcome, OwnRow, write_own
from matchmaker.lists.services.stored import Key, key_in
from matchmaker.web.api.entries import faults_of_row
from matchmaker.web.api.examples import BODIES, CREDIT_RECORD
from matchmaker.web.api.faults import SHOWN, Fault, invalid_body
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.once import do_once
from matchmaker.web.api.operations import IDEMPOTENCY, Blueprint, operation
from matchmaker.web.api.problems import problem_json
from matchmaker.web.api.query import read_query
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.schemas import BatchResultSchema, BatchSchema, CreditBatchSchema
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
    return do_once(partial(_write, Product, body))


@BATCH.route("/credit-records:batch", endpoint="credit_records", methods=["POST"])
@operation(
    BATCH,
    "credit.write",
    Text("批量导入信用记录", "Import many credit records"),
    BatchResultSchema,
    status=207,
    body=CreditBatchSchema,
    example={"mode": "partial", "dry_run": True, "rows": [CREDIT_RECORD]},
    headers=(IDEMPOTENCY,),
    problems=(409,),
    about="按来源与记录编号认出已有记录：再次提交同样的内容只确认、不产生新版本。mode 的含义与批量产品相同。"
    "每个版本都记下由哪个接口密钥、什么时候写入。\n"
    "Records are matched by source and number: the same content again confirms and makes no version. mode as for "
    "products. Each version says by which token and when it was written.",
)
def batch_credit_records(body: dict[str, Any]) -> Response:
    """At most a thousand rows."""
    read_query({})
    return do_once(partial(_write, CreditRecord, body))


def _write(model: type[Entry], body: Mapping[str, Any], session: ScopedSession) -> Response:
    atomic, dry_run = body.get("mode", "atomic") == "atomic", body.get("dry_run", False)
    rows = dict(enumerate(body["rows"]))
    formless = {place: faults for place, faults in rows.items() if isinstance(faults, tuple)}
    outcomes = write_own(
        session, actor=actor(), model=model, rows=[OwnRow(n, row) for n, row in rows.items() if n not in formless],
        settings=parts().settings, now=parts().now(), lang=current_lang(), partial=not atomic, dry_run=dry_run,
        cause=BY_API,
    )  # fmt: skip
    faults = [fault.at("rows", one.number) for one in outcomes for fault in faults_of_row(model, one)]
    if faults and atomic and not dry_run:
        raise invalid_body(faults)
    ids = _ids(session, model, outcomes)
    results = [_result(model, one, ids) for one in outcomes]
    results += [_rejected(place, faults) for place, faults in formless.items()]
    return reply({"dry_run": dry_run, "results": sorted(results, key=itemgetter("index"))}, 207)


def _ids(session: ScopedSession, model: type[Entry], outcomes: Sequence[Outcome]) -> dict[Key, str]:
    """Key → public id of those that are there now; looked up by the last part of the key, a number."""
    last = inspect(model).attrs[key_fields(model)[-1].attribute].class_attribute
    wanted = {one.key[-1] for one in outcomes if one.key and one.state != "rejected"}
    found = session.scalars(select(model).where(last.in_(wanted)))
    return {key_in(model, values_of(entry)) or (): entry.public_id for entry in found}


def _result(model: type[Entry], outcome: Outcome, ids: Mapping[Key, str]) -> dict[str, Any]:
    if outcome.faults:
        return _rejected(outcome.number, faults_of_row(model, outcome))
    found = ids.get(outcome.key) if outcome.key else None
    return {
        "index": outcome.number,
        "status": _STATUS[outcome.state],
        "state": outcome.state,
        "id": shown_id(model.kind_name, found) if found else None,
    }


def _rejected(place: int, faults: Sequence[Fault]) -> dict[str, Any]:
    lang = current_lang()
    problem = problem_json(
        _FAULTY.say(lang), 422, code="invalid_body", errors=[fault.to_json(lang) for fault in faults[:SHOWN]]
    )
    return {"index": place, "status": _STATUS["rejected"], "state": "rejected", "id": None, "problem": problem}


_FAULTY = Text("这一行有误，没有写入。", "This row has faults; it was not written.")
