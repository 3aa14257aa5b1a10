"""``flask people``: the first person of an installation, and help where nobody can sign in any more."""

import sys
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.invitations import invite_to_reset
from matchmaker.accounts.models import Person
from matchmaker.accounts.passwords import hasher, require_good
from matchmaker.accounts.people import (
    create_person,
    disable_person,
    enable_person,
    find_by_login,
    grant_role,
    read_login,
    read_name,
    revoke_role,
    tell_refusal,
)
from matchmaker.accounts.resets import reset_alone
from matchmaker.accounts.sessions import roles_of
from matchmaker.actor import CLI
from matchmaker.cli.base import (
    command_group,
    current_lang,
    database,
    echo_json,
    now,
    say,
    settings,
    usage,
    writing_or_trying,
)
from matchmaker.domain.errors import NotAllowedError, NotFoundError
from matchmaker.domain.terms import Role
from matchmaker.domain.text import Text
from matchmaker.lists.models import Contact, Enterprise, Organisation
from matchmaker.lists.tenants import side_of_home

ROLES = click.Choice([role.value for role in Role])
people_group = command_group("people", "People who sign in.")


def _dry_run(command: Any) -> Any:
    return click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")(command)


@people_group.command("add")
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", "roles", type=ROLES, multiple=True, required=True, help="May be given several times.")
@click.option("--org", "org_code", help="Code of the organisation.")
@click.option("--uscc", help="Code of the enterprise.")
@click.option("--email", help="Where the person reads mail.")
@click.option("--contact", "contact_no", help="Number of the contact that is the same person.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@_dry_run
def add_command(
    login: str,
    name: str,
    roles: tuple[str, ...],
    org_code: str | None,
    uscc: str | None,
    email: str | None,
    contact_no: str | None,
    password_stdin: bool,
    dry_run: bool,
) -> None:
    """Add a person; prints a link that works once, with which the person sets a password.

    Without --org and --uscc the person is one of the platform: SYSTEM_ADMIN, SECURITY_ADMIN or AUDITOR.

    \b
    flask people add operator@city.example --name 王敏 --role OPERATOR --org J01
    flask people add security --name 李安 --role SECURITY_ADMIN --password-stdin < password.txt
    """
    kept = _password_hash(login, name) if password_stdin else None
    with writing_or_trying(dry_run) as session:
        _require_home(session, org_code, uscc, contact_no)
        person = create_person(
            session, actor=CLI, login=read_login(login), name=read_name(name), roles=[Role.of(r) for r in roles],
            side=side_of_home(session, org_code, uscc), org_code=org_code, uscc=uscc, email=email,
            contact_no=contact_no, password_hash=kept, now=now(),
        )  # fmt: skip
        token = None
        if kept is None:
            token = invite_to_reset(session, actor=CLI, person=person, settings=settings(), now=now())
    if token and not dry_run:
        _print_link(token)


def _password_hash(login: str, name: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    require_good(password, context=(login, name, settings().city))
    return hasher().hash(password)


def _require_home(session: Session, org_code: str | None, uscc: str | None, contact_no: str | None) -> None:
    if org_code and uscc:
        raise usage(Text("--org 与 --uscc 只能给一个。", "Give --org or --uscc, not both."))
    for model, column, code in (
        (Organisation, Organisation.org_code, org_code),
        (Enterprise, Enterprise.uscc, uscc),
        (Contact, Contact.contact_no, contact_no),
    ):
        if code and session.scalar(select(model.id).where(column == code)) is None:
            raise NotFoundError(
                Text(
                    "{what}清单中没有「{name}」。先导入清单：flask lists import。",
                    'The list of {what} has no "{name}". Import the list first: flask lists import.',
                ),
                code="unknown_code",
                what=model.label,
                name=code,
            )


def _print_link(token: str) -> None:
    click.echo(f"{settings().public_url.rstrip('/')}/reset/{token}")
    say(
        Text("链接只能使用一次，{hours} 小时内有效。", "The link works once, within {hours} hours."),
        hours=settings().invitation_hours,
    )


@people_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_command(as_json: bool) -> None:
    """Everybody who may sign in, with their roles.

    \b
    flask people list
    flask people list --json
    """
    with database().reading(CLI) as session:
        rows = [_row(session, person) for person in session.scalars(select(Person).order_by(Person.login))]
    if as_json:
        echo_json(rows)
        return
    lang = current_lang()
    for row in rows:
        roles = ", ".join(Role.of(code).label.say(lang) for code in row["roles"])
        off = Text("（已停用）", " (disabled)").say(lang) if row["disabled"] else ""
        click.echo(f"{row['login']}  {row['name']}  {row['org_code'] or row['uscc'] or '--'}  {roles}{off}")


def _row(session: Session, person: Person) -> dict[str, Any]:
    return {
        "login": person.login,
        "name": person.name,
        "org_code": person.org_code,
        "uscc": person.uscc,
        "roles": sorted(str(role) for role in roles_of(session, person.id)),
        "second_factor": person.totp_confirmed_at is not None,
        "disabled": person.disabled_at is not None,
    }


@people_group.command("disable")
@click.argument("login")
@_dry_run
def disable_command(login: str, dry_run: bool) -> None:
    """Stop somebody from signing in; sessions and tokens end at once.

    \b
    flask people disable operator@city.example
    flask people disable operator@city.example --dry-run
    """
    with writing_or_trying(dry_run) as session:
        disable_person(session, actor=CLI, person=find_by_login(session, login), now=now())


@people_group.command("enable")
@click.argument("login")
@_dry_run
def enable_command(login: str, dry_run: bool) -> None:
    """Let somebody sign in again.

    \b
    flask people enable operator@city.example
    flask people enable operator@city.example --dry-run
    """
    with writing_or_trying(dry_run) as session:
        enable_person(session, actor=CLI, person=find_by_login(session, login), now=now())


@people_group.command("role")
@click.argument("login")
@click.argument("change", type=click.Choice(["grant", "revoke"]))
@click.argument("role", type=ROLES)
@_dry_run
def role_command(login: str, change: str, role: str, dry_run: bool) -> None:
    """Give a role to somebody, or take it away; their sessions end.

    \b
    flask people role operator@city.example grant ANALYST
    flask people role operator@city.example revoke ANALYST
    """
    try:
        with writing_or_trying(dry_run) as session:
            _change_role(session, find_by_login(session, login), Role.of(role), change)
    except NotAllowedError as error:
        with writing_or_trying(dry_run) as session:
            tell_refusal(session, CLI, find_by_login(session, login), Role.of(role), error.code, now())
        raise


def _change_role(session: Session, person: Person, role: Role, change: str) -> None:
    if change == "revoke":
        revoke_role(session, actor=CLI, person=person, role=role, now=now())
    else:
        side = side_of_home(session, person.org_code, person.uscc)
        grant_role(session, actor=CLI, person=person, role=role, side=side, now=now())


@people_group.command("reset")
@click.argument("login")
@_dry_run
def reset_command(login: str, dry_run: bool) -> None:
    """Print a link with which somebody sets a new password; the second factor stays. The person is told by mail.

    On the pages a second administrator confirms it where the account can do much; here it is the operator's to answer.

    \b
    flask people reset operator@city.example
    flask people reset operator@city.example --lang en
    """
    with writing_or_trying(dry_run) as session:
        person = find_by_login(session, login)
        token = reset_alone(session, actor=CLI, person=person, kind="password", settings=settings(), now=now())
    if token and not dry_run:
        _print_link(token)


@people_group.command("recover")
@click.argument("login")
@_dry_run
def recover_command(login: str, dry_run: bool) -> None:
    """Take away a lost second factor; where a role needs one, it is set up anew at the next sign-in.

    The person is told by mail.

    \b
    flask people recover operator@city.example
    flask people recover operator@city.example --dry-run
    """
    with writing_or_trying(dry_run) as session:
        person = find_by_login(session, login)
        reset_alone(session, actor=CLI, person=person, kind="second_factor", settings=settings(), now=now())
