"""Notification settings: how often one's digest comes, when the next one does, and what is always sent."""

from collections.abc import Mapping
from typing import Any, cast

from flask import Blueprint, redirect, request, url_for

from matchmaker.domain.errors import RejectedError
from matchmaker.domain.terms import DigestChoice
from matchmaker.domain.text import Text
from matchmaker.push.audiences import READERS, Audience
from matchmaker.push.notice_settings import NEVER_MUTED, choose_digest, own_settings
from matchmaker.push.windows import schedule_text
from matchmaker.web.guard import action
from matchmaker.web.view import actor, announce, page, parts, reading, writing

notices = Blueprint("notices", __name__)


@notices.get("/account/notices")
@action("notices")
def form() -> str:
    """The form, with what is chosen now."""
    return _form()


def _form(fault: Text | None = None) -> str:
    with reading() as session:
        own = own_settings(session, actor=actor(), settings=parts().settings, now=parts().now())
    return page(
        "notices.html",
        own=own,
        fault=fault,
        digest=READERS[own.audience].message if own and own.audience else None,
        when=schedule_text(own.schedule) if own and own.schedule else None,
        about=_about(own.audience) if own else {},
        always=[one for one in NEVER_MUTED if not one.sides or actor().side in one.sides],
    )


@notices.post("/account/notices")
@action("notices")
def choose() -> Any:
    """Keep the choice."""
    try:
        with writing() as session:
            choice, settings = request.form.get("digest", ""), parts().settings
            choose_digest(session, actor=actor(), choice=choice, settings=settings, now=parts().now())
    except RejectedError as error:
        return _form(error.text), 422
    announce(_KEPT)
    return cast(Any, redirect(url_for("notices.form"), 303))


def _about(audience: Audience | None) -> Mapping[DigestChoice, Text]:
    return ABOUT | ({DigestChoice.MONTHLY: ABOUT_WEEKLY_REPORT} if audience == "bureau" else {})


ABOUT: dict[DigestChoice, Text] = {
    DigestChoice.WEEKLY: Text(
        "每周第一次有新内容时发一封，其余的并入下一周。",
        "One at the first news of a week; the rest comes with the next one.",
    ),
    DigestChoice.MONTHLY: Text(
        "每月第一次有新内容时发一封，其余的并入下一个月。",
        "One at the first news of a month; the rest comes with the next.",
    ),
    DigestChoice.NONE: Text(
        "不再寄摘要；匹配、推荐和各项时限照常，登录后都能看到。",
        "No digest; matches, leads and their due dates go on, and all is there when you sign in.",
    ),
}
"""What a choice means, beside its name."""

ABOUT_WEEKLY_REPORT = Text(
    "每月只发第一份周报，其余各周的不再补发。",
    "The first report of a month; those of its other weeks are not sent.",
)
"""Of once a month where each digest is of its own week: a later one does not make up for it."""

_KEPT = Text("通知设置已保存，从下一次推送起生效。", "Your settings are kept and hold from the next push on.")
