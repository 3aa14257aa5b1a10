"""「谁能看到我的信息」: what an enterprise lets whom see, who looked, and the forms to consent and to withdraw."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy import select

from matchmaker.accounts.consent import REPLACED, active, consents, is_active, words_digest
from matchmaker.accounts.models import ApprovedText, Consent
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.terms import ConsentPurpose, FieldGroup, OrganisationKind, Side
from matchmaker.domain.text import Text
from matchmaker.lists.consents import consent_words, recipient
from matchmaker.lists.disclosed import source_hash
from matchmaker.lists.models import Need, Organisation
from matchmaker.lists.queries import FINAL
from matchmaker.push.consent_notices import give_consent, take_back_consent
from matchmaker.push.lead_views import find_lead
from matchmaker.push.models import Lead
from matchmaker.web.guard import action
from matchmaker.web.tables import Table, View, look
from matchmaker.web.tables.consents import consents_table, groups_of, looks_table
from matchmaker.web.tables.requests import names_of
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import actor, announce, current_lang, page, parts, reading, writing

consent_pages = Blueprint("consents", __name__)
DAYS = (30, 90, 180, 365)

SAID = {
    "granted": Text("已授权，对方会收到通知。", "Consent given; they are told."),
    "withdrawn": Text("已撤回，对方从现在起看不到。", "Withdrawn: from now on they see nothing."),
}


@consent_pages.get("/consents")
@action("consent.read")
def listing() -> str:
    """An enterprise's consents, the banks that wait for one, and who looked last; for others, those they were given."""
    return _own() if actor().side is Side.ENTERPRISE else _given()


def _own() -> str:
    """No table: an enterprise has a handful of consents, each with a button; the looks, which grow, have one."""
    now = parts().now()
    with reading() as session:
        found, names = consents(session), _names(session)
        held = [one for one in found if is_active(one, now)]
        values: dict[str, Any] = {
            "names": names,
            "waiting": _waiting(session, now),
            "guarantors": _guarantors(session),
            "texts": _texts(session, held),
            "looks": look(session, looks_table(names, None)),
        }
    return page(
        "consents.html",
        held=held,
        ended=[one for one in found if not is_active(one, now)],
        replaced=lambda one: (one.withdrawn_by or "").startswith(REPLACED),
        groups_of=groups_of,
        purposes=ConsentPurpose,
        said=SAID.get(request.args.get("said", "")),
        **values,
    )


def _given() -> str:
    view = _look(_consents)
    return page("consents_given.html", view=view, export=book_address("consents.export"), title=_TITLE, looks=False)


@consent_pages.get("/consents/export.xlsx")
@action("consent.read")
def export() -> Response:
    """The consents that the address selects, as a workbook."""
    return send_book(_look(_consents, every_row=True), _TITLE)


@consent_pages.get("/consents/looks")
@action("consent.read")
def looks() -> str:
    """Who looked at what when: at one's own enterprise, or of one's own people."""
    view = _look(_looks)
    return page("consents_given.html", view=view, export=book_address("consents.looks_book"), title=_LOOKED, looks=True)


@consent_pages.get("/consents/looks/export.xlsx")
@action("consent.read")
def looks_book() -> Response:
    """The looks that the address selects, as a workbook."""
    return send_book(_look(_looks, every_row=True), _LOOKED)


Firms = Callable[[], Mapping[str, str]]


def _consents(names: Mapping[str, str], firms: Firms | None) -> Table:
    return consents_table(names, parts().now(), firms)


def _looks(names: Mapping[str, str], firms: Firms | None) -> Table:
    return looks_table(names, firms)


def _look(made: Callable[[Mapping[str, str], Firms | None], Table], *, every_row: bool = False) -> View:
    """The table that ``made`` makes; enterprises stand in it by name for the bureau alone, which reads every name."""
    firms: dict[str, str] = {}
    named = actor().side is Side.BUREAU
    with reading() as session:
        view = look(session, made(_names(session), (lambda: firms) if named else None), every_row=every_row)
        if named:
            firms.update(names_of(session, view.rows))
    return view


def _names(session: Any) -> dict[str, str]:
    return dict(session.execute(select(Organisation.org_code, Organisation.name)).all())


def _waiting(session: Any, now: datetime) -> Sequence[Lead]:
    """Open leads of the enterprise's needs whose bank may not see its name yet."""
    given = session.scalars(select(Consent).where(active(now))).all()
    seen = {(one.org_code, one.need_no) for one in given if one.purpose == ConsentPurpose.FINANCING.value}
    leads = session.scalars(select(Lead).where(Lead.ended_at.is_(None)).order_by(Lead.need_no, Lead.id)).all()
    return [one for one in leads if not seen & {(one.org_code, None), (one.org_code, one.need_no)}]


def _guarantors(session: Any) -> Sequence[Organisation]:
    known = select(Organisation).where(Organisation.kind == OrganisationKind.GUARANTOR)
    found: Sequence[Organisation] = session.scalars(known.order_by(Organisation.org_code)).all()
    return found


