"""People, roles, invitations, resets: by the right one, once, in time, and never across sides (ASVS 6.4, 8.2; R33)."""

import re
import threading
from contextlib import suppress
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker.accounts.invitations import invite_to_reset
from matchmaker.accounts.models import Invitation, Person, PersonRole, ResetRequest
from matchmaker.accounts.people import grant_role
from matchmaker.actor import CLI, SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import NotAllowedError
from matchmaker.domain.terms import Role
from matchmaker.lists.models import Enterprise, Organisation
from matchmaker.vault import token_hash
from tests.support.accounts import add_person, client_of, parts_of, sign_in_as
from tests.support.browsing import PASSWORD, add_user, browser_of, code_of, send, sign_in, token_on
from tests.support.clerks import audited
from tests.support.moving import MovingClock
from tests.support.offices import BANK, BRANCH, BUREAU, CONTACT, GUARANTOR, OTHER_BANK, OTHER_USCC, USCC

NEW = "three herons on a grey pier"


@pytest.fixture
def lead(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.LEAD, org_code=BANK)


@pytest.fixture
def security(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.SECURITY_ADMIN)


def link_in(text: str) -> str:
    found = re.search(r"(/(?:join|reset)/[\w-]{43})<", text)
    assert found is not None, text
    return found[1]


def find(app: Flask, login: str) -> Person:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(Person).where(Person.login == login)).one()


def roles(app: Flask, person_id: int) -> set[str]:
    with parts_of(app).database.reading(SYSTEM) as session:
        return set(session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id)))


def invite(client: FlaskClient, role: Role, **more: str) -> str:
    told = send(client, "/people", "/people/invite", name="孙二", role=role.value, **more)
    assert told.status_code == 200, told.text
    return link_in(told.text)


def join(app: Flask, link: str, login: str, password: str = PASSWORD) -> int:
    filled = {"name": "孙二", "login": login, "password": password, "repeated": password}
    return send(browser_of(app), "/sign-in", link, **filled).status_code


def test_an_invitation_makes_a_person_of_the_same_bank_once(app: Flask, lead: FlaskClient) -> None:
    link = invite(lead, Role.ACCOUNT_MANAGER, email="sun@bank.example")
    assert 'value="sun@bank.example"' in browser_of(app).get(link).text
    assert join(app, link, "Sun.Er") == 302
    person = find(app, "sun.er")
    assert (person.org_code, person.email) == (BANK, "sun@bank.example")
    assert roles(app, person.id) == {"ACCOUNT_MANAGER"}
    assert join(app, link, "second") == 400
    assert browser_of(app).get(link).status_code == 400
    assert sign_in(browser_of(app), "sun.er").location == "/"
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(Invitation.token_hash)).one() == token_hash(link.rpartition("/")[2])
    assert len(audited(app, "invitation.made")) == len(audited(app, "invitation.used")) == 1


def test_an_invitation_expires(app: Flask, lead: FlaskClient, clock: MovingClock) -> None:
    link = invite(lead, Role.ACCOUNT_MANAGER)
    clock.move(hours=72, seconds=1)
    assert browser_of(app).get(link).status_code == 400
    assert join(app, link, "late") == 400


@pytest.mark.parametrize("end", ["disable", "revoke"])
def test_invitations_end_with_who_made_them(app: Flask, security: FlaskClient, end: str) -> None:
    """Else whoever is shut out comes back by a link made the day before."""
    lead = client_of(app, add_user(app, Role.LEAD, login="lead", org_code=BANK))
    link, person = invite(lead, Role.LEAD), find(app, "lead").public_id
    if end == "disable":
        done = send(security, "/people", f"/people/{person}/disable")
    else:
        done = send(security, "/people", f"/people/{person}/roles", role="LEAD", change="revoke")
    assert done.status_code == 302
    assert join(app, link, "back.again") == 400


def test_a_new_password_makes_a_link_to_set_one_worthless(app: Flask, security: FlaskClient) -> None:
    add_user(app, Role.FINANCE, login="wang", uscc=USCC)
    link = link_in(send(security, "/people", f"/people/{find(app, 'wang').public_id}/reset").text)
    client = browser_of(app)
    sign_in(client, "wang")
    assert send(client, "/account/password", old=PASSWORD, password=NEW, repeated=NEW).status_code == 302
    assert browser_of(app).get(link).status_code == 400


