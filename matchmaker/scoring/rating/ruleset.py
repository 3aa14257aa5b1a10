"""A version of the rules: which are on, their parameters, their caps, how old facts may be. Read from JSON.

Two things are checked so that a rating never punishes the better fact or silence: a serious failure caps at least as
low as an ordinary one, and not knowing never lower than failing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matchmaker.domain.errors import RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import TaxGrade
from matchmaker.domain.text import Text
from matchmaker.scoring.rating.base import Param, Rule
from matchmaker.scoring.rating.catalogue import BY_KEY, RULES

GRADES = tuple(Grade)
FORMAT = "matchmaker.rating-rules/1"
LONGEST_DAYS = 366
_VERSION = re.compile(r"\d{4}\.\d{1,2}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class Setting:
    """One rule in a version. A cap is the best grade that is left: on failure, on serious failure, while unknown."""

    on: bool
    caps: Mapping[str, Grade | None]
    fresh_days: int | None
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A version of the rules. ``validity_days``: how long a rating holds at most."""

    version: str
    validity_days: int
    settings: Mapping[str, Setting]


def worse(one: Grade | None, other: Grade | None) -> bool:
    """Whether ``one`` leaves a worse grade than ``other``; None caps nothing."""
    return _place(one) > _place(other)


def _place(grade: Grade | None) -> int:
    return -1 if grade is None else GRADES.index(grade)


def read_rules(told: Mapping[str, Any]) -> RuleSet:
    """The rule set of a JSON object; RejectedError names the rule and what is wrong with it."""
    if told.get("format") != FORMAT:
        raise _refused(_FORMAT, "rules_format", wanted=FORMAT)
    version, days, rules = told.get("version"), told.get("validity_days"), told.get("rules")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise _refused(_BAD_VERSION, "rules_version")
    if not isinstance(days, int) or not _whole(days, 1, LONGEST_DAYS):
        raise _refused(_DAYS, "rules_validity", most=LONGEST_DAYS)
    if not isinstance(rules, Mapping) or set(rules) != set(BY_KEY):
        missing = sorted(set(BY_KEY) ^ set(rules if isinstance(rules, Mapping) else ()))
        raise _refused(_WHICH, "rules_missing", names=", ".join(missing))
    return RuleSet(version, days, {rule.key: _setting(rule, rules[rule.key]) for rule in RULES})


def _setting(rule: Rule, told: Any) -> Setting:
    wanted = {"on", "unknown", *rule.levels, *(p.key for p in rule.params), *(("fresh_days",) if rule.ages else ())}
    if not isinstance(told, Mapping) or set(told) != wanted:
        odd = sorted(wanted ^ set(told if isinstance(told, Mapping) else ()))
        raise _refused(_FIELDS, "rule_fields", rule=rule.label, names=", ".join(odd))
    if not isinstance(told["on"], bool):
        raise _refused(_ON, "rule_on", rule=rule.label)
    caps = {name: _cap(rule, name, told[name]) for name in (*rule.levels, "unknown")}
    _require_order(rule, caps)
    fresh = told.get("fresh_days")
    if fresh is not None and not _whole(fresh, 1, 3660):
        raise _refused(_FRESH, "rule_fresh_days", rule=rule.label)
    params = {param.key: _param(rule, param, told[param.key]) for param in rule.params}
    return Setting(told["on"], caps, fresh, params)


def _cap(rule: Rule, name: str, told: Any) -> Grade | None:
    if told is None:
        return None
    if told not in list(map(str, GRADES)):
        raise _refused(_CAP, "rule_cap", rule=rule.label, name=name)
    return Grade.of(told)


def _require_order(rule: Rule, caps: Mapping[str, Grade | None]) -> None:
    """Serious at least as low as failed, failed at least as low as unknown."""
    ladder = [caps[name] for name in ("unknown", *rule.levels)]
    if rule.levels and any(worse(better, poorer) for better, poorer in pairwise(ladder)):
        raise _refused(_ORDER, "rule_caps", rule=rule.label)


def _param(rule: Rule, param: Param, told: Any) -> Any:
    if param.grade:
        if told not in list(map(str, TaxGrade)):
            raise _refused(_TAX, "rule_param", rule=rule.label, name=param.label)
    elif not _whole(told, param.low, param.high):
        raise _refused(_NUMBER, "rule_param", rule=rule.label, name=param.label, low=param.low, high=param.high)
    return told


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def rules_json(rules: RuleSet) -> dict[str, Any]:
    """The JSON object that :func:`read_rules` reads."""
    return {
        "format": FORMAT,
        "version": rules.version,
        "validity_days": rules.validity_days,
        "rules": {key: _setting_json(BY_KEY[key], setting) for key, setting in rules.settings.items()},
    }


def _setting_json(rule: Rule, setting: Setting) -> dict[str, Any]:
    caps = {name: grade.value if grade else None for name, grade in setting.caps.items()}
    fresh = {"fresh_days": setting.fresh_days} if rule.ages else {}
    return {"on": setting.on, **caps, **fresh, **setting.params}


def _refused(text: Text, code: str, **values: Any) -> RejectedError:
    return RejectedError(text, code=code, **values)


_FORMAT = Text(
    "这不是评级规则文件。文件的 format 应为 {wanted}。",
    "This is no file of rating rules: its format should be {wanted}.",
)
_BAD_VERSION = Text(
    "版本号写成「年.月.序号」，如 2026.12.1。", "Write the version as year.month.number, for example 2026.12.1."
)
_DAYS = Text("有效期填 1 至 {most} 天。", "A rating is valid for 1 to {most} days.")
_WHICH = Text(
    "规则与系统的目录不一致：{names}。每条规则写一次，不用的设为 on: false。",
    'The rules are not those of the catalogue: {names}. Each stands there once; one that is not used has "on": false.',
)
_FIELDS = Text(
    "规则「{rule}」的项目不一致：{names}。参照 flask rating rules show 的输出。",
    'The rule "{rule}" has other fields than it should: {names}. Compare with flask rating rules show.',
)
_ON = Text("规则「{rule}」的 on 写 true 或 false。", '"on" of the rule "{rule}" is true or false.')
_CAP = Text("规则「{rule}」的 {name} 写 A、B、C、D 或 null。", '"{name}" of the rule "{rule}" is A, B, C, D or null.')
_ORDER = Text(
    "规则「{rule}」的上限顺序不对：严重不能宽于不满足，未知不能严于不满足。",
    'The caps of the rule "{rule}" are out of order: serious is never milder than fail, unknown never stricter.',
)
_FRESH = Text(
    "规则「{rule}」的信息有效天数（fresh_days）写 1 至 3660 的整数，不过期的留空（null）。",
    'The days that facts hold ("fresh_days") of the rule "{rule}" are 1 to 3660; blank (null) for no limit.',
)
_TAX = Text("规则「{rule}」的「{name}」写 A、B、M、C 或 D。", '"{name}" of the rule "{rule}" is A, B, M, C or D.')
_NUMBER = Text(
    "规则「{rule}」的「{name}」写 {low} 至 {high} 的整数。",
    '"{name}" of the rule "{rule}" is a whole number from {low} to {high}.',
)
