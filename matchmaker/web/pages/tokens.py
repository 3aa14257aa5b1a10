"""Tokens of one's own side: made and shown once, listed with their last use, revoked."""

from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for

from matchmaker.accounts.matrix import ACTIONS, scopes_for
from matchmaker.accounts.models import ApiToken, Person
from matchmaker.accounts.tokens import DAYS, MOST_DAYS, create_token, revoke_token, state_of
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text
from matchmaker.web.guard import action
from matchmaker.web.once import shown_once
from matchmaker.web.safety import status_of
from matchmaker.web.tables import View, look
from matchmaker.web.tables.tokens import tokens_table
from matchmaker.web.tables.workbook import book_address, send_book
from matchmaker.web.view import actor, may_do, page, parts, piece, reading, writing

token_pages = Blueprint("tokens", __name__)

SAID = {
    "revoked": Text("已撤销，下一次调用即被拒绝。", "Revoked: its next call is refused."),
    "shown": Text(
        "密钥已经创建并显示过一次。没有抄下来的，撤销后重新创建。",
        "The token was made and shown once. If you did not keep it, revoke it and make another.",
    ),
}
LASTS = (30, DAYS, 180, MOST_DAYS)


@token_pages.get("/account/tokens")
@action("tokens.read")
def listing() -> str:
    """The tokens, and the form for a new one."""
    return page("tokens.html", error=None, typed={}, chosen=(), **_listed())


@token_pages.get("/account/tokens/export.xlsx")
@action("tokens.read")
def export() -> Response:
    """The tokens that the address selects, as a workbook; a token itself is kept nowhere."""
    return send_book(_look(every_row=True), Text("接口密钥", "API tokens"))


def _listed() -> dict[str, Any]:
    said, scopes = SAID.get(request.args.get("said", "")), scopes_for(actor().roles)
    return {
        "view": _look(),
        "export": book_address("tokens.export"),
        "scopes": scopes,
        "about": {scope: _about(scope) for scope in scopes},
        "said": said,
        "lasts": LASTS,
        "days": DAYS,
    }


def _look(*, every_row: bool = False) -> View:
    now = parts().now()

    def buttons(token: ApiToken) -> Any:
        mine = may_do("tokens") and state_of(token, now) == "active"
        return piece("row_buttons.html", "revoke", token) if mine else "--"

    with reading() as session:
        return look(session, tokens_table(now, buttons), every_row=every_row)


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
            if again := shown_once(session, url_for("tokens.listing", said="shown")):
                return redirect(again, 303)
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
