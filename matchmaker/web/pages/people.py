"""The people of one's own side: invited, stopped, given roles; and the links that are shown once."""

from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.invitations import invite
from matchmaker.accounts.models import Person
from matchmaker.accounts.people import (
    disable_person,
    enable_person,
    find_own,
    grant_role,
    read_name,
    revoke_role,
    tell_refusal,
)
from matchmaker.accounts.registration import read_line
from matchmaker.accounts.resets import Kind, ask_reset, reset_alone, takes_two
from matchmaker.actor import SYSTEM
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotAllowedError, NotFoundError, RejectedError
from matchmaker.domain.terms import Role, Side
from matchmaker.domain.text import Text, normal
from matchmaker.lists.models import Contact, Organisation
from matchmaker.lists.tenants import side_of_home
from matchmaker.web.guard import action
from matchmaker.web.pages.joining import MENDABLE, form_again
from matchmaker.web.pages.workbench.setup import tasks
from matchmaker.web.tables import View, look
from matchmaker.web.tables.people import Belongings, belongings_of, people_table
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import actor, announce, may_do, page, parts, piece, reading, writing

people = Blueprint("people", __name__)


@people.get("/people")
@action("people.read")
def listing() -> str:
    """Everybody of one's own side, and the form to invite."""
    return page("people.html", error=None, typed={}, **_shown())


@people.get("/people/export.xlsx")
@action("people.read")
def export() -> Response:
    """The people that the address selects, as a workbook."""
    return send_book(_look(every_row=True), _TITLE)


def _shown() -> dict[str, Any]:
    view = _look()
    with reading() as session:
        left = sum(not step["done"] for step in tasks(session)) if may_do("registers.write") else 0
    return {"view": view, "roles": _roles_to_give(), "export": book_address("people.export"), "setting_up": left}


def _look(*, every_row: bool = False) -> View:
    known, roles = Belongings(), _roles_to_give()

    def buttons(one: Person) -> Any:
        return piece("people_parts.html", "buttons", one, known.roles.get(one.id, []), roles, _is_own(one))

    with reading() as session:
        view = look(session, people_table(session, lambda: known, buttons), every_row=every_row)
        known = belongings_of(session, view.rows)
    return view


def _is_own(person: Person) -> bool:
    """Whether the person is one that the reader may change; the bureau also sees those of others."""
    mine = actor()
    return (
        mine.side is Side.SECURITY
        or person.org_code in mine.orgs
        or (mine.uscc is not None and person.uscc == mine.uscc)
    )


def _roles_to_give() -> list[Role]:
    """The roles one may invite to: of one's own side; of all sides of business for the bureau; all for security."""
    side = actor().side
    if side is Side.SECURITY:
        return list(Role)
    business = (Side.BUREAU, Side.BANK, Side.GUARANTOR)
    return [role for role in Role if role.side is side or (side is Side.BUREAU and role.side in business)]


@people.post("/people/invite")
@action("people.write")
def make_invitation() -> Any:
    """Invite someone; the link is shown this once, to be passed on."""
    try:
        with writing() as session:
            token = _invite(session)
    except (*MENDABLE, NotAllowedError) as error:
        return form_again("people.html", error, **_shown())
    return show_link("sign_in.invitation", token)


def _invite(session: ScopedSession) -> str:
    form, mine = request.form, actor()
    role = next((one for one in _roles_to_give() if one.value == form.get("role")), None)
    if role is None:
        raise RejectedError(_ROLE, code="role")
    org_code = mine.org_code
    if mine.side in (Side.BUREAU, Side.SECURITY):
        org_code = normal(form.get("org_code", "")) or org_code
    if org_code is not None:
        _require_organisation(session, org_code)
    contact_no = normal(form.get("contact_no", "")) or None
    with session.elevated():
        if contact_no is not None:
            _require_contact(session, contact_no, org_code, mine.uscc)
        return invite(
            session, actor=mine, name=read_name(form.get("name", "")), role=role, org_code=org_code, uscc=mine.uscc,
            side=side_of_home(session, org_code, mine.uscc), email=read_line(form.get("email", ""), _EMAIL),
            contact_no=contact_no, settings=parts().settings, now=parts().now(),
        )  # fmt: skip


def _require_organisation(session: Session, org_code: str) -> None:
    known = org_code.isprintable() and session.scalar(select(Organisation.id).where(Organisation.org_code == org_code))
    if not known:
        raise RejectedError(_NO_ORGANISATION, code="organisation", org_code=org_code)


