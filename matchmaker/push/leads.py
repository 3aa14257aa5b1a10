"""Which bank is shown which need: within the bank's monthly capacity and the number of banks the enterprise wants.

A deterministic greedy allocation, in rounds: every need, the oldest first, gets its best bank before any gets a second.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.feed import announce_changes
from matchmaker.db import insert_new, lock_lists
from matchmaker.domain.terms import Verdict
from matchmaker.outbox.webhooks.events import Happening, emit_all
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.scene import Scene
from matchmaker.referrals.opening import Recommended, close_referrals, open_referrals, said_no, taken_pairs
from matchmaker.scoring.prepared import prepare_need, prepare_product
from matchmaker.scoring.verdict import verdict_of

RESPONSE_WORKDAYS = 3
"""Workdays a bank has for its first response, from the push."""

Offer = tuple[str, str]
"""(org_code, product_code)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A need looking for banks: its free places and the offers that fit, best first, one bank possibly several times.

    ``again`` are offers that have been shown before and cost no capacity now.
    """

    need_no: str
    places: int
    offers: tuple[Offer, ...]
    again: frozenset[Offer] = frozenset()


def allocate(wishes: Sequence[Wish], room: Mapping[str, int]) -> list[tuple[str, Offer]]:
    """(need_no, offer) in the order in which they are given away.

    ``wishes``: oldest need first. ``room``: product_code → leads it may still be shown this month; a product that is
    not named has none.
    """
    left = Counter(room)
    given: list[tuple[str, Offer]] = []
    banks: dict[str, set[str]] = defaultdict(set)
    for turn in range(1, max((wish.places for wish in wishes), default=0) + 1):
        for wish in wishes:
            if turn > wish.places:
                continue
            offer = _best(wish, banks[wish.need_no], left)
            if offer:
                given.append((wish.need_no, offer))
                banks[wish.need_no].add(offer[0])
                left[offer[1]] -= offer not in wish.again
    return given


def _best(wish: Wish, taken: Collection[str], left: Mapping[str, int]) -> Offer | None:
    for offer in wish.offers:
        if offer[0] not in taken and (offer in wish.again or left[offer[1]] > 0):
            return offer
    return None


def update_leads(
    session: Session, scene: Scene, *, banks: Collection[str], push_run_id: int, shown_at: datetime, due_on: date
) -> list[Lead]:
    """End leads that no longer hold, give free places away, and return all open leads.

    ``banks``: org_codes whose people can be reached; a place is not wasted on others. ``shown_at``: when the push goes
    out; its month's capacity is used. A lead that ended is opened again at no cost with the product it was shown with;
    with another one it counts anew. A pair that one side said no to is never given again. The writers' lock comes
    first: answers wait, and what they say is known here.
    """
    lock_lists(session)
    leads = list(session.scalars(select(Lead).order_by(Lead.id)))
    open_before = {lead.id for lead in leads if lead.ended_at is None}
    _end(leads, scene, banks, taken_pairs(session))
    month = shown_at.astimezone(scene.zone).strftime("%Y-%m")
    given = allocate(_wishes(leads, scene, banks, _Refused.of(session, scene)), _room(session, scene, month))
    known = {(lead.need_no, lead.org_code): lead for lead in leads}
    rows: list[dict[str, Any]] = []
    for need_no, (org_code, product_code) in given:
        lead = known.get((need_no, org_code))
        if lead is not None:
            lead.ended_at, lead.due_on, lead.version = None, due_on, lead.version + 1
            if lead.product_code != product_code:
                lead.product_code, lead.month = product_code, month
            continue
        rows.append(
            {
                "need_no": need_no,
                "org_code": org_code,
                "product_code": product_code,
                "month": month,
                "shown_at": shown_at,
                "due_on": due_on,
                "push_run_id": push_run_id,
            }
        )
    session.flush()
    insert_new(session, Lead, rows, Lead.id)
    now_open = list(session.scalars(select(Lead).where(Lead.ended_at.is_(None)).order_by(Lead.id)))
    _announce(session, open_before, now_open, {lead.id: lead for lead in leads}, scene.now)
    return now_open


@dataclass(frozen=True, slots=True)
class _Refused:
    """Pairs (need_no, org_code) that one side said no to; ``fresh``: it may still be undone, so the place is kept."""

    pairs: frozenset[tuple[str, str]]
    fresh: Counter[str]

    @classmethod
    def of(cls, session: Session, scene: Scene) -> "_Refused":
        """Those of now."""
        found, limit = said_no(session), timedelta(seconds=scene.settings.referral_undo_seconds)
        fresh = Counter(one.need_no for one in found if one.ended_at and scene.now < one.ended_at + limit)
        return cls(frozenset((one.need_no, one.org_code) for one in found), fresh)


def _end(leads: Sequence[Lead], scene: Scene, banks: Collection[str], taken: Collection[tuple[str, str]]) -> None:
    """A lead ends when its need or product has left the market, the pair no longer fits, nobody at the bank can be
    reached, or the enterprise wants fewer banks at once: those that were shown it last step back, and of those who have
    taken it only when there is no other."""
    held: Counter[str] = Counter()
    for lead in sorted(leads, key=lambda lead: (lead.need_no, lead.org_code) not in taken):
        if lead.ended_at is not None:
            continue
        too_many = lead.need_no in scene.fresh_needs and held[lead.need_no] >= scene.banks_at_a_time(lead.need_no)
        if too_many or lead.org_code not in banks or not _still_fits(lead, scene):
            end_lead(lead, scene.now)
        else:
            held[lead.need_no] += 1


def end_lead(lead: Lead, now: datetime) -> None:
    """The bank is no longer asked for this need."""
    lead.ended_at, lead.version = now, lead.version + 1


def _announce(
    session: Session, before: Collection[int], leads: Sequence[Lead], known: Mapping[int, Lead], now: datetime
) -> None:
    """Tell the banks' systems which leads are new to them (or open again) and which have ended."""
    opened = [lead for lead in leads if lead.id not in before]
    still = {lead.id for lead in leads}
    ended = [known[number] for number in sorted(before) if number not in still]
    close_referrals(session, [(lead.need_no, lead.org_code) for lead in ended], now)
    shown = [Recommended(lead.need_no, lead.org_code, lead.product_code, lead.due_on) for lead in opened]
    open_referrals(session, shown, now)
    tell_systems(session, opened, ended, now)


