"""Digests: subjects, both languages, plain text that is complete, HTML that escapes, words that are never used."""

import re
from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from matchmaker.clock import SHANGHAI
from matchmaker.domain.text import LANGS, Lang
from matchmaker.outbox.envelope import ComposeError
from matchmaker.push.audiences import AUDIENCE_OF
from matchmaker.push.compose import composers
from matchmaker.push.digest import Digest, change, write_digest
from matchmaker.push.items import Item
from matchmaker.push.notice_settings import NEVER_MUTED
from matchmaker.push.own_messages import INBOX_KINDS
from matchmaker.push.subjects import LONGEST, SUBJECTS
from matchmaker.reports.weekly import FIGURES
from matchmaker.settings import Settings
from tests.support.wording import blames

NASTY = '<img src=x onerror="alert(1)">{{7*7}}'


def both(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


NEED = {
    "need_no": "XQ-20261118-0012",
    "purpose": both("流动资金", "working capital"),
    "amount": both("800 万元", "CNY 8.00 million"),
    "months": 12,
    "submitted_on": "2026-11-18",
}
COST = {
    "months": 12,
    "total_fen": 31_600_000,
    "pct": "3.9550",
    "interest_fen": 27_600_000,
    "fees_fen": 4_000_000,
    "subsidy": {"title": "技改贴息", "fen": 8_000_000, "total_fen": 23_600_000, "pct": "2.9600"},
}


def fit(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "need": NEED,
        "product": {"code": f"P{number}", "name": f"专精特新信用贷{number}", "bank": "海发银行"},
        "criteria": 16,
        "why": [both("额度最高 1,000 万元", "up to CNY 10.00 million")],
        "cost": COST,
        "notes": [both("产品未说明费用，暂按无费用测算", "The product states no fee; counted as none")],
        **changed,
    }


NEAR = {
    "need": NEED,
    "product": {"code": "P9", "name": "抵押贷", "bank": "城商行"},
    "label": both("差一点", "near"),
    "open": both("担保方式", "Security"),
    "repair": both("增加担保：保证，即符合", "Add security: guaranty: then it fits"),
}
POLICY = {
    "title": "技改贴息办法",
    "benefit": both("贴息，最高 20 万元", "interest subsidy, at most CNY 200,000.00"),
    "mode": both("免申即享，无须申请", "no application needed"),
    "sure": True,
    "valid_to": "2026-12-31",
    "expiring": True,
    "products": ["专精特新信用贷"],
    "product_count": 3,
}
LEAD = {
    "card": {
        "need_no": "XQ-20261118-0012",
        "firm": [both("先进装备链", "Advanced equipment chain")],
        "wants": [both("500 万元至 1,000 万元", "CNY 5.00 million to CNY 10.00 million")],
    },
    "product": {"code": "P1", "name": "专精特新信用贷"},
    "criteria": 16,
    "why": [],
    "due_on": "2026-11-26",
}
WEEK = {
    "week": 47,
    "monday": "2026-11-16",
    "sunday": "2026-11-22",
    "figures": {figure.key: 7 for figure in FIGURES}
    | {"new_amount_fen": 23_600_000_000, "earlier_amount_fen": 21_071_428_571},
    "gaps": [{"chain": both("钓具", "Fishing tackle"), "security": both("知识产权质押", "IP pledge"), "needs": 5}],
    "calendar_until": "2026-12-31",
}
STALE = {"list": both("信贷产品", "credit products"), "number": "P1", "name": "流贷", "stale_on": "2026-12-01"}
CONSENT = {
    "reference": "XQ-20261118-0012",
    "name": "Weihai Example",
    "product": {"code": "P1", "name": "流贷"},
    "until": "2027-02-22",
    "link": "https://m.example/leads/x",
}
TAKEN = {
    "need_no": "XQ-20261118-0012",
    "bank": "Seaside Bank",
    "product": "流贷",
    "link": "https://m.example/referrals",
}

RETURNED = {
    "list": both("信贷产品", "credit products"),
    "name": "流贷",
    "reason": NASTY,
    "link": "https://m.example/products/x",
}

GUARANTEE = {
    "no": "DB-20261124-abc123",
    "amount": both("300 万元", "CNY 3.00 million"),
    "state": both("不通过", "declined"),
    "guarantor": "Harbour Guarantee",
    "reason": NASTY,
    "link": "https://m.example/guarantees/x",
}

REVOKED = {
    "rating": "PJ-20261124-abc123",
    "why": both("主管部门撤销", "revoked by the bureau"),
    "reason": NASTY,
    "link": "https://m.example/endorsements/x",
}

ANSWERED = {
    "rating": "PJ-20261124-abc123",
    "outcome": both("已采纳", "adopted"),
    "answer": NASTY,
    "new_rating": "PJ-20261125-abc124",
    "grade": both("B 级", "B"),
    "link": "https://m.example/ratings/mine",
}

DUE = {
    "what": both("评级申诉", "Appeal against rating"),
    "no": "PJ-20261124-abc123",
    "made_on": "2026-11-16",
    "due_on": "2026-11-25",
    "link": "https://m.example/ratings/appeals/x",
}

SECTIONS: dict[str, dict[str, list[Any]]] = {
    "enterprise_digest": {"fit": [fit(n) for n in range(7)], "near": [NEAR], "policy": [POLICY] * 4},
    "bank_digest": {"lead": [LEAD] * 4, "policy": [POLICY]},
    "bureau_digest": {"weekly": [WEEK]},
    "stale_notice": {"stale": [STALE] * 4},
    "consent_notice": {"consent": [CONSENT] * 4},
    "consent_withdrawn": {"withdrawn": [{"reference": CONSENT["reference"], "product": CONSENT["product"]}] * 4},
    "need_taken": {"taken": [TAKEN]},
    "entry_returned": {"returned": [RETURNED]},
    "guarantee_notice": {"guarantee": [GUARANTEE]},
    "certificate_revoked": {"certificate": [REVOKED]},
    "appeal_answered": {"appeal": [ANSWERED, {**ANSWERED, "new_rating": "", "grade": None}]},
    "answers_due": {"due": [DUE, {**DUE, "no": ""}]},
}


def write(kind: str, lang: Lang, sections: dict[str, list[Any]] | None = None, **settings: Any) -> tuple[str, str, str]:
    return write_digest(
        Digest(
            kind=kind,
            lang=lang,
            name="张经理" if lang == "zh" else "Manager Zhang",
            sections=SECTIONS[kind] if sections is None else sections,
            on=date(2026, 11, 24),
            at=datetime(2026, 11, 24, 8, 30, tzinfo=SHANGHAI),
            counts={"open": 6, "due_today": 1, "late": 0} if kind == "bank_digest" else {},
            settings=Settings(**settings),
        )
    )


class Words(HTMLParser):
    """The words of a page, and the tags that carry something to run or a form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", list(SUBJECTS))
def test_each_digest_is_complete_in_both_languages(kind: str, lang: Lang) -> None:
    subject, text, html = write(kind, lang)
    assert 0 < len(subject) <= LONGEST
    shown = f"{subject}\n{text}\n{''.join(Words(html).words)}"
    assert not blames(shown, shown)
    assert "None" not in shown
    assert "\n\n\n" not in text
    if lang == "en":
        data = ("海发银行", "专精特新信用贷", "技改贴息", "城商行", "抵押贷", "流贷", "办法")
        rest = re.sub("|".join(data), "", shown)
        assert re.findall(r"[\u4e00-\u9fff]+", rest) == []


def test_the_enterprise_s_digest_follows_the_sample() -> None:
    subject, text, _ = write("enterprise_digest", "zh")
    assert subject == "【融资撮合】有 7 个产品符合贵企业需求，年化综合成本 3.96% 起"
    for line in (
        "您 11-18（周三）提交的需求 XQ-20261118-0012（流动资金 800 万元 / 12 个月）有新进展。",
        "一、新匹配 7 个（另有 4 个可在平台查看）",
        " 1. 海发银行 · 专精特新信用贷0  符合（16 项全部满足）",
        "    12 个月总成本估算：31.60 万元，年化 3.96%（贴息后 23.60 万元，2.96%）",
        "      利息 27.60 万元 + 费用 4.00 万元；另有贴息政策预计 8.00 万元（技改贴息）",
        "二、差一点 1 个",
        "    增加担保：保证，即符合",
        "三、您可享的政策 4 项（另有 1 项可在平台查看）",
    ):  # fmt: skip
        assert line in text
    assert text.count("海发银行 ·") == 3
    assert "契合不等于获批" in text
    assert "估算不构成贷款承诺" in text


def test_subjects_fall_back_to_what_there_is() -> None:
    assert write("enterprise_digest", "zh", {"near": [NEAR]})[0] == "【融资撮合】1 个产品差一点就符合，可补上"
    assert (
        write("enterprise_digest", "zh", {"policy": [{**POLICY, "sure": False}]})[0]
        == "【融资撮合】贵企业可能享受 1 项政策"
    )
    assert write("enterprise_digest", "zh", {"policy": [POLICY]})[0] == "【融资撮合】贵企业可享 1 项政策"
    assert write("enterprise_digest", "zh", {"fit": [fit(1, cost=None)]})[0] == "【融资撮合】有 1 个产品符合贵企业需求"
    assert write("bank_digest", "zh")[0] == "【融资撮合】4 个新需求适合贵行产品，另有 1 个今天到期"
    assert write("bank_digest", "zh", {"policy": [POLICY]})[0] == "【融资撮合】1 项政策与贵行产品有关"
    assert write("bureau_digest", "zh")[0] == "【融资撮合】第 47 周：新增需求 7 笔 2.36 亿元"


def test_english_counts_have_their_number() -> None:
    one = {"n": 1, "needs_open": 1, "policies": 1, "products": 1, "new_needs": 1, "messages_sent": 1}
    figures = {**WEEK["figures"], **one, "calendar_days_left": 1}
    need = {**NEED, "months": 1}
    cost = {**COST, "months": 1}
    said = "\n".join(
        part
        for kind, sections in (
            ("enterprise_digest", {"fit": [fit(1, need=need, cost=cost)], "near": [NEAR], "policy": [POLICY]}),
            ("enterprise_digest", {"near": [NEAR]}),
            ("enterprise_digest", {"policy": [{**POLICY, "sure": False}]}),
            ("bank_digest", {"lead": [LEAD], "policy": [POLICY]}),
            ("bureau_digest", {"weekly": [{**WEEK, "figures": figures, "gaps": [{**WEEK["gaps"][0], "needs": 1}]}]}),
            ("stale_notice", {"stale": [STALE]}),
        )
        for part in write(kind, "en", sections)
    )
    assert re.findall(r".*\(e?s\).*", said) == []
    many = r"months|days|needs|policies|products|loans|matches|misses|messages|entries|workdays|benefits"
    assert re.findall(rf"(?<![\d.,])1 (?:new |open |near |policy )?(?:{many})\b", said) == []
    for phrase in ("1 loan fits, from 3.96% a year all-in", "1 loan nearly fits", "1 policy may benefit", "1 new need",
                   "1 near miss", "over 1 month,", "1 day left", "This entry stops"):  # fmt: skip
        assert phrase in said


def test_english_has_no_chinese_punctuation() -> None:
    for kind in SUBJECTS:
        words = "".join("".join(Words(part).words) for part in write(kind, "en"))
        assert re.findall(r"[\u3000-\u303f\uff00-\uffef]", words) == []


def test_the_lines_of_a_cost_add_up_as_they_are_read() -> None:
    """2.7355 − 0.5043 = 2.2312 is 2.74 − 0.50 = 2.23 when each is rounded by itself."""
    subsidy = {"title": "贴息", "fen": 504_300, "total_fen": 2_236_250, "pct": "2.65"}
    cost = {**COST, "total_fen": 2_740_550, "interest_fen": 2_735_500, "fees_fen": 5_050, "subsidy": subsidy}
    for lang in LANGS:
        text = write("enterprise_digest", lang, {"fit": [fit(1, cost=cost)]})[1]
        lines = [line for line in text.splitlines() if "2.65%" in line or "(贴息)" in line or "（贴息）" in line]
        total, after, interest, fees, back = (
            float(number.replace(",", ""))
            for number in re.findall(r"[\d,]+\.\d\d(?= 万元)|(?<=CNY )[\d,]+\.\d\d", "".join(lines))
        )
        assert round(interest + fees - total, 2) == round(total - back - after, 2) == 0


def test_a_deadline_says_its_weekday_and_the_workdays_left() -> None:
    for due, zh, en in (
        ("2026-11-27", "11-27（周五，剩 3 个工作日）", "11-27 (Fri, 3 workdays left)"),
        ("2026-11-25", "11-25（周三，剩 1 个工作日）", "11-25 (Wed, 1 workday left)"),
        ("2026-11-24", "11-24（周二，今天到期）", "11-24 (Tue, today)"),
        ("2026-11-20", "11-20（周五，已超 2 个工作日）", "11-20 (Fri, 2 workdays late)"),
    ):
        for lang, said in (("zh", zh), ("en", en)):
            assert said in write("bank_digest", lang, {"lead": [{**LEAD, "due_on": due}]})[1]  # type: ignore[arg-type]


def test_a_product_that_fits_two_needs_is_one_product() -> None:
    other = fit(1, need={**NEED, "need_no": "XQ-20261118-0013"})
    assert "有 1 个产品符合" in write("enterprise_digest", "zh", {"fit": [fit(1), other]})[0]


def test_links_only_where_the_pages_are_served() -> None:
    (link,) = set(LINK.findall("".join(write("enterprise_digest", "zh"))))
    assert link.endswith("/account/notices")
    _, text, html = write("enterprise_digest", "zh", demo=True, public_url="https://city.example/")
    assert "https://city.example/matches/XQ-20261118-0012/P0" in text
    assert 'href="https://city.example/matches/XQ-20261118-0012/P0"' in html
    shown = set(LINK.findall("".join(write("bank_digest", "zh", demo=True))))
    assert {link.rpartition("5000")[2] for link in shown} == {"/account/notices"}, "those pages show names"


LINK = re.compile(r"http[\w.:/-]+")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", list(AUDIENCE_OF))
def test_every_digest_ends_with_the_way_to_change_how_often_it_comes(kind: str, lang: Lang) -> None:
    _, text, html = write(kind, lang, public_url="https://city.example/")
    assert text.splitlines()[-1].endswith("https://city.example/account/notices")
    assert html.count('href="https://city.example/account/notices"') == 1


def test_every_kind_of_message_is_a_digest_or_never_muted() -> None:
    """A new kind is put into the one or the other; and into the inbox, whose list says what must not stand there."""
    unmuted = [kind for one in NEVER_MUTED for kind in one.kinds]
    assert sorted([*AUDIENCE_OF, *unmuted]) == sorted(composers(Settings())) == sorted(INBOX_KINDS)


@pytest.mark.parametrize("kind", ["enterprise_digest", "bank_digest"])
def test_names_are_text_and_never_markup(kind: str) -> None:
    item = fit(1, product={"code": "P1", "name": NASTY, "bank": NASTY})
    lead = {**LEAD, "product": {"code": "P1", "name": NASTY}}
    sections = {"enterprise_digest": {"fit": [item]}, "bank_digest": {"lead": [lead]}}[kind]
    plain = Words(write(kind, "zh")[2]).tags
    _, text, html = write(kind, "zh", sections)
    assert NASTY in text
    assert set(Words(html).tags) <= set(plain)
    assert "{{7*7}}" in html


def test_an_item_that_lacks_what_the_template_shows_is_a_compose_error() -> None:
    with pytest.raises(ComposeError, match="enterprise_digest"):
        write("enterprise_digest", "zh", {"fit": [{"need": NEED}]})


def test_change_needs_something_before() -> None:
    assert change(112, 100) == "+12.0%"
    assert change(88, 100) == "−12.0%"
    assert change(5, 0) is None


def test_the_version_of_an_item_is_what_is_read() -> None:
    one = Item("k", "fit", {"a": 1, "b": [2]}, {"score": 88})
    assert one.version == Item("k", "fit", {"b": [2], "a": 1}, {"score": 99}).version
    assert one.version != Item("k", "fit", {"a": 1, "b": [3]}).version


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_figure_of_the_table_stands_in_the_weekly_mail_with_its_value_and_definition(lang: Lang) -> None:
    numbers = {figure.key: 1_000_000 + 100 * place for place, figure in enumerate(FIGURES)}
    _, text, html = write("bureau_digest", lang, {"weekly": [{**WEEK, "figures": numbers}]})
    shown = " ".join(" ".join(Words(html).words).split())
    for figure in FIGURES:
        told = f"{figure.label.say(lang)} {figure.say(numbers[figure.key], lang)}"
        line = f"{told}{'：' if lang == 'zh' else ': '}{figure.definition.say(lang)}"
        assert f" · {line}\n" in text
        assert line in shown


def test_a_value_is_said_in_its_unit() -> None:
    by_key = {figure.key: figure for figure in FIGURES}
    assert [by_key["new_needs"].say(n, "en") for n in (1, 2, None)] == ["1 need", "2 needs", "--"]
    assert by_key["new_needs"].say(2, "zh") == "2 笔"
    assert by_key["new_amount_fen"].say(600_000_000, "zh") == "600 万元"
