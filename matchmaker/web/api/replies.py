"""Answers: JSON with its version, conditional reads and guarded writes by ETag (RFC 9110 sections 8.8 and 13)."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.http import parse_etags

from matchmaker.domain.text import Text
from matchmaker.web.api.faults import ApiError
from matchmaker.web.view import current_lang

VARY = "Authorization, Accept-Language"


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, version: int = 0) -> Response:
    """``value`` as JSON with a strong ETag; 304 where a read asks for what it has already, 412 for what is no more.

    The ETag is ``"VERSION-HASH"``: the version is what a write is guarded by, the hash tells languages, chosen fields
    and roles apart, whose answers differ at the same address.
    """
    raw = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    answer = Response(raw, status, content_type="application/json")
    answer.headers.update(headers or {})
    answer.headers["Content-Language"] = "zh-CN" if current_lang() == "zh" else "en"
    answer.headers["Vary"] = VARY
    answer.headers["ETag"] = f'"{version}-{hashlib.sha256(raw).hexdigest()[:20]}"'
    if request.method in ("GET", "HEAD") and status == 200:
        answer.headers["Cache-Control"] = "private, no-cache"
        answer.make_conditional(request)
        if answer.status_code == 412:
            raise ApiError(412, _MOVED_ON, code="version_conflict")
    return answer


def expected_version() -> int:
    """The version that a write was made for, from If-Match; 428 without one.

    0 where it names none of ours, which no entry has; ``*`` is refused: it guards nothing.
    """
    written = request.headers.get("If-Match")
    if written is None:
        raise ApiError(428, _NO_VERSION, code="version_required")
    for tag in parse_etags(written).as_set():
        version = tag.partition("-")[0]
        if version.isascii() and version.isdigit() and len(version) < 10:
            return int(version)
    return 0


_MOVED_ON = Text(
    "If-Match 不是现在的内容。去掉 If-Match 重新读取。",
    "If-Match is not what stands here now. Leave it out and read again.",
)
_NO_VERSION = Text(
    "缺少 If-Match。先读取，再把读到的 ETag 放进 If-Match 提交。",
    "If-Match is missing. Read the entry first and send its ETag as If-Match.",
)
