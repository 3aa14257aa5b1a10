"""The sample lists: every cell readable, every reference resolved, the same rows again, and the stories true."""

import csv
import json
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import matchmaker
from matchmaker.demo.generator import SIZES, STALE_EVERY, confirmations, generate, states
from matchmaker.demo.guarantees import EARLY_DAYS, early_firms, guarantee_rows, rating_days
from matchmaker.demo.rows import Row, Rows, columns, row
from matchmaker.demo.stories import firm_code, firm_codes, stories
from matchmaker.demo.trades import TRADES
from matchmaker.domain import uscc
from matchmaker.domain.cells import Cell, Register, Registers
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.rate import LprQuote, LprTable
from matchmaker.domain.terms import EntryStatus, ProductType, Purpose, Verdict
from matchmaker.domain.text import LANGS, Text
from matchmaker.guarantee.rating.rules import DEFAULT
from matchmaker.lists.entry import fields_of, loaded
from matchmaker.lists.guarantee_registers import Scheme as SchemeEntry
from matchmaker.lists.guarantee_registers import SchemeGrade as GradeEntry
from matchmaker.lists.models import LISTS
from matchmaker.scoring.facts import Asks, Enterprise, Need, Product, Record, Reference, SizeRule
from matchmaker.scoring.prepared import in_market, prepare_need, prepare_product
from matchmaker.scoring.records import counts_on
from matchmaker.scoring.repairs import find_repairs
from matchmaker.scoring.schemes import Scheme, SchemeGrade, Standing
from matchmaker.scoring.verdict import Judgement, judge

DATA = Path(matchmaker.__file__).parent / "data"
ON = date(2026, 11, 30)
DAYS = [ON, date(2026, 11, 23), date(2028, 2, 29), date(2027, 3, 31), date(2027, 1, 1)]
KINDS = ["organisations", "enterprises", "products", "needs", "contacts", "credit-records"]

REAL_BANK_WORDS = (
    "威海市商业 荣成农村商业 威海农村商业 文登农村商业 工商 农业银行 中国银行 建设 交通 邮政 储蓄 招商 兴业 光大 浦东 "
    "浦发 中信 民生 平安 华夏 广发 浙商 渤海 恒丰 青岛 齐鲁 齐商 日照 烟台 天骄 蓝海 网商 微众 北京 上海 南京 宁波 江苏"
)
REAL_FIRM_WORDS = "光威 威高 迪尚 北洋 天润 华菱 好当家 泰祥 赤山 双轮 康派斯 环球渔具 宝飞龙 拓展纤维 黄海造船 广泰"


