"""A-2: ``/healthz`` says that the process lives, ``/readyz`` that it can work; ``flask doctor`` says the same, with
remedies."""

import json
from datetime import timedelta
from pathlib import Path

from flask import Flask

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.push.models import SchedulerHeartbeat
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of
from tests.support.stock import NOW


def doctor(app: Flask) -> dict[str, dict[str, str]]:
    done = app.test_cli_runner().invoke(args=["doctor", "--json", "--lang", "en"])
    return {found["key"]: found for found in json.loads(done.stdout)["findings"]}


def app_on(url: str, folder: Path) -> Flask:
    return create_app(Settings(instance=folder, database_url=url, secret_key=SECRET), now=lambda: NOW)


def test_a2_a_ready_service_says_what_it_looked_at(conformance_url: str, tmp_path: Path) -> None:
    app = app_on(conformance_url, tmp_path)
    with parts_of(app).database.writing(SYSTEM) as session:
        session.add(SchedulerHeartbeat(name="here", started_at=NOW, beat_at=NOW))
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.mimetype, ready.json["status"]) == (200, "application/json", "ok")
    checks = ready.json["checks"]
    assert {name: checks[name] for name in ("database", "calendar", "scheduler")} == {
        "database": "ok", "calendar": "warning", "scheduler": "ok",
    }  # fmt: skip
    assert ready.json["calendar_days_left"] == 31
    told = doctor(app)
    assert {key: found["state"] for key, found in told.items()} == checks
    assert "flask registers import workdays" in told["calendar"]["remedy"]
    assert str(tmp_path) not in ready.text
    parts_of(app).database.dispose()


def test_a2_a_silent_scheduler_is_seen(conformance_sqlite_url: str, tmp_path: Path) -> None:
    app = app_on(conformance_sqlite_url, tmp_path)
    with parts_of(app).database.writing(SYSTEM) as session:
        session.add(SchedulerHeartbeat(name="here", started_at=NOW, beat_at=NOW - timedelta(minutes=30)))
    assert app.test_client().get("/readyz").json["checks"]["scheduler"] == "warning"
    assert "flask scheduler run" in doctor(app)["scheduler"]["remedy"]
    parts_of(app).database.dispose()


def test_a2_a_database_that_is_not_migrated_is_not_ready(sqlite_url: str, tmp_path: Path) -> None:
    app = app_on(sqlite_url, tmp_path)
    ready = app.test_client().get("/readyz")
    assert (ready.status_code, ready.json["checks"]["database"]) == (503, "error")
    assert app.test_client().get("/healthz").status_code == 200
    assert "flask db upgrade" in doctor(app)["database"]["seen"]
    parts_of(app).database.dispose()
