"""预警: what is late, what ends soon, and which limits are nearly used up; each number leads to its rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from flask import url_for
from sqlalchemy import ColumnElement, func, select

from matchmaker.db import ScopedSession
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.ledger.queries import exposure
from matchmaker.web.guard import action
from matchmaker.web.pages.guarantees.gauges import WARN, Gauge, gauges_of
from matchmaker.web.pages.guarantees.routes import guarantees
from matchmaker.web.tables.guarantees import TABS
from matchmaker.web.view import actor, current_day, current_lang, page, reading

SOON = timedelta(days=14)
"""How long before its end a letter is told as ending."""


@dataclass(frozen=True, slots=True)
class Alert:
    """So many guarantees, and where they are listed."""

    label: Text
    count: int
    href: str
    kind: str


@guarantees.get("/alerts")
@action("guarantees.exposure")
def alerts() -> str:
    """Cases that want attention, and limits past the warning line."""
    with reading() as session:
        return page("guarantee_alerts.html", alerts=list(alerts_of(session, current_day())), near=near_limits(session))


def alerts_of(session: ScopedSession, on: date) -> Iterator[Alert]:
    """Each kind of alert with its count; the address lists exactly what is counted."""
    yesterday, soon = on - timedelta(days=1), on + SOON
    queue = Guarantee.state.in_([state.value for state in TABS["queue"].states])
    late = queue & (Guarantee.due_on < on)
    ending = (Guarantee.state == S.APPROVED.value) & (Guarantee.letter_expires_on <= soon)
    yield _alert(session, _OVERDUE, Guarantee.state == S.OVERDUE.value, "failed", tab="book", state=S.OVERDUE.value)
    yield _alert(session, _CLAIMED, Guarantee.state == S.CLAIMED.value, "failed", tab="claims", state=S.CLAIMED.value)
    yield _alert(session, _LATE, late, "near", **{"tab": "queue", "due.to": yesterday.isoformat()})
    yield _alert(session, _ENDING, ending, "near", **{"tab": "letters", "letter.to": soon.isoformat()})


def _alert(session: ScopedSession, label: Text, which: ColumnElement[bool], kind: str, **address: str) -> Alert:
    count = session.scalar(select(func.count()).select_from(Guarantee).where(which)) or 0
    return Alert(label, count, url_for("guarantees.listing", **address), kind if count else "out")  # type: ignore[arg-type]


def near_limits(session: ScopedSession) -> list[tuple[str, Gauge]]:
    """Limits of guarantors and schemes that are used beyond the warning line: whose, and how far."""
    lang = current_lang()
    found: list[tuple[str, Gauge]] = []
    for one in exposure(session, current_day()):
        if actor().side is not Side.BUREAU and one.org_code not in actor().orgs:
            continue
        found += [(one.name, gauge) for gauge in gauges_of(one.limits, lang)]
        found += [(scheme.name, gauge) for scheme in one.schemes for gauge in gauges_of(scheme.limits, lang)]
    return [(whose, gauge) for whose, gauge in found if _is_near(gauge)]


def _is_near(gauge: Gauge) -> bool:
    return gauge.tone == "failed" or (gauge.percent is not None and gauge.percent >= Decimal(WARN))


_OVERDUE = Text("贷款逾期", "Loans overdue")
_CLAIMED = Text("代偿申请待办", "Claims to be handled")
_LATE = Text("已过审批时限", "Decisions past their day")
_ENDING = Text("增信函 14 日内到期", "Letters that end within 14 days")