@pytest.mark.postgres
def test_of_two_grants_at_once_the_second_sees_the_first(migrated_postgres_url: str) -> None:
    """R33: nobody becomes two administrators by being made both at the same moment."""
    database, now = Database(migrated_postgres_url), MovingClock()()
    with database.writing(SYSTEM) as session:
        session.add(Person(login="chen", name="Chen", created_at=now))
    start = threading.Barrier(2)

    def grant(role: Role) -> None:
        with suppress(NotAllowedError), database.writing(SYSTEM) as session:
            person = session.scalars(select(Person)).one()
            start.wait(20)
            grant_role(session, actor=SYSTEM, person=person, role=role, side=None, now=now)

    threads = [threading.Thread(target=grant, args=(role,)) for role in (Role.SYSTEM_ADMIN, Role.AUDITOR)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with database.reading(SYSTEM) as session:
        assert len(session.scalars(select(PersonRole)).all()) == 1
    database.dispose()


@pytest.mark.parametrize("token", ["x" * 43, "x", "%00", "..%2f", "测试", "'--"])
def test_a_link_that_never_was_is_refused(app: Flask, token: str) -> None:
    for way in ("join", "reset"):
        assert browser_of(app).get(f"/{way}/{token}").status_code in (400, 404)


def test_what_is_wrong_with_the_form_is_said_and_the_link_still_works(app: Flask, lead: FlaskClient) -> None:
    link = invite(lead, Role.ACCOUNT_MANAGER)
    add_user(app, Role.ACCOUNT_MANAGER, login="taken", org_code=BANK)
    assert join(app, link, "taken") == 409
    assert join(app, link, "a b") == 422
    assert join(app, link, "sun.er", "sun.er12") == 422
    assert join(app, link, "sun.er", "12345678") == 422
    assert join(app, link, "sun.er") == 302


def test_an_invited_contact_becomes_the_person_whose_inbox_it_is(app: Flask) -> None:
    finance = sign_in_as(app, Role.FINANCE, uscc=USCC)
    assert join(app, invite(finance, Role.FINANCE, contact_no=CONTACT), "qingyang") == 302
    assert find(app, "qingyang").contact_no == CONTACT
    told = send(sign_in_as(app, Role.FINANCE, uscc=OTHER_USCC), "/people", "/people/invite", name="x",
                role="FINANCE", contact_no=CONTACT)  # fmt: skip
    assert told.status_code == 422, "nobody invites another enterprise's contact"


def test_a_side_invites_to_its_own_roles_and_organisation_only(app: Flask, lead: FlaskClient) -> None:
    for role in (Role.OPERATOR, Role.FINANCE, Role.APPROVER, Role.SECURITY_ADMIN):
        told = send(lead, "/people", "/people/invite", name="x", role=role.value)
        assert told.status_code == 422
    invite(lead, Role.LEAD, org_code=OTHER_BANK)
    with parts_of(app).database.reading(SYSTEM) as session:
        assert set(session.scalars(select(Invitation.org_code))) == {BANK}


def test_the_bureau_invites_to_banks_and_guarantors_but_no_administrators(app: Flask) -> None:
    operator = sign_in_as(app, Role.OPERATOR, org_code=BUREAU)
    assert join(app, invite(operator, Role.LEAD, org_code=BRANCH), "branch.lead") == 302
    assert find(app, "branch.lead").org_code == BRANCH
    assert join(app, invite(operator, Role.APPROVER, org_code=GUARANTOR), "approver") == 302
    for role, org_code in ((Role.APPROVER, BANK), (Role.LEAD, BUREAU), (Role.AUDITOR, ""), (Role.LEAD, "NO-SUCH")):
        told = send(operator, "/people", "/people/invite", name="x", role=role.value, org_code=org_code)
        assert told.status_code in (403, 422), role


def test_people_see_and_stop_their_own_side_only(app: Flask, lead: FlaskClient) -> None:
    mine = add_user(app, Role.ACCOUNT_MANAGER, login="mine", org_code=BRANCH)
    add_user(app, Role.ACCOUNT_MANAGER, login="theirs", org_code=OTHER_BANK)
    shown = lead.get("/people").text
    assert "mine" in shown and "theirs" not in shown
    theirs = find(app, "theirs")
    for way in ("disable", "enable"):
        assert send(lead, "/people", f"/people/{theirs.public_id}/{way}").status_code == 404
    assert send(lead, "/people", "/people/%00/disable").status_code == 404
    assert find(app, "theirs").disabled_at is None
    client = browser_of(app)
    sign_in(client, "mine")
    assert send(lead, "/people", f"/people/{find(app, 'mine').public_id}/disable").status_code == 302
    assert client.get("/account").status_code == 302
    assert sign_in(browser_of(app), "mine").status_code == 401
    assert send(lead, "/people", f"/people/{find(app, 'mine').public_id}/enable").status_code == 302
    assert sign_in(browser_of(app), "mine").status_code == 302
    assert [event.action for action in ("person.disabled", "person.enabled") for event in audited(app, action)] == [
        "person.disabled",
        "person.enabled",
    ]
    assert mine


def test_the_bureau_reads_everybody_and_changes_its_own_alone(app: Flask) -> None:
    operator = sign_in_as(app, Role.OPERATOR, org_code=BUREAU)
    add_user(app, Role.ACCOUNT_MANAGER, login="theirs", org_code=BANK)
    assert "theirs" in operator.get("/people").text
    assert send(operator, "/people", f"/people/{find(app, 'theirs').public_id}/disable").status_code == 404
    assert find(app, "theirs").disabled_at is None


def test_nobody_disables_oneself(app: Flask, lead: FlaskClient) -> None:
    with parts_of(app).database.reading(SYSTEM) as session:
        me = session.scalars(select(Person)).one()
    assert send(lead, "/people", f"/people/{me.public_id}/disable").status_code == 403


def change(client: FlaskClient, person: Person, role: str, way: str = "grant") -> int:
    return send(client, "/people", f"/people/{person.public_id}/roles", role=role, change=way).status_code


@pytest.mark.parametrize(
    ("has", "org_code", "wanted"),
    [
        (Role.PRODUCT_MANAGER, BANK, "SYSTEM_ADMIN"),
        (Role.PRODUCT_MANAGER, BANK, "SECURITY_ADMIN"),
        (Role.PRODUCT_MANAGER, BANK, "AUDITOR"),
        (Role.PRODUCT_MANAGER, BANK, "OPERATOR"),
        (Role.PRODUCT_MANAGER, BANK, "FINANCE"),
        (Role.SYSTEM_ADMIN, None, "SECURITY_ADMIN"),
        (Role.SYSTEM_ADMIN, None, "AUDITOR"),
        (Role.AUDITOR, None, "SYSTEM_ADMIN"),
        (Role.AUDITOR, None, "OPERATOR"),
        (Role.OPERATOR, BUREAU, "APPROVER"),
    ],
)
def test_roles_that_exclude_each_other_are_refused_and_audited(
    app: Flask, security: FlaskClient, has: Role, org_code: str | None, wanted: str
) -> None:
    """R33, 三员分立."""
    person_id = add_user(app, has, login="someone", org_code=org_code)
    assert change(security, find(app, "someone"), wanted) == 403
    assert roles(app, person_id) == {has.value}
    refused = audited(app, "role.refused")
    assert [(event.after or {})["role"] for event in refused] == [wanted]


def test_the_security_administrator_does_not_grant_itself(app: Flask, security: FlaskClient) -> None:
    with parts_of(app).database.reading(SYSTEM) as session:
        me = session.scalars(select(Person)).one()
    assert change(security, me, "AUDITOR") == 403
    assert roles(app, me.id) == {"SECURITY_ADMIN"}
    assert [(event.after or {})["code"] for event in audited(app, "role.refused")] == ["role_self"]


def test_a_role_of_the_same_side_is_given_and_taken(app: Flask, security: FlaskClient) -> None:
    person_id = add_user(app, Role.PRODUCT_MANAGER, login="someone", org_code=BRANCH)
    client = browser_of(app)
    sign_in(client, "someone")
    assert change(security, find(app, "someone"), "ACCOUNT_MANAGER") == 302
    assert roles(app, person_id) == {"PRODUCT_MANAGER", "ACCOUNT_MANAGER"}
    assert client.get("/account").status_code == 302, "the next session knows the role"
    assert change(security, find(app, "someone"), "ACCOUNT_MANAGER", "revoke") == 302
    assert change(security, find(app, "someone"), "NO_ROLE") == 422
    assert change(security, find(app, "someone"), "LEAD", "enlarge") == 422
    assert roles(app, person_id) == {"PRODUCT_MANAGER"}


def test_administrators_see_no_business_data(app: Flask) -> None:
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR):
        client = sign_in_as(app, role)
        for path in ("/", "/lists/enterprises", "/lists/credit-records", "/matches", "/outbox", "/registrations"):
            assert client.get(path).status_code == 403, (role, path)


