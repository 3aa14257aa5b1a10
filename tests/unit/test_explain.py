"""The explanation: sixteen rows, sentences that say what is so, in both languages and for both audiences."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.rate import LprQuote, LprTable, Rate
from matchmaker.domain.terms import (
    BenefitBase,
    CreditKind,
    Instrument,
    ProductType,
    Purpose,
    Repayment,
    Security,
    Severity,
    SizeClass,
    TaxGrade,
    Tier,
    Verdict,
)
from matchmaker.domain.text import LANGS, Lang, Text
from matchmaker.domain.tiers import TierHeld
from matchmaker.scoring import explain, repair_texts, sentences, wording
from matchmaker.scoring.criteria import KEYS
from matchmaker.scoring.explain import applicable_policies, explain_pair, explain_policy, summary
from matchmaker.scoring.facts import Asks, Enterprise, Need, Policy, Product, Record, Reference, SizeRule
from matchmaker.scoring.moves import Move, Repair
from matchmaker.scoring.prepared import in_market, prepare_need, prepare_product
from matchmaker.scoring.records import counts_on, counts_until
from matchmaker.scoring.repair_texts import repair_text
from matchmaker.scoring.verdict import Judgement, judge, judge_policy
from matchmaker.scoring.wording import Words
from tests.contract.conformance_lists import LISTS, needs, products, reference, rows
from tests.support.wording import blames

ON = date(2026, 11, 30)
WAN = 1_000_000

REFERENCE = Reference(
    lpr=LprTable((LprQuote(date(2026, 1, 1), 3_000_000, 3_500_000),)),
    size_rules=(
        SizeRule(
            "1", "工业", ("C",), ("employees", "revenue"), (1000, 40000 * WAN), (300, 2000 * WAN), (20, 300 * WAN)
        ),
        SizeRule("2", "其他", ("others",), ("employees",), (300,), (100,), (10,)),
    ),
    sections={"35": "C"},
    names={
        ("chain", "TACKLE"): Text("钓具", "Fishing tackle"),
        ("chain", "RV"): Text("房车", "Recreational vehicles"),
        ("industry", "35"): Text("专用设备制造业", "special equipment"),
        ("industry", "3596"): Text("商业设备制造", "commercial equipment"),
        ("area", "371002"): Text("环翠区", "Huancui"),
    },
)
PENALTY = Record("信用中国", "1", CreditKind.ADMIN_PENALTY, Severity.GENERAL, decided_on=date(2026, 5, 5))
COMPANY = Enterprise(
    uscc="91371000000000000X",
    area_code="371002",
    industry_code="3596",
    chain_code="TACKLE",
    founded_on=date(2024, 2, 20),
    employees=50,
    revenue_fen=3000 * WAN,
    tiers=(TierHeld(Tier.HNTE),),
    tax_grade=TaxGrade.B,
    is_first_loan=False,
)
NEED = Need(
    need_no="XQ-1",
    enterprise=COMPANY,
    amount_fen=800 * WAN,
    term_months=12,
    purpose=Purpose.WORKING_CAPITAL,
    max_rate=Rate(pct_e6=3_500_000),
    security_offered=(Security.MORTGAGE,),
)


def product(**asks: Any) -> Product:
    return Product("P1", "B001", "钓具贷", ProductType.WORKING_CAPITAL_LOAN, asks=Asks(**asks))


def need(**changes: Any) -> Need:
    own = {name: value for name, value in changes.items() if name in Need.__dataclass_fields__}
    company = {name: value for name, value in changes.items() if name not in own}
    return replace(NEED, **own, enterprise=replace(COMPANY, **company))


def told(key: str, asking: Need = NEED, lang: Lang = "zh", **asks: Any) -> str:
    text: str = row(key, asking, lang, **asks)["text"]
    return text


def row(key: str, asking: Need = NEED, lang: Lang = "zh", **asks: Any) -> dict[str, Any]:
    explained = explain_pair(asking, product(**asks), ON, REFERENCE, lang=lang)
    (found,) = [row for row in explained["criteria"] if row["key"] == key]
    return dict(found)


def every_text() -> Iterator[Text]:
    """Every phrase of the modules that make sentences."""
    for module in (explain, repair_texts, sentences, wording):
        for value in vars(module).values():
            yield from texts_in(value)


def texts_in(value: object) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, sentences.Says):
        yield from (value.passes, value.fails, value.unknown)
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts_in(part)


# Every pair of the conformance lists


def test_every_conformance_pair_is_explained_as_the_reference_judges() -> None:
    """Chinese and English by turns; no place left open, nothing banned, nothing unknown that fails, exact sums."""
    tables = reference()
    expected = {(r["need_no"], r["product_code"]): r for r in rows(LISTS / "expected.csv")}
    offered = [p for p in products() if in_market(p, ON)]
    count = 0
    for asking in needs():
        for asked in offered:
            count += 1
            lang = LANGS[count % 2]
            explained = explain_pair(asking, asked, ON, tables, lang=lang, credit_sources=("信用中国",))
            wanted = expected[asking.need_no, asked.product_code]
            assert explained["verdict"] == wanted["verdict"]
            assert ";".join(keys_of(explained, "fail")) == wanted["failed"]
            assert ";".join(keys_of(explained, "unknown")) == wanted["unknown"]
            check(explained, lang)
    assert count == 10_920


def keys_of(explained: dict[str, Any], result: str) -> list[str]:
    return [row["key"] for row in explained["criteria"] if row["result"] == result]


def check(explained: dict[str, Any], lang: Lang) -> None:
    assert [row["key"] for row in explained["criteria"]] == list(KEYS)
    eligible = explained["verdict"] == "eligible"
    assert (explained["score"] is not None) == eligible
    points = sum(Decimal(str(part["points"])) for part in explained["components"])
    assert points == Decimal(str(explained["score"] or 0))
    told = [row["text"] for row in explained["criteria"]] + [repair["text"] for repair in explained["repairs"]]
    told += [part["text"] for part in explained["components"]]
    everything = " ".join(told)
    assert "{" not in everything
    assert "None" not in everything
    assert not blames(everything, everything if lang == "en" else "")
    for row in explained["criteria"]:
        if row["result"] == "unknown":
            assert row["gap"] is None
            assert not any(
                word in row["text"] for word in ("不符合", "不满足", "只面向", "fail", "not met", "does not")
            )


def test_the_same_pair_gets_the_same_text_again() -> None:
    asking, asked = needs()[3], products()[4]
    documents = [explain_pair(asking, asked, ON, reference(), lang="zh") for _ in range(2)]
    assert json.dumps(documents[0], ensure_ascii=False) == json.dumps(documents[1], ensure_ascii=False)


# Wording as a whole


def test_no_phrase_has_a_banned_word_and_all_address_the_reader_alike() -> None:
    texts = list(every_text())
    assert len(texts) > 100
    for text in texts:
        assert not blames(text.zh, text.en)
        assert not text.zh.startswith("请")
        assert text.en.isascii()


def test_both_languages_have_the_same_places() -> None:
    for text in every_text():
        zh, en = ({part.split("}")[0] for part in said.split("{")[1:]} for said in (text.zh, text.en))
        assert zh - {"it"} == en - {"it"}, text


# The contract's example and the patterns of the specification


def test_the_contracts_example_row() -> None:
    assert row("age", min_age_months=36) == {
        "key": "age",
        "label": "成立时间",
        "result": "fail",
        "required": {"value": 36, "unit": "month", "text": "满 36 个月"},
        "actual": {"value": 33, "unit": "month", "text": "33 个月"},
        "gap": {"value": 3, "unit": "month", "text": "差 3 个月"},
        "repairable": True,
        "text": "产品要求满 36 个月，您已 33 个月，2027-02-20 起符合",
    }


def test_keys_stand_in_the_order_of_the_contract() -> None:
    explained = explain_pair(
        NEED, product(), ON, REFERENCE, lang="zh", versions={"need": 1, "product": 2, "enterprise": 1}
    )
    order = "need_no product_code on verdict score components criteria repairs cost plan versions"
    assert list(explained) == order.split()
    assert list(explained["versions"]) == ["need", "product", "enterprise", "rules", "ranker", "text_weights"]
    assert explained["plan"] is None
    assert list(explained["cost"]) == ["at_lowest", "at_highest"]


SENTENCES: list[tuple[str, Need, dict[str, Any], str]] = [
    ("chain", NEED, {"chains": ("TACKLE", "RV")}, "产品面向产业链：房车、钓具，您属于钓具"),
    ("chain", NEED, {"chains": ("RV",)}, "产品面向产业链：房车，您的产业链：钓具"),
    ("chain", need(chain_code=None), {"chains": ("RV",)}, "产品面向产业链：房车，您的产业链：未加入产业链"),
    ("industry", NEED, {"industries": ("35",)}, "产品面向行业：专用设备制造业，您的行业是商业设备制造"),
    ("industry", need(industry_code=None), {"industries": ("35",)},
     "产品面向行业：专用设备制造业；补充行业代码后即可判断"),
    ("industry", need(industry_code="35"), {"industries": ("3596",)},
     "产品面向行业：商业设备制造；您登记的专用设备制造业还不够细，补全行业代码后即可判断"),
    ("area", NEED, {"areas": ("370200",)}, "产品面向区域：370200，您在环翠区"),
    ("area", need(area_code=None), {"areas": ("371002",)}, "产品面向区域：环翠区；补充所在区域后即可判断"),
    ("tier", NEED, {"tiers_any": (Tier.HNTE,)}, "产品要求持有其中之一：高新技术企业，您持有：高新技术企业"),
    ("tier", need(tiers=()), {"tiers_any": (Tier.HNTE,)}, "产品要求持有其中之一：高新技术企业，您目前持有：无"),
    ("tier", need(tiers=(TierHeld(Tier.HNTE, date(2026, 11, 29)),)), {"tiers_any": (Tier.HNTE,)},
     "产品要求持有其中之一：高新技术企业，您目前持有：无（高新技术企业已于 2026-11-29 到期）"),
    ("size", NEED, {"size_classes": (SizeClass.SMALL,)}, "产品面向小型企业，您是小型企业"),
    ("size", need(employees=None, revenue_fen=None), {"size_classes": (SizeClass.SMALL,)},
     "产品面向小型企业；补充从业人数、营业收入后即可判断"),
    ("size", need(industry_code=None, employees=None), {"size_classes": (SizeClass.SMALL,)},
     "产品面向小型企业；补充行业代码后即可判断"),
    ("age", NEED, {"min_age_months": 12}, "产品要求满 12 个月，您已 33 个月"),
    ("age", NEED, {"min_age_months": 60}, "产品要求满 60 个月，您已 33 个月，差 27 个月"),
    ("age", need(founded_on=ON + timedelta(days=1)), {"min_age_months": 60},
     "产品要求满 60 个月，您已 0 个月，差 61 个月"),
    ("age", need(founded_on=None), {"min_age_months": 12}, "产品要求满 12 个月；补充成立日期后即可判断"),
    ("revenue_min", NEED, {"revenue_min_fen": 5000 * WAN},
     "产品要求营业收入不低于 5,000 万元，您为 3,000 万元，差 2,000 万元"),
    ("revenue_max", NEED, {"revenue_max_fen": 3000 * WAN - 1},
     "产品要求营业收入不高于 29,999,999.99 元，您为 30,000,000.00 元，高出 0.01 元"),
    ("tax_grade", NEED, {"tax_grades": (TaxGrade.B, TaxGrade.A)}, "产品要求 B级及以上，您为 B级"),
    ("tax_grade", need(tax_grade=None), {"tax_grades": (TaxGrade.A, TaxGrade.M)},
     "产品要求 A级、M级；补充纳税信用等级后即可判断"),
    ("first_loan", NEED, {"first_loan_only": True}, "产品仅限首贷户，您已有过贷款，不是首贷户"),
    ("first_loan", need(is_first_loan=True), {"first_loan_only": True}, "产品仅限首贷户，您是首贷户"),
    ("first_loan", need(is_first_loan=None), {"first_loan_only": True}, "产品仅限首贷户；补充是否首贷户后即可判断"),
    ("amount", NEED, {"amount_max_fen": 1000 * WAN}, "您需要 800 万元，产品最高 1,000 万元"),
    ("amount", NEED, {"amount_min_fen": 1000 * WAN},
     "您需要 800 万元，产品最低 1,000 万元，低于下限 200 万元，改为 1,000 万元后这一项符合"),
    ("amount", NEED, {"amount_min_fen": 10 * WAN, "amount_max_fen": 500 * WAN},
     "您需要 800 万元，产品最低 10 万元、最高 500 万元，高出上限 300 万元，改为 500 万元后这一项符合"),
    ("term", NEED, {"term_min_months": 6, "term_max_months": 36}, "您需要 12 个月，产品最短 6 个月、最长 36 个月"),
    ("term", NEED, {"term_min_months": 24},
     "您需要 12 个月，产品最短 24 个月，短于下限 12 个月，改为 24 个月后这一项符合"),
    ("rate", NEED, {"rate_min": Rate(pct_e6=3_450_000)}, "产品年利率最低 3.45%，您接受最高 3.5%"),
    ("rate", NEED, {"rate_min": Rate(pct_e6=3_850_000)},
     "产品年利率最低 3.85%，您接受最高 3.5%，高出 0.35 个百分点，接受 3.85% 后这一项符合"),
    ("rate", NEED, {}, "产品没有写明最低年利率"),
    ("rate", need(max_rate=None), {}, "您没有设定年利率上限"),
    ("rate", need(max_rate=None), {"rate_min": Rate(pct_e6=3_000_000)},
     "您没有设定年利率上限，产品年利率最低 3%"),
    ("security", NEED, {"security": (Security.CREDIT,)}, "产品可用信用方式，不需要另加担保"),
    ("security", NEED, {"security": (Security.PLEDGE,)}, "产品接受：质押，您可提供：抵押；增加其中一种后这一项符合"),
    ("security", need(security_offered=()), {"security": (Security.PLEDGE,)},
     "产品接受：质押；补充可提供的担保方式后即可判断"),
    ("purpose", NEED, {"purposes": (Purpose.RND,)}, "产品用于：研发，您用于流动资金"),
    ("purpose", NEED, {}, "产品对此没有要求"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "asking", "asks", "sentence"), SENTENCES)
def test_sentences(key: str, asking: Need, asks: dict[str, Any], sentence: str) -> None:
    assert told(key, asking, **asks) == sentence


def test_english_sentences() -> None:
    assert told("age", lang="en", min_age_months=36) == (
        "The product asks for 36 months since founding; you have 33 months; it fits from 2027-02-20"
    )
    assert row("age", need(founded_on=date(2026, 10, 30)), "en", min_age_months=1)["required"]["text"] == (
        "1 month since founding"
    )
    assert told("revenue_max", lang="en", revenue_max_fen=3000 * WAN - 1) == (
        "The product asks for revenue of at most CNY 29,999,999.99; yours is CNY 30,000,000.00, CNY 0.01 above"
    )


def test_an_industry_whose_name_is_not_clear_by_itself_is_told_with_its_code() -> None:
    """A name that reads like an enumeration, and one that an industry shares with the one above it."""
    names = {
        ("industry", "70"): "房地产业",
        ("industry", "701"): "房地产开发经营",
        ("industry", "7010"): "房地产开发经营",
        ("industry", "37"): "铁路、船舶和其他运输设备制造业",
    }
    words = Words("zh", {key: Text(name, name) for key, name in names.items()})
    assert words.codes(("70", "701", "7010", "37", "99"), "industry") == (
        "房地产业、房地产开发经营(701)、房地产开发经营(7010)、铁路、船舶和其他运输设备制造业(37)、99"
    )
    assert words.codes(("37",), "industry_code") == "铁路、船舶和其他运输设备制造业(37)"


def test_a_rate_that_cannot_be_compared_says_so() -> None:
    unloaded = replace(REFERENCE, lpr=LprTable(()))
    asked = product(rate_min=Rate(spread_bp=Decimal(10)))
    (found,) = [row for row in explain_pair(NEED, asked, ON, unloaded, lang="zh")["criteria"] if row["key"] == "rate"]
    assert (found["result"], found["required"]["value"]) == ("unknown", None)
    assert "LPR" in found["text"]
    floating = replace(NEED, max_rate=Rate(spread_bp=Decimal(10)))
    assert row("rate", floating)["actual"]["value"] == "3.1"
    explained = explain_pair(floating, asked, ON, unloaded, lang="zh")["criteria"]
    assert [row["actual"]["text"] for row in explained if row["key"] == "rate"] == ["未知"]


def test_values_are_exact_and_carry_their_unit() -> None:
    amount = row("amount", amount_min_fen=10 * WAN, amount_max_fen=500 * WAN)
    assert amount["required"]["value"] == {"min": "100000.00", "max": "5000000.00"}
    assert (amount["actual"]["value"], amount["gap"]["value"], amount["gap"]["unit"]) == (
        "8000000.00",
        "3000000.00",
        "yuan",
    )
    rate = row("rate", rate_min=Rate(pct_e6=3_850_000))
    assert (rate["gap"]["value"], rate["gap"]["unit"]) == ("0.35", "percent")
    assert row("area", areas=("370000",))["required"]["value"] == ["370000"]
    free = row("tax_grade")
    assert free["required"] == {"value": None, "unit": "code", "text": "不限"}
    assert free["actual"]["value"] == ["B"]
    assert row("first_loan", first_loan_only=True)["required"] == {"value": True, "unit": "yes", "text": "仅限首贷户"}


# Credit records


def clean_record(*records: Record, sources: tuple[str, ...] = ("信用中国",), lang: Lang = "zh") -> dict[str, Any]:
    asking = need(records=records)
    explained = explain_pair(asking, product(excludes_dishonest=True), ON, REFERENCE, lang=lang, credit_sources=sources)
    return dict(next(row for row in explained["criteria"] if row["key"] == "clean_record"))


def test_a_clean_record_says_what_has_been_looked_at() -> None:
    assert clean_record()["text"] == "产品要求无失信记录，没有计入的记录；平台已载入的信用来源：信用中国"
    assert clean_record(sources=())["text"] == "产品要求无失信记录，没有计入的记录；平台尚未载入任何信用来源"


def test_records_that_count_are_listed_disputed_ones_too() -> None:
    listed = Record("市场监管局", "2", CreditKind.ABNORMAL_OPERATION, Severity.NONE, decided_on=ON, disputed=True)
    found = clean_record(PENALTY, listed)
    assert found["actual"]["text"] == (
        "计入 2 条：信用中国的行政处罚，至 2027-05-05、市场监管局的经营异常名录，移出前一直计入（有异议，处理中）"
    )
    assert found["result"] == "fail"
    assert not found["repairable"]
    assert "disputed" in clean_record(PENALTY, listed, lang="en")["text"]


@given(
    st.builds(
        Record,
        source=st.just("信用中国"),
        record_no=st.just("1"),
        kind=st.sampled_from(CreditKind),
        severity=st.sampled_from(Severity),
        occurred_on=st.none() | st.dates(date(2020, 1, 1), date(2022, 1, 1)),
        decided_on=st.dates(date(2022, 1, 1), date(2026, 1, 1)),
        ended_on=st.none() | st.dates(date(2022, 1, 1), date(2028, 1, 1)),
        publish_until=st.none() | st.dates(date(2022, 1, 1), date(2030, 1, 1)),
        repaired_on=st.none() | st.dates(date(2022, 1, 1), date(2030, 1, 1)),
    ),
    st.dates(date(2022, 1, 1), date(2028, 1, 1)),
)
def test_a_record_counts_until_the_day_that_is_told(record: Record, on: date) -> None:
    if counts_on(record, on):
        until = counts_until(record)
        if until is None:
            assert counts_on(record, date.max)
        else:
            assert counts_on(record, until - timedelta(days=1))
            assert not counts_on(record, until)


def test_a_record_at_the_end_of_the_calendar_has_no_last_day() -> None:
    late = Record("法院", "1", CreditKind.JUDGMENT_DEBTOR, Severity.NONE, decided_on=date(9999, 1, 1))
    assert counts_until(late) is None


# Repairs, cost, policies


def test_repairs_are_told_as_one_sentence() -> None:
    asked = product(amount_max_fen=500 * WAN, tax_grades=(TaxGrade.A, TaxGrade.B))
    (repair,) = explain_pair(need(tax_grade=None), asked, ON, REFERENCE, lang="zh")["repairs"]
    assert [move["kind"] for move in repair["moves"]] == ["supply_fact", "change_amount"]
    assert repair["verdict_after"] == "eligible"
    assert repair["text"] == "补充纳税信用等级（如为 B级及以上），并把融资金额改为 500 万元，即符合"


MOVES = [
    (Move("supply_fact", "revenue_fen", low=WAN), "补充营业收入（如不低于 1 万元），即符合"),
    (Move("supply_fact", "employees", high=19), "补充从业人数（如不高于 19），即符合"),
    (Move("supply_fact", "employees", low=20, high=1999), "补充从业人数（如不低于 20、不高于 1,999），即符合"),
    (Move("supply_fact", "employees"), "补充从业人数，即符合"),
    (Move("supply_fact", "founded_on", high=date(2023, 11, 30)), "补充成立日期（如不晚于 2023-11-30），即符合"),
    (Move("supply_fact", "is_first_loan"), "确认首贷户身份（如是首贷户），即符合"),
    (Move("supply_fact", "area_code", any_of=("371002",)), "补充所在区域（如属于：环翠区），即符合"),
    (Move("supply_fact", "industry_code", any_of=("35", "3596")),
     "补充行业代码（如属于其中之一：专用设备制造业、商业设备制造），即符合"),
    (Move("supply_fact", "industry_code", any_of=(SizeClass.MICRO,)), "补充行业代码（如据此划型为微型），即符合"),
    (Move("change_amount", "amount_fen", 800 * WAN + 1, 800 * WAN), "把融资金额改为 800 万元，即符合"),
    (Move("change_term", "term_months", 12, 24), "把融资期限改为 24 个月，即符合"),
    (Move("accept_rate", "max_rate", None, Rate(pct_e6=3_850_000)), "接受 3.85% 的年利率，即符合"),
    (Move("add_security", "security_offered", any_of=(Security.PLEDGE,)), "增加担保：质押，即符合"),
    (Move("add_security", "security_offered", any_of=(Security.MORTGAGE, Security.PLEDGE)),
     "增加担保：抵押、质押（任一种），即符合"),
    (Move("change_amount", "amount_fen", 800 * WAN, 500 * WAN, any_of=(Security.GUARANTEE,)),
     "把融资金额改为 500 万元（政府性担保的上限），即符合"),
    (Move("public_guarantee", "security_offered", any_of=(Grade.A, Grade.B, Grade.C)),
     "先取得信用评级（评为 A 级、B 级或 C 级即可），再申请政府性担保，即符合"),
    (Move("wait_until", "founded_on", on=date(2027, 2, 20)), "等到 2027-02-20，即符合"),
]  # fmt: skip


@pytest.mark.parametrize(("move", "sentence"), MOVES)
def test_every_move_has_its_phrase(move: Move, sentence: str) -> None:
    assert repair_text(Repair((move,)), Words("zh", REFERENCE.names)) == sentence
    english = repair_text(Repair((move,)), Words("en", REFERENCE.names))
    assert english.endswith(": then it fits")
    assert english[0].isupper()


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (5005 * WAN // 10, "500.50 万元", "CNY 5,005,000.00"),
        (100 * WAN - 1, "999,999.99 元", "CNY 999,999.99"),
        (12345 * WAN + 67 * WAN // 100, "123,456,700.00 元", "CNY 123,456,700.00"),
        (12000 * WAN, "1.20 亿元", "CNY 120.00 million"),
        (120000 * WAN, "12.00 亿元", "CNY 1.20 billion"),
        (WAN - 5000, "9,950.00 元", "CNY 9,950.00"),
        (WAN - 4999, "9,950.01 元", "CNY 9,950.01"),
    ],
)
def test_an_amount_that_a_verdict_depends_on_is_never_rounded(fen: int, zh: str, en: str) -> None:
    repair = Repair((Move("change_amount", "amount_fen", 9 * fen, fen),))
    assert repair_text(repair, Words("zh")) == f"把融资金额改为 {zh}，即符合"
    assert repair_text(repair, Words("en")) == f"Change the amount to {en}: then it fits"
    assert row("amount", lang="en", amount_max_fen=fen)["required"]["text"] == f"up to {en}"


SUBSIDY = Policy(
    "POL-1",
    "贷款贴息",
    Instrument.INTEREST_SUBSIDY,
    asks=Asks(chains=("TACKLE",), purposes=(Purpose.WORKING_CAPITAL,)),
    benefit_rate_pct_e6=1_000_000,
    benefit_base=BenefitBase.PRINCIPAL,
    benefit_months=12,
)


def test_cost_counts_the_subsidy_of_a_policy_that_applies_and_no_other() -> None:
    asked = replace(
        product(rate_min=Rate(pct_e6=3_450_000)),
        rate_max=Rate(pct_e6=4_000_000),
        fee_pct_e6=0,
        repayment=(Repayment.INTEREST_ONLY,),
    )
    foreign = replace(SUBSIDY, policy_no="POL-0", asks=Asks(chains=("RV",)), benefit_rate_pct_e6=2_000_000)
    ended = replace(SUBSIDY, policy_no="POL-2", valid_to=date(2026, 11, 29), benefit_rate_pct_e6=2_000_000)
    policies = [foreign, ended, SUBSIDY]
    assert applicable_policies(NEED, policies, ON, REFERENCE) == (SUBSIDY,)
    cost = explain_pair(NEED, asked, ON, REFERENCE, policies=policies, lang="zh")["cost"]
    assert (cost["at_lowest"]["interest"], cost["at_lowest"]["subsidy"]) == ("276000.00", "80000.00")
    assert cost["at_lowest"]["policy"] == {"policy_no": "POL-1", "title": "贷款贴息"}
    assert cost["at_highest"]["rate_pct"] == "4"


def test_a_policy_is_explained_by_the_same_rows() -> None:
    explained = explain_policy(COMPANY, NEED, SUBSIDY, ON, REFERENCE, lang="zh", credit_sources=("信用中国",))
    assert (explained["verdict"], explained["summary"]) == ("eligible", "16 项全部满足")
    assert [row["key"] for row in explained["criteria"]] == list(KEYS)
    assert explained["criteria"][0]["text"] == "政策面向产业链：钓具，您属于钓具"
    alone = explain_policy(COMPANY, None, SUBSIDY, ON, REFERENCE, lang="zh")
    assert (alone["need_no"], alone["summary"]) == (None, "待补充 1 项：资金用途")
    assert alone["criteria"][-1]["text"] == "政策用于：流动资金；补充资金用途后即可判断"
    guaranteed = replace(SUBSIDY, asks=Asks(security=(Security.PLEDGE,)))
    assert explain_policy(COMPANY, None, guaranteed, ON, REFERENCE, lang="en")["verdict"] == "needs_information"


def judgement(asking: Need, **asks: Any) -> Judgement:
    return judge(prepare_need(asking, ON, REFERENCE), prepare_product(product(**asks), ON, REFERENCE))


def test_the_top_line_is_counted_from_the_rows() -> None:
    assert summary(judgement(NEED), "zh") == "16 项全部满足"
    assert summary(judgement(NEED), "en") == "all 16 criteria met"
    assert summary(judgement(NEED, min_age_months=36), "zh") == "差 1 项：成立时间"
    asks = {"min_age_months": 36, "tax_grades": (TaxGrade.A,)}
    assert summary(judgement(need(tax_grade=None), **asks), "zh") == "差 1 项：成立时间；待补充 1 项：纳税信用等级"
    assert summary(judgement(NEED, chains=("RV",)), "zh") == "1 项不符合：产业链"
    conditional = judge_policy(COMPANY, NEED, replace(SUBSIDY, conditions="属于清单"), ON, REFERENCE)
    assert conditional.verdict is Verdict.NEEDS_INFORMATION
    assert summary(conditional, "zh") == "16 项全部满足；另有其他条件待核实"


# What a bank sees


def test_a_bank_is_told_results_and_never_a_value_of_the_enterprise() -> None:
    """A pair with other facts but the same results reads the same, so nothing of the facts is in it."""
    asks = {
        "chains": ("TACKLE",),
        "min_age_months": 24,
        "revenue_min_fen": WAN,
        "tax_grades": (TaxGrade.A,),
        "excludes_dishonest": True,
        "amount_max_fen": 500 * WAN,
    }
    other = Enterprise("91371000000000001X", chain_code="TACKLE", founded_on=date(2001, 1, 1), revenue_fen=7 * WAN)
    others = replace(NEED, enterprise=other, amount_fen=555 * WAN, security_offered=(), max_rate=None)
    for lang in LANGS:
        seen = [
            explain_pair(asking, product(**asks), ON, REFERENCE, lang=lang, audience="bank")
            for asking in (need(tax_grade=None), others)
        ]
        assert seen[0] == seen[1]
        document = json.dumps(seen[0], ensure_ascii=False)
        assert "您" not in document
        assert " you" not in document.lower()
        assert COMPANY.uscc not in document
    found = {row["key"]: row["text"] for row in seen[0]["criteria"]}
    assert found["age"] == "The product asks: 24 months since founding; the enterprise meets it"
    assert found["tax_grade"] == "The product asks: grade A; not known of the enterprise"
    assert found["amount"] == "The product asks: up to CNY 5.00 million; the enterprise does not meet it now"
    assert (seen[0]["repairs"], seen[0]["cost"], seen[0]["components"]) == ([], None, [])
