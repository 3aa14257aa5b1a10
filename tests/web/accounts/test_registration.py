"""An enterprise registers: verified by a record of the register or by the bureau; nobody learns who is known."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from matchmaker.accounts.models import Disclosure, Person, Registration
from matchmaker.actor import SYSTEM
from matchmaker.domain import uscc as codes
from matchmaker.domain.terms import Role
from matchmaker.lists.entry import ListVersion
from matchmaker.lists.models import Enterprise
from tests.support.accounts import parts_of, sign_in_as
from tests.support.browsing import PASSWORD, add_user, browser_of, send, sign_in, token_on
from tests.support.clerks import audited
from tests.support.offices import BUREAU, CONTACT, CONTACT_MAIL, CONTACT_NAME, CONTACT_PHONE, FIRM, USCC

NEW_USCC = codes.make("371002", "MA0NEW01")


def register(app: Flask, **changes: str) -> TestResponse:
    filled = {
        "uscc": USCC, "enterprise_name": FIRM, "name": "陌生人", "phone": "13900000000", "email": "someone@example.com",
        "login": "firm", "password": PASSWORD, "repeated": PASSWORD,
    } | changes  # fmt: skip
    return send(browser_of(app), "/register", **filled)


def found(app: Flask, login: str = "firm") -> Registration:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(Registration).where(Registration.login == login)).one()


def person(app: Flask, login: str = "firm") -> Person:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(Person).where(Person.login == login)).one()


@pytest.fixture
def operator(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.OPERATOR, org_code=BUREAU)


def test_until_it_is_verified_nothing_can_be_seen(app: Flask) -> None:
    assert register(app).status_code == 200
    assert found(app).state == "pending"
    client = browser_of(app)
    assert sign_in(client, "firm").location == "/waiting"
    waiting = client.get("/waiting")
    assert waiting.status_code == 200 and FIRM in waiting.text and "接下来" in waiting.text
    for path in ("/", "/lists/needs", "/matches", "/account", "/people"):
        assert client.get(path).location.startswith("/sign-in")
        assert client.get(client.get(path).location).location == "/waiting"
    assert person(app).uscc is None
    assert send(client, "/waiting", "/sign-out").status_code == 302
    assert client.get("/waiting").status_code in (302, 401)


def test_the_bureau_verifies_and_the_person_is_its_finance_officer(app: Flask, operator: FlaskClient) -> None:
    register(app, uscc=NEW_USCC, enterprise_name="威海新来企业有限公司")
    shown = operator.get("/registrations").text
    assert NEW_USCC in shown and "核验后新增" in shown
    where = f"/registrations/{found(app).public_id}/verify"
    assert send(operator, "/registrations", where).status_code == 302
    with parts_of(app).database.reading(SYSTEM) as session:
        firm = session.scalars(select(Enterprise).where(Enterprise.uscc == NEW_USCC)).one()
        assert (firm.name, firm.status.value) == ("威海新来企业有限公司", "published")
        version = session.scalars(select(ListVersion).where(ListVersion.entry_id == firm.id,
                                                            ListVersion.kind == "enterprises")).one()  # fmt: skip
        assert version.actor.startswith("person:"), "who verified answers for the entry"
    assert person(app).uscc == NEW_USCC
    client = browser_of(app)
    assert sign_in(client, "firm").location == "/"
    assert client.get("/lists/needs").status_code == 200
    assert send(operator, "/registrations", where).status_code == 409, "it is decided once"
    assert len(audited(app, "registration.made")) == len(audited(app, "registration.verified")) == 1


def test_the_bureau_refuses_with_a_reason_that_is_shown(app: Flask, operator: FlaskClient) -> None:
    register(app)
    where = f"/registrations/{found(app).public_id}/refuse"
    for why in (" ", "\0", "x" * 501):
        assert send(operator, "/registrations", where, why=why).status_code == 422
    assert send(operator, "/registrations", where, why="代码与营业执照不符").status_code == 302
    client = browser_of(app)
    sign_in(client, "firm")
    assert "代码与营业执照不符" in client.get("/waiting").text
    assert person(app).uscc is None
    assert send(operator, "/registrations", where.replace("refuse", "verify")).status_code == 409


@pytest.mark.parametrize(
    "given", [{"email": CONTACT_MAIL.upper(), "phone": ""}, {"phone": "138-0000-0001", "email": ""}]
)
def test_a_record_of_the_register_verifies_at_once(app: Flask, given: dict[str, str]) -> None:
    register(app, name=CONTACT_NAME, **given)
    assert (found(app).state, found(app).evidence) == ("verified", "register")
    assert (person(app).uscc, person(app).contact_no) == (USCC, CONTACT)
    client = browser_of(app)
    assert sign_in(client, "firm").location == "/"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "别人", "email": CONTACT_MAIL},
        {"name": CONTACT_NAME},
        {"name": CONTACT_NAME, "email": "", "phone": ""},
        {"name": CONTACT_NAME, "email": CONTACT_MAIL, "enterprise_name": "威海别的有限公司"},
        {"name": CONTACT_NAME, "phone": CONTACT_PHONE, "uscc": NEW_USCC},
    ],
)
def test_anything_less_waits_for_the_bureau(app: Flask, changes: dict[str, str]) -> None:
    register(app, **changes)
    assert found(app).state == "pending"


def test_who_was_shown_the_contact_proves_nothing_by_knowing_it(app: Flask) -> None:
    """A bank's clerk who read the contacts by consent does not become the enterprise's finance officer."""
    parts = parts_of(app)
    with parts.database.writing(SYSTEM) as session:
        session.add(Disclosure(at=parts.now(), uscc=USCC, who="person:x", purpose="financing", channel="page",
                               basis="consent", fields=["contacts.name", "contacts.phone"]))  # fmt: skip
    register(app, name=CONTACT_NAME, email=CONTACT_MAIL)
    assert found(app).state == "pending"


def test_an_enterprise_that_has_people_is_not_taken_over_by_knowing_its_contact(app: Flask) -> None:
    add_user(app, Role.FINANCE, login="first", uscc=USCC)
    register(app, name=CONTACT_NAME, email=CONTACT_MAIL)
    assert found(app).state == "pending"


def test_nobody_learns_which_logins_and_enterprises_are_known(app: Flask) -> None:
    add_user(app, Role.FINANCE, login="taken", uscc=USCC)
    answers = {
        login: register(app, login=login, **more)
        for login, more in {
            "taken": {},
            "free1": {},
            "free2": {"uscc": NEW_USCC, "enterprise_name": "威海新来企业有限公司"},
            "free3": {"name": CONTACT_NAME, "email": CONTACT_MAIL},
        }.items()
    }
    said = {re.sub(r'value="[^"]*"', "", answer.text).replace(login, "") for login, answer in answers.items()}
    assert len(said) == 1 and {answer.status_code for answer in answers.values()} == {200}
    assert person(app, "taken").uscc == USCC and sign_in(browser_of(app), "taken").status_code == 302
    assert found(app, "taken").state == "refused"


def test_a_taken_login_is_never_given_the_enterprise(app: Flask, operator: FlaskClient) -> None:
    add_user(app, Role.ANALYST, login="taken", org_code=BUREAU)
    register(app, login="taken", name=CONTACT_NAME, email=CONTACT_MAIL)
    assert (person(app, "taken").uscc, person(app, "taken").contact_no) == (None, None)
    assert "taken" not in operator.get("/registrations").text
    where = f"/registrations/{found(app, 'taken').public_id}/verify"
    assert send(operator, "/registrations", where).status_code == 409


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"uscc": "91371072MA05063158"}, "校验码"),
        ({"uscc": "12345"}, "18 位"),
        ({"uscc": ""}, "18 位"),
        ({"enterprise_name": ""}, "企业名称"),
        ({"enterprise_name": "甲" * 201}, "企业名称"),
        ({"enterprise_name": "甲\u0000乙"}, "企业名称"),
        ({"name": ""}, "姓名"),
        ({"name": "甲\r\nBcc: x"}, "姓名"),
        ({"phone": "1\n2"}, "电话"),
        ({"login": "a"}, "登录名"),
        ({"login": "有 空格"}, "登录名"),
        ({"repeated": "something else"}, "不同"),
        ({"password": "short", "repeated": "short"}, "太短"),
        ({"password": FIRM + "88", "repeated": FIRM + "88"}, "单位"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(app: Flask, changes: dict[str, str], word: str) -> None:
    answer = register(app, **changes)
    assert answer.status_code in (400, 422)
    assert "<title>错误：" in answer.text
    trouble = re.search(r'role="alert".*?</div>', answer.text, re.DOTALL)
    assert trouble is not None and word in trouble[0]
    assert PASSWORD not in answer.text
    kept = {"name": "陌生人", "phone": "13900000000"} | {k: v for k, v in changes.items() if k in ("name", "phone")}
    if "\n" not in kept["name"] + kept["phone"]:
        assert f'value="{kept["name"]}"' in answer.text
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(Registration)).all() == []


def test_only_the_bureaus_operator_verifies(app: Flask) -> None:
    register(app)
    where = f"/registrations/{found(app).public_id}/verify"
    for role, org_code in ((Role.ANALYST, BUREAU), (Role.LEAD, "B001"), (Role.SECURITY_ADMIN, None)):
        client = sign_in_as(app, role, org_code=org_code)
        assert client.get("/registrations").status_code == 403
        assert send(client, "/account", where).status_code == 403
    assert found(app).state == "pending"


def test_an_unknown_registration_is_not_there(app: Flask, operator: FlaskClient) -> None:
    for name in ("nosuchone", "%00", "x'--"):
        assert send(operator, "/account", f"/registrations/{name}/verify").status_code == 404
    assert token_on(operator.get("/account"))
