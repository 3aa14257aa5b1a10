"""From a person or a token to an actor: the organisations whose matters are theirs."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from matchmaker.accounts.models import ApiToken, Person
from matchmaker.accounts.sessions import SignedIn, roles_of
from matchmaker.actor import Actor
from matchmaker.domain.terms import OrganisationKind, Role, Side
from matchmaker.lists.models import Organisation


def organisations_of(session: Session, org_code: str) -> tuple[str, ...]:
    """The bank (or other head) that the organisation belongs to, and all that belong to it; the head first.

    A branch's people see to their bank's matters: leads and products are the bank's.
    """
    head = _head(session, org_code)
    below = select(Organisation.org_code).where(Organisation.org_code == head).cte("below", recursive=True)
    child = aliased(Organisation)
    below = below.union(
        select(child.org_code).where(child.parent_org_code == below.c.org_code, child.kind == OrganisationKind.BRANCH)
    )
    found = session.scalars(select(below.c.org_code).order_by(below.c.org_code))
    return (head, *(code for code in found if code != head))


def _head(session: Session, org_code: str) -> str:
    seen: set[str] = set()
    while org_code not in seen:
        seen.add(org_code)
        found = session.execute(
            select(Organisation.kind, Organisation.parent_org_code).where(Organisation.org_code == org_code)
        ).one_or_none()
        if found is None or found.kind is not OrganisationKind.BRANCH or not found.parent_org_code:
            break
        org_code = found.parent_org_code
    return org_code


def actor_of_person(session: Session, person: Person, roles: frozenset[Role]) -> Actor:
    """The person as an actor, before anything of a request is known. A person without a role acts for nobody.

    Only the sides of business have rows of their own: an administrator with a bank's code has none of the bank's.
    """
    side = side_of(roles)
    org_code = person.org_code if side in (Side.BANK, Side.GUARANTOR, Side.BUREAU) else None
    return Actor(
        who=f"person:{person.public_id}",
        side=side,
        orgs=organisations_of(session, org_code) if org_code else (),
        uscc=person.uscc if side is Side.ENTERPRISE else None,
        roles=roles,
        person_id=person.id,
        contact_no=person.contact_no,
        name=person.name,
    )


def side_of_home(session: Session, org_code: str | None, uscc: str | None) -> Side | None:
    """The side of whoever belongs to this organisation or enterprise; None for the platform's own people."""
    if uscc is not None:
        return Side.ENTERPRISE
    kind = session.scalar(select(Organisation.kind).where(Organisation.org_code == org_code))
    return None if kind is None else _SIDES[kind]


_SIDES = {
    OrganisationKind.BANK: Side.BANK,
    OrganisationKind.BRANCH: Side.BANK,
    OrganisationKind.GUARANTOR: Side.GUARANTOR,
    OrganisationKind.BUREAU: Side.BUREAU,
}


def side_of(roles: frozenset[Role]) -> Side:
    """The side of a person's roles; they are all of one side."""
    sides = {role.side for role in roles}
    return sides.pop() if len(sides) == 1 else Side.ANYONE


def actor_of_session(session: Session, signed_in: SignedIn) -> Actor:
    """The actor of a browser's session."""
    actor = actor_of_person(session, signed_in.person, signed_in.roles)
    return replace(
        actor,
        session_id=signed_in.sign_in.id,
        fresh_at=signed_in.sign_in.fresh_at,
        second_factor=signed_in.sign_in.second_factor,
    )


def actor_of_token(session: Session, token_hash: str, *, now: datetime) -> Actor | None:
    """The actor of a token that is neither revoked nor expired and whose maker may still sign in.

    It acts for the token's organisation or enterprise with the maker's present roles, within the token's scopes.
    """
    found = session.execute(
        select(ApiToken, Person)
        .join(Person, Person.id == ApiToken.person_id)
        .where(
            ApiToken.token_hash == token_hash,
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now,
            Person.disabled_at.is_(None),
            or_(Person.org_code == ApiToken.org_code, ApiToken.org_code.is_(None)),
            or_(Person.uscc == ApiToken.uscc, ApiToken.uscc.is_(None)),
        )
    ).one_or_none()
    if found is None:
        return None
    actor = actor_of_person(session, found.Person, roles_of(session, found.Person.id))
    return replace(
        actor,
        who=f"token:{found.ApiToken.public_id}",
        token_id=found.ApiToken.id,
        token_scopes=frozenset(found.ApiToken.scopes),
        contact_no=found.Person.contact_no,
    )
