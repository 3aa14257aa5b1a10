"""「银行看到的是这样」: a need's free text scrubbed, shown to its enterprise, and approved as shown."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.models import ApprovedText
from matchmaker.accounts.permits import permit
from matchmaker.accounts.scrub import Identity, scrub
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.text import Text
from matchmaker.lists.disclosed import source_hash
from matchmaker.lists.models import Contact, Enterprise, Need
from matchmaker.lists.registers import Area

_MOST_BRANDS = 20
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Preview:
    """A need's description, how banks would read it, and whether that is approved. ``as_shown``: names this reading."""

    need_no: str
    written: str
    shown: str
    as_shown: str
    approved_at: datetime | None


def preview_text(session: ScopedSession, need_no: str, brands: tuple[str, ...] = ()) -> Preview:
    """How banks would read a need of the session's enterprise. ``brands``: further words to take out.

    NotFoundError for another's need; a need without a description has nothing to show.
    """
    query = select(Need).where(Need.need_no == need_no)
    need = session.scalars(query).one_or_none() if need_no.isprintable() else None
    if need is None:
        raise NotFoundError(Text("没有这条需求。", "There is no such need."), code="not_found")
    written = need.description or ""
    mine = (ApprovedText.need_no == need_no) & (ApprovedText.source_hash == source_hash(written))
    approved = session.scalars(select(ApprovedText).where(mine)).one_or_none()
    if approved is not None and not brands:
        return Preview(need_no, written, approved.shown, source_hash(approved.shown), approved.approved_at)
    shown = scrub(written, identity_of(session, need.uscc, brands))
    return Preview(need_no, written, shown, source_hash(shown), None)


def shown_to_banks(session: ScopedSession, uscc: str, written: str) -> str:
    """How banks would read a description of a need that the enterprise has not sent yet."""
    return scrub(written, identity_of(session, uscc))


def identity_of(session: ScopedSession, uscc: str, brands: tuple[str, ...] = ()) -> Identity:
    """What names an enterprise, read from the lists."""
    name = session.scalar(select(Enterprise.name).where(Enterprise.uscc == uscc)) or ""
    people = session.execute(select(Contact.name, Contact.phone, Contact.email).where(Contact.uscc == uscc)).all()
    return Identity(
        name=name,
        uscc=uscc,
        places=tuple(session.scalars(select(Area.name).distinct())),
        people=tuple(person.name for person in people),
        numbers=tuple(number for person in people for number in (person.phone, person.email) if number),
        brands=brands,
    )


def read_brands(written: str) -> tuple[str, ...]:
    """Words as typed into one field, separated by commas, semicolons or lines; the first twenty."""
    for sign in "，、；;\n\r":
        written = written.replace(sign, ",")
    words = (word.strip() for word in written[:_LONGEST].split(","))
    return tuple(word for word in words if word)[:_MOST_BRANDS]


def approve_text(
    session: ScopedSession, *, actor: Actor, need_no: str, brands: tuple[str, ...], as_shown: str, now: datetime
) -> Preview:
    """Let banks read the text as it was shown; void as soon as the description changes.

    ``as_shown``: of the preview that was read; ConflictError when the text would read differently by now.
    """
    permit(actor, "needs.write", now)
    lock_lists(session)
    found = preview_text(session, need_no, brands)
    if not found.written:
        raise RejectedError(_NOTHING, code="nothing_written")
    if found.as_shown != as_shown:
        raise ConflictError(_CHANGED, code="version_conflict")
    mine = (ApprovedText.need_no == need_no) & (ApprovedText.source_hash == source_hash(found.written))
    kept = session.scalars(select(ApprovedText).where(mine)).one_or_none()
    if kept is None:
        uscc = session.scalar(select(Need.uscc).where(Need.need_no == need_no)) or ""
        kept = ApprovedText(need_no=need_no, uscc=uscc, source_hash=source_hash(found.written))
        session.add(kept)
    kept.shown, kept.approved_by, kept.approved_at = found.shown, actor.who, now
    session.flush()
    record_event(
        session, actor=actor, action="text.approved", subject=f"need:{need_no}", now=now,
        after={"text": found.as_shown},
    )  # fmt: skip
    return preview_text(session, need_no)


def withdraw_text(session: ScopedSession, *, actor: Actor, need_no: str, now: datetime) -> None:
    """Let banks read no text of this need any more."""
    permit(actor, "needs.write", now)
    preview_text(session, need_no)
    for kept in session.scalars(select(ApprovedText).where(ApprovedText.need_no == need_no)):
        session.delete(kept)
    record_event(session, actor=actor, action="text.withdrawn", subject=f"need:{need_no}", now=now)


_NOTHING = Text("这条需求没有说明文字，无需确认。", "This need has no description, so there is nothing to approve.")
_CHANGED = Text(
    "需求说明在您查看后有改动，没有保存。重新查看后再确认。",
    "The text has changed since you read it. Read it again, then approve.",
)
