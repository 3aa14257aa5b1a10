"""The examples of ``--json`` in the reference have the keys that a real run prints, at every level.

After a change of what a command prints, write the examples anew: ``python -m tests.contract.test_json_examples``.
"""

import json
import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from matchmaker import create_app
from matchmaker.actor import CLI, SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import Exit
from matchmaker.domain.terms import Role
from matchmaker.guarantee.endorsement.models import Certificate
from matchmaker.guarantee.ledger.models import GuaranteeBalance
from matchmaker.guarantee.rating.rules import load_default_rules
from matchmaker.lists.defaults import load_defaults
from matchmaker.schema import upgrade
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, add_person
from tests.support.city import TUESDAY, code_of, contact, need, product, put, small_city
from tests.support.consenting import let_cover
from tests.support.covering import booked, case, guarantors, reserve
from tests.support.endorsing import certify, rate
from tests.support.guaranteeing import Play, guaranteed_city
from tests.support.http_sink import http_sink
from tests.support.rating import changed_rules
from tests.support.scorecards import add_history
from tests.support.webhooks import LOOPBACK, add_endpoint
from tests.support.webhooks import put as hand_in
from tests.support.webhooks import send as deliver

EXAMPLES = Path(__file__).parents[2] / "docs" / "reference" / "examples"


