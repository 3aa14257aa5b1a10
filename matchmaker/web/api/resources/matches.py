"""What fits a need: the stored pairs of the latest run, and the explanation of one pair."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response
from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.orm import Session

from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import Verdict
from matchmaker.domain.text import Text
from matchmaker.lists.entry import fields_of
from matchmaker.lists.models import Need, Product
from matchmaker.matching.explanations import explain
from matchmaker.matching.models import MatchPair
from matchmaker.matching.queries import latest_run, verdict_place
from matchmaker.scoring.criteria import CRITERIA
from matchmaker.web.api.entries import find_by_id
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.kinds import coded
from matchmaker.web.api.labels import add_names
from matchmaker.web.api.limits import bounded
from matchmaker.web.api.listing import Listing, Order, list_page
from matchmaker.web.api.operations import ETAG, IF_NONE_MATCH, Blueprint, operation
from matchmaker.web.api.query import Param, read_query
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.schemas import ExplanationSchema, MatchPageSchema, MatchSchema
from matchmaker.web.api.schemas import chosen_from
from matchmaker.web.view import current_day, current_lang, reading

MATCHES = Blueprint("matches", Text("匹配与说明", "matches and explanations"), '/api/v1/needs/<id("needs"):id>')

_BANK = next(field for field in fields_of(Product) if field.attribute == "bank_name")
_LABELS = {criterion.key: criterion.label for criterion in CRITERIA}
_BEHIND = 2**31
_VERDICTS: dict[str, Any] = {"type": "string", "enum": [verdict.value for verdict in Verdict]}

_BASE: Any = select(MatchPair, Product).join(Product, Product.product_code == MatchPair.product_code)
PAIRS = Listing(
    base=_BASE,
    orders={
        "verdict": Order(verdict_place),
        "rank": Order(func.coalesce(MatchPair.rank_for_need, _BEHIND)),
        "score": Order(func.coalesce(MatchPair.score_tenths, -1)),
        "id": Order(type_coerce(Product.public_id, String)),
    },
    filters={
        "verdict": (
            Param({"type": "array", "items": _VERDICTS, "minItems": 1, "maxItems": 4}, Text("结论。", "Verdict.")),
            lambda written: MatchPair.verdict.in_([Verdict.of(one) for one in written]),
        )
    },
    members=chosen_from(MatchSchema),
    default=("verdict", "rank", "id"),
    always="product",
)


@MATCHES.route("/matches", endpoint="list")
@operation(
    MATCHES, "matches.read", Text("需求的匹配结果", "Matches of a need"), MatchPageSchema, query=PAIRS.params,
    headers=(IF_NONE_MATCH,), answers=ETAG,
    about="最近一次匹配中值得看的产品；已下架的产品不列出。\n"
    "What is worth showing of the latest run; products that have left the market are left out.",
)  # fmt: skip
def list_matches(id: str) -> Response:  # noqa: A002
    """Eligible ones by rank first."""
    with reading() as session:
        need = find_by_id(session, Need, id)
        run = latest_run(session, until=current_day())
        chosen = PAIRS.base.where(MatchPair.run_id == (run.id if run else 0), MatchPair.need_no == need.need_no)
        matched_on = {"matched_on": run.on_date.isoformat() if run else None}
        return list_page(session, replace(PAIRS, base=chosen), partial(_dump, session), matched_on)


def _dump(session: Session, rows: Sequence[Any], _chosen: Sequence[str] | None) -> list[dict[str, Any]]:
    lang = current_lang()
    shown = [
        {
            "product": shown_id("products", product.public_id),
            "product_code": product.product_code,
            "name": product.name,
            "bank": product.bank_name,
            "verdict": coded(pair.verdict, lang),
            "score": None if pair.score_tenths is None else f"{pair.score_tenths / 10:.1f}",
            "rank": pair.rank_for_need,
            "failed": _criteria(pair.failed),
            "unknown": _criteria(pair.unknown),
        }
        for pair, product in rows
    ]
    add_names(session, [_BANK], [product for _, product in rows], shown)
    return shown


def _criteria(keys: str) -> list[dict[str, str]]:
    lang = current_lang()
    return [{"code": key, "label": _LABELS[key].say(lang)} for key in keys.split(";") if key]


@MATCHES.route('/explanations/<id("products"):product_id>', endpoint="explanation")
@operation(
    MATCHES, "matches.read", Text("一对的匹配说明", "Explanation of a pair"), ExplanationSchema,
    headers=(IF_NONE_MATCH,), answers=ETAG,
    about="每条准入条件、得分、怎样补足、融资成本。\nEach criterion, the score, what would mend it, and what it costs.",
)  # fmt: skip
def read_explanation(id: str, product_id: str) -> Response:  # noqa: A002
    """With the lists as they stand; both must be the caller's to see."""
    read_query({})
    with reading() as session, bounded("explanation"):
        need, product = find_by_id(session, Need, id), find_by_id(session, Product, product_id)
        try:
            with session.elevated():
                told = explain(session, need.need_no, product.product_code, current_day(), current_lang())
        except NotFoundError as error:
            raise NotFoundError(_NOT_IN_MARKET, code="not_in_market") from error
    ids = {"need": shown_id("needs", id), "product": shown_id("products", product_id)}
    return reply(ids | told)


_NOT_IN_MARKET = Text(
    "这条需求或产品今天不参与撮合：未发布，或不在有效期内。发布后再查询。",
    "The need or the product is not in the market today: not published, or not valid. Publish it first.",
)
