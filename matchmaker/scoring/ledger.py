"""The ledger of a pair: sixteen rows with result, what is asked, what there is, the gap, and one sentence."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from matchmaker.domain.money import amount_text, yuan_text
from matchmaker.domain.periods import add_months
from matchmaker.domain.terms import Result, Security
from matchmaker.domain.text import Text
from matchmaker.scoring import sentences as say
from matchmaker.scoring.criteria import CRITERIA, Criterion
from matchmaker.scoring.facts import Asks, Record, Reference
from matchmaker.scoring.guarantee_texts import NOT_TO_BE_HAD, WITH_COVER, why_text
from matchmaker.scoring.kinds import Bounds, Detail
from matchmaker.scoring.prepared import NeedOn, PolicyOn, ProductOn
from matchmaker.scoring.public_guarantee import Why
from matchmaker.scoring.records import counts_until
from matchmaker.scoring.supply import blank_facts, missing_metrics
from matchmaker.scoring.wording import Words, percent_plain, sentence

Audience = Literal["enterprise", "bank"]

UNITS = {"fen": "yuan", "pct_e6": "percent"}
"""Unit of the catalogue → unit of the JSON; the others keep their names (month, code, yes)."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that the rows of one pair are told from."""

    need: NeedOn
    asked: ProductOn | PolicyOn
    results: Sequence[Result]
    words: Words
    reference: Reference
    credit_sources: Sequence[str] = ()
    audience: Audience = "enterprise"

    @property
    def it(self) -> Text:
        """What is being judged for."""
        return say.PRODUCT if isinstance(self.asked, ProductOn) else say.POLICY

    @property
    def asks(self) -> Asks:
        """What is asked, as written."""
        return self.asked.facts.asks

    def rows(self) -> list[dict[str, Any]]:
        """Section 4's ``criteria``, all sixteen in order."""
        return [self._row(*one).to_json() for one in zip(CRITERIA, self.results, strict=True)]

    def open_rows(self) -> list[dict[str, Any]]:
        """Of these rows, those that do not pass."""
        found = zip(CRITERIA, self.results, strict=True)
        return [self._row(*one).to_json() for one in found if one[1] is not Result.PASS]

    def _row(self, criterion: Criterion, result: Result) -> "_Row":
        return _Row(self, criterion, result, criterion.detail(self.need, self.asked))

    def conditions(self) -> list[tuple[str, str]]:
        """(key, sentence) of each criterion that asks something, whoever it is asked of."""
        rows = (_Row(self, one, Result.UNKNOWN, one.detail(self.need, self.asked)) for one in CRITERIA)
        return [(row.criterion.key, row.condition()) for row in rows if row.asks_something]


