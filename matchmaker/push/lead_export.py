"""A bank's leads as a workbook, through the same gate as its pages, and the signed link that leads to it.

The link names no lead and no enterprise: what it gives is decided when it is opened (RELIABILITY.md R30).
"""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import xlsxwriter
from itsdangerous import BadSignature, URLSafeSerializer

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.gate import Disclosed
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.parse import guarded
from matchmaker.domain.text import Lang, Text
from matchmaker.lists.files.written import BOOK_OPTIONS
from matchmaker.push.lead_views import STATES, LeadView, list_leads, open_lead
from matchmaker.settings import Settings
from matchmaker.vault import signing_key

LINK_MINUTES = 60
_MOST = 2_000
_PURPOSE = "export leads"

COLUMNS: tuple[tuple[Text, str | None], ...] = (
    (Text("需求编号", "need"), None),
    (Text("企业特征", "company"), None),
    (Text("需求", "need in short"), None),
    (Text("适合的产品", "product"), None),
    (Text("首次响应时限", "first response due"), None),
    (Text("状态", "state"), None),
    (Text("企业名称", "company name"), "enterprises.name"),
    (Text("统一社会信用代码", "USCC"), "enterprises.uscc"),
    (Text("联系人", "contact"), "contacts.name"),
    (Text("联系电话", "phone"), "contacts.phone"),
)
"""A column and the fact it shows; those of facts are blank where the enterprise has not consented."""


def sign_export(settings: Settings, *, actor: Actor, now: datetime) -> str:
    """A token for the actor's own use, good for an hour."""
    until = now + timedelta(minutes=LINK_MINUTES)
    return str(_serializer(settings).dumps({"who": actor.who, "org": actor.org_code, "until": until.isoformat()}))


def check_export(settings: Settings, token: str, *, actor: Actor, now: datetime) -> None:
    """NotFoundError for a token that was changed, has run out, or is another's."""
    try:
        said = _serializer(settings).loads(token)
    except BadSignature as error:
        raise _no_link() from error
    mine = (said["who"], said["org"]) == (actor.who, actor.org_code)
    if not mine or datetime.fromisoformat(said["until"]) < now:
        raise _no_link()


def _serializer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(signing_key(settings, _PURPOSE), salt=_PURPOSE)


def _no_link() -> NotFoundError:
    return NotFoundError(
        Text("这个下载链接已失效。回到推荐列表重新导出。", "This link has run out. Export again from the list."),
        code="link_ended",
    )


def export_leads(session: ScopedSession, *, actor: Actor, settings: Settings, lang: Lang, now: datetime) -> bytes:
    """The workbook of the open leads of the actor's bank: every look at a name goes through the gate.

    All cells are text and never a formula; the footer says who exported it and when (RELIABILITY.md rule 23).
    """
    permit(actor, "leads.read", now)
    leads = list_leads(session, actor=actor, now=now, state="open", limit=_MOST)
    rows = []
    for lead in leads:
        found = Disclosed()
        if lead.consent_until is not None:
            _, found = open_lead(
                session, actor=actor, public_id=lead.public_id, channel="export", now=now, zone=settings.zone
            )
        rows.append(list(_row(lead, found, lang)))
    record_event(
        session, actor=actor, action="leads.exported", subject=f"organisation:{actor.org_code}", now=now,
        after={"leads": len(rows), "named": sum(lead.consent_until is not None for lead in leads)},
    )  # fmt: skip
    moment = now.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M")
    return _workbook(rows, f"{actor.name} {actor.who} {moment}", lang)


def _row(lead: LeadView, found: Disclosed, lang: Lang) -> Iterator[str]:
    told = lead.card["card"]
    yield lead.reference
    yield " | ".join(text[lang] for text in told["firm"])
    yield " / ".join(text[lang] for text in told["wants"])
    yield lead.card["product"]["name"]
    yield lead.due_on.isoformat()
    yield STATES[lead.state].say(lang)
    for _, fact in COLUMNS:
        if fact is not None:
            yield str(found.first(fact) or "")


def _workbook(rows: Sequence[Sequence[str]], note: str, lang: Lang) -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {**BOOK_OPTIONS, "constant_memory": False, "in_memory": True}) as book:
        sheet = book.add_worksheet("leads")
        bold = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True})
        for column, (label, _) in enumerate(COLUMNS):
            sheet.write_string(0, column, label.say(lang), bold)
        for number, row in enumerate(rows, 1):
            for column, text in enumerate(row):
                sheet.write_string(number, column, guarded(text))
        sheet.set_column(0, len(COLUMNS) - 1, 22)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(len(rows), 1), len(COLUMNS) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer(f"&L{note.replace('&', '&&')[:200]}&R&P / &N")
    return held.getvalue()
