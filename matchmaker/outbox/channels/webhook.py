"""The channel to other systems: signs a webhook for this very try and posts it."""

import ssl
from datetime import datetime

from matchmaker.outbox.webhooks.addresses import Resolver, allowed_nets
from matchmaker.outbox.webhooks.signing import signed_headers
from matchmaker.outbox.webhooks.wire import Answer, post
from matchmaker.settings import Settings


class WebhookChannel:
    """Stands for all endpoints; several threads may use it at the same time."""

    def __init__(self, settings: Settings, resolve: Resolver | None = None) -> None:
        """ConfigurationError for networks that cannot be read. ``resolve``: in place of the machine's resolver."""
        self.seconds = settings.webhook_timeout
        self.nets = allowed_nets(settings)
        self.tls = ssl.create_default_context()
        self.resolve = resolve

    def send(self, webhook_id: str, url: str, keys: tuple[str, ...], body: str, now: datetime) -> Answer:
        """Carry one webhook. ``webhook_id``: the same in every copy; ``now``: the moment that is signed."""
        headers = signed_headers(webhook_id, now, body, keys)
        return post(
            url, headers, body.encode(), nets=self.nets, tls=self.tls, seconds=self.seconds, now=now,
            resolve=self.resolve,
        )  # fmt: skip
