"""``flask secret``: the key of pages and of kept secrets."""

import secrets

import click

from matchmaker.cli.base import command_group

KEY_LENGTH = 64
secret_group = command_group("secret", "The application's own key.")


@secret_group.command("create")
def create_command() -> None:
    """Print a new random key of 64 characters. Nothing is stored.

    \b
    flask secret create
    export MATCHMAKER_SECRET_KEY="$(flask secret create)"
    """
    click.echo(secrets.token_hex(KEY_LENGTH // 2))