def end_leads(session: Session, leads: Sequence[Lead], now: datetime) -> None:
    """The banks are no longer asked for these needs; their referrals end, and their systems hear of it."""
    for lead in leads:
        end_lead(lead, now)
    close_referrals(session, [(lead.need_no, lead.org_code) for lead in leads], now)
    tell_systems(session, [], leads, now)


def tell_systems(session: Session, opened: Sequence[Lead], ended: Sequence[Lead], now: datetime) -> None:
    """Tell the banks' systems, by feed and webhook, of leads that are open to them now and of those that have ended."""
    announce_changes(session, [lead_change(lead, now) for lead in [*opened, *ended]])
    told = [("need.matched", lead) for lead in opened] + [("lead.ended", lead) for lead in ended]
    emit_all(session, [Happening(kind, "lead", lead.public_id, org_code=lead.org_code) for kind, lead in told], now=now)


def lead_change(lead: Lead, now: datetime) -> dict[str, object]:
    """A lead's row of the change feed: the bank's matter, without the enterprise's code."""
    gone = lead.ended_at is not None
    return {
        "kind": "lead", "public_id": lead.public_id, "gone": gone, "org_code": lead.org_code, "uscc": None, "at": now,
    }  # fmt: skip


def _still_fits(lead: Lead, scene: Scene) -> bool:
    need, product = scene.needs.get(lead.need_no), scene.products.get(lead.product_code)
    if need is None or product is None:
        return False
    reference = scene.market.reference
    asked = prepare_product(product, scene.on, reference)
    return verdict_of(prepare_need(need, scene.on, reference), asked) is Verdict.ELIGIBLE


def _wishes(leads: Sequence[Lead], scene: Scene, banks: Collection[str], refused: _Refused) -> list[Wish]:
    taken: dict[str, set[str]] = defaultdict(set)
    again: dict[str, set[Offer]] = defaultdict(set)
    for lead in leads:
        if lead.ended_at is None:
            taken[lead.need_no].add(lead.org_code)
        else:
            again[lead.need_no].add((lead.org_code, lead.product_code))
    wishes = []
    for need_no in scene.oldest_first():
        offers = tuple(
            (product.bank, product.product_code)
            for pair in scene.pairs.get(need_no, ())
            if pair.verdict is Verdict.ELIGIBLE and pair.product_code in scene.fresh_products
            for product in (scene.products[pair.product_code],)
            if product.bank in banks
            and product.bank not in taken[need_no]
            and (need_no, product.bank) not in refused.pairs
        )
        places = scene.banks_at_a_time(need_no) - len(taken[need_no]) - refused.fresh[need_no]
        if offers and places > 0:
            wishes.append(Wish(need_no, places, offers, frozenset(again[need_no])))
    return wishes


def _room(session: Session, scene: Scene, month: str) -> dict[str, int]:
    """What is left of each product's capacity: the leads counted in the month, and those it has passed on since."""
    leads = session.execute(select(Lead.product_code, Lead.need_no, Lead.org_code).where(Lead.month == month)).all()
    counted = {(product_code, need_no) for product_code, need_no, _ in leads}
    counted |= _passed_on(session, month, {(need_no, org_code) for _, need_no, org_code in leads})
    used = Counter(product_code for product_code, _ in counted)
    return {code: max(scene.capacity(code) - used[code], 0) for code in scene.fresh_products}


def _passed_on(session: Session, month: str, leads: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """(product_code, need_no) of what banks were told in the month about leads that count in it."""
    said = select(PushItem.payload).where(PushItem.section == "lead", PushItem.window.startswith(month))
    payloads = ((told["rests_on"], told["owner"]) for told in session.scalars(said))
    return {(on["product"], on["need"]) for on, owner in payloads if (on["need"], owner) in leads}


def open_leads_of(session: Session, org_code: str) -> Sequence[Lead]:
    """The open leads of a bank, the first due first."""
    mine = select(Lead).where(Lead.org_code == org_code, Lead.ended_at.is_(None))
    return session.scalars(mine.order_by(Lead.due_on, Lead.id)).all()
