"""What a scheduled job works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from matchmaker.clock import Now
from matchmaker.db import Database
from matchmaker.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """What a job works with. ``stopping()`` turns true when the process has been asked to end."""

    database: Database
    settings: Settings
    now: Now
    stopping: Callable[[], bool] = lambda: False
    started_at: datetime | None = None
