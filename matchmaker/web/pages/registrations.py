"""Registrations of enterprises, as the bureau verifies them."""

from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Registration
from matchmaker.accounts.registration import find_registration, refuse
from matchmaker.actor import SYSTEM
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text
from matchmaker.lists.enrolment import known_of_all, verify
from matchmaker.web.guard import action
from matchmaker.web.pages.joining import MENDABLE
from matchmaker.web.safety import status_of
from matchmaker.web.tables import View, look
from matchmaker.web.tables.registrations import Found, registrations_table
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import actor, page, parts, piece, reading

registrations = Blueprint("registrations", __name__)


@registrations.get("/registrations")
@action("registrations")
def listing() -> str:
    """All registrations, those to be verified first; beside each what the register holds of the enterprise."""
    return _listed()


@registrations.get("/registrations/export.xlsx")
@action("registrations")
def export() -> Response:
    """The registrations that the address selects, as a workbook."""
    return send_book(_look(every_row=True), _TITLE)


def _listed(error: Any = None) -> str:
    return page(
        "registrations.html", view=_look(), export=book_address("registrations.export"), error=error, title=_TITLE
    )


def _look(*, every_row: bool = False) -> View:
    known: Found = {}
    with reading() as session:
        table = registrations_table(lambda: known, lambda one: piece("registration_parts.html", "buttons", one))
        view = look(session, table, every_row=every_row)
        known = known_of_all(session, [(one.uscc, one.enterprise_name) for one in view.rows])
    return view


@registrations.post("/registrations/<public_id>/verify")
@action("registrations")
def verify_registration(public_id: str) -> Any:
    """The enterprise is who it says; its person may begin."""
    try:
        with parts().database.writing(SYSTEM) as session:
            verify(session, _found(session, public_id), actor=actor(), now=parts().now())
    except MENDABLE as error:
        return _listed(error), status_of(error)
    return _back()


@registrations.post("/registrations/<public_id>/refuse")
@action("registrations")
def refuse_registration(public_id: str) -> Any:
    """It is not, or it cannot be seen; with the reason."""
    try:
        with parts().database.writing(SYSTEM) as session:
            why = request.form.get("why", "")
            refuse(session, _found(session, public_id), actor=actor(), why=why, now=parts().now())
    except MENDABLE as error:
        return _listed(error), status_of(error)
    return _back()


def _found(session: Session, public_id: str) -> Registration:
    if not public_id.isalnum():
        raise NotFoundError(_NONE, code="unknown_registration")
    return find_registration(session, public_id)


def _back() -> Response:
    return cast(Response, redirect(url_for("registrations.listing")))


_TITLE = Text("注册核验", "Registrations")
_NONE = Text(
    "没有这条注册。从注册核验页面重新进入。",
    "There is no such registration. Start again from the page of registrations.",
)
