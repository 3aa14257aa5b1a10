"""Writing a digest just before it is sent: what has ended meanwhile is dropped, the rest becomes subject and bodies."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.accounts.resets import NOTICES
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Lang
from matchmaker.domain.workdays import Workdays
from matchmaker.lists import models as lists
from matchmaker.lists.registers import Workday
from matchmaker.lists.validity import in_force
from matchmaker.outbox.envelope import Body, Claimed, Composer, Nothing
from matchmaker.push.account_notices import compose_reset_notice
from matchmaker.push.appeal_notices import compose_appeal_notice
from matchmaker.push.audiences import (
    ANSWERED_KIND,
    AUDIENCE_OF,
    CONSENT_KIND,
    DUE_KIND,
    GUARANTEE_KIND,
    MESSAGE_KINDS,
    RETURNED_KIND,
    REVOKED_KIND,
    TAKEN_KIND,
)
from matchmaker.push.certificate_notices import compose_revoked_notice
from matchmaker.push.consent_notices import compose_consent_notice
from matchmaker.push.digest import Digest, write_digest
from matchmaker.push.due_notices import compose_due_notice
from matchmaker.push.guarantee_notices import compose_guarantee_notice
from matchmaker.push.items import Receiver
from matchmaker.push.leads import open_leads_of
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.receivers import receiver_of
from matchmaker.push.returned_notices import compose_returned_notice
from matchmaker.push.taken_notices import compose_taken_notice
from matchmaker.push.webhooks import OFF_KIND, compose_off
from matchmaker.referrals.opening import unwanted_products
from matchmaker.settings import Settings


def composers(settings: Settings) -> dict[str, Composer]:
    """Kind of message → who writes it."""
    ours: dict[str, Composer] = dict.fromkeys(MESSAGE_KINDS, partial(compose, settings))
    others = {
        CONSENT_KIND: partial(compose_consent_notice, settings),
        OFF_KIND: partial(compose_off, settings),
        TAKEN_KIND: partial(compose_taken_notice, settings),
        RETURNED_KIND: partial(compose_returned_notice, settings),
        GUARANTEE_KIND: partial(compose_guarantee_notice, settings),
        REVOKED_KIND: partial(compose_revoked_notice, settings),
        ANSWERED_KIND: partial(compose_appeal_notice, settings),
        DUE_KIND: partial(compose_due_notice, settings),
    }
    resets: dict[str, Composer] = dict.fromkeys(NOTICES, partial(compose_reset_notice, settings))
    return ours | others | resets


def compose(settings: Settings, session: Session, held: Claimed, now: datetime) -> Body | Nothing:
    """The digest that ``held`` announces, with the items that still hold.

    An item whose need, product or policy is no longer published (or valid), whose lead has ended or whose owner the
    contact has left is marked as dropped in this session. Where nothing is left, or the contact no longer reads such
    messages, the message is dropped with its reason. Raises ComposeError where a stored item and the template do not
    go together.
    """
    told = _items(session, held)
    person = _reader(session, held)
    if person is None:
        _drop(session, told)
        return Nothing("contact_gone")
    if held.channel not in person.addresses:
        return Nothing("no_address")
    on = now.astimezone(settings.zone).date()
    leads = open_leads_of(session, person.org_code) if AUDIENCE_OF.get(held.kind) == "bank" and person.org_code else ()
    open_pairs = {(lead.need_no, lead.product_code) for lead in leads}
    items = _standing(session, told, on, person, open_pairs)
    if not items:
        return Nothing("nothing_left")
    lang: Lang = "en" if person.lang == "en" else "zh"
    digest = Digest(
        kind=held.kind,
        lang=lang,
        name=person.name,
        sections=_sections(items),
        on=on,
        at=now.astimezone(settings.zone),
        counts=_counts(leads, on) if AUDIENCE_OF.get(held.kind) == "bank" else {},
        settings=settings,
        workdays=_workdays(session, items, on),
    )
    subject, text, html = write_digest(digest)
    return Body(person.name, person.addresses[held.channel], subject, text, html)


def _reader(session: Session, held: Claimed) -> Receiver | None:
    """The contact, if it still reads messages of this kind."""
    contact = session.scalars(select(lists.Contact).where(lists.Contact.contact_no == held.contact_no)).one_or_none()
    if contact is None:
        return None
    audience = AUDIENCE_OF.get(held.kind) or ("enterprise" if contact.uscc else "bank")
    return receiver_of(session, audience, contact)


def _items(session: Session, held: Claimed) -> list[Any]:
    mine = (
        (PushItem.contact_no == held.contact_no)
        & (PushItem.kind == held.kind)
        & (PushItem.window == held.window)
        & (PushItem.state == "told")
    )
    columns = (PushItem.id, PushItem.section, PushItem.payload)
    return list(session.execute(select(*columns).where(mine).order_by(PushItem.position, PushItem.id)))


def _standing(
    session: Session, items: Sequence[Any], on: date, person: Receiver, open_pairs: Set[tuple[str, str]]
) -> list[Any]:
    """The person's items whose entries (and leads) are all still there; the others are marked as dropped."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for item in items:
        for name, key in item.payload["rests_on"].items():
            wanted[name].add(key)
    unwanted = unwanted_products(session)
    there = {name: set(session.scalars(_published(name, keys, on))) for name, keys in wanted.items()}
    kept: list[Any] = []
    ended: list[Any] = []
    for item in items:
        rests_on = item.payload["rests_on"]
        holds = all(key in there[name] for name, key in rests_on.items()) and item.payload["owner"] == person.owner
        if item.section == "lead":
            holds = holds and (rests_on["need"], rests_on["product"]) in open_pairs
        if item.section in ("fit", "near"):
            holds = holds and (rests_on["need"], rests_on["product"]) not in unwanted
        (kept if holds else ended).append(item)
    _drop(session, ended)
    return kept


def _drop(session: Session, items: Sequence[Any]) -> None:
    if items:
        gone = update(PushItem).where(PushItem.id.in_([item.id for item in items])).values(state="dropped")
        session.execute(gone.execution_options(synchronize_session=False))


def _published(name: str, keys: set[str], on: date) -> Any:
    """Keys of the entries that are still published and in force on ``on``."""
    model: Any = {"need": lists.Need, "product": lists.Product, "policy": lists.Policy}[name]
    key = {"need": lists.Need.need_no, "product": lists.Product.product_code, "policy": lists.Policy.policy_no}[name]
    query = select(key).where(key.in_(keys), model.status == EntryStatus.PUBLISHED, in_force(model, on))
    if name == "need":
        published = lists.Enterprise.status == EntryStatus.PUBLISHED
        return query.join(lists.Enterprise, lists.Enterprise.uscc == lists.Need.uscc).where(published)
    return query


def _sections(items: Sequence[Any]) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        found[item.section].append(item.payload)
    return found


def _workdays(session: Session, items: Sequence[Any], on: date) -> Workdays:
    """The calendar between today and the last date on which something is due."""
    due = [date.fromisoformat(item.payload["due_on"]) for item in items if item.section == "lead"]
    if not due:
        return Workdays()
    near = Workday.day.between(min(on, *due), max(on, *due))
    return Workdays(dict(session.execute(select(Workday.day, Workday.is_workday).where(near)).all()))


def _counts(leads: Sequence[Lead], on: date) -> dict[str, int]:
    """For a bank: how many leads wait for an answer, how many are due today, how many are late."""
    days = Counter((lead.due_on > on) - (lead.due_on < on) for lead in leads)
    return {"open": len(leads), "due_today": days[0], "late": days[-1]}
