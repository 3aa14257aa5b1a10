"""Telling a need in three pages: two of questions, one to check the answers; what is typed is kept at every step."""

from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for

from matchmaker.accounts.drafts import drop_draft, end_draft, find_draft, keep_draft
from matchmaker.accounts.models import FormDraft
from matchmaker.clock import local
from matchmaker.db import ScopedSession, new_public_id
from matchmaker.domain.errors import NotFoundError, RejectedError
from matchmaker.domain.text import Text
from matchmaker.lists.disclosed import source_hash
from matchmaker.lists.entry import key_fields
from matchmaker.lists.models import Need
from matchmaker.lists.previews import approve_text, shown_to_banks
from matchmaker.lists.queries import find_entry
from matchmaker.lists.services.owned import OwnRow, write_own
from matchmaker.web.forms import Form, asked, switched
from matchmaker.web.guard import action
from matchmaker.web.once import do_once
from matchmaker.web.pages.facts import GIVEN, facts_of, rows_of
from matchmaker.web.pages.needs.own import own_enterprise
from matchmaker.web.pages.needs.questions import ALL, PAGES, answers_of, check_need, need_questions, page_of
from matchmaker.web.view import actor, announce, current_day, current_lang, page, parts, reading, say, t, writing

asking = Blueprint("asking", __name__)
FORM = "need"
"""What drafts of this form are called."""


@asking.get("/needs/new")
@action("own")
def begin() -> str:
    """The first page, empty; nothing is kept before something is typed."""
    with reading() as session:
        own_enterprise(session)
    return _page(new_public_id(), 1, Form(need_questions(PAGES[0])), None)


@asking.get("/needs/new/<draft>/<int:number>")
@action("own")
def ask(draft: str, number: int) -> Any:
    """One page of questions with what has been typed so far; ``look``: and what is wrong with it."""
    questions = need_questions(_codes(number))
    with reading() as session:
        found = find_draft(session, actor=actor(), form=FORM, public_id=draft)
        if found.led_to is not None:
            return _sent(found)
        form = Form(questions, {code: found.data[code] for code in _codes(number) if code in found.data})
        if request.args.get("look"):
            check_need(session, form, current_day())
        return _page(draft, number, form, found.updated_at)


def _codes(number: int) -> tuple[str, ...]:
    if not 1 <= number <= len(PAGES):
        raise NotFoundError(
            Text("没有这一页。从工作台重新进入。", "There is no such page. Open it from the workbench."),
            code="not_found",
        )
    return PAGES[number - 1]


def _page(draft: str, number: int, form: Form, saved_at: datetime | None) -> str:
    return page(
        "needs/ask.html", draft=draft, number=number, pages=len(PAGES) + 1, form=form, saved=saved(saved_at), way=_way()
    )


def _way() -> dict[str, Any]:
    """Where to go on to: ``at`` names the row of the check page that someone came from to change it."""
    at = request.args.get("at", "")
    return {"at": at} if at in ALL else {}


def saved(at: datetime | None) -> str:
    """「草稿已于 14:02 保存」; with the day where that was not today."""
    if at is None:
        return ""
    moment = local(at, parts().settings.zone)
    told = f"{moment:%H:%M}" if moment.date() == current_day() else f"{moment:%m-%d %H:%M}"
    return t("草稿已于 {at} 保存", "Draft saved at {at}", at=told)


def _sent(found: FormDraft) -> Any:
    return redirect(url_for("needs.submitted", need=found.led_to), 303)


@asking.post("/needs/new/<draft>/<int:number>")
@action("own")
def answer(draft: str, number: int) -> Any:
    """Keep what was typed, faulty or not; on to the next page, or back to the check page from where it was changed."""
    form = asked(need_questions(_codes(number)))
    with writing() as session:
        own_enterprise(session)
        found = _keep(session, draft, form)
        if found.led_to is not None:
            return _sent(found)
        if switched():
            return redirect(url_for("asking.ask", draft=draft, number=number, **_way()), 303)
        check_need(session, form, current_day())
        saved_at = found.updated_at
    if form.faults:
        return _page(draft, number, form, saved_at), 422
    if number < len(PAGES) and not _way():
        return redirect(url_for("asking.ask", draft=draft, number=number + 1), 303)
    return redirect(url_for("asking.look", draft=draft, _anchor=_anchor()), 303)


