"""Values that an explanation proposes for a form: shown as not saved yet, with what they would come to for the pair.

The address names the values by their columns and the pair as ``pair=need_no/product_code``; nothing is written before
the form is sent, and afterwards the pair is judged again with what was really saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError, RejectedError, UsageError
from matchmaker.domain.terms import Verdict
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.matching.what_if import CELLS
from matchmaker.web.forms import Form
from matchmaker.web.pages.pairs import Shown
from matchmaker.web.view import announce, reading

PAIR = "pair"
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Proposal:
    """The pair that values were proposed for, its verdicts before and after (None: it cannot be judged), and labels of
    proposed facts that the form does not ask, because the bureau keeps them."""

    pair: str
    product: str
    before: Verdict | None
    after: Verdict | None
    kept: tuple[Text, ...]


def propose(session: ScopedSession, form: Form, model: type[Entry]) -> Proposal | None:
    """Put the values of the address into the form, marked; None where the address proposes nothing new."""
    cells = {code: request.args[code][:_LONGEST] for code in CELLS if code in request.args}
    if not cells:
        return None
    for one in form.questions:
        if one.name in cells:
            form.propose(one.name, cells[one.name])
    asked = {one.name for one in form.questions}
    kept = tuple(f.label for f in fields_of(model) if f.code in cells and f.code not in asked)
    if not form.proposed and not kept:
        return None
    return _judged(session, request.args.get(PAIR, ""), cells, kept)


def _judged(session: ScopedSession, pair: str, cells: Mapping[str, str], kept: tuple[Text, ...]) -> Proposal:
    try:
        shown = _shown(session, pair)
        before, (_, after) = shown.explained(), shown.tried(session, dict(cells))
    except (NotFoundError, RejectedError, UsageError):
        return Proposal("", "", None, None, kept)
    return Proposal(pair, shown.product.name, Verdict.of(before["verdict"]), Verdict.of(after["verdict"]), kept)


def _shown(session: ScopedSession, pair: str) -> Shown:
    need_no, _, product_code = pair.partition("/")
    if not need_no.isprintable() or not product_code.isprintable():
        raise NotFoundError(Text("没有这个产品。", "There is no such product."), code="unknown_product")
    return Shown(session, need_no, product_code)


def judged_again() -> str | None:
    """After saving: say what the pair of the form comes to now, and where it is explained; None without a pair that is
    in the market (a change may wait for review)."""
    pair = request.form.get(PAIR, "")
    if not pair:
        return None
    with reading() as session:
        try:
            shown = _shown(session, pair)
        except NotFoundError:
            announce(_WAITS)
            return None
        verdict = Verdict.of(shown.explained()["verdict"])
    announce(_AGAIN, product=shown.product.name, verdict=verdict.label)
    return url_for("pairs.pair", need_no=shown.need.need_no, product_code=shown.product.product_code)


_AGAIN = Text(
    "按保存的内容重新判定：「{product}」{verdict}。", 'Judged again with what was saved: "{product}" is {verdict}.'
)
_WAITS = Text("重新发布后再判定是否符合。", "It is judged again once it is published again.")
