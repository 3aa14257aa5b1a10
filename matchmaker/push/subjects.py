"""Subjects: the benefit first, at most forty characters, never a name."""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from matchmaker.domain.money import amount_text
from matchmaker.domain.text import Lang, Text

LONGEST = 40
Sections = Mapping[str, Sequence[Any]]
Subject = Callable[[Sections, Mapping[str, int], Lang], str]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def enterprise(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """Products that fit and the lowest all-in cost before subsidies; else the near misses; else the policies."""
    fits, near, policies = (sections.get(name, ()) for name in ("fit", "near", "policy"))
    costs = [Decimal(item["cost"]["pct"]) for item in fits if item["cost"]]
    if costs:
        lowest = f"{min(costs).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"
        text = Text(
            "【融资撮合】有 {n} 个产品符合贵企业需求，年化综合成本 {pct} 起",
            "{n} loan(s) fit, from {pct} a year all-in",
        )
        return _cut(text.say(lang, n=len(fits), pct=lowest))
    if fits:
        return _cut(Text("【融资撮合】有 {n} 个产品符合贵企业需求", "{n} loan(s) fit your need").say(lang, n=len(fits)))
    if near:
        text = Text("【融资撮合】补上一项，{n} 个产品就符合", "{n} loan(s) fit after one step")
        return _cut(text.say(lang, n=len(near)))
    text = Text("【融资撮合】贵企业可享 {n} 项政策", "{n} policy benefit(s) for your company")
    return _cut(text.say(lang, n=len(policies)))


def bank(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """New needs and what is due today; else policies. Nothing of any enterprise."""
    leads, policies = sections.get("lead", ()), sections.get("policy", ())
    if not leads:
        text = Text("【融资撮合】{n} 项政策与贵行产品有关", "{n} policies concern your products")
        return _cut(text.say(lang, n=len(policies)))
    due = counts.get("due_today", 0)
    if due:
        text = Text("【融资撮合】{n} 个新需求适合贵行产品，另有 {due} 个今天到期", "{n} new need(s); {due} due today")
        return _cut(text.say(lang, n=len(leads), due=due))
    text = Text("【融资撮合】{n} 个新需求适合贵行产品", "{n} new need(s) fit your products")
    return _cut(text.say(lang, n=len(leads)))


def bureau(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """The week and its new needs."""
    week = sections["weekly"][0]
    figures = week["figures"]
    text = Text("【融资撮合】第 {week} 周：新增需求 {n} 笔 {amount}", "Week {week}: {n} new needs, {amount}")
    amount = amount_text(figures["new_amount_fen"], lang)
    return _cut(text.say(lang, week=week["week"], n=figures["new_needs"], amount=amount))


def stale(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """How many entries wait for a confirmation."""
    text = Text("【融资撮合】{n} 条清单信息待确认，逾期将暂停推送", "{n} entries to confirm to keep being pushed")
    return _cut(text.say(lang, n=len(sections["stale"])))


SUBJECTS: dict[str, Subject] = {
    "enterprise_digest": enterprise,
    "bank_digest": bank,
    "bureau_digest": bureau,
    "stale_notice": stale,
}
"""Kind of message → its subject."""
