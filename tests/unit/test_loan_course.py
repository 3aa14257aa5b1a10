"""The course of a loan within one day: in the usual order, and with the cure first where only that fits."""

from datetime import date, timedelta

import pytest

from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.domain.loan_course import Report, fitting, run

START = date(2026, 1, 1)
AMOUNT = 300


def reports(*told: tuple[str, int, int]) -> list[Report]:
    """(kind, fen, day)."""
    return [Report(f"E{no}", kind, START + timedelta(days=day), fen) for no, (kind, fen, day) in enumerate(told)]


OVERDUE = (("drawdown", 100, 1), ("overdue", 0, 5))


@pytest.mark.parametrize(
    ("day", "state", "outstanding"),
    [
        ((("cure", 0), ("drawdown", 50)), S.IN_FORCE, 150),
        ((("cure", 0), ("drawdown", 50), ("repayment", 120)), S.IN_FORCE, 30),
        ((("cure", 0), ("overdue", 0)), S.OVERDUE, 100),
        ((("repayment", 100), ("cure", 0)), S.IN_FORCE, 0),
    ],
)
def test_a_loan_that_is_overdue_is_cured_first_where_only_that_fits(
    day: tuple[tuple[str, int], ...], state: S, outstanding: int
) -> None:
    course = run(reports(*OVERDUE, *((kind, fen, 9) for kind, fen in day)), AMOUNT)
    assert (course.misfit, course.state, course.outstanding) == (None, state, outstanding)


def test_the_last_repayment_and_the_cure_of_one_day_release_it() -> None:
    course = run(reports(*OVERDUE, ("repayment", 100, 9), ("cure", 0, 9)), 100)
    assert (course.misfit, course.state) == (None, S.RELEASED)


def test_a_day_on_which_a_loan_fell_overdue_and_was_cured_ends_as_cured() -> None:
    course = run(reports(("drawdown", 100, 1), ("overdue", 0, 5), ("cure", 0, 5)), AMOUNT)
    assert (course.misfit, course.state) == (None, S.IN_FORCE)


def test_a_day_that_fits_in_neither_order_says_why_in_the_usual_one() -> None:
    assert run(reports(*OVERDUE, ("drawdown", 50, 9)), AMOUNT).misfit == "drawn_overdue"
    cure, drawn = reports(("cure", 0, 9), ("drawdown", 50, 9))
    counted = reports(*((kind, fen, day) for kind, fen, day in OVERDUE))
    assert fitting(counted, [drawn], AMOUNT) == []
    assert set(fitting(counted, [drawn, cure], AMOUNT)) == {drawn, cure}
