"""The answers of a referral: each a step of ``domain.lifecycle``, written once however many try at the same moment.

The leads that hang on a referral follow in ``push.answers``, which is what pages and the API call.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.lifecycle import REFERRAL, Part, ReferralStep, possible_steps, referral_state, referral_step
from matchmaker.domain.terms import BankAnswer, Coded, FirmAnswer, ReferralState, Side
from matchmaker.domain.text import Text
from matchmaker.referrals.models import Referral
from matchmaker.settings import Settings

LONGEST_NOTE = 500
_PARTS: dict[Side, Part] = {Side.BANK: "bank", Side.ENTERPRISE: "firm"}
_PERMITS: dict[Part, str] = {"bank": "referrals.answer", "firm": "referrals.decline"}


def take_referral(
    session: ScopedSession, *, actor: Actor, public_id: str, settings: Settings, now: datetime
) -> Referral:
    """The bank will handle the need (接单). The same person twice is once; a colleague is told who was first."""
    return _answer(session, actor, "bank", "take", public_id, settings, now)


def refuse_referral(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    reason: str | None,
    note: str | None = None,
    settings: Settings,
    now: datetime,
) -> Referral:
    """The need is not for the bank (不适合我行). ``reason``: a ``RefusalReason``; ``note`` stays inside the bank."""
    return _answer(session, actor, "bank", "refuse", public_id, settings, now, reason, note)


def decline_referral(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    reason: str | None,
    note: str | None = None,
    settings: Settings,
    now: datetime,
) -> Referral:
    """The enterprise is not interested. ``reason``: a ``DeclineReason``; the bank learns neither it nor the note."""
    return _answer(session, actor, "firm", "decline", public_id, settings, now, reason, note)


def undo_answer(session: ScopedSession, *, actor: Actor, public_id: str, settings: Settings, now: datetime) -> Referral:
    """Take the own side's last answer back, within ``referral_undo_seconds`` of it; ConflictError afterwards."""
    part = part_of(actor)
    permit(actor, _PERMITS[part], now)
    referral = hold_referral(session, public_id)
    if not may_undo(referral, part, settings, now) and any(_undo(one, referral, part) for one in REFERRAL):
        raise ConflictError(
            _TOO_LATE, code="undo_too_late", at=_clock(_said_at(referral, part), settings, now),
            seconds=settings.referral_undo_seconds, now=_current(referral, part).label,
        )  # fmt: skip
    return move(session, referral, actor=actor, part=part, verb="undo", now=now, may_undo=True)


def may_take_steps(referral: Referral, actor: Actor, *, settings: Settings, now: datetime) -> tuple[ReferralStep, ...]:
    """The steps that the actor's side may take now, for its buttons; none for a side that answers nothing.

    ``consent`` and ``withdraw`` are among an enterprise's: they are taken by giving and withdrawing a consent.
    """
    if actor.side not in _PARTS:
        return ()
    part = part_of(actor)
    undo = may_undo(referral, part, settings, now)
    return possible_steps(part, _current(referral, part), referral.state, may_undo=undo)


def undo_until(referral: Referral, actor: Actor, *, settings: Settings, now: datetime) -> datetime | None:
    """Until when the actor's side can take its last answer back; None where it cannot."""
    steps = may_take_steps(referral, actor, settings=settings, now=now)
    at = _said_at(referral, part_of(actor)) if any(step.undoes for step in steps) else None
    return at + timedelta(seconds=settings.referral_undo_seconds) if at else None


def may_undo(referral: Referral, part: Part, settings: Settings, now: datetime) -> bool:
    """Whether a part's last answer is so fresh that it can still be taken back."""
    at = _said_at(referral, part)
    return at is not None and now < at + timedelta(seconds=settings.referral_undo_seconds)


def part_of(actor: Actor) -> Part:
    """Which part the actor answers for; NotFoundError for a side that has none."""
    if actor.side not in _PARTS:
        raise unknown_referral()
    return _PARTS[actor.side]


def _answer(
    session: ScopedSession,
    actor: Actor,
    part: Part,
    verb: str,
    public_id: str,
    settings: Settings,
    now: datetime,
    reason: str | None = None,
    note: str | None = None,
) -> Referral:
    permit(actor, _PERMITS[part], now)
    step = next(one for one in REFERRAL if (one.part, one.verb) == (part, verb))
    given = {"reason": _reason(step, reason), "note": _note(note)}
    referral = hold_referral(session, public_id)
    current = _current(referral, part)
    if current is step.target and _is_same(referral, actor, part, given["reason"]):
        return referral
    if part == "bank" and current not in step.sources and referral.bank_person_id != actor.person_id:
        raise already_answered(referral, settings, now)
    undo = may_undo(referral, part, settings, now)
    return move(session, referral, actor=actor, part=part, verb=verb, now=now, may_undo=undo, **given)


def _reason(step: ReferralStep, given: str | None) -> str | None:
    if step.reason is None:
        return None
    codes = [term.value for term in step.reason]
    if given not in codes:
        raise RejectedError(_NO_REASON, code="reason_required", choices=", ".join(codes))
    return given


def _note(given: str | None) -> str | None:
    note = " ".join((given or "").split())
    if len(note) > LONGEST_NOTE:
        raise RejectedError(_LONG_NOTE, code="too_long", limit=LONGEST_NOTE)
    return note or None


def _is_same(referral: Referral, actor: Actor, part: Part, reason: str | None) -> bool:
    """Whether the same answer was given before: by the same person at a bank, by the enterprise as such."""
    if part == "firm":
        return referral.firm_reason == reason
    return referral.bank_person_id == actor.person_id and referral.bank_reason == reason


