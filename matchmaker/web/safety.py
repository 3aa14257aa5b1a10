"""What holds for every response: headers, errors in one sentence, a language."""

import logging
import re
from ipaddress import ip_address
from typing import Any

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from matchmaker.domain.errors import (
    ConfigurationError,
    Exit,
    MatchmakerError,
    NotAllowedError,
    SignInError,
    TooManyError,
)
from matchmaker.domain.text import Text
from matchmaker.web.api.faults import ApiError
from matchmaker.web.api.problems import SENTENCES, problem
from matchmaker.web.guard import API, SAFE, action_of
from matchmaker.web.signing import page_of_form
from matchmaker.web.view import asked_lang, current_lang, page, parts

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
HSTS = "max-age=31536000; includeSubDomains"
_STATUS = {Exit.NOT_FOUND: 404, Exit.CONFLICT: 409, Exit.NOT_ALLOWED: 403, Exit.USAGE: 400, Exit.REJECTED: 422}
_HTTP = {
    404: Text("没有找到这个页面。从首页重新进入。", "There is no such page. Start again from the first page."),
    403: Text(
        "这个表单已失效，没有执行。回到页面刷新后重新提交。",
        "This form has expired; nothing was done. Reload the page and send it again.",
    ),
    413: Text("文件太大。拆成几份再上传。", "The file is too large. Split it up."),
    405: Text("这个地址不接受这种请求。", "This address does not take that kind of request."),
}
_OTHER = Text("请求没有完成。返回上一页再试。", "The request was not completed. Go back and try again.")
_AWAY = Text("服务暂时不可用，原因已记录。稍后再试。", "The service is away; why is on record. Try again later.")
_INTERNAL = Text("系统出了问题，已记录。稍后再试。", "Something went wrong and was recorded. Try again later.")


def add_safety(app: Flask) -> None:
    """Headers on every response and one page for every error."""
    app.after_request(_add_headers)
    app.register_error_handler(MatchmakerError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def require_loopback() -> None:
    """Demo pages show names, so they answer this machine only, under this machine's own name."""
    host = request.host.rpartition(":")[0] if re.search(r":\d+$", request.host) else request.host
    if not (_is_loopback(request.remote_addr or "") and (host == "localhost" or _is_loopback(host.strip("[]")))):
        raise NotAllowedError(
            Text("演示页面只在本机打开。", "The demo's pages are for this machine only."), code="demo_address"
        )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static" and response.headers.get("Cache-Control") == "no-cache":
        response.headers["Cache-Control"] = "no-store"  # a file that is sent says no-cache of itself
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = HSTS
    if "request_id" in g:
        response.headers["X-Request-Id"] = g.request_id
    if asked_lang() in ("zh", "en"):
        response.set_cookie(
            "lang", current_lang(), max_age=31_536_000, samesite="Lax", httponly=True, secure=not parts().settings.demo
        )
    return response


def _answer(sentence: str, status: int, *, code: str, error: MatchmakerError | None = None) -> Any:
    """The error as a page, or for programmes as a problem document."""
    if request.path.startswith(API):
        return problem(sentence, status, code=code, error=error)
    headers = {"Retry-After": str(error.values.get("seconds", 60))} if isinstance(error, TooManyError) else {}
    if status == 503:
        headers = {"Retry-After": "5"}
    return page("error.html", sentence=sentence, status=status), status, headers


def _expected(error: MatchmakerError) -> Any:
    way = None if request.path.startswith(API) else way_on(error)
    return way or _answer(_said(error), status_of(error), code=error.code, error=error)


def _said(error: MatchmakerError) -> str:
    """The sentence for whoever asks; what the operator has to put right (addresses, folders) goes to the log alone."""
    if isinstance(error, ConfigurationError):
        log.error("request %s: %s", g.get("request_id"), error.say("en"))
        return _AWAY.say(current_lang())
    return error.say(current_lang())


def status_of(error: MatchmakerError) -> int:
    """The HTTP status of an expected error."""
    if isinstance(error, ApiError):
        return error.status
    if isinstance(error, SignInError):
        return 401
    if isinstance(error, TooManyError):
        return 429
    if error.code.startswith("database_"):
        return 503
    return _STATUS.get(error.exit_code, 503)


def way_on(error: MatchmakerError) -> Response | None:
    """Where someone is sent who has to sign in, or to prove again who it is, before this page; None for others.

    From a form back to the page it stands on, never on to what it would do: nothing is sent a second time unseen.
    ``again``: the row of the matrix to be told that was not done.
    """
    endpoint = _WAYS.get(error.code)
    if endpoint is None or endpoint not in current_app.view_functions:
        return None
    if request.method in SAFE:
        return redirect(url_for(endpoint, next=request.full_path.rstrip("?")))  # type: ignore[return-value]
    again = action_of(current_app, request.endpoint or "", request.method) if error.code == "fresh_needed" else None
    return redirect(url_for(endpoint, next=page_of_form(), again=again))  # type: ignore[return-value]


_WAYS = {
    "sign_in_needed": "sign_in.form",
    "second_factor_needed": "sign_in.second_factor",
    "fresh_needed": "account.confirm",
}


def _http(error: HTTPException) -> Any:
    status = 403 if isinstance(error, CSRFError) else error.code or 500
    texts = SENTENCES if request.path.startswith(API) else _HTTP
    answer = _answer(texts.get(status, _OTHER).say(current_lang()), status, code=f"http_{status}")
    response = current_app.make_response(answer)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unexpected(error: Exception) -> Any:
    log.exception("unexpected error in a request %s", g.get("request_id"))
    return _answer(_INTERNAL.say(current_lang()), 500, code="internal")