def _texts(session: Any, held: Sequence[Consent]) -> list[tuple[str, bool, list[str]]]:
    """Number of each need with a description, whether banks may read it as approved, and who reads it as it was
    written: the description stands with the name, which every consent opens."""
    needs = session.execute(
        select(Need.need_no, Need.description).where(Need.description.is_not(None), Need.status.not_in(FINAL))
    ).all()
    approved = {(one.need_no, one.source_hash) for one in session.scalars(select(ApprovedText))}
    return [
        (
            need_no,
            (need_no, source_hash(text)) in approved,
            sorted({one.org_code for one in held if one.need_no in (None, need_no)}),
        )
        for need_no, text in needs
    ]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a form asks for. ``lead`` or ``org``: the recipient as the address names it; ``need``: beside ``org``."""

    lead: str
    org: str
    need: str
    org_code: str
    organisation: str
    need_no: str | None
    only: bool
    groups: frozenset[FieldGroup]
    purpose: ConsentPurpose
    until: datetime


@consent_pages.get("/consents/new")
@action("consent.write")
def new() -> str:
    """What to let the recipient see and until when, and the very words that will be kept."""
    days = request.args.get("days", parts().settings.consent_days, type=int)
    with reading() as session:
        wish = _wish(session, request.args, parts().now() + timedelta(days=min(max(days, 1), DAYS[-1])))
    return _form(wish, days)


def _form(wish: _Wish, days: int, error: ConflictError | None = None) -> str:
    words = consent_words(
        wish.organisation, wish.groups, wish.purpose, wish.need_no, wish.until, current_lang(), parts().settings
    )
    return page(
        "consent_new.html", wish=wish, words=words, digest=words_digest(words), groups=FieldGroup, days=days,
        choices=DAYS, error=error,
    )  # fmt: skip


def _wish(session: Any, form: Any, until: datetime) -> _Wish:
    """Read what was chosen; the name always goes with the rest."""
    chosen = frozenset(group for group in FieldGroup if group.value in form.getlist("groups"))
    only, lead_id, org = form.get("scope") != "all", form.get("lead", ""), form.get("org", "")
    groups = chosen | {FieldGroup.IDENTITY}
    if lead_id:
        lead = find_lead(session, lead_id)
        found = recipient(session, lead.org_code)
        about = lead.need_no if only else None
        return _Wish(lead_id, "", "", found.org_code, found.name, about, only, groups, ConsentPurpose.FINANCING, until)
    if not org.isprintable():
        raise NotFoundError(Text("没有这家机构。", "There is no such organisation."), code="unknown_recipient")
    found = recipient(session, org)
    purpose = _PURPOSES.get(found.kind, ConsentPurpose.FINANCING)
    need = _own_need(session, form.get("need", ""))
    about = need or None if only else None
    return _Wish("", org, need, found.org_code, found.name, about, about is not None, groups, purpose, until)


def _own_need(session: Any, need_no: str) -> str:
    """The number of the enterprise's own need; empty where none is named, NotFoundError for another's."""
    if need_no and session.scalar(select(Need.id).where(Need.need_no == need_no)) is None:
        raise NotFoundError(Text("没有这条需求。", "There is no such need."), code="not_found")
    return need_no


@consent_pages.post("/consents")
@action("consent.write")
def grant() -> Any:
    """Give the consent whose words were shown; where they are others by now, the form again with the new ones."""
    try:
        until = datetime.fromisoformat(request.form.get("until", ""))
        if until.tzinfo is None:
            raise ValueError(until)
    except ValueError as error:
        raise RejectedError(_UNTIL, code="consent_until") from error
    try:
        with writing() as session:
            wish = _wish(session, request.form, until)
            _give(session, wish)
    except ConflictError as error:
        if error.code != "consent_words":
            raise
        return _form(wish, (until - parts().now()).days, error), 409
    if wish.purpose is ConsentPurpose.CREDIT_CHECK:
        announce(_TO_BUREAU)
        return redirect(url_for("ratings.mine"))
    return redirect(url_for("consents.listing", said="granted"))


def _give(session: ScopedSession, wish: _Wish) -> None:
    give_consent(
        session, actor=actor(), org_code=wish.org_code, groups=wish.groups, purpose=wish.purpose,
        need_no=wish.need_no, until=wish.until, lang=current_lang(), shown=request.form.get("words", ""),
        settings=parts().settings, now=parts().now(),
    )  # fmt: skip


@consent_pages.post("/consents/<public_id>/withdraw")
@action("consent.write")
def withdraw(public_id: str) -> Any:
    """End it at once."""
    version = request.form.get("version", type=int)
    with writing() as session:
        take_back_consent(
            session, actor=actor(), public_id=public_id, version=version, settings=parts().settings, now=parts().now()
        )  # fmt: skip
    return redirect(url_for("consents.listing", said="withdrawn"))


_PURPOSES = {
    OrganisationKind.GUARANTOR: ConsentPurpose.GUARANTEE,
    OrganisationKind.BUREAU: ConsentPurpose.CREDIT_CHECK,
}
_TO_BUREAU = Text(
    "已授权。今晚评级时核查需授权的信用信息。",
    "Consent given. What needs it is looked at when you are rated tonight.",
)
_TITLE = Text("企业授权", "Consents")
_LOOKED = Text("谁在什么时候看过", "Who looked when")
_UNTIL = Text("到期日读不懂。从授权页面重新提交。", "The end cannot be read. Send the form again from its page.")
