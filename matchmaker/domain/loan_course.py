"""The course of a covered loan, as its bank's reports tell it: derived from all of them in the order they happened.

Reports may come late or in another order, so what a loan has come to is never carried forward from report to report:
it is reckoned anew from all that count, sorted by the day on which they happened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from matchmaker.domain.guarantee_terms import GuaranteeState as S

RANKS = {"drawdown": 0, "overdue": 1, "repayment": 2, "cure": 3, "close": 4}
"""Of one day the drawdowns count first; a day on which a loan fell overdue and was cured ends as cured."""

CURED_FIRST = {**RANKS, "cure": -1}
"""The order of a day that fits in no other: overdue when it began, the loan was drawn on, or fell overdue again."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report: ``kind`` of ``RANKS``, principal in fen (of ``close`` all that was ever drawn)."""

    event_no: str
    kind: str
    on: date
    fen: int = 0


@dataclass(frozen=True, slots=True)
class Course:
    """What a loan has come to. ``misfit``: why the reports do not fit together (a code), None where they do."""

    state: S = S.APPROVED
    drawn: int = 0
    repaid: int = 0
    overdue_on: date | None = None
    closed_on: date | None = None
    misfit: str | None = None

    @property
    def outstanding(self) -> int:
        """Principal that is owed, in fen."""
        return self.drawn - self.repaid


def order(report: Report) -> tuple[date, int, str]:
    """By day, within a day by kind, then by number."""
    return report.on, RANKS[report.kind], report.event_no


def run(reports: Iterable[Report], amount_fen: int) -> Course:
    """The course of a loan of at most ``amount_fen`` (fen) after all these reports; with ``misfit`` at the first that
    does not fit where it stands. It is released as soon as nothing is owed and nothing is left to draw."""
    course = Course()
    for _, day in groupby(sorted(reports, key=order), key=lambda report: report.on):
        course = _day(course, list(day), amount_fen)
        if course.misfit:
            return course
    return course


def _day(course: Course, day: list[Report], amount_fen: int) -> Course:
    """After the reports of one day, in the order of ``RANKS``; in that of ``CURED_FIRST`` where only that fits."""
    usual = _in_turn(course, day, amount_fen)
    if usual.misfit is None:
        return usual
    other = _in_turn(course, sorted(day, key=lambda report: CURED_FIRST[report.kind]), amount_fen)
    return other if other.misfit is None else usual


def _in_turn(course: Course, reports: Iterable[Report], amount_fen: int) -> Course:
    for report in reports:
        course = _after(course, report, amount_fen)
        if course.misfit:
            return course
        if course.drawn and not course.outstanding and (course.closed_on or course.drawn == amount_fen):
            course = replace(course, state=S.RELEASED)
    return course


def _after(course: Course, report: Report, amount_fen: int) -> Course:
    if course.state is S.RELEASED:
        return replace(course, misfit="released")
    return _STEPS[report.kind](course, report, amount_fen)


def _drawdown(course: Course, report: Report, amount_fen: int) -> Course:
    if course.closed_on or course.state is S.OVERDUE:
        return replace(course, misfit="closed" if course.closed_on else "drawn_overdue")
    if course.drawn + report.fen > amount_fen:
        return replace(course, misfit="over_amount")
    return replace(course, drawn=course.drawn + report.fen, state=S.IN_FORCE)


def _repayment(course: Course, report: Report, _: int) -> Course:
    if report.fen > course.outstanding:
        return replace(course, misfit="not_drawn")
    return replace(course, repaid=course.repaid + report.fen)


def _overdue(course: Course, report: Report, _: int) -> Course:
    if course.state is not S.IN_FORCE or not course.outstanding:
        return replace(course, misfit="not_running")
    return replace(course, state=S.OVERDUE, overdue_on=report.on)


def _cure(course: Course, report: Report, _: int) -> Course:
    if course.state is not S.OVERDUE:
        return replace(course, misfit="not_overdue")
    return replace(course, state=S.IN_FORCE, overdue_on=None)


def _close(course: Course, report: Report, _: int) -> Course:
    if course.closed_on or not course.drawn or report.fen != course.drawn:
        return replace(course, misfit="drawn_differs")
    return replace(course, closed_on=report.on)


_STEPS = {"drawdown": _drawdown, "repayment": _repayment, "overdue": _overdue, "cure": _cure, "close": _close}


def fitting(counted: Sequence[Report], waiting: Sequence[Report], amount_fen: int) -> list[Report]:
    """Those of ``waiting`` that fit beside what counts already: all of them at once, or one after the other.

    What counts stays counted: a report that would not fit any more stands against what came later, which waits. So the
    same reports end in the same course whatever order they came in, if they fit together at all.
    """
    if run([*counted, *waiting], amount_fen).misfit is None:
        return sorted(waiting, key=order)
    taken: list[Report] = []
    left = sorted(waiting, key=order)
    while fits := next((one for one in left if run([*counted, *taken, one], amount_fen).misfit is None), None):
        taken.append(fits)
        left.remove(fits)
    return taken
