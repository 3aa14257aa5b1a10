"""One's own account: sessions, password, second factor, e-mail, the link to an identity provider."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for

from matchmaker.accounts import oidc
from matchmaker.accounts.matrix import BY_KEY, Action
from matchmaker.accounts.models import Person
from matchmaker.accounts.passwords import hasher
from matchmaker.accounts.people import set_password, tell
from matchmaker.accounts.registration import read_line
from matchmaker.accounts.second_factor import (
    has_second_factor,
    needs_second_factor,
    recovery_codes_left,
)
from matchmaker.accounts.sessions import SignedIn, end_sessions, open_sessions
from matchmaker.actor import SYSTEM
from matchmaker.domain.errors import NotAllowedError, NotFoundError, RejectedError, UsageError
from matchmaker.domain.text import Text
from matchmaker.lists.tenants import name_of_home
from matchmaker.web.guard import action, signed_in
from matchmaker.web.pages.joining import MENDABLE, form_again, new_password
from matchmaker.web.pages.sign_in import WRONG_CODE, demo_code, start_flow
from matchmaker.web.signing import check_code, check_password, local_path, renew, words_around
from matchmaker.web.view import actor, announce, page, parts

account = Blueprint("account", __name__)


@account.get("/account")
@action("account")
def overview() -> str:
    """Who one is here, and every browser one is signed in with."""
    mine = signed_in()
    with parts().database.reading(SYSTEM) as found:
        home = name_of_home(found, mine.person.org_code, mine.person.uscc)
        sessions = open_sessions(found, mine.person.id, settings=parts().settings, now=parts().now())
        left = recovery_codes_left(found, mine.person.id)
    return page(
        "account.html",
        mine=mine,
        home=home,
        sessions=sessions,
        codes_left=left,
        needed=needs_second_factor(mine.roles),
        oidc=oidc.is_set_up(parts().settings),
    )


@account.post("/account/sessions/<public_id>/end")
@action("account")
def end_session(public_id: str) -> Response:
    """End one of one's own sessions."""
    mine, now = signed_in(), parts().now()
    with parts().database.writing(SYSTEM) as writing:
        found = open_sessions(writing, mine.person.id, settings=parts().settings, now=now)
        wanted = next((one for one in found if one.public_id == public_id), None)
        if wanted is None:
            raise NotFoundError(_NO_SESSION, code="unknown_session")
        end_sessions(writing, mine.person.id, "revoked", now=now, only=wanted.id)
        tell(writing, actor(), "session.revoked", mine.person, now, after={"session": public_id})
    return back()


@account.post("/account/sessions/end-others")
@action("account")
def end_other_sessions() -> Response:
    """End all of one's own sessions but this one."""
    mine, now = signed_in(), parts().now()
    with parts().database.writing(SYSTEM) as writing:
        ended = end_sessions(writing, mine.person.id, "revoked", now=now, but=mine.sign_in.id)
        tell(writing, actor(), "session.revoked", mine.person, now, after={"sessions": ended})
    return back()


def back() -> Response:
    """Back to the account's page."""
    return redirect(url_for("account.overview"))  # type: ignore[return-value]


@account.get("/account/confirm")
@action("account")
def confirm() -> str:
    """The form to prove again who one is."""
    return _confirm_form()


def _confirm_form(error: Text | None = None) -> str:
    person = signed_in().person
    return page(
        "confirm.html",
        error=error,
        again=_again(),
        back=local_path(request.values.get("next")),
        with_code=has_second_factor(person),
        demo_code=demo_code(person),
    )


def _again() -> Action | None:
    """What a form was to do when it was asked for this proof."""
    return BY_KEY.get(request.values.get("again", ""))


