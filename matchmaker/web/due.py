"""Due dates in words: the weekday, and how many workdays are left."""

from collections.abc import Callable
from datetime import date

from markupsafe import Markup

from matchmaker.domain.text import Text
from matchmaker.domain.workdays import Workdays
from matchmaker.web.view import day_tag, moment

_LEFT = Text("剩 {n} 个工作日", "{n} workdays left")
_LAST = Text("今天到期", "due today")
_OVER = Text("已超时 {n} 个工作日", "{n} workdays overdue")
NEAR = 2
"""From so many workdays before on a due date is marked."""


def due_words(workdays: Workdays, today: date) -> Callable[[date | None], Markup]:
    """A due date for the reader: ``11-26（周四，剩 3 个工作日）``; never by colour alone (EXPERIENCE.md B-5)."""

    def told(due: date | None) -> Markup:
        if due is None:
            return moment(None)
        if due < today:
            return day_tag(due, "failed", _OVER, n=max(workdays.between(due, today), 1))
        left = workdays.between(today, due)
        kind = "near" if left <= NEAR else ""
        return day_tag(due, kind, _LAST) if due == today else day_tag(due, kind, _LEFT, n=left)

    return told
