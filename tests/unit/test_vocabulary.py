"""Terms, sentences and errors are complete in both languages."""

import csv
import inspect
from pathlib import Path

import pytest

import matchmaker
from matchmaker.domain import errors, terms
from matchmaker.domain.errors import Exit, MatchmakerError
from matchmaker.domain.lifecycle import ENTRY
from matchmaker.domain.terms import Coded, Tier, Verdict
from matchmaker.domain.text import Text

TERMS = [c for _, c in inspect.getmembers(terms, inspect.isclass) if issubclass(c, Coded) and c is not Coded]
ERRORS = [
    c
    for _, c in inspect.getmembers(errors, inspect.isclass)
    if issubclass(c, MatchmakerError) and c is not MatchmakerError
]


@pytest.mark.parametrize("term", TERMS)
def test_every_coded_value_has_two_distinct_names(term: type[Coded]) -> None:
    for lang in ("zh", "en"):
        labels = [member.label.say(lang) for member in term]
        assert all(labels)
        assert len(set(labels)) == len(labels)
    assert [term.of(member.value) for member in term] == list(term)


def test_an_unknown_code_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Tier.of("NO_SUCH")


def test_terms_read_as_their_code() -> None:
    assert f"{Verdict.NEEDS_INFORMATION}" == "needs_information"


def test_terms_carry_the_glossarys_names() -> None:
    glossary = Path(matchmaker.__file__).parent / "data" / "glossary.csv"
    known = {row["code_name"]: row["zh"] for row in csv.DictReader(glossary.open(encoding="utf-8"))}
    for verdict in Verdict:
        assert verdict.label.zh == known[verdict.value]
    for code in ("TECH_SME", "INNOVATIVE_SME", "SRDI_SME", "CHAMPION", "HNTE"):
        assert known[code].removesuffix("制造业") == Tier.of(code).label.zh


def test_text_in_text_is_said_in_the_same_language() -> None:
    outer = Text("状态为「{now}」", "it is {now}")
    assert outer.say("zh", now=Text("草稿", "draft")) == "状态为「草稿」"
    assert outer.say("en", now=Text("草稿", "draft")) == "it is draft"
    assert Text("{", "}").say("zh") == "{"


@pytest.mark.parametrize("error", ERRORS)
def test_errors_say_their_sentence_in_both_languages(error: type[MatchmakerError]) -> None:
    raised = error(Text("第 {row} 行", "row {row}"), code="x", row=7)
    assert (raised.say("zh"), str(raised)) == ("第 7 行", "row 7")
    assert raised.exit_code in Exit


def test_exit_codes_are_those_of_the_contract() -> None:
    assert [int(e) for e in Exit] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 130]
    kinds = [error for error in ERRORS if error.__base__ is MatchmakerError]
    assert len({kind.exit_code for kind in kinds}) == len(kinds)


def test_final_states_have_no_way_out() -> None:
    sources = {s for t in ENTRY for s in t.sources}
    assert {terms.EntryStatus.WITHDRAWN, terms.EntryStatus.EXPIRED}.isdisjoint(sources)
