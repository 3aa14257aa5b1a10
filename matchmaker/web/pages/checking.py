"""Checking a certificate, for anybody: the page of its QR code, a form for its token, the keys, the revoked ones."""

from typing import Any

from flask import Blueprint, Response, make_response, request

from matchmaker.domain.errors import MatchmakerError, NotFoundError, RejectedError
from matchmaker.domain.text import Text
from matchmaker.guarantee.endorsement.queries import (
    LIST_PATH,
    Checked,
    bureau_name,
    check_token,
    look_up,
    public_keys,
    revoked_list,
)
from matchmaker.web.guard import action
from matchmaker.web.pages.endorsement_paper import NO_PROMISE, stated
from matchmaker.web.safety import status_of
from matchmaker.web.view import current_lang, page, parts, reading

checking = Blueprint("checking", __name__)
KEYS_SECONDS, LIST_SECONDS = 3600, 300
"""How long others may keep the keys, and the list of revoked certificates."""


@checking.get("/verify")
@action("certificates.check")
def form() -> Response:
    """The form for a token."""
    return _page()


@checking.post("/verify")
@action("certificates.check")
def check() -> Response:
    """What a token is worth now."""
    token = request.form.get("token", "")
    try:
        if not token.strip():
            raise RejectedError(_EMPTY, code="token_empty")
        with reading() as session:
            checked = check_token(session, token, parts().now())
    except RejectedError as error:
        return _page(error=error)
    return _page(checked)


@checking.get("/verify/<public_id>")
@action("certificates.check")
def one(public_id: str) -> Response:
    """The certificate behind an id: whoever has the id was given it, for it is random."""
    try:
        with reading() as session:
            checked = look_up(session, public_id, parts().now())
    except NotFoundError as error:
        return _page(error=error)
    return _page(checked)


def _page(checked: Checked | None = None, error: MatchmakerError | None = None) -> Response:
    """Found by those who have the address, never by a search engine."""
    with reading() as session:
        bureau = bureau_name(session, parts().settings)
    rows = stated(checked.claims, current_lang()) if checked and checked.claims else ()
    shown = page(
        "endorsement_check.html", checked=checked, rows=rows, error=error, promise=NO_PROMISE, bureau=bureau,
        at=parts().now(),
    )  # fmt: skip
    return make_response(shown, status_of(error) if error else 200, {"X-Robots-Tag": "noindex, nofollow"})


@checking.get("/.well-known/matchmaker/jwks.json")
@action("certificates.check")
def jwks() -> Any:
    """The public keys, as a JWK Set."""
    with reading() as session:
        found = public_keys(session, parts().now())
    answer = make_response(found)
    answer.mimetype = "application/jwk-set+json"
    return _kept(answer, KEYS_SECONDS)


@checking.get(LIST_PATH)
@action("certificates.check")
def revoked() -> Any:
    """The list of revoked certificates, signed; there is none before the first certificate was issued."""
    with reading() as session:
        found = revoked_list(session, parts().settings, parts().now())
    if found is None:
        raise NotFoundError(_NO_LIST, code="not_found")
    return _kept(Response(found, mimetype="application/jwt"), LIST_SECONDS)


def _kept(answer: Response, seconds: int) -> Response:
    """To be kept by caches for so long, and asked for by its tag afterwards."""
    answer.headers["Cache-Control"] = f"public, max-age={seconds}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


_EMPTY = Text(
    "还没有填写令牌。粘贴证书的令牌后再核验。", "There is no token. Paste the certificate's token to check it."
)
_NO_LIST = Text("还没有出具过信用背书，没有撤销名单。", "Nothing was certified yet, so there is no list.")
