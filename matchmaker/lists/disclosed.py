"""Facts of an enterprise and its need for whoever may see them: what ``accounts.gate`` decides, read from the lists."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from matchmaker.accounts.gate import EVERYTHING, Channel, Disclosed, Facts, Look, disclose
from matchmaker.accounts.models import ApprovedText
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.fields import Field, Sensitivity
from matchmaker.domain.terms import ConsentPurpose, ContactRole, EntryStatus, FieldGroup
from matchmaker.domain.terms import Disclosure as Mode
from matchmaker.domain.text import Lang, Text
from matchmaker.lists.credit import open_requests
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.models import LISTS, Contact, CreditRecord, Enterprise, Need

NAME = "enterprises.name"
_SENSITIVITY: dict[FieldGroup, Sensitivity] = {
    FieldGroup.IDENTITY: "identity",
    FieldGroup.BUSINESS: "business",
    FieldGroup.CONTACT: "contact",
}
_NEVER = ("uscc",)
"""Of needs and records the enterprise's code is left out: it stands with the enterprise, where its group opens it."""


def need_for(
    session: ScopedSession,
    *,
    actor: Actor,
    need_no: str,
    org_code: str | None,
    purpose: ConsentPurpose,
    channel: Channel,
    now: datetime,
    on: date,
    about: str | None = None,
    who: str | None = None,
    groups: tuple[FieldGroup, ...] = EVERYTHING,
    only: frozenset[str] | None = None,
) -> Disclosed:
    """What ``org_code`` (or the enterprise, or the bureau) may see of a need and its enterprise at this moment.

    The one way to such facts for pages, API, mail, exports and webhooks; the disclosure is written in this session, so
    it must be one that writes. ``on``: the local day, for what may still be published. Other parameters as in ``Look``.
    NotFoundError for a need that does not exist.
    """
    with session.elevated():
        uscc = session.scalar(select(Need.uscc).where(Need.need_no == need_no))
    if uscc is None:
        raise NotFoundError(Text("没有这条需求。", "There is no such need."), code="not_found")
    look = Look(
        uscc=uscc, purpose=purpose, channel=channel, org_code=org_code, need_no=need_no,
        groups=groups, only=only, about=about, who=who,
    )  # fmt: skip
    return disclose(session, actor=actor, look=look, facts=_Reader(session, uscc, need_no, on), now=now)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one group of facts at a time; the gate calls it with leave to look across tenants."""

    session: ScopedSession
    uscc: str
    need_no: str
    on: date

    def __call__(self, group: FieldGroup) -> Facts:
        if group is FieldGroup.CREDIT:
            return {"credit-records": self._records(Mode.AUTHORISED)}
        if group is FieldGroup.CONTACT:
            return {"contacts": self._contacts()}
        need = select(Need).where(Need.need_no == self.need_no)
        found = {
            "enterprises": self._enterprise(group),
            "needs": [_shown(one, group, Need) for one in self.session.scalars(need)],
        }
        if group is FieldGroup.IDENTITY:
            return {**found, "credit-records": self._records(Mode.PUBLIC)}
        return found

    def _enterprise(self, group: FieldGroup) -> list[dict[str, Any]]:
        firm = select(Enterprise).where(Enterprise.uscc == self.uscc)
        return [_shown(one, group, Enterprise) for one in self.session.scalars(firm)]

    def _contacts(self) -> list[dict[str, Any]]:
        mine = (Contact.uscc == self.uscc) & (Contact.status == EntryStatus.PUBLISHED)
        people = select(Contact).where(mine, Contact.role == ContactRole.FINANCE).order_by(Contact.contact_no)
        return [_shown(one, FieldGroup.CONTACT, Contact) for one in self.session.scalars(people)]

    def _records(self, mode: Mode) -> list[dict[str, Any]]:
        mine = (CreditRecord.uscc == self.uscc) & (CreditRecord.status == EntryStatus.PUBLISHED)
        found = select(CreditRecord).where(mine, CreditRecord.disclosure == mode)
        rows = self.session.scalars(found.order_by(CreditRecord.source, CreditRecord.record_no)).all()
        asked = open_requests(self.session, self.uscc)
        return [_record(one, asked.get(one.public_id, {})) for one in rows if is_published(one, self.on)]


def is_published(record: CreditRecord, on: date) -> bool:
    """Whether a record may still be shown on ``on``: neither repaired nor past its publication.

    国家发展改革委《失信行为纠正后的信用信息修复管理办法》: what was repaired is no longer published. A record under
    dispute is shown as disputed (《征信业管理条例》 article 25).
    """
    ends = [day for day in (record.publish_until, record.repaired_on) if day is not None]
    return all(on < day for day in ends)


def _record(record: CreditRecord, asked: Mapping[str, Any]) -> dict[str, Any]:
    """While a dispute waits it is shown as disputed, also where a later file has not said so (article 25)."""
    left_out = (*_NEVER, "disclosure")
    shown = {f.code: getattr(record, f.attribute) for f in fields_of(CreditRecord) if f.code not in left_out}
    return shown | ({"disputed": True} if "correction" in asked else {})


def _shown(entry: Any, group: FieldGroup, model: type[Entry]) -> dict[str, Any]:
    """The columns of one group; the number of a need, which may name its enterprise, comes with the name."""
    wanted = _SENSITIVITY[group]
    shown = [f for f in fields_of(model) if f.sensitivity == wanted and not (model is Need and f.code in _NEVER)]
    if model is Need and group is FieldGroup.IDENTITY:
        shown = [f for f in fields_of(Need) if f.key] + shown
    return {f.code: getattr(entry, f.attribute) for f in shown}


def shown_facts(found: Disclosed, lang: Lang) -> Iterator[tuple[str, Text, list[tuple[str, str]]]]:
    """(name of the list, its label, label and text of each fact that is known) of each entry, for people."""
    for kind, entries in found.facts.items():
        model = LISTS[kind]
        for entry in entries:
            known = [f for f in _of(model, entry) if not f.is_blank(entry[f.code])]
            yield kind, model.label, [(f.label.say(lang), f.show(entry[f.code], lang)) for f in known]


def facts_json(found: Disclosed) -> dict[str, list[dict[str, str]]]:
    """Name of the list → its entries, column code → text as in files; blank ones are left out."""
    return {
        kind: [{f.code: f.write(entry[f.code]) for f in _of(LISTS[kind], entry) if f.write(entry[f.code])}
               for entry in entries]
        for kind, entries in found.facts.items()
    }  # fmt: skip


def _of(model: type[Entry], entry: Any) -> Sequence[Field]:
    return [f for f in fields_of(model) if f.code in entry]


def source_hash(description: str) -> str:
    """What an approved text names its source by."""
    return hashlib.sha256(description.encode()).hexdigest()


def approved_text(session: ScopedSession, need_no: str) -> str | None:
    """A need's description as its enterprise approved it for banks; None without one, or when it changed since."""
    with session.elevated():
        written = session.scalar(select(Need.description).where(Need.need_no == need_no))
        if not written:
            return None
        mine = (ApprovedText.need_no == need_no) & (ApprovedText.source_hash == source_hash(written))
        return session.scalar(select(ApprovedText.shown).where(mine))
