"""The enterprise's own facts: where each comes from, what its people may change, and that they are still right."""

from typing import Any

from flask import Blueprint, redirect, request, url_for

from matchmaker.accounts.permits import permit
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.text import Text
from matchmaker.lists.entry import fields_of, values_of
from matchmaker.lists.lookups import load_registers
from matchmaker.lists.models import Enterprise
from matchmaker.lists.services import confirm_entries
from matchmaker.lists.services.owned import Outcome, OwnRow, write_own
from matchmaker.web.forms import Form, Question, asked, check, filled, questions_of, switched
from matchmaker.web.guard import action
from matchmaker.web.moved import CONFLICT, Moved, moved_since
from matchmaker.web.pages.facts import KEPT, facts_of, rows_of
from matchmaker.web.pages.needs.own import own_enterprise
from matchmaker.web.proposed import PAIR, Proposal, judged_again, propose
from matchmaker.web.view import actor, announce, current_lang, page, parts, reading, writing

profile = Blueprint("profile", __name__)

OWN = tuple(field.code for field in fields_of(Enterprise) if field.attribute not in KEPT)
"""Column codes of the facts that the enterprise itself gives."""
_REGISTERS = ("area",)
HINTS = {
    "area_code": Text("六位区划代码，例如 371002", "six digits, for example 371002"),
    "revenue_wan": Text("上一年度，单位万元，例如 800", "of the last year, in 10,000 yuan, for example 800"),
    "total_assets_wan": Text("上年末，单位万元，例如 800", "at the end of last year, in 10,000 yuan, for example 800"),
    "is_first_loan": Text(
        "从未在银行获得过贷款，填「是」", "yes, where the company has never had a loan from a bank"
    ),
}  # fmt: skip


@profile.get("/enterprise")
@action("own")
def facts() -> str:
    """Every fact with its source and date; those that the bureau keeps, and those to keep oneself."""
    with reading() as session:
        found = own_enterprise(session)
        known = facts_of(session, found)
        return page(
            "needs/enterprise.html", enterprise=found, kept=rows_of(f for f in known if f.kept),
            own=[_linked(row) for row in rows_of(f for f in known if not f.kept)],
        )  # fmt: skip


def _linked(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "href": url_for("profile.form", _anchor=row["name"])}


@profile.post("/enterprise/confirm")
@action("own")
def confirm() -> Any:
    """「信息仍然正确」: the day of the confirmation is what banks and the matching go by."""
    permit(actor(), "enterprise.write", parts().now())
    with writing() as session:
        confirm_entries(session, actor=actor(), entries=[own_enterprise(session)], now=parts().now())
    announce(Text("已确认：企业信息仍然正确。", "Confirmed: the facts are still right."))
    return redirect(url_for("profile.facts"), 303)


def _questions(session: ScopedSession) -> list[Question]:
    return questions_of(Enterprise, OWN, load_registers(session, _REGISTERS), hints=HINTS)


@profile.get("/enterprise/change")
@action("own")
def form() -> str:
    """What the enterprise itself gives, to be changed."""
    with reading() as session:
        found = own_enterprise(session)
        shown = filled(_questions(session), values_of(found))
        return _form(found, shown, proposal=propose(session, shown, Enterprise))


def _form(found: Enterprise, typed: Form, moved: list[Moved] | None = None, proposal: Proposal | None = None) -> str:
    pair = proposal.pair if proposal else request.form.get(PAIR, "")
    return page("needs/enterprise_change.html", enterprise=found, form=typed, moved=moved, proposal=proposal, pair=pair)


@profile.post("/enterprise/change")
@action("own")
def change() -> Any:
    """Write it, unless the entry has moved on since it was shown."""
    seen = request.form.get("version", type=int) or 0
    with reading() as session:
        found, typed = own_enterprise(session), asked(_questions(session))
        if switched():
            return _form(found, typed)
        check(session, Enterprise, typed, load_registers(session, _REGISTERS))
        if typed.faults:
            return _form(found, typed), 422
    try:
        with writing() as session:
            done = _write(session, found.uscc, typed, seen)
    except ConflictError as error:
        if error.code != CONFLICT:
            raise
        with reading() as session:
            found = own_enterprise(session)
            return _form(found, typed, moved_since(session, found, seen)), 409
    if done.faults:
        typed.faults = [(fault.column or "", Text(fault.message, fault.message)) for fault in done.faults]
        return _form(found, typed), 422
    announce(_SAID[done.state])
    return redirect(judged_again() or url_for("profile.facts"), 303)


def _write(session: ScopedSession, uscc: str, typed: Form, seen: int) -> Outcome:
    cells: dict[str, Any] = {**typed.cells(), "uscc": uscc}
    return write_own(
        session, actor=actor(), model=Enterprise, rows=[OwnRow(1, cells)], settings=parts().settings,
        now=parts().now(), lang=current_lang(), expected=seen,
    )[0]  # fmt: skip


_SAID = {
    "changed": Text("已保存。", "Saved."),
    "unchanged": Text("没有改动，已确认内容仍然正确。", "Nothing was changed; the facts are confirmed as right."),
}
