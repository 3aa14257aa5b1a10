"""The gate every request passes: who asks, may they, and is the form theirs.

Each view names its row of the matrix with :func:`action`; one that does not keeps the application from starting.
"""

import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.matrix import BY_KEY
from matchmaker.accounts.permits import may, permit
from matchmaker.accounts.sessions import SEEN_EVERY, SignedIn, find_session, mark_seen
from matchmaker.accounts.tokens import mark_used
from matchmaker.actor import NOBODY, SYSTEM, Actor
from matchmaker.domain.errors import NotAllowedError, NotFoundError, SignInError, UsageError
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.lists.tenants import actor_of_session, actor_of_token
from matchmaker.push.own_messages import count_unread
from matchmaker.settings import Settings
from matchmaker.vault import require_secret, token_hash
from matchmaker.web.api.limits import add_limits
from matchmaker.web.view import current_day, parts

API = "/api/"
SAFE = ("GET", "HEAD", "OPTIONS")
View = TypeVar("View", bound=Callable[..., Any])
csrf = CSRFProtect()
_LOG = logging.getLogger("matchmaker.security")


def action(key: str) -> Callable[[View], View]:
    """Name the row of the matrix that a view (or a method of one) asks leave for; the innermost decorator."""
    if key not in BY_KEY:
        raise KeyError(key)

    def mark(view: View) -> View:
        view.action_key = key  # type: ignore[attr-defined]
        return view

    return mark


def action_of(app: Flask, endpoint: str, method: str) -> str | None:
    """The key a route asks leave for; None where it names none."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return "static"
    view = app.view_functions[endpoint]
    methods = getattr(view, "view_class", None)
    if methods is not None:
        view = getattr(methods, "get" if method == "HEAD" else method.lower(), view)
    return getattr(view, "action_key", None)


def routes(app: Flask) -> Iterator[tuple[str, str, str | None]]:
    """(endpoint, method, action) of every route and method but the automatic OPTIONS."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield rule.endpoint, method, action_of(app, rule.endpoint, method)


def add_guard(app: Flask, settings: Settings) -> None:
    """Cookies, proxies, CSRF and the check before every request."""
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.config.update(
        SECRET_KEY=settings.secret_key or None,
        SESSION_COOKIE_NAME="form" if settings.demo else "__Host-form",
        SESSION_COOKIE_SECURE=not settings.demo,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # the Origin is looked at below, which also covers what sends no Referer
        WTF_CSRF_CHECK_DEFAULT=False,
    )
    csrf.init_app(app)
    app.before_request(_identify)
    add_limits(app, settings)
    app.before_request(_check)


def require_actions(app: Flask) -> None:
    """Refuse to start with a route that names no row of the matrix."""
    bare = sorted({f"{method} {endpoint}" for endpoint, method, key in routes(app) if key is None})
    if bare:
        raise LookupError(f"no row of the matrix is named by: {', '.join(bare)}")


def cookie_name(settings: Settings) -> str:
    """The session's cookie: bound to this host and to TLS, but for the demo on plain http."""
    return "session" if settings.demo else "__Host-session"


def _identify() -> None:
    """Find out who asks; nobody where neither a good session nor a good token came along."""
    g.request_id = secrets.token_hex(8)
    g.signed_in = None
    g.actor = replace(NOBODY, address=request.remote_addr or "", request_id=g.request_id)
    found = _by_token() if request.path.startswith(API) else _by_cookie()
    if found is not None:
        g.actor = replace(found, address=g.actor.address, request_id=g.request_id)


def _by_token() -> Actor | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    moment = parts().now()
    with parts().database.reading(SYSTEM) as session:
        found = actor_of_token(session, token_hash(token.strip()), now=moment)
    if found is not None:
        _note_use(found)
    return found


def _note_use(actor: Actor) -> None:
    """Once a day and process; the row itself is written once a day."""
    noted: dict[int | None, date] = current_app.extensions.setdefault("tokens_used", {})
    if actor.token_id is not None and noted.get(actor.token_id) != current_day():
        with parts().database.writing(SYSTEM) as session:
            mark_used(session, actor.token_id, current_day())
        noted[actor.token_id] = current_day()


def _by_cookie() -> Actor | None:
    token = request.cookies.get(cookie_name(parts().settings))
    if not token:
        return None
    moment = parts().now()
    with parts().database.reading(SYSTEM) as session:
        signed_in = find_session(session, token, settings=parts().settings, now=moment)
        if signed_in is None:
            return None
        g.signed_in = signed_in
        actor = actor_of_session(session, signed_in)
        if may(actor, "inbox", moment) and request.endpoint != "static":
            g.unread = count_unread(session, actor)
    if moment - signed_in.sign_in.seen_at >= SEEN_EVERY:
        with parts().database.writing(SYSTEM) as session:
            mark_seen(session, signed_in.sign_in.id, moment)
    return actor


def signed_in() -> SignedIn:
    """The person whose browser asks."""
    if g.signed_in is None:
        raise SignInError(Text("请先登录。", "Sign in first."), code="sign_in_needed")
    return g.signed_in  # type: ignore[no-any-return]


def _check() -> None:
    if request.endpoint is None or request.method == "OPTIONS":
        return  # an unknown address says so itself
    if not request.path.startswith(API):
        _refuse_nul()
    key = action_of(current_app, request.endpoint, request.method)
    if key is None:
        raise LookupError(f"{request.endpoint} names no row of the matrix")
    if key not in ("health", "static"):
        require_secret(parts().settings)
    try:
        permit(g.actor, key, parts().now())
        if request.method not in SAFE and not request.path.startswith(API):
            _require_own_form()
    except NotAllowedError as error:
        note_denial(key, error.code)
        raise
    except CSRFError:
        note_denial(key, "csrf")
        raise


def _refuse_nul() -> None:
    """No text of ours holds NUL, and PostgreSQL takes none: NotFoundError for such a path, UsageError for a query."""
    if "\0" in request.path:
        raise NotFoundError(_NO_PAGE, code="not_found")
    if any("\0" in one for values in request.args.listvalues() for one in values):
        raise UsageError(_NUL, code="nul")


def _require_own_form() -> None:
    """A form counts only with this session's token and from this site (ASVS 3.5.1)."""
    origin = request.headers.get("Origin")
    foreign = origin is not None and origin.partition("://")[2] != request.host
    if foreign or request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise NotAllowedError(_FOREIGN, code="foreign_form")
    csrf.protect()


def note_denial(key: str, code: str) -> None:
    """What was refused stands in the log; of someone who has signed in, in the audit too."""
    actor: Actor = g.actor
    _LOG.warning("denied %s %s %s", key, code, actor.who)
    if actor.side is not Side.ANYONE and code not in ("fresh_needed", "second_factor_needed"):
        moment = parts().now()
        with parts().database.writing(SYSTEM) as session:
            record_event(
                session, actor=actor, action="denied", subject=f"action:{key}", now=moment, after={"code": code}
            )


_NO_PAGE = Text("没有找到这个页面。从首页重新进入。", "There is no such page. Start again from the first page.")
_NUL = Text(
    "地址里有不能使用的字符。删去后再试。",
    "The address holds a character that cannot be used. Remove it and try again.",
)
_FOREIGN = Text(
    "这个表单不是从本网站提交的，没有执行。回到页面重新提交。",
    "This form did not come from this site. Go back and send it again.",
)
