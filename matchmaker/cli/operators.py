"""Acts at the command line for which one of the bureau's operators answers by name, so that a second one can check."""

from dataclasses import replace

import click

from matchmaker.accounts.people import find_by_login
from matchmaker.accounts.sessions import roles_of
from matchmaker.actor import CLI, Actor
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotAllowedError
from matchmaker.domain.terms import Role
from matchmaker.domain.text import Text

BY = click.option("--by", "login", required=True, help="Login of the operator of the bureau who answers for it.")


def operator_named(session: ScopedSession, login: str) -> Actor:
    """The operator at the command line acting for one of the bureau's operators, under that person's name.

    NotAllowedError for an account that is disabled or no operator's.
    """
    person = find_by_login(session, login)
    if person.disabled_at is not None:
        raise NotAllowedError(_NOBODY, code="disabled", login=login)
    if Role.OPERATOR not in roles_of(session, person.id):
        raise NotAllowedError(_NO_OPERATOR, code="role", login=login)
    return replace(CLI, who=f"person:{person.public_id}", person_id=person.id)


_NOBODY = Text("「{login}」的账号已停用。换一位工作人员。", 'The account "{login}" is disabled. Name another person.')
_NO_OPERATOR = Text(
    "「{login}」不是主管部门的运营人员，不能负责这一步。",
    '"{login}" is no operator of the bureau, so cannot answer for this.',
)
