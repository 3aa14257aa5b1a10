"""What owners of the city of canaries have beside their lists: people, invitations, uploads, endpoints, requests."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.models import (
    FormDraft,
    Invitation,
    Person,
    PersonRole,
    Registration,
    ResetRequest,
    SignIn,
    SubjectRequest,
)
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import Enterprise
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.webhooks.endpoints import give_secret
from matchmaker.outbox.webhooks.models import WebhookAttempt, WebhookEndpoint, WebhookEvent, contact_of
from matchmaker.settings import Settings
from matchmaker.vault import token_hash
from tests.support.canary_city import FIRMS, HOMES, NOW, OWNERS, PLATFORM, City
from tests.support.city import code_of
from tests.support.twins import add


def put_belongings(session: Session, city: City, owner: str, settings: Settings, hook: str) -> None:
    """What an organisation or enterprise has beside its lists."""
    home = {"uscc": owner} if owner in FIRMS else {"org_code": owner}
    firm = Role.FINANCE if owner in FIRMS else None
    for role in [firm] if firm else [one for one, at in HOMES.items() if at[0] == owner[0] and at[1:] < "2"]:
        put_person(session, city, owner, role)
    token = city.canaries.word("link", owner)
    invited = add(session, Invitation, kind="invite", name=city.text("invitation", owner), token_hash=token_hash(token),
                  email=f"{city.canaries.word('invitation', owner)}@receiver.example", expires_at=_later(),
                  role=str(firm or Role.ACCOUNT_MANAGER), **home)  # fmt: skip
    city.name("invitation", token, owner, seen="link")
    joined = session.scalar(select(Enterprise.name).where(Enterprise.uscc == owner)) or owner
    city.behind.append((token, f"{invited.name} {invited.email} {joined}"))  # whom it is that one joins
    city.canaries.note(invited.public_id, "invitation", owner)
    job = add(session, ImportJob, owner=owner, kind="products", state="written", file_name=city.text("jobs", owner),
              result={"counts": {}, "errors": [{"message": city.text("jobs", owner)}], "ignored_columns": [],
                      "report": True}, created_at=NOW, **home)  # fmt: skip
    city.name("jobs", job.public_id, owner)
    _endpoint(session, city, owner, settings, f"{hook}{city.canaries.word('webhook', owner)}", home)
    if firm:
        for kind in ("copy", "correction", "deletion"):
            asked = add(session, SubjectRequest, uscc=owner, kind=kind, about=city.text("request", owner),
                        made_by="x", created_at=NOW, due_on=NOW.date())  # fmt: skip
            city.name("request", asked.public_id, owner)
        person = session.scalars(select(Person.id).where(Person.uscc == owner)).first()
        draft = add(session, FormDraft, uscc=owner, person_id=person, form="need", updated_at=NOW,
                    public_id=city.canaries.word("own id", owner).ljust(20, "0"),
                    data={"amount_wan": [city.text("identity", owner)]})  # fmt: skip
        city.name("draft of a form", draft.public_id, owner, seen="own id")


def _endpoint(session: Session, city: City, owner: str, settings: Settings, url: str, home: dict[str, str]) -> None:
    endpoint = WebhookEndpoint(public_id=city.canaries.word("webhook id", owner).ljust(20, "0"), url=url,
                               events=["need.matched", "consent.granted", "consent.withdrawn"], created_by="x",
                               created_at=NOW, version=1, **home)  # fmt: skip
    give_secret(endpoint, settings)
    session.add(endpoint)
    session.flush()
    city.name("webhooks", endpoint.public_id, owner, seen="webhook id")
    event = add(session, WebhookEvent, endpoint_id=endpoint.id, kind="need.matched", subject_kind="lead",
                subject_id=city.canaries.word("webhook", owner), happened_at=NOW)  # fmt: skip
    add(session, WebhookAttempt, event_id=event.id, status=200, answer=city.text("webhook", owner), at=NOW)
    add(session, OutboxMessage, contact_no=contact_of(endpoint), channel="webhook", kind="need.matched",
        window=event.public_id, state="sent", created_at=NOW, name="x")  # fmt: skip
    city.name("delivery", event.public_id, owner, seen="webhook")


def put_person(session: Session, city: City, owner: str, role: Role) -> None:
    """A person of the owner with one role and one session."""
    home = {"uscc": owner} if owner in FIRMS else {"org_code": owner} if owner != PLATFORM else {}
    note = city.canaries
    number = f"L-{OWNERS.index(owner)}" if owner in OWNERS else None
    taken = number is None or session.scalar(select(Person.id).where(Person.contact_no == number)) is not None
    person = add(
        session, Person, login=f"{note.word('person', owner)}@login.example", name=city.text("person", owner),
        email=f"{note.word('person', owner)}@mail.example", phone=note.word("person", owner), created_at=NOW,
        contact_no=None if taken else number, totp_secret=note.word("secret"), **home,
    )  # fmt: skip
    person.totp_secret = None
    add(session, PersonRole, person_id=person.id, role=str(role), granted_at=NOW)
    city.people[(owner, role)] = person.id
    city.name("person", person.public_id, owner, seen="person id")
    mine = f"{owner} {role}"
    seen = add(session, SignIn, person_id=person.id, agent=city.text("session", mine), created_at=NOW, seen_at=NOW,
               fresh_at=NOW, address="192.0.2.1")  # fmt: skip
    city.name("session", seen.public_id, mine)


def name_own_messages(session: Session, city: City) -> None:
    """Note whose each message is: the person's who is joined to the contact, and no colleague's."""
    for (owner, role), number in city.people.items():
        contact_no = session.get_one(Person, number).contact_no
        for message in session.scalars(select(OutboxMessage).where(OutboxMessage.contact_no == contact_no)):
            city.name("own message", message.message_id, f"{owner} {role}", looked_for=False)


def put_platform(session: Session, city: City) -> None:
    """What is nobody's own: registrations, the audit, tokens of reset links."""
    note = city.canaries
    asked = add(session, Registration, uscc=code_of(77), enterprise_name=city.text("registration"),
                login=note.word("registration"), name=city.text("registration"), phone=note.word("registration"),
                created_at=NOW, password_hash="x", state="pending")  # fmt: skip
    city.name("registration", asked.public_id)
    record_event(session, actor=SYSTEM, action="test.noted", subject=f"test:{note.word('audit')}", now=NOW,
                 after={"said": city.text("audit")})  # fmt: skip
    link = note.word("link")
    reset = add(session, Invitation, kind="reset", name=city.text("person"), token_hash=token_hash(link),
                person_id=city.people[("B1", Role.LEAD)], expires_at=_later(), org_code="B1")  # fmt: skip
    city.name("reset", link, seen="link")
    city.behind.append((link, reset.name))
    asker = session.get_one(Person, city.people[(PLATFORM, Role.SECURITY_ADMIN)])
    wanted = add(session, ResetRequest, person_id=city.people[(PLATFORM, Role.AUDITOR)], kind="password",
                 asked_by=f"person:{asker.public_id}", asked_at=NOW)  # fmt: skip
    city.name("wanted reset", wanted.public_id)


def _later() -> datetime:
    return NOW + timedelta(hours=24)
