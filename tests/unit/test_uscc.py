"""Both check characters of a unified social credit code."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain import uscc

with (Path(__file__).parents[1] / "data" / "uscc_vectors.csv").open(encoding="utf-8") as file:
    VECTORS = [(row["code"], row["valid"] == "yes") for row in csv.DictReader(file)]


@pytest.mark.parametrize(("code", "valid"), VECTORS)
def test_vectors(code: str, valid: bool) -> None:
    assert (uscc.problem(code) is None) is valid


BODY = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8)


@given(BODY, st.integers(0, 17), st.sampled_from(uscc.ALPHABET))
def test_one_wrong_character_is_always_noticed(body: str, place: int, other: str) -> None:
    code = uscc.make("371002", body)
    assert uscc.problem(code) is None
    wrong = code[:place] + other + code[place + 1 :]
    assert (uscc.problem(wrong) is None) is (wrong == code)


def test_problems_are_told_apart() -> None:
    code = uscc.make("371000", "MA0TE5T1")
    assert uscc.problem(code[:-1]) == "length"
    assert uscc.problem("O" + code[1:]) == "character"
    wrong_inside = code[:16] + ("1" if code[16] != "1" else "2")
    assert uscc.problem(wrong_inside + uscc.check_character(wrong_inside)) == "organisation_check"
    assert uscc.problem(code[:17] + ("1" if code[17] != "1" else "2")) == "check"
