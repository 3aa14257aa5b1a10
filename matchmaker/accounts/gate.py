"""The one gate by which facts of an enterprise leave: it decides, hands out, and writes down who saw what.

Pages, API, mail, exports, documents and webhooks all go through :func:`disclose`. What is not allowed is absent, not
null (ASVS 8.2.3). Decision, reading and the row of the disclosure are one transaction (RELIABILITY.md rule 10).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from matchmaker.accounts.consent import active_consents
from matchmaker.accounts.models import Consent, Disclosure
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.terms import ConsentPurpose, FieldGroup, Side
from matchmaker.domain.text import Text

Channel = Literal["page", "api", "mail", "export", "pdf", "webhook", "rating"]
CHANNELS: dict[Channel, Text] = {
    "page": Text("网页", "page"),
    "api": Text("接口", "API"),
    "mail": Text("邮件", "mail"),
    "export": Text("导出文件", "export"),
    "pdf": Text("PDF 文件", "PDF"),
    "webhook": Text("系统推送", "webhook"),
    "rating": Text("信用评级", "rating"),
}
Basis = Literal["consent", "duty", "contract"]
BASES: dict[Basis, Text] = {
    "consent": Text("贵企业授权", "your consent"),
    "duty": Text("主管部门履行职责", "the bureau's duty"),
    "contract": Text("贵企业的担保合同", "your guarantee"),
}
"""Why a look was lawful: PIPL article 13 (1), (3) and (2)."""

EVERYTHING: tuple[FieldGroup, ...] = tuple(FieldGroup)

Facts = Mapping[str, Sequence[Mapping[str, Any]]]
"""Name of a list → its entries, each column code → value."""

Source = Callable[[FieldGroup], Facts]
"""Reads the facts of one group; called only for groups that may be seen, and allowed to look across tenants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A wish to see facts of an enterprise. ``org_code``: the organisation that would learn them; None: of its own.

    ``who`` reads them, where that is not the actor (the contact a mail goes to). ``about``: what it was seen with,
    ``lead:`` and its public id. ``only``: codes such as ``enterprises.name``; None for all of the groups.
    """

    uscc: str
    purpose: ConsentPurpose
    channel: Channel
    org_code: str | None = None
    need_no: str | None = None
    groups: tuple[FieldGroup, ...] = EVERYTHING
    only: frozenset[str] | None = None
    about: str | None = None
    who: str | None = None


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What may be seen, and nothing else. ``until``: when the first of the consents behind it ends; ``consents``: their
    public ids, none where it is seen by another right."""

    groups: tuple[FieldGroup, ...] = ()
    facts: Facts = field(default_factory=dict)
    until: datetime | None = None
    consents: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups)

    def first(self, code: str) -> Any:
        """The value of ``enterprises.name`` in the first entry of its list; None where it may not be seen."""
        kind, _, column = code.partition(".")
        return next((entry[column] for entry in self.facts.get(kind, ()) if column in entry), None)


def disclose(session: ScopedSession, *, actor: Actor, look: Look, facts: Source, now: datetime) -> Disclosed:
    """Hand out what ``look`` may see now, and write it down.

    The enterprise itself sees everything and no row is written. The bureau does so by its duty. An organisation sees
    what a consent opens that holds now, for this purpose and need. Everybody else, the administrators too, sees
    nothing. The system acts for the organisation named in ``look``.
    """
    if actor.side is Side.ENTERPRISE:
        own = actor.uscc is not None and actor.uscc == look.uscc
        return _collected(session, look, facts, look.groups) if own else Disclosed()
    if actor.side is Side.BUREAU:
        found = _collected(session, look, facts, look.groups)
        _write_down(session, actor, look, found, actor.org_code, None, now)
        return found
    if look.org_code is None or not (actor.trusted or _acts_for(actor, look.org_code)):
        return Disclosed()
    return _by_consent(session, actor, look, look.org_code, facts, now)


def _acts_for(actor: Actor, org_code: str) -> bool:
    return actor.side in (Side.BANK, Side.GUARANTOR) and org_code in actor.orgs


def _by_consent(
    session: ScopedSession, actor: Actor, look: Look, org_code: str, facts: Source, now: datetime
) -> Disclosed:
    with session.elevated():
        given = active_consents(
            session, uscc=look.uscc, org_code=org_code, purpose=look.purpose, need_no=look.need_no, at=now
        )
    parts, used = [], []
    for consent, groups in _opened(given, look.groups):
        found = _collected(session, look, facts, groups)
        _write_down(session, actor, look, found, org_code, consent, now)
        parts.append(found)
        used.append(consent.public_id)
    return _joined(parts, [consent.expires_at for consent in given], used)


