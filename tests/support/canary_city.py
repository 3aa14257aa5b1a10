"""A city in which everything of two banks, two enterprises, a guarantor and the bureau is a canary.

Lists, leads, matches and messages come from the product's own import and push; the rest (people, tokens, requests,
endpoints, uploads, links) is put beside them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import create_app
from matchmaker import models as every_table  # noqa: F401  (registers every table)
from matchmaker.accounts.audit import record_event
from matchmaker.accounts.matrix import TOKEN_SCOPES
from matchmaker.accounts.models import (
    ApiToken,
    FormDraft,
    Invitation,
    Person,
    PersonRole,
    Registration,
    SignIn,
    SubjectRequest,
)
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import EntryStatus, Role
from matchmaker.lists.defaults import load_defaults
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import LISTS, CreditRecord, Need, Product
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.webhooks.endpoints import give_secret
from matchmaker.outbox.webhooks.models import WebhookAttempt, WebhookEndpoint, WebhookEvent, contact_of
from matchmaker.push.models import Lead
from matchmaker.push.services import run_push
from matchmaker.settings import Settings
from matchmaker.vault import token_hash
from tests.support.accounts import SECRET, parts_of, token_for
from tests.support.canaries import Canaries, Canary
from tests.support.city import TUESDAY, code_of, contact, enterprise, need, product, put
from tests.support.twins import add

NOW = TUESDAY + timedelta(minutes=5)
BANKS, GUARANTOR, BUREAU, FIRMS = ("B1", "B2"), "G1", "J1", (code_of(1), code_of(2))
OFFICES = (*BANKS, GUARANTOR, BUREAU)
OWNERS = (*OFFICES, *FIRMS)
PLATFORM = "platform"
ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
CROWD = range(3, 9)
HOMES: dict[Role, str] = {
    Role.FINANCE: FIRMS[0],
    **dict.fromkeys((Role.PRODUCT_MANAGER, Role.ACCOUNT_MANAGER, Role.LEAD), "B1"),
    **dict.fromkeys((Role.OPERATOR, Role.ANALYST), BUREAU),
    **dict.fromkeys((Role.UNDERWRITER, Role.APPROVER), GUARANTOR),
    **dict.fromkeys(ADMINISTRATORS, PLATFORM),
}
"""Where the viewer of each role is at home; those of the other bank and enterprise come beside them."""

Dress = Callable[[str], str]
"""What free text is made of a canary: the canary alone, or with something hostile around it."""


@dataclass(slots=True)
class City:
    """``ids``: kind of id → ids as addresses have them, each with whose it is. ``people``: by owner and role."""

    app: Flask
    canaries: Canaries = field(default_factory=Canaries)
    ids: dict[str, list[Canary]] = field(default_factory=dict)
    people: dict[tuple[str, Role], int] = field(default_factory=dict)
    tokens: dict[int, str] = field(default_factory=dict)
    behind: list[tuple[str, str]] = field(default_factory=list)
    """(link, what whoever holds it is shown)."""
    dress: Dress = str

    def name(self, kind: str, written: str, *owners: str, seen: str | None = None, looked_for: bool = True) -> None:
        """Note an id of a kind of address and whose it is; ``seen``: as what it is seen, where that is not the kind."""
        self.ids.setdefault(kind, []).append(Canary(written, seen or kind, frozenset(owners)))
        if looked_for:
            self.canaries.note(written, seen or kind, *owners)

    def text(self, kind: str, *owners: str) -> str:
        """Free text with a canary."""
        return self.dress(self.canaries.word(kind, *owners))


def canary_city(url: str, folder: Path, *, dress: Dress = str, hook: str = "https://hooks.example/") -> City:
    """The city in the migrated, empty database at ``url``. ``hook``: where all endpoints begin."""
    settings = Settings(instance=folder, database_url=url, secret_key=SECRET, webhook_allow_nets="127.0.0.0/8",
                        public_url="http://localhost", api_rate="1000000/minute")  # fmt: skip
    city = City(create_app(settings, now=lambda: NOW), dress=dress)
    database = parts_of(city.app).database
    with database.writing(SYSTEM) as session:
        load_defaults(session, TUESDAY - timedelta(days=7))
        _lists(session, city)
    run_push(database, settings, now=lambda: TUESDAY)
    with database.writing(SYSTEM) as session:
        _entries(session, city)
        for owner in OWNERS:
            _belongings(session, city, owner, settings, hook)
        for role in ADMINISTRATORS:
            _person(session, city, PLATFORM, role)
        _platform(session, city)
    for (_owner, _), person in city.people.items():
        token = token_for(city.app, person, TOKEN_SCOPES)
        city.tokens[person] = city.canaries.note(token, "secret")
    with database.writing(SYSTEM) as session:
        for made in session.scalars(select(ApiToken)):
            owner = next(owner for (owner, _), person in city.people.items() if person == made.person_id)
            made.name = city.text("token", owner)
            city.name("token", made.public_id, owner, seen="token id")
    return city


def _lists(session: Session, city: City) -> None:
    at = TUESDAY - timedelta(days=6)
    kinds = {"B": "BANK", "G": "GUARANTOR", "J": "BUREAU"}
    named = ({"org_code": one, "kind": kinds[one[0]], "name": f"{one}机构", "short_name": one} for one in OFFICES)
    put(session, "organisations", *named, now=at)
    put(session, "enterprises", *(_firm(city, one) for one in FIRMS), *(enterprise(n) for n in CROWD), now=at)
    put(session, "products", *(_product(city, bank, n) for n, bank in enumerate(BANKS, 1)), now=at)
    put(session, "needs", *(_need(city, one) for one in FIRMS), *(need(n) for n in CROWD), now=at)
    put(session, "contacts", *(_contact(city, one) for one in OWNERS), now=at)
    records = [_record(city, one, mode) for one in FIRMS for mode in ("PUBLIC", "AUTHORISED", "GOVERNMENT")]
    put(session, "credit-records", *records, now=at)
    put(session, "policies", {"policy_no": "ZC-1", "title": city.text("public"), "level": "MUNICIPAL",
                              "instrument": "INTEREST_SUBSIDY"}, now=at)  # fmt: skip
    for n, bank in enumerate(BANKS, 1):
        words = (city.text("draft", bank), city.text("draft", bank))
        draft = product(bank, n, product_code=f"DRAFT-{bank}", name=words[0], description=words[1])
        put(session, "products", draft, now=at)
    for draft_row in session.scalars(select(Product).where(Product.product_code.startswith("DRAFT"))):
        draft_row.status = EntryStatus.DRAFT


def _firm(city: City, uscc: str) -> dict[str, Any]:
    note = city.canaries
    note.note(uscc, "uscc", uscc)
    return enterprise(
        1, uscc=uscc, name=f"{city.text('identity', uscc)}公司", revenue_wan=note.number("business", uscc),
        total_assets_wan=note.number("business", uscc),
    )  # fmt: skip


def _need(city: City, uscc: str) -> dict[str, Any]:
    number = f"XQ-{uscc[8:16]}-{city.canaries.word('identity', uscc)}"
    city.name("need_no", number, uscc, seen="identity")
    return need(
        1, uscc=uscc, need_no=number, amount_wan=city.canaries.number("business", uscc),
        description=city.text("identity", uscc), submitted_on="2026-11-02", banks_at_a_time="3",
    )  # fmt: skip


def _product(city: City, bank: str, number: int) -> dict[str, Any]:
    code = f"{bank}P1"
    capacity = city.canaries.note(str(948_151 + number), "internal", bank)
    words = (city.text("product", bank), city.text("product", bank))
    return product(bank, number, product_code=code, name=words[0], description=words[1], lead_capacity_month=capacity,
                   amount_max_wan="9000")  # fmt: skip


def _contact(city: City, owner: str) -> dict[str, Any]:
    home = {"uscc": owner} if owner in FIRMS else {"org_code": owner}
    roles = {"B": "ACCOUNT_MANAGER", "G": "UNDERWRITER", "J": "OPERATOR"}
    note = city.canaries
    return contact(
        f"L-{OWNERS.index(owner)}", role=roles.get(owner[0], "FINANCE"), name=city.text("contact", owner),
        phone=note.note(f"1390000{len(note.known):04d}", "contact", owner),
        email=f"{note.word('contact', owner)}@receiver.example", **home,
    )  # fmt: skip


def _record(city: City, uscc: str, mode: str) -> dict[str, str]:
    kind = {"PUBLIC": "identity", "AUTHORISED": "credit", "GOVERNMENT": "government"}[mode]
    number = city.canaries.word(kind, uscc)
    return {
        "source": "信用中国", "record_no": number, "uscc": uscc, "authority": city.text(kind, uscc),
        "kind": "ADMIN_PENALTY", "severity": "GENERAL", "decided_on": "2026-05-01", "disclosure": mode,
        "summary": city.text(kind, uscc),
    }  # fmt: skip


def _entries(session: Session, city: City) -> None:
    """Ids of what the import and the push have made."""
    for kind, seen in (("enterprises", "own id"), ("needs", "own id"), ("credit-records", "own id")):
        for entry in session.scalars(select(LISTS[kind]).where(LISTS[kind].uscc.in_(FIRMS))):  # type: ignore[attr-defined]
            city.name(kind, entry.public_id, entry.uscc, seen=seen)
            if isinstance(entry, CreditRecord):
                city.name("record", f"{entry.source}/{entry.record_no}", entry.uscc, seen="own id", looked_for=False)
    for made in session.scalars(select(Product)):
        seen = "draft" if made.status is EntryStatus.DRAFT else "product"
        city.name("products", made.public_id, made.bank_name, seen=seen)
        city.name("product_code", made.product_code, made.bank_name, seen=seen)
    for kind in ("policies", "organisations"):
        for shared in session.scalars(select(LISTS[kind])):
            city.name(kind, shared.public_id, seen="public")
            city.name(f"key of {kind}", getattr(shared, "policy_no", None) or shared.org_code, seen="public",
                      looked_for=False)  # fmt: skip
    firm_of = {one.need_no: one.uscc for one in session.scalars(select(Need))}
    for lead in session.scalars(select(Lead)):
        if firm_of[lead.need_no] in FIRMS:
            city.name("leads", lead.public_id, lead.org_code, firm_of[lead.need_no])
        else:
            city.canaries.note(lead.public_id, "leads", lead.org_code)
    for message in session.scalars(select(OutboxMessage)):
        city.name("message", str(message.id), looked_for=False)


def _belongings(session: Session, city: City, owner: str, settings: Settings, hook: str) -> None:
    """What an organisation or enterprise has beside its lists."""
    home = {"uscc": owner} if owner in FIRMS else {"org_code": owner}
    firm = Role.FINANCE if owner in FIRMS else None
    for role in [firm] if firm else [one for one, at in HOMES.items() if at[0] == owner[0] and at[1:] < "2"]:
        _person(session, city, owner, role)
    token = city.canaries.word("link", owner)
    invited = add(session, Invitation, kind="invite", name=city.text("invitation", owner), token_hash=token_hash(token),
                  email=f"{city.canaries.word('invitation', owner)}@receiver.example", expires_at=_later(),
                  role=str(firm or Role.ACCOUNT_MANAGER), **home)  # fmt: skip
    city.name("invitation", token, owner, seen="link")
    city.behind.append((token, f"{invited.name} {invited.email}"))
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


def _person(session: Session, city: City, owner: str, role: Role) -> None:
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


def _platform(session: Session, city: City) -> None:
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
                person_id=city.people[("B2", Role.LEAD)], expires_at=_later(), org_code="B2")  # fmt: skip
    city.name("reset", link, seen="link")
    city.behind.append((link, reset.name))


def _later() -> datetime:
    return NOW + timedelta(hours=24)


def consented(city: City, groups: tuple[str, ...], *, to: str = "B1", uscc: str = FIRMS[0]) -> str:
    """A consent of the first enterprise through the API; its public id."""
    from tests.support.api import Caller

    firm = Caller(city.app, city.tokens[city.people[(uscc, Role.FINANCE)]])
    answer = firm.post("/consents", {"organisation": to, "groups": list(groups)})
    assert answer.status_code == 201, answer.text
    public_id = str(answer.json["id"]).partition("_")[2]
    if public_id not in city.canaries.known:
        city.name("consents", public_id, uscc, to)
    return public_id
