"""Resets of others: whose account can do much is not taken over by one administrator (三员分立, ASVS 6.3.7, 6.4.4)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from matchmaker.accounts.models import Invitation, Person, PersonRole, ResetRequest
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.services import send_due
from tests.support.accounts import add_person, client_of, parts_of, sign_in_as
from tests.support.browsing import add_user, send
from tests.support.clerks import audited
from tests.support.moving import MovingClock
from tests.support.offices import BANK, BUREAU
from tests.web.accounts.test_people import find, link_in


@pytest.fixture
def oper(app: Flask) -> Person:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    return find(app, "oper")


@pytest.fixture
def security(app: Flask) -> FlaskClient:
    return client_of(app, add_person(app, Role.SECURITY_ADMIN, login="security"))


def ask(client: FlaskClient, person: Person, way: str = "reset") -> None:
    asked = send(client, "/people", f"/people/{person.public_id}/{way}")
    assert asked.status_code == 302 and "/reset/" not in asked.text


def request_id(app: Flask) -> str:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(ResetRequest.public_id).order_by(ResetRequest.id.desc())).first() or ""


def confirm(app: Flask, client: FlaskClient) -> tuple[int, str]:
    told = send(client, "/people" if client.get("/resets").status_code == 403 else "/resets",
                f"/resets/{request_id(app)}/confirm")  # fmt: skip
    return told.status_code, told.text


def links(app: Flask) -> int:
    with parts_of(app).database.reading(SYSTEM) as session:
        return len(session.scalars(select(Invitation)).all())


@pytest.mark.parametrize("other", [Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN])
def test_a_second_person_confirms_before_there_is_a_link(
    app: Flask, security: FlaskClient, oper: Person, other: Role
) -> None:
    ask(security, oper)
    assert links(app) == 0
    assert confirm(app, security)[0] == 403, "nobody confirms what one asked for"
    assert links(app) == 0
    second = sign_in_as(app, other)
    assert "oper" in second.get("/resets").text
    status, text = confirm(app, second)
    assert status == 200 and link_in(text)
    assert confirm(app, second)[0] == 400, "once"
    asked, confirmed = audited(app, "reset.asked"), audited(app, "reset.confirmed")
    assert [event.subject for event in (*asked, *confirmed)] == [f"person:{oper.public_id}"] * 2
    assert asked[0].who != confirmed[0].who
    assert (confirmed[0].after or {})["asked_by"] == asked[0].who


def test_a_lost_second_factor_takes_two_as_well(app: Flask, security: FlaskClient, oper: Person) -> None:
    ask(security, oper, "recover")
    assert find(app, "oper").totp_confirmed_at is not None
    assert confirm(app, sign_in_as(app, Role.SYSTEM_ADMIN))[0] == 302
    assert find(app, "oper").totp_confirmed_at is None
    assert len(audited(app, "second_factor.recovered")) == 1


def test_taking_the_role_away_first_opens_no_door(app: Flask, security: FlaskClient, oper: Person) -> None:
    send(security, "/people", f"/people/{oper.public_id}/roles", role="OPERATOR", change="revoke")
    ask(security, oper)
    assert links(app) == 0


def test_the_second_person_was_not_let_in_by_the_first(app: Flask, security: FlaskClient, oper: Person) -> None:
    """Nor by someone the first had let in: whoever makes accounts could else be two people."""
    asker = f"person:{find(app, 'security').public_id}"
    between = add_person(app, Role.SECURITY_ADMIN, login="between")
    puppet = add_person(app, Role.SECURITY_ADMIN, login="puppet")
    with parts_of(app).database.writing(SYSTEM) as session:
        for person_id, by in ((between, asker), (puppet, f"person:{session.get_one(Person, between).public_id}")):
            session.execute(update(PersonRole).where(PersonRole.person_id == person_id).values(granted_by=by))
    ask(security, oper)
    assert [confirm(app, client_of(app, one))[0] for one in (between, puppet)] == [403, 403]
    assert links(app) == 0


def test_who_joins_by_an_invitation_was_let_in_by_its_maker(app: Flask, security: FlaskClient) -> None:
    made = send(security, "/people", "/people/invite", name="李", role="SECURITY_ADMIN")
    password = "three herons on a grey pier"
    send(app.test_client(), "/sign-in", link_in(made.text), name="李", login="second", password=password,
         repeated=password)  # fmt: skip
    with parts_of(app).database.reading(SYSTEM) as session:
        by = session.scalars(select(PersonRole.granted_by).where(PersonRole.person_id == find(app, "second").id)).one()
    assert by == f"person:{find(app, 'security').public_id}"


@pytest.mark.parametrize("end", ["day", "disabled", "revoked"])
def test_a_request_ends_after_a_day_and_with_who_asked(
    app: Flask, security: FlaskClient, oper: Person, clock: MovingClock, end: str
) -> None:
    ask(security, oper)
    if end == "day":
        clock.move(hours=24, seconds=1)
    with parts_of(app).database.writing(SYSTEM) as session:
        asker = session.get_one(Person, find(app, "security").id)
        if end == "disabled":
            asker.disabled_at = clock()
        if end == "revoked":
            session.delete(session.scalars(select(PersonRole).where(PersonRole.person_id == asker.id)).one())
    assert confirm(app, sign_in_as(app, Role.SYSTEM_ADMIN))[0] == 400
    assert links(app) == 0


def test_nobody_confirms_the_reset_of_oneself(app: Flask, security: FlaskClient) -> None:
    system = add_person(app, Role.SYSTEM_ADMIN, login="system")
    ask(security, find(app, "system"))
    assert confirm(app, client_of(app, system))[0] == 403


def test_others_neither_see_nor_confirm(app: Flask, security: FlaskClient, oper: Person) -> None:
    ask(security, oper)
    for role, org_code in ((Role.AUDITOR, None), (Role.OPERATOR, BUREAU), (Role.LEAD, BANK)):
        client = sign_in_as(app, role, org_code=org_code)
        assert client.get("/resets").status_code == 403
        assert send(client, "/account", f"/resets/{request_id(app)}/confirm").status_code == 403
    assert send(sign_in_as(app, Role.SYSTEM_ADMIN), "/resets", "/resets/nosuch/confirm").status_code == 404


def test_an_account_that_can_do_less_is_reset_by_one(app: Flask, security: FlaskClient) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    assert link_in(send(security, "/people", f"/people/{find(app, 'wang').public_id}/reset").text)


def test_the_person_is_told_by_mail(app: Flask, security: FlaskClient, oper: Person) -> None:
    parts = parts_of(app)
    with parts.database.writing(SYSTEM) as session:
        session.get_one(Person, oper.id).email = "oper@city.example"
    ask(security, oper)
    confirm(app, sign_in_as(app, Role.SYSTEM_ADMIN))
    send_due(parts.database, parts.settings, now=parts.now)
    with parts.database.reading(SYSTEM) as session:
        mail = session.scalars(select(OutboxMessage)).one()
    assert (mail.state, mail.address) == ("sent", "oper@city.example")
    assert "密码" in (mail.text or "") and "/reset/" not in (mail.text or "")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_answers_in_both_languages(app: Flask, security: FlaskClient, oper: Person, lang: str) -> None:
    ask(security, oper)
    assert sign_in_as(app, Role.SYSTEM_ADMIN).get(f"/resets?lang={lang}").status_code == 200
