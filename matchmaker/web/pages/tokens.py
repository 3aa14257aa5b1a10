"""Tokens of one's own side: made and shown once, listed with their last use, revoked."""

from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for

from matchmaker.accounts.matrix import ACTIONS, scopes_for
from matchmaker.accounts.models import Person
from matchmaker.accounts.tokens import DAYS, MOST_DAYS, STATES, create_token, revoke_token, state_of, tokens
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text
from matchmaker.web.guard import action
from matchmaker.web.safety import status_of
from matchmaker.web.view import actor, page, parts, reading, writing

token_pages = Blueprint("tokens", __name__)

SAID = {"revoked": Text("已撤销，下一次调用即被拒绝。", "Revoked: its next call is refused.")}
LASTS = (30, DAYS, 180, MOST_DAYS)


@token_pages.get("/account/tokens")
@action("tokens.read")
def listing() -> str:
    """The tokens, and the form for a new one."""
    return page("tokens.html", error=None, typed={}, chosen=(), **_listed())


def _listed() -> dict[str, Any]:
    with reading() as session:
        rows = tokens(session)
    said, scopes = SAID.get(request.args.get("said", "")), scopes_for(actor().roles)
    return {
        "rows": rows,
        "scopes": scopes,
        "about": {scope: _about(scope) for scope in scopes},
        "said": said,
        "states": STATES,
        "lasts": LASTS,
        "days": DAYS,
        "state_of": lambda token: state_of(token, parts().now()),
    }


def _about(scope: str) -> list[Text]:
    """What a scope lets its holder do, of what the reader may do."""
    return [one.label for one in ACTIONS if one.scope == scope and actor().roles & set(one.roles)]


@token_pages.post("/account/tokens")
@action("tokens")
def create() -> Any:
    """Make a token; it is shown this once."""
    chosen = request.form.getlist("scopes")
    try:
        with writing() as session:
            person = session.get_one(Person, actor().person_id)
            token, written = create_token(
                session, actor=actor(), person=person, roles=actor().roles, name=request.form.get("name", ""),
                scopes=chosen, days=request.form.get("days", 0, type=int), now=parts().now(),
            )  # fmt: skip
    except RejectedError as error:
        again = page("tokens.html", error=error, typed=request.form, chosen=chosen, **_listed())
        return again, status_of(error)
    return page("token_made.html", token=token, written=written)


@token_pages.post("/account/tokens/<public_id>/revoke")
@action("tokens")
def revoke(public_id: str) -> Response:
    """End a token."""
    with writing() as session:
        revoke_token(session, actor=actor(), public_id=public_id, now=parts().now())
    return cast(Response, redirect(url_for("tokens.listing", said="revoked")))
