"""A finding in words: what the rule saw, and what would raise it (with the day, where waiting does)."""

from datetime import date
from typing import Any

from matchmaker.domain.money import amount_text
from matchmaker.domain.terms import CreditKind, Result, TaxGrade
from matchmaker.domain.text import Text
from matchmaker.scoring.rating.findings import Evidence, Finding
from matchmaker.scoring.rating.ruleset import Setting

FACT_LABELS: dict[str, Text] = {
    "tax_grade": Text("纳税信用等级", "tax credit grade"),
    "founded_on": Text("成立日期", "founded on"),
    "revenue_fen": Text("营业收入", "revenue"),
    "employees": Text("从业人数", "employees"),
    "is_first_loan": Text("是否首贷户", "first-time borrower"),
    "tiers": Text("梯度认定", "tiers held"),
}


def fact_text(name: str, value: Any) -> Text:
    """The value of a fact for people."""
    if name == "tax_grade":
        return TaxGrade.of(value).label
    if name == "revenue_fen":
        return Text(amount_text(value, "zh"), amount_text(value, "en"))
    if name == "is_first_loan":
        return Text("是", "yes") if value else Text("否", "no")
    return Text(str(value), str(value))


def sentence(found: Finding, setting: Setting) -> Text:
    """What the rule found, in one sentence without its evidence's numbers."""
    return _filled(_pattern(found), **_values(found, setting))


def _pattern(found: Finding) -> Text:
    if found.rule == "consent":
        return _WITHDRAWN if found.reason == "withdrawn" else _CONSENT[found.result]
    if found.result is Result.PASS and found.evidence[0].what == "source":
        return _CLEAN
    return _BY_RULE.get((found.rule, found.reason)) or _BY_REASON[found.reason]


def _values(found: Finding, setting: Setting) -> dict[str, Any]:
    first = found.evidence[0] if found.evidence else None
    values: dict[str, Any] = {"days": setting.fresh_days or 0, **_asked(found.rule, setting)}
    values["kinds"] = _listed([CreditKind.of(one.name).label for one in found.evidence if one.what == "record"])
    values["count"] = len(found.evidence)
    values["serious"] = _SERIOUS if found.level == "serious" else Text("", "")
    if first is not None:
        values |= {"on": first.on or "", "source": first.source or ""}
        if first.what == "source":
            values["days"] = first.value or 0
        values["value"] = fact_text(first.name, first.value) if first.what == "fact" else ""
        values["fact"] = FACT_LABELS.get(first.name, Text("", ""))
    return values


def _asked(rule: str, setting: Setting) -> dict[str, Any]:
    params = setting.params
    if rule == "tax_grade":
        return {"asked": TaxGrade.of(params["least"]).label}
    if rule == "revenue":
        return {"asked": Text(f"{params['least']} 万元", f"{params['least']} × 10,000 yuan")}
    return {"asked": params.get("least", params.get("months", ""))}


def repair(found: Finding, setting: Setting, *, hidden: bool = False) -> tuple[Text, date | None] | None:
    """What would raise a rule's result, and the day on which waiting does; None for one that has passed.

    ``hidden``: the reader may not learn who recorded what (government only), so nobody and no day is named.
    """
    if found.result is Result.PASS:
        return None
    if found.reason == "counting":
        return _repair_of_record(found, hidden)
    pattern = _REPAIRS.get((found.rule, found.reason)) or _REPAIRS[("", found.reason)]
    values = {**_values(found, setting), "day": found.better_on or ""}
    if found.reason == "blank":
        values["fact"] = _BLANK_FACT.get(found.rule, Text("", ""))
    return _filled(pattern, **values), found.better_on


def _repair_of_record(found: Finding, hidden: bool) -> tuple[Text, date | None]:
    if hidden:
        return _REPAIR_HIDDEN, None
    pattern = _HOW.get(found.rule, _REPAIR_RECORD)
    told = _filled(pattern, authorities=_listed([_authority(one) for one in found.evidence]))
    if found.better_on is None:
        return told, None
    waits = _filled(_WAIT, day=found.better_on)
    return Text(told.zh + waits.zh, told.en + " " + waits.en), found.better_on


def _authority(one: Evidence) -> Text:
    name = one.authority or one.source or ""
    return Text(name, name)


def _listed(parts: list[Text]) -> Text:
    unique = list(dict.fromkeys(parts))
    return Text("、".join(part.zh for part in unique), ", ".join(part.en for part in unique))


def _filled(pattern: Text, **values: Any) -> Text:
    return Text(pattern.say("zh", **values), pattern.say("en", **values))


