"""The table of a guarantee's life: every state can be reached, every verb is somebody's, the rest is refused."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.accounts.audit_titles import TITLES
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.guarantee_life import (
    BANK_EVENTS,
    ENDED,
    GUARANTEE,
    LIVE,
    STEPS,
    guarantee_step,
    possible_steps,
)
from matchmaker.domain.guarantee_terms import GuaranteeState
from matchmaker.domain.loan_course import RANKS
from matchmaker.guarantee.cases import applying, covering, deciding, events, lapsing, losses
from tests.support.wording import blames

STATES = list(GuaranteeState)


def test_every_state_can_be_reached_and_every_case_can_end() -> None:
    reached = {state for step in GUARANTEE if not step.sources for state in step.targets}
    for _ in STATES:
        reached |= {to for step in GUARANTEE if set(step.sources) & reached for to in step.targets}
    assert reached == set(STATES)
    ends = set(ENDED)
    for _ in STATES:
        ends |= {source for step in GUARANTEE if set(step.targets) & ends for source in step.sources}
    assert ends == set(STATES)
    assert {state for state in STATES if not possible_steps(state)} == set(ENDED) - {GuaranteeState.WRITTEN_OFF}
    assert [step.verb for step in possible_steps(GuaranteeState.WRITTEN_OFF)] == ["recover"]
    assert not set(LIVE) & set(ENDED)


def test_the_table_names_each_verb_once_and_the_audit_has_a_title_for_it() -> None:
    assert len(STEPS) == len(GUARANTEE)
    assert all(f"guarantee.{verb}" in TITLES for verb in STEPS)
    assert set(BANK_EVENTS) == {*RANKS, "claim"} == {v for v, step in STEPS.items() if "bank" in step.who} - {"cover"}


@given(st.sampled_from(STATES), st.sampled_from(sorted(STEPS)))
def test_a_step_is_in_the_table_or_refused_with_state_and_ways_on(state: GuaranteeState, verb: str) -> None:
    if state in STEPS[verb].sources:
        assert guarantee_step(verb, state) is STEPS[verb]
        return
    with pytest.raises(ConflictError) as refused:
        guarantee_step(verb, state)
    said = refused.value.say("zh")
    assert state.label.zh in said and STEPS[verb].label.zh in said and not blames(said, refused.value.say("en"))
    assert all(step.label.zh in said for step in possible_steps(state))


def test_every_verb_is_taken_by_some_service_and_asks_for_the_row_of_its_hand() -> None:
    source = "".join(inspect.getsource(part) for part in (applying, covering, deciding, events, lapsing, losses))
    taken = {verb for verb in STEPS if f'"{verb}"' in source} | set(BANK_EVENTS)
    assert taken == set(STEPS)


def test_hands_narrow_what_may_be_done() -> None:
    assert [step.verb for step in possible_steps(GuaranteeState.APPLIED, "firm")] == ["withdraw"]
    assert [step.verb for step in possible_steps(GuaranteeState.OVERDUE, "bank")] == [
        "repayment", "cure", "close", "claim",
    ]  # fmt: skip
