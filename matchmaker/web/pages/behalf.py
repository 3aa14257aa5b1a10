"""代填: the operator enters a need for an enterprise after a visit; the enterprise confirms or declines it."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import ScopedSession
from matchmaker.domain.cells import Registers
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text, normal
from matchmaker.lists.entry import fields_of
from matchmaker.lists.lookups import load_registers, registers_of
from matchmaker.lists.models import Enterprise, Need
from matchmaker.lists.services.behalf import confirm_entered, decline_entered, enter_need, find_entered, waiting_for
from matchmaker.web.forms import Form, asked, check, questions_of
from matchmaker.web.guard import action
from matchmaker.web.names import names_for, show
from matchmaker.web.once import do_once
from matchmaker.web.view import actor, announce, page, parts, reading, writing

behalf = Blueprint("behalf", __name__)
CODES = (
    "uscc", "amount_wan", "term_months", "purpose", "latest_funding_on", "max_rate_pct", "security_offered",
    "repayment", "banks_at_a_time", "description",
)  # fmt: skip
_HINTS = {
    "uscc": Text(
        "企业的统一社会信用代码；可从企业页面进入，自动填好。",
        "The enterprise's USCC; filled in when you come from its page.",
    ),
    "description": Text("请勿写企业名称。", "Do not name the enterprise."),
}


@behalf.get("/behalf/new")
@action("needs.behalf")
def begin() -> str:
    """The form; ``?enterprise=``: the public id of the enterprise that was visited."""
    with reading() as session:
        form = Form(questions_of(Need, CODES, load_registers(session, ()), hints=_HINTS))
        wanted = Enterprise.public_id == request.args.get("enterprise", "")
        found = session.scalars(select(Enterprise).where(wanted)).one_or_none()
    if found is not None:
        form.typed["uscc"] = [found.uscc]
    return page("behalf_new.html", form=form, name=found.name if found else None)


@behalf.post("/behalf/new")
@action("needs.behalf")
def entered() -> Any:
    """Keep it as the enterprise's draft; nobody else sees it before the enterprise says yes."""
    with reading() as session:
        known = _registers(session)
        form = asked(questions_of(Need, CODES, known, hints=_HINTS))
        check(session, Need, form, known)
        name = session.scalar(select(Enterprise.name).where(Enterprise.uscc == normal(form.value("uscc")).upper()))
    if form.faults or "switch_to" in request.form:
        return page("behalf_new.html", form=form, name=name)
    answer = do_once(lambda session: _enter(session, form))
    announce(_ENTERED)
    return answer


def _registers(session: Session) -> Registers:
    typed = normal(request.form.get("uscc", "")).upper()
    return load_registers(session, registers_of(Need), enterprises={typed})


def _enter(session: ScopedSession, form: Form) -> str:
    enter_need(session, actor=actor(), cells=form.cells(), settings=parts().settings, now=parts().now())
    return url_for("lists.table", kind="needs", care="awaits_enterprise")


@behalf.get("/behalf")
@action("needs.confirm")
def waiting() -> str:
    """The needs that wait for the enterprise's word."""
    with reading() as session:
        rows = waiting_for(session, actor())
    return page("behalf_list.html", rows=rows)


@behalf.get("/behalf/<public_id>")
@action("needs.confirm")
def one(public_id: str) -> str:
    """One of them, to read and answer."""
    return _one(public_id, None)


def _one(public_id: str, error: RejectedError | None) -> str:
    with reading() as session:
        found = find_entered(session, actor(), public_id)
        fields = [field for field in fields_of(Need) if not field.key]
        names = names_for(session, fields, [found.need])
    shown = [(field.label, show(field, found.need, names)) for field in fields]
    return page(
        "behalf_one.html", entered=found, shown=shown, error=error, reason=request.form.get("reason", ""),
        review=parts().settings.needs_review,
    )  # fmt: skip


@behalf.post("/behalf/<public_id>/confirm")
@action("needs.confirm")
def confirm(public_id: str) -> Any:
    """It is ours: from here on it goes the way of one that we submitted."""

    def work(session: ScopedSession) -> str:
        confirm_entered(
            session, actor=actor(), public_id=public_id, version=_version(), settings=parts().settings,
            now=parts().now(),
        )  # fmt: skip
        return url_for("lists.table", kind="needs")

    answer = do_once(work)
    announce(_CONFIRMED)
    return answer


@behalf.post("/behalf/<public_id>/decline")
@action("needs.confirm")
def decline(public_id: str) -> Any:
    """It is not ours: it is withdrawn and nobody else has seen it."""
    try:
        with writing() as session:
            decline_entered(
                session, actor=actor(), public_id=public_id, version=_version(),
                reason=request.form.get("reason", ""), now=parts().now(),
            )  # fmt: skip
    except RejectedError as error:
        return _one(public_id, error), 422
    announce(_DECLINED)
    return redirect(url_for("behalf.waiting"), 303)


def _version() -> int:
    typed = request.form.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


_ENTERED = Text(
    "已保存，等待企业确认。企业确认前，只有主管部门和该企业看得到。",
    "Kept; the enterprise confirms it next. Until then only the bureau and the enterprise see it.",
)
_CONFIRMED = Text("您已确认这条需求。", "You have confirmed this need.")
_DECLINED = Text("这条代填的需求已撤回，没有提供给任何银行。", "The need was withdrawn; no bank has seen it.")
