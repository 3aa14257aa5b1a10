"""An enterprise's rights (copy, correction, deletion), how long what is kept, and the bureau's answers."""

import json
from datetime import date
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, redirect, request, send_file, url_for
from sqlalchemy import select

from matchmaker.accounts.models import SubjectRequest
from matchmaker.accounts.subject_requests import (
    KINDS,
    STATES,
    Outcome,
    answer_request,
    due_day,
    find_request,
    make_request,
    requests,
)
from matchmaker.db import ScopedSession
from matchmaker.domain.cells import Cell, CellFault
from matchmaker.domain.credit_terms import Deadline
from matchmaker.domain.errors import NotFoundError, RejectedError
from matchmaker.domain.parse import read_date
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.services import rate_again
from matchmaker.lists.disputes import answer_dispute, answer_repair, dispute_record
from matchmaker.lists.models import CreditRecord
from matchmaker.lists.previews import approve_text, preview_text, read_brands, withdraw_text
from matchmaker.lists.queries import load_workdays
from matchmaker.push.privacy.closing import KEPT, close_account
from matchmaker.push.privacy.copying import copy_of
from matchmaker.push.privacy.rules import RULES
from matchmaker.web.due import due_words
from matchmaker.web.guard import action
from matchmaker.web.safety import status_of
from matchmaker.web.tables import View, look
from matchmaker.web.tables.requests import COLOURS, names_of, requests_table
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import actor, current_day, current_lang, page, parts, reading, writing

subject_requests = Blueprint("subject_requests", __name__)

SAID = {
    "dispute": Text("已标注异议，答复期限见下面的请求。", "Marked as disputed; by when you are answered stands below."),
    "deletion": Text("已收到注销请求，办结前会答复您。", "Your request is in; you will be answered."),
}


@subject_requests.get("/requests")
@action("subject.request")
def mine() -> str:
    """The enterprise's requests, a handful at most, and the forms to make one; the bureau reads a table of all."""
    return _mine()


def _mine(error: RejectedError | None = None) -> str:
    """``error``: what is wrong with the form that was sent, which is shown again with what was typed."""
    with reading() as session:
        found = requests(session)
        records = session.scalars(select(CreditRecord).order_by(CreditRecord.id)).all()
    said = SAID.get(request.args.get("said", ""))
    return page(
        "requests.html", rows=found, records=records, kinds=KINDS, states=STATES, rules=RULES, kept=KEPT, said=said,
        error=error, typed=request.form if error else {}, wrong=request.endpoint if error else None,
    )  # fmt: skip


@subject_requests.post("/requests/copy")
@action("subject.request")
def copy() -> Any:
    """All that is kept, as a JSON file, at once."""
    uscc = _own_uscc()
    with writing() as session:
        found = copy_of(session, actor=actor(), uscc=uscc, now=parts().now())
    body = json.dumps(found, ensure_ascii=False, indent=2).encode()
    return send_file(BytesIO(body), mimetype="application/json", as_attachment=True, download_name="copy.json")


def _own_uscc() -> str:
    uscc = actor().uscc
    if uscc is None:
        raise NotFoundError(Text("没有这家企业。", "There is no such enterprise."), code="not_found")
    return uscc


@subject_requests.post("/requests/correction")
@action("subject.request")
def correction() -> Any:
    """Dispute a credit record: marked at once."""
    record, about = request.form.get("record", ""), request.form.get("about", "")
    try:
        with writing() as session:
            dispute_record(
                session, actor=actor(), uscc=_own_uscc(), record=record, about=about, settings=parts().settings,
                now=parts().now(),
            )  # fmt: skip
    except RejectedError as error:
        return _mine(error), status_of(error)
    return redirect(url_for("subject_requests.mine", said="dispute"))


@subject_requests.post("/requests/deletion")
@action("subject.request")
def deletion() -> Any:
    """Ask for the account to be closed; the enterprise types its code, for it cannot be undone."""
    try:
        _ask_deletion(_own_uscc())
    except RejectedError as error:
        return _mine(error), status_of(error)
    return redirect(url_for("subject_requests.mine", said="deletion"))


def _ask_deletion(uscc: str) -> None:
    if request.form.get("confirm", "").strip().upper() != uscc:
        raise RejectedError(_TYPE_CODE, code="not_confirmed")
    with writing() as session:
        due_on = due_day("deletion", current_day(), load_workdays(session))
        about = request.form.get("about", "") or KINDS["deletion"].zh
        make_request(session, actor=actor(), uscc=uscc, kind="deletion", about=about, due_on=due_on, now=parts().now())


@subject_requests.get("/requests/answers")
@action("subject.answer")
def to_answer() -> str:
    """All requests, those to be answered first."""
    return page("request_answers.html", view=_look(), export=book_address("subject_requests.export"))


