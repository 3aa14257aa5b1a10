"""Setting up, renewing and removing one's own second factor: more pages of the account."""

from dataclasses import replace
from typing import Any

from flask import Response, g, redirect, request, session, url_for

from matchmaker.accounts.models import Person
from matchmaker.accounts.people import tell
from matchmaker.accounts.second_factor import (
    address_of,
    has_second_factor,
    keep_secret,
    needs_second_factor,
    new_recovery_codes,
    new_secret,
    picture_of,
    remove_second_factor,
)
from matchmaker.accounts.sessions import SignedIn, end_sessions
from matchmaker.actor import SYSTEM
from matchmaker.domain.errors import ConflictError, NotAllowedError, UsageError
from matchmaker.domain.text import Text
from matchmaker.vault import seal, unseal
from matchmaker.web.guard import action
from matchmaker.web.pages.account import account, back, require_own_factor
from matchmaker.web.signing import renew
from matchmaker.web.view import actor, page, parts


@account.get("/account/second-factor")
@action("account.change")
def second_factor() -> str:
    """The secret for the authenticator; kept sealed in the browser's signed cookie until a code confirms it."""
    mine = require_own_factor()
    if "factor" not in session:
        session["factor"] = seal(parts().settings, new_secret(), _purpose(mine))
    return _factor_form(mine)


def _purpose(mine: SignedIn) -> str:
    return f"new totp {mine.person.public_id}"


def _factor_form(mine: SignedIn, error: Text | None = None) -> str:
    secret = unseal(parts().settings, session["factor"], _purpose(mine))
    issuer = Text("{city}融资撮合", "matchmaker").say("zh", city=parts().settings.city)
    address = address_of(secret, login=mine.person.login, issuer=issuer)
    return page(
        "second_factor.html",
        error=error,
        secret=secret,
        picture=picture_of(address),
        needed=needs_second_factor(mine.roles),
        replaces=has_second_factor(mine.person),
    )


@account.post("/account/second-factor")
@action("account.change")
def set_second_factor() -> Any:
    """Confirm the authenticator by a code of it; other sessions end, and the recovery codes are shown this once."""
    mine, now, settings = require_own_factor(), parts().now(), parts().settings
    if "factor" not in session:
        return redirect(url_for("account.second_factor"))
    secret = unseal(settings, session["factor"], _purpose(mine))
    try:
        with parts().database.writing(SYSTEM) as writing:
            person = writing.get_one(Person, mine.person.id)
            keep_secret(writing, person, secret, request.form.get("code", ""), settings=settings, now=now)
            codes = new_recovery_codes(writing, person)
            end_sessions(writing, person.id, "second_factor", now=now, but=mine.sign_in.id)
            tell(writing, actor(), "second_factor.set", person, now)
    except UsageError as error:
        return _factor_form(mine, error.text), 400
    session.pop("factor")
    return _show_codes(codes)


def _show_codes(codes: list[str]) -> Response:
    g.actor = replace(actor(), second_factor=True)  # the page's menu may show what that opens
    answer = Response(page("recovery_codes.html", codes=codes))
    return renew(answer, second_factor=True)


@account.post("/account/second-factor/codes")
@action("account.change")
def renew_codes() -> Response:
    """New recovery codes in place of the old."""
    mine, now = require_own_factor(), parts().now()
    if not has_second_factor(mine.person):
        raise ConflictError(_NO_FACTOR, code="no_second_factor")
    with parts().database.writing(SYSTEM) as writing:
        codes = new_recovery_codes(writing, mine.person)
        tell(writing, actor(), "second_factor.codes", mine.person, now)
    return _show_codes(codes)


@account.post("/account/second-factor/remove")
@action("account.change")
def drop_second_factor() -> Response:
    """Go on without a second factor, where no role needs one."""
    mine, now = require_own_factor(), parts().now()
    if needs_second_factor(mine.roles):
        raise NotAllowedError(_NEEDED, code="second_factor_kept")
    with parts().database.writing(SYSTEM) as writing:
        remove_second_factor(writing, writing.get_one(Person, mine.person.id))
        end_sessions(writing, mine.person.id, "second_factor", now=now, but=mine.sign_in.id)
        tell(writing, actor(), "second_factor.removed", mine.person, now)
    return renew(back(), second_factor=False)


_NO_FACTOR = Text("还没有设置二次验证。先设置。", "No second factor is set up. Set one up first.")
_NEEDED = Text(
    "您的角色必须使用二次验证，不能关闭；可以换一台设备重新设置。",
    "Your role needs a second factor, so it cannot be removed; you can set it up anew on another device.",
)
