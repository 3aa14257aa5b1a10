"""The bureau's review queue: what has been submitted, field by field old → new; publish or return several at once."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, RejectedError, UsageError
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.lists.entry import key_fields, key_of
from matchmaker.lists.models import Enterprise, Need
from matchmaker.lists.services.review import REVIEWED, decide, submitted
from matchmaker.web.guard import action
from matchmaker.web.moved import CONFLICT, Moved, moved_since
from matchmaker.web.pages.lists import address_of
from matchmaker.web.view import actor, announce, page, page_number, parts, reading, writing

review = Blueprint("review", __name__)
ROWS_A_PAGE = 25
VERBS = ("publish", "return")


@review.get("/review")
@action("lists.review")
def queue() -> str:
    """What waits, oldest first, one kind of list a tab."""
    return _page(None)


def _page(error: RejectedError | ConflictError | None) -> str:
    """``error``: why nothing was done; where owners have changed what was ticked, with who changed what."""
    with reading() as session:
        counts = {kind: _count(session, model) for kind, model in REVIEWED.items()}
        kind = request.values.get("kind", "")
        if kind not in REVIEWED:
            kind = next((one for one, count in counts.items() if count), next(iter(REVIEWED)))
        model, number = REVIEWED[kind], page_number()
        waiting = select(model).where(model.status == EntryStatus.SUBMITTED).order_by(model.updated_at, model.id)
        found = session.scalars(waiting.limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)).all()
        rows, owners = submitted(session, model, found), _owners(session, found)
        moved = _moved(session, model) if error is not None and error.code == CONFLICT else []
    return page(
        "review.html", kind=kind, models=REVIEWED, counts=counts, rows=rows, owners=owners, name_of=_name,
        address_of=address_of, number=number, pages=-(-counts[kind] // ROWS_A_PAGE), error=error,
        ticked=request.form.getlist("ticked"), reason=request.form.get("reason", ""),
        moved=moved,
    )  # fmt: skip


def _moved(session: ScopedSession, model: Any) -> list[tuple[str, list[Moved]]]:
    """Name of each ticked entry that is no longer what was looked at, with the versions since."""
    ticked = _ticked()
    found = session.scalars(select(model).where(model.public_id.in_(ticked)).order_by(model.id)).all()
    stale = [one for one in found if one.version != ticked[one.public_id]]
    return [(_name(one), moved_since(session, one, ticked[one.public_id])) for one in stale]


def _count(session: Session, model: Any) -> int:
    waiting = select(func.count()).select_from(model).where(model.status == EntryStatus.SUBMITTED)
    return session.scalar(waiting) or 0


def _name(entry: Any) -> str:
    """How a row is called: its title or name, else its number."""
    named = getattr(entry, "title", None) or getattr(entry, "name", None)
    return str(named or " · ".join(map(str, key_of(entry)))) if key_fields(type(entry)) else ""


def _owners(session: Session, entries: Any) -> dict[str, str]:
    """USCC → name of the enterprises whose needs these are."""
    codes = {entry.uscc for entry in entries if isinstance(entry, Need)}
    query = select(Enterprise.uscc, Enterprise.name).where(Enterprise.uscc.in_(codes))
    return dict(session.execute(query).all()) if codes else {}


@review.post("/review")
@action("lists.review")
def decided() -> Any:
    """Publish or return what was ticked; all of it or, with a sentence why not, none."""
    kind, verb = request.form.get("kind", ""), request.form.get("verb", "")
    if kind not in REVIEWED or verb not in VERBS:
        raise UsageError(Text("请从审核页面操作。", "Use the page of reviews."), code="unknown_verb")
    try:
        with writing() as session:
            count = decide(
                session, actor=actor(), model=REVIEWED[kind], ticked=_ticked(), verb=verb,
                reason=request.form.get("reason", ""), now=parts().now(),
            )  # fmt: skip
    except ConflictError as error:
        if error.code != CONFLICT:
            raise
        return _page(error), 409
    except RejectedError as error:
        return _page(error), 422
    announce(_DONE[verb], count=count)
    return _back(kind)


def _ticked() -> dict[str, int]:
    """Public id → version, of the ticks ``id:version``; what is no tick of ours is left out."""
    pairs = (one.partition(":") for one in request.form.getlist("ticked"))
    return {key: int(version) for key, _, version in pairs if version.isascii() and version.isdigit()}


def _back(kind: str) -> Response:
    return redirect(url_for("review.queue", kind=kind), 303)


_DONE = {
    "publish": Text("已发布 {count} 条。", "{count} published."),
    "return": Text("已退回 {count} 条，提交单位会看到原因。", "{count} returned; their owners read why."),
}
