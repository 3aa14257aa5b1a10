"""Signing in and out: password, second factor, OpenID Connect."""

from typing import Any

from flask import Blueprint, Response, g, redirect, request, session, url_for
from sqlalchemy import select

from matchmaker.accounts import oidc
from matchmaker.accounts.models import Person
from matchmaker.accounts.people import tell
from matchmaker.accounts.registration import registration_of
from matchmaker.accounts.second_factor import next_code
from matchmaker.actor import SYSTEM
from matchmaker.domain.errors import ConflictError, NotAllowedError, NotFoundError
from matchmaker.domain.text import Text, normal
from matchmaker.web.guard import action
from matchmaker.web.guard import signed_in as require_signed_in
from matchmaker.web.signing import check_code, check_password, enter, go_on, leave, local_path, pending, speaking_as
from matchmaker.web.view import page, parts

sign_in = Blueprint("sign_in", __name__)


@sign_in.get("/sign-in")
@action("sign_in")
def form() -> Any:
    """The form of the first factor; someone without a role is told how far the registration is."""
    if g.signed_in is not None and not g.signed_in.roles:
        return redirect(url_for("sign_in.waiting"))
    return _form()


def _form(error: Text | None = None, login: str = "") -> str:
    back = local_path(request.values.get("next"))
    return page("sign_in.html", error=error, login=login, back=back, oidc=oidc.is_set_up(parts().settings))


@sign_in.post("/sign-in")
@action("sign_in")
def give_password() -> Any:
    """Check login and password. What is wrong of the two is not said (ASVS 6.3.8)."""
    login = normal(request.form.get("login", "")).lower()
    person = check_password(login, request.form.get("password", ""))
    if person is None:
        return _form(_WRONG, login[:100]), 401
    return go_on(person, local_path(request.form.get("next")))


@sign_in.get("/sign-in/code")
@action("sign_in")
def second_factor() -> Any:
    """The form of the second factor."""
    found = pending()
    if found is not None:
        return _code_form(found[0])
    if g.signed_in is not None and g.signed_in.person.totp_confirmed_at is None:
        return redirect(url_for("account.second_factor"))
    return redirect(url_for("sign_in.form", next=local_path(request.args.get("next"))))


def _code_form(person: Person, error: Text | None = None) -> str:
    return page("code.html", error=error, demo_code=demo_code(person))


def demo_code(person: Person) -> str | None:
    """The code to type in the demonstration, which prints second factors; None everywhere else."""
    settings = parts().settings
    return next_code(settings, person, parts().now()) if settings.demo else None


@sign_in.post("/sign-in/code")
@action("sign_in")
def give_code() -> Any:
    """Check the second factor and begin the session."""
    found = pending()
    if found is None:
        return redirect(url_for("sign_in.form"))
    person, back = found
    if not check_code(person, request.form.get("code", "")):
        return _code_form(person, WRONG_CODE), 401
    return enter(person, second_factor=True, back=back)


@sign_in.post("/sign-out")
@action("sign_in")
def sign_out() -> Response:
    """End the session."""
    return leave()


@sign_in.get("/waiting")
@action("sign_in")
def waiting() -> str:
    """What happens next, for someone who has registered and has no role yet."""
    person = require_signed_in().person
    with parts().database.reading(SYSTEM) as found:
        registration = registration_of(found, person.login)
    return page("waiting.html", registration=registration)


@sign_in.get("/sign-in/oidc")
@action("sign_in")
def oidc_start() -> Any:
    """Send the browser to the identity provider."""
    return start_flow("sign_in", local_path(request.args.get("next")) or "")


def start_flow(purpose: str, back: str) -> Any:
    """Begin a flow at the provider. By GET, for a form's redirect may not leave this site (Content-Security-Policy)."""
    _require_oidc()
    flow = oidc.Flow.begin(purpose, back, parts().now())
    session["oidc"] = flow.to_json()
    return redirect(oidc.authorization_address(parts().settings, flow, _redirect_uri()))


def _require_oidc() -> None:
    if not oidc.is_set_up(parts().settings):
        raise NotFoundError(_NO_OIDC, code="no_oidc")


def _redirect_uri() -> str:
    return parts().settings.public_url.rstrip("/") + url_for("sign_in.oidc_callback")


@sign_in.get("/sign-in/oidc/callback")
@action("sign_in")
def oidc_callback() -> Any:
    """The provider's answer: to sign in, or to link the account of who has signed in here."""
    _require_oidc()
    flow = oidc.Flow.read(session.pop("oidc", None))
    flow.require_answer(request.args.get("state", ""), parts().now())
    if "code" not in request.args:
        raise NotAllowedError(_DECLINED, code="oidc_declined")
    subject = oidc.subject_of(
        parts().settings, flow, code=request.args["code"], redirect_uri=_redirect_uri(), now=parts().now()
    )
    return _link(subject) if flow.purpose == "link" else _enter_by(subject, flow.back or None)


def _enter_by(subject: str, back: str | None) -> Response:
    with parts().database.reading(SYSTEM) as found:
        person = found.scalar(select(Person).where(Person.oidc_subject == subject, Person.disabled_at.is_(None)))
    if person is None:
        raise NotAllowedError(_NOT_LINKED, code="oidc_not_linked")
    return go_on(person, local_path(back))


def _link(subject: str) -> Response:
    signed_in, now = require_signed_in(), parts().now()
    with parts().database.writing(SYSTEM) as writing:
        other = writing.scalar(select(Person.id).where(Person.oidc_subject == subject))
        if other not in (None, signed_in.person.id):
            raise ConflictError(_LINKED, code="oidc_linked")
        person = writing.get_one(Person, signed_in.person.id)
        person.oidc_subject = subject
        tell(writing, speaking_as(person), "oidc.linked", person, now)
    return redirect(url_for("account.overview"))  # type: ignore[return-value]


_WRONG = Text(
    "登录名或密码不正确。检查后重新输入；忘记密码请联系本单位负责人或安全管理员。",
    "The login or the password is not right. Check both and try again; if you forgot your password, ask your lead or "
    "the security administrator.",
)
WRONG_CODE = Text(
    "验证码不正确，或已经用过。等应用显示下一个验证码后输入，也可用一个恢复码。",
    "The code is not right, or was used before. Wait for the next one and type that, or use a recovery code.",
)
_NO_OIDC = Text("没有启用统一身份认证。用密码登录。", "No identity provider is set up. Sign in with your password.")
_DECLINED = Text(
    "统一身份认证没有完成。从登录页重新开始。",
    "The identity provider did not finish. Start again from the sign-in page.",
)
_NOT_LINKED = Text(
    "这个统一身份还没有对应的账号。先用密码登录，在「我的账号」中关联。",
    "This identity belongs to no account yet. Sign in with your password and link it on the page of your account.",
)
_LINKED = Text(
    "这个统一身份已关联另一个账号。先在那个账号中解除关联。",
    "This identity is linked to another account. Unlink it there.",
)
