"""``/healthz``: the process answers. ``/readyz``: it can do its work."""

from typing import Any

from flask import Blueprint
from sqlalchemy import text

from matchmaker.domain.errors import MatchmakerError
from matchmaker.web.view import parts

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> dict[str, Any]:
    """The process is alive."""
    return {"status": "ok"}


@health.get("/readyz")
def readyz() -> tuple[dict[str, Any], int]:
    """The database answers and has its tables."""
    try:
        with parts().database.reading() as session:
            revision = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except MatchmakerError as error:
        return {"status": "unavailable", "code": error.code}, 503
    return {"status": "ok", "schema": revision}, 200
