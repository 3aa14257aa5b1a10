"""Builds the city of canaries.

Lists, leads, matches and messages come from the product's own import and push; the rest (people, tokens, requests,
endpoints, uploads, links) is put beside them.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from matchmaker import create_app
from matchmaker.accounts.matrix import TOKEN_SCOPES
from matchmaker.accounts.models import ApiToken
from matchmaker.actor import SYSTEM
from matchmaker.domain.terms import Role
from matchmaker.guarantee.endorsement.queries import claims_of
from matchmaker.lists.defaults import load_defaults
from matchmaker.push.services import run_push
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, parts_of, token_for
from tests.support.canary_belongings import name_own_messages, put_belongings, put_person, put_platform
from tests.support.canary_city import ADMINISTRATORS, FIRMS, NOW, OWNERS, PLATFORM, City, Dress
from tests.support.canary_guarantees import put_guarantees
from tests.support.canary_lists import name_entries, put_lists
from tests.support.canary_ratings import put_ratings
from tests.support.city import TUESDAY
from tests.support.endorsing import certify, rate


def canary_city(url: str, folder: Path, *, dress: Dress = str, hook: str = "https://hooks.example/") -> City:
    """The city in the migrated, empty database at ``url``. ``hook``: where all endpoints begin."""
    settings = Settings(instance=folder, database_url=url, secret_key=SECRET, webhook_allow_nets="127.0.0.0/8",
                        public_url="http://localhost", api_rate="1000000/minute")  # fmt: skip
    city = City(create_app(settings, now=lambda: NOW), dress=dress)
    database = parts_of(city.app).database
    with database.writing(SYSTEM) as session:
        load_defaults(session, TUESDAY - timedelta(days=7))
        put_lists(session, city)
    run_push(database, settings, now=lambda: TUESDAY)
    with database.writing(SYSTEM) as session:
        name_entries(session, city)
        put_guarantees(session, city)
        for owner in OWNERS:
            put_belongings(session, city, owner, settings, hook)
        for role in ADMINISTRATORS:
            put_person(session, city, PLATFORM, role)
        put_platform(session, city)
        name_own_messages(session, city)
        put_ratings(session, city, settings)
    for (_owner, _), person in city.people.items():
        token = token_for(city.app, person, TOKEN_SCOPES)
        city.tokens[person] = city.canaries.note(token, "secret")
    for number, owner in enumerate(FIRMS, 1):
        name_certificate(city, settings, number, owner)
    with database.writing(SYSTEM) as session:
        for made in session.scalars(select(ApiToken)):
            owner = next(owner for (owner, _), person in city.people.items() if person == made.person_id)
            made.name = city.text("token", owner)
            city.name("token", made.public_id, owner, seen="token id")
    return city


def name_certificate(city: City, settings: Settings, number: int, owner: str) -> None:
    """Certify the rating of an enterprise; whoever is given the id, as by a QR code, is shown what it states."""
    database = parts_of(city.app).database
    rated = city.ids["ratings"][number - 1].text
    rate(database, settings, "B", number=number, now=NOW, rating_no=rated)
    made = certify(database, settings, number=number, now=NOW)
    city.name("certificates", made.public_id, owner)
    city.name("certificate link", made.public_id, seen="link", looked_for=False)
    city.behind.append((f"/verify/{made.public_id}", f"{claims_of(made)['name']} {owner} {rated}"))


def consented(city: City, groups: tuple[str, ...], *, to: str = "B1", uscc: str = FIRMS[0]) -> str:
    """A consent of the first enterprise through the API; its public id."""
    from tests.support.api import Caller

    firm = Caller(city.app, city.tokens[city.people[(uscc, Role.FINANCE)]])
    answer: Any = firm.post("/consents", {"organisation": to, "groups": list(groups)})
    assert answer.status_code == 201, answer.text
    public_id = str(answer.json["id"]).partition("_")[2]
    if public_id not in city.canaries.known:
        city.name("consents", public_id, uscc, to)
    return public_id