def hold_referral(session: ScopedSession, public_id: str) -> Referral:
    """A referral that the session's actor sees, held until the transaction ends; NotFoundError when there is none.

    The writers' lock comes first, as everywhere that ends in the change feed: no two wait for each other.
    """
    lock_lists(session)
    query = select(Referral).where(Referral.public_id == public_id).with_for_update()
    clean = public_id.isascii() and public_id.isalnum()
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none() if clean else None
    if found is None:
        raise unknown_referral()
    return found


def move(
    session: ScopedSession,
    referral: Referral,
    *,
    actor: Actor,
    part: Part,
    verb: str,
    now: datetime,
    reason: str | None = None,
    note: str | None = None,
    may_undo: bool = False,
) -> Referral:
    """Take one step with a referral that is held, and write it down; ConflictError where the table has no such step."""
    step = referral_step(part, verb, _current(referral, part), referral.state, may_undo=may_undo)
    before = _told(referral)
    values = {f"{part}_answer": step.target.value, f"{part}_reason": reason, f"{part}_note": note,
              f"{part}_at": None if step.undoes else now}  # fmt: skip
    if part == "bank":
        values |= {"bank_person_id": None, "bank_by": None} if step.undoes else _who(actor)
    write(session, referral, values, now)
    after = _told(referral) | ({"reason": reason} if reason else {})
    record_event(
        session, actor=actor, action=f"referral.{verb}", subject=f"referral:{referral.public_id}", now=now,
        before=before, after=after,
    )  # fmt: skip
    return referral


def _who(actor: Actor) -> dict[str, Any]:
    return {"bank_person_id": actor.person_id, "bank_by": actor.name}


def write(session: ScopedSession, referral: Referral, values: dict[str, Any], now: datetime) -> None:
    """A guarded update; whether it has ended follows from its parts. ``closed``: whether the system ends it.

    Without ``closed`` what the system has ended stays so: an answer to it, and its undo, do not bring it back.
    """
    closed = values.pop("closed", referral.ended_why == ReferralState.CLOSED.value)
    bank = BankAnswer.of(values.get("bank_answer", referral.bank_answer))
    firm = FirmAnswer.of(values.get("firm_answer", referral.firm_answer))
    why = ReferralState.CLOSED if closed else referral_state(bank, firm)
    values |= ending(why, referral.ended_at, now)
    mine = (Referral.id == referral.id) & (Referral.version == referral.version)
    same = (Referral.bank_answer == referral.bank_answer) & (Referral.firm_answer == referral.firm_answer)
    guarded = update(Referral).where(mine, same).values(**values, version=Referral.version + 1)
    done = session.execute(guarded.execution_options(synchronize_session=False))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise ConflictError(_MOVED_ON, code="version_conflict")
    session.refresh(referral)


def ending(why: ReferralState, before: datetime | None, now: datetime) -> dict[str, Any]:
    """The columns that say whether it has ended, why, and since when; ``before``: since when it had."""
    if why is ReferralState.OPEN:
        return {"ended_why": None, "ended_at": None}
    return {"ended_why": why.value, "ended_at": before or now}


def already_answered(referral: Referral, settings: Settings, now: datetime) -> ConflictError:
    """What a colleague reads who comes second: who answered, and when, in the city's time (EXPERIENCE.md B-6)."""
    at = _clock(referral.bank_at, settings, now)
    return ConflictError(_ANSWERED[referral.bank], code="already_answered", who=masked(referral.bank_by), at=at)


def masked(name: str | None) -> str:
    """The first sign of a name and a star: ``张*``; the star alone for nobody."""
    return f"{(name or '')[:1]}*"


def unknown_referral() -> NotFoundError:
    """There is no such referral, or it is not this actor's."""
    return NotFoundError(
        Text("没有这条对接。从列表重新进入。", "There is no such referral. Open it from the list again."),
        code="not_found",
    )


def _current(referral: Referral, part: Part) -> Coded:
    return {"bank": referral.bank, "firm": referral.firm, "whole": referral.state}[part]


def _said_at(referral: Referral, part: Part) -> datetime | None:
    return referral.bank_at if part == "bank" else referral.firm_at


def _undo(step: ReferralStep, referral: Referral, part: Part) -> bool:
    return step.undoes and step.part == part and _current(referral, part) in step.sources


def _clock(at: datetime | None, settings: Settings, now: datetime) -> str:
    """The time of day; with the day where it is another than today's."""
    if at is None:
        return "--:--"
    then, today = at.astimezone(settings.zone), now.astimezone(settings.zone).date()
    return then.strftime("%H:%M" if then.date() == today else "%m-%d %H:%M")


def _told(referral: Referral) -> dict[str, Any]:
    """What the audit keeps of it: codes only."""
    return {"bank": referral.bank_answer, "firm": referral.firm_answer, "state": referral.state.value}


_NO_REASON = Text(
    "缺少原因，没有提交。选择一项：{choices}。", "The reason is missing; nothing was done. Choose one of: {choices}."
)
_LONG_NOTE = Text("说明太长，最多 {limit} 个字。", "The note is too long: at most {limit} characters.")
_TOO_LATE = Text(
    "已在 {at} 答复「{now}」，超过 {seconds} 秒不能撤销，答复有效。",
    "It was answered at {at} ({now}); after {seconds} seconds the answer stands and cannot be undone.",
)
_ANSWERED = {
    BankAnswer.TAKEN: Text("已由{who} 于 {at} 接单。", "Taken by {who} at {at}."),
    BankAnswer.REFUSED: Text(
        "已由{who} 于 {at} 答复「不适合我行」。", "{who} answered at {at} that it is not for this bank."
    ),
}
_MOVED_ON = Text(
    "这条对接刚刚被改动，没有执行。刷新后再试。", "This referral has just been changed. Reload and try again."
)