@account.post("/account/confirm")
@action("account")
def give_proof() -> Any:
    """Check password and second factor; what asks for a recent proof may then be done for a while (ASVS 7.5.1)."""
    person = signed_in().person
    if check_password(person.login, request.form.get("password", "")) is None:
        return _confirm_form(_WRONG_PASSWORD), 401
    if has_second_factor(person) and not check_code(person, request.form.get("code", "")):
        return _confirm_form(WRONG_CODE), 401
    again = _again()
    if again is not None:
        announce(_PRESS_AGAIN, what=again.label)
    wanted = local_path(request.form.get("next")) or url_for("account.overview")
    return renew(redirect(wanted), second_factor=has_second_factor(person))  # type: ignore[arg-type]


@account.get("/account/password")
@action("account.change")
def password() -> str:
    """The form of a new password."""
    require_own_factor()
    return page("password.html", error=None, typed={})


@account.post("/account/password")
@action("account.change")
def change_password() -> Any:
    """Set a new password; needs the old one, and ends one's other sessions (ASVS 6.2.3)."""
    mine = require_own_factor()
    person, now = mine.person, parts().now()
    if check_password(person.login, request.form.get("old", "")) is None:
        return form_again("password.html", UsageError(_WRONG_PASSWORD, code="password_wrong"))
    with parts().database.reading(SYSTEM) as found:
        others = (person.login, person.name)
        words = words_around(found, org_code=person.org_code, uscc=person.uscc, others=others)
    try:
        kept = hasher().hash(new_password(words))
    except MENDABLE as error:
        return form_again("password.html", error)
    with parts().database.writing(SYSTEM) as writing:
        changed = writing.get_one(Person, person.id)
        set_password(writing, actor=actor(), person=changed, kept=kept, now=now, but=mine.sign_in.id)
    announce(Text("密码已修改，其他登录会话已结束。", "Your password is changed; your other sessions have ended."))
    return renew(back(), second_factor=mine.sign_in.second_factor)


def require_own_factor() -> SignedIn:
    """Who has a second factor changes nothing of the account without having given it."""
    mine = signed_in()
    if has_second_factor(mine.person) and not mine.sign_in.second_factor:
        raise NotAllowedError(_FACTOR_FIRST, code="second_factor_needed")
    return mine


@account.post("/account/email")
@action("account.change")
def change_email() -> Response:
    """Change one's own e-mail."""
    mine, now = require_own_factor(), parts().now()
    email = read_line(request.form.get("email", ""), _EMAIL)
    if email is not None and "@" not in email.strip("@"):
        raise RejectedError(_NO_EMAIL, code="email")
    with parts().database.writing(SYSTEM) as writing:
        writing.get_one(Person, mine.person.id).email = email
        tell(writing, actor(), "email.changed", mine.person, now)
    return back()


@account.get("/account/oidc")
@action("account.change")
def link_oidc() -> Any:
    """Link the account to an identity of the provider: on to the provider, and back to the callback."""
    require_own_factor()
    return start_flow("link", "")


@account.post("/account/oidc/unlink")
@action("account.change")
def unlink_oidc() -> Response:
    """Sign in with the provider no more."""
    mine, now = require_own_factor(), parts().now()
    with parts().database.writing(SYSTEM) as writing:
        writing.get_one(Person, mine.person.id).oidc_subject = None
        tell(writing, actor(), "oidc.unlinked", mine.person, now)
    return back()


_NO_SESSION = Text(
    "没有这个登录会话，或已经结束。刷新页面查看。", "There is no such session, or it has ended. Reload the page."
)
_PRESS_AGAIN = Text(
    "身份已确认。刚才的操作（{what}）没有执行，重新填写并再按一次按钮。",
    "You are confirmed. What you were about to do ({what}) was not done: fill in the form and press its button again.",
)
_WRONG_PASSWORD = Text(
    "密码不正确。重新输入现在的密码。", "The password is not right. Type your present password again."
)
_FACTOR_FIRST = Text("请先完成二次验证。", "Give your second factor first.")
_EMAIL = Text("邮箱", "e-mail")
_NO_EMAIL = Text(
    "邮箱地址不正确。写成 name@example.com。", "The e-mail address is not right. Write it as name@example.com."
)
