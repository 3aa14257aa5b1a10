"""A person's inbox: the messages that were addressed to it, whether they went by mail or not, and marking them as read.

The outbox is the system's table; this is the gate by which a person gets its own messages out of it, and no others.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update

from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Lang, Text
from matchmaker.lists.models import Contact
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.audiences import CONSENT_KIND, MESSAGE_KINDS
from matchmaker.push.consent_notices import nameless_text
from matchmaker.push.models import PushItem, own_contacts
from matchmaker.push.webhooks import OFF_KIND
from matchmaker.settings import Settings

Found = TypeVar("Found")
MOST_AT_ONCE = 200
"""Messages marked as read by one form; a page of the inbox has fewer."""

INBOX_KINDS: Mapping[str, Text] = {
    **MESSAGE_KINDS,
    "reset_password": Text("登录方式被重设", "Sign-in reset"),
    "reset_second_factor": Text("二次验证被清除", "Second factor removed"),
    OFF_KIND: Text("推送地址停用", "Webhook switched off"),
}
"""Kinds that an inbox shows → their names. A kind whose text opens an account (a link, a code) must not stand here."""


def contact_of(session: ScopedSession, actor: Actor) -> Contact | None:
    """The contact that the actor is joined to, as long as it is of the actor's own side; None for who is none."""
    mine = own_contacts(actor.viewer).where(Contact.contact_no == (actor.contact_no or ""))
    return session.scalars(select(Contact).where(Contact.contact_no.in_(mine))).one_or_none()


def from_inbox(session: ScopedSession, *, actor: Actor, work: Callable[[Select[Any]], Found], now: datetime) -> Found:
    """What ``work`` makes of the statement of all of the actor's messages; it may ask for fewer, never for others."""
    permit(actor, "inbox", now)
    with session.elevated():
        return work(select(OutboxMessage).where(addressed_to(actor)))


def own_message(session: ScopedSession, *, actor: Actor, message_id: str, now: datetime) -> OutboxMessage:
    """One of the actor's messages; NotFoundError for another's and for none."""

    def find(mine: Select[Any]) -> OutboxMessage | None:
        return session.scalars(mine.where(OutboxMessage.message_id == message_id)).one_or_none()

    found = from_inbox(session, actor=actor, work=find, now=now) if message_id.isprintable() else None
    if found is None:
        raise NotFoundError(_UNKNOWN, code="unknown_message")
    return found


def text_of(session: ScopedSession, message: OutboxMessage, *, settings: Settings, lang: Lang) -> str | None:
    """The text as it was sent; None once it has been blanked (by the retention rules, or with a consent withdrawn).

    Of a consent, which may have ended since, the enterprise's name stays out: it is told at the lead alone, by the
    gate, which asks anew and writes the look down.
    """
    if message.kind != CONSENT_KIND or message.text is None:
        return message.text
    return nameless_text(session, message, settings=settings, lang=lang)


def count_unread(session: ScopedSession, actor: Actor) -> int:
    """How many of the actor's messages are unread; the session may look into the outbox."""
    unread = select(func.count()).select_from(OutboxMessage).where(addressed_to(actor), OutboxMessage.read_at.is_(None))
    return session.scalar(unread) or 0


def mark_read(session: ScopedSession, *, actor: Actor, message_ids: Sequence[str], now: datetime) -> int:
    """Mark these of the actor's messages as read, and what they tell; how many were unread. Others' are left alone."""
    named = [one for one in message_ids if one.isprintable()][:MOST_AT_ONCE]

    def mark(mine: Select[Any]) -> int:
        unread = mine.where(OutboxMessage.message_id.in_(named), OutboxMessage.read_at.is_(None))
        found = session.scalars(unread.with_for_update()).all()
        for message in found:
            message.read_at = now
        if found:
            told = update(PushItem).where(or_(*map(_items, found)), PushItem.read_at.is_(None)).values(read_at=now)
            session.execute(told.execution_options(synchronize_session=False))
        return len(found)

    return from_inbox(session, actor=actor, work=mark, now=now)


def _items(message: OutboxMessage) -> ColumnElement[bool]:
    item = PushItem
    mine = item.contact_no == message.contact_no
    return and_(mine, item.kind == message.kind, item.window == message.window)


def addressed_to(actor: Actor) -> ColumnElement[bool]:
    """Messages that have left for the actor: to its contact, as long as that is of its own side, or to itself.

    One that no channel took (``failed``) is here too: this is where it can still be read.
    """
    message = OutboxMessage
    contact = own_contacts(actor.viewer).where(Contact.contact_no == (actor.contact_no or ""))
    return and_(
        or_(message.contact_no.in_(contact), message.contact_no == actor.who),
        message.state.in_(("sent", "failed")),
        message.subject.is_not(None),
        message.kind.in_(tuple(INBOX_KINDS)),
    )


_UNKNOWN = Text("没有这条消息。从「消息」重新进入。", "There is no such message. Start again from your inbox.")
