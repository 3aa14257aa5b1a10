"""From a person or a token to an actor: the organisations whose matters are theirs."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, bindparam, false, or_, select, true
from sqlalchemy.orm import Session, aliased

from matchmaker.accounts.models import ApiToken, Person, PersonRole
from matchmaker.accounts.sessions import SignedIn
from matchmaker.actor import Actor
from matchmaker.db import UtcTime
from matchmaker.domain.terms import OrganisationKind, Role, Side
from matchmaker.lists.models import Enterprise, Organisation


def organisations_of(session: Session, org_code: str) -> tuple[str, ...]:
    """The bank (or other head) that the organisation belongs to, and all that belong to it; the head first.

    A branch's people see to their bank's matters: leads and products are the bank's.
    """
    found = session.execute(_FAMILY, {"org_code": org_code}).all()
    head = next((code for code, is_head in found if is_head), org_code)
    return (head, *(code for code, is_head in found if not is_head and code != head))


def _family() -> Select[Any]:
    """Up from an organisation through the heads of branches, then down through the branches of the one at the top."""
    columns = (Organisation.org_code, Organisation.kind, Organisation.parent_org_code)
    up = select(*columns).where(Organisation.org_code == bindparam("org_code", type_=String)).cte("up", recursive=True)
    parent = aliased(Organisation)
    up = up.union(
        select(parent.org_code, parent.kind, parent.parent_org_code).where(
            parent.org_code == up.c.parent_org_code, up.c.kind == OrganisationKind.BRANCH
        )
    )
    top = or_(up.c.kind != OrganisationKind.BRANCH, up.c.parent_org_code.is_(None))
    below = select(up.c.org_code, true().label("is_head")).where(top).cte("below", recursive=True)
    child = aliased(Organisation)
    below = below.union(
        select(child.org_code, false()).where(
            child.parent_org_code == below.c.org_code, child.kind == OrganisationKind.BRANCH
        )
    )
    return select(below.c.org_code, below.c.is_head).order_by(below.c.org_code)


_FAMILY = _family()


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


def name_of_home(session: Session, org_code: str | None, uscc: str | None) -> str | None:
    """The name of an organisation or enterprise, its code where the list has it no more; None for the platform."""
    if uscc is not None:
        return session.scalar(select(Enterprise.name).where(Enterprise.uscc == uscc)) or uscc
    return session.scalar(select(Organisation.name).where(Organisation.org_code == org_code)) or org_code


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
    found = session.execute(_TOKEN, {"token_hash": token_hash, "now": now}).all()
    if not found:
        return None
    token, person = found[0].ApiToken, found[0].Person
    actor = actor_of_person(session, person, frozenset(Role.of(row.role) for row in found if row.role))
    return replace(actor, who=f"token:{token.public_id}", token_id=token.id, token_scopes=frozenset(token.scopes))


_TOKEN = (
    select(ApiToken, Person, PersonRole.role)
    .join(Person, Person.id == ApiToken.person_id)
    .outerjoin(PersonRole, PersonRole.person_id == Person.id)
    .where(
        ApiToken.token_hash == bindparam("token_hash"),
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > bindparam("now", type_=UtcTime),
        Person.disabled_at.is_(None),
        or_(Person.org_code == ApiToken.org_code, ApiToken.org_code.is_(None)),
        or_(Person.uscc == ApiToken.uscc, ApiToken.uscc.is_(None)),
    )
)
"""Built once: it is asked with every call."""
