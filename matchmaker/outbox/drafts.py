"""A message to a contact, by the channel that reaches it first."""

from datetime import datetime
from typing import Any

from matchmaker.outbox.channels.table import addresses_of
from matchmaker.outbox.services import Draft


def draft_to(contact: Any, kind: str, window: str, not_before: datetime) -> Draft:
    """The draft for a contact of the lists; what it says is written as it leaves."""
    addresses = addresses_of(contact)
    channel = next(iter(addresses))
    return Draft(contact.contact_no, channel, kind, window, contact.name, addresses[channel], not_before)
