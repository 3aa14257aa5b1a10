"""Which fields of a list entry in sight somebody reads, and the bureau's looks at enterprises."""

from datetime import datetime

from matchmaker.accounts.gate import Channel, note_duty
from matchmaker.accounts.matrix import FIELDS
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.fields import Field, Sensitivity
from matchmaker.domain.terms import Side
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.services.owned import OWNING


def seen_of(actor: Actor, entry: Entry) -> frozenset[Sensitivity]:
    """The sensitivities that ``actor`` reads of an entry: those of its own, or those of others' (``matrix.FIELDS``)."""
    owning = OWNING.get(type(entry))
    owner = getattr(entry, owning.owner) if owning and owning.owner else getattr(entry, "uscc", None)
    own = owner is not None and owner in (*actor.orgs, actor.uscc)
    return FIELDS[actor.side]["own" if own else "other"]


def readable_fields(actor: Actor, entry: Entry) -> list[Field]:
    """The fields of an entry that ``actor`` reads, in the order of the contract."""
    seen = seen_of(actor, entry)
    return [field for field in fields_of(type(entry)) if field.sensitivity in seen]


def note_look(database: Database, actor: Actor, entry: Entry, channel: Channel, now: datetime) -> None:
    """Write down that the bureau looked at one enterprise's facts; the enterprise reads it on its page.

    Lists of many are the bureau's daily work and are not written down row by row.
    """
    uscc = getattr(entry, "uscc", None)
    if actor.side is not Side.BUREAU or uscc is None:
        return
    fields = [
        f"{entry.kind_name}.{field.code}" for field in readable_fields(actor, entry) if field.sensitivity != "public"
    ]
    with database.writing(SYSTEM) as session:
        note_duty(session, actor=actor, uscc=uscc, fields=fields, channel=channel, now=now)
