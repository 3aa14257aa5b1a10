"""Registrations of enterprises, as the bureau verifies them."""

from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy import case, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Registration
from matchmaker.accounts.registration import find_registration, refuse
from matchmaker.actor import SYSTEM
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text
from matchmaker.lists.enrolment import known_of, verify
from matchmaker.web.guard import action
from matchmaker.web.pages.joining import MENDABLE
from matchmaker.web.safety import status_of
from matchmaker.web.view import actor, page, page_number, parts, reading

registrations = Blueprint("registrations", __name__)
ROWS_A_PAGE = 50

STATES = {
    "pending": Text("待核验", "to be verified"),
    "verified": Text("已核验", "verified"),
    "refused": Text("未通过", "refused"),
}


@registrations.get("/registrations")
@action("registrations")
def listing() -> str:
    """All registrations, those to be verified first; beside each what the register holds of the enterprise."""
    return _listed()


def _listed(error: Any = None) -> str:
    number = page_number()
    with reading() as session:
        wanted = select(Registration).where(Registration.why.is_distinct_from("login_taken"))
        ordered = wanted.order_by(case((Registration.state == "pending", 0), else_=1), Registration.id.desc())
        found = session.scalars(ordered.offset((number - 1) * ROWS_A_PAGE).limit(ROWS_A_PAGE + 1)).all()
        known = {one.id: known_of(session, one.uscc, one.enterprise_name) for one in found}
    return page(
        "registrations.html",
        rows=found[:ROWS_A_PAGE],
        more=len(found) > ROWS_A_PAGE,
        number=number,
        known=known,
        states=STATES,
        error=error,
    )


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


_NONE = Text(
    "没有这条注册。从注册核验页面重新进入。",
    "There is no such registration. Start again from the page of registrations.",
)