@subject_requests.get("/requests/answers/export.xlsx")
@action("subject.answer")
def export() -> Response:
    """The requests that the address selects, as a workbook."""
    return send_book(_look(every_row=True), Text("企业请求", "Requests"))


def soon_on(session: ScopedSession) -> date:
    """The next workday: a request that is due by then is pressing."""
    return load_workdays(session).next_workday(current_day())


def _look(*, every_row: bool = False) -> View:
    names: dict[str, str] = {}
    with reading() as session:
        table = requests_table(lambda: names, current_day(), soon_on(session))
        view = look(session, table, every_row=every_row)
        names.update(names_of(session, view.rows))
    return view


@subject_requests.get("/requests/answers/<public_id>")
@action("subject.answer")
def one(public_id: str) -> str:
    """One request with what it is about, and the form to answer it."""
    return _one(public_id)


def _one(public_id: str, error: RejectedError | None = None) -> str:
    with reading() as session:
        found = find_request(session, public_id)
        name = names_of(session, [found]).get(found.uscc, found.uscc)
        record = session.scalars(select(CreditRecord).where(CreditRecord.public_id == (found.record or ""))).first()
        due = due_words(load_workdays(session), current_day())
    return page(
        "request_answer.html", one=found, name=name, kinds=KINDS, states=STATES, colours=COLOURS, kept=KEPT,
        error=error, typed=request.form, record=record, due=due, rules=Deadline,
    )  # fmt: skip


@subject_requests.post("/requests/<public_id>/answer")
@action("subject.answer")
def answer(public_id: str) -> Any:
    """Close a request in words; granting a deletion closes the account."""
    try:
        with writing() as session:
            _answer(session, find_request(session, public_id), request.form)
    except RejectedError as error:
        return _one(public_id, error), status_of(error)
    return redirect(url_for("subject_requests.to_answer"))


def _answer(session: ScopedSession, found: SubjectRequest, form: Any) -> None:
    outcome: Outcome = "done" if form.get("outcome") == "done" else "refused"
    told: dict[str, Any] = {
        "actor": actor(), "public_id": found.public_id, "outcome": outcome, "answer": form.get("answer", ""),
        "version": form.get("version", type=int), "now": parts().now(),
    }  # fmt: skip
    if found.kind == "correction":
        ticked = {name: form.get(name) == "yes" for name in ("keep_mark", "withdraw")}
        answer_dispute(session, **ticked, **told)
        return
    if found.kind == "repair":
        answer_repair(session, repaired_on=_day(form.get("repaired_on", "")), settings=parts().settings, **told)
        if outcome == "done":
            cause = f"repair:{found.public_id}"
            rate_again(session, uscc=found.uscc, cause=cause, now=parts().now(), settings=parts().settings)
        return
    if found.kind == "deletion" and outcome == "done":
        told["answer"] = f"{told['answer']} {KEPT.say(current_lang())}".strip()
    answer_request(session, **told)
    if found.kind == "deletion" and outcome == "done":
        close_account(
            session, actor=actor(), uscc=found.uscc, settings=parts().settings, now=parts().now()
        )  # fmt: skip


def _day(written: str) -> date | None:
    """None for what is no day: the service says which day is wanted."""
    try:
        return read_date(Cell(written))
    except CellFault:
        return None


@subject_requests.get("/needs/<path:need_no>/preview")
@action("needs.write")
def preview(need_no: str) -> str:
    """「银行看到的是这样」."""
    return _preview(need_no, "")


def _preview(need_no: str, brands: str) -> str:
    with reading() as session:
        found = preview_text(_only_enterprise(session), need_no, read_brands(brands))
    return page("preview.html", found=found, brands=brands)


def _only_enterprise(session: Any) -> ScopedSession:
    """What banks read of a need is for its enterprise to approve, nobody else."""
    if actor().side is not Side.ENTERPRISE:
        raise NotFoundError(Text("没有这条需求。", "There is no such need."), code="not_found")
    return session  # type: ignore[no-any-return]


@subject_requests.post("/needs/<path:need_no>/preview")
@action("needs.write")
def approve(need_no: str) -> Any:
    """Look again without some more words (they stand in no address), let banks read it as shown, or no longer."""
    verdict, brands = request.form.get("verdict"), request.form.get("brands", "")
    if verdict == "look":
        return _preview(need_no, brands)
    with writing() as session:
        _only_enterprise(session)
        if verdict == "withdraw":
            withdraw_text(session, actor=actor(), need_no=need_no, now=parts().now())
        else:
            approve_text(
                session, actor=actor(), need_no=need_no, brands=read_brands(brands),
                as_shown=request.form.get("as_shown", ""), now=parts().now(),
            )  # fmt: skip
    return redirect(url_for("subject_requests.preview", need_no=need_no))


_TYPE_CODE = Text(
    "统一社会信用代码与本企业不一致，没有提交。核对后重新输入。",
    "The code is not that of this company, so nothing was sent. Type it again.",
)