_SERIOUS = Text("，其中有严重的", ", a serious one among them")
_CLEAN = Text("没有计入的此类记录，来源更新至 {on}", "No such record counts; the sources are of {on}")
_CONSENT = {
    Result.PASS: Text("没有因未授权而不能核查的信息", "Nothing had to be left out for want of consent"),
    Result.UNKNOWN: Text(
        "有信用信息需企业授权后才能核查，目前未授权：{kinds}",
        "Some credit information may be read with the company's consent only, which is not given: {kinds}",
    ),
}
_WITHDRAWN = Text(
    "此前经授权核查计入的信用信息，授权结束后未授权，不再核查：{kinds}；等级最高为 C",
    "Credit information that had counted under a consent may no longer be read, for the consent is not given any more: "
    "{kinds}; the grade is a C at best",
)
_BY_REASON: dict[str, Text] = {
    "counting": Text("有 {count} 条记录计入{serious}", "Records that count: {count}{serious}"),
    "met": Text("已知：{value}", "Known: {value}"),
    "blank": Text("还没有填写，未知", "Not stated, so unknown"),
    "stale": Text(
        "{on} 确认的信息已超过 {days} 天，已过期，不再使用",
        "Confirmed on {on}, more than {days} days ago: out of date and not used",
    ),
    "no_source": Text("平台还没有接入此类信息，未知", "No source of such records is connected, so unknown"),
    "source_stale": Text(
        "此类信息的来源「{source}」最近更新于 {on}，已超过 {days} 天，已过期，不再使用",
        'The source "{source}" of such records was last updated on {on}, more than {days} days ago: out of date and '
        "not used",
    ),
    "unauthorised": Text(
        "此类信息需企业授权后才能核查，未授权", "Such records may be read with the company's consent only: not given"
    ),
}
_BY_RULE: dict[tuple[str, str], Text] = {
    ("tax_grade", "met"): Text("{value}，达到 {asked}", "{value}, which reaches {asked}"),
    ("tax_grade", "below"): Text("{value}，低于 {asked}", "{value}, which is below {asked}"),
    ("age", "met"): Text("{value} 成立，已满 {asked} 个月", "Founded on {value}, {asked} months or more ago"),
    ("age", "below"): Text("{value} 成立，不满 {asked} 个月", "Founded on {value}, less than {asked} months ago"),
    ("revenue", "met"): Text("{value}，达到 {asked}", "{value}, which reaches {asked}"),
    ("revenue", "below"): Text("{value}，低于 {asked}", "{value}, which is below {asked}"),
    ("employees", "met"): Text("{value} 人，达到 {asked} 人", "{value}, which reaches {asked}"),
    ("employees", "below"): Text("{value} 人，低于 {asked} 人", "{value}, which is below {asked}"),
}

_BLANK_FACT = {
    "tax_grade": FACT_LABELS["tax_grade"],
    "age": FACT_LABELS["founded_on"],
    "revenue": FACT_LABELS["revenue_fen"],
    "employees": FACT_LABELS["employees"],
    "first_loan": FACT_LABELS["is_first_loan"],
}
_REPAIR_RECORD = Text(
    "履行义务、纠正行为后，向{authorities}申请信用修复，修复之日起不再计入。",
    "Once it is put right, ask {authorities} for credit repair; from that day it no longer counts.",
)
_HOW = {
    "no_abnormal_operation": Text(
        "改正后向{authorities}申请移出经营异常名录，移出之日起不再计入。",
        "Once it is put right, ask {authorities} to be taken off the list; from that day it no longer counts.",
    ),
    "no_judgment_debtor": Text(
        "履行生效法律文书后，向{authorities}申请删除失信信息，删除之日起不再计入。",
        "Fulfil the judgment and ask {authorities} to remove the entry; from that day it no longer counts.",
    ),
}
_REPAIR_HIDDEN = Text(
    "这是政府内部信息，可向主管部门了解怎样修复。",
    "This is internal to the government: ask the bureau about it.",
)
_WAIT = Text("不修复的，{day} 起不再计入。", "Without repair it no longer counts from {day} on.")
_REPAIRS: dict[tuple[str, str], Text] = {
    ("", "blank"): Text("在企业信息里填写「{fact}」。", 'State "{fact}" among the company\'s facts.'),
    ("", "stale"): Text("在企业信息里核对并确认「{fact}」。", 'Check and confirm "{fact}" among the company\'s facts.'),
    ("", "no_source"): Text(
        "由主管部门接入数据来源，企业不需要操作。", "The bureau connects a source; the company has nothing to do."
    ),
    ("", "source_stale"): Text(
        "由主管部门更新数据来源，企业不需要操作。", "The bureau updates the source; the company has nothing to do."
    ),
    ("", "withdrawn"): Text(
        "重新授权主管部门查询信用信息后即可核查。", "Consent again to the bureau's looking at credit information."
    ),
    ("", "unauthorised"): Text(
        "授权主管部门查询信用信息后即可核查。", "Consent to the bureau's looking at credit information."
    ),
    ("tax_grade", "below"): Text(
        "纳税信用达到 {asked} 后更新企业信息；纳税信用可按规定申请修复。",
        "Update the company's facts when the tax credit grade reaches {asked}; it can be repaired by application.",
    ),
    ("age", "below"): Text("{day} 起满足，不需要操作。", "From {day} on, without doing anything."),
    ("revenue", "below"): Text(
        "营业收入达到 {asked} 后更新企业信息。", "Update the company's facts when revenue reaches {asked}."
    ),
    ("employees", "below"): Text(
        "从业人数达到 {asked} 人后更新企业信息。", "Update the company's facts when employees reach {asked}."
    ),
}