def reset(app: Flask, security: FlaskClient, person: Person, way: str = "reset") -> str:
    """Asked for by one, confirmed by another; the page that shows."""
    send(security, "/people", f"/people/{person.public_id}/{way}")
    with parts_of(app).database.reading(SYSTEM) as session:
        wanted = select(ResetRequest.public_id).where(ResetRequest.decided_at.is_(None))
        request = session.scalars(wanted).one()
    return send(sign_in_as(app, Role.SYSTEM_ADMIN), "/resets", f"/resets/{request}/confirm").text


def test_a_reset_works_once_and_does_not_stand_in_for_the_second_factor(app: Flask, security: FlaskClient) -> None:
    """ASVS 6.4.3."""
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    person = find(app, "oper")
    client = browser_of(app)
    sign_in(client, "oper")
    send(client, "/sign-in/code", code=code_of(app, "oper"))
    older, link = (link_in(reset(app, security, person)) for _ in range(2))
    assert browser_of(app).get(older).status_code == 400, "a newer link takes the place of the older"
    told = send(browser_of(app), link, password=NEW, repeated=NEW)
    assert told.location == "/sign-in"
    assert client.get("/account").status_code == 302, "open sessions end"
    assert sign_in(browser_of(app), "oper").status_code == 401
    again = browser_of(app)
    assert sign_in(again, "oper", NEW).location == "/sign-in/code"
    assert send(again, "/sign-in/code", code=code_of(app, "oper", steps=1)).status_code == 302
    assert browser_of(app).get(link).status_code == 400


