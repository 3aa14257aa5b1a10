"""Telling a bank's people at once that an enterprise consented, or took it back.

Its name is asked for as the message is written; of a consent that was taken back it stands nowhere.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.accounts.consent import withdraw_consent
from matchmaker.accounts.models import Consent
from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.terms import ConsentPurpose, FieldGroup
from matchmaker.domain.text import Lang, Text
from matchmaker.guarantee.rating.services import rate_again
from matchmaker.lists.consents import consent_to
from matchmaker.lists.disclosed import NAME, need_for
from matchmaker.lists.models import Contact, Need
from matchmaker.lists.queries import load_workdays
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.answers import end_referrals_of, note_consent
from matchmaker.push.audiences import CONSENT_KIND, WITHDRAWN_KIND
from matchmaker.push.digest import Digest, write_digest
from matchmaker.push.items import Item, Occasion, Receiver, tell
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.planning import quiet_of
from matchmaker.push.receivers import receiver_of, receivers
from matchmaker.settings import Settings

SECTION = "consent"
_NAME_THERE = Text(
    "（名称在需求页面上查看，每次查看都有记录）", "(its name is on the page of the need; every look is recorded)"
)
WITHDRAWN = "withdrawn"


def give_consent(
    session: ScopedSession,
    *,
    actor: Actor,
    org_code: str,
    groups: frozenset[FieldGroup],
    purpose: ConsentPurpose = ConsentPurpose.FINANCING,
    need_no: str | None = None,
    until: datetime | None = None,
    lang: Lang = "zh",
    shown: str | None = None,
    settings: Settings,
    now: datetime,
) -> Consent:
    """Give the actor's consent (``lists.consents.consent_to``) note it in its referrals, and tell the people of the
    organisation, once.

    The one use case for pages and API. The message itself is written and sent later, and asks the gate anew.
    """
    consent = consent_to(
        session, actor=actor, org_code=org_code, groups=groups, purpose=purpose, need_no=need_no, until=until,
        lang=lang, shown=shown, settings=settings, now=now,
    )  # fmt: skip
    note_consent(session, consent, actor=actor, settings=settings, now=now)
    with session.elevated():
        plan_consent_notice(session, consent, settings=settings, now=now)
    return consent


def take_back_consent(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    version: int | None = None,
    settings: Settings,
    now: datetime,
) -> Consent:
    """End a consent (``accounts.consent.withdraw_consent``) and tell the people of the organisation, once.

    A rating that rests on it is made anew at once. The one use case for pages and API. The mail names the need by its
    anonymous reference alone.
    """
    consent = withdraw_consent(session, actor=actor, public_id=public_id, version=version, now=now)
    with session.elevated():
        plan_withdrawal_notice(session, consent, settings=settings, now=now)
    end_referrals_of(session, consent, actor=actor, now=now)
    rate_again(
        session, uscc=consent.uscc, cause=f"consent:{public_id}", resting_on=public_id, now=now, settings=settings
    )
    return consent


def plan_withdrawal_notice(session: Session, consent: Consent, *, settings: Settings, now: datetime) -> int:
    """A message to each reader at the bank for the leads that the consent concerned; how many are new."""
    items = [
        Item(f"withdrawn:{consent.public_id}:{lead.public_id}", WITHDRAWN, {"withdrawn": consent.public_id},
             {"rests_on": {}, **_card(lead)})
        for lead in _leads(session, consent)
    ]  # fmt: skip
    return _tell_bank(session, consent, WITHDRAWN_KIND, items, settings, now)


def plan_consent_notice(session: Session, consent: Consent, *, settings: Settings, now: datetime) -> int:
    """A message to each reader at the bank, for the leads that the consent concerns; how many are new.

    What is stored holds the lead's public id and its anonymous reference, never the enterprise.
    """
    items = [_item(consent, lead, settings) for lead in _leads(session, consent)]
    return _tell_bank(session, consent, CONSENT_KIND, items, settings, now)


def _tell_bank(
    session: Session, consent: Consent, kind: str, items: Sequence[Item], settings: Settings, now: datetime
) -> int:
    if not items or consent.purpose != ConsentPurpose.FINANCING.value:
        return 0
    occasion = Occasion(
        push_run_id=None,
        kind=kind,
        window=consent.public_id,
        now=now,
        not_before=quiet_of(settings).release(now, load_workdays(session), settings.zone),
    )
    people = [person for person in receivers(session, "bank") if person.org_code == consent.org_code]
    return tell(session, occasion, [(person, items) for person in people])[1]


def _leads(session: Session, consent: Consent) -> Sequence[Lead]:
    """The open leads of the organisation whose need the consent is about."""
    mine = Need.uscc == consent.uscc
    if consent.need_no is not None:
        mine = mine & (Need.need_no == consent.need_no)
    open_ones = (Lead.org_code == consent.org_code) & Lead.ended_at.is_(None)
    query = select(Lead).join(Need, Need.need_no == Lead.need_no).where(mine, open_ones)
    return [lead for lead in session.scalars(query.order_by(Lead.id)) if lead.card]


def _card(lead: Lead) -> dict[str, Any]:
    """What the bank has read of the lead without any consent."""
    assert lead.card is not None
    return {"reference": lead.card["card"]["need_no"], "product": lead.card["product"]}


def _item(consent: Consent, lead: Lead, settings: Settings) -> Item:
    payload = {
        "rests_on": {},
        "lead": lead.public_id,
        "consent": consent.public_id,
        **_card(lead),
        "until": consent.expires_at.astimezone(settings.zone).date().isoformat(),
    }
    return Item(f"consent:{consent.public_id}:{lead.public_id}", SECTION, {"consent": consent.public_id}, payload)


def compose_consent_notice(settings: Settings, session: Session, held: Claimed, now: datetime) -> Body | Nothing:
    """The message as it may be written at this moment; nothing where the consent has ended.

    The name comes from the gate, which writes the disclosure to this person down in the same transaction.
    """
    told = _items(session, held)
    contact = session.scalars(select(Contact).where(Contact.contact_no == held.contact_no)).one_or_none()
    person = receiver_of(session, "bank", contact) if contact else None
    if person is None or person.org_code is None:
        return _dropped(session, told, "contact_gone")
    if held.channel not in person.addresses:
        return _dropped(session, told, "no_address")
    on = now.astimezone(settings.zone).date()
    mail = replace(SYSTEM, request_id=held.message_id)
    named = [(item, _name(session, mail, item.payload["lead"], person, now=now, on=on)) for item in told]
    shown = [{**item.payload, "name": name} for item, name in named if name]
    if not shown:
        return _dropped(session, told, "consent_ended")
    return _written(settings, person, held, shown, now)


def _name(session: Session, mail: Actor, lead_id: str, person: Receiver, *, now: datetime, on: date) -> str | None:
    """The gate writes one look down for one ``mail``, whose id is that of the actor's request."""
    lead = session.scalars(select(Lead).where(Lead.public_id == lead_id)).one_or_none()
    if lead is None or lead.org_code != person.org_code:
        return None
    found = need_for(
        cast(ScopedSession, session), actor=mail, need_no=lead.need_no, org_code=lead.org_code,
        purpose=ConsentPurpose.FINANCING, channel="mail", now=now, on=on, about=f"lead:{lead_id}",
        who=f"contact:{person.contact_no}", groups=(FieldGroup.IDENTITY,), only=frozenset({NAME}),
    )  # fmt: skip
    return cast(str | None, found.first(NAME))


