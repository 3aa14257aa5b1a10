"""The outbox as its operator reads it: every message with its state, and what its receiver reads."""

from typing import Any

from flask import Blueprint, request
from sqlalchemy import func, select

from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text
from matchmaker.lists.models import Contact, Enterprise, Organisation
from matchmaker.outbox.envelope import reason_text
from matchmaker.outbox.models import STATES, OutboxMessage
from matchmaker.push.audiences import MESSAGE_KINDS
from matchmaker.web.guard import action
from matchmaker.web.view import page, page_number, reading

messages = Blueprint("messages", __name__)
ROWS_A_PAGE = 50


@messages.get("/outbox")
@action("messages.read")
def outbox() -> str:
    """All messages, newest first, filtered by state or audience."""
    number = page_number()
    kind = request.args.get("kind")
    with reading() as session:
        counts: dict[str, int] = dict(
            session.execute(select(OutboxMessage.kind, func.count()).group_by(OutboxMessage.kind)).all()
        )
        query = select(OutboxMessage).order_by(OutboxMessage.id.desc())
        if kind in counts:
            query = query.where(OutboxMessage.kind == kind)
        found = session.scalars(query.limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)).all()
        people = _people(session, [m.contact_no for m in found])
    total = counts[kind] if kind in counts else sum(counts.values())
    return page(
        "outbox.html",
        rows=found,
        people=people,
        states=STATES,
        reason_text=reason_text,
        kinds=MESSAGE_KINDS,
        counts=counts,
        kind=kind,
        number=number,
        total=total,
        pages=-(-total // ROWS_A_PAGE),
    )


@messages.get("/outbox/<message_id>")
@action("messages.read")
def message(message_id: str) -> str:
    """One message as its receiver reads it, by the id that all its copies carry."""
    with reading() as session:
        known = select(OutboxMessage).where(OutboxMessage.message_id == message_id)
        found = session.scalar(known) if message_id.isprintable() else None
        if found is None:
            raise NotFoundError(Text("没有这条消息。", "There is no such message."), code="unknown_message")
        people = _people(session, [found.contact_no])
    return page(
        "message.html", message=found, states=STATES, reason_text=reason_text, person=people.get(found.contact_no)
    )


def _people(session: Any, numbers: list[str]) -> dict[str, tuple[Contact, str]]:
    rows = session.execute(
        select(Contact, func.coalesce(Enterprise.name, Organisation.name, ""))
        .outerjoin(Enterprise, Enterprise.uscc == Contact.uscc)
        .outerjoin(Organisation, Organisation.org_code == Contact.org_code)
        .where(Contact.contact_no.in_(numbers))
    )
    return {contact.contact_no: (contact, of) for contact, of in rows}
