"""Errors for programmes: RFC 9457 problem documents in the language asked for."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, g, request

from matchmaker.domain.errors import MatchmakerError, SignInError, TooManyError
from matchmaker.domain.text import Text
from matchmaker.web.api.faults import ApiError
from matchmaker.web.view import current_lang, parts

TYPE = "application/problem+json"

TITLES: dict[int, Text] = {
    400: Text("请求写法不对", "Bad request"),
    401: Text("没有有效的密钥", "No valid token"),
    403: Text("没有权限", "Not allowed"),
    404: Text("没有找到", "Not found"),
    405: Text("不支持这种请求", "Method not allowed"),
    409: Text("与当前状态冲突", "Conflict"),
    412: Text("版本已变", "Version has changed"),
    413: Text("内容过大", "Too large"),
    415: Text("内容类型不对", "Wrong content type"),
    422: Text("内容有误", "Faulty content"),
    428: Text("缺少版本", "Version required"),
    429: Text("请求过多", "Too many requests"),
    500: Text("系统出了问题", "Something went wrong"),
    503: Text("暂时不能服务", "Not available now"),
}

SENTENCES: dict[int, Text] = {
    400: Text("请求写法不对，没有执行。对照接口说明改正。", "The request is malformed; see the API's document."),
    404: Text("没有这个地址。对照接口说明核对。", "There is no such address; see the API's document."),
    405: Text("这个地址不接受这种方法，可用的见 Allow。", "The address does not take this method; see Allow."),
    413: Text("请求内容太大。分成几次提交。", "The body is too large. Split it up."),
    415: Text("内容类型不对，对照接口说明改正。", "The content type is not the one that is asked for."),
}
"""What is said of errors that come from HTTP itself."""


def problem(
    sentence: str,
    status: int,
    *,
    code: str,
    error: MatchmakerError | None = None,
    errors: Sequence[dict[str, Any]] = (),
) -> Response:
    """A problem document. ``errors``: one object a fault, ``pointer``, ``code`` and ``detail`` each."""
    if isinstance(error, SignInError):
        sentence = _TOKEN[_has_token()].say(current_lang())
    body = problem_json(sentence, status, code=code, errors=errors)
    answer = Response(status=status, content_type=TYPE)
    if isinstance(error, ApiError):
        body |= error.more
        if error.faults:
            body["errors"] = [fault.to_json(current_lang()) for fault in error.faults]
        answer.headers.update(error.headers)
    if isinstance(error, SignInError):
        answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if _has_token() else "Bearer"
    if isinstance(error, TooManyError):
        answer.headers["Retry-After"] = str(error.values.get("seconds", 60))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers.setdefault("Retry-After", "5")
    answer.set_data(json.dumps(body, ensure_ascii=False))
    return answer


def _has_token() -> bool:
    """Whether a token came along; what is wrong with it is not told apart (RFC 6750 section 3.1)."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and bool(token.strip())


def problem_json(sentence: str, status: int, *, code: str, errors: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The members of a problem document."""
    title = TITLES.get(status)
    body: dict[str, Any] = {
        "type": f"{parts().settings.public_url.rstrip('/')}/api/v1/docs/errors#{code}",
        "title": title.say(current_lang()) if title else HTTPStatus(status).phrase,
        "status": status,
        "detail": sentence,
        "instance": request.path,
        "code": code,
        "request_id": g.get("request_id", ""),
    }
    return body | ({"errors": list(errors)} if errors else {})


_TOKEN = {
    True: Text(
        "这个密钥不存在、已过期、已撤销，或其创建人已停用。在「接口密钥」页（/account/tokens）新建一个再调用。",
        "This token is unknown, has expired or was revoked, or its maker may no longer sign in. Make a new one at "
        "/account/tokens.",
    ),
    False: Text(
        "缺少密钥。在「接口密钥」页（/account/tokens）新建一个，写进请求头 Authorization: Bearer mk_live_…。",
        "There is no token. Make one at /account/tokens and send it as Authorization: Bearer mk_live_….",
    ),
}
"""Whether a token came along → what to do."""
