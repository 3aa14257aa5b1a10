"""Webhooks with what the layers above the outbox know: what still holds, whom to tell, which products end soon."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.consent import active
from matchmaker.accounts.models import ApiToken, Consent, Person
from matchmaker.actor import SYSTEM
from matchmaker.clock import Now
from matchmaker.db import Database
from matchmaker.domain.terms import BankAnswer, EntryStatus
from matchmaker.domain.text import Lang, Text
from matchmaker.lists.models import Product
from matchmaker.lists.validity import in_force
from matchmaker.outbox.dispatch import Tally
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.outbox.services import Draft, enqueue
from matchmaker.outbox.webhooks.compose import Check
from matchmaker.outbox.webhooks.delivery import Hooks, deliver
from matchmaker.outbox.webhooks.events import Happening, emit_all
from matchmaker.outbox.webhooks.models import DISABLED_WHY, WebhookEndpoint, WebhookEvent
from matchmaker.push.account_notices import mail_address
from matchmaker.push.models import Lead
from matchmaker.referrals.models import Referral
from matchmaker.settings import Settings

OFF_KIND = "webhook_off"
"""The kind of mail that says that an endpoint was switched off; its window is the endpoint and the moment."""

EXPIRING_DAYS = 30


def deliver_webhooks(
    database: Database,
    settings: Settings,
    *,
    now: Now,
    limit: int | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Tally:
    """Send the webhooks that are due, at any hour: it is machines that read them."""
    hooks = Hooks(CHECKS, tell_off)
    return deliver(database, settings, hooks, now=now, limit=limit, stopping=stopping)


def _lead_open(session: Session, public_id: str, _now: datetime) -> bool:
    is_open = (Lead.public_id == public_id) & Lead.ended_at.is_(None)
    return session.scalar(select(Lead.id).where(is_open)) is not None


def _consent_holds(session: Session, public_id: str, now: datetime) -> bool:
    return session.scalar(select(Consent.id).where(Consent.public_id == public_id, active(now))) is not None


def _product_published(session: Session, public_id: str, now: datetime) -> bool:
    known = (Product.public_id == public_id) & (Product.status == EntryStatus.PUBLISHED)
    return session.scalar(select(Product.id).where(known)) is not None


def _taken(session: Session, public_id: str, _now: datetime) -> bool:
    stands = (Referral.public_id == public_id) & (Referral.bank_answer == BankAnswer.TAKEN.value)
    return session.scalar(select(Referral.id).where(stands)) is not None


CHECKS: Mapping[str, Check] = {
    "need.matched": _lead_open,
    "need.taken": _taken,
    "consent.granted": _consent_holds,
    "product.published": _product_published,
    "product.expiring": _product_published,
}
"""Kind of event → whether what it says still holds just before it leaves; others always hold."""


def tell_expiring(session: Session, *, settings: Settings, now: datetime) -> int:
    """``product.expiring`` for each published product in its last 30 days, once; how many events are new."""
    on = now.astimezone(settings.zone).date()
    told = select(WebhookEvent.subject_id).where(
        WebhookEvent.kind == "product.expiring", WebhookEvent.happened_at > now - timedelta(days=EXPIRING_DAYS + 1)
    )
    ending = Product.valid_to.between(on, on + timedelta(days=EXPIRING_DAYS))
    known = (Product.status == EntryStatus.PUBLISHED) & in_force(Product, on) & Product.public_id.not_in(told)
    found = session.execute(select(Product.public_id, Product.bank_name).where(known, ending))
    happenings = [Happening("product.expiring", "product", name, org_code=bank) for name, bank in found]
    return emit_all(session, happenings, now=now)


def tell_off(session: Session, endpoint: WebhookEndpoint, now: datetime) -> None:
    """Mail whoever made an endpoint that it was switched off, and write it into the audit."""
    record_event(
        session, actor=SYSTEM, action="webhook.disabled", subject=f"webhook:{endpoint.public_id}", now=now,
        after={"why": endpoint.disabled_why},
    )  # fmt: skip
    person = _maker(session, endpoint)
    address = mail_address(session, person) if person else None
    if person is None or address is None:
        return
    window = f"{endpoint.public_id} {now.isoformat()}"
    draft = Draft(f"person:{person.public_id}", "email", OFF_KIND, window, person.name, address, now)
    enqueue(session, [draft], now=now)


def _maker(session: Session, endpoint: WebhookEndpoint) -> Person | None:
    kind, _, public_id = endpoint.created_by.partition(":")
    made_by = select(Person).where(Person.disabled_at.is_(None))
    if kind == "token":
        by_token = made_by.join(ApiToken, ApiToken.person_id == Person.id)
        return session.scalar(by_token.where(ApiToken.public_id == public_id))
    return session.scalar(made_by.where(Person.public_id == public_id))


def compose_off(settings: Settings, session: Session, held: Claimed, _now: datetime) -> Body | Nothing:
    """The mail; nothing where the endpoint has been enabled or removed since, or the person has left."""
    public_id, person_id = held.window.partition(" ")[0], held.contact_no.partition(":")[2]
    endpoint = session.scalar(select(WebhookEndpoint).where(WebhookEndpoint.public_id == public_id))
    person = session.scalar(select(Person).where(Person.public_id == person_id, Person.disabled_at.is_(None)))
    if person is None:
        return Nothing("contact_gone")
    if endpoint is None or endpoint.disabled_why not in ("gone", "failing"):
        return Nothing("nothing_left")
    address = mail_address(session, person)
    if address is None:
        return Nothing("no_address")
    lang: Lang = "en" if person.language == "en" else "zh"
    link = f"{settings.public_url.rstrip('/')}/webhooks/{endpoint.public_id}"
    text = _TEXT.say(lang, name=person.name, why=DISABLED_WHY[endpoint.disabled_why], link=link)
    html = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line)
    return Body(person.name, address, _SUBJECT.say(lang), text, html)


_SUBJECT = Text("推送地址已停用", "A webhook endpoint was switched off")
_TEXT = Text(
    "{name}，您好：\n\n您设置的推送地址已停用：{why}。\n停用期间的事件不再推送。修复后在这里启用：\n{link}\n",
    "Dear {name},\n\nA webhook endpoint of yours was switched off: {why}.\n"
    "Events of the meantime are not sent. Mend it and enable it here:\n{link}\n",
)