def _written(settings: Settings, person: Receiver, held: Claimed, shown: Sequence[Any], now: datetime) -> Body:
    lang: Lang = "en" if person.lang == "en" else "zh"
    subject, text, html = _said(settings, person.name, lang, shown, now)
    return Body(person.name, person.addresses[held.channel], subject, text, html, revocable=True)


def _said(settings: Settings, name: str, lang: Lang, shown: Sequence[Any], now: datetime) -> tuple[str, str, str]:
    """Subject, text and HTML."""
    base, at = settings.public_url.rstrip("/"), now.astimezone(settings.zone)
    items = [{**item, "link": f"{base}/leads/{item['lead']}"} for item in shown]
    digest = Digest(
        kind=CONSENT_KIND, lang=lang, name=name, sections={SECTION: items}, on=at.date(), at=at, counts={},
        settings=settings,
    )  # fmt: skip
    return write_digest(digest)


def nameless_text(session: Session, sent: OutboxMessage, *, settings: Settings, lang: Lang) -> str:
    """A message that has left, as it may be read at any later time: in the place of each name, where it is told."""
    shown = [{**item.payload, "name": _NAME_THERE.say(lang)} for item in _items(session, sent)]
    return _said(settings, sent.name, lang, shown, sent.sent_at or sent.created_at)[1]


def _items(session: Session, held: Claimed | OutboxMessage) -> Sequence[Any]:
    item = PushItem
    mine = (item.contact_no == held.contact_no) & (item.kind == held.kind) & (item.window == held.window)
    told = select(item.id, item.payload).where(mine, item.state == "told")
    return session.execute(told.order_by(item.position, item.id)).all()


def _dropped(session: Session, told: Sequence[Any], reason: str) -> Nothing:
    gone = update(PushItem).where(PushItem.id.in_([item.id for item in told])).values(state="dropped")
    session.execute(gone.execution_options(synchronize_session=False))
    return Nothing(reason)
