"""A rating as pages, commands and certificates show it: rows in words, so that none of them holds a rule.

What is for the government only is used by the bureau and shown to nobody else in detail; neither is what may no longer
be published (《山东省社会信用条例》 article 38). A dispute is shown as it stands now (《征信业管理条例》 article 25).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import CreditKind, Disclosure, Severity, Side, Tier
from matchmaker.domain.text import Lang, Text
from matchmaker.guarantee.rating.models import Rating, RatingOverride
from matchmaker.guarantee.rating.queries import override_of
from matchmaker.guarantee.rating.rules import find_rules
from matchmaker.lists.models import CreditRecord
from matchmaker.scoring.rating.assess import grade_without
from matchmaker.scoring.rating.catalogue import BY_KEY
from matchmaker.scoring.rating.findings import Evidence, Finding, evidence_of, finding_of
from matchmaker.scoring.rating.ruleset import RuleSet, read_rules
from matchmaker.scoring.rating.sentences import FACT_LABELS, fact_text, repair, sentence

HIDDEN = Text("政府内部信息", "internal to the government")
ENDED = Text("公示期已满或已修复，不再展示", "repaired, or its publication has ended, so it is no longer shown")
OWN_ENTRY = Text("企业信息", "the company's entry")


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """Where a result comes from (U-1): source, day, number. ``consent``: public id of the consent it was read under.

    ``hidden``: the reader may not see more than that it is there; ``stale``: too old, so the rule did not use it.
    """

    label: str
    text: str
    source: str | None
    number: str | None
    on: date | None
    until: date | None
    consent: str | None
    stale: bool
    disputed: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One rule. ``result``: pass, fail or unknown; ``cap``: the best grade it leaves, None: any; ``binding``: the grade
    is what it is because of this rule; ``raises_to``: the grade if this rule passed; ``repair``: how to get there."""

    dimension: str
    dimension_label: str
    rule: str
    label: str
    result: str
    result_label: str
    sentence: str
    cap: str | None
    binding: bool
    raises_to: str | None
    repair: str | None
    repair_on: date | None
    evidence: tuple[EvidenceRow, ...]


