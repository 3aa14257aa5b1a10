"""The rules of rating: grades worked out by hand, and what must hold of every rating whatever the facts."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.errors import RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import CreditKind, Disclosure, Result, Severity, TaxGrade, Tier
from matchmaker.domain.tiers import TierHeld
from matchmaker.scoring.facts import Record
from matchmaker.scoring.rating.assess import assess, assess_again, cap_of, digest_of, erase_on, grade_without
from matchmaker.scoring.rating.catalogue import BY_KEY, RULES
from matchmaker.scoring.rating.facts import Fact, Facts, Filed, Loaded, facts_json, facts_of
from matchmaker.scoring.rating.findings import Finding, finding_json, finding_of
from matchmaker.scoring.rating.ruleset import GRADES, read_rules, rules_json
from matchmaker.scoring.rating.sentences import repair, sentence
from matchmaker.scoring.records import counts_on
from tests.support.rating import FRESH, ON, changed_rules, default_json, default_rules, facts, filed, without
from tests.support.wording import blames

RULES_NOW = default_rules()


def found(known: Facts, rule: str, on: date = ON) -> Finding:
    return next(one for one in assess(known, RULES_NOW, on).findings if one.rule == rule)


# Grades worked out by hand, from docs/explanation/rating.md

CASES: dict[str, tuple[Facts, Grade]] = {
    "everything known and in order": (facts(), Grade.A),
    "tax grade M is enough": (facts(tax_grade=TaxGrade.M), Grade.A),
    "tax grade C": (facts(tax_grade=TaxGrade.C), Grade.C),
    "tax grade D": (facts(tax_grade=TaxGrade.D), Grade.D),
    "tax grade not known": (facts(but=["tax_grade"]), Grade.B),
    "founded 23 months ago": (facts(founded_on=date(2024, 12, 25)), Grade.B),
    "founded 24 months ago to the day": (facts(founded_on=date(2024, 11, 24)), Grade.A),
    "revenue not known": (facts(but=["revenue_fen"]), Grade.B),
    "no revenue": (facts(revenue_fen=0), Grade.B),
    "number of employees not known": (facts(but=["employees"]), Grade.A),
    "nobody employed": (facts(employees=0), Grade.B),
    "whether first-time borrower not known": (facts(but=["is_first_loan"]), Grade.A),
    "a first-time borrower": (facts(is_first_loan=True), Grade.A),
    "a general penalty": (facts(filed()), Grade.B),
    "a serious penalty": (facts(filed(severity=Severity.SERIOUS)), Grade.D),
    "a minor penalty counts nowhere": (facts(filed(severity=Severity.MINOR)), Grade.A),
    "a repaired penalty": (facts(filed(repaired_on=ON)), Grade.A),
    "a penalty that is repaired tomorrow": (facts(filed(repaired_on=ON + timedelta(days=1))), Grade.B),
    "a penalty past its publication": (facts(filed(decided_on=date(2025, 11, 24))), Grade.A),
    "a penalty on the last day of its publication": (facts(filed(decided_on=date(2025, 11, 25))), Grade.B),
    "a disputed penalty counts all the same": (facts(filed(disputed=True)), Grade.B),
    "listed for abnormal operation": (facts(filed(CreditKind.ABNORMAL_OPERATION, Severity.NONE)), Grade.C),
    "a judgment debtor, whatever severity": (facts(filed(CreditKind.JUDGMENT_DEBTOR, Severity.NONE)), Grade.D),
    "on the serious list": (facts(filed(CreditKind.SERIOUS_LIST, Severity.SERIOUS)), Grade.D),
    "a lawsuit": (facts(filed(CreditKind.LAWSUIT)), Grade.B),
    "a lawsuit without decision": (facts(filed(CreditKind.LAWSUIT, decided_on=None)), Grade.A),
    "a serious lawsuit": (facts(filed(CreditKind.LAWSUIT, Severity.SERIOUS)), Grade.C),
    "unpaid utilities": (facts(filed(CreditKind.UTILITIES)), Grade.B),
    "a customs record": (facts(filed(CreditKind.CUSTOMS, Severity.SERIOUS)), Grade.D),
    "an honour": (facts(filed(CreditKind.HONOUR, Severity.NONE)), Grade.A),
    "the worst of several": (facts(filed(), filed(CreditKind.ABNORMAL_OPERATION, number="C2")), Grade.C),
    "no source of judgment debtors": (without(facts(), CreditKind.JUDGMENT_DEBTOR), Grade.B),
    "no source of customs records": (without(facts(), CreditKind.CUSTOMS), Grade.A),
    "something was left out for want of consent": (
        replace(facts(), left_out=frozenset({CreditKind.UTILITIES})),
        Grade.B,
    ),
    "nothing known at all": (Facts("91371000MA00000001"), Grade.B),
}


@pytest.mark.parametrize(("known", "grade"), CASES.values(), ids=CASES.keys())
def test_grades_worked_out_by_hand(known: Facts, grade: Grade) -> None:
    assert assess(known, RULES_NOW, ON).grade is grade


def test_a_fact_is_used_up_to_its_limit_and_out_of_date_the_day_after() -> None:
    limit = RULES_NOW.settings["tax_grade"].fresh_days
    assert limit is not None
    last = FRESH + timedelta(days=limit)
    assert found(facts(tax_grade=TaxGrade.D), "tax_grade", last).result is Result.FAIL
    stale = found(facts(tax_grade=TaxGrade.D), "tax_grade", last + timedelta(days=1))
    assert (stale.result, stale.reason) == (Result.UNKNOWN, "stale")
    assert stale.evidence[0].stale and stale.evidence[0].on == FRESH


def test_that_no_record_is_there_says_nothing_where_the_source_is_old() -> None:
    old = replace(facts(), covered={CreditKind.JUDGMENT_DEBTOR: (Loaded("法院", date(2026, 8, 15)),)})
    stale = found(old, "no_judgment_debtor")
    assert (stale.result, stale.reason) == (Result.UNKNOWN, "source_stale") and stale.evidence[0].stale
    assert found(old, "no_judgment_debtor", date(2026, 11, 23)).result is Result.PASS


def test_a_source_is_out_of_date_by_its_own_limit_and_one_such_is_enough() -> None:
    """As the page of the sources says (lists.freshness), whatever the rule's own limit and the other sources are."""
    fresh, old = Loaded("信用中国", date(2026, 11, 20), 30), Loaded("法院", date(2026, 11, 1), 15)
    kind = CreditKind.JUDGMENT_DEBTOR
    last = date(2026, 11, 16)
    both = replace(facts(), covered={**facts().covered, kind: (fresh, old)})
    passed = found(both, "no_judgment_debtor", last)
    assert (passed.result, passed.turns_on) == (Result.PASS, last + timedelta(days=1))
    stale = found(both, "no_judgment_debtor", last + timedelta(days=1))
    assert (stale.result, stale.reason) == (Result.UNKNOWN, "source_stale")
    assert [(one.source, one.value, one.stale) for one in stale.evidence] == [
        ("法院", 15, True),
        ("信用中国", 30, False),
    ]
    said = sentence(stale, RULES_NOW.settings["no_judgment_debtor"])
    assert "法院" in said.zh and "2026-11-01" in said.zh and "15 天" in said.zh
    lax = replace(both, covered={**both.covered, kind: (replace(old, days=400),)})
    assert found(lax, "no_judgment_debtor", date(2027, 2, 10)).reason == "source_stale"  # the rule's own 100 days


