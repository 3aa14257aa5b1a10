"""The transition table of referrals: two parts in any order; what it has works, the rest is refused by name."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.errors import ConflictError
from matchmaker.domain.lifecycle import REFERRAL, Part, possible_steps, referral_state, referral_step
from matchmaker.domain.terms import BankAnswer, Coded, FirmAnswer, ReferralState

PARTS: tuple[Part, ...] = ("bank", "firm", "whole")
STATES: dict[Part, list[Coded]] = {"bank": list(BankAnswer), "firm": list(FirmAnswer), "whole": list(ReferralState)}
NO = {ReferralState.REFUSED, ReferralState.DECLINED, ReferralState.WITHDRAWN}
VERBS = {part: sorted({step.verb for step in REFERRAL if step.part == part}) for part in PARTS}

History = list[tuple[Part, str]]


class Played:
    """A referral that takes what steps it can; a step that is refused changes nothing."""

    def __init__(self) -> None:
        self.at: dict[Part, Coded] = {"bank": BankAnswer.NONE, "firm": FirmAnswer.NONE}
        self.done: History = []
        self.refused: History = []

    @property
    def whole(self) -> ReferralState:
        return referral_state(BankAnswer.of(self.at["bank"]), FirmAnswer.of(self.at["firm"]))

    def play(self, history: History) -> "Played":
        for part, verb in history:
            try:
                self.at[part] = referral_step(part, verb, self.at[part], self.whole).target
                self.done.append((part, verb))
            except ConflictError:
                self.refused.append((part, verb))
        return self


steps = st.sampled_from([(step.part, step.verb) for step in REFERRAL if step.part != "whole"])


@given(st.lists(steps, max_size=12), st.randoms(use_true_random=False))
def test_two_parts_end_the_same_in_any_order(history: History, chance: random.Random) -> None:
    """However the two sides' answers fall between each other; what was refused did not happen."""
    played = Played().play(history)
    by_part = {part: [step for step in played.done if step[0] == part] for part in ("bank", "firm")}
    order = [part for part, _ in played.done]
    chance.shuffle(order)
    left = {part: iter(some) for part, some in by_part.items()}
    again = Played().play([next(left[part]) for part in order])
    if ("bank", "take") not in again.refused:
        assert again.at == played.at and again.whole is played.whole
    else:
        assert again.at["firm"] is played.at["firm"], "only who takes asks what the other side has said"


@given(st.lists(steps, max_size=12))
def test_the_whole_is_open_while_nobody_has_said_no(history: History) -> None:
    played = Played().play(history)
    said_no = played.at["bank"] is BankAnswer.REFUSED or played.at["firm"] in (
        FirmAnswer.DECLINED, FirmAnswer.WITHDRAWN,
    )  # fmt: skip
    assert (played.whole is ReferralState.OPEN) is not said_no


@pytest.mark.parametrize("whole", list(ReferralState))
@pytest.mark.parametrize(("part", "verb"), [(part, verb) for part in PARTS for verb in VERBS[part]])
def test_a_step_is_taken_or_refused_with_what_is_possible(part: Part, verb: str, whole: ReferralState) -> None:
    rows = [step for step in REFERRAL if (step.part, step.verb) == (part, verb)]
    for current in STATES[part]:
        row = next((step for step in rows if current in step.sources), None)
        if row is not None and (whole is ReferralState.OPEN or not row.whole_open):
            assert referral_step(part, verb, current, whole) is row
            continue
        with pytest.raises(ConflictError) as refused:
            referral_step(part, verb, current, whole)
        said = {lang: refused.value.say(lang) for lang in ("zh", "en")}
        now = current if row is None else whole
        assert now.label.zh in said["zh"] and now.label.en in said["en"]
        for step in possible_steps(part, current, whole):
            assert step.label.zh in said["zh"] and step.label.en in said["en"]


def test_nobody_takes_what_one_side_has_ended() -> None:
    for whole in ReferralState:
        verbs = {step.verb for step in possible_steps("bank", BankAnswer.NONE, whole)}
        assert verbs == ({"take", "refuse"} if whole is ReferralState.OPEN else {"refuse"})


def test_an_undo_is_offered_only_in_time() -> None:
    for step in (step for step in REFERRAL if step.undoes):
        for current in step.sources:
            assert step in possible_steps(step.part, current, ReferralState.OPEN)
            late = possible_steps(step.part, current, ReferralState.OPEN, may_undo=False)
            assert step not in late
            with pytest.raises(ConflictError):
                referral_step(step.part, "undo", current, ReferralState.OPEN, may_undo=False)


def test_the_enterprises_word_comes_first_and_the_systems_last() -> None:
    assert referral_state(BankAnswer.REFUSED, FirmAnswer.DECLINED, closed=True) is ReferralState.DECLINED
    assert referral_state(BankAnswer.REFUSED, FirmAnswer.CONSENTED, closed=True) is ReferralState.REFUSED
    assert referral_state(BankAnswer.TAKEN, FirmAnswer.CONSENTED, closed=True) is ReferralState.CLOSED


def test_reasons_are_asked_for_where_someone_says_no_and_fit_on_a_page() -> None:
    asked = {step.verb: step.reason for step in REFERRAL if step.reason}
    assert set(asked) == {"refuse", "decline"}
    assert all(len(list(reasons)) <= 7 and list(reasons)[-1].value == "OTHER" for reasons in asked.values() if reasons)


def test_every_state_is_reached_and_each_side_moves_its_own_part_only() -> None:
    for part in ("bank", "firm"):
        assert {step.target for step in REFERRAL if step.part == part} == set(STATES[part])
        assert {step.who for step in REFERRAL if step.part == part} == {part}
    assert {step.who for step in REFERRAL if step.part == "whole"} == {"system"}
