"""A recognition that an enterprise holds until a date."""

from dataclasses import dataclass
from datetime import date

from matchmaker.domain.terms import Tier


@dataclass(frozen=True, slots=True)
class TierHeld:
    """A recognition and its last valid day (None: open-ended)."""

    tier: Tier
    valid_to: date | None = None

    def __str__(self) -> str:
        """As written in files: ``CODE`` or ``CODE@2026-12-31``."""
        return f"{self.tier}@{self.valid_to}" if self.valid_to else str(self.tier)

    def held_on(self, day: date) -> bool:
        """Whether the recognition still counts on ``day``."""
        return self.valid_to is None or self.valid_to >= day
