"""The API put together: its document, its collections, its pages."""

from typing import Any

import flask_smorest
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask

import matchmaker
from matchmaker.web.api.docs import DOCS
from matchmaker.web.api.ids import PublicId, id_schema
from matchmaker.web.api.operations import Blueprint
from matchmaker.web.api.problems import TITLES, TYPE
from matchmaker.web.api.resources.answers import ANSWERS
from matchmaker.web.api.resources.batch import BATCH
from matchmaker.web.api.resources.certificates import CERTIFICATES
from matchmaker.web.api.resources.consents import CONSENTS
from matchmaker.web.api.resources.feed import FEED
from matchmaker.web.api.resources.guarantee_losses import LOSSES
from matchmaker.web.api.resources.guarantees import GUARANTEES
from matchmaker.web.api.resources.imports import IMPORTS
from matchmaker.web.api.resources.leads import LEADS
from matchmaker.web.api.resources.lists import LIST_BLUEPRINTS
from matchmaker.web.api.resources.matches import MATCHES
from matchmaker.web.api.resources.referrals import REFERRALS
from matchmaker.web.api.resources.webhooks import WEBHOOKS
from matchmaker.web.api.schemas import JsonField, ProblemSchema

OPENAPI = "3.1.0"
BLUEPRINTS = (
    *LIST_BLUEPRINTS,
    BATCH,
    IMPORTS,
    MATCHES,
    LEADS,
    ANSWERS,
    REFERRALS,
    GUARANTEES,
    LOSSES,
    CONSENTS,
    CERTIFICATES,
    WEBHOOKS,
    FEED,
)

_ABOUT = """企业融资撮合平台的接口。金额以元为单位、写成十进制字符串，币种 CNY；利率写成百分数字符串或 LPR 加减点；
时间带时区（RFC 3339）；代码的名称按 Accept-Language 给出中文或英文。

The matchmaker's interface for programmes. Amounts are decimal strings of yuan, in CNY; rates are percentages as strings
or spreads on LPR; times have their offset (RFC 3339); codes have their names in the language of Accept-Language."""

_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}},
    405: {"Allow": {"schema": {"type": "string"}, "required": True, "description": "methods of this address"}},
    429: {"Retry-After": {"schema": {"type": "integer"}, "required": True, "description": "seconds"}},
    503: {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}},
}


class Plugin(MarshmallowPlugin):
    """Publishes of each member the JSON Schema that it is checked by."""

    def init_spec(self, spec: Any) -> None:
        """Before any schema is looked at."""
        super().init_spec(spec)
        assert self.converter is not None
        self.converter.add_attribute_function(_published)  # type: ignore[no-untyped-call]


class Document(flask_smorest.Api):  # type: ignore[misc]  # it ships no types
    """The OpenAPI document. Errors are those of the whole application, so none are handled here."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def register_blueprint(self, blueprint: Blueprint) -> None:
        """Its routes in the application and in the document, under its tag."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        blueprint.register_views_in_doc(self, self._app, self.spec, name=blueprint.name, parameters=None)
        self.spec.tag({"name": blueprint.tag, "description": blueprint.description})

    def _register_error_handlers(self) -> None:
        """None of its own."""

    def _register_responses(self) -> None:
        """A problem document for each status that an operation may end with."""
        for status, title in TITLES.items():
            response = {
                "description": f"{title.zh} {title.en}",
                "content": {TYPE: {"schema": ProblemSchema}},
                "headers": _HEADERS.get(status, {}),
            }
            self.spec.components.response(f"Problem{status}", response, lazy=True)

    def _register_etag_headers(self) -> None:
        """None: the operations name their own."""

    def _register_pagination_header(self) -> None:
        """None: pages are in the body."""


def add_api(app: Flask) -> None:
    """All routes under ``/api/v1``, and the document made from them."""
    app.config.update(
        API_TITLE="matchmaker", API_VERSION=f"v1 ({matchmaker.__version__})", OPENAPI_VERSION=OPENAPI,
        API_SPEC_OPTIONS={
            "info": {"description": _ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
            "security": [{"token": []}],
            "servers": [{"url": "/"}],
        },
    )  # fmt: skip
    app.url_map.converters["id"] = PublicId
    document = Document(app, spec_kwargs={"marshmallow_plugin": Plugin(schema_name_resolver=_name_of)})
    app.cli.commands.pop("openapi", None)  # the document is at its address; one way to it is enough
    document.register_converter(PublicId, id_schema)
    document.spec.components.security_scheme(
        "token", {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer mk_live_…"}
    )
    for blueprint in BLUEPRINTS:
        document.register_blueprint(blueprint)
    app.register_blueprint(DOCS)


def _name_of(schema: Any) -> str:
    found = schema if isinstance(schema, type) else type(schema)
    return found.__name__.removesuffix("Schema")


def _published(_converter: Any, field: Any, **_known: Any) -> dict[str, Any]:
    return dict(field.schema) if isinstance(field, JsonField) else {}
