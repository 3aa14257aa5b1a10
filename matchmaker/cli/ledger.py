"""The explanation of a pair as a ledger for people in a terminal."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from matchmaker.domain.terms import Result, Verdict
from matchmaker.domain.text import Lang, Text
from matchmaker.scoring.explain import NOTICE

MARKS = {Result.PASS: "✓", Result.FAIL: "✗", Result.UNKNOWN: "?"}
ORDER = {Result.FAIL: 0, Result.UNKNOWN: 1, Result.PASS: 2}

_VERDICT = Text("结论", "Verdict")
_CRITERIA = Text(
    "条件（{passed} 项满足，{failed} 项不满足，{unknown} 项待核实）",
    "Criteria ({passed} met, {failed} not met, {unknown} to be stated)",
)
_REPAIRS = Text("怎样能符合", "What would change it")
_SCORE = Text("契合分 {score} / 100", "Score {score} of 100")
_COST = Text("综合融资成本（元）", "All-in cost (CNY)")
_AT_LOWEST = Text("按最低利率", "at the lowest rate")
_AT_HIGHEST = Text("按最高利率", "at the highest rate")
_LINE = Text(
    "{where} {rate}%：利息 {interest} + 费用 {fees} = {before}，年化 {simple}%",
    "{where} {rate}%: interest {interest} + fees {fees} = {before}, {simple}% a year",
)
_SUBSIDISED = Text(
    "政策「{title}」贴息 {subsidy}，贴息后合计 {total}，年化 {simple}%",
    'policy "{title}" pays {subsidy}: total after subsidy {total}, {simple}% a year',
)
_POSSIBLE = Text(
    "另有政策可能适用（待核实，未计入）：{title}，可贴息 {subsidy}",
    "A policy may apply (to be checked, not counted): {title}, it would pay {subsidy}",
)
_VERSIONS = Text(
    "依据：需求第 {need} 版、产品第 {product} 版、企业第 {enterprise} 版；"
    "规则 {rules}，排序 {ranker}，文本权重 {text_weights}",
    "Based on need v{need}, product v{product}, enterprise v{enterprise}; "
    "rules {rules}, ranker {ranker}, text weights {text_weights}",
)


def ledger(told: Mapping[str, Any], lang: Lang) -> str:
    """Verdict, criteria (open ones first), repairs, score and cost of ``match explain``'s object as plain text."""
    return "\n".join(_lines(told, lang))


def _lines(told: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    yield f"{told['need_no']} × {told['product_code']} · {told['on']}"
    verdict = Verdict.of(told["verdict"]).label.say(lang)
    yield f"{_VERDICT.say(lang)}{_colon(lang)}{verdict} · {NOTICE.say(lang)}"
    yield ""
    yield from _criteria(told["criteria"], lang)
    if told["repairs"]:
        yield from ("", _REPAIRS.say(lang))
        yield from (f"  {number}. {repair['text']}" for number, repair in enumerate(told["repairs"], 1))
    if told["score"] is not None:
        yield from ("", _SCORE.say(lang, score=told["score"]))
        for part in told["components"]:
            yield f"  {part['points']:>5}/{part['max_points']}  {part['label']}{_colon(lang)}{part['text']}"
    yield from ("", _COST.say(lang))
    yield from _cost(told["cost"]["at_lowest"], _AT_LOWEST, lang)
    yield from _cost(told["cost"]["at_highest"], _AT_HIGHEST, lang)
    yield from ("", _VERSIONS.say(lang, **told["versions"]))


def _criteria(criteria: list[dict[str, Any]], lang: Lang) -> Iterator[str]:
    results = [Result.of(row["result"]) for row in criteria]
    yield _CRITERIA.say(
        lang,
        passed=results.count(Result.PASS),
        failed=results.count(Result.FAIL),
        unknown=results.count(Result.UNKNOWN),
    )
    for row in sorted(criteria, key=lambda row: ORDER[Result.of(row["result"])]):
        yield f"  {MARKS[Result.of(row['result'])]} {row['label']}{_colon(lang)}{row['text']}"


def _cost(cost: Mapping[str, Any], where: Text, lang: Lang) -> Iterator[str]:
    if cost["reason"]:
        yield f"  {where.say(lang)}{_colon(lang)}{cost['reason']['text']}"
        return
    yield "  " + _LINE.say(
        lang,
        where=where,
        rate=cost["rate_pct"],
        interest=_money(cost["interest"]),
        fees=_money(cost["fees"]),
        before=_money(cost["total_before_subsidy"]),
        simple=cost["simple_pct"],
    )
    if cost["policy"]:
        yield "    " + _SUBSIDISED.say(
            lang,
            title=cost["policy"]["title"],
            subsidy=_money(cost["subsidy"]),
            total=_money(cost["total"]),
            simple=cost["simple_pct_after_subsidy"],
        )
    for policy in cost["possible_policies"]:
        yield "    " + _POSSIBLE.say(lang, title=policy["title"], subsidy=_money(policy["subsidy"]))
    for note in cost["assumptions"]:
        yield f"    {note['text']}"


def _money(yuan: str) -> str:
    return f"{Decimal(yuan):,}"


def _colon(lang: Lang) -> str:
    return "：" if lang == "zh" else ": "