def read_csv(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CHAINS = {c["chain_code"]: c for c in json.loads((DATA / "chains_default.json").read_text("utf-8"))["chains"]}
INDUSTRIES = {line["code"]: line for line in read_csv("gbt4754_2017.csv")}


@pytest.fixture(scope="module")
def rows() -> Rows:
    return generate(on=ON)


@pytest.fixture(scope="module")
def judged(rows: Rows) -> dict[tuple[str, str], Judgement]:
    """Every pair of a published need and a product in the market on the demo day."""
    return judge_all(rows, ON)


def test_every_cell_is_readable_and_every_code_known(rows: Rows) -> None:
    registers = registers_of(rows)
    assert list(rows) == KINDS
    for kind in KINDS:
        for line in rows[kind]:
            assert tuple(line) == columns(kind)
            for field in fields_of(LISTS[kind]):
                if line[field.code]:
                    value = field.kind.read(Cell(line[field.code]), registers)
                    assert field.kind.read(Cell(field.write(value)), registers) == value
                else:
                    assert not field.required, (kind, field.code)


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(KeyError, match="colour"):
        row("needs", colour="red")


def test_counts_and_unique_keys(rows: Rows) -> None:
    for size, counts in SIZES.items():
        made = generate(on=ON, size=size)
        assert (len(made["enterprises"]), len(made["products"])) == (counts.enterprises, counts.products)
        assert len(made["needs"]) == counts.needs
        for kind, key in [("enterprises", "uscc"), ("enterprises", "name"), ("products", "product_code")]:
            assert len({line[key] for line in made[kind]}) == len(made[kind])
        for kind, key in [("needs", "need_no"), ("contacts", "contact_no"), ("contacts", "email")]:
            assert len({line[key] for line in made[kind]}) == len(made[kind])
        assert len({(p["bank_name"], p["name"]) for p in made["products"]}) == counts.products
        assert len({(r["source"], r["record_no"]) for r in made["credit-records"]}) == len(made["credit-records"])
    kinds = Counter(line["kind"] for line in rows["organisations"])
    assert kinds == {"BANK": 26, "BRANCH": 6, "GUARANTOR": 2, "BUREAU": 1}


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(rows: Rows) -> None:
    assert json.dumps(generate(on=ON)) == json.dumps(rows)
    assert generate(on=ON, seed=8)["enterprises"] != rows["enterprises"]
    assert generate(on=ON, seed=8)["needs"][:6] == rows["needs"][:6], "stories do not depend on the seed"
    assert states(rows, on=ON) == states(generate(on=ON), on=ON)


def test_names_are_fictional(rows: Rows) -> None:
    for line in rows["organisations"]:
        assert not [word for word in REAL_BANK_WORDS.split() if word in line["name"] + line["short_name"]]
    for line in rows["enterprises"]:
        assert not [word for word in REAL_FIRM_WORDS.split() if word in line["name"]]


def test_all_chains_and_product_types_occur(rows: Rows) -> None:
    assert {line["chain_code"] for line in rows["enterprises"]} == {*CHAINS, ""}
    assert {line["product_type"] for line in rows["products"]} == {kind.value for kind in ProductType}
    assert {line["bank_name"] for line in rows["products"]} == {
        line["short_name"] for line in rows["organisations"] if line["kind"] == "BANK"
    }


@pytest.mark.parametrize("trade", [t for t in TRADES if t.chain_code], ids=lambda t: t.chain_code)
def test_a_chains_firms_have_the_chains_own_industry_classes(trade: Any) -> None:
    codes = tuple(item["code"] for item in CHAINS[trade.chain_code]["gbt4754"])
    for industry in trade.industries:
        assert INDUSTRIES[industry]["level"] == "class"
        assert industry.startswith(codes)


def test_every_borrower_and_organisation_can_be_reached(rows: Rows) -> None:
    finance = {line["uscc"] for line in rows["contacts"] if line["role"] == "FINANCE"}
    assert finance == {line["uscc"] for line in rows["needs"]}
    roles = defaultdict(set)
    for line in rows["contacts"]:
        assert bool(line["uscc"]) != bool(line["org_code"])
        assert re.search(r"(@|\.)example(\.com)?$", line["email"])
        assert line["phone"].startswith("0631-0")
        roles[line["org_code"]].add(line["role"])
    for org in rows["organisations"]:
        wanted = {
            "BANK": "PRODUCT_MANAGER",
            "BRANCH": "ACCOUNT_MANAGER",
            "GUARANTOR": "UNDERWRITER",
            "BUREAU": "OPERATOR",
        }
        assert wanted[org["kind"]] in roles[org["org_code"]]
        assert org["kind"] != "BANK" or "ACCOUNT_MANAGER" in roles[org["org_code"]]
    assert sum("LEAD" in held for held in roles.values()) >= 10
    assert {line["language"] for line in rows["contacts"]} == {"zh", "en"}


@pytest.mark.parametrize("on", DAYS)
def test_dates_are_fresh_on_any_day(on: date) -> None:
    made = generate(on=on)
    for need in made["needs"]:
        submitted = date.fromisoformat(need["submitted_on"])
        assert on - timedelta(days=60) <= submitted <= on
        assert re.fullmatch(rf"XQ-{submitted:%Y%m%d}-\d{{4,}}", need["need_no"])
        assert not need["latest_funding_on"] or need["latest_funding_on"] >= need["submitted_on"]
    for product in made["products"]:
        assert not product["valid_to"] or product["valid_from"] <= product["valid_to"]
        assert int(product["amount_min_wan"]) < int(product["amount_max_wan"])
        assert int(product["term_min_months"] or 0) <= int(product["term_max_months"])
    today = on.isoformat()
    assert 1 <= sum(bool(p["valid_to"]) and p["valid_to"] < today for p in made["products"]) <= 12
    assert 1 <= sum(p["valid_from"] > today for p in made["products"]) <= 12
    assert sum(bool(n["latest_funding_on"]) and n["latest_funding_on"] < today for n in made["needs"]) >= 8
    for record in made["credit-records"]:
        dates = [record[key] for key in ("occurred_on", "decided_on", "ended_on") if record[key]]
        assert all(dates[0] <= later <= today for later in dates)


def test_facts_are_blank_here_and_there(rows: Rows) -> None:
    for code in ("industry_code", "founded_on", "employees", "revenue_wan", "tax_grade", "is_first_loan"):
        blank = sum(not line[code] for line in rows["enterprises"])
        assert 1 <= blank <= 45, code
    assert 4 <= sum(not line["security_offered"] for line in rows["needs"]) <= 30


def test_needs_stand_in_every_state(rows: Rows) -> None:
    status = states(rows, on=ON)
    counted = Counter(status.values())
    print({one.value: number for one, number in counted.items()})
    assert set(status) == {line["need_no"] for line in rows["needs"]}
    assert set(counted) == set(EntryStatus)
    assert 140 <= counted[EntryStatus.PUBLISHED] <= 165
    assert all(status[pair.need_no] is EntryStatus.PUBLISHED for story in stories(ON) for pair in story.pairs)
    latest = {line["need_no"]: line["latest_funding_on"] for line in rows["needs"]}
    assert all(latest[number] < ON.isoformat() for number, one in status.items() if one is EntryStatus.EXPIRED)


def test_some_products_are_stale_but_no_storys(rows: Rows) -> None:
    confirmed = confirmations(rows, on=ON)
    stale = {code for code, day in confirmed.items() if (ON - day).days > 90}
    assert set(confirmed) == {line["product_code"] for line in rows["products"]}
    assert len(rows["products"]) // STALE_EVERY - 1 <= len(stale) <= len(rows["products"]) // STALE_EVERY + 1
    assert not stale & {pair.product_code for story in stories(ON) for pair in story.pairs}


def test_records_count_are_repaired_run_out_and_are_disputed(rows: Rows) -> None:
    records = [as_record(line) for line in rows["credit-records"]]
    assert sum(counts_on(record, ON) for record in records) >= 8
    assert sum(not counts_on(record, ON) for record in records) >= 20
    assert sum(record.repaired_on is not None for record in records) >= 4
    assert sum(record.disputed is True for record in records) >= 2
    assert any(record.publish_until is not None and record.publish_until < ON for record in records)
    assert len({record.kind for record in records}) >= 10


@pytest.mark.parametrize("on", DAYS)
def test_the_stories_are_true(on: date) -> None:
    needs, products = facts_of(generate(on=on), on)
    reference = reference_data()
    told = stories(on)
    assert len(told) == len({story.key for story in told}) == 6
    for story in told:
        assert all(text.say(lang) for text in (story.title, story.blurb) for lang in LANGS)
        for pair in story.pairs:
            product = products[pair.product_code]
            assert in_market(product, on)
            judgement = judge(prepare_need(needs[pair.need_no], on, reference), prepare_product(product, on, reference))
            seen = (judgement.verdict, judgement.failed, judgement.unknown)
            assert seen == (pair.verdict, pair.failed, pair.unknown), story.key


def test_what_the_stories_tell_about_other_days() -> None:
    """The tackle maker grows up, the carbon firm fitted two days ago, the processor did not before its repair."""
    needs, products = facts_of(generate(on=ON), ON)
    by_key = {story.key: story.pairs[0] for story in stories(ON)}

    def verdict(key: str, day: date) -> Verdict:
        pair = by_key[key]
        sides = needs[pair.need_no], products[pair.product_code]
        return judge(
            prepare_need(sides[0], day, reference_data()), prepare_product(sides[1], day, reference_data())
        ).verdict

    grown_up = date(2026, 12, 30)
    assert str(grown_up) in stories(ON)[0].blurb.zh
    assert verdict("tackle", grown_up - timedelta(days=1)) is Verdict.NEAR
    assert verdict("tackle", grown_up) is Verdict.ELIGIBLE
    assert verdict("carbon", ON - timedelta(days=1)) is Verdict.ELIGIBLE
    assert verdict("seafood", ON - timedelta(days=11)) is Verdict.INELIGIBLE


@pytest.mark.parametrize("grade", Grade)
def test_the_shipyard_supplier_fits_once_it_is_rated(grade: Grade) -> None:
    """Nothing to pledge and unrated it is a near miss; grade A, B or C brings the public guarantee, D does not."""
    needs, products = facts_of(generate(on=ON), ON)
    (pair,) = next(story for story in stories(ON) if story.key == "ship").pairs
    need, product = needs[pair.need_no], products[pair.product_code]
    tables = replace(reference_data(), schemes=demo_schemes(ON))

    def verdict(standing: Standing | None) -> Verdict:
        asking = replace(need, enterprise=replace(need.enterprise, standing=standing))
        return judge(prepare_need(asking, ON, tables), prepare_product(product, ON, tables)).verdict

    assert verdict(None) is Verdict.NEAR
    kinds = [repair.moves[0].kind for repair in find_repairs(need, product, ON, tables)]
    assert kinds == ["add_security", "public_guarantee"]
    rated = verdict(Standing(grade, "PJ-1", ON, ON))
    assert rated is (Verdict.NEAR if grade is Grade.D else Verdict.ELIGIBLE)


def demo_schemes(on: date) -> tuple[Scheme, ...]:
    """The demo's scheme as the engine reads it, from the rows that are imported."""
    rows = guarantee_rows(on)
    (line,) = (loaded(SchemeEntry, one) for one in rows["schemes"])
    terms = [loaded(GradeEntry, one) for one in rows["scheme-grades"]]
    grades = tuple(SchemeGrade(one["grade"], one["amount_max_fen"]) for one in terms)
    known = {name: line[name] for name in Scheme.__dataclass_fields__ if name != "grades"}
    assert line["active"]
    return (Scheme(**known, grades=grades),)


def test_some_borrowers_are_rated_and_of_the_stories_two(rows: Rows) -> None:
    days, early = rating_days(rows, ON), early_firms(rows)
    borrowers = {need["uscc"] for need in rows["needs"]}
    assert 0.4 < len(days.keys() & borrowers) / len(borrowers) < 0.6
    assert days.keys() & firm_codes() == {firm_code("tackle"), firm_code("carbon")}
    assert early and not borrowers & set(early)
    assert {days[uscc] for uscc in early} == {ON - timedelta(days=EARLY_DAYS)}
    assert rating_days(rows, ON) == days


def test_every_kind_of_record_that_a_rating_must_know_is_supplied(rows: Rows) -> None:
    """Else nobody could be rated A: the absence of a record says nothing where no source has its kind."""
    with DEFAULT.open("rb") as file:
        rules = json.load(file)["rules"]
    asked = {
        key.removeprefix("no_").upper() for key, rule in rules.items() if key.startswith("no_") and rule["unknown"]
    }
    assert asked and asked <= {record["kind"] for record in rows["credit-records"]}


def test_the_mix_holds_every_verdict(judged: dict[tuple[str, str], Judgement]) -> None:
    total = Counter(judgement.verdict for judgement in judged.values())
    per_need: dict[str, Counter[Verdict]] = defaultdict(Counter)
    for (need_no, _), judgement in judged.items():
        per_need[need_no][judgement.verdict] += 1
    share = {one.value: round(total[one] / len(judged), 3) for one in Verdict}
    mean = {one.value: round(total[one] / len(per_need), 1) for one in Verdict}
    empty = sum(not counted[Verdict.ELIGIBLE] for counted in per_need.values())
    print(
        f"{len(judged)} pairs, {len(per_need)} needs: {share}, per need {mean}, {empty} needs without an eligible one"
    )
    assert 2 <= mean["eligible"] <= 8
    assert 2 <= mean["near"] <= 10
    assert 0.5 <= mean["needs_information"] <= 6
    assert share["ineligible"] >= 0.5
    assert 8 <= empty <= len(per_need) / 2


def test_the_tackle_chains_patents_find_no_bank(rows: Rows, judged: dict[tuple[str, str], Judgement]) -> None:
    """PRODUCT.md section 5: five needs of the tackle chain ask for an IP pledge, and no bank offers it."""
    chain = {line["uscc"]: line["chain_code"] for line in rows["enterprises"]}
    asking = [
        line["need_no"]
        for line in rows["needs"]
        if line["security_offered"] == "IP_PLEDGE" and line["purpose"] == Purpose.RND
    ]
    assert len(asking) == 5
    assert {chain[line["uscc"]] for line in rows["needs"] if line["need_no"] in asking} == {"TACKLE"}
    assert not [p for p, judgement in judged.items() if p[0] in asking and judgement.verdict is Verdict.ELIGIBLE]
    for product in rows["products"]:
        if "IP_PLEDGE" in product["security"]:
            assert product["chains"]
            assert "TACKLE" not in product["chains"]


def test_codes_are_valid_and_stay_apart_from_the_stories(rows: Rows) -> None:
    assert all(uscc.problem(line["uscc"]) is None for line in rows["enterprises"])
    assert sum(line["uscc"][8:12] == "MAGU" for line in rows["enterprises"]) == 6


def registers_of(rows: Rows) -> Registers:
    """The registers that an import of ``rows`` would be checked against."""

    def register(names: dict[str, tuple[str, ...]]) -> Register:
        return Register(Text("", ""), names)

    organisations = {line["org_code"]: (line["name"], line["short_name"]) for line in rows["organisations"]}
    banks = {line["org_code"] for line in rows["organisations"] if line["kind"] == "BANK"}
    return Registers(
        {
            "chain": register({code: (chain["name_zh"],) for code, chain in CHAINS.items()}),
            "industry": register({code: (line["name"],) for code, line in INDUSTRIES.items()}),
            "organisation": register(organisations),
            "bank": register({code: names for code, names in organisations.items() if code in banks}),
            "enterprise": register({line["uscc"]: (line["name"],) for line in rows["enterprises"]}),
        }
    )


def as_record(line: Row) -> Record:
    values = loaded(LISTS["credit-records"], line)
    return Record(**{name: values[name] for name in Record.__dataclass_fields__})


def facts_of(rows: Rows, on: date) -> tuple[dict[str, Need], dict[str, Product]]:
    """Published needs and all products of ``rows`` as the engine reads them."""
    records = defaultdict(list)
    for line in rows["credit-records"]:
        records[line["uscc"]].append(as_record(line))
    firms = {}
    for line in rows["enterprises"]:
        values = loaded(LISTS["enterprises"], line) | {"records": tuple(records[line["uscc"]]), "standing": None}
        firms[line["uscc"]] = Enterprise(**{name: values[name] for name in Enterprise.__dataclass_fields__})
    status = states(rows, on=on)
    needs = {}
    for line in rows["needs"]:
        if status[line["need_no"]] is EntryStatus.PUBLISHED:
            values = loaded(LISTS["needs"], line) | {"enterprise": firms[line["uscc"]]}
            values["description"] = line["description"]
            needs[line["need_no"]] = Need(**{name: values[name] for name in Need.__dataclass_fields__})
    products = {}
    for line in rows["products"]:
        values = loaded(LISTS["products"], line) | {"bank": line["bank_name"]}
        values["asks"] = Asks(**{name: values[name] for name in Asks.__dataclass_fields__})
        product = Product(**{name: values[name] for name in Product.__dataclass_fields__})
        products[line["product_code"]] = product
    return needs, products


def reference_data() -> Reference:
    def number(text: str, metric: str) -> int:
        return int(Decimal(text) * (1 if metric == "employees" else 1_000_000))

    quotes = tuple(
        LprQuote(
            date.fromisoformat(line["date"]),
            int(Decimal(line["lpr_1y_pct"]) * 1_000_000),
            int(Decimal(line["lpr_5y_pct"]) * 1_000_000),
        )
        for line in read_csv("lpr.csv")
    )
    rules = []
    for line in read_csv("sme_size_classes_2011_300.csv"):
        metrics = tuple(m for m in (line["metric_1"], line["metric_2"]) if m)
        bounds = [
            tuple(number(line[f"{column}_{place}"], metric) for place, metric in enumerate(metrics, 1))
            for column in ("sme_below", "medium_from", "small_from")
        ]
        scope = tuple(line["gbt4754_scope"].split(","))
        rules.append(SizeRule(line["no"], line["industry_zh"], scope, metrics, *bounds))
    sections = {code: line["section"] for code, line in INDUSTRIES.items() if len(code) == 2}
    return Reference(lpr=LprTable(quotes), size_rules=tuple(rules), sections=sections)


def judge_all(rows: Rows, on: date) -> dict[tuple[str, str], Judgement]:
    needs, products = facts_of(rows, on)
    reference = reference_data()
    offers = {code: prepare_product(p, on, reference) for code, p in products.items() if in_market(p, on)}
    asking = {number: prepare_need(need, on, reference) for number, need in needs.items()}
    return {(number, code): judge(need, offer) for number, need in asking.items() for code, offer in offers.items()}
