"""Coming in: by invitation, by an enterprise's registration, by a link to set a new password."""

from typing import Any

from flask import g, redirect, request, url_for

from matchmaker.accounts.invitations import accept, open_invitation, reset_password
from matchmaker.accounts.models import Invitation, Person
from matchmaker.accounts.passwords import hasher, require_good, require_same
from matchmaker.accounts.people import read_login, read_name
from matchmaker.accounts.registration import Wish, read_line, read_uscc
from matchmaker.accounts.throttle import address_key, take_attempt
from matchmaker.actor import SYSTEM
from matchmaker.domain.errors import ConflictError, MatchmakerError, RejectedError, UsageError
from matchmaker.domain.terms import Role
from matchmaker.domain.text import Text
from matchmaker.lists.enrolment import register
from matchmaker.lists.tenants import name_of_home, side_of_home
from matchmaker.web.guard import action
from matchmaker.web.pages.sign_in import sign_in
from matchmaker.web.safety import status_of
from matchmaker.web.signing import words_around
from matchmaker.web.view import announce, page, parts

MENDABLE = (RejectedError, UsageError, ConflictError)
"""Errors of a form that are shown on it, with what was typed."""


def form_again(template: str, error: MatchmakerError, **values: Any) -> Any:
    """The form once more, with what is wrong and with what was typed; never with a password."""
    return page(template, error=error, typed=request.form, **values), status_of(error)


def new_password(words: list[str]) -> str:
    """The password that a form gives twice; RejectedError or UsageError where it will not do."""
    password = request.form.get("password", "")
    require_same(password, request.form.get("repeated", ""))
    require_good(password, context=words)
    return password


@sign_in.get("/join/<token>")
@action("sign_in")
def invitation(token: str) -> str:
    """What the invitation is for, and the form to take it."""
    found = _invitation(token, "invite")
    return page("join.html", error=None, typed={}, **_told(found))


def _told(found: Invitation) -> dict[str, Any]:
    """What the page says of an invitation: whose it is, and as what."""
    with parts().database.reading(SYSTEM) as session:
        home = name_of_home(session, found.org_code, found.uscc)
    return {"invitation": found, "role": Role.of(found.role or ""), "home": home}


def _invitation(token: str, kind: str) -> Invitation:
    with parts().database.reading(SYSTEM) as session:
        return open_invitation(session, token, kind, now=parts().now())


@sign_in.post("/join/<token>")
@action("sign_in")
def take_invitation(token: str) -> Any:
    """Make the person; the link works no longer. The new person signs in next."""
    found = _invitation(token, "invite")
    try:
        _accept(token, found)
    except MENDABLE as error:
        if error.code == "link_over":
            raise
        return form_again("join.html", error, **_told(found))
    announce(Text("账号已建立。请用新密码登录。", "Your account is made. Sign in with your new password."))
    return redirect(url_for("sign_in.form"))


def _accept(token: str, found: Invitation) -> None:
    login, name = read_login(request.form.get("login", "")), read_name(request.form.get("name", ""))
    with parts().database.reading(SYSTEM) as session:
        words = words_around(session, org_code=found.org_code, uscc=found.uscc, others=(login, name))
        side = side_of_home(session, found.org_code, found.uscc)
    kept = hasher().hash(new_password(words))
    with parts().database.writing(SYSTEM) as session:
        accept(session, token, actor=g.actor, login=login, name=name, kept=kept, side=side, now=parts().now())


@sign_in.get("/reset/<token>")
@action("sign_in")
def reset(token: str) -> str:
    """The form of a new password, or of the first."""
    return page("reset.html", error=None, typed={}, first=_is_first(_invitation(token, "reset")))


def _is_first(found: Invitation) -> bool:
    """Whether the person has not had a password yet."""
    with parts().database.reading(SYSTEM) as session:
        return session.get_one(Person, found.person_id).password_set_at is None


@sign_in.post("/reset/<token>")
@action("sign_in")
def give_new_password(token: str) -> Any:
    """Set the password; the person signs in with it next, and gives the second factor as ever."""
    found = _invitation(token, "reset")
    with parts().database.reading(SYSTEM) as session:
        person = session.get_one(Person, found.person_id)
        others = (person.login, person.name)
        words = words_around(session, org_code=person.org_code, uscc=person.uscc, others=others)
    try:
        kept = hasher().hash(new_password(words))
    except MENDABLE as error:
        return form_again("reset.html", error, first=_is_first(found))
    with parts().database.writing(SYSTEM) as session:
        reset_password(session, token, actor=g.actor, kept=kept, now=parts().now())
    announce(Text("密码已设置。请用新密码登录。", "Your password is set. Sign in with it."))
    return redirect(url_for("sign_in.form"))


@sign_in.get("/register")
@action("sign_in")
def register_form() -> str:
    """The form with which an enterprise registers."""
    return page("register.html", error=None, typed={})


@sign_in.post("/register")
@action("sign_in")
def register_enterprise() -> Any:
    """Keep the registration. The answer is the same whoever and whatever is known already."""
    try:
        wish = _wish()
    except MENDABLE as error:
        return form_again("register.html", error)
    with parts().database.writing(SYSTEM) as session:
        register(session, wish, actor=g.actor, now=parts().now())
    return page("registered.html", login=wish.login)


def _wish() -> Wish:
    form = request.form
    login, name = read_login(form.get("login", "")), read_name(form.get("name", ""))
    uscc = read_uscc(form.get("uscc", ""))
    enterprise = read_line(form.get("enterprise_name", ""), _ENTERPRISE, required=True) or ""
    phone, email = read_line(form.get("phone", ""), _PHONE), read_line(form.get("email", ""), _EMAIL)
    with parts().database.reading(SYSTEM) as session:
        words = words_around(session, org_code=None, uscc=uscc, others=(login, name, enterprise))
    password = new_password(words)
    with parts().database.writing(SYSTEM) as session:
        keys = [address_key(g.actor.address, "register")]
        take_attempt(session, keys, limit=parts().settings.sign_in_failures, now=parts().now())
    return Wish(uscc, enterprise, name, login, phone, email, hasher().hash(password))


_ENTERPRISE = Text("企业名称", "enterprise's name")
_PHONE = Text("电话", "phone")
_EMAIL = Text("邮箱", "e-mail")
