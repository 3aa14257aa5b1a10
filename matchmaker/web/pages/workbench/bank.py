"""The bank's first page: needs to answer by their due dates, products that want care, files not yet confirmed."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import func, select

from matchmaker.db import ScopedSession
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.domain.workdays import Workdays
from matchmaker.lists.care import ENDING_DAYS
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import Product
from matchmaker.lists.queries import load_workdays
from matchmaker.lists.services.returned import Returned, returned_entries
from matchmaker.push.inbox import InboxRow, count_inbox, inbox_of
from matchmaker.push.lead_views import LeadView
from matchmaker.referrals.queries import Tab
from matchmaker.web.tables.uploads import BRIEF, brief, state_of
from matchmaker.web.view import actor, current_day, current_lang, may_do, page, parts, reading, t

SHOWN = 10
OPEN_DAYS = 7
"""A file that was not confirmed within a week is no longer to be done."""


@dataclass(frozen=True, slots=True)
class Due:
    """A lead, and how long there is to answer it: the words, and the colour of their tag."""

    lead: LeadView
    words: str
    colour: str


def workbench() -> str:
    """What there is to do for a bank; nothing on it names an enterprise."""
    with reading() as session:
        due, waiting = _leads(session) if may_do("leads.read") else ([], 0)
        tasks = _products(session) if may_do("products.write") else []
        tasks += _uploads(session) if may_do("lists.import") else []
    return page("workbench_bank.html", due=due, waiting=waiting, tasks=tasks, shown=SHOWN)


def _leads(session: ScopedSession) -> tuple[list[Due], int]:
    """The first few to answer, and how many there are."""
    day, workdays, counts = current_day(), load_workdays(session), count_inbox(session, on=current_day())
    found: list[InboxRow] = []
    for tab in _TO_ANSWER:
        found += inbox_of(
            session, actor=actor(), tab=tab, on=day, settings=parts().settings, now=parts().now(), limit=SHOWN
        )
    return [_due(row.lead, day, workdays) for row in found[:SHOWN]], sum(counts[tab] for tab in _TO_ANSWER)


_TO_ANSWER: tuple[Tab, ...] = ("overdue", "waiting")


def _due(lead: LeadView, day: date, workdays: Workdays) -> Due:
    left = workdays.between(day, lead.due_on)
    if lead.due_on < day:
        return Due(lead, _LATE.say(current_lang(), n=max(-left, 1)), "failed")
    if lead.due_on == day:
        return Due(lead, t("今天到期", "due today"), "failed")
    return Due(lead, _LEFT.say(current_lang(), n=left), "near" if left <= 1 else "waiting")


def _products(session: ScopedSession) -> list[dict[str, Any]]:
    day, stale = current_day(), parts().now() - timedelta(days=parts().settings.stale_days)
    published = Product.status == EntryStatus.PUBLISHED
    counted = {
        "stale": published & (Product.confirmed_at < stale),
        "ending": published & Product.valid_to.between(day, day + timedelta(days=ENDING_DAYS)),
        "draft": Product.status == EntryStatus.DRAFT,
    }
    counts = session.execute(select(*(func.count().filter(one) for one in counted.values())).select_from(Product)).one()
    found = dict(zip(counted, counts, strict=True))
    return [
        *(_returned(one) for one in returned_entries(session, Product)[:SHOWN]),
        _task(_STALE, found["stale"], url_for("products.library", care="stale")),
        _task(_ENDING, found["ending"], url_for("products.library", care="ending")),
        _task(_DRAFTS, found["draft"], url_for("products.library", status="draft")),
    ]


def _returned(one: Returned) -> dict[str, Any]:
    """A product that the bureau returned, with its reason."""
    said = _RETURNED.say(current_lang(), name=one.entry.name, reason=one.reason or "--")
    way = url_for("product_forms.change", public_id=one.entry.public_id)
    return {"label": said, "href": way, "state": t("已退回", "returned"), "kind": "failed"}


def _uploads(session: ScopedSession) -> list[dict[str, Any]]:
    """Files of the last days that wait for their owner's word."""
    since = parts().now() - timedelta(days=OPEN_DAYS)
    jobs = session.execute(select(*BRIEF).where(ImportJob.created_at > since, ImportJob.finished_at.is_(None)))
    count = sum(state_of(brief(job)) in ("columns", "checked") for job in jobs)
    return [_task(_FILES, count, url_for("uploads.listing"))]


def _task(label: Text, count: int, address: str) -> dict[str, Any]:
    said = label.say(current_lang())
    if not count:
        return {"label": said, "state": t("没有", "none"), "kind": "out"}
    return {"label": said, "href": address, "state": t("{n} 项", "{n}", n=count), "kind": "near"}


_LEFT = Text("剩 {n} 个工作日", "{n} workdays left")
_LATE = Text("已超时 {n} 个工作日", "{n} workdays overdue")
_STALE = Text("产品待确认仍然正确（否则停止推荐）", "Products to be confirmed (else no longer recommended)")
_ENDING = Text("产品将在 30 日内到期", "Products that end within 30 days")
_RETURNED = Text("修改被退回的产品「{name}」：{reason}", 'Change "{name}", which was returned: {reason}')
_DRAFTS = Text("被退回或未提交的产品", "Products returned, or not yet submitted")
_FILES = Text("上传后还没有确认入库的文件", "Files handed in and not yet confirmed")
