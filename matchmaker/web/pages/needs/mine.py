"""The enterprise's needs: the list, each need's page, its confirmation and paper."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, request, send_file, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.lifecycle import ENTRY, Transition
from matchmaker.domain.terms import EntryStatus, Verdict
from matchmaker.domain.text import Text
from matchmaker.lists.entry import values_of
from matchmaker.lists.models import Need
from matchmaker.lists.previews import preview_text
from matchmaker.lists.queries import FINAL, KeptVersion, history_of, load_workdays
from matchmaker.matching.of_need import Sorted
from matchmaker.push.services import banks_answer_by
from matchmaker.web.guard import action
from matchmaker.web.offering import judged_now
from matchmaker.web.pages.facts import GIVEN, facts_of, people_of, rows_of, told_by
from matchmaker.web.pages.needs.own import own_enterprise, own_need
from matchmaker.web.pages.needs.paper import need_paper
from matchmaker.web.pages.needs.questions import answers_of
from matchmaker.web.tables import Table, look
from matchmaker.web.tables.entries import entry_table
from matchmaker.web.view import actor, current_day, current_lang, may_do, page, parts, reading, say, t

needs = Blueprint("needs", __name__)

SHOWN = (Verdict.ELIGIBLE, Verdict.NEAR, Verdict.NEEDS_INFORMATION)
"""Verdicts that a run stores."""

WEEKDAYS = (
    Text("周一", "Monday"),
    Text("周二", "Tuesday"),
    Text("周三", "Wednesday"),
    Text("周四", "Thursday"),
    Text("周五", "Friday"),
    Text("周六", "Saturday"),
    Text("周日", "Sunday"),
)


@needs.get("/needs")
@action("own")
def listing() -> str:
    """All of one's own needs."""
    with reading() as session:
        own_enterprise(session)
        view = look(session, _table(session))
    return page("needs/list.html", view=view, export=_export())


def _table(session: ScopedSession) -> Table:
    """The table of the list without the column that is the same in every row."""
    table = entry_table(
        session, Need, actor(), {}, now=parts().now(), stale_days=parts().settings.stale_days,
        link=lambda need: url_for("needs.one", need=need.public_id),
    )  # fmt: skip
    return replace(table, columns=[column for column in table.columns if column.name != "uscc"])


def _export() -> str | None:
    query = request.query_string.decode()
    address = url_for("lists.export", kind=Need.kind_name) + (f"?{query}" if query else "")
    return address if may_do("lists.export") else None


@needs.get("/needs/<need>")
@action("own")
def one(need: str) -> str:
    """One need: its answers, what fits it, what can be done with it, and who changed what."""
    with reading() as session:
        found = own_need(session, need)
        return page(
            "needs/one.html", need=found, rows=answer_rows(found), counts=verdict_counts(session, [found]),
            verdicts=SHOWN, steps=steps_of(found), changeable=found.status not in FINAL,
            text=preview_text(session, found.need_no), history=told_history(session, history_of(session, found)),
            answer_by=_answer_by(session, found),
        )  # fmt: skip


def answer_rows(need: Need) -> list[dict[str, Any]]:
    """The answers of a need for check-answers, without links."""
    told = answers_of(values_of(need))
    return [{"name": code, "label": say(label), "value": value} for code, label, value in told]


def verdict_counts(session: ScopedSession, found: list[Need]) -> dict[tuple[str, Verdict], int]:
    """(need_no, verdict) → how many products, with the lists as they stand now; a need that is not judged has none."""
    return count_verdicts(judged_now(session, found))


def count_verdicts(judged: Mapping[str, Sorted]) -> dict[tuple[str, Verdict], int]:
    """The same of needs that are judged already."""
    return {(need_no, verdict): one.count(verdict) for need_no, one in judged.items() for verdict in SHOWN}


def steps_of(need: Need) -> list[Transition]:
    """What its owner may do with a need in its state."""
    return [step for step in ENTRY if "owner" in step.who and need.status in step.sources]


def told_history(session: ScopedSession, versions: list[KeptVersion]) -> list[tuple[KeptVersion, Text]]:
    """Versions with whose act each was, for the enterprise to read."""
    people = people_of(session)
    return [(version, told_by(version.actor, version.cause, people)) for version in versions]


def _answer_by(session: ScopedSession, need: Need) -> tuple[datetime, date] | None:
    """When banks are told, and when they answer; None for a need that is not published."""
    if need.status is not EntryStatus.PUBLISHED:
        return None
    return banks_answer_by(session, parts().settings, need.created_at)


def _left(session: ScopedSession, due: date) -> str:
    """「周五，剩 3 个工作日」."""
    days = load_workdays(session).between(current_day(), due)
    weekday = say(WEEKDAYS[due.weekday()])
    if days < 0:
        return t("{weekday}，已过", "{weekday}, past", weekday=weekday)
    return t("{weekday}，剩 {n} 个工作日", "{weekday}, {n} workdays left", weekday=weekday, n=days)


@needs.get("/needs/<need>/submitted")
@action("own")
def submitted(need: str) -> str:
    """The confirmation: number, what comes next and by when, whom to ask, the paper. It can be bookmarked."""
    with reading() as session:
        found = own_need(session, need)
        told, due = banks_answer_by(session, parts().settings, found.created_at)
        return page(
            "needs/submitted.html",
            need=found,
            told=told,
            due=due,
            left=_left(session, due),
            text=preview_text(session, found.need_no),
        )


@needs.get("/needs/<need>/need.pdf")
@action("own")
def paper(need: str) -> Response:
    """The need on A4."""
    with reading() as session:
        found = own_need(session, need)
        facts = rows_of(facts_of(session, own_enterprise(session), GIVEN))
        raw = need_paper(
            found, facts, answer_rows(found), answer_by=_answer_by(session, found), settings=parts().settings,
            lang=current_lang(),
        )  # fmt: skip
    name = f"{t('融资需求', 'need')}-{found.need_no}.pdf"
    return send_file(BytesIO(raw), mimetype="application/pdf", as_attachment=False, download_name=name)
