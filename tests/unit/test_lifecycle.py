"""The transition table of list entries: every step it has works, every other is refused by name."""

import pytest

from matchmaker.domain.errors import ConflictError, Exit
from matchmaker.domain.lifecycle import ENTRY, VERBS, step
from matchmaker.domain.terms import EntryStatus as S

FINAL = {S.WITHDRAWN, S.EXPIRED}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", list(S))
def test_a_step_is_taken_or_refused(status: S, verb: str) -> None:
    transition = next(t for t in ENTRY if t.verb == verb)
    if status in transition.sources:
        assert step(status, verb) is transition.target
        return
    with pytest.raises(ConflictError) as refused:
        step(status, verb)
    assert refused.value.exit_code is Exit.CONFLICT
    for lang, label in (("zh", status.label.zh), ("en", status.label.en)):
        assert label in refused.value.say(lang)  # type: ignore[arg-type]


def test_the_main_road() -> None:
    status = S.DRAFT
    for verb, expected in (
        ("submit", S.SUBMITTED),
        ("return", S.DRAFT),
        ("submit", S.SUBMITTED),
        ("publish", S.PUBLISHED),
        ("suspend", S.SUSPENDED),
        ("resume", S.PUBLISHED),
        ("expire", S.EXPIRED),
    ):
        status = step(status, verb)
        assert status is expected


def test_final_states_have_no_way_out() -> None:
    assert all(not FINAL & set(t.sources) for t in ENTRY)


def test_every_state_is_reached_and_every_open_one_left() -> None:
    assert {t.target for t in ENTRY} | {S.DRAFT} == set(S)
    assert {source for t in ENTRY for source in t.sources} == set(S) - FINAL


def test_only_the_bureau_publishes_and_only_the_system_ends() -> None:
    who = {t.verb: t.who for t in ENTRY}
    assert "owner" not in who["publish"] + who["return"] + who["expire"]
    assert who["expire"] == ("system",)
