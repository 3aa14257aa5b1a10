"""Writing a digest just before it is sent: what has ended meanwhile is dropped, the rest becomes subject and bodies."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Lang
from matchmaker.lists import models as lists
from matchmaker.outbox.envelope import Body, Claimed, Composer, Nothing
from matchmaker.push.digest import Digest, write_digest
from matchmaker.push.leads import open_leads_of
from matchmaker.push.models import PushItem
from matchmaker.push.notices import NOTICE_KIND
from matchmaker.push.planning import kind_of
from matchmaker.push.scene import bank_of
from matchmaker.push.windows import AUDIENCES
from matchmaker.settings import Settings


def composers(settings: Settings) -> dict[str, Composer]:
    """Kind of message → who writes it."""
    kinds = [*(kind_of(audience) for audience in AUDIENCES), NOTICE_KIND]
    return dict.fromkeys(kinds, partial(compose, settings))


def compose(settings: Settings, session: Session, held: Claimed, now: datetime) -> Body | Nothing:
    """The digest that ``held`` announces, with the items that still hold.

    An item whose need, product or policy is no longer published (or valid) is marked as dropped in this session. Where
    nothing is left, or the contact is gone, the message is dropped with its reason. Raises ComposeError where a stored
    item and the template do not go together.
    """
    contact = session.execute(
        select(lists.Contact.name, lists.Contact.email, lists.Contact.language, lists.Contact.status,
               lists.Contact.org_code).where(lists.Contact.contact_no == held.contact_no)
    ).one_or_none()  # fmt: skip
    if contact is None or contact.status is not EntryStatus.PUBLISHED:
        return Nothing("contact_gone")
    if held.channel == "email" and not contact.email:
        return Nothing("no_address")
    on = now.astimezone(settings.zone).date()
    items = _standing(session, _items(session, held), on)
    if not items:
        return Nothing("nothing_left")
    lang: Lang = "en" if str(contact.language) == "en" else "zh"
    digest = Digest(
        kind=held.kind,
        lang=lang,
        name=contact.name,
        sections=_sections(items),
        on=on,
        at=now.astimezone(settings.zone),
        counts=_counts(session, held, contact.org_code, on),
        settings=settings,
    )
    subject, text, html = write_digest(digest)
    return Body(contact.name, contact.email, subject, text, html)


def _items(session: Session, held: Claimed) -> list[Any]:
    mine = (
        (PushItem.contact_no == held.contact_no)
        & (PushItem.kind == held.kind)
        & (PushItem.window == held.window)
        & (PushItem.state == "told")
    )
    columns = (PushItem.id, PushItem.section, PushItem.payload)
    return list(session.execute(select(*columns).where(mine).order_by(PushItem.position, PushItem.id)))


def _standing(session: Session, items: Sequence[Any], on: date) -> list[Any]:
    """The items whose entries are all still there; the others are marked as dropped."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for item in items:
        for name, key in item.payload["rests_on"].items():
            wanted[name].add(key)
    there = {name: set(session.scalars(_published(name, keys, on))) for name, keys in wanted.items()}
    kept: list[Any] = []
    ended: list[Any] = []
    for item in items:
        holds = all(key in there[name] for name, key in item.payload["rests_on"].items())
        (kept if holds else ended).append(item)
    if ended:
        gone = update(PushItem).where(PushItem.id.in_([item.id for item in ended])).values(state="dropped")
        session.execute(gone.execution_options(synchronize_session=False))
    return kept


def _published(name: str, keys: set[str], on: date) -> Any:
    """Keys of the entries that are still published and, where they have a validity, valid on ``on``."""
    model: Any = {"need": lists.Need, "product": lists.Product, "policy": lists.Policy}[name]
    key = {"need": lists.Need.need_no, "product": lists.Product.product_code, "policy": lists.Policy.policy_no}[name]
    query = select(key).where(key.in_(keys), model.status == EntryStatus.PUBLISHED)
    if name == "need":
        published = lists.Enterprise.status == EntryStatus.PUBLISHED
        return query.join(lists.Enterprise, lists.Enterprise.uscc == lists.Need.uscc).where(published)
    return query.where(
        or_(model.valid_from.is_(None), model.valid_from <= on), or_(model.valid_to.is_(None), model.valid_to >= on)
    )


def _sections(items: Sequence[Any]) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        found[item.section].append(item.payload)
    return found


def _counts(session: Session, held: Claimed, org_code: str | None, on: date) -> dict[str, int]:
    """For a bank: how many leads wait for an answer, how many are due today, how many are late."""
    bank = bank_of(session, org_code) if held.kind == kind_of("bank") else None
    if bank is None:
        return {}
    leads = open_leads_of(session, bank)
    days = Counter((lead.due_on > on) - (lead.due_on < on) for lead in leads)
    return {"open": len(leads), "due_today": days[0], "late": days[-1]}
