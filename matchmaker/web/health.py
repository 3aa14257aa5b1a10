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
    """State of each thing that ``flask doctor`` looks at; 503 when one of them keeps the service from working."""
    found = examine(parts(), "en")
    working = all(finding.state != "error" for finding in found)
    checks = {finding.key: finding.state for finding in found}
    return {"status": "ok" if working else "unavailable", "checks": checks}, 200 if working else 503
