"""A clock that tests move by hand."""

from datetime import UTC, datetime, timedelta


class MovingClock:
    """Stands still until it is moved."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)) -> None:
        self.moment = start

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        """Forward, by what ``timedelta`` takes."""
        self.moment += timedelta(**by)
