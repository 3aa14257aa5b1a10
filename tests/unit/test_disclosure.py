"""Before consent: bands instead of values, and no group of fewer than five."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.accounts.card_codes import card_codes
from matchmaker.accounts.disclosure import (
    AMOUNT_EDGES,
    SMALLEST_GROUP,
    Crowd,
    Traits,
    anonymous_card,
    band_of,
    card_json,
    need_reference,
)
from matchmaker.domain.terms import Purpose, Security, Tier
from matchmaker.domain.text import Text
from matchmaker.domain.tiers import TierHeld
from matchmaker.scoring.facts import Enterprise, Need

ON = date(2026, 11, 30)
WAN = 1_000_000
NAME = "威海光威隐身材料股份有限公司"
USCC = "91371002MA3C5D7E9X"


def firm(number: int, **facts: object) -> Enterprise:
    values: dict[str, object] = {
        "uscc": f"91371002MA{number:08d}",
        "chain_code": "TACKLE",
        "area_code": "371002",
        "tiers": (TierHeld(Tier.SRDI_SME),),
        "revenue_fen": 6_000 * WAN,
        "founded_on": date(2022, 1, 1),
        **facts,
    }
    return Enterprise(**values)  # type: ignore[arg-type]


def need(enterprise: Enterprise) -> Need:
    return Need(
        need_no="XQ-20261118-0012",
        enterprise=enterprise,
        amount_fen=800 * WAN,
        term_months=12,
        purpose=Purpose.WORKING_CAPITAL,
        security_offered=(Security.CREDIT, Security.GUARANTEE),
        description="威海某某公司的订单，电话 13812345678",
    )


def test_five_alike_show_everything_as_bands() -> None:
    firms = [firm(n) for n in range(5)]
    card = anonymous_card(need(firms[0]), Crowd(firms, ON), name=NAME)
    assert card.traits == Traits("TACKLE", Tier.SRDI_SME, "371002", (5_000 * WAN, 10_000 * WAN), (2, 5))
    assert card.amount == (500 * WAN, 1_000 * WAN)
    assert card.withheld == ()
    names = {("chain", "TACKLE"): Text("钓具", "Fishing tackle"), ("area", "371002"): Text("环翠区", "Huancui")}
    said = card_json(card, names)
    assert [text["zh"] for text in said["firm"]] == [
        "钓具链", "专精特新中小企业", "成立 2–5 年", "营收 5,000 万元至 1.00 亿元", "环翠区",
    ]  # fmt: skip
    assert [text["zh"] for text in said["wants"]] == [
        "500 万元至 1,000 万元", "12 个月", "流动资金", "可提供：信用、保证",
    ]  # fmt: skip


def test_codes_say_what_the_sentences_say() -> None:
    firms = [firm(n) for n in range(5)]
    names = {("chain", "TACKLE"): Text("钓具", "Fishing tackle")}
    codes = card_codes(anonymous_card(need(firms[0]), Crowd(firms, ON), name=NAME), names)
    assert codes["firm"] == {
        "chain": {"code": "TACKLE", "label": {"zh": "钓具", "en": "Fishing tackle"}},
        "tier": {"code": "SRDI_SME", "label": {"zh": "专精特新中小企业", "en": Tier.SRDI_SME.label.en}},
        "area": {"code": "371002", "label": {"zh": "371002", "en": "371002"}},
        "revenue": {"from_fen": 5_000 * WAN, "below_fen": 10_000 * WAN},
        "age_years": {"from": 2, "below": 5},
    }
    assert codes["wants"]["amount"] == {"from_fen": 500 * WAN, "below_fen": 1_000 * WAN}
    assert (codes["wants"]["term_months"], codes["wants"]["purpose"]["code"]) == (12, "WORKING_CAPITAL")
    assert [one["code"] for one in codes["wants"]["security_offered"]] == ["CREDIT", "GUARANTEE"]


def test_codes_withhold_what_the_sentences_withhold() -> None:
    firms = [firm(n) for n in range(4)] + [firm(9, area_code="371082")]
    card = anonymous_card(need(firms[0]), Crowd(firms, ON), name=NAME)
    assert card_codes(card, {})["firm"]["area"] is None
    assert "371002" not in str(card_codes(card, {}))
    alone = card_codes(anonymous_card(need(firm(0)), Crowd([firm(0)], ON), name=NAME), {})
    assert set(alone["firm"].values()) == {None}


def test_four_alike_lose_their_district() -> None:
    firms = [firm(n) for n in range(4)] + [firm(9, area_code="371082")]
    card = anonymous_card(need(firms[0]), Crowd(firms, ON), name=NAME)
    assert card.traits.area is None
    assert card.traits.revenue == (5_000 * WAN, 10_000 * WAN)
    assert card.withheld == ("area",)


def test_then_the_band_is_widened_then_the_rest_goes() -> None:
    others = [firm(n, area_code="371082", revenue_fen=3_000 * WAN) for n in range(1, 5)]
    card = anonymous_card(need(firm(0)), Crowd([firm(0), *others], ON), name=NAME)
    assert card.traits.revenue == (2_000 * WAN, 40_000 * WAN)
    assert card.withheld == ("area", "revenue")
    alone = Crowd([firm(0), *(firm(n, tiers=(), founded_on=None, revenue_fen=None) for n in range(1, 5))], ON)
    assert anonymous_card(need(firm(0)), alone, name=NAME).traits == Traits(chain="TACKLE")
    assert anonymous_card(need(firm(0)), Crowd([firm(0)], ON), name=NAME).traits == Traits()


def test_the_only_one_of_a_district_is_not_known_by_its_missing_district() -> None:
    many, alone = [firm(n) for n in range(8)], firm(9, area_code="371083")
    few = [firm(n, area_code="371082") for n in range(10, 15)]
    crowd = Crowd([*many, *few, alone], ON)
    assert crowd.traits(many[0]).area == "371002"
    assert {crowd.traits(one) for one in few} == {crowd.traits(alone)}
    assert crowd.traits(alone) == replace(crowd.traits(many[0]), area=None)
    other = firm(20, chain_code="AUTO", tiers=(), founded_on=None, revenue_fen=None)
    assert Crowd([*many, other], ON).traits(many[0]) == Crowd([*many, other], ON).traits(other) == Traits()


def test_a_card_does_not_say_what_it_withholds() -> None:
    crowd = Crowd([firm(n) for n in range(4)] + [firm(9, area_code="371082")], ON)
    assert set(card_json(anonymous_card(need(firm(0)), crowd, name=NAME), {})) == {"need_no", "firm", "wants"}


def test_an_ended_recognition_is_not_shown() -> None:
    firms = [firm(n, tiers=(TierHeld(Tier.SRDI_SME, date(2026, 11, 29)),)) for n in range(5)]
    assert anonymous_card(need(firms[0]), Crowd(firms, ON), name=NAME).traits.tier is None


@given(
    st.lists(
        st.builds(
            firm,
            number=st.integers(0, 10**7),
            chain_code=st.sampled_from([None, "TACKLE", "AUTO"]),
            area_code=st.sampled_from([None, "371002", "371082", "371083"]),
            tiers=st.sampled_from([(), (TierHeld(Tier.SRDI_SME),), (TierHeld(Tier.HNTE),)]),
            revenue_fen=st.none() | st.integers(0, 10**12),
            founded_on=st.none() | st.dates(date(1990, 1, 1), date(2027, 1, 1)),
        ),
        min_size=1,
        max_size=40,
        unique_by=lambda one: one.uscc,
    )
)
def test_whatever_is_shown_is_shared_by_five(firms: list[Enterprise]) -> None:
    """Recounted from the outside: how many of the city's firms have every shown trait in common."""
    crowd = Crowd(firms, ON)
    everything = {id(f): Crowd([f] * SMALLEST_GROUP, ON).traits(f) for f in firms}
    for one in firms:
        shown = crowd.traits(one)
        assert _fits(everything[id(one)], shown)
        alike = sum(_fits(everything[id(other)], shown) for other in firms)
        assert shown == Traits() or alike >= SMALLEST_GROUP
        same_card = sum(crowd.traits(other) == shown for other in firms)
        assert same_card >= min(SMALLEST_GROUP, len(firms)), "whoever knows all firms could tell who is left out"


