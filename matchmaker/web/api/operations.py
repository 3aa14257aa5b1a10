"""One decorator for an operation: its row of the matrix, its words, its parameters and every answer it may give."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import flask_smorest

from matchmaker.accounts.matrix import BY_KEY
from matchmaker.domain.text import Text
from matchmaker.web.api.body import BodyParser
from matchmaker.web.api.once import HEADER, PATTERN
from matchmaker.web.api.query import Params, documented
from matchmaker.web.guard import action

View = TypeVar("View", bound=Callable[..., Any])

ALWAYS = (400, 401, 403, 404, 405, 413, 429, 500, 503)
"""Problems that any call may end with."""

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "读到的 ETag The ETag that was read.",
    "schema": {"type": "string", "pattern": r'^"[0-9]{1,9}-[0-9a-f]{20}"$'},
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "已有的 ETag The ETag that you have: 304 where nothing changed.",
    "schema": {"type": "string"},
}
IDEMPOTENCY = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": "每次提交一个新的随机值；重试时用同一个 A new random value; the same one when you try again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": PATTERN},
}
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "version of the answer"}}
LOCATION = {"Location": {"schema": {"type": "string"}, "description": "address of what was made"}}


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # it ships no types
    """A blueprint whose bodies are read by :class:`BodyParser`."""

    ARGUMENTS_PARSER = BodyParser()

    def __init__(self, tag: str, about: Text, url_prefix: str) -> None:
        """``tag``: under which the document shows its operations."""
        super().__init__(f"api_{tag}", __name__, url_prefix=url_prefix, description=f"{about.zh} {about.en}")
        self.tag = tag

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """As ever; typed."""
        return super().route(rule, tags=[self.tag], **options)  # type: ignore[no-any-return]


def operation(
    blueprint: Blueprint,
    key: str,
    said: Text,
    schema: Any = None,
    *,
    status: int = 200,
    body: Any = None,
    form: Mapping[str, Any] | None = None,
    content_type: str | None = None,
    example: Any = None,
    query: Params | None = None,
    problems: tuple[int, ...] = (),
    headers: tuple[Mapping[str, Any], ...] = (),
    answers: Mapping[str, Any] | None = None,
    about: str = "",
) -> Callable[[View], View]:
    """Mark a view as an operation. ``key``: its row of the matrix, which the guard checks before the view runs.

    ``body``: schema of the JSON that the view is given first, with an ``example`` that works (a test sends it);
    ``form``: the request body of one that takes no JSON. ``headers``: parameters of the head; ``answers``: headers of
    the answer. ``problems``: statuses beside ``ALWAYS``.
    """

    def decorate(view: View) -> View:
        view = action(key)(view)
        if body is not None:
            view = blueprint.arguments(body, example=example)(view)
        for code in sorted({*ALWAYS, *problems, *((415, 422) if body is not None else ())}):
            view = blueprint.alt_response(code, response=f"Problem{code}")(view)
        if any(header is IF_NONE_MATCH for header in headers):
            view = blueprint.alt_response(304, description="Not modified")(view)
        view = blueprint.response(status, schema, headers=dict(answers or {}), content_type=content_type)(view)
        parameters = [*headers, *documented(query or {})]
        more = {"requestBody": dict(form)} if form else {}
        return blueprint.doc(  # type: ignore[no-any-return]
            summary=f"{said.zh} {said.en}", description=_description(key, about), parameters=parameters, **more
        )(view)

    return decorate


def _description(key: str, about: str) -> str:
    scope = BY_KEY[key].scope
    said = f"权限 Scope: `{scope}`." if scope else "无需密钥 No token needed."
    return f"{about}\n\n{said}".strip()
