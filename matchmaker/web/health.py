"""``/healthz``: the process answers. ``/readyz``: it can do its work."""

from typing import Any

from flask import Blueprint

from matchmaker.health import examine
from matchmaker.web.guard import action
from matchmaker.web.view import parts

health = Blueprint("health", __name__)


@health.get("/healthz")
@action("health")
def healthz() -> dict[str, Any]:
    """The process is alive."""
    return {"status": "ok"}


@health.get("/readyz")
@action("health")
def readyz() -> tuple[dict[str, Any], int]:
    """State of each thing that ``flask doctor`` looks at; 503 when one of them keeps the service from working.

    Nothing of what was seen but states and the days that the workday calendar still covers: anybody may ask.
    """
    found = examine(parts(), "en")
    working = all(finding.state != "error" for finding in found)
    checks = {finding.key: finding.state for finding in found}
    days = next((finding.days for finding in found if finding.key == "calendar"), None)
    told = {"status": "ok" if working else "unavailable", "checks": checks, "calendar_days_left": days}
    return told, 200 if working else 503