def test_a_reset_link_expires(app: Flask, security: FlaskClient, clock: MovingClock) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    link = link_in(send(security, "/people", f"/people/{find(app, 'wang').public_id}/reset").text)
    clock.move(hours=72, seconds=1)
    assert browser_of(app).get(link).status_code == 400


def test_a_lost_second_factor_is_taken_away_and_set_up_anew(app: Flask, security: FlaskClient) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    reset(app, security, find(app, "oper"), "recover")
    client = browser_of(app)
    assert sign_in(client, "oper").location == "/account/second-factor"
    assert client.get("/lists/products").status_code == 302


def test_only_the_security_administrator_resets_others(app: Flask, lead: FlaskClient) -> None:
    add_user(app, Role.PRODUCT_MANAGER, login="wang", org_code=BANK)
    person = find(app, "wang")
    for way in ("reset", "recover", "roles"):
        assert send(lead, "/people", f"/people/{person.public_id}/{way}").status_code == 403


def test_changing_people_needs_a_recent_proof(app: Flask, lead: FlaskClient, clock: MovingClock) -> None:
    clock.move(minutes=16)
    assert lead.get("/people").status_code == 200
    assert send(lead, "/people", "/people/invite", name="x", role="LEAD").location == (
        "/account/confirm?again=people.write"
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_answers_in_both_languages(app: Flask, security: FlaskClient, lang: str) -> None:
    add_user(app, Role.OPERATOR, login="oper", org_code=BUREAU, factor=True)
    assert security.get(f"/people?lang={lang}").status_code == 200


def test_after_the_proof_one_is_back_at_the_form_and_told_to_press_again(app: Flask, clock: MovingClock) -> None:
    """What was sent is lost, so it is said; nothing is done in its place (ASVS 7.5.1)."""
    finance = client_of(app, add_user(app, Role.FINANCE, login="wang", uscc=USCC))
    clock.move(minutes=16)
    token = token_on(finance.get("/people"))
    sent = {"csrf_token": token, "name": "孙二", "role": "FINANCE"}
    refused = finance.post("/people/invite", data=sent, headers={"Referer": "https://localhost/people?page=1"})
    asked = finance.get(refused.location)
    assert "没有执行" in asked.text
    proved = send(finance, refused.location, "/account/confirm", password=PASSWORD, **hidden(asked.text))
    assert proved.location == "/people?page=1"
    again = finance.get(proved.location)
    assert "邀请、停用人员" in again.text and "再" in again.text
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(Invitation)).all() == []
    assert "邀请、停用人员" not in finance.get("/account").text, "said once"


