"""Changing a need, and taking the steps that are its owner's: submit, suspend, resume, withdraw."""

from typing import Any

from flask import Blueprint, redirect, request, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.lifecycle import Transition
from matchmaker.domain.text import Text
from matchmaker.lists.entry import values_of
from matchmaker.lists.models import Need
from matchmaker.lists.queries import FINAL
from matchmaker.lists.services.owned import Outcome, OwnRow, step_own, write_own
from matchmaker.web.forms import Form, asked, filled, switched
from matchmaker.web.guard import action
from matchmaker.web.moved import CONFLICT, Moved, moved_since
from matchmaker.web.pages.needs.mine import answer_rows, steps_of
from matchmaker.web.pages.needs.own import own_need
from matchmaker.web.pages.needs.questions import check_need, need_questions
from matchmaker.web.proposed import PAIR, Proposal, judged_again, propose
from matchmaker.web.view import actor, announce, current_day, current_lang, page, parts, reading, writing

changing = Blueprint("changing", __name__)


@changing.get("/needs/<need>/change")
@action("own")
def form(need: str) -> str:
    """The questions with what the need says now."""
    with reading() as session:
        found = _open(own_need(session, need))
        shown = filled(need_questions(), values_of(found))
        return _form(found, shown, proposal=propose(session, shown, Need))


def _open(need: Need) -> Need:
    if need.status in FINAL:
        raise ConflictError(_ENDED, code="need_ended")
    return need


def _form(need: Need, typed: Form, moved: list[Moved] | None = None, proposal: Proposal | None = None) -> str:
    pair = proposal.pair if proposal else request.form.get(PAIR, "")
    return page("needs/change.html", need=need, form=typed, moved=moved, proposal=proposal, pair=pair)


@changing.post("/needs/<need>/change")
@action("own")
def change(need: str) -> Any:
    """Write the answers, unless the need has moved on since they were shown: then say who changed what."""
    typed = asked(need_questions())
    seen = request.form.get("version", type=int) or 0
    with reading() as session:
        found = _open(own_need(session, need))
        if switched():
            return _form(found, typed)
        check_need(session, typed, current_day())
        if typed.faults:
            return _form(found, typed), 422
        if found.version != seen:
            return _form(found, typed, moved_since(session, found, seen)), 409
    try:
        with writing() as session:
            done = _write(session, own_need(session, need), typed, seen)
    except ConflictError as error:
        if error.code != CONFLICT:
            raise
        return _moved(need, typed, seen)
    if done.faults:
        typed.faults = [(fault.column or "", Text(fault.message, fault.message)) for fault in done.faults]
        return _form(found, typed), 422
    announce(_SAID[done.state])
    return redirect(judged_again() or url_for("needs.one", need=need), 303)


def _write(session: ScopedSession, found: Need, typed: Form, seen: int) -> Outcome:
    cells: dict[str, Any] = {**typed.cells(), "need_no": found.need_no}
    return write_own(
        session, actor=actor(), model=Need, rows=[OwnRow(1, cells)], settings=parts().settings, now=parts().now(),
        lang=current_lang(), expected=seen,
    )[0]  # fmt: skip


def _moved(need: str, typed: Form, seen: int) -> Any:
    with reading() as session:
        found = own_need(session, need)
        return _form(found, typed, moved_since(session, found, seen)), 409


@changing.get("/needs/<need>/<any(submit, suspend, resume, withdraw):verb>")
@action("own")
def sure(need: str, verb: str) -> str:
    """What a step does, before it is taken."""
    with reading() as session:
        return _sure(own_need(session, need), verb, None)


def _sure(found: Need, verb: str, moved: list[Moved] | None) -> str:
    wanted = _step(found, verb)
    return page("needs/step.html", need=found, step=wanted, what=_WHAT[verb], rows=answer_rows(found), moved=moved)


@changing.post("/needs/<need>/<any(submit, suspend, resume, withdraw):verb>")
@action("own")
def take(need: str, verb: str) -> Any:
    """Take the step with what was shown; where it has moved on, show it anew and say who changed what."""
    seen = request.form.get("version", type=int) or 0
    with writing() as session:
        found = own_need(session, need)
        if found.version != seen:
            return _sure(found, verb, moved_since(session, found, seen)), 409
        wanted = _step(found, verb)
        step_own(session, actor=actor(), entry=found, verb=verb, now=parts().now())
    announce(_DONE, what=wanted.label)
    return redirect(url_for("needs.one", need=need), 303)


def _step(need: Need, verb: str) -> Transition:
    """The step, where the need's state has it; ConflictError says what its state is."""
    wanted = next((step for step in steps_of(need) if step.verb == verb), None)
    if wanted is None:
        raise ConflictError(_NO_STEP, code="illegal_transition", state=need.status.label)
    return wanted


_SAID = {
    "changed": Text("已保存。", "Saved."),
    "unchanged": Text("没有改动，已确认内容仍然正确。", "Nothing was changed; the need is confirmed as right."),
}
_WHAT = {
    "submit": Text(
        "核对下面的内容。提交后由主管部门审核，通过后推送给银行。",
        "Check what stands below. The bureau looks at it, then banks are told.",
    ),
    "suspend": Text(
        "暂停后，这条需求不再匹配和推送；随时可以恢复。",
        "While suspended it is neither matched nor pushed; resume it any time.",
    ),
    "resume": Text("恢复后，这条需求重新参加匹配和推送。", "It is matched and pushed again."),
    "withdraw": Text(
        "撤回后不能恢复，银行会看到需求已结束。需要时请重新提交一条。",
        "This cannot be undone: banks see that the need has ended. Tell a new one when you need it.",
    ),
}  # fmt: skip
_DONE = Text("已{what}。", "Done: {what}.")
_ENDED = Text(
    "这条需求已经结束，不能再修改。请重新提交一条。", "This need has ended and cannot be changed. Tell a new one."
)
_NO_STEP = Text(
    "这条需求现在是「{state}」，不能进行这一步。回到需求页面查看。",
    "The need is {state} now, so this cannot be done. See its page.",
)
