"""Leads as a bank reads them: the anonymous card, and what its enterprise consented to, through the gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from matchmaker.accounts.consent import active, is_id
from matchmaker.accounts.gate import EVERYTHING, Channel, Disclosed
from matchmaker.accounts.models import Consent
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import ConsentPurpose, FieldGroup
from matchmaker.domain.text import Text
from matchmaker.lists.disclosed import approved_text, need_for
from matchmaker.lists.models import Need, Product
from matchmaker.push.models import Lead

State = Literal["open", "ended"]
STATES: dict[State, Text] = {"open": Text("对接中", "open"), "ended": Text("已结束", "ended")}


@dataclass(frozen=True, slots=True)
class LeadView:
    """A lead without anything that names its enterprise. ``card``: see ``push.cards``; texts as zh/en pairs.

    ``product_id``: public id of the bank's product it was recommended for. ``text``: the description that the
    enterprise approved for banks. ``consent_until``: until when it lets this bank see more; None: it does not.
    """

    public_id: str
    reference: str
    card: Mapping[str, Any]
    product_id: str | None
    state: State
    shown_at: datetime
    due_on: date
    version: int
    text: str | None
    consent_until: datetime | None


def list_leads(
    session: ScopedSession, *, actor: Actor, now: datetime, state: State | None = None, limit: int = 50, offset: int = 0
) -> list[LeadView]:
    """The leads of the actor's bank, the first due first; nothing here names an enterprise."""
    permit(actor, "leads.read", now)
    query = select(Lead).where(Lead.card.is_not(None))
    if state is not None:
        query = query.where(Lead.ended_at.is_(None) if state == "open" else Lead.ended_at.is_not(None))
    found = session.scalars(query.order_by(Lead.due_on, Lead.id).limit(limit).offset(offset)).all()
    return views_of(session, found, now)


def views_of(session: ScopedSession, leads: Sequence[Lead], now: datetime) -> list[LeadView]:
    """Leads that the session has found, without anything that names an enterprise; those without a card left out."""
    ends, products = _consented(session, leads, now), _products(session, leads)
    return [_view(lead, products, None, ends.get(lead.id)) for lead in leads if lead.card]


def count_leads(session: ScopedSession, state: State) -> int:
    """How many leads the session's actor has in a state."""
    condition = Lead.ended_at.is_(None) if state == "open" else Lead.ended_at.is_not(None)
    return session.scalar(select(func.count()).select_from(Lead).where(condition, Lead.card.is_not(None))) or 0


def find_lead(session: ScopedSession, public_id: str) -> Lead:
    """A lead that the session's actor sees; NotFoundError when there is none."""
    query = select(Lead).where(Lead.public_id == public_id)
    found = session.scalars(query).one_or_none() if is_id(public_id) else None
    if found is None or not found.card:
        raise NotFoundError(
            Text("没有这条推荐。从列表重新进入。", "There is no such lead. Open it from the list again."),
            code="not_found",
        )
    return found


def open_lead(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    channel: Channel,
    now: datetime,
    zone: ZoneInfo,
    purpose: ConsentPurpose = ConsentPurpose.FINANCING,
    groups: tuple[FieldGroup, ...] = EVERYTHING,
    org_code: str | None = None,
    who: str | None = None,
) -> tuple[LeadView, Disclosed]:
    """A lead, and the facts that its enterprise lets the bank see at this moment (written down as disclosed).

    The session must be one that writes. ``org_code``, ``who``: for the system, whom it acts for (a webhook's owner).
    """
    permit(actor, "disclosure.read", now)
    lead = find_lead(session, public_id)
    for_whom = actor.org_code if not actor.trusted else org_code
    if for_whom != lead.org_code:
        for_whom = None
    found = need_for(
        session, actor=actor, need_no=lead.need_no, org_code=for_whom, purpose=purpose, channel=channel, now=now,
        on=now.astimezone(zone).date(), about=f"lead:{public_id}", groups=groups, who=who,
    )  # fmt: skip
    return _view(lead, _products(session, [lead]), approved_text(session, lead.need_no), found.until), found


def _products(session: ScopedSession, leads: Sequence[Lead]) -> dict[str, str]:
    """Product code → public id, of the products that the session's actor sees."""
    codes = {lead.product_code for lead in leads}
    known = select(Product.product_code, Product.public_id).where(Product.product_code.in_(codes))
    return dict(session.execute(known).all())


def _view(lead: Lead, products: Mapping[str, str], text: str | None, until: datetime | None) -> LeadView:
    assert lead.card is not None
    return LeadView(
        public_id=lead.public_id,
        reference=lead.card["card"]["need_no"],
        card=lead.card,
        product_id=products.get(lead.product_code),
        state="open" if lead.ended_at is None else "ended",
        shown_at=lead.shown_at,
        due_on=lead.due_on,
        version=lead.version,
        text=text,
        consent_until=until,
    )


def _consented(session: ScopedSession, leads: Sequence[Lead], now: datetime) -> dict[int, datetime]:
    """Lead → until when its enterprise lets the bank see who it is, of those that do."""
    numbers = {lead.need_no for lead in leads}
    with session.elevated():
        uscc_of = dict(session.execute(select(Need.need_no, Need.uscc).where(Need.need_no.in_(numbers))).all())
        given = session.scalars(
            select(Consent).where(
                Consent.uscc.in_(set(uscc_of.values())),
                Consent.org_code.in_({lead.org_code for lead in leads}),
                Consent.purpose == ConsentPurpose.FINANCING.value,
                active(now),
            )
        ).all()
    ends: dict[int, datetime] = {}
    for lead in leads:
        about = [c for c in given if c.org_code == lead.org_code and c.uscc == uscc_of.get(lead.need_no)
                 and c.need_no in (None, lead.need_no)]  # fmt: skip
        if about:
            ends[lead.id] = min(consent.expires_at for consent in about)
    return ends