def test_withdrawing_a_consent_under_which_a_record_counted_leaves_a_c_at_best() -> None:
    kinds = frozenset({CreditKind.JUDGMENT_DEBTOR})
    gone = replace(facts(), left_out=kinds, withdrawn=kinds)
    assert assess(gone, RULES_NOW, ON).grade is Grade.C
    assert (found(gone, "consent").result, found(gone, "consent").reason) == (Result.UNKNOWN, "withdrawn")
    assert "未授权" in sentence(found(gone, "consent"), RULES_NOW.settings["consent"]).zh
    lax = read_rules(changed_rules(consent={"unknown": None}))
    assert assess(gone, lax, ON).grade is Grade.C
    strict = read_rules(changed_rules(consent={"unknown": "D"}))
    assert assess(gone, strict, ON).grade is Grade.D
    assert assess(replace(gone, left_out=frozenset()), RULES_NOW, ON).grade is Grade.A  # consented to again


def test_a_rating_ends_before_the_consent_does_that_it_rests_on() -> None:
    known = replace(facts(), consent="abc", consent_until=date(2026, 12, 1))
    assert assess(known, RULES_NOW, ON).valid_to == date(2026, 11, 30)
    assert assess(replace(known, consent_until=ON), RULES_NOW, ON).valid_to == ON  # it was read on the last day
    off = read_rules(changed_rules(consent={"on": False}))
    assert assess(known, off, ON).valid_to == date(2026, 11, 30)


