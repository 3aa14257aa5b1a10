"""有银行接单: an enterprise hears that a bank has taken its need, once the bank can no longer take that back."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.domain.terms import BankAnswer, ReferralState
from matchmaker.domain.text import Lang
from matchmaker.lists.models import Contact, Need, Organisation, Product
from matchmaker.lists.queries import load_workdays
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.push.audiences import TAKEN_KIND
from matchmaker.push.digest import Digest, write_digest
from matchmaker.push.items import Item, Occasion, tell
from matchmaker.push.models import PushItem
from matchmaker.push.planning import quiet_of
from matchmaker.push.receivers import receiver_of
from matchmaker.referrals.models import Referral
from matchmaker.settings import Settings

SECTION = "taken"


def plan_taken_notice(session: Session, referral: Referral, *, settings: Settings, now: datetime) -> int:
    """A message to each of the enterprise's people who read pushes, to leave when the bank can no longer undo it."""
    need = session.scalars(select(Need).where(Need.need_no == referral.need_no)).one()
    settled = now + timedelta(seconds=settings.referral_undo_seconds)
    occasion = Occasion(
        push_run_id=None,
        kind=TAKEN_KIND,
        window=f"{referral.public_id}:{_at(referral)}",
        now=now,
        not_before=quiet_of(settings).release(settled, load_workdays(session), settings.zone),
    )
    contacts = session.scalars(select(Contact).where(Contact.uscc == need.uscc).order_by(Contact.contact_no))
    people = [person for contact in contacts if (person := receiver_of(session, "enterprise", contact))]
    item = Item(
        f"taken:{referral.public_id}", SECTION, {"taken": _at(referral)},
        {"rests_on": {}, "referral": referral.public_id, "at": _at(referral), **_told(session, referral)},
    )  # fmt: skip
    return tell(session, occasion, [(person, [item]) for person in people])[1]


def _told(session: Session, referral: Referral) -> dict[str, Any]:
    bank = session.scalar(select(Organisation.name).where(Organisation.org_code == referral.org_code))
    product = session.scalar(select(Product.name).where(Product.product_code == referral.product_code))
    return {"need_no": referral.need_no, "bank": bank, "product": product}


def compose_taken_notice(settings: Settings, session: Session, held: Claimed, now: datetime) -> Body | Nothing:
    """The message as it stands when it leaves; nothing where the bank has taken its answer back, or all has ended."""
    mine = (PushItem.contact_no == held.contact_no) & (PushItem.kind == held.kind) & (PushItem.window == held.window)
    item = session.scalars(select(PushItem).where(mine, PushItem.state == "told")).one_or_none()
    contact = session.scalars(select(Contact).where(Contact.contact_no == held.contact_no)).one_or_none()
    person = receiver_of(session, "enterprise", contact) if contact else None
    if item is None or not _stands(session, item.payload):
        return _dropped(session, mine, "nothing_left")
    if person is None:
        return _dropped(session, mine, "contact_gone")
    if held.channel not in person.addresses:
        return _dropped(session, mine, "no_address")
    lang: Lang = "en" if person.lang == "en" else "zh"
    at = now.astimezone(settings.zone)
    link = f"{settings.public_url.rstrip('/')}/referrals"
    digest = Digest(
        kind=held.kind, lang=lang, name=person.name, sections={SECTION: [{**item.payload, "link": link}]}, on=at.date(),
        at=at, counts={}, settings=settings,
    )  # fmt: skip
    subject, text, html = write_digest(digest)
    return Body(person.name, person.addresses[held.channel], subject, text, html)


def _stands(session: Session, payload: Mapping[str, Any]) -> bool:
    """Whether the very answer that is told still holds: one taken back and given again is told by its own message."""
    referral = session.scalars(select(Referral).where(Referral.public_id == payload["referral"])).one_or_none()
    if referral is None or referral.state is not ReferralState.OPEN:
        return False
    return referral.bank is BankAnswer.TAKEN and _at(referral) == payload["at"]


def _at(referral: Referral) -> str:
    return referral.bank_at.astimezone(UTC).isoformat() if referral.bank_at else ""


def _dropped(session: Session, mine: Any, reason: str) -> Nothing:
    session.execute(update(PushItem).where(mine).values(state="dropped").execution_options(synchronize_session=False))
    return Nothing(reason)
