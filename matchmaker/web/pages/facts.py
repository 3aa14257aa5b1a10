"""Facts of an enterprise as its own people read them: each with where it comes from and since when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from matchmaker.accounts.models import Person
from matchmaker.db import ScopedSession
from matchmaker.domain.fields import Field
from matchmaker.domain.text import Text
from matchmaker.lists.entry import fields_of
from matchmaker.lists.models import Enterprise
from matchmaker.lists.queries import Source, sources_of
from matchmaker.lists.services.owned import OWNING
from matchmaker.web.names import names_for, show
from matchmaker.web.view import moment, say, t

GIVEN = ("name", "uscc", "chain_code", "tiers", "area_code", "founded_on")
"""Column codes of the facts that stand under a need without being asked."""

LABELS = {"area_code": Text("区市", "District"), "industry_code": Text("行业", "Industry")}
"""Said for the names that stand there instead of codes."""

KEPT = OWNING[Enterprise].kept | {"uscc"}
"""Attributes that an enterprise reads and does not write."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: ``value`` is empty where it is not known; ``source``: who gave it and when."""

    declared: Field
    value: str
    source: str

    @property
    def kept(self) -> bool:
        """Whether the bureau keeps it."""
        return self.declared.attribute in KEPT


def facts_of(session: ScopedSession, enterprise: Enterprise, codes: Iterable[str] | None = None) -> list[Fact]:
    """The facts with these column codes (all, if none are given), in this order."""
    declared = {f.code: f for f in fields_of(Enterprise)}
    wanted = [declared[code] for code in (codes or declared)]
    names = names_for(session, wanted, [enterprise])
    sources, people = sources_of(session, enterprise), people_of(session)
    return [_fact(field, enterprise, names, sources.get(field.code), people) for field in wanted]


def _fact(
    declared: Field, enterprise: Enterprise, names: Any, source: Source | None, people: Mapping[str, str]
) -> Fact:
    if declared.is_blank(getattr(enterprise, declared.attribute)):
        return Fact(declared, "", "")
    value = show(declared, enterprise, names)
    if source is None:
        return Fact(declared, value, "")
    return Fact(declared, value, f"{say(told_by(source.actor, source.cause, people))} · {_day(source)}")


def _day(source: Source) -> str:
    return moment(source.since).striptags()[:10]


def people_of(session: ScopedSession) -> dict[str, str]:
    """Whoever acts for the reader's own side, under the name that versions and the audit know."""
    return {f"person:{public_id}": name for public_id, name in session.execute(select(Person.public_id, Person.name))}


def told_by(actor: str, cause: str, people: Mapping[str, str]) -> Text:
    """Whose act a version was, for the enterprise to read: its own people by name, everybody else by their office."""
    if actor in people:
        return Text(f"本企业（{people[actor]}）", f"your company ({people[actor]})")
    if actor.startswith("system:"):
        return Text("系统", "the platform")
    known = {
        "registration": Text("注册登记", "registration"),
        "own": Text("主管部门", "the bureau"),
        "demo": Text("登记信息（演示）", "register (demonstration)"),
    }
    return known.get(cause, Text("登记信息", "register"))


def _unsaid(declared: Field) -> str:
    """Blank is unknown; but who is in no chain, or holds no recognition, is known to."""
    none = declared.code in ("chain_code", "tiers")
    return t("无", "none") if none else t("未知", "not known")


def rows_of(facts: Iterable[Fact]) -> list[dict[str, Any]]:
    """Facts as the rows of check-answers."""
    return [
        {
            "name": f.declared.code,
            "label": say(LABELS.get(f.declared.code, f.declared.label)),
            "value": f.value or _unsaid(f.declared),
            "source": f.source,
        }
        for f in facts
    ]
