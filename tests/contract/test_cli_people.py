"""``flask people`` and ``flask secret``: the first person, and help where nobody can sign in any more."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.accounts.models import AuditEvent, Person
from matchmaker.actor import SYSTEM
from matchmaker.domain.errors import Exit
from matchmaker.outbox.models import OutboxMessage
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of
from tests.support.browsing import PASSWORD, browser_of, send, sign_in
from tests.support.offices import BANK, BUREAU, CONTACT, USCC, add_offices

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app(conformance_sqlite_url: str, tmp_path: Path) -> Flask:
    url = add_offices(conformance_sqlite_url)
    return create_app(Settings(instance=tmp_path, database_url=url, secret_key=SECRET))


def run(app: Flask, *args: str, given: str = "") -> Result:
    return app.test_cli_runner().invoke(args=["people", *args, "--lang", "en"], input=given)


def people(app: Flask) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = json.loads(run(app, "list", "--json").stdout)
    return listed


def audited(app: Flask) -> list[str]:
    with parts_of(app).database.reading(SYSTEM) as session:
        wanted = AuditEvent.subject.startswith("person:")
        return list(session.scalars(select(AuditEvent.action).where(wanted).order_by(AuditEvent.seq)))


def test_the_first_person_gets_a_link_that_works_once(app: Flask) -> None:
    assert people(app) == []
    done = run(app, "add", "Chief@City.example", "--name", "王敏", "--role", "OPERATOR", "--org", BUREAU)
    assert done.exit_code == 0, done.output
    found = re.search(r"http://127\.0\.0\.1:5000(/reset/[\w-]{43})\n", done.stdout)
    assert found is not None
    assert people(app) == [
        {
            "login": "chief@city.example", "name": "王敏", "org_code": BUREAU, "uscc": None, "roles": ["OPERATOR"],
            "second_factor": False, "disabled": False,
        }
    ]  # fmt: skip
    client = browser_of(app)
    assert send(client, found[1], password=PASSWORD, repeated=PASSWORD).location == "/sign-in"
    assert client.get(found[1]).status_code == 400
    assert sign_in(client, "chief@city.example").location == "/account/second-factor"
    assert audited(app)[:2] == ["person.created", "role.granted"]


def test_a_password_is_read_from_standard_input_and_held_to_the_same_rules(app: Flask) -> None:
    add = ("add", "safety", "--name", "李安", "--role", "SECURITY_ADMIN", "--password-stdin")
    assert run(app, *add, given="12345678\n").exit_code == Exit.REJECTED
    done = run(app, *add, given=f"{PASSWORD}\n")
    assert done.exit_code == 0 and "/reset/" not in done.output and PASSWORD not in done.output
    assert sign_in(browser_of(app), "safety").location == "/account/second-factor"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("someone", "--role", "OPERATOR"), Exit.NOT_ALLOWED),
        (("someone", "--role", "OPERATOR", "--org", BANK), Exit.NOT_ALLOWED),
        (("someone", "--role", "SYSTEM_ADMIN", "--role", "AUDITOR"), Exit.NOT_ALLOWED),
        (("someone", "--role", "LEAD", "--org", "NO-SUCH"), Exit.NOT_FOUND),
        (("someone", "--role", "FINANCE", "--uscc", "91"), Exit.NOT_FOUND),
        (("someone", "--role", "LEAD", "--org", BANK, "--contact", "NO-SUCH"), Exit.NOT_FOUND),
        (("someone", "--role", "LEAD", "--org", BANK, "--uscc", USCC), Exit.USAGE),
        (("someone", "--role", "KING", "--org", BANK), Exit.USAGE),
        (("s o", "--role", "LEAD", "--org", BANK), Exit.REJECTED),
    ],
)
def test_what_does_not_fit_adds_nobody(app: Flask, args: tuple[str, ...], code: Exit) -> None:
    done = run(app, "add", *args, "--name", "某人")
    assert (done.exit_code, done.stdout) == (code, "")
    assert people(app) == []


def test_a_login_and_a_contact_are_one_persons(app: Flask) -> None:
    add = ("--name", "于", "--role", "FINANCE", "--uscc", USCC, "--contact", CONTACT)
    assert run(app, "add", "first", *add).exit_code == 0
    assert run(app, "add", "first", "--name", "x", "--role", "AUDITOR").exit_code == Exit.CONFLICT
    assert run(app, "add", "second", *add).exit_code == Exit.CONFLICT


def test_trying_writes_nothing(app: Flask) -> None:
    add = ("add", "someone", "--name", "某人", "--role", "LEAD", "--org", BANK)
    tried = run(app, *add, "--dry-run")
    assert tried.exit_code == 0 and "/reset/" not in tried.output
    assert people(app) == []
    run(app, *add)
    before, told = people(app), audited(app)
    for args in (("disable", "someone"), ("role", "someone", "grant", "ACCOUNT_MANAGER"), ("reset", "someone"),
                 ("recover", "someone")):  # fmt: skip
        assert run(app, *args, "--dry-run").exit_code == 0
    assert (people(app), audited(app)) == (before, told)


def test_roles_are_given_taken_and_refused(app: Flask) -> None:
    run(app, "add", "someone", "--name", "某人", "--role", "LEAD", "--org", BANK)
    assert run(app, "role", "someone", "grant", "ACCOUNT_MANAGER").exit_code == 0
    assert people(app)[0]["roles"] == ["ACCOUNT_MANAGER", "LEAD"]
    assert run(app, "role", "someone", "revoke", "LEAD").exit_code == 0
    assert run(app, "role", "someone", "grant", "AUDITOR").exit_code == Exit.NOT_ALLOWED
    assert people(app)[0]["roles"] == ["ACCOUNT_MANAGER"]
    assert audited(app)[-1] == "role.refused"


def test_a_person_is_stopped_and_let_in_again(app: Flask) -> None:
    run(app, "add", "someone", "--name", "某人", "--role", "ACCOUNT_MANAGER", "--org", BANK, "--password-stdin",
        given=PASSWORD)  # fmt: skip
    for command, expected in (("disable", 401), ("enable", 302)):
        assert run(app, command, "someone").exit_code == 0
        assert sign_in(browser_of(app), "someone").status_code == expected
    assert run(app, "disable", "nobody").exit_code == Exit.NOT_FOUND


def test_the_list_for_people_names_roles(app: Flask) -> None:
    run(app, "add", "someone", "--name", "某人", "--role", "LEAD", "--org", BANK)
    run(app, "disable", "someone")
    assert run(app, "list").stdout == f"someone  某人  {BANK}  bank lead (disabled)\n"


def test_nothing_that_is_kept_is_a_password_or_a_link(app: Flask) -> None:
    run(app, "add", "someone", "--name", "某人", "--role", "ACCOUNT_MANAGER", "--org", BANK, "--password-stdin",
        given=PASSWORD)  # fmt: skip
    token = run(app, "reset", "someone").stdout.strip().rpartition("/")[2]
    with parts_of(app).database.reading(SYSTEM) as session:
        kept = session.scalars(select(Person.password_hash)).one()
    assert kept is not None and kept.startswith("$argon2id$")
    database = b"".join(path.read_bytes() for path in Path(parts_of(app).settings.instance).glob("matchmaker.db*"))
    assert PASSWORD.encode() not in database and token.encode() not in database


def test_each_secret_is_another_and_long_enough(app: Flask) -> None:
    made = [app.test_cli_runner().invoke(args=["secret", "create"]).stdout.strip() for _ in range(2)]
    assert made[0] != made[1] and all(re.fullmatch(r"[0-9a-f]{64}", one) for one in made)


@pytest.mark.slow
def test_gunicorn_refuses_to_start_without_a_secret(tmp_path: Path) -> None:
    """ASVS 13.3.1."""
    environment = {**os.environ, "MATCHMAKER_INSTANCE": str(tmp_path), "MATCHMAKER_LANG": "en"}
    started = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "wsgi:app"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert started.returncode == Exit.CONFIGURATION
    assert "flask secret create" in started.stderr and "Traceback" not in started.stderr


def test_without_a_secret_no_page_answers_and_the_doctor_says_why(conformance_sqlite_url: str, tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, database_url=conformance_sqlite_url))
    assert app.test_client().get("/sign-in").status_code == 503
    assert app.test_client().get("/readyz").json["checks"]["secret"] == "warning"
    assert "flask secret create" in app.test_cli_runner().invoke(args=["doctor", "--lang", "en"]).stdout


@pytest.mark.parametrize("command", ["reset", "recover"])
def test_the_operator_resets_alone_is_audited_and_the_person_told(app: Flask, command: str) -> None:
    """At the server there is nobody to confirm; the audit and the person's mail box know of it (ASVS 6.3.7)."""
    run(app, "add", "oper", "--name", "王敏", "--role", "OPERATOR", "--org", BUREAU, "--email", "oper@city.example",
        "--password-stdin", given=f"{PASSWORD}\n")  # fmt: skip
    assert run(app, command, "oper").exit_code == 0
    parts = parts_of(app)
    with parts.database.reading(SYSTEM) as session:
        waiting = session.scalars(select(OutboxMessage)).one()
        by = set(session.scalars(select(AuditEvent.who).where(AuditEvent.action.in_(RESETS))))
    assert (waiting.address, waiting.state) == ("oper@city.example", "waiting")
    assert by == {"operator:cli"}


RESETS = ("invitation.made", "second_factor.recovered")
