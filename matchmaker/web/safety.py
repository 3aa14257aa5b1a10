"""What holds for every response: headers, errors in one sentence, a language."""

import logging
import re
from ipaddress import ip_address

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from matchmaker.domain.errors import Exit, MatchmakerError, NotAllowedError
from matchmaker.domain.text import Text
from matchmaker.web.view import current_lang, page

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_STATUS = {Exit.NOT_FOUND: 404, Exit.CONFLICT: 409, Exit.NOT_ALLOWED: 403, Exit.USAGE: 400, Exit.REJECTED: 422}
_HTTP = {
    404: Text("没有找到这个页面。从首页重新进入。", "There is no such page. Start again from the first page."),
    405: Text("这个地址不接受这种请求。", "This address does not take that kind of request."),
}
_OTHER = Text("请求没有完成。返回上一页再试。", "The request was not completed. Go back and try again.")
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
    if request.args.get("lang") in ("zh", "en"):
        response.set_cookie("lang", current_lang(), max_age=31_536_000, samesite="Lax", httponly=True)
    return response


def _error_page(sentence: str, status: int) -> tuple[str, int]:
    return page("error.html", sentence=sentence, status=status), status


def _expected(error: MatchmakerError) -> tuple[str, int]:
    return _error_page(error.say(current_lang()), _STATUS.get(error.exit_code, 503))


def _http(error: HTTPException) -> tuple[str, int]:
    status = error.code or 500
    return _error_page(_HTTP.get(status, _OTHER).say(current_lang()), status)


def _unexpected(error: Exception) -> tuple[str, int]:
    log.exception("unexpected error in a request")
    return _error_page(_INTERNAL.say(current_lang()), 500)
