"""What a guarantor reads of an enterprise in a case file: each fact with its source, its date and the consent.

The facts come through the gate of disclosure (``lists.disclosed``), which writes every look down; where a fact comes
from is told of those alone that the gate has handed out (EXPERIENCE.md U-1).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from matchmaker.accounts.consent import active_consents
from matchmaker.accounts.gate import Channel, Disclosed
from matchmaker.actor import Actor
from matchmaker.clock import local
from matchmaker.db import ScopedSession
from matchmaker.domain.fields import Field
from matchmaker.domain.terms import ConsentPurpose
from matchmaker.domain.text import Lang, Text, normal
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.lists.disclosed import NAME, need_for
from matchmaker.lists.entry import fields_of
from matchmaker.lists.freshness import Freshness, freshness_of
from matchmaker.lists.models import LISTS, Contact, CreditRecord, Enterprise, Need
from matchmaker.lists.queries import Source, sources_of
from matchmaker.settings import Settings


@dataclass(frozen=True, slots=True)
class CaseFact:
    """One fact.

    ``text``: with codes as they are, for who has no names of registers; ``on``: the day its owner last said that it is
    right, or its source was last loaded; ``stale``: older than its limit, so no rule uses it.
    """

    kind: Text
    field: Field
    value: Any
    text: str
    source: Text
    on: date | None
    stale: bool = False

    @property
    def label(self) -> Text:
        """Of its column."""
        return self.field.label


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """``name`` None: the enterprise lets nothing be seen any more; ``until``: when the first consent behind it ends;
    ``consent``: the public ids of those that hold now, which a renewed one has in place of the case's own."""

    name: str | None
    rows: tuple[CaseFact, ...]
    until: datetime | None
    consent: str | None = None


def case_facts(
    session: ScopedSession, *, actor: Actor, case: Guarantee, channel: Channel, lang: Lang, settings: Settings,
    now: datetime,
) -> CaseFacts:  # fmt: skip
    """What may be seen of the enterprise of a case at this moment; the look is written down, so the session must be
    one that writes. A case that began without a need (automatic cover) shows what the rating rests on alone."""
    if case.need_no is None:
        return CaseFacts(None, (), None)
    found = _disclosed(session, actor, case, channel, settings, now)
    own = _own(session, case, settings, now) if found else None
    rows = tuple(_rows(found, own, lang, settings, now)) if own else ()
    return CaseFacts(found.first(NAME), rows, found.until, _consents(session, case, found, now))


def _disclosed(
    session: ScopedSession, actor: Actor, case: Guarantee, channel: Channel, settings: Settings, now: datetime
) -> Disclosed:
    return need_for(
        session, actor=actor, need_no=case.need_no or "", org_code=case.org_code, purpose=ConsentPurpose.GUARANTEE,
        channel=channel, now=now, on=local(now, settings.zone).date(), about=f"guarantee:{case.public_id}",
    )  # fmt: skip


def _consents(session: ScopedSession, case: Guarantee, found: Disclosed, now: datetime) -> str | None:
    """Those of the look; the bureau looks by its duty and is told what lets the guarantor look."""
    told = found.consents
    if found and not told:
        with session.elevated():
            given = active_consents(
                session, uscc=case.uscc, org_code=case.org_code, purpose=ConsentPurpose.GUARANTEE,
                need_no=case.need_no, at=now,
            )  # fmt: skip
            told = tuple(one.public_id for one in given)
    return "、".join(told) or None


@dataclass(frozen=True, slots=True)
class _Own:
    """When the entries of each list were last confirmed, where the enterprise's values come from by column code, and
    how fresh the records of each source are."""

    confirmed_at: Mapping[str, datetime]
    sources: Mapping[str, Source]
    fresh: Mapping[str, Freshness]


def _own(session: ScopedSession, case: Guarantee, settings: Settings, now: datetime) -> _Own:
    """Versions are the bureau's and the enterprise's to read: looked up for the facts that the gate has handed out."""
    with session.elevated():
        firm = session.scalars(select(Enterprise).where(Enterprise.uscc == case.uscc)).one()
        need = session.scalars(select(Need.confirmed_at).where(Need.need_no == case.need_no)).one()
        called = session.scalar(select(func.max(Contact.confirmed_at)).where(Contact.uscc == case.uscc))
        days = {Enterprise.kind_name: firm.confirmed_at, Need.kind_name: need}
        fresh = freshness_of(session, local(now, settings.zone).date(), settings.zone)
        return _Own(days | ({Contact.kind_name: called} if called else {}), sources_of(session, firm), fresh)


def _rows(found: Disclosed, own: _Own, lang: Lang, settings: Settings, now: datetime) -> Iterator[CaseFact]:
    for kind, entries in found.facts.items():
        model = LISTS[kind]
        for entry in entries:
            known = [f for f in fields_of(model) if f.code in entry and not f.is_blank(entry[f.code])]
            for one in known:
                yield _fact(model, one, entry, own, lang, settings, now)


def _fact(
    model: type[Any], one: Field, entry: Mapping[str, Any], own: _Own, lang: Lang, settings: Settings, now: datetime
) -> CaseFact:
    value = entry[one.code]
    told = (model.label, one, value, one.show(value, lang))
    if model is CreditRecord:
        fresh = own.fresh[normal(entry["source"])]
        return CaseFact(*told, _named(entry["source"]), fresh.last_loaded_on, fresh.stale)
    at = own.confirmed_at[model.kind_name]
    origin, limit = own.sources.get(one.code), timedelta(days=settings.stale_days)
    stated = model is not Enterprise or (origin is not None and origin.cause == "own")
    stale = model is Enterprise and one.sensitivity == "business" and now - at > limit
    source = _STATED if stated else _REGISTER
    return CaseFact(*told, source, local(at, settings.zone).date(), stale)


def _named(source: str) -> Text:
    return Text(source, source)


_STATED = Text("企业填报", "stated by the enterprise")
_REGISTER = Text("登记信息", "register")
