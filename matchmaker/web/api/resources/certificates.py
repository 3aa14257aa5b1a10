"""Certificates of ratings (信用背书): offered, agreed to and issued, read, revoked; as the pages do it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from flask import Response, url_for
from sqlalchemy import String, select, type_coerce

from matchmaker.db import ScopedSession, UtcTime
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.endorsement.keys import holding
from matchmaker.guarantee.endorsement.models import Certificate, RevokedWhy
from matchmaker.guarantee.endorsement.queries import find_certificate, no_certificate, state_of
from matchmaker.guarantee.endorsement.revoking import revoke_certificate
from matchmaker.guarantee.endorsement.services import issue_certificate, offer_of
from matchmaker.guarantee.endorsement.tokens import Standing
from matchmaker.web.api.entries import address_of
from matchmaker.web.api.examples import CERTIFICATE, REVOCATION
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.kinds import coded
from matchmaker.web.api.listing import Listing, Order, list_page
from matchmaker.web.api.once import do_once
from matchmaker.web.api.operations import ETAG, IDEMPOTENCY, IF_NONE_MATCH, LOCATION, Blueprint, operation
from matchmaker.web.api.query import Param, read_query
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.answers_shown import with_current
from matchmaker.web.api.resources.certificate_schemas import (
    AgreedSchema,
    CertificateSchema,
    OfferSchema,
    RevokeSchema,
)
from matchmaker.web.api.schemas import chosen_from, page_schema, shown_moment
from matchmaker.web.view import actor, current_lang, parts, reading

CERTIFICATES = Blueprint("certificates", Text("信用背书", "certificates"), "/api/v1/certificates")
_VALID = Param({"type": "boolean"}, Text("此刻是否有效。", "Whether it holds now."))

LISTED = Listing(
    base=select(Certificate),
    orders={
        "issued_at": Order(
            type_coerce(Certificate.issued_at, UtcTime), lambda v: v.isoformat(), datetime.fromisoformat
        ),
        "id": Order(type_coerce(Certificate.public_id, String)),
    },
    filters={"valid": (_VALID, lambda yes: holding(parts().now()) if yes else ~holding(parts().now()))},
    members=chosen_from(CertificateSchema),
    default=("-issued_at", "id"),
)


@CERTIFICATES.route("", endpoint="list")
@operation(
    CERTIFICATES, "certificates.read", Text("信用背书", "Certificates"), page_schema(CertificateSchema),
    query=LISTED.params, headers=(IF_NONE_MATCH,), answers=ETAG,
)  # fmt: skip
def list_certificates() -> Response:
    """An enterprise's own; for the bureau, all."""
    with reading() as session:
        return list_page(session, LISTED, _shown_all)


@CERTIFICATES.route("/offer", endpoint="offer")
@operation(
    CERTIFICATES, "certificates.issue", Text("可以背书的评级与同意书", "What could be certified, and the words"),
    OfferSchema, headers=(IF_NONE_MATCH,), answers=ETAG, problems=(422,),
    about="文字按 Accept-Language；出具时用同一语言。\nThe words are in the language asked for; issue it in the same.",
)  # fmt: skip
def read_offer() -> Response:
    """With why nothing could be certified, where that is so."""
    read_query({})
    with reading() as session:
        return reply(_offered(session))


@CERTIFICATES.route('/<id("certificates"):id>', endpoint="one")
@operation(
    CERTIFICATES, "certificates.read", Text("一份信用背书", "A certificate"), CertificateSchema,
    headers=(IF_NONE_MATCH,), answers=ETAG,
)  # fmt: skip
def read_certificate(id: str) -> Response:  # noqa: A002
    """With the words that were agreed to."""
    read_query({})
    with reading() as session:
        return reply(_shown(find_certificate(session, id)))


@CERTIFICATES.route("", endpoint="create", methods=["POST"])
@operation(
    CERTIFICATES, "certificates.issue", Text("同意并出具", "Agree and issue"), CertificateSchema, status=201,
    body=AgreedSchema, example=CERTIFICATE, headers=(IDEMPOTENCY,), answers=ETAG | LOCATION, problems=(409,),
    about="评级已有有效证书的，返回那一份；同意书已变的，409 的 current 给出现在的文字。\n"
    "One that holds for the rating is given as it is; where the words have changed, 409 has those of now as current.",
)  # fmt: skip
def issue(body: dict[str, Any]) -> Response:
    """Of the standing rating; nobody agrees to words that were not shown."""
    read_query({})
    return do_once(partial(_issue, body["words"]))


def _issue(words: str, session: ScopedSession) -> Response:
    try:
        made = issue_certificate(
            session, actor=actor(), shown=words, lang=current_lang(), settings=parts().settings, now=parts().now()
        )
    except ConflictError as error:
        raise with_current(error, _offered(session)) from error
    return reply(_shown(made), 201, {"Location": address_of("certificates", made)})


@CERTIFICATES.route('/<id("certificates"):id>:revoke', endpoint="revoke", methods=["POST"])
@operation(
    CERTIFICATES, "certificates.revoke", Text("撤销信用背书", "Revoke a certificate"), CertificateSchema,
    body=RevokeSchema, example=REVOCATION, headers=(IDEMPOTENCY,), answers=ETAG,
)  # fmt: skip
def revoke(body: dict[str, Any], id: str) -> Response:  # noqa: A002
    """At once; one that has ended stays as it is. The bureau says why."""
    read_query({})
    return do_once(partial(_revoke, id, body.get("reason", "")))


def _revoke(public_id: str, reason: str, session: ScopedSession) -> Response:
    found = revoke_certificate(session, actor=actor(), public_id=public_id, reason=reason, now=parts().now())
    return reply(_shown(found))


def _offered(session: ScopedSession) -> dict[str, Any]:
    """NotFoundError for an actor of no enterprise: nothing is offered to others."""
    uscc = actor().uscc
    if uscc is None:
        raise no_certificate()
    lang = current_lang()
    offer = offer_of(session, uscc=uscc, lang=lang, settings=parts().settings, now=parts().now())
    return {
        "rating_no": offer.rating.rating_no,
        "grade": coded(offer.rating.grade, lang),
        "as_of": offer.rating.rated_on.isoformat(),
        "valid_to": offer.rating.valid_to.isoformat(),
        "rules": offer.rules,
        "words": offer.words,
        "digest": offer.digest,
    }


def _shown_all(rows: Sequence[Certificate], _chosen: Sequence[str] | None) -> list[dict[str, Any]]:
    return [_shown(one) for one in rows]


def _shown(one: Certificate) -> dict[str, Any]:
    lang, state = current_lang(), state_of(one, parts().now())
    why = {"revoked_why": coded(RevokedWhy.of(one.revoked_why), lang)} if one.revoked_why else {}
    mine = actor().side is Side.ENTERPRISE and state is Standing.VALID
    return {
        "id": shown_id("certificates", one.public_id),
        "uscc": one.uscc,
        "rating_no": one.rating_no,
        "grade": coded(one.grade_term, lang),
        "as_of": one.as_of.isoformat(),
        "valid_to": one.valid_to.isoformat(),
        "state": coded(state, lang),
        "token": one.token if mine else None,
        "verify_url": parts().settings.public_url.rstrip("/") + url_for("checking.one", public_id=one.public_id),
        "kid": one.kid,
        "evidence": one.evidence,
        "evidence_hash": one.evidence_hash,
        "issued_at": shown_moment(one.issued_at),
        "expires_at": shown_moment(one.expires_at),
        "revoked_at": shown_moment(one.revoked_at),
        **why,
        "revoked_note": one.revoked_note,
    }
