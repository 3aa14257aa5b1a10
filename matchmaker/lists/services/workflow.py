"""The workflow of list entries: steps, confirmation, expiry."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.actor import Actor
from matchmaker.domain.errors import ConflictError, UsageError
from matchmaker.domain.lifecycle import VERBS, step
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.domain.text import Text
from matchmaker.lists.care import awaits_enterprise
from matchmaker.lists.entry import Entry, values_of
from matchmaker.lists.models import Need, Policy, Product
from matchmaker.lists.services.published import tell_published
from matchmaker.lists.services.returned import CAUSE as RETURN
from matchmaker.lists.services.returned import tell_returned
from matchmaker.lists.services.writing import confirm, record_version, require_actor, step_entry

NIGHTLY = Actor("system:nightly", Side.TRUSTED)
_ENDS: tuple[tuple[type[Entry], str], ...] = (
    (Product, "valid_to"),
    (Need, "latest_funding_on"),
    (Policy, "valid_to"),
)
"""Which date ends an entry of a list by itself."""


def change_status(
    session: Session, *, actor: Actor, entry: Entry, verb: str, now: datetime, note: str | None = None
) -> None:
    """Take one step of ``domain.lifecycle`` and keep it as a new version; ``note``: what is said with it.

    Raises ConflictError when the table has no such step from the current status, when the entry has moved on, and
    ``awaits_enterprise`` when a need that was entered for an enterprise has not been confirmed by it.
    """
    require_actor(actor)
    if verb not in VERBS:
        raise UsageError(
            Text("没有「{verb}」这个操作；可用：{verbs}。", 'There is no step "{verb}"; use one of {verbs}.'),
            code="unknown_verb",
            verb=verb,
            verbs="、".join(VERBS),
        )
    _refuse_unconfirmed(session, actor, entry, verb)
    before = {"status": entry.status.value, "version": entry.version}
    step_entry(session, entry, step(entry.status, verb), now)
    record_version(session, actor=actor, entry=entry, cause=verb, now=now, note=note)
    record_event(
        session,
        actor=actor,
        action=f"entry.{verb}",
        subject=f"{entry.kind_name}:{entry.public_id}",
        now=now,
        before=before,
        after={"status": entry.status.value, "version": entry.version},
    )
    if verb == RETURN:
        tell_returned(session, entry, now)
    if entry.status is EntryStatus.PUBLISHED:
        tell_published(session, type(entry), [(entry.public_id, values_of(entry))], now)


def _refuse_unconfirmed(session: Session, actor: Actor, entry: Entry, verb: str) -> None:
    """What was entered for an enterprise goes nowhere before the enterprise has said yes."""
    if not isinstance(entry, Need) or verb not in ("submit", "publish") or actor.uscc == entry.uscc:
        return
    if session.scalar(select(Need.id).where(Need.id == entry.id, awaits_enterprise(Need))) is not None:
        raise ConflictError(_AWAITS, code="awaits_enterprise", need_no=entry.need_no)


_AWAITS = Text(
    "需求 {need_no} 是代企业填写的，企业确认后才能提交或发布。请提醒企业在工作台确认。",
    "Need {need_no} was entered for the enterprise: it goes on once that has confirmed it on its workbench.",
)


def confirm_entries(session: Session, *, actor: Actor, entries: Iterable[Entry], now: datetime) -> int:
    """Say that entries of one or more lists are still right; no version is made. How many were confirmed."""
    require_actor(actor)
    by_model: dict[type[Entry], list[Entry]] = {}
    for entry in entries:
        by_model.setdefault(type(entry), []).append(entry)
    count = 0
    for model, some in by_model.items():
        confirmed = confirm(session, model, [(entry.id, entry.version) for entry in some], now)
        subject = f"{model.kind_name}:{some[0].public_id}" if len(some) == 1 else f"list:{model.kind_name}"
        record_event(
            session, actor=actor, action="lists.confirmed", subject=subject, now=now, after={"entries": confirmed}
        )
        count += confirmed
        for entry in some:
            session.expire(entry, ["confirmed_at"])
    return count


def expire_entries(session: Session, on: date, now: datetime) -> dict[str, int]:
    """End what is past its last day on ``on``: products and policies past valid_to, needs past latest_funding_on.

    For the nightly job; no import and no match runs it. Gives kind → how many.
    """
    expired = {}
    for model, attribute in _ENDS:
        column = inspect(model).columns[attribute]
        alive = model.status.in_((EntryStatus.PUBLISHED, EntryStatus.SUSPENDED))
        entries = session.scalars(select(model).where(alive, column < on).order_by(model.id)).all()
        for entry in entries:
            change_status(session, actor=NIGHTLY, entry=entry, verb="expire", now=now)
        expired[model.kind_name] = len(entries)
    return expired
