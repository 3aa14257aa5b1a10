"""Which credit records count on a date, by CONTRACT.md section 3."""

from datetime import date
from typing import Any

import pytest

from matchmaker.domain.terms import CreditKind, Severity
from matchmaker.scoring.facts import Enterprise, Record
from matchmaker.scoring.prepared import prepare_enterprise
from matchmaker.scoring.records import counts_on
from tests.support.scoring_lists import ON, REFERENCES

TOMORROW, YESTERDAY = date(2026, 12, 1), date(2026, 11, 29)
AGES_AGO, END_OF_TIME = date(2015, 1, 1), date(9999, 12, 31)


def record(kind: str = "ADMIN_PENALTY", severity: str = "SERIOUS", **dates: Any) -> Record:
    dates = {"decided_on": date(2026, 1, 1)} | dates
    return Record("法院", "C1", CreditKind(kind), Severity(severity), **dates)


@pytest.mark.parametrize(
    ("facts", "counts"),
    [
        ({}, True),
        ({"decided_on": None}, False),
        ({"decided_on": ON}, True),
        ({"decided_on": TOMORROW}, False),
        ({"repaired_on": ON}, False),
        ({"repaired_on": TOMORROW}, True),
        ({"disputed": True}, True),
        ({"severity": "MINOR"}, False),
        ({"severity": "NONE"}, False),
        ({"kind": "HONOUR"}, False),
        ({"kind": "JUDGMENT_DEBTOR", "severity": "NONE"}, True),
        ({"kind": "SERIOUS_LIST", "severity": "MINOR"}, True),
        ({"kind": "JUDGMENT_DEBTOR", "severity": "GENERAL", "decided_on": date(2025, 1, 1)}, True),
    ],
)
def test_what_counts(facts, counts):
    assert counts_on(record(**facts), ON) is counts


@pytest.mark.parametrize(
    ("severity", "decided", "counts"),
    [
        ("GENERAL", date(2025, 12, 1), True),
        ("GENERAL", date(2025, 11, 30), False),
        ("SERIOUS", date(2023, 12, 1), True),
        ("SERIOUS", date(2023, 11, 30), False),
    ],
)
def test_without_an_end_of_publication_it_counts_for_12_or_36_months(severity, decided, counts):
    assert counts_on(record(severity=severity, decided_on=decided), ON) is counts


@pytest.mark.parametrize(("until", "counts"), [(ON, False), (TOMORROW, True), (END_OF_TIME, True)])
def test_the_end_of_publication_goes_before_the_months(until, counts):
    assert counts_on(record(severity="GENERAL", decided_on=date(2024, 1, 1), publish_until=until), ON) is counts


@pytest.mark.parametrize(
    ("dates", "counts"),
    [
        ({"ended_on": date(2021, 12, 1)}, True),
        ({"ended_on": date(2021, 11, 30)}, False),
        ({"occurred_on": date(2021, 11, 30)}, False),
        ({"occurred_on": AGES_AGO, "ended_on": date(2021, 12, 1)}, True),
        ({"decided_on": date(2021, 11, 30)}, False),
        ({"decided_on": date(2021, 12, 1)}, True),
        ({"ended_on": END_OF_TIME}, True),
    ],
)
def test_in_any_case_it_is_kept_for_60_months_only(dates, counts):
    assert counts_on(record(publish_until=END_OF_TIME, **dates), ON) is counts


@pytest.mark.parametrize(
    ("dates", "counts"),
    [
        ({}, True),
        ({"ended_on": ON}, False),
        ({"ended_on": TOMORROW}, True),
        ({"decided_on": AGES_AGO, "publish_until": YESTERDAY}, True),
        ({"repaired_on": YESTERDAY}, False),
        ({"decided_on": None}, False),
    ],
)
def test_abnormal_operation_counts_while_listed_whatever_is_written(dates, counts):
    for severity in Severity:
        assert counts_on(record("ABNORMAL_OPERATION", severity.value, **dates), ON) is counts


def test_a_company_is_clean_when_no_record_counts():
    bad, good = record(), record(severity="MINOR")
    company = Enterprise(uscc="91371002MA00000000", records=(good, bad))
    asking = prepare_enterprise(company, ON, REFERENCES[0])
    assert asking.adverse == (bad,)
    assert not asking.is_clean
