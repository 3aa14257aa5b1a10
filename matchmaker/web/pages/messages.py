"""The outbox as its operator reads it: every message with its state, what its receiver reads, and sending it again."""

from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy import func, select

from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text
from matchmaker.lists.models import Contact, Enterprise, Organisation
from matchmaker.outbox.envelope import reason_text
from matchmaker.outbox.models import STATES, OutboxMessage
from matchmaker.push.retrying import retry_messages
from matchmaker.web.guard import action
from matchmaker.web.pages.lists import export_note
from matchmaker.web.tables import look
from matchmaker.web.tables.operations import messages_table
from matchmaker.web.tables.workbook import book_of, sent
from matchmaker.web.view import actor, announce, current_day, page, parts, reading, t, writing

messages = Blueprint("messages", __name__)


@messages.get("/outbox")
@action("messages.read")
def outbox() -> str:
    """All messages, newest first: filtered, sorted, paged."""
    people: dict[str, str] = {}
    with reading() as session:
        view = look(session, messages_table(people))
        people.update(_people(session, [m.contact_no for m in view.rows]))
        by_state = select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
        counts = dict(session.execute(by_state).all())
    query = request.query_string.decode()
    export = url_for("messages.export") + (f"?{query}" if query else "")
    return page("outbox.html", view=view, counts=counts, states=STATES, export=export)


@messages.get("/outbox/export.xlsx")
@action("messages.read")
def export() -> Response:
    """The messages that the address selects, as a workbook."""
    people: dict[str, str] = {}
    with reading() as session:
        view = look(session, messages_table(people), every_row=True)
        people.update(_people(session, [m.contact_no for m in view.rows]))
    raw = book_of(view, t("推送消息", "Messages"), export_note(actor()))
    return sent(raw, f"messages-{current_day():%Y%m%d}.xlsx")


@messages.get("/outbox/<message_id>")
@action("messages.read")
def message(message_id: str) -> str:
    """One message as its receiver reads it, by the id that all its copies carry."""
    with reading() as session:
        known = select(OutboxMessage).where(OutboxMessage.message_id == message_id)
        found = session.scalar(known) if message_id.isprintable() else None
        if found is None:
            raise NotFoundError(Text("没有这条消息。", "There is no such message."), code="unknown_message")
        person = _people(session, [found.contact_no]).get(found.contact_no)
    return page("message.html", message=found, states=STATES, reason_text=reason_text, person=person)


@messages.post("/outbox/retry")
@action("messages.retry")
def retry() -> Response:
    """Put one failed message, or all of them, back in line."""
    one = request.form.get("message")
    with writing() as session:
        count = retry_messages(session, actor=actor(), message_ids=[one] if one else None, now=parts().now())
    announce(_AGAIN if count else _NONE, count=count)
    return cast(Response, redirect(url_for("messages.outbox", state="waiting" if count else "failed"), 303))


def _people(session: Any, numbers: list[str]) -> dict[str, str]:
    """contact_no → name and whose that is."""
    rows = session.execute(
        select(Contact, func.coalesce(Enterprise.name, Organisation.name, ""))
        .outerjoin(Enterprise, Enterprise.uscc == Contact.uscc)
        .outerjoin(Organisation, Organisation.org_code == Contact.org_code)
        .where(Contact.contact_no.in_(set(numbers)))
    )
    return {contact.contact_no: f"{contact.name} · {of}" for contact, of in rows}


_AGAIN = Text("{count} 条消息已重新排队发送。", "{count} messages are in line again.")
_NONE = Text("没有发送失败的消息，不需要重发。", "No message has failed: nothing to send again.")
