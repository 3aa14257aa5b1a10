"""One's own messages: all as a table, one as its text, and marking them as read; opening one changes nothing."""

import re
from collections.abc import Iterator
from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.text import Text
from matchmaker.push.own_messages import INBOX_KINDS, contact_of, from_inbox, mark_read, own_message, text_of
from matchmaker.web.guard import action
from matchmaker.web.pages.lists import export_note
from matchmaker.web.tables import View, look
from matchmaker.web.tables.inbox import arrived, inbox_table, kinds_of
from matchmaker.web.tables.workbook import book_of, sent
from matchmaker.web.view import actor, announce, current_day, current_lang, page, parts, reading, t, writing

inbox = Blueprint("inbox", __name__)


@inbox.get("/inbox")
@action("inbox")
def listing() -> str:
    """All of one's own messages, newest first: filtered, sorted, paged."""
    with reading() as session:
        view = _view(session)
        joined = contact_of(session, actor()) is not None
    query = request.query_string.decode()
    export = url_for("inbox.export") + (f"?{query}" if query else "")
    markable = [one.message_id for one in view.rows if one.read_at is None]
    return page("inbox.html", view=view, export=export, markable=markable, joined=joined)


@inbox.get("/inbox/export.xlsx")
@action("inbox")
def export() -> Response:
    """The messages that the address selects, as a workbook."""
    with reading() as session:
        view = _view(session, every_row=True)
    raw = book_of(view, t("消息", "Inbox"), export_note(actor()))
    return sent(raw, f"inbox-{current_day():%Y%m%d}.xlsx")


def _view(session: ScopedSession, *, every_row: bool = False) -> View:
    def work(mine: Any) -> View:
        kinds = list(session.scalars(kinds_of(mine)))
        return look(session, inbox_table(mine, kinds), every_row=every_row)

    return from_inbox(session, actor=actor(), work=work, now=parts().now())


@inbox.get("/inbox/<message_id>")
@action("inbox")
def message(message_id: str) -> str:
    """One message as it was sent, as text; links to this platform are links."""
    with reading() as session:
        found = own_message(session, actor=actor(), message_id=message_id, now=parts().now())
        text = text_of(session, found, settings=parts().settings, lang=current_lang())
    return page(
        "inbox_message.html", message=found, kind=INBOX_KINDS[found.kind], at=arrived(found),
        said=None if text is None else list(_with_links(text)),
    )  # fmt: skip


@inbox.post("/inbox/read")
@action("inbox")
def read() -> Response:
    """Mark messages as read: those that the form names, as far as they are one's own."""
    with writing() as session:
        count = mark_read(session, actor=actor(), message_ids=request.form.getlist("message"), now=parts().now())
    announce(_MARKED if count else _NONE, count=count)
    return cast(Response, redirect(url_for("inbox.listing"), 303))


def _with_links(text: str) -> Iterator[tuple[str, str | None]]:
    """Pieces of a text and, of addresses of this platform, the path they lead to; an address elsewhere is text."""
    base = parts().settings.public_url.rstrip("/")
    for piece in re.split(rf"({re.escape(base)}/[\w./?=&%~:-]*)", text, flags=re.ASCII):
        yield piece, piece.removeprefix(base) if piece.startswith(f"{base}/") else None


_MARKED = Text("{count} 条消息已标为已读。", "{count} messages are marked as read.")
_NONE = Text("没有未读消息需要标记。", "There was nothing unread to mark.")
