"""Coded terms of credit information, and by when a dispute of it has to be answered."""

from dataclasses import dataclass
from datetime import date, timedelta

from matchmaker.domain.terms import Coded
from matchmaker.domain.workdays import ONE_DAY, Workdays

DISPUTE_DAYS = 20
"""《征信业管理条例》 article 25: to be looked into and answered within 20 days."""
OWN_WORKDAYS, OTHERS_WORKDAYS = 3, 7
"""《山东省社会信用条例》 article 39: 3 workdays for what is one's own, 7 where another body has to help."""


class CreditNature(Coded):
    """Whose records a source holds; the law of the answer to a dispute follows from it."""

    OWN = "OWN", "本部门公共信用信息", "public records of the bureau itself"
    PUBLIC = "PUBLIC", "其他部门公共信用信息", "public records of another body"
    MARKET = "MARKET", "市场信用信息", "market records"
    AGENCY = "AGENCY", "征信机构信息", "records of a credit reporting agency"


class Deadline(Coded):
    """By what rule the last day of an answer was reckoned; kept with the request."""

    OWN = (
        "OWN",
        "《山东省社会信用条例》第三十九条：3 个工作日",
        "Shandong Social Credit Regulation, art. 39: 3 workdays",
    )
    OTHERS = (
        "OTHERS",
        "《山东省社会信用条例》第三十九条：需其他单位协查，7 个工作日",
        "Shandong Social Credit Regulation, art. 39: 7 workdays, another body helps",
    )
    AGENCY = "AGENCY", "《征信业管理条例》第二十五条：20 日", "Regulation on Credit Reporting, art. 25: 20 days"
    REPAIR = (
        "REPAIR",
        "《山东省社会信用条例》第四十一条：及时告知；本平台定为 7 个工作日",
        "Shandong Social Credit Regulation, art. 41: in good time; 7 workdays is ours",
    )


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of an answer, and the rule that gives it."""

    on: date
    rule: Deadline


def dispute_due(nature: CreditNature | None, on: date, workdays: Workdays) -> Due:
    """The earlier of the two laws' last days for a dispute made on ``on``.

    The province's regulation holds for public and market records, and for a source that nobody has described; a credit
    reporting agency is under the State Council's alone.
    """
    by_days = Due(last_workday(on, DISPUTE_DAYS, workdays), Deadline.AGENCY)
    if nature is CreditNature.AGENCY:
        return by_days
    own = nature is CreditNature.OWN
    count, rule = (OWN_WORKDAYS, Deadline.OWN) if own else (OTHERS_WORKDAYS, Deadline.OTHERS)
    return min(Due(workdays.add(on, count), rule), by_days, key=lambda due: due.on)


def repair_due(on: date, workdays: Workdays) -> Due:
    """By when a wish for repair (信用修复) that was made on ``on`` is answered."""
    return Due(workdays.add(on, OTHERS_WORKDAYS), Deadline.REPAIR)


def last_workday(on: date, days: int, workdays: Workdays) -> date:
    """The last workday within ``days`` calendar days after ``on``: a limit in calendar days is never stretched."""
    due = on + timedelta(days=days)
    while due > on and not workdays.is_workday(due):
        due -= ONE_DAY
    return due
