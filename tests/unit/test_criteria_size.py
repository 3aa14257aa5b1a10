"""The size class of the 2011 rule, with the shipped table."""

from typing import Any

import pytest

from matchmaker.domain.terms import SizeClass
from matchmaker.scoring.facts import Enterprise
from matchmaker.scoring.size import size_class, size_rule
from tests.contract.conformance_lists import reference

WAN = 1_000_000


def company(industry: str | None, **facts: Any) -> Enterprise:
    return Enterprise(uscc="91371002MA00000000", industry_code=industry, **facts)


def classed(enterprise: Enterprise) -> SizeClass | None:
    return size_class(enterprise, reference().size_rules, reference().sections)


@pytest.mark.parametrize(
    ("industry", "rule"),
    [
        ("3511", "2"),
        ("35", "2"),
        ("0111", "1"),
        ("5910", "6"),
        ("5921", "7"),
        ("59", "16"),
        ("70", "16"),
        ("7010", "13"),
        ("7020", "14"),
        ("7040", "16"),
        ("6510", "12"),
        ("8010", "16"),
        ("99", "16"),
    ],
)
def test_the_longest_prefix_then_the_section_then_others(industry, rule):
    found = size_rule(industry, reference().size_rules, reference().sections)
    assert found is not None
    assert found.no == rule


@pytest.mark.parametrize(
    ("employees", "revenue", "expected"),
    [
        (1000, 40_000, SizeClass.LARGE),
        (999, 40_000, SizeClass.MEDIUM),
        (1000, 39_999, SizeClass.MEDIUM),
        (300, 2000, SizeClass.MEDIUM),
        (299, 90_000, SizeClass.SMALL),
        (20, 300, SizeClass.SMALL),
        (5000, 299, SizeClass.MICRO),
        (19, 300, SizeClass.MICRO),
    ],
)
def test_the_lower_metric_decides_and_a_threshold_belongs_to_the_higher_class(employees, revenue, expected):
    assert classed(company("3511", employees=employees, revenue_fen=revenue * WAN)) is expected


def test_a_blank_metric_that_the_rule_needs_is_unknown_even_where_the_other_would_decide():
    assert classed(company("3511", employees=1)) is None
    assert classed(company("3511", revenue_fen=1)) is None
    assert classed(company("7210", employees=400, revenue_fen=1)) is None


def test_a_metric_that_the_rule_does_not_need_may_be_blank():
    assert classed(company("0111", revenue_fen=500 * WAN)) is SizeClass.MEDIUM
    assert classed(company("8010", employees=9)) is SizeClass.MICRO
    assert classed(company("7010", revenue_fen=1000 * WAN, total_assets_fen=5000 * WAN)) is SizeClass.MEDIUM


def test_without_industry_or_table_the_class_is_unknown():
    assert classed(company(None, employees=9, revenue_fen=1)) is None
    assert size_class(company("3511", employees=9, revenue_fen=1), (), {}) is None
