"""Whether the secrets that are kept encrypted would still open, for those who look after the installation."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Person
from matchmaker.outbox.webhooks.models import WebhookEndpoint
from matchmaker.settings import Settings
from matchmaker.vault import is_ours


def count_closed(session: Session, settings: Settings) -> dict[str, int]:
    """``people`` whose second factor, and ``endpoints`` whose secret, no key in the settings opens.

    People who may no longer sign in and endpoints that were removed are not counted.
    """
    factors = select(Person.totp_secret).where(Person.totp_secret.is_not(None), Person.disabled_at.is_(None))
    hooks = select(WebhookEndpoint.secret).where(WebhookEndpoint.secret != "")
    return {
        "people": _closed(session.scalars(factors), settings),
        "endpoints": _closed(session.scalars(hooks), settings),
    }


def _closed(kept: Iterable[str | None], settings: Settings) -> int:
    return sum(secret is not None and not is_ours(settings, secret) for secret in kept)
