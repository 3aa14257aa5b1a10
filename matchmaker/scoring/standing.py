"""How a credit record stands on a date, said to people: whether it counts, until when, and by which rule."""

from dataclasses import dataclass
from datetime import date

from matchmaker.domain.periods import add_months
from matchmaker.domain.terms import CreditKind, Severity
from matchmaker.domain.text import Text
from matchmaker.scoring.facts import Record
from matchmaker.scoring.records import ALWAYS_SERIOUS, KEPT_MONTHS, PUBLISHED_MONTHS, counts_on, counts_until


@dataclass(frozen=True, slots=True)
class Standing:
    """``until``: the first day on which a record that counts no longer does; None: no such day is set, or it does not
    count. ``why``: the rule in one sentence."""

    counts: bool
    until: date | None
    why: Text


def standing_on(record: Record, on: date) -> Standing:
    """How ``record`` stands on ``on``; the days are those of ``scoring.records`` (CONTRACT.md section 3)."""
    if never := _never(record):
        return Standing(False, None, never)
    assert record.decided_on is not None
    if record.decided_on > on:
        return Standing(False, None, _told(_LATER, record.decided_on))
    until = counts_until(record)
    if counts_on(record, on):
        return Standing(True, until, _told(_rule(record, until), until))
    return Standing(False, None, _told(_PAST, until, _rule(record, until)))


def _never(record: Record) -> Text | None:
    if record.kind is CreditKind.HONOUR:
        return _HONOUR
    if record.decided_on is None:
        return _UNDECIDED
    listed = record.kind is CreditKind.ABNORMAL_OPERATION or record.kind in ALWAYS_SERIOUS
    return None if listed or record.severity in PUBLISHED_MONTHS else _MINOR


def _rule(record: Record, until: date | None) -> Text:
    """The rule that gives the day ``until``."""
    if until is not None and until == record.repaired_on:
        return _REPAIRED
    if record.kind is CreditKind.ABNORMAL_OPERATION:
        return _LISTED if until is None else _TAKEN_OFF
    if until is not None and until == record.publish_until:
        return _PUBLISHED
    return _by_months(record, until)


def _by_months(record: Record, until: date | None) -> Text:
    assert record.decided_on is not None
    months = PUBLISHED_MONTHS[Severity.SERIOUS if record.kind in ALWAYS_SERIOUS else record.severity]
    if until is not None and record.publish_until is None and until == add_months(record.decided_on, months):
        return _GENERAL if months == PUBLISHED_MONTHS[Severity.GENERAL] else _SERIOUS
    return _KEPT


def _told(sentence: Text, day: date | None, rule: Text | None = None) -> Text:
    return Text(*(sentence.say(lang, day=day, rule=rule) for lang in ("zh", "en")))


_HONOUR = Text("荣誉不作不良记录计入。", "An honour never counts against anybody.")
_UNDECIDED = Text("没有决定日期，不计入。", "It has no day of decision, so it does not count.")
_MINOR = Text("程度为轻微或无，不计入。", "It is minor or none, so it does not count.")
_LATER = Text("自 {day} 决定之日起计入。", "It counts from the day of its decision, {day}.")
_PAST = Text("自 {day} 起不再计入：{rule}", "It has not counted since {day}: {rule}")
_REPAIRED = Text("按修复日期。", "the day of its repair.")
_LISTED = Text("列入经营异常名录期间一直计入。", "as long as the company is on the list of abnormal operation.")
_TAKEN_OFF = Text("按移出经营异常名录的日期。", "the day of being taken off the list.")
_PUBLISHED = Text("按公示截止日期。", "the end of its publication.")
_GENERAL = Text(
    "没有公示截止日期，一般程度自决定之日起 12 个月。",
    "12 months from the decision (general).",
)
_SERIOUS = Text(
    "没有公示截止日期，严重程度自决定之日起 36 个月。",
    "36 months from the decision (serious).",
)
_YEARS = KEPT_MONTHS // 12
_KEPT = Text(
    f"自行为终止（没有终止日期时为发生、决定之日）起最长 {_YEARS} 年。",
    f"at most {_YEARS} years from the end of the act.",
)
