"""Resets of others that wait for a second person: cards, no table, for a request lasts a day and there are few."""

from typing import Any

from flask import Blueprint, redirect, url_for

from matchmaker.accounts.resets import KINDS, confirm_reset, open_resets
from matchmaker.domain.text import Text
from matchmaker.web.guard import action
from matchmaker.web.pages.people import show_link
from matchmaker.web.view import actor, announce, page, parts, reading, writing

resets = Blueprint("resets", __name__)


@resets.get("/resets")
@action("people.confirm")
def listing() -> str:
    """What waits, and who asks for it."""
    with reading() as session:
        rows = open_resets(session, parts().now())
    return page("resets.html", rows=rows, kinds=KINDS)


@resets.post("/resets/<public_id>/confirm")
@action("people.confirm")
def confirm(public_id: str) -> Any:
    """Do it; the link for a new password is shown this once, to whoever confirms."""
    with writing() as session:
        token = confirm_reset(
            session, actor=actor(), public_id=public_id, settings=parts().settings, now=parts().now()
        )  # fmt: skip
    if token is not None:
        return show_link("sign_in.reset", token)
    announce(Text("已清除二次验证，已发邮件告知本人。", "The second factor is taken away; the person is told by mail."))
    return redirect(url_for("resets.listing"))
