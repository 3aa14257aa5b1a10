"""What has been typed into a form and not been sent yet: kept for its person, faulty or not."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from matchmaker.accounts.consent import is_id
from matchmaker.accounts.models import FormDraft
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_name
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text

LONGEST = 4_000
"""Characters that are kept of one input; no field takes as many."""

Typed = Mapping[str, Sequence[str]]
"""Name of the input → what stands in it."""


def keep_draft(
    session: ScopedSession, *, actor: Actor, public_id: str, form: str, typed: Typed, now: datetime
) -> FormDraft:
    """Keep what stands in some inputs of a form beside what is kept already; the first time makes the draft.

    ``public_id`` is made with the empty form, so that saving it twice at once makes one. A draft that has been sent is
    given back as it is. NotFoundError for someone who acts for no enterprise.
    """
    if actor.person_id is None or actor.uscc is None or not is_id(public_id) or len(public_id) > 40:
        raise unknown_draft()
    lock_name(session, f"draft:{actor.person_id}:{public_id}")
    found = _find(session, actor, form, public_id)
    if found is None:
        found = FormDraft(public_id=public_id, person_id=actor.person_id, uscc=actor.uscc, form=form, data={})
        session.add(found)
    if found.led_to is None:
        found.data = {**found.data, **{name: [one[:LONGEST] for one in values] for name, values in typed.items()}}
        found.updated_at = now
    session.flush()
    return found


def find_draft(session: ScopedSession, *, actor: Actor, form: str, public_id: str) -> FormDraft:
    """One's own draft of a form, sent or not; NotFoundError when there is none."""
    found = _find(session, actor, form, public_id) if is_id(public_id) else None
    if found is None:
        raise unknown_draft()
    return found


def open_drafts(session: ScopedSession, actor: Actor) -> Sequence[FormDraft]:
    """One's own drafts that have not been sent, the latest first."""
    mine = (FormDraft.person_id == actor.person_id) & FormDraft.led_to.is_(None)
    return session.scalars(select(FormDraft).where(mine).order_by(FormDraft.updated_at.desc(), FormDraft.id)).all()


def end_draft(session: ScopedSession, draft: FormDraft, led_to: str, now: datetime) -> None:
    """The form was sent: what was typed goes, and where it led to (a public id) stays."""
    draft.data, draft.led_to, draft.updated_at = {}, led_to, now
    session.flush()


def drop_draft(session: ScopedSession, *, actor: Actor, form: str, public_id: str) -> None:
    """Remove one's own draft; NotFoundError when there is none that is open."""
    found = find_draft(session, actor=actor, form=form, public_id=public_id)
    if found.led_to is not None:
        raise unknown_draft()
    session.delete(found)


def _find(session: ScopedSession, actor: Actor, form: str, public_id: str) -> FormDraft | None:
    mine = (FormDraft.public_id == public_id) & (FormDraft.person_id == actor.person_id) & (FormDraft.form == form)
    return session.scalars(select(FormDraft).where(mine)).one_or_none()


def unknown_draft() -> NotFoundError:
    """There is no such draft, or it is another's."""
    return NotFoundError(
        Text("没有这份草稿，或已删除。从工作台重新进入。", "There is no such draft, or it was removed. Start again."),
        code="not_found",
    )