def test_a_counting_record_fails_although_another_of_its_kind_was_left_out() -> None:
    known = replace(facts(filed()), left_out=frozenset({CreditKind.ADMIN_PENALTY}))
    assert found(known, "no_admin_penalty").reason == "counting"
    alone = replace(facts(), left_out=frozenset({CreditKind.ADMIN_PENALTY}))
    assert found(alone, "no_admin_penalty").reason == "unauthorised"


def test_a_finding_names_its_evidence_and_what_would_raise_it() -> None:
    failed = found(facts(filed(disputed=True)), "no_admin_penalty")
    (seen,) = failed.evidence
    assert (seen.source, seen.number, seen.on, seen.until) == ("信用中国", "C1", date(2026, 9, 1), date(2027, 9, 1))
    assert seen.disputed and failed.better_on == date(2027, 9, 1)
    way = repair(failed, RULES_NOW.settings["no_admin_penalty"])
    assert (
        way is not None and "市场监督管理局" in way[0].zh and "2027-09-01" in way[0].zh and way[1] == date(2027, 9, 1)
    )
    young = found(facts(founded_on=date(2025, 1, 31)), "age")
    assert young.better_on == date(2027, 1, 31)
    listed = found(facts(filed(CreditKind.ABNORMAL_OPERATION)), "no_abnormal_operation")
    assert listed.better_on is None and "移出" in _said(repair(listed, RULES_NOW.settings["no_abnormal_operation"]))


def _said(way: Any) -> str:
    assert way is not None
    return str(way[0].zh)


def test_who_may_not_know_is_not_told_who_recorded_what_or_until_when() -> None:
    failed = found(facts(filed(CreditKind.ENVIRONMENT)), "no_environment")
    way = repair(failed, RULES_NOW.settings["no_environment"], hidden=True)
    assert way is not None and way[1] is None
    assert "市场监督管理局" not in way[0].zh and "2027" not in way[0].zh


def test_recognitions_and_honours_are_told_and_change_nothing() -> None:
    known = replace(
        facts(filed(CreditKind.HONOUR, Severity.NONE)),
        tiers=(TierHeld(Tier.SRDI_SME, ON), TierHeld(Tier.HNTE, ON - timedelta(days=1))),
    )
    notes = assess(known, RULES_NOW, ON).notes
    assert [(one.name, one.value) for one in notes] == [("tiers", "SRDI_SME"), ("HONOUR", None)]


def test_a_rating_ends_the_day_before_time_alone_changes_it() -> None:
    assert assess(facts(), RULES_NOW, ON).valid_to == FRESH + timedelta(days=100)  # the sources are out of date then
    penalty = facts(filed(decided_on=date(2025, 12, 24)))
    assert assess(penalty, RULES_NOW, ON).valid_to == date(2026, 12, 23)
    young = facts(founded_on=date(2024, 12, 24))
    assert assess(young, RULES_NOW, ON).valid_to == date(2026, 12, 23)
    coming = facts(filed(decided_on=date(2026, 11, 30)))
    assert assess(coming, RULES_NOW, ON).valid_to == date(2026, 11, 29)


def test_what_may_no_longer_be_kept_ends_a_rating() -> None:
    assert erase_on(facts(), ON) == date(2031, 11, 24)
    assert erase_on(facts(filed(ended_on=date(2024, 1, 31))), ON) == date(2029, 1, 31)
    listed = filed(CreditKind.ABNORMAL_OPERATION, occurred_on=date(2019, 1, 1), decided_on=date(2019, 2, 1))
    assert erase_on(facts(listed), ON) == date(2031, 11, 24)  # still listed: the act has not ended
    assert erase_on(facts(filed(decided_on=date(9998, 1, 1))), ON) == date(2031, 11, 24)


# Properties