def _anchor() -> str | None:
    return f"a-{_way()['at']}" if _way() else None


def _keep(session: ScopedSession, draft: str, form: Form) -> FormDraft:
    now = parts().now()
    return keep_draft(session, actor=actor(), public_id=draft, form=FORM, typed=form.typed, now=now)


@asking.post("/needs/new/<draft>/<int:number>/save")
@action("own")
def save(draft: str, number: int) -> Response:
    """What the page itself sends while someone types; the answer is the sentence to show."""
    with writing() as session:
        own_enterprise(session)
        at = _keep(session, draft, asked(need_questions(_codes(number)))).updated_at
    return Response(saved(at), mimetype="text/plain")


@asking.post("/needs/new/<draft>/delete")
@action("own")
def delete(draft: str) -> Any:
    """Remove a draft."""
    with writing() as session:
        drop_draft(session, actor=actor(), form=FORM, public_id=draft)
    announce(Text("草稿已删除。", "The draft was removed."))
    return redirect(url_for("start.first_page"), 303)


@asking.get("/needs/new/<draft>/check")
@action("own")
def look(draft: str) -> Any:
    """All answers with a way back to each, the enterprise's facts, and how banks will read the description."""
    with reading() as session:
        found = find_draft(session, actor=actor(), form=FORM, public_id=draft)
        if found.led_to is not None:
            return _sent(found)
        form = Form(need_questions(), found.data)
        values = check_need(session, form, current_day())
        if form.faults:
            number = page_of(form.faults[0][0])
            return redirect(url_for("asking.ask", draft=draft, number=number, look=1), 303)
        enterprise = own_enterprise(session)
        facts = rows_of(facts_of(session, enterprise, GIVEN))
        written = values.get("description") or ""
        shown = shown_to_banks(session, enterprise.uscc, written) if written else ""
        rows = [_row(draft, *answered) for answered in answers_of(values)]
        return page(
            "needs/check.html", draft=draft, rows=rows, facts=facts, written=written, shown=shown,
            as_shown=source_hash(shown), saved=saved(found.updated_at),
        )  # fmt: skip


def _row(draft: str, code: str, label: Text, answered: str) -> dict[str, str]:
    way = url_for("asking.ask", draft=draft, number=page_of(code), at=code, _anchor=code)
    return {"name": code, "label": say(label), "value": answered, "href": way}


@asking.post("/needs/new/<draft>/check")
@action("own")
def submit(draft: str) -> Any:
    """Write the need, once."""
    return do_once(partial(_submit, draft=draft))


def _submit(session: ScopedSession, draft: str) -> str:
    found = find_draft(session, actor=actor(), form=FORM, public_id=draft)
    if found.led_to is None:
        need = _written(session, Form(need_questions(), found.data))
        end_draft(session, found, need.public_id, parts().now())
    return url_for("needs.submitted", need=found.led_to)


def _written(session: ScopedSession, form: Form) -> Need:
    """The need as the lists' service wrote it, and its description let to banks as it was shown."""
    values = check_need(session, form, current_day())
    if form.faults:
        raise RejectedError(form.faults[0][1], code="need_faulty")
    now, row = parts().now(), OwnRow(1, form.cells())
    done = write_own(
        session, actor=actor(), model=Need, rows=[row], settings=parts().settings, now=now, lang=current_lang()
    )[0]
    if done.faults or done.key is None:
        raise RejectedError(_NOT_WRITTEN, code="need_faulty", why="；".join(f.message for f in done.faults))
    need = find_entry(session, Need, done.key[len(key_fields(Need)) - 1])
    assert isinstance(need, Need)
    if values.get("description"):
        as_shown = request.form.get("as_shown", "")
        approve_text(session, actor=actor(), need_no=need.need_no, brands=(), as_shown=as_shown, now=now)
    return need


_NOT_WRITTEN = Text("需求没有提交：{why}", "The need was not sent: {why}")