@dataclass(frozen=True, slots=True)
class _Row:
    ledger: Ledger
    criterion: Criterion
    result: Result
    detail: Detail

    def to_json(self) -> dict[str, Any]:
        criterion, detail, shown = self.criterion, self.detail, self.shown
        required, actual = self.required(), self.actual() if shown else self.say(say.NOT_SHOWN)
        gap = self.gap(detail.gap) if shown and detail.gap is not None else None
        text = self.text(required, actual, gap) if shown else self.text_for_bank(required)
        return {
            "key": criterion.key,
            "label": self.say(criterion.label),
            "result": self.result.value,
            "required": self._quantity(self._required_value(), required),
            "actual": self._quantity(detail.actual if shown else None, actual),
            "gap": gap and self._quantity(detail.gap, gap),
            "repairable": self.result is Result.FAIL and criterion.repairable(self.ledger.need, self.ledger.asked),
            "text": sentence(text),
        }

    @property
    def shown(self) -> bool:
        """Whether the reader may see values of the enterprise and its need."""
        return self.ledger.audience == "enterprise"

    def say(self, text: Text, **values: Any) -> str:
        return self.words.say(text, **values)

    @property
    def words(self) -> Words:
        return self.ledger.words

    def _quantity(self, value: Any, text: str) -> dict[str, Any]:
        unit = self.criterion.unit
        return {"value": _plain(unit, value), "unit": UNITS.get(unit, unit), "text": text}

    # What is asked

    @property
    def asks_something(self) -> bool:
        """Whether anything is asked here."""
        return self._required_value() is not None

    def condition(self) -> str:
        """What is asked, as a sentence of its own."""
        return sentence(self.say(self.criterion.says.asks, it=self.ledger.it, required=self.required()))

    def _required_value(self) -> Any:
        """As written: areas keep the zeros that the comparison cuts."""
        return self.ledger.asks.areas or None if self.criterion.key == "area" else self.detail.required

    def required(self) -> str:
        """What is asked, in words."""
        key, value = self.criterion.key, self._required_value()
        if value is None:
            return self.say(say.NOT_REQUIRED)
        if isinstance(value, Bounds):
            return self._range(value)
        if key == "tax_grade":
            return self.words.grades(value)
        if isinstance(value, tuple):
            return self.words.codes(value, key)
        assert self.criterion.asked is not None
        return self.say(self.criterion.asked, value=self._number(value))

    def _range(self, bounds: Bounds) -> str:
        months = self.criterion.unit == "month"
        low, high = bounds
        if low is None or high is None:
            lowest, highest = (say.SHORTEST, say.LONGEST) if months else (say.LOWEST, say.HIGHEST)
            bound = low if high is None else high
            return self.say(lowest if high is None else highest, value=self._number(bound or 0))
        both = say.SHORTEST_TO_LONGEST if months else say.LOWEST_TO_HIGHEST
        return self.say(both, low=self._number(low), high=self._number(high))

    def _number(self, value: int) -> str:
        unit = self.criterion.unit
        if unit == "month":
            return self.words.months(value)
        if unit == "pct_e6":
            return self.words.percent(value)
        return self.words.amount(value, to_the_fen=self._looks_equal()) if unit == "fen" else ""

    def _looks_equal(self) -> bool:
        """Whether rounding would show the same amount on both sides of a failure: both are told to the fen then."""
        detail, lang = self.detail, self.words.lang
        return (
            self.shown
            and detail.gap is not None
            and amount_text(detail.actual, lang) == amount_text(detail.target or 0, lang)
        )

    # What there is

    def actual(self) -> str:
        """What there is, in words."""
        key, value = self.criterion.key, self.detail.actual
        if key == "clean_record":
            return self._records()
        if key == "security" and value:
            return self._security(value)
        if value is None:
            return self.say(say.NOT_KNOWN if self._rate_unresolved() else self.criterion.blank)
        if value == ():
            return self.say(say.NONE_HELD)
        if isinstance(value, tuple):
            return self.words.codes(value, key)
        if isinstance(value, bool):
            return self.say(say.YES if value else say.NO)
        text = self._number(max(value, 0) if key == "age" else value)
        return self.say(say.HIGHEST, value=text) if key == "rate" else text

    def _rate_unresolved(self) -> bool:
        return self.criterion.key == "rate" and self.ledger.need.max_rate_given

    def _security(self, offered: Iterable[Security]) -> str:
        need, words = self.ledger.need, self.words
        cover, own = need.guarantee.cover, need.facts.security_offered if need.facts else ()
        public = self.say(WITH_COVER, most=words.amount(cover.terms.amount_max_fen)) if cover else ""
        return words.join(words.code(kind) if kind in own else public for kind in offered)

    def _no_guarantee(self) -> str:
        """Why the public guarantee, which would be accepted, does not help; nothing where there is no scheme."""
        found = self.ledger.need.guarantee
        if Security.GUARANTEE not in self.ledger.asks.security or found.why in (None, Why.NO_SCHEME):
            return ""
        return self.say(NOT_TO_BE_HAD, why=why_text(found, self.words))

    def _records(self) -> str:
        told = [self._record(record) for record in self.ledger.need.adverse]
        if not told:
            return self.say(say.CLEAN)
        return self.say(say.COUNTING, count=len(told), records=self.words.join(told))

    def _record(self, record: Record) -> str:
        until = counts_until(record)
        pattern = say.RECORD_OPEN if until is None else say.RECORD_UNTIL
        told = self.say(pattern, source=record.source, kind=record.kind.label, day=until)
        return self.say(say.RECORD_LAST, record=told) if record.disputed else told

    # The gap and the sentence

    def gap(self, gap: int) -> str:
        """How far apart they are, in words."""
        detail = self.detail
        value = self.words.points(gap) if self.criterion.unit == "pct_e6" else self._number(gap)
        too_much = detail.actual is not None and detail.actual > (detail.target or 0)
        return self.say(self.criterion.above if too_much else self.criterion.below, value=value)

    def text(self, required: str, actual: str, gap: str | None) -> str:
        """The sentence for the enterprise."""
        template, key = self._template(), self.criterion.key
        values: dict[str, Any] = {"it": self.ledger.it, "required": required, "actual": actual, "gap": gap}
        if self.result is Result.FAIL:
            values["target"] = self._number(self.detail.target or 0)
            values["day"] = self._day_of_age() if key == "age" else None
        elif self.result is Result.UNKNOWN:
            values["missing"] = self.words.join(map(self.words.fact, self._missing()))
        if key == "clean_record":
            values["sources"] = self._sources()
        told = self.say(template, **values)
        if self.result is Result.FAIL and key in _FAILS_FURTHER:
            told += _FAILS_FURTHER[key](self)
        return told

    def text_for_bank(self, required: str) -> str:
        """The sentence for a bank: nothing of the enterprise but the result."""
        template = say.FREE if self._required_value() is None else _by_result(say.BANK_SAYS, self.result)
        return self.say(template, it=self.ledger.it, required=required)

    def _template(self) -> Text:
        key, result, need = self.criterion.key, self.result, self.ledger.need
        if key == "rate" and result is Result.PASS and not need.max_rate_given:
            return say.NO_CAP if self.detail.required is None else say.NO_CAP_BUT
        if self._required_value() is None and result is not Result.UNKNOWN:
            return say.NO_RATE if key == "rate" else say.FREE
        if key == "security" and Security.CREDIT in self.ledger.asks.security:
            return say.UNSECURED
        if key == "industry" and result is Result.UNKNOWN and need.industry is not None:
            return say.INDUSTRY_SHORT
        if key == "age" and result is Result.FAIL and self._day_of_age() is not None:
            return say.AGE_FROM
        return _by_result(self.criterion.says, result)

    def _missing(self) -> tuple[str, ...]:
        need = self.ledger.need
        if self.criterion.key == "size" and need.industry is not None:
            return missing_metrics(need.enterprise, self.ledger.reference)
        if self.criterion.key == "size":
            return ("industry_code",)
        return blank_facts(self.criterion.facts, need.enterprise, need.facts)

    def _day_of_age(self) -> date | None:
        """The first day on which the age suffices; None where waiting is no repair."""
        founded = self.ledger.need.enterprise.founded_on
        repairable = self.criterion.repairable(self.ledger.need, self.ledger.asked)
        return add_months(founded, self.detail.required) if founded and repairable else None

    def _sources(self) -> str:
        sources = self.ledger.credit_sources
        return self.say(say.SOURCES, sources=self.words.join(sources)) if sources else self.say(say.NO_SOURCES)

    def _ended_tiers(self) -> str:
        """Recognitions that would have passed, had they not ended."""
        ended = [
            self.say(say.TIER_ENDED_ON, tier=held.tier.label, day=held.valid_to)
            for held in self.ledger.need.enterprise.tiers
            if held.tier in self.ledger.asks.tiers_any
        ]
        return self.say(say.TIER_ENDED, tiers=self.words.join(ended)) if ended else ""


_FAILS_FURTHER: dict[str, Callable[[_Row], str]] = {
    "tier": _Row._ended_tiers,
    "security": _Row._no_guarantee,
}
"""What is added to the sentence of a failure."""


def _by_result(says: say.Says, result: Result) -> Text:
    if result is Result.PASS:
        return says.passes
    return says.fails if result is Result.FAIL else says.unknown


def _plain(unit: str, value: Any) -> Any:
    """A value as JSON: money in yuan and percent as text, codes as lists, a range as ``{"min", "max"}``."""
    if isinstance(value, Bounds):
        return {"min": _plain(unit, value.low), "max": _plain(unit, value.high)}
    if isinstance(value, tuple):
        return [str(code) for code in value]
    if value is None or unit not in UNITS:
        return value
    return yuan_text(value) if unit == "fen" else percent_plain(value)
