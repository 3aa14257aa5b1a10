"""What one running application holds."""

from dataclasses import dataclass

from matchmaker.clock import Now
from matchmaker.db import Database
from matchmaker.settings import Settings


@dataclass(frozen=True, slots=True)
class Matchmaker:
    """Settings, database and clock of one application; found at ``app.extensions["matchmaker"]``."""

    settings: Settings
    database: Database
    now: Now
