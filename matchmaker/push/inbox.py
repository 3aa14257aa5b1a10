"""A bank's inbox: each lead with its referral, in the tabs of what is to be done, the first due first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.push.lead_views import LeadView, views_of
from matchmaker.push.models import Lead
from matchmaker.referrals.models import Referral
from matchmaker.referrals.queries import TABS, ReferralView, Tab, in_tab, view_of
from matchmaker.settings import Settings

_SAME = (Referral.need_no == Lead.need_no) & (Referral.org_code == Lead.org_code)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """What a bank knows of a need, and where the two answers stand."""

    lead: LeadView
    referral: ReferralView


def inbox_of(
    session: ScopedSession, *, actor: Actor, tab: Tab, on: date, settings: Settings, now: datetime, limit: int = 50,
    offset: int = 0,
) -> list[InboxRow]:  # fmt: skip
    """The rows of a tab; ``on``: the local day, which parts what waits from what is overdue."""
    permit(actor, "leads.read", now)
    query = select(Lead, Referral).join(Referral, _SAME).where(Lead.card.is_not(None), in_tab(tab, on))
    query = query.order_by(Referral.due_on.is_(None), Referral.due_on, Lead.public_id).limit(limit).offset(offset)
    found = session.execute(query).all()
    leads = views_of(session, [row.Lead for row in found], now)
    answers = [view_of(row.Referral, actor, settings=settings, now=now) for row in found]
    return [InboxRow(lead, answer) for lead, answer in zip(leads, answers, strict=True)]


def count_inbox(session: ScopedSession, *, on: date) -> Mapping[Tab, int]:
    """How many rows each tab has for the session's actor."""
    counts = [func.count().filter(in_tab(tab, on)) for tab in TABS]
    counted = select(*counts).select_from(Lead).join(Referral, _SAME).where(Lead.card.is_not(None))
    return dict(zip(TABS, session.execute(counted).one(), strict=True))
