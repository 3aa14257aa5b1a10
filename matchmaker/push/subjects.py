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


def _say(lang: Lang, n: int, zh: str, one: str, many: str, rest: str, **values: Any) -> str:
    """``zh``, or in English ``one`` or ``many`` by the number and then ``rest``."""
    return _cut(Text(zh, (one if n == 1 else many) + rest).say(lang, n=n, **values))


def enterprise(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """Products that fit and the lowest all-in cost before subsidies; else the near misses; else the policies."""
    fits, near, policies = (sections.get(name, ()) for name in ("fit", "near", "policy"))
    products = len({item["product"]["code"] for item in fits})
    costs = [Decimal(item["cost"]["pct"]) for item in fits if item["cost"]]
    if costs:
        lowest = f"{min(costs).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"
        zh = "【融资撮合】有 {n} 个产品符合贵企业需求，年化综合成本 {pct} 起"
        return _say(lang, products, zh, "{n} loan fits", "{n} loans fit", ", from {pct} a year all-in", pct=lowest)
    if fits:
        zh = "【融资撮合】有 {n} 个产品符合贵企业需求"
        return _say(lang, products, zh, "{n} loan fits", "{n} loans fit", " your need")
    if near:
        zh = "【融资撮合】{n} 个产品差一点就符合，可补上"
        products = len({item["product"]["code"] for item in near})
        return _say(lang, products, zh, "{n} loan nearly fits", "{n} loans nearly fit", "; how to mend it")
    if all(item["sure"] for item in policies):
        zh = "【融资撮合】贵企业可享 {n} 项政策"
        return _say(lang, len(policies), zh, "{n} policy benefit", "{n} policy benefits", " for your company")
    zh = "【融资撮合】贵企业可能享受 {n} 项政策"
    return _say(lang, len(policies), zh, "{n} policy", "{n} policies", " may benefit your company")


def bank(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """New needs and what is due today; else policies. Nothing of any enterprise."""
    leads, policies = sections.get("lead", ()), sections.get("policy", ())
    if not leads:
        zh = "【融资撮合】{n} 项政策与贵行产品有关"
        return _say(lang, len(policies), zh, "{n} policy concerns", "{n} policies concern", " your products")
    due = counts.get("due_today", 0)
    if due:
        zh = "【融资撮合】{n} 个新需求适合贵行产品，另有 {due} 个今天到期"
        return _say(lang, len(leads), zh, "{n} new need fits", "{n} new needs fit", "; {due} due today", due=due)
    zh = "【融资撮合】{n} 个新需求适合贵行产品"
    return _say(lang, len(leads), zh, "{n} new need fits", "{n} new needs fit", " your products")


def bureau(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """The week and its new needs."""
    week = sections["weekly"][0]
    figures = week["figures"]
    zh = "【融资撮合】第 {week} 周：新增需求 {n} 笔 {amount}"
    one, many, rest = "Week {week}: {n} new need", "Week {week}: {n} new needs", ", {amount}"
    amount = amount_text(figures["new_amount_fen"], lang)
    return _say(lang, figures["new_needs"], zh, one, many, rest, week=week["week"], amount=amount)


def stale(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """How many entries wait for a confirmation."""
    zh = "【融资撮合】{n} 条清单信息待确认，逾期将暂停推送"
    return _say(lang, len(sections["stale"]), zh, "{n} entry", "{n} entries", " to confirm, else not pushed")


def consent(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """That an enterprise has consented; which one stands in the body alone."""
    zh = "【融资撮合】{n} 条需求的企业同意贵行查看名称"
    return _say(lang, len(sections["consent"]), zh, "{n} need", "{n} needs", ": the company shows its name")


def withdrawn(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """That an enterprise has taken its consent back; nothing of it but how many needs."""
    zh = "【融资撮合】{n} 条需求的企业撤回了授权"
    return _say(lang, len(sections["withdrawn"]), zh, "{n} need", "{n} needs", ": consent withdrawn")


def taken(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """That a bank has taken a need; which one stands in the body."""
    zh = "【融资撮合】有银行接单，{n} 条需求有了回应"
    return _say(lang, len(sections["taken"]), zh, "{n} need", "{n} needs", ": taken by a bank")


def returned(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """That an entry came back from review; which one and why stand in the body."""
    zh = "【融资撮合】{n} 条信息被退回，修改后可重新提交"
    return _say(lang, len(sections["returned"]), zh, "{n} entry", "{n} entries", " returned: change and resubmit")


def guaranteed(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """That a guarantee has moved on; which one and to where stand in the body."""
    zh = "【融资撮合】{n} 笔担保有进展"
    return _say(lang, len(sections["guarantee"]), zh, "{n} guarantee", "{n} guarantees", " moved on")


def revoked(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """That a certificate was revoked; which one and why stand in the body."""
    zh = "【融资撮合】贵企业 {n} 份信用背书已撤销"
    return _say(lang, len(sections["certificate"]), zh, "{n} certificate", "{n} certificates", " revoked")


def answered(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """That an appeal was answered; how and in which words stands in the body."""
    zh = "【融资撮合】贵企业 {n} 项评级申诉已答复"
    return _say(lang, len(sections["appeal"]), zh, "{n} appeal", "{n} appeals", " answered")


def due(sections: Sections, counts: Mapping[str, int], lang: Lang) -> str:
    """How many requests and appeals wait for an answer that is due."""
    zh = "【融资撮合】{n} 项企业请求或申诉的答复即将到期"
    return _say(lang, len(sections["due"]), zh, "{n} answer is due", "{n} answers are due", " soon")


SUBJECTS: dict[str, Subject] = {
    "enterprise_digest": enterprise,
    "bank_digest": bank,
    "bureau_digest": bureau,
    "stale_notice": stale,
    "consent_notice": consent,
    "consent_withdrawn": withdrawn,
    "need_taken": taken,
    "entry_returned": returned,
    "guarantee_notice": guaranteed,
    "certificate_revoked": revoked,
    "appeal_answered": answered,
    "answers_due": due,
}
"""Kind of message → its subject."""
