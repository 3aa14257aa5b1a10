"""What endpoints are told of: the table of events, and putting them into the outbox with the change they tell of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from matchmaker.db import ScopedSession, new_public_id
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.outbox.services import Draft, enqueue
from matchmaker.outbox.webhooks.models import CHANNEL, WebhookEndpoint, WebhookEvent, contact_of

TEST = "webhook.test"
_FINANCIAL = (Side.BANK, Side.GUARANTOR)


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event: when it happens, and whose endpoints may ask for it."""

    about: Text
    sides: tuple[Side, ...]


EVENTS: dict[str, EventKind] = {
    "need.matched": EventKind(Text("有一条新需求推荐给本行", "a need was newly recommended to the bank"), (Side.BANK,)),
    "lead.ended": EventKind(Text("推荐给本行的需求已失效", "a recommended need is no longer open"), (Side.BANK,)),
    "need.taken": EventKind(Text("有银行接单", "a bank has taken a need"), (Side.ENTERPRISE,)),
    "consent.granted": EventKind(
        Text("企业授权查看其信息", "an enterprise let its facts be seen"), (*_FINANCIAL, Side.ENTERPRISE)
    ),
    "consent.withdrawn": EventKind(
        Text("企业撤回了授权", "an enterprise withdrew its consent"), (*_FINANCIAL, Side.ENTERPRISE)
    ),
    "guarantee.decided": EventKind(Text("一笔担保已有结果", "a guarantee was decided"), (*_FINANCIAL, Side.ENTERPRISE)),
    "product.published": EventKind(Text("本行产品已发布", "a product of the bank was published"), (Side.BANK,)),
    "product.expiring": EventKind(
        Text("本行产品将在 30 天内到期", "a product of the bank ends within 30 days"), (Side.BANK,)
    ),
}
"""Kind → what it says. ``webhook.test`` is sent on demand and needs no subscription."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a thing of an organisation (``org_code``) or an enterprise (``uscc``).

    ``kind``: a key of ``EVENTS``. ``subject_kind``, ``subject_id``: what it happened to, by its public id.
    """

    kind: str
    subject_kind: str
    subject_id: str
    org_code: str | None = None
    uscc: str | None = None


def emit(
    session: Session,
    kind: str,
    *,
    subject_kind: str,
    subject_id: str,
    now: datetime,
    org_code: str | None = None,
    uscc: str | None = None,
) -> int:
    """Tell the endpoints of one owner what happened; see :func:`emit_all`."""
    return emit_all(session, [Happening(kind, subject_kind, subject_id, org_code, uscc)], now=now)


def emit_all(session: Session, happenings: Sequence[Happening], *, now: datetime) -> int:
    """Put an event for each endpoint that asked for it into the outbox; how many.

    They are sent only if the caller commits. A gate: a tenant's change is told to another tenant's endpoints, by
    public ids alone. KeyError for a kind that ``EVENTS`` does not have.
    """
    unknown = {happening.kind for happening in happenings} - set(EVENTS)
    if unknown:
        raise KeyError(sorted(unknown)[0])
    if not happenings:
        return 0
    with cast(ScopedSession, session).elevated():
        endpoints = _listening(session, happenings)
        told = [(one, endpoint) for one in happenings for endpoint in endpoints if _concerns(one, endpoint)]
        put_events(session, told, now=now)
    return len(told)


def put_events(session: Session, told: Sequence[tuple[Happening, WebhookEndpoint]], *, now: datetime) -> list[str]:
    """One event and one message for each pair, whatever the endpoint asked for; the events' public ids."""
    rows = [
        {
            "public_id": new_public_id(),
            "endpoint_id": endpoint.id,
            "kind": happening.kind,
            "subject_kind": happening.subject_kind,
            "subject_id": happening.subject_id,
            "happened_at": now,
        }
        for happening, endpoint in told
    ]
    if rows:
        session.execute(insert(WebhookEvent), rows)
    drafts = [
        Draft(contact_of(endpoint), CHANNEL, happening.kind, str(row["public_id"]), contact_of(endpoint), None, now)
        for row, (happening, endpoint) in zip(rows, told, strict=True)
    ]
    enqueue(session, drafts, now=now)
    return [str(row["public_id"]) for row in rows]


def _listening(session: Session, happenings: Sequence[Happening]) -> Sequence[WebhookEndpoint]:
    orgs = {one.org_code for one in happenings if one.org_code}
    firms = {one.uscc for one in happenings if one.uscc}
    theirs = or_(WebhookEndpoint.org_code.in_(orgs), WebhookEndpoint.uscc.in_(firms))
    return session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.disabled_at.is_(None), theirs)).all()


def _concerns(happening: Happening, endpoint: WebhookEndpoint) -> bool:
    of_org = endpoint.org_code is not None and endpoint.org_code == happening.org_code
    of_firm = endpoint.uscc is not None and endpoint.uscc == happening.uscc
    return happening.kind in endpoint.events and (of_org or of_firm)
