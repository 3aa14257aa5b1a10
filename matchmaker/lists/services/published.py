"""Telling a bank's own systems that products of the bank have been published."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.lists.entry import Entry
from matchmaker.lists.models import Product
from matchmaker.outbox.webhooks.events import Happening, emit_all


def tell_published(
    session: Session, model: type[Entry], published: Iterable[tuple[str, dict[str, Any]]], now: datetime
) -> None:
    """``product.published`` for each: public id and values of entries that were not published before."""
    if model is Product:
        told = [Happening("product.published", "product", name, org_code=v["bank_name"]) for name, v in published]
        emit_all(session, told, now=now)
