"""``flask token``: tokens of programmes, made, listed and revoked by the operator of the machine."""

from typing import Any

import click
from sqlalchemy import select

from matchmaker.accounts.matrix import TOKEN_SCOPES
from matchmaker.accounts.models import ApiToken
from matchmaker.accounts.people import find_by_login
from matchmaker.accounts.sessions import roles_of
from matchmaker.accounts.tokens import DAYS, MOST_DAYS, STATES, create_token, revoke_token, state_of, tokens
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
from matchmaker.domain.text import Text

token_group = command_group("token", "Tokens of programmes that call the API.")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@token_group.command("create")
@click.argument("login")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--scope", "scopes", type=click.Choice(TOKEN_SCOPES), multiple=True, required=True, help="Several times.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=DAYS, show_default=True, help="How long it holds.")
@_DRY_RUN
@_JSON
def create_command(login: str, name: str, scopes: tuple[str, ...], days: int, dry_run: bool, as_json: bool) -> None:
    """Make a token that acts for the person LOGIN, and print it this once.

    \b
    flask token create pm@bank.example --name core-banking --scope lists:read --scope products:write
    flask token create pm@bank.example --name test --scope lists:read --days 30 --dry-run
    """
    with writing_or_trying(dry_run) as session:
        person = find_by_login(session, login)
        roles = roles_of(session, person.id)
        token, written = create_token(
            session, actor=CLI, person=person, roles=roles, name=name, scopes=scopes, days=days, now=now()
        )
    if dry_run:
        return
    if as_json:
        echo_json({"token": written, **_json(token, person.name)})
    else:
        click.echo(written)
        say(Text("只显示这一次，立即保存。", "It is shown this once: keep it now."))


@token_group.command("list")
@_JSON
def list_command(as_json: bool) -> None:
    """List all tokens with their state and last use; never the tokens themselves.

    \b
    flask token list
    flask token list --json
    """
    with database().reading(CLI) as session:
        found = [_json(token, maker) for token, maker in tokens(session)]
    if as_json:
        echo_json({"tokens": found})
        return
    for one in found:
        last = one["last_used_on"] or "--"
        click.echo("  ".join([one["id"], one["prefix"], one["state_label"], one["name"], one["made_by"], last]))
    if not found:
        say(Text("还没有密钥。", "There are no tokens."))


@token_group.command("revoke")
@click.argument("token_id")
@_DRY_RUN
def revoke_command(token_id: str, dry_run: bool) -> None:
    """Revoke a token, given by its id or the signs it begins with; its next call is refused.

    \b
    flask token revoke 0v8cz2m4tq6w9y1b3d5f
    flask token revoke mk_live_4fQ9xA --dry-run
    """
    with writing_or_trying(dry_run) as session:
        named = session.scalars(select(ApiToken.public_id).where(ApiToken.prefix == token_id)).all()
        if len(named) > 1:
            raise usage(Text("有几个密钥这样开头。改用编号。", "Several tokens begin so. Give the id."))
        revoke_token(session, actor=CLI, public_id=named[0] if named else token_id, now=now())
    if not dry_run:
        say(Text("已撤销。", "Revoked."))


def _json(token: ApiToken, maker: str) -> dict[str, Any]:
    state, zone = state_of(token, now()), settings().zone
    return {
        "id": token.public_id,
        "name": token.name,
        "prefix": token.prefix,
        "made_by": maker,
        "org_code": token.org_code,
        "uscc": token.uscc,
        "scopes": token.scopes,
        "state": state,
        "state_label": STATES[state].say(current_lang()),
        "created_at": token.created_at.astimezone(zone).isoformat(),
        "expires_at": token.expires_at.astimezone(zone).isoformat(),
        "last_used_on": token.last_used_on.isoformat() if token.last_used_on else None,
    }