days = st.dates(date(2018, 1, 1), date(2028, 12, 31))
maybe_day = st.none() | days
records = st.builds(
    Filed,
    record=st.builds(
        Record,
        source=st.sampled_from(["信用中国", "法院"]),
        record_no=st.sampled_from(["C1", "C2", "C3"]),
        kind=st.sampled_from(sorted(CreditKind)),
        severity=st.sampled_from(sorted(Severity)),
        occurred_on=maybe_day,
        decided_on=maybe_day,
        ended_on=maybe_day,
        publish_until=maybe_day,
        repaired_on=maybe_day,
        disputed=st.none() | st.booleans(),
    ),
    authority=st.none() | st.just("环保局"),
    disclosure=st.none() | st.sampled_from(sorted(Disclosure)),
)
values = st.fixed_dictionaries(
    {},
    optional={
        "tax_grade": st.sampled_from(sorted(TaxGrade)),
        "founded_on": days,
        "revenue_fen": st.integers(0, 10**11),
        "employees": st.integers(0, 500),
        "is_first_loan": st.booleans(),
    },
)
kinds = st.sampled_from(sorted(CreditKind))
tiers = st.builds(TierHeld, st.sampled_from(sorted(Tier)), maybe_day)


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    known = {name: Fact(value, draw(days)) for name, value in draw(values).items()}
    loaded = st.builds(Loaded, st.sampled_from(["信用中国", "法院"]), days, st.none() | st.integers(1, 200))
    covered = draw(st.dictionaries(kinds, st.lists(loaded, max_size=2, unique_by=lambda one: one.source).map(tuple)))
    return Facts(
        "91371000MA00000001", known, tuple(draw(st.lists(tiers, max_size=2))),
        tuple(draw(st.lists(records, max_size=4))), covered, draw(st.frozensets(kinds, max_size=2)),
        draw(st.frozensets(kinds, max_size=2)), draw(st.none() | st.just("abc")), draw(maybe_day),
    )  # fmt: skip


def place(grade: Grade | None) -> int:
    return -1 if grade is None else GRADES.index(grade)


def not_worse(better: Facts, than: Facts, on: date) -> None:
    assert place(assess(better, RULES_NOW, on).grade) <= place(assess(than, RULES_NOW, on).grade)


@given(any_facts(), days)
def test_a_better_tax_grade_an_older_or_larger_enterprise_is_never_rated_worse(known: Facts, on: date) -> None:
    for name, fact in known.known.items():
        for better in _better(name, fact.value):
            not_worse(replace(known, known={**known.known, name: replace(fact, value=better)}), known, on)


def _better(name: str, value: Any) -> list[Any]:
    if name == "tax_grade":
        return list(TaxGrade)[: list(TaxGrade).index(value)]
    if name == "founded_on":
        return [value - timedelta(days=some) for some in (1, 40, 400, 3000)]
    return [] if isinstance(value, bool) else [value + some for some in (1, 10**6, 10**9)]


@given(any_facts(), days, st.data())
def test_a_record_that_goes_is_repaired_or_weighs_less_never_lowers_the_grade(
    known: Facts, on: date, data: st.DataObject
) -> None:
    for n, one in enumerate(known.records):
        others = known.records[:n] + known.records[n + 1 :]
        not_worse(replace(known, records=others), known, on)
        repaired = replace(one, record=replace(one.record, repaired_on=data.draw(st.just(on) | st.just(date.min))))
        not_worse(replace(known, records=(*others, repaired)), known, on)
        milder = replace(one, record=replace(one.record, severity=Severity.GENERAL))
        if one.record.severity is Severity.SERIOUS:
            not_worse(replace(known, records=(*others, milder)), known, on)
        flipped = replace(one, record=replace(one.record, disputed=not one.record.disputed))
        other = replace(known, records=(*known.records[:n], flipped, *known.records[n + 1 :]))
        assert assess(other, RULES_NOW, on).grade is assess(known, RULES_NOW, on).grade


@given(any_facts(), days)
def test_knowing_more_of_what_is_good_never_lowers_the_grade(known: Facts, on: date) -> None:
    """A source that is connected, a consent that opens nothing bad, a fact that is confirmed once more."""
    not_worse(replace(known, left_out=frozenset()), known, on)
    for kind in CreditKind:
        not_worse(replace(known, covered={**known.covered, kind: (Loaded("信用中国", on),)}), known, on)


@given(any_facts(), days)
def test_unknown_is_no_failure_and_never_weighs_more_than_one(known: Facts, on: date) -> None:
    for one in assess(known, RULES_NOW, on).findings:
        setting = RULES_NOW.settings[one.rule]
        assert (one.result is Result.FAIL) is (one.level is not None)
        assert one.level is None or one.level in BY_KEY[one.rule].levels
        for level in BY_KEY[one.rule].levels:
            assert place(cap_of(replace(one, result=Result.FAIL, level=level), setting)) >= place(
                setting.caps["unknown"]
            )