def printed(app: Flask, *words: str, code: Exit = Exit.DONE) -> Any:
    done = app.test_cli_runner().invoke(args=[*words, "--json", "--lang", "en"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def push_run(app: Flask, folder: Path) -> Any:
    """Two enterprises, one bank and the bureau at the window of the enterprises; one contact has no address."""
    return printed(app, "push", "run", "--at", "2026-11-24T09:30")


def lists_import(app: Flask, folder: Path) -> Any:
    """One new need, and one that is sent back with the cell that is to be mended."""
    rows = [
        "need_no,uscc,amount_wan,term_months,purpose,remark_of_ours",
        f"XQ-20261118-0101,{code_of(1)},300,12,WORKING_CAPITAL,",
        f"XQ-20261118-0102,{code_of(2)},three hundred,12,WORKING_CAPITAL,",
    ]
    file = folder / "needs.csv"
    file.write_text("\n".join(rows), "utf-8")
    told = printed(app, "lists", "import", "needs", str(file), "--partial", code=Exit.REJECTED)
    return {**told, "file": file.name}


def match_run(app: Flask, folder: Path) -> Any:
    """A stored matching of a day."""
    return printed(app, "match", "run", "--on", "2026-11-24")


def doctor(app: Flask, folder: Path) -> Any:
    """Everything that is looked at."""
    told = printed(app, "doctor")
    return json.loads(json.dumps(told).replace(str(folder), "instance"))


def webhook_list(app: Flask, folder: Path) -> Any:
    """An endpoint of a bank."""
    add_endpoint(database_of(app), "https://system.b1.example/hooks", org_code="B1", settings=LOOPBACK)
    return printed(app, "webhook", "list")


def webhook_deliveries(app: Flask, folder: Path) -> Any:
    """One delivery that arrived."""
    database = database_of(app)
    with http_sink() as sink:
        endpoint, _ = add_endpoint(database, sink.url(), org_code="B1")
        hand_in(database, endpoint, at=TUESDAY)
        deliver(database, at=TUESDAY)
    return printed(app, "webhook", "deliveries", endpoint.public_id)


def rating_show(app: Flask, folder: Path) -> Any:
    """An enterprise with a penalty, of a day on which one source is connected."""
    _put_penalty(app)
    printed(app, "rating", "run", "--uscc", code_of(1))
    return printed(app, "rating", "show", code_of(1))


def rating_run(app: Flask, folder: Path) -> Any:
    """All that are due."""
    return printed(app, "rating", "run", "--all")


def rating_rules_list(app: Flask, folder: Path) -> Any:
    """The rules of the package."""
    return printed(app, "rating", "rules", "list")


def rating_rules_preview(app: Flask, folder: Path) -> Any:
    """What milder rules would change."""
    _put_penalty(app)
    file = folder / "rules.json"
    milder = changed_rules(no_admin_penalty={"fail": "D", "serious": "D"})
    file.write_text(json.dumps(milder), "utf-8")
    return printed(app, "rating", "rules", "preview", str(file))


def _put_penalty(app: Flask) -> None:
    with database_of(app).writing(SYSTEM) as session:
        put(session, "credit-records", {
            "source": "信用中国", "record_no": "C1", "uscc": code_of(1), "authority": "市场监督管理局",
            "kind": "ADMIN_PENALTY", "severity": "GENERAL", "decided_on": "2026-05-01", "disclosure": "PUBLIC",
        })  # fmt: skip
        put(session, "enterprises", {"uscc": code_of(1), "tiers": "SRDI_SME@2028-09-01"})


def scorecard_fit(app: Flask, folder: Path) -> Any:
    """A card on a synthetic history, tried."""
    return fitted_card(app, "--dry-run")


def scorecard_show(app: Flask, folder: Path) -> Any:
    """The counts, and one card that nobody has released yet."""
    fitted_card(app)
    return printed(app, "scorecard", "show")


def scorecard_release(app: Flask, folder: Path) -> Any:
    """A card that a second person puts in use."""
    made = fitted_card(app)
    add_person(app, Role.OPERATOR, org_code="J1", login="two@city.example")
    return printed(app, "scorecard", "release", made["version"], "--by", "two@city.example")


def scorecard_drift(app: Flask, folder: Path) -> Any:
    """Applications of the months after the card, and how they ended."""
    scorecard_release(app, folder)
    with database_of(app).writing(SYSTEM) as session:
        add_history(session, 300, newest=date(2026, 11, 1), days=100, name="N")
    return printed(app, "scorecard", "drift")


def fitted_card(app: Flask, *words: str) -> Any:
    """A synthetic history, and the card fitted on it by the first person."""
    add_person(app, Role.OPERATOR, org_code="J1", login="one@city.example")
    with database_of(app).writing(SYSTEM) as session:
        add_history(session)
    return printed(app, "scorecard", "fit", "--by", "one@city.example", *words)


def guarantee_exposure(app: Flask, folder: Path) -> Any:
    """Two guarantors with a case each, drawn in part."""
    covered(app)
    return printed(app, "guarantee", "exposure")


def guarantee_verify(app: Flask, folder: Path) -> Any:
    """Books in which somebody has changed a balance behind the application's back."""
    covered(app)
    with database_of(app).writing(SYSTEM) as session:
        session.execute(update(GuaranteeBalance).where(GuaranteeBalance.scope == "guarantor").values(loss=1))
    return printed(app, "guarantee", "verify", code=Exit.REJECTED)


def guarantee_stress(app: Flask, folder: Path) -> Any:
    """A chain that pays late, and the failure of the largest."""
    covered(app)
    return printed(app, "guarantee", "stress")


def covered(app: Flask) -> None:
    """A case with each of two guarantors."""
    database = database_of(app)
    with database.writing(SYSTEM) as session:
        guarantors(session, schemes={"cap_wan": "50000", "budget_wan": "100", "compensation_cap_pct": "5%"})
        related = [{"group_code": "R1", "uscc": code_of(number), "relation": "同一实际控制人"} for number in (1, 2)]
        put(session, "related-groups", *related)
    for one in (case(1, 300, groups=("R1",)), case(2, 500, org=2, groups=("R1",))):
        reserve(database, one)
        booked(database, "drawdown", one, fen=20_000_000)


def guarantee_events(app: Flask, folder: Path) -> Any:
    """A drawdown, a cure that waits for the delay, and one of a guarantee that does not exist."""
    play = played(app, folder)
    number = play.approved().guarantee_no
    file = folder / "reports.csv"
    rows = [
        "event_no,guarantee_no,kind,happened_on,amount_yuan,branch",
        f"FK-1,{number},drawdown,2026-11-24,1000000,", f"JQ-1,{number},cure,2026-11-24,,",
        "FK-2,DB-20261124-nobody,drawdown,2026-11-24,1000000,",
    ]  # fmt: skip
    file.write_text("\n".join(rows), "utf-8")
    return printed(app, "guarantee", "events", str(file), code=Exit.REJECTED)


def guarantee_cover(app: Flask, folder: Path) -> Any:
    """A loan that is covered, and one of an enterprise that has not consented."""
    play = played(app, folder)
    let_cover(play.database, play.settings, now=TUESDAY)
    file = folder / "loans.csv"
    rows = ["event_no,scheme_code,uscc,amount_yuan,term_months,branch"]
    rows += [f"DK-{number},S1,{code_of(number)},1000000,12," for number in (1, 2)]
    file.write_text("\n".join(rows), "utf-8")
    return printed(app, "guarantee", "cover", str(file), "--bank", "B1", code=Exit.REJECTED)


def guarantee_lapse(app: Flask, folder: Path) -> Any:
    """A reservation that nobody decided in time."""
    played(app, folder, at=TUESDAY - timedelta(days=60)).apply()
    return printed(app, "guarantee", "lapse")


def played(app: Flask, folder: Path, at: datetime = TUESDAY) -> Play:
    """A case with a guarantor and two rated enterprises, to be played."""
    database = database_of(app)
    return Play(database, guaranteed_city(database, folder, firms=2), at=at)


def certificate_keys_list(app: Flask, folder: Path) -> Any:
    """The key that signs, and the one before, by which a certificate holds that was signed with it."""
    certified(app)
    assert app.test_cli_runner().invoke(args=["certificate", "keys", "rotate"]).exit_code == Exit.DONE
    return printed(app, "certificate", "keys", "list")


def certificate_verify(app: Flask, folder: Path) -> Any:
    """A certificate that holds."""
    return printed(app, "certificate", "verify", certified(app).token)


def certified(app: Flask) -> Certificate:
    """The first enterprise is rated and has that certified."""
    settings = app.extensions["matchmaker"].settings
    rate(database_of(app), settings, "B", now=TUESDAY)
    return certify(database_of(app), settings, now=TUESDAY)


def database_of(app: Flask) -> Database:
    database: Database = app.extensions["matchmaker"].database
    return database


MADE: dict[str, Callable[[Flask, Path], Any]] = {
    "push-run": push_run,
    "lists-import": lists_import,
    "match-run": match_run,
    "doctor": doctor,
    "certificate-keys-list": certificate_keys_list,
    "certificate-verify": certificate_verify,
    "rating-show": rating_show,
    "rating-run": rating_run,
    "rating-rules-list": rating_rules_list,
    "rating-rules-preview": rating_rules_preview,
    "scorecard-fit": scorecard_fit,
    "scorecard-show": scorecard_show,
    "scorecard-release": scorecard_release,
    "scorecard-drift": scorecard_drift,
    "webhook-list": webhook_list,
    "webhook-deliveries": webhook_deliveries,
    "guarantee-exposure": guarantee_exposure,
    "guarantee-verify": guarantee_verify,
    "guarantee-stress": guarantee_stress,
    "guarantee-events": guarantee_events,
    "guarantee-cover": guarantee_cover,
    "guarantee-lapse": guarantee_lapse,
}


def city(folder: Path) -> Flask:
    """A city of two enterprises and a bank, with the clock at the enterprises' window."""
    url = f"sqlite:///{folder / 'matchmaker.db'}"
    settings = Settings(instance=folder, database_url=url, secret_key=SECRET)
    upgrade(settings.database_url)
    app = create_app(settings, now=lambda: TUESDAY)
    with app.extensions["matchmaker"].database.writing(SYSTEM) as session:
        load_defaults(session, now=TUESDAY)
        load_default_rules(session, actor=CLI, now=TUESDAY)
        small_city(session, firms=2, banks=1)
        put(session, "products", product("B1", 2, security="PLEDGE"))
        put(session, "needs", need(2, submitted_on=""))
        put(session, "contacts", contact("E002", uscc=code_of(2), role="FINANCE", email=""))
    return app


@pytest.mark.parametrize("name", MADE)
def test_the_example_has_the_keys_of_a_real_run(name: str, tmp_path: Path) -> None:
    example = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    assert shape(example) == shape(MADE[name](city(tmp_path), tmp_path))


@pytest.mark.parametrize("name", MADE)
def test_the_example_shows_something_in_every_list(name: str) -> None:
    example = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    assert example
    assert [key for key, value in example.items() if value == []] == []


def shape(value: Any) -> Any:
    """Keys at every level; of a list, those of its elements, each shape once."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape(inner), sort_keys=True) for inner in value})
    return "null or value"


def write_examples() -> None:
    """Make the documents anew."""
    for name, make in MADE.items():
        with tempfile.TemporaryDirectory() as folder:
            told = make(city(Path(folder)), Path(folder))
        (EXAMPLES / f"{name}.json").write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    write_examples()
