"""Rules of a version as rows of a table: what is on, the caps, how old facts may be, the parameters."""

from dataclasses import dataclass

from matchmaker.domain.guarantee_terms import Grade, RatingDimension
from matchmaker.domain.terms import TaxGrade
from matchmaker.domain.text import Text
from matchmaker.scoring.rating.base import Param, Rule
from matchmaker.scoring.rating.catalogue import RULES
from matchmaker.scoring.rating.ruleset import RuleSet, Setting

CAPS: tuple[tuple[str, Text], ...] = (
    ("fail", Text("不满足时最高", "At most, on fail")),
    ("serious", Text("严重时最高", "At most, if serious")),
    ("unknown", Text("未知时最高", "At most, if unknown")),
)
"""Fields of a cap with what they are called, in the order of display."""
FRESH = Text("信息有效天数", "Days facts hold")

NONE, NEVER, ABSENT = Text("不限", "no cap"), Text("不过期", "no limit"), Text("--", "--")
ON, OFF = Text("使用", "on"), Text("不使用", "off")


@dataclass(frozen=True, slots=True)
class Told:
    """What one field says; ``before``: what the version in force says, where that is something else."""

    text: Text
    before: Text | None = None


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of a version. ``params``: with their labels."""

    rule: Rule
    used: Told
    caps: tuple[Told, ...]
    fresh: Told
    params: tuple[tuple[Text, Told], ...]


def rule_rows(dimension: RatingDimension, rules: RuleSet, before: RuleSet | None) -> list[RuleRow]:
    """The rules of one dimension, each with what is new in it."""
    of_dimension = [rule for rule in RULES if rule.dimension is dimension]
    old = rules if before is None else before
    return [_row(rule, rules.settings[rule.key], old.settings[rule.key]) for rule in of_dimension]


def _row(rule: Rule, now: Setting, old: Setting) -> RuleRow:
    return RuleRow(
        rule,
        _told(_used(now), _used(old)),
        tuple(_told(_cap(now, name), _cap(old, name)) for name, _ in CAPS),
        _told(_fresh(rule, now), _fresh(rule, old)),
        tuple((one.label, _told(_param(one, now), _param(one, old))) for one in rule.params),
    )


def _told(now: Text, old: Text) -> Told:
    return Told(now, old if old != now else None)


def _used(setting: Setting) -> Text:
    return ON if setting.on else OFF


def _cap(setting: Setting, name: str) -> Text:
    if name not in setting.caps:
        return ABSENT
    cap: Grade | None = setting.caps[name]
    return NONE if cap is None else cap.label


def _fresh(rule: Rule, setting: Setting) -> Text:
    if not rule.ages:
        return ABSENT
    return NEVER if setting.fresh_days is None else _plain(setting.fresh_days)


def _param(param: Param, setting: Setting) -> Text:
    value = setting.params[param.key]
    return TaxGrade.of(value).label if param.grade else _plain(value)


def _plain(value: int) -> Text:
    return Text(str(value), str(value))
