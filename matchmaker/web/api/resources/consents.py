"""Consents: given by an enterprise to a bank or guarantor, read by both, withdrawn at once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Response
from sqlalchemy import String, select, type_coerce

from matchmaker.accounts.consent import active, is_active
from matchmaker.accounts.models import Consent
from matchmaker.db import ScopedSession, UtcTime
from matchmaker.domain.errors import NotFoundError, RejectedError
from matchmaker.domain.terms import ConsentPurpose, FieldGroup, Side
from matchmaker.domain.text import Text
from matchmaker.lists.models import Need
from matchmaker.push.answers import take_back_consent
from matchmaker.push.consent_notices import give_consent
from matchmaker.web.api.entries import address_of, find_by_id
from matchmaker.web.api.examples import CONSENT
from matchmaker.web.api.faults import Fault, invalid_body
from matchmaker.web.api.ids import shown_id
from matchmaker.web.api.kinds import coded
from matchmaker.web.api.listing import Listing, Order, list_page
from matchmaker.web.api.once import do_once
from matchmaker.web.api.operations import ETAG, IDEMPOTENCY, IF_NONE_MATCH, LOCATION, Blueprint, operation
from matchmaker.web.api.query import Param, read_query
from matchmaker.web.api.replies import reply
from matchmaker.web.api.resources.schemas import ConsentSchema, GrantSchema
from matchmaker.web.api.schemas import page_schema, shown_moment
from matchmaker.web.view import actor, current_lang, parts, reading

CONSENTS = Blueprint("consents", Text("授权", "consents"), "/api/v1/consents")
_ACTIVE = Param({"type": "boolean"}, Text("此刻是否有效。", "Whether it holds now."))

LISTED = Listing(
    base=select(Consent),
    orders={
        "granted_at": Order(type_coerce(Consent.granted_at, UtcTime), lambda v: v.isoformat(), datetime.fromisoformat),
        "expires_at": Order(type_coerce(Consent.expires_at, UtcTime), lambda v: v.isoformat(), datetime.fromisoformat),
        "id": Order(type_coerce(Consent.public_id, String)),
    },
    filters={"active": (_ACTIVE, lambda yes: active(parts().now()) if yes else ~active(parts().now()))},
    default=("-granted_at", "id"),
)


@CONSENTS.route("", endpoint="list")
@operation(
    CONSENTS, "consent.read", Text("授权", "Consents"), page_schema(ConsentSchema), query=LISTED.params,
    headers=(IF_NONE_MATCH,), answers=ETAG,
)  # fmt: skip
def list_consents() -> Response:
    """An enterprise's own; a bank's, those it was given."""
    with reading() as session:
        return list_page(session, LISTED, lambda rows, _: [_shown(one) for one in rows])


@CONSENTS.route('/<id("consents"):id>', endpoint="one")
@operation(
    CONSENTS, "consent.read", Text("一份授权", "A consent"), ConsentSchema, headers=(IF_NONE_MATCH,), answers=ETAG
)
def read_consent(id: str) -> Response:  # noqa: A002
    """With the words that were agreed to, for the enterprise itself."""
    read_query({})
    with reading() as session:
        found = find_by_id(session, Consent, id)
        return reply(_shown(found), version=found.version)


@CONSENTS.route("", endpoint="create", methods=["POST"])
@operation(
    CONSENTS, "consent.write", Text("授权", "Consent"), ConsentSchema, status=201, body=GrantSchema, example=CONSENT,
    headers=(IDEMPOTENCY,), answers=ETAG | LOCATION, problems=(409,),
)  # fmt: skip
def grant_consent(body: dict[str, Any]) -> Response:
    """To one organisation, for one purpose, until a day."""
    read_query({})
    return do_once(partial(_grant, body))


def _grant(body: Mapping[str, Any], session: ScopedSession) -> Response:
    need = body.get("need")
    try:
        made = give_consent(
            session, actor=actor(), org_code=body["organisation"],
            groups=frozenset(FieldGroup.of(one) for one in body["groups"]),
            purpose=ConsentPurpose.of(body.get("purpose", ConsentPurpose.FINANCING.value)),
            need_no=find_by_id(session, Need, need.partition("_")[2]).need_no if need else None,
            until=_moment(body.get("until")), lang=current_lang(), settings=parts().settings, now=parts().now(),
        )  # fmt: skip
    except RejectedError as error:
        raise invalid_body([Fault(error.code, error.text, error.values)]) from error
    except NotFoundError as error:
        raise invalid_body([Fault("unknown_code", error.text, error.values)]) from error
    return reply(_shown(made), 201, {"Location": address_of("consents", made)}, version=made.version)


def _moment(written: str | None) -> datetime | None:
    if written is None:
        return None
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid_body([Fault("date", _NO_MOMENT).at("until")]) from error


@CONSENTS.route('/<id("consents"):id>:withdraw', endpoint="withdraw", methods=["POST"])
@operation(
    CONSENTS, "consent.write", Text("撤回授权", "Withdraw a consent"), ConsentSchema, headers=(IDEMPOTENCY,),
    answers=ETAG, problems=(409, 422),
)  # fmt: skip
def withdraw(id: str) -> Response:  # noqa: A002
    """At once; one that has ended stays as it is."""
    read_query({})
    return do_once(partial(_withdraw, id))


def _withdraw(public_id: str, session: ScopedSession) -> Response:
    found = take_back_consent(session, actor=actor(), public_id=public_id, now=parts().now())
    return reply(_shown(found), version=found.version)


def _shown(consent: Consent) -> dict[str, Any]:
    """What a bank reads of it names neither the enterprise nor its need: that is the gate's to tell (``/leads``)."""
    lang, now = current_lang(), parts().now()
    groups: Sequence[FieldGroup] = [group for group in FieldGroup if group.value in consent.groups]
    shown = {
        "id": shown_id("consents", consent.public_id),
        "organisation": consent.org_code,
        "groups": [coded(group, lang) for group in groups],
        "purpose": coded(ConsentPurpose.of(consent.purpose), lang),
        "active": is_active(consent, now),
        "granted_at": shown_moment(consent.granted_at),
        "expires_at": shown_moment(consent.expires_at),
        "withdrawn_at": shown_moment(consent.withdrawn_at),
        "version": consent.version,
    }
    if actor().side not in (Side.ENTERPRISE, Side.BUREAU):
        return shown
    own = {"uscc": consent.uscc, "need_no": consent.need_no, "evidence": consent.evidence}
    return shown | own | {"evidence_hash": consent.evidence_hash}


_NO_MOMENT = Text("这一时刻不存在。", "There is no such moment.")
