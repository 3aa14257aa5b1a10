"""Telling owners that an entry is about to become stale, 14 and 3 days before (settings)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.domain.terms import ContactRole, EntryStatus
from matchmaker.lists import models as lists
from matchmaker.lists.queries import load_workdays
from matchmaker.lists.validity import in_force
from matchmaker.push.audiences import NOTICE_KIND
from matchmaker.push.items import Item, Occasion, tell
from matchmaker.push.planning import quiet_of
from matchmaker.push.receivers import receivers
from matchmaker.push.words import pair
from matchmaker.settings import Settings


def plan_stale_notices(session: Session, *, settings: Settings, now: datetime) -> tuple[int, int]:
    """Tell banks of products and enterprises of needs that lack a confirmation; (items, messages) that are new.

    Each entry is told once for each of ``stale_notice_days`` and each confirmation, whenever and however often it runs.
    """
    workdays = load_workdays(session)
    occasion = Occasion(
        push_run_id=None,
        kind=NOTICE_KIND,
        window=now.astimezone(settings.zone).date().isoformat(),
        now=now,
        not_before=quiet_of(settings).release(now, workdays, settings.zone),
    )
    product, need = lists.Product, lists.Need
    products = _items(session, settings, now, product, product.product_code, product.bank_name, product.name)
    needs = _items(session, settings, now, need, need.need_no, need.uscc, need.need_no)
    people = [p for p in receivers(session, "bank") if p.org_code in products]
    managers = {p.contact_no for p in people} & _in_role(session, ContactRole.PRODUCT_MANAGER)
    told = [(p, products[p.org_code or ""]) for p in people if p.contact_no in managers]
    told += [(p, needs[p.uscc or ""]) for p in receivers(session, "enterprise") if p.uscc in needs]
    return tell(session, occasion, told)


def _in_role(session: Session, role: ContactRole) -> set[str]:
    return set(session.scalars(select(lists.Contact.contact_no).where(lists.Contact.role == role)))


def _items(
    session: Session, settings: Settings, now: datetime, model: Any, key: Any, owner: Any, title: Any
) -> dict[str, list[Item]]:
    """Owner → an item for each entry that becomes stale within the longest notice."""
    longest = timedelta(days=max(settings.stale_notice_days, default=0))
    stale_after = timedelta(days=settings.stale_days)
    soon = (model.confirmed_at >= now - stale_after) & (model.confirmed_at <= now - stale_after + longest)
    known = (model.status == EntryStatus.PUBLISHED) & in_force(model, now.astimezone(settings.zone).date())
    query = select(key, owner, title, model.confirmed_at).where(known, soon)
    found: dict[str, list[Item]] = {}
    for number, whose, name, confirmed_at in session.execute(query.order_by(model.confirmed_at, key)):
        ends = confirmed_at + stale_after
        notice = min(days for days in settings.stale_notice_days if ends - now <= timedelta(days=days))
        found.setdefault(whose, []).append(_item(model, number, name, ends.astimezone(settings.zone), notice))
    return found


def _item(model: Any, number: str, name: str, ends: datetime, notice: int) -> Item:
    which = "product" if model is lists.Product else "need"
    reads = {"on": ends.date().isoformat(), "notice": notice}
    payload = {
        "rests_on": {which: number},
        "list": pair(model.label),
        "number": number,
        "name": name,
        "stale_on": reads["on"],
    }
    return Item(f"stale:{which}:{number}", "stale", reads, payload)