@dataclass(frozen=True, slots=True)
class RatingView:
    """A rating in words. ``grade``: the one that counts; ``machine_grade``: the rules' own, beside an override."""

    rating_no: str
    uscc: str
    grade: str
    grade_label: str
    machine_grade: str
    override: dict[str, Any] | None
    as_of: date
    valid_to: date
    expired: bool
    rules_version: str
    digest: str
    rows: tuple[RatingRow, ...]
    notes: tuple[EvidenceRow, ...]

    def to_json(self) -> dict[str, Any]:
        """The object of ``flask rating show --json``; days as ISO dates."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def rating_view(session: ScopedSession, rating: Rating, lang: Lang, *, actor: Actor, on: date) -> RatingView:
    """A rating that ``actor`` may see, in words; only the bureau sees what is the government's own.

    ``on``: today, for what has expired and what may still be published.
    """
    inside = actor.trusted or actor.side is Side.BUREAU
    mine = actor.uscc == rating.uscc
    words = _Words(lang, inside, mine, on, rating.facts["consent"], _records(session, rating.uscc))
    rules = read_rules(find_rules(session, rating.rules_version).rules)
    override = override_of(session, rating.rating_no)
    told = _told_override(override, inside)
    grade = told["grade"] if told and told["state"] == "confirmed" else rating.grade
    return RatingView(
        rating_no=rating.rating_no,
        uscc=rating.uscc,
        grade=grade,
        grade_label=Grade.of(grade).label.say(lang),
        machine_grade=rating.grade,
        override=told,
        as_of=rating.as_of,
        valid_to=rating.valid_to,
        expired=rating.valid_to < on,
        rules_version=rating.rules_version,
        digest=rating.digest,
        rows=tuple(words.rows(rating.results, rules)),
        notes=tuple(words.evidence(evidence_of(one)) for one in rating.results["notes"]),
    )


def _told_override(override: RatingOverride | None, inside: bool) -> dict[str, Any] | None:
    """Others than the bureau learn of it once it is confirmed, and not who it was."""
    if override is None or (override.state != "confirmed" and not inside):
        return None
    told = {"public_id": override.public_id, "grade": override.grade, "reason": override.reason,
            "state": override.state, "made_at": override.made_at, "decided_at": override.decided_at}  # fmt: skip
    return told | {"made_by": override.made_by, "decided_by": override.decided_by} if inside else told


def _records(session: ScopedSession, uscc: str) -> Mapping[tuple[str, str], tuple[bool, date | None]]:
    """(source, number) → whether the record is under dispute now, and since when it is repaired."""
    with session.elevated():
        query = select(CreditRecord.source, CreditRecord.record_no, CreditRecord.disputed, CreditRecord.repaired_on)
        rows = session.execute(query.where(CreditRecord.uscc == uscc))
        return {(source, number): (bool(disputed), repaired) for source, number, disputed, repaired in rows}


@dataclass(frozen=True, slots=True)
class _Words:
    """What the words of one reader depend on."""

    lang: Lang
    inside: bool
    mine: bool
    on: date
    consent: str | None
    records: Mapping[tuple[str, str], tuple[bool, date | None]]

    def rows(self, results: Mapping[str, Any], rules: RuleSet) -> Iterable[RatingRow]:
        caps = {one["rule"]: Grade.of(one["cap"]) if one["cap"] else None for one in results["findings"]}
        for told in results["findings"]:
            yield self._row(finding_of({k: v for k, v in told.items() if k != "cap"}), caps, rules, results["grade"])

    def _row(self, found: Finding, caps: Mapping[str, Grade | None], rules: RuleSet, grade: str) -> RatingRow:
        rule, setting, cap = BY_KEY[found.rule], rules.settings[found.rule], caps[found.rule]
        better = grade_without(caps, found.rule)
        seen = tuple(self.evidence(one) for one in found.evidence)
        way = repair(found, setting, hidden=any(one.hidden for one in seen))
        return RatingRow(
            dimension=rule.dimension.value,
            dimension_label=rule.dimension.label.say(self.lang),
            rule=rule.key,
            label=rule.label.say(self.lang),
            result=found.result.value,
            result_label=found.result.label.say(self.lang),
            sentence=sentence(found, setting).say(self.lang),
            cap=cap.value if cap else None,
            binding=cap is not None and cap.value == grade and cap is not Grade.A,
            raises_to=better.value if better.value != grade else None,
            repair=way[0].say(self.lang) if way else None,
            repair_on=way[1] if way else None,
            evidence=seen,
        )

    def evidence(self, one: Evidence) -> EvidenceRow:
        if one.what == "fact":
            return self._fact(one)
        kind = CreditKind.of(one.name).label.say(self.lang)
        if one.what == "source" or one.number is None:
            return EvidenceRow(kind, "", one.source, None, one.on, None, None, one.stale, False, False)
        disputed, repaired = self.records.get((one.source or "", one.number), (one.disputed, None))
        why = self._why_hidden(one, repaired)
        if why is not None:
            return EvidenceRow(kind, why.say(self.lang), None, None, None, None, None, False, False, True)
        by_consent = self.consent if one.disclosure is Disclosure.AUTHORISED else None
        severity = Severity.of(str(one.value)).label.say(self.lang) if one.value else ""
        return EvidenceRow(
            kind, severity, one.source, one.number, one.on, one.until, by_consent, one.stale, disputed, False
        )

    def _why_hidden(self, one: Evidence, repaired: date | None) -> Text | None:
        """The enterprise reads its own records to their end; others nothing that is repaired or published no more."""
        if self.inside:
            return None
        if one.disclosure not in (Disclosure.PUBLIC, Disclosure.AUTHORISED):
            return HIDDEN
        if self.mine:
            return None
        over = any(day is not None and day <= self.on for day in (one.until, repaired))
        return ENDED if over else None

    def _fact(self, one: Evidence) -> EvidenceRow:
        value = Tier.of(str(one.value)).label if one.name == "tiers" else fact_text(one.name, one.value)
        label, source = FACT_LABELS[one.name].say(self.lang), OWN_ENTRY.say(self.lang)
        return EvidenceRow(label, value.say(self.lang), source, None, one.on, one.until, None, one.stale, False, False)
