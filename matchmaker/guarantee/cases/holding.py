"""Holding a case and moving it one step on: guarded, versioned, in the audit."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from matchmaker.accounts.audit import record_event
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, new_public_id
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.guarantee_life import ENDED, REASON_SIGNS, STEPS, guarantee_step
from matchmaker.domain.guarantee_terms import GuaranteeState
from matchmaker.domain.terms import SizeClass
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.models import Guarantee, GuaranteeNote, Values
from matchmaker.guarantee.cases.notices import tell_parties
from matchmaker.guarantee.ledger.services import Covered, Position, position
from matchmaker.settings import Settings

LONGEST_NOTE = 2000
INSIDE = ("review", "return", "check", "propose_write_off")
"""Steps whose words stay between the guarantor and the bureau."""


def hold_case(session: ScopedSession, public_id: str, version: int | None = None) -> Guarantee:
    """A case that the session's actor sees, held until the transaction ends.

    NotFoundError when there is none; ConflictError where ``version``, that of the page it was read from, has passed.
    """
    clean = public_id.isascii() and public_id.isalnum()
    query = select(Guarantee).where(Guarantee.public_id == public_id).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none() if clean else None
    if found is None:
        raise unknown_case()
    if version is not None and version != found.version:
        raise moved_on(found.stands)
    return found


def move(
    session: ScopedSession,
    case: Guarantee,
    verb: str,
    *,
    actor: Actor,
    now: datetime,
    to: GuaranteeState | None = None,
    note: str | None = None,
    **values: Any,
) -> Guarantee:
    """Take one step with a case that is held; ConflictError where the table has no such step from here.

    ``to``: where it ends, of a step that may end in several states. ``note``: what is said with it.
    """
    step = guarantee_step(verb, case.stands)
    said = clean_note(note, required=step.reason)
    before = case.state
    write(session, case, {**values, "state": (to or step.targets[0]).value}, now)
    if said is not None:
        add_note(session, case, verb, said, actor, now)
    told = {"state": case.state} | ({"opinion": values["opinion"]} if "opinion" in values else {})
    tell_audit(session, case, verb, actor=actor, now=now, before={"state": before}, after=told)
    if case.state != before:
        tell_parties(session, case, now, verb)
    return case


def write(session: ScopedSession, case: Guarantee, values: Values, now: datetime) -> None:
    """A guarded update of a case; ConflictError that names the present state where another was faster."""
    state = GuaranteeState.of(values.get("state", case.state))
    if state in ENDED and case.ended_at is None:
        values = {**values, "ended_at": now}
    mine = (Guarantee.id == case.id) & (Guarantee.version == case.version) & (Guarantee.state == case.state)
    guarded = update(Guarantee).where(mine).values(**values, version=Guarantee.version + 1)
    done = session.execute(guarded.execution_options(synchronize_session=False))
    session.refresh(case)
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise moved_on(case.stands)


def tell_audit(
    session: ScopedSession,
    case: Guarantee,
    verb: str,
    *,
    actor: Actor,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Record a step; of the enterprise nothing but the number of the case."""
    record_event(
        session, actor=actor, action=f"guarantee.{verb}", subject=f"guarantee:{case.public_id}", now=now,
        before=before, after={"no": case.guarantee_no, **(after or {})},
    )  # fmt: skip


def add_note(session: ScopedSession, case: Guarantee, verb: str, said: str, actor: Actor, now: datetime) -> None:
    """Keep what was said with a step."""
    session.add(
        GuaranteeNote(
            guarantee_no=case.guarantee_no, uscc=case.uscc, org_code=case.org_code, bank_code=case.bank_code,
            verb=verb, text=said, inside=verb in INSIDE, said_at=now, said_by=hand_of(actor), name=actor.name,
        )
    )  # fmt: skip
    session.flush()


def clean_note(given: str | None, *, required: bool) -> str | None:
    """The words without blanks around them; RejectedError for a reason of fewer than ten characters (U-2)."""
    said = (given or "").strip()
    if required and len(said) < REASON_SIGNS:
        raise RejectedError(_SHORT, code="reason_short", least=REASON_SIGNS, has=len(said))
    if len(said) > LONGEST_NOTE:
        raise RejectedError(_LONG, code="too_long", limit=LONGEST_NOTE)
    return said or None


def hand_of(actor: Actor) -> str:
    """Who it is, the same whether a page or a token was used: maker and checker are persons, not credentials."""
    return f"person:{actor.person_id}" if actor.person_id is not None else actor.who


def require_second(actor: Actor, first: str | None, verb: str) -> None:
    """ConflictError (``same_person``) where ``actor`` is the one who took the first of two steps."""
    if first is not None and hand_of(actor) == first:
        raise ConflictError(_SAME, code="same_person", verb=STEPS[verb].label, first=STEPS[verb].second)


def covered_of(case: Guarantee) -> Covered:
    """The case as the ledger knows it."""
    return Covered(
        guarantee_no=case.guarantee_no, org_code=case.org_code, scheme_code=case.scheme_code,
        bank_code=case.bank_code, uscc=case.uscc, chain_code=case.chain_code, grade=case.rated,
        size_class=SizeClass.of(case.size_class) if case.size_class else None,
        shares={party: share for party, share in case.split.items() if share}, amount_fen=case.amount_fen,
        groups=tuple(case.groups), fee_fen=case.fee_fen, fee_payer=case.payer,
    )  # fmt: skip


def position_of(session: ScopedSession, case: Guarantee) -> Position:
    """Where the case stands in the ledger: whoever sees the case sees its own sums."""
    with session.elevated():
        return position(session, case.guarantee_no)


def local_day(now: datetime, settings: Settings) -> date:
    """The city's day."""
    return now.astimezone(settings.zone).date()


def new_number(prefix: str, on: date) -> str:
    """A number that tells its day and nothing of how many there are: ``DB-20261123-k3m8qx``."""
    return f"{prefix}-{on:%Y%m%d}-{new_public_id()[:6]}"


def unknown_case() -> NotFoundError:
    """There is no such case, or it is not this actor's."""
    return NotFoundError(
        Text("没有这笔担保。从列表重新进入。", "There is no such guarantee. Open it from the list again."),
        code="not_found",
    )


def moved_on(state: GuaranteeState) -> ConflictError:
    """What somebody reads who comes second: where it stands now."""
    return ConflictError(_MOVED_ON, code="version_conflict", now=state.label)


_SHORT = Text(
    "理由至少 {least} 个字，现在 {has} 个字，没有提交。补充理由后再提交。",
    "The reason needs at least {least} characters and has {has}; nothing was done. Write more.",
)
_LONG = Text("说明太长，最多 {limit} 个字。", "The text is too long: at most {limit} characters.")
_SAME = Text(
    "{first}不能自己「{verb}」：这一步须由另一人办理，没有执行。",
    'Nothing was done: {first} cannot take the step "{verb}" too; another person has to.',
)
_MOVED_ON = Text(
    "这笔担保刚刚被改动，现在为「{now}」，没有执行。刷新后再看。",
    "This guarantee has just been changed and stands at {now}; nothing was done. Reload it.",
)
