"""When the public guarantee can be had, for whom and under which terms (CONTRACT.md section 3, ``security``)."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.guarantee_terms import FeePayer, Grade
from matchmaker.domain.text import LANGS
from matchmaker.scoring.facts import Enterprise
from matchmaker.scoring.guarantee_texts import why_text
from matchmaker.scoring.public_guarantee import Availability, Why, availability, grades_that_would_do, to_be_rated
from matchmaker.scoring.schemes import Scheme
from matchmaker.scoring.wording import Words
from tests.support.schemes import STANDING, WAN, scheme, terms
from tests.support.scoring_lists import DAYS, MONEY, ON, enterprises, schemes

FIRM = Enterprise("91371002MA00000000", area_code="371002", chain_code="TACKLE", standing=STANDING)
SOME = st.lists(schemes, unique_by=lambda one: one.scheme_code, max_size=2).map(tuple)
DAY = timedelta(days=1)


def found(*some: Scheme, firm: Enterprise = FIRM, amount: int = 500 * WAN, on: date = ON) -> Availability:
    return availability(some, firm, amount, on)


def test_terms_that_hold_are_those_of_the_grade() -> None:
    had = found(scheme(terms(), terms(Grade.B, 300 * WAN)))
    assert had.why is None
    assert had.cover
    assert (had.cover.terms.amount_max_fen, had.cover.standing, had.amount_max_fen) == (500 * WAN, STANDING, 500 * WAN)


UNRATED = replace(FIRM, standing=None)
D_RATED = replace(FIRM, standing=replace(STANDING, grade=Grade.D))


@pytest.mark.parametrize(
    ("some", "firm", "why", "most", "said"),
    [
        ((), FIRM, Why.NO_SCHEME, None, "目前没有启用的担保方案"),
        ((scheme(valid_to=ON - DAY),), FIRM, Why.NO_SCHEME, None, "目前没有启用的担保方案"),
        ((scheme(valid_from=ON + DAY),), FIRM, Why.NO_SCHEME, None, "目前没有启用的担保方案"),
        ((scheme(areas=("370600",)),), FIRM, Why.OUTSIDE, None, "担保方案不包括您所在的区域或产业链"),
        ((scheme(chains=("RV",)),), FIRM, Why.OUTSIDE, None, "担保方案不包括您所在的区域或产业链"),
        ((scheme(areas=("371000",)),), replace(FIRM, area_code=None), Why.OUTSIDE, None,
         "担保方案不包括您所在的区域或产业链"),
        ((scheme(),), UNRATED, Why.NOT_RATED, 500 * WAN, "还没有信用评级"),
        ((scheme(),), replace(FIRM, standing=replace(STANDING, rated_on=ON + DAY)), Why.NOT_RATED, 500 * WAN,
         "还没有信用评级"),
        ((scheme(),), replace(FIRM, standing=replace(STANDING, valid_to=ON - DAY)), Why.EXPIRED, 500 * WAN,
         "信用评级已于 2026-11-29 到期，需重新评级"),
        ((scheme(),), D_RATED, Why.GRADE, None, "担保方案不包括信用等级 D 级"),
        ((scheme(terms(most=499 * WAN)),), FIRM, Why.ABOVE, 499 * WAN, "A 级最高 499 万元"),
    ],
)  # fmt: skip
def test_the_one_reason_why_not(some, firm, why, most, said) -> None:
    none = found(*some, firm=firm)
    assert (none.cover, none.why, none.amount_max_fen) == (None, why, most)
    assert why_text(none, Words("zh")) == said
    assert "{" not in why_text(none, Words("en"))


@pytest.mark.parametrize("on", [STANDING.rated_on, STANDING.valid_to], ids=["first day", "last day"])
def test_both_ends_of_scheme_and_rating_are_included(on: date) -> None:
    assert found(scheme(valid_from=on, valid_to=on), on=on).cover


def test_zeros_of_an_area_are_cut_and_an_own_chain_is_served() -> None:
    assert found(scheme(areas=("371000",), chains=("TACKLE", "RV"))).cover
    assert found(scheme(areas=("370000", "990000"))).cover


def test_the_best_for_the_enterprise_is_its_own_fee_then_the_amount_then_the_code() -> None:
    dear = scheme(scheme_code="S0", fee_e6=1_000_000, fee_payer=FeePayer.ENTERPRISE)
    borne = scheme(scheme_code="S5", fee_e6=2_000_000)
    more = scheme(terms(most=800 * WAN), scheme_code="S4")
    same = scheme(terms(most=800 * WAN), scheme_code="S3")
    best = [found(*some).cover for some in ((dear, borne), (dear, borne, more), (dear, borne, more, same))]
    assert [cover and cover.scheme.scheme_code for cover in best] == ["S5", "S4", "S3"]


@given(some=SOME, firm=enterprises, amount=MONEY, on=DAYS)
def test_a_cover_holds_in_every_condition_and_a_refusal_names_one_that_does_not(some, firm, amount, on) -> None:
    had = availability(some, firm, amount, on)
    assert (had.cover is None) is (had.why is not None)
    if had.cover:
        one, standing = had.cover.scheme, firm.standing
        assert one in some
        assert one.in_force(on)
        assert one.serves(firm.area_code, firm.chain_code)
        assert standing.rated_on <= on <= standing.valid_to
        assert had.cover.terms is one.terms_of(standing.grade)
        assert amount <= had.cover.terms.amount_max_fen
    if had.why is Why.ABOVE:
        assert amount > had.amount_max_fen
        assert availability(some, firm, had.amount_max_fen, on).cover


@given(some=SOME, firm=enterprises, amount=MONEY, on=DAYS, seed=st.integers(0, 9))
def test_the_order_of_schemes_and_grades_changes_nothing(some, firm, amount, on, seed) -> None:
    rng = random.Random(seed)
    mixed = [replace(one, grades=tuple(rng.sample(one.grades, len(one.grades)))) for one in some]
    rng.shuffle(mixed)
    one, other = availability(some, firm, amount, on), availability(mixed, firm, amount, on)
    assert (one.why, one.amount_max_fen) == (other.why, other.amount_max_fen)
    codes = [had.cover and (had.cover.scheme.scheme_code, had.cover.terms) for had in (one, other)]
    assert codes[0] == codes[1]


@given(some=SOME, firm=enterprises, amount=MONEY, less=MONEY, on=DAYS)
def test_what_is_had_for_an_amount_is_had_for_less(some, firm, amount, less, on) -> None:
    if availability(some, firm, amount, on).cover:
        assert availability(some, firm, min(less, amount), on).cover


@given(some=SOME, firm=enterprises, amount=MONEY, on=DAYS)
def test_a_rating_that_is_said_to_do_does(some, firm, amount, on) -> None:
    grades = grades_that_would_do(some, firm, amount, on)
    for grade in Grade:
        rated = replace(firm, standing=replace(STANDING, grade=grade, rated_on=on, valid_to=on))
        assert bool(availability(some, rated, amount, on).cover) is (grade in grades)
    lowest = to_be_rated(some, firm, amount, on)
    assert (lowest and lowest.grade) == (grades[-1] if grades else None)


def test_every_reason_is_told_in_both_languages() -> None:
    for why in Why:
        for lang in LANGS:
            told = why_text(Availability(None, why, STANDING, 500 * WAN), Words(lang))
            assert told
            assert "{" not in told