def _require_contact(session: Session, contact_no: str, org_code: str | None, uscc: str | None) -> None:
    """The contact that the invited one is must be of the same organisation or enterprise."""
    contact = contact_no.isprintable() and session.scalar(select(Contact).where(Contact.contact_no == contact_no))
    if not contact or (contact.org_code, contact.uscc) != (org_code, uscc):
        raise RejectedError(_NO_CONTACT, code="contact", contact=contact_no)


def show_link(endpoint: str, token: str) -> str:
    """The page with a link that is shown this once."""
    return page("link.html", link=parts().settings.public_url.rstrip("/") + url_for(endpoint, token=token))


@people.post("/people/<public_id>/disable")
@action("people.write")
def disable(public_id: str) -> Response:
    """Stop somebody from signing in, at once."""
    with writing() as session:
        disable_person(session, actor=actor(), person=_found(session, public_id), now=parts().now())
    return _back()


@people.post("/people/<public_id>/enable")
@action("people.write")
def enable(public_id: str) -> Response:
    """Let somebody sign in again."""
    with writing() as session:
        enable_person(session, actor=actor(), person=_found(session, public_id), now=parts().now())
    return _back()


@people.post("/people/<public_id>/roles")
@action("roles.write")
def change_role(public_id: str) -> Response:
    """Give a role or take one away. What is refused stands in the audit, too."""
    role = next((one for one in Role if one.value == request.form.get("role")), None)
    if role is None or request.form.get("change") not in ("grant", "revoke"):
        raise RejectedError(_ROLE, code="role")
    try:
        with writing() as session:
            _change(session, _found(session, public_id), role, request.form["change"])
    except NotAllowedError as error:
        with parts().database.writing(SYSTEM) as session:
            tell_refusal(session, actor(), _found(session, public_id), role, error.code, parts().now())
        raise
    return _back()


def _change(session: ScopedSession, person: Person, role: Role, change: str) -> None:
    if change == "revoke":
        revoke_role(session, actor=actor(), person=person, role=role, now=parts().now())
    else:
        side = side_of_home(session, person.org_code, person.uscc)
        grant_role(session, actor=actor(), person=person, role=role, side=side, now=parts().now())


@people.post("/people/<public_id>/reset")
@action("people.reset")
def reset(public_id: str) -> Any:
    """A link with which somebody sets a new password; it does not stand in for the second factor."""
    return _reset(public_id, "password")


@people.post("/people/<public_id>/recover")
@action("people.reset")
def recover(public_id: str) -> Any:
    """Take away a lost second factor."""
    return _reset(public_id, "second_factor")


def _reset(public_id: str, kind: Kind) -> Any:
    """Done at once, or asked for where a second person confirms it."""
    now = parts().now()
    with writing() as session:
        person = _found(session, public_id)
        if takes_two(session, person):
            ask_reset(session, actor=actor(), person=person, kind=kind, now=now)
            announce(_ASKED)
            return _back()
        token = reset_alone(
            session, actor=actor(), person=person, kind=kind, settings=parts().settings, now=now
        )  # fmt: skip
    return show_link("sign_in.reset", token) if token else _back()


def _found(session: Session, public_id: str) -> Person:
    if not public_id.isalnum():
        raise NotFoundError(_NO_PERSON, code="unknown_person")
    return find_own(session, public_id)


def _back() -> Response:
    return cast(Response, redirect(url_for("people.listing")))


_TITLE = Text("人员", "People")
_ASKED = Text(
    "已提出申请。此账号有重要权限，须由另一位安全管理员或系统管理员在「重设确认」页面确认，24 小时内有效。",
    "Asked for. This account can do much: another security administrator or the system administrator confirms it on "
    "the page of resets within 24 hours.",
)
_EMAIL = Text("邮箱", "e-mail")
_ROLE = Text("请从列表中选择一个角色。", "Choose a role of the list.")
_NO_ORGANISATION = Text(
    "没有机构编号「{org_code}」。参照机构清单填写。",
    'There is no organisation "{org_code}". See the list of organisations.',
)
_NO_CONTACT = Text(
    "本单位没有联系人「{contact}」。填写本单位联系人的编号，或留空。",
    'Your side has no contact "{contact}". Give the number of one of your contacts, or leave it blank.',
)
_NO_PERSON = Text("没有这个人员。从人员页面重新进入。", "There is no such person. Start again from the page of people.")