def _fits(own: Traits, shown: Traits) -> bool:
    for name in ("chain", "tier", "area", "age"):
        wanted = getattr(shown, name)
        if wanted is not None and getattr(own, name) != wanted:
            return False
    if shown.revenue is None:
        return True
    return own.revenue is not None and _inside(own.revenue, shown.revenue)


def _inside(band: tuple[int | None, int | None], wide: tuple[int | None, int | None]) -> bool:
    low, high = (band[0] or 0, band[1] or 10**18)
    return (wide[0] or 0) <= low and high <= (wide[1] or 10**18)


@given(st.integers(1, 10**13))
def test_a_band_holds_its_value_and_an_edge_belongs_to_the_higher_band(fen: int) -> None:
    low, high = band_of(fen, AMOUNT_EDGES)
    assert (low or 0) <= fen < (high or 10**18)


def test_nothing_of_the_enterprise_is_in_the_card() -> None:
    firms = [firm(n) for n in range(5)]
    words = str(card_json(anonymous_card(need(firms[0]), Crowd(firms, ON), name=NAME), {}))
    for secret in (firms[0].uscc, "13812345678", "某某", str(6_000 * WAN), "2022-01-01"):
        assert secret not in words
    one = replace(need(firms[0]), amount_fen=803 * WAN)
    assert card_json(anonymous_card(one, Crowd(firms, ON), name=NAME), {}) == card_json(
        anonymous_card(need(firms[0]), Crowd(firms, ON), name=NAME), {}
    )


@pytest.mark.parametrize(
    "number",
    [
        USCC,
        f"XQ-{USCC}-01",
        f"需求{USCC[8:17]}",
        "xq-ma3c5d7e-9",
        "XQ/MA3C 5D7E/1",
        "ＭＡ３Ｃ５Ｄ７Ｅ",
        f"{NAME}-1",
        "光威-2026-1",
        "XQ-隐身 材料",
    ],
)
def test_a_number_that_names_the_enterprise_is_replaced(number: str) -> None:
    firms = [replace(firm(n), uscc=USCC if n == 0 else f"91371002MA{n:08d}") for n in range(5)]
    card = anonymous_card(replace(need(firms[0]), need_no=number), Crowd(firms, ON), name=NAME)
    said = str(card_json(card, {}))
    assert re.fullmatch("XQ-[0-9a-f]{8}", card.reference)
    assert number not in said
    assert not {USCC[8:16], "光威", "隐身"} & {said[i : i + n] for n in (2, 8) for i in range(len(said))}
    assert need_reference(number, USCC, NAME) == card.reference, "the same every time"
    assert need_reference(number + "0", USCC, NAME) != card.reference


@pytest.mark.parametrize("number", ["XQ-20261118-0012", "N1", "需求-7", "XQ-MA3C-1", "2026年第3号"])
def test_any_other_number_is_shown_as_it_is(number: str) -> None:
    assert need_reference(number, USCC, NAME) == number