def _opened(given: Sequence[Consent], asked: Sequence[FieldGroup]) -> Iterator[tuple[Consent, tuple[FieldGroup, ...]]]:
    """Each group that was asked for under the first consent that opens it."""
    left = list(asked)
    for consent in given:
        groups = tuple(group for group in left if group.value in consent.groups)
        left = [group for group in left if group not in groups]
        if groups:
            yield consent, groups


def _collected(session: ScopedSession, look: Look, facts: Source, groups: Sequence[FieldGroup]) -> Disclosed:
    merged: dict[str, list[dict[str, Any]]] = {}
    with session.elevated():
        for group in groups:
            _merge(merged, facts(group))
    if look.only is not None:
        merged = {kind: _narrowed(kind, entries, look.only) for kind, entries in merged.items()}
    return Disclosed(tuple(groups), {kind: entries for kind, entries in merged.items() if entries})


def _narrowed(kind: str, entries: Sequence[dict[str, Any]], only: frozenset[str]) -> list[dict[str, Any]]:
    kept = ({code: value for code, value in entry.items() if f"{kind}.{code}" in only} for entry in entries)
    return [entry for entry in kept if entry]


SINGLE = ("enterprises", "needs")
"""Lists of which a look sees one entry: its groups' columns come together in it."""


def _merge(into: dict[str, list[dict[str, Any]]], facts: Facts) -> None:
    for kind, entries in facts.items():
        if kind in SINGLE and into.get(kind) and entries:
            into[kind][0].update(entries[0])
        else:
            into.setdefault(kind, []).extend(dict(entry) for entry in entries)


def _joined(parts: Sequence[Disclosed], ends: Sequence[datetime], used: Sequence[str]) -> Disclosed:
    merged: dict[str, list[dict[str, Any]]] = {}
    for part in parts:
        _merge(merged, part.facts)
    groups = tuple(group for part in parts for group in part.groups)
    return Disclosed(groups, merged, min(ends) if groups else None, tuple(used))


def _write_down(
    session: ScopedSession,
    actor: Actor,
    look: Look,
    found: Disclosed,
    org_code: str | None,
    consent: Consent | None,
    now: datetime,
) -> None:
    basis: Basis = "consent" if consent else "duty"
    codes = {f"{kind}.{code}" for kind, entries in found.facts.items() for entry in entries for code in entry}
    row = Disclosure(
        at=now,
        uscc=look.uscc,
        org_code=org_code,
        who=look.who or actor.who,
        purpose=look.purpose.value,
        fields=sorted(codes),
        channel=look.channel,
        basis=basis,
        consent_id=consent.id if consent else None,
        about=look.about,
        request_id=actor.request_id,
    )
    with session.elevated():
        if look.channel != "mail" or not _told_by(session, row):
            session.add(row)


def _told_by(session: ScopedSession, row: Disclosure) -> bool:
    """Whether this mail (``request_id``) has been written down: it is one look, however often it names or is tried."""
    same = (Disclosure.uscc, Disclosure.request_id, Disclosure.who, Disclosure.consent_id)
    found = select(Disclosure).where(*(column == getattr(row, column.key) for column in same))
    return bool(row.request_id) and any(one.fields == row.fields for one in session.scalars(found))


def note_duty(
    session: ScopedSession, *, actor: Actor, uscc: str, fields: Sequence[str], channel: Channel, now: datetime
) -> None:
    """Write down that the bureau read these facts of an enterprise in its own lists; a field: ``needs.amount_wan``."""
    session.add(_noted(actor, uscc, fields, channel, "duty", ConsentPurpose.FINANCING, None, now))


def note_contract(
    session: ScopedSession, *, actor: Actor, uscc: str, fields: Sequence[str], channel: Channel, about: str,
    now: datetime,
) -> None:  # fmt: skip
    """Write down that a party to a guarantee read these facts in its papers; ``about``: ``guarantee:`` and its id."""
    with session.elevated():
        session.add(_noted(actor, uscc, fields, channel, "contract", ConsentPurpose.GUARANTEE, about, now))


def note_consent(
    session: ScopedSession, *, actor: Actor, consent: Consent, fields: Sequence[str], channel: Channel, now: datetime
) -> None:
    """Write down that facts were read under a consent for the organisation that it was given to."""
    with session.elevated():
        session.add(Disclosure(
            at=now, uscc=consent.uscc, org_code=consent.org_code, who=actor.who, purpose=consent.purpose,
            fields=sorted(fields), channel=channel, basis="consent", consent_id=consent.id,
            request_id=actor.request_id,
        ))  # fmt: skip


def _noted(
    actor: Actor, uscc: str, fields: Sequence[str], channel: Channel, basis: Basis, purpose: ConsentPurpose,
    about: str | None, now: datetime,
) -> Disclosure:  # fmt: skip
    return Disclosure(
        at=now, uscc=uscc, org_code=actor.org_code, who=actor.who, purpose=purpose.value, fields=sorted(fields),
        channel=channel, basis=basis, about=about, request_id=actor.request_id,
    )  # fmt: skip
