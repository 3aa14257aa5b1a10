"""Errors for programmes: RFC 9457 problem documents in the language asked for."""

import json
from collections.abc import Sequence
from typing import Any

from flask import Response, g, request

from matchmaker.domain.errors import MatchmakerError, SignInError, TooManyError

TYPE = "application/problem+json"


def problem(
    sentence: str,
    status: int,
    *,
    code: str,
    error: MatchmakerError | None = None,
    errors: Sequence[dict[str, Any]] = (),
) -> Response:
    """A problem document. ``errors``: one object a fault, ``pointer``, ``code`` and ``detail`` each."""
    body: dict[str, Any] = {
        "type": f"{request.url_root}api/v1/docs/errors#{code}",
        "title": code,
        "status": status,
        "detail": sentence,
        "instance": request.path,
        "code": code,
        "request_id": g.get("request_id", ""),
    }
    if errors:
        body["errors"] = list(errors)
    answer = Response(json.dumps(body, ensure_ascii=False), status=status, content_type=TYPE)
    if isinstance(error, SignInError):
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyError):
        answer.headers["Retry-After"] = str(error.values.get("seconds", 60))
    return answer
