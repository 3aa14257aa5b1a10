"""Signatures as Standard Webhooks writes them: HMAC-SHA256 over ``id.timestamp.body``, one for each secret in force."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A secret to share with the receiver: ``whsec_`` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(webhook_id: str, at: datetime, body: str, keys: Sequence[str]) -> dict[str, str]:
    """The three headers of a delivery. ``at``: aware, the moment of this try; ``keys``: the newest secret first.

    https://www.standardwebhooks.com: during a rotation the signatures of both secrets stand side by side.
    """
    signatures = (Webhook(key).sign(webhook_id, at.astimezone(UTC), body) for key in keys)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