@given(any_facts(), days)
def test_on_every_day_of_its_validity_all_rules_find_the_same(known: Facts, on: date) -> None:
    first = assess(known, RULES_NOW, on)
    assert on <= first.valid_to <= on + timedelta(days=RULES_NOW.validity_days)
    for later in {first.valid_to, on + (first.valid_to - on) // 2}:
        again = assess(known, RULES_NOW, later)
        assert again.grade is first.grade
        assert [(f.rule, f.result, f.reason, f.level, f.evidence) for f in again.findings] == [
            (f.rule, f.result, f.reason, f.level, f.evidence) for f in first.findings
        ]


@given(any_facts(), days)
def test_from_the_day_that_is_named_waiting_is_enough(known: Facts, on: date) -> None:
    for one in assess(known, RULES_NOW, on).findings:
        if one.better_on is not None and one.rule == "age":
            assert found(known, "age", one.better_on).result is Result.PASS
        elif one.better_on is not None:
            counted = {(e.source, e.number) for e in one.evidence}
            of_rule = [r.record for r in known.records if r.record.kind.value == one.evidence[0].name]
            then = {(r.source, r.record_no) for r in of_rule if counts_on(r, one.better_on) and counts_on(r, on)}
            assert not then & counted


@given(any_facts(), days)
def test_what_is_written_down_is_judged_the_same(known: Facts, on: date) -> None:
    told = json.loads(json.dumps(facts_json(known)))
    assert facts_of(told) == known
    digest = digest_of(known, RULES_NOW, on, assess(known, RULES_NOW, on))
    assert assess_again(told, RULES_NOW, on) == digest
    assert assess_again({**told, "consent": "other"}, RULES_NOW, on) != digest
    for one in assess(known, RULES_NOW, on).findings:
        assert finding_of(json.loads(json.dumps(finding_json(one)))) == one


@given(any_facts(), days)
def test_every_finding_has_its_sentence_and_blames_nobody(known: Facts, on: date) -> None:
    result = assess(known, RULES_NOW, on)
    for one in result.findings:
        said = sentence(one, RULES_NOW.settings[one.rule])
        way = repair(one, RULES_NOW.settings[one.rule])
        assert (way is None) is (one.result is Result.PASS)
        for text in (said, *([way[0]] if way else [])):
            assert text.zh and text.en and "{" not in text.zh + text.en
            assert not blames(text.zh, text.en)
        assert place(grade_without(result.caps, one.rule)) <= place(result.grade)


# Rule sets


def test_the_rules_of_the_package_are_read_and_written_the_same() -> None:
    assert rules_json(read_rules(default_json())) == default_json()
    assert list(RULES_NOW.settings) == [rule.key for rule in RULES]


def test_a_rule_that_is_off_is_not_judged() -> None:
    rules = read_rules(changed_rules(no_admin_penalty={"on": False}))
    result = assess(facts(filed()), rules, ON)
    assert result.grade is Grade.A and "no_admin_penalty" not in [one.rule for one in result.findings]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "x"}, "rules_format"),
        ({"version": "1"}, "rules_version"),
        ({"validity_days": 0}, "rules_validity"),
        ({"validity_days": True}, "rules_validity"),
        ({"rules": {}}, "rules_missing"),
        ({"rules": []}, "rules_missing"),
    ],
)
def test_a_faulty_rule_set_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(RejectedError) as refused:
        read_rules({**default_json(), **change})
    assert refused.value.code == code and "{" not in refused.value.say("zh")


@pytest.mark.parametrize(
    ("key", "change", "code"),
    [
        ("tax_grade", {"extra": 1}, "rule_fields"),
        ("tax_grade", {"on": 1}, "rule_on"),
        ("tax_grade", {"fail": "E"}, "rule_cap"),
        ("tax_grade", {"unknown": "D"}, "rule_caps"),
        ("tax_grade", {"serious": "B"}, "rule_caps"),
        ("tax_grade", {"fresh_days": 0}, "rule_fresh_days"),
        ("tax_grade", {"least": "X"}, "rule_param"),
        ("age", {"months": -1}, "rule_param"),
        ("age", {"months": "12"}, "rule_param"),
    ],
)
def test_a_faulty_rule_is_refused_by_name(key: str, change: dict[str, Any], code: str) -> None:
    with pytest.raises(RejectedError) as refused:
        read_rules(changed_rules(**{key: change}))
    assert refused.value.code == code
    assert BY_KEY[key].label.zh in refused.value.say("zh") and BY_KEY[key].label.en in refused.value.say("en")


def test_a_rule_that_is_no_object_is_refused() -> None:
    told = default_json()
    told["rules"]["age"] = None
    with pytest.raises(RejectedError) as refused:
        read_rules(told)
    assert refused.value.code == "rule_fields"
