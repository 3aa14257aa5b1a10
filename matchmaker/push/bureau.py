"""What the bureau's operators are told: the week in figures."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.push.items import Item, Receiver
from matchmaker.push.scene import Scene
from matchmaker.push.words import pair
from matchmaker.reports.weekly import FIGURES, WeekFacts, find_gaps, load_week


def items_by_receiver(
    session: Session, scene: Scene, window_on: date, people: Sequence[Receiver]
) -> Iterator[tuple[Receiver, list[Item]]]:
    """Each operator with the figures of the Monday-to-Sunday week before ``window_on``."""
    if not people:
        return
    monday = window_on - timedelta(days=window_on.weekday() + 7)
    item = _weekly(load_week(session, scene.market, scene.run.id, monday, scene.now, scene.workdays, scene.settings))
    for person in people:
        yield person, [item]


def _weekly(week: WeekFacts) -> Item:
    figures: dict[str, Any] = {figure.key: figure.query(week) for figure in FIGURES}
    year, number, _ = week.monday.isocalendar()
    payload = {
        "rests_on": {},
        "year": year,
        "week": number,
        "monday": week.monday.isoformat(),
        "sunday": (week.monday + timedelta(days=6)).isoformat(),
        "figures": figures,
        "gaps": [{"chain": pair(gap.chain), "security": pair(gap.security), "needs": gap.needs}
                 for gap in find_gaps(week)],
        "calendar_until": week.calendar_until and week.calendar_until.isoformat(),
    }  # fmt: skip
    return Item(f"weekly:{year}-W{number:02d}", "weekly", {"figures": figures, "gaps": payload["gaps"]}, payload)
