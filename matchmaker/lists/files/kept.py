"""Files that were handed in, and their annotated copies: kept for mending and confirming them, and no longer."""

from datetime import datetime
from pathlib import Path

from matchmaker.settings import Settings

DAYS = 30
"""What was handed in is kept so long (PIPL article 19: no longer than its purpose needs)."""


def report_path(settings: Settings, public_id: str) -> Path:
    """Where the copy of a faulty file with each fault at its cell lies: under a name of ours, outside the web."""
    return _folder(settings) / f"{public_id}.xlsx"


def source_path(settings: Settings, public_id: str, file_name: str) -> Path:
    """Where the file itself lies until it is confirmed; of its own name only the ending is taken."""
    ending = ".csv" if file_name.lower().endswith(".csv") else ".xlsx"
    return _folder(settings) / f"{public_id}.source{ending}"


def room_for(settings: Settings, now: datetime) -> Path:
    """The folder of what was handed in, made where it is not there, without what has lain there too long."""
    folder = _folder(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    oldest = now.timestamp() - DAYS * 86_400
    for path in (*folder.glob("*.xlsx"), *folder.glob("*.csv")):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
    return folder


def _folder(settings: Settings) -> Path:
    return settings.instance.resolve() / "uploads"