@pytest.mark.parametrize(
    "came_from",
    ["https://evil.example/people", "https://localhost.evil.example/", "https://localhost//evil.example", "x", ""],
)
def test_the_way_back_is_of_this_site_alone(app: Flask, lead: FlaskClient, clock: MovingClock, came_from: str) -> None:
    """ASVS 3.7.2."""
    clock.move(minutes=16)
    token = token_on(lead.get("/people"))
    refused = lead.post("/people/invite", data={"csrf_token": token}, headers={"Referer": came_from})
    assert refused.location == "/account/confirm?again=people.write"
    assert lead.get("/account/confirm?again=<b>").status_code == 200


def hidden(text: str) -> dict[str, str]:
    """The hidden fields of the page's form, without its token."""
    found = dict(re.findall(r'type="hidden" name="([a-z]+)" value="([^"]*)"', text))
    return {name: unescape(value) for name, value in found.items()}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_invitation_names_who_invites_and_joining_is_confirmed(app: Flask, lead: FlaskClient, lang: str) -> None:
    link = invite(lead, Role.ACCOUNT_MANAGER)
    with parts_of(app).database.reading(SYSTEM) as session:
        name = session.scalars(select(Organisation.name).where(Organisation.org_code == BANK)).one()
    client = browser_of(app)
    assert name in client.get(f"{link}?lang={lang}").text
    filled = {"name": "孙二", "login": "sun", "password": PASSWORD, "repeated": PASSWORD}
    done = send(client, "/sign-in", link, **filled)
    said = {"zh": "账号已建立", "en": "Your account is made"}[lang]
    assert said in client.get(done.location).text
    sign_in(client, "sun")


def test_the_first_link_speaks_of_the_first_password_and_later_ones_of_a_new(app: Flask) -> None:
    """Whoever was added at the server has had none to reset."""
    parts = parts_of(app)
    person_id = add_person(app, Role.PRODUCT_MANAGER, org_code=BANK, login="wang")

    def link() -> str:
        with parts.database.writing(CLI) as session:
            person = session.get_one(Person, person_id)
            made = invite_to_reset(session, actor=CLI, person=person, settings=parts.settings, now=parts.now())
        return f"/reset/{made}"

    client, first = browser_of(app), link()
    shown = client.get(first).text
    assert "第一个密码" in shown and "新密码" not in shown
    done = send(client, first, password=NEW, repeated=NEW)
    assert "密码已设置" in client.get(done.location).text
    assert "新密码" in client.get(link()).text


def test_organisations_and_enterprises_are_named(app: Flask, lead: FlaskClient) -> None:
    finance = sign_in_as(app, Role.FINANCE, uscc=USCC)
    with parts_of(app).database.reading(SYSTEM) as session:
        bank = session.scalars(select(Organisation.name).where(Organisation.org_code == BANK)).one()
        firm = session.scalars(select(Enterprise.name).where(Enterprise.uscc == USCC)).one()
    assert all(f">{bank}<" in lead.get(path).text for path in ("/account", "/people"))
    assert all(f">{firm}<" in finance.get(path).text for path in ("/account", "/people"))
