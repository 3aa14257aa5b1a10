"""The API's document and its pages: everything they need comes from here, so they work without a network."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import flask_swagger_ui
from flask import Blueprint, Response, current_app, send_from_directory

from matchmaker.web.api.codes import CODES
from matchmaker.web.guard import action
from matchmaker.web.view import page

DOCS = Blueprint("api_docs", __name__, url_prefix="/api/v1")
ASSETS = Path(flask_swagger_ui.__file__).parent / "dist"
SHOWN = ("swagger-ui.css", "swagger-ui-bundle.js")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Of the one page that runs a script, the packaged viewer's: it asks this host only; nothing is inline."""


@DOCS.get("/openapi.json")
@action("help")
def openapi() -> Response:
    """The OpenAPI 3.1 document."""
    answer = Response(_document(current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"]), 200)
    answer.content_type = "application/json"
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@lru_cache(maxsize=4)
def _document(api: Any) -> str:
    return json.dumps(api.spec.to_dict(), ensure_ascii=False)


@DOCS.get("/docs")
@action("help")
def docs() -> Response:
    """The document as a page to read and try."""
    answer = current_app.make_response(page("api_docs.html"))
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


@DOCS.get("/docs/<any(" + ",".join(f'"{name}"' for name in SHOWN) + "):name>")
@action("static")
def asset(name: str) -> Response:
    """A file of the viewer's package."""
    answer = send_from_directory(ASSETS, name, max_age=86_400)
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@DOCS.get("/docs/errors")
@action("help")
def errors() -> str:
    """Every code of a problem document, what it means and what to do."""
    return page("api_errors.html", codes=CODES)
