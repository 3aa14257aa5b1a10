"""Booking of guarantees: capacity is reserved, then drawn or freed; repayment, compensation, recovery, write-off.

Each function books one balanced entry or nothing. It locks the balances it changes before it looks at them: the
guarantor's first, which puts all bookings of a guarantor in a row, then the others, groups of the city last, each in
the order of their keys. On SQLite there is one writer at a time. The ledger is the system's to write: whoever calls
has checked that the actor may do this. ``on``: the day it happened. Money in fen.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, RejectedError
from matchmaker.domain.money import MAX_FEN
from matchmaker.domain.text import Text
from matchmaker.guarantee.ledger import steps
from matchmaker.guarantee.ledger.balances import Deltas, add_to, deltas_of, guarantor_key, keys_of, locked, read, shared
from matchmaker.guarantee.ledger.booking import Entry, Held, book, held_by, legs_of, sums_of, write
from matchmaker.guarantee.ledger.capacity import Effect, OverLimitError, effect_of
from matchmaker.guarantee.ledger.models import GuaranteeBalance
from matchmaker.guarantee.ledger.registers import Rules, rules_for
from matchmaker.scoring.exposure import Books, Covered, Standing
from matchmaker.scoring.measures import Position, position_of

__all__ = [
    "Covered", "Effect", "OverLimitError", "Position", "book_compensation", "book_drawdown", "book_fee",
    "book_recovery", "book_repayment", "book_write_off", "free_capacity", "position", "preview_capacity",
    "reserve_capacity",
]  # fmt: skip


def preview_capacity(session: Session, covered: Covered, on: date) -> Effect:
    """What reserving the case would do to each limit as things stand; nothing is locked or written.

    ConflictError where guarantor or scheme are not registered.
    """
    with cast(ScopedSession, session).elevated():
        rules = rules_for(session, covered)
        _, deltas = _reservation(held_by(session, covered.org_code, covered.uscc), covered, rules, on)
        return effect_of(session, rules, covered, deltas, on, read(session, keys_of(covered)))


def reserve_capacity(session: Session, covered: Covered, *, on: date, actor: Actor, now: datetime) -> Effect:
    """Promise the whole amount of the case, and its fee where the treasury bears it.

    OverLimitError with all broken limits, or ConflictError where the case was reserved before: nothing is booked.
    """
    _refuse_odd(covered)
    with cast(ScopedSession, session).elevated():
        rules = rules_for(session, covered)
        shared(session, guarantor_key(covered.org_code))
        _refuse_moved(session, covered)
        held = held_by(session, covered.org_code, covered.uscc)
        if covered.guarantee_no in held.cases:
            raise ConflictError(_RESERVED, code="already_reserved", no=covered.guarantee_no)
        legs, deltas = _reservation(held, covered, rules, on)
        rows = locked(session, deltas)
        effect = effect_of(session, rules, covered, deltas, on, {key[:2]: row for key, row in rows.items()})
        if effect.broken:
            raise OverLimitError(effect)
        write(session, covered, Entry("reserve", on, actor, now, limits=effect.to_json()), legs)
        add_to(rows, deltas)
        return effect


def _reservation(held: Held, covered: Covered, rules: Rules, on: date) -> tuple[dict[str, Books], Deltas]:
    """The legs of reserving a case, and what they add to each balance; the case joins those held."""
    held.cases[covered.guarantee_no] = covered
    after = Standing(reserved=covered.amount_fen, fee_reserved=covered.fee_fen)
    legs = legs_of(held, covered, after, rules.weights)
    return legs, deltas_of("reserve", on, held.cases, legs)


def _refuse_odd(covered: Covered) -> None:
    if not 0 < covered.amount_fen <= MAX_FEN or not 0 <= covered.fee_fen <= MAX_FEN:
        raise RejectedError(_ODD_AMOUNT, code="amount_positive")


def _refuse_moved(session: Session, covered: Covered) -> None:
    """A scheme that was given to another guarantor would begin anew with its cap, budget and compensation rate."""
    elsewhere = (GuaranteeBalance.scope == "scheme") & (GuaranteeBalance.org_code != covered.org_code)
    held = GuaranteeBalance.nominal + GuaranteeBalance.reserved_nominal + GuaranteeBalance.loss
    rows = select(GuaranteeBalance.org_code, GuaranteeBalance.key).where(elsewhere, held > 0)
    for org, key in session.execute(rows):
        if key == f"{org}|{covered.scheme_code}":
            raise ConflictError(_MOVED, code="scheme_moved", scheme=covered.scheme_code, org=org)


def free_capacity(
    session: Session, covered: Covered, *, why: str, on: date, actor: Actor, now: datetime, event_id: str | None = None
) -> Position:
    """Give back what is reserved and not drawn (withdrawn, lapsed, given up). ConflictError where nothing is."""
    return _book(session, covered, Entry("free", on, actor, now, why, event_id), lambda at, _: steps.free(at))


def book_drawdown(
    session: Session, covered: Covered, *, fen: int, on: date, actor: Actor, now: datetime, event_id: str | None = None
) -> Position:
    """The bank has paid ``fen`` out. ConflictError above what is reserved."""
    entry = Entry("drawdown", on, actor, now, None, event_id)
    return _book(session, covered, entry, lambda at, _: steps.draw(at, fen))


def book_repayment(
    session: Session, covered: Covered, *, fen: int, on: date, actor: Actor, now: datetime, event_id: str | None = None
) -> Position:
    """The enterprise has repaid ``fen`` of the principal. ConflictError above what is out."""
    entry = Entry("repayment", on, actor, now, None, event_id)
    return _book(session, covered, entry, lambda at, _: steps.repay(at, fen))


def book_compensation(
    session: Session,
    covered: Covered,
    *,
    principal_fen: int,
    interest_fen: int,
    on: date,
    actor: Actor,
    now: datetime,
    event_id: str | None = None,
) -> Position:
    """The bank is compensated for the whole principal that is out, and interest: a loss borne by shares."""
    entry = Entry("compensation", on, actor, now, None, event_id)
    return _book(session, covered, entry, lambda at, _: steps.compensate(at, principal_fen, interest_fen))


def book_recovery(
    session: Session, covered: Covered, *, fen: int, on: date, actor: Actor, now: datetime, event_id: str | None = None
) -> Position:
    """``fen`` came back from the borrower, shared back by the loss shares. ConflictError above the loss."""
    entry = Entry("recovery", on, actor, now, None, event_id)
    return _book(session, covered, entry, lambda at, _: steps.recover(at, fen))


def book_write_off(
    session: Session, covered: Covered, *, on: date, actor: Actor, now: datetime, event_id: str | None = None
) -> Position:
    """What has not come back of the loss is written off, once. ConflictError where nothing is left."""
    return _book(
        session, covered, Entry("write_off", on, actor, now, None, event_id), lambda at, _: steps.write_off(at)
    )


def book_fee(
    session: Session, covered: Covered, *, on: date, actor: Actor, now: datetime, event_id: str | None = None
) -> Position | None:
    """The fee of the case falls due to whoever pays it, once; a fee of zero books nothing: None."""
    if not covered.fee_fen:
        return None
    return _book(session, covered, Entry("fee", on, actor, now, None, event_id), steps.settle_fee)


def _book(session: Session, covered: Covered, entry: Entry, step: Callable[[Position, Covered], Standing]) -> Position:
    with cast(ScopedSession, session).elevated():
        return book(session, covered, entry, step)


def position(session: Session, guarantee_no: str) -> Position:
    """Where a case stands; all zero where nothing was booked. Only cases whose rows the session may see."""
    return position_of(guarantee_no, sums_of(session, [guarantee_no]).get(guarantee_no, []))


_RESERVED = Text(
    "担保 {no} 已预留过额度，没有再次写入。",
    "Capacity was reserved for guarantee {no} before; nothing was written again.",
)
_MOVED = Text(
    "方案 {scheme} 在担保机构 {org} 名下还有没有办结的担保，不能由另一家占用额度。另建方案，或等那些担保办结。",
    "Scheme {scheme} still has guarantees of {org} that have not ended, so another guarantor cannot reserve under it. "
    "Make a scheme of its own, or wait until they have ended.",
)
_ODD_AMOUNT = Text(
    "担保金额应大于零，担保费不能为负数。改正后重新提交。",
    "The amount must be above zero and the fee not negative. Mend it and submit again.",
)
