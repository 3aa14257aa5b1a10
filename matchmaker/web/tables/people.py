"""The table of people: who they are, where they belong, what they may do, and the buttons of each row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Person, PersonRole
from matchmaker.domain.terms import Role
from matchmaker.domain.text import Text
from matchmaker.lists.models import Enterprise, Organisation
from matchmaker.web.tables.filters import Choice, Filter, Flag
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import moment, say, t, tagged


@dataclass(slots=True)
class Belongings:
    """What is known of the people on a page: person id → roles, org_code → name, uscc → name."""

    roles: dict[int, list[Role]] = field(default_factory=dict)
    organisations: dict[str, str] = field(default_factory=dict)
    enterprises: dict[str, str] = field(default_factory=dict)

    def home_of(self, person: Person) -> str:
        """The organisation or enterprise of somebody, by name."""
        if person.org_code:
            return self.organisations.get(person.org_code, person.org_code)
        if person.uscc:
            return self.enterprises.get(person.uscc, person.uscc)
        return t("平台", "platform") if person.id in self.roles else "--"

    def roles_of(self, person: Person) -> str:
        """Somebody's roles in words."""
        return t("、", ", ").join(say(role.label) for role in self.roles.get(person.id, ())) or "--"


def belongings_of(session: Session, people: Sequence[Person]) -> Belongings:
    """In three queries, however many people there are."""
    found = Belongings()
    held = select(PersonRole.person_id, PersonRole.role).where(PersonRole.person_id.in_([one.id for one in people]))
    for person_id, code in session.execute(held.order_by(PersonRole.role)):
        found.roles.setdefault(person_id, []).append(Role.of(code))
    codes, firms = {one.org_code for one in people}, {one.uscc for one in people}
    offices = select(Organisation.org_code, Organisation.name).where(Organisation.org_code.in_(codes))
    found.organisations = dict(session.execute(offices).all())
    names = select(Enterprise.uscc, Enterprise.name).where(Enterprise.uscc.in_(firms))
    found.enterprises = dict(session.execute(names).all())
    return found


def people_table(session: Session, known: Callable[[], Belongings], buttons: Callable[[Person], Any] | None) -> Table:
    """Everybody whom the session's actor sees. ``known``: asked once the rows are known; ``buttons``: of a row."""
    columns = [
        Column("name", Text("姓名", "Name"), lambda one: one.name, Person.name),
        Column("login", Text("登录名", "Login"), lambda one: one.login, Person.login),
        Column("home", Text("单位", "Organisation"), lambda one: known().home_of(one), Person.org_code),
        Column("roles", Text("角色", "Roles"), lambda one: known().roles_of(one)),
        Column("state", Text("状态", "State"), _tag, Person.disabled_at,
               value=lambda one: _STATES[one.disabled_at is not None]),
        Column("factor", Text("二次验证", "Second factor"),
               lambda one: say(_FACTOR[one.totp_confirmed_at is not None])),
        Column("email", Text("邮箱", "E-mail"), lambda one: one.email or "--", Person.email, shown=False),
        Column("since", Text("加入时间", "Since"), lambda one: moment(one.created_at), Person.created_at, "day",
               shown=False, value=lambda one: one.created_at),
    ]  # fmt: skip
    if buttons is not None:
        columns.append(Column("do", Text("操作", "Action"), buttons, exported=False))
    return Table(
        base=select(Person), columns=columns, unique=Person.login, filters=_filters(session),
        search=(Person.name, Person.login), default_sort="home",
    )  # fmt: skip


def _tag(person: Person) -> Any:
    disabled = person.disabled_at is not None
    return tagged("failed" if disabled else "sent", _STATES[disabled])


def _filters(session: Session) -> list[Filter]:
    found: list[Filter] = [
        Flag("role", Text("角色", "Role"), {role.value: (role.label, _has(role)) for role in _roles(session)}),
        Flag("state", Text("状态", "State"), {
            "active": (_STATES[False], Person.disabled_at.is_(None)),
            "disabled": (_STATES[True], Person.disabled_at.is_not(None)),
        }),
        Flag("factor", Text("二次验证", "Second factor"), {
            "on": (_FACTOR[True], Person.totp_confirmed_at.is_not(None)),
            "off": (_FACTOR[False], Person.totp_confirmed_at.is_(None)),
        }),
    ]  # fmt: skip
    offices = _offices(session)
    if len(offices) > 1:
        options = [(code, Text(name, name)) for code, name in offices.items()]
        found.append(Choice("home", Text("单位", "Organisation"), Person.org_code, options))
    return found


def _has(role: Role) -> Any:
    return Person.id.in_(select(PersonRole.person_id).where(PersonRole.role == role.value))


def _roles(session: Session) -> list[Role]:
    """The roles that somebody holds."""
    return [Role.of(code) for code in session.scalars(select(PersonRole.role).distinct().order_by(PersonRole.role))]


def _offices(session: Session) -> Mapping[str, str]:
    """Organisations that have people: code → name."""
    codes = session.scalars(select(Person.org_code).where(Person.org_code.is_not(None)).distinct()).all()
    query = select(Organisation.org_code, Organisation.name).where(Organisation.org_code.in_(codes))
    return dict(session.execute(query.order_by(Organisation.org_code)).all())


_STATES = {False: Text("在用", "active"), True: Text("已停用", "disabled")}
_FACTOR = {True: Text("已启用", "on"), False: Text("未启用", "off")}
