"""``flask certificate``: the keys that sign 信用背书, and checking a token without the database."""

import json
import sys
from pathlib import Path
from typing import Any

import click

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
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.text import Text
from matchmaker.guarantee.endorsement.keys import keys, published_keys, retire_key, rotate_key
from matchmaker.guarantee.endorsement.models import SigningKey
from matchmaker.guarantee.endorsement.queries import Checked, check_offline, check_token
from matchmaker.guarantee.endorsement.tokens import Standing

certificate_group = command_group("certificate", "Certificates of ratings: their keys, checking a token.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


keys_group = command_group("keys", "List, replace and retire the keys that sign certificates.")
certificate_group.add_command(keys_group)


@keys_group.command("list")
@_JSON
def list_command(as_json: bool) -> None:
    """List the keys: which one signs, which are published. Private parts are never shown.

    \b
    flask certificate keys list
    flask certificate keys list --json
    """
    with database().reading(CLI) as session:
        published = {key.kid for key in published_keys(session, now())}
        found = [_key_json(key, published) for key in keys(session)]
    if as_json:
        echo_json({"keys": found})
        return
    for one in found:
        click.echo("  ".join([one["kid"], one["state_label"], one["active_from"]]))
    if not found:
        say(Text("还没有密钥，出具第一份证书时生成。", "There are no keys yet; the first certificate makes one."))


def _key_json(key: SigningKey, published: set[str]) -> dict[str, Any]:
    state = "retired" if key.retired_at else "signing" if key.sealed else "published" if key.kid in published else "old"
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": state,
        "state_label": _STATES[state].say(current_lang()),
        "active_from": key.active_from.astimezone(settings().zone).isoformat(),
        "retired_at": key.retired_at.astimezone(settings().zone).isoformat() if key.retired_at else None,
    }


@keys_group.command("rotate")
@_DRY_RUN
def rotate_command(dry_run: bool) -> None:
    """Make a key that signs from now on; those of before stay published until what they signed has expired.

    \b
    flask certificate keys rotate
    flask certificate keys rotate --dry-run
    """
    with writing_or_trying(dry_run) as session:
        made = rotate_key(session, actor=CLI, settings=settings(), now=now())
    if not dry_run:
        say(Text("新密钥 {kid} 已启用。", "The key {kid} signs from now on."), kid=made.kid)


@keys_group.command("retire")
@click.argument("kid")
@_DRY_RUN
def retire_command(kid: str, dry_run: bool) -> None:
    """Take the key KID out of the published ones, as when others may know it; its certificates are revoked.

    \b
    flask certificate keys retire v2HuMdDXPAAiAjYyhaQxyL2E702y-apbLmrpWCnex-A
    flask certificate keys retire v2HuMdDXPAAiAjYyhaQxyL2E702y-apbLmrpWCnex-A --dry-run
    """
    with writing_or_trying(dry_run) as session:
        ended = retire_key(session, actor=CLI, kid=kid, now=now())
    say(Text("由它签名的 {n} 份证书随之撤销。", "{n} certificate(s) that it signed are revoked."), n=ended)


@certificate_group.command("verify")
@click.argument("token")
@click.option("--jwks", type=_FILE, help="The public keys in a file; without it, those of the database.")
@click.option("--revoked", type=_FILE, help="The signed list of revoked certificates in a file; goes with --jwks.")
@_JSON
def verify_command(token: str, jwks: Path | None, revoked: Path | None, as_json: bool) -> None:
    """Say what the certificate TOKEN is worth now; "-" reads it from standard input. Not valid: exit code 3.

    \b
    flask certificate verify eyJhbGciOiJFZDI1NTE5In0.e30.c2lnbmF0dXJl
    flask certificate verify - --jwks jwks.json --revoked revoked.jwt --json < token.txt
    """
    written = sys.stdin.read(_MOST) if token == _STDIN else token
    if revoked and not jwks:
        raise usage(Text("--revoked 须与 --jwks 一起使用。", "--revoked goes with --jwks."))
    checked = _checked(written, jwks, revoked)
    if as_json:
        label = checked.standing.label.say(current_lang())
        echo_json({"state": checked.standing.value, "state_label": label, "claims": checked.claims})
    else:
        click.echo(checked.standing.label.say(current_lang()))
        for name, value in (checked.claims or {}).items():
            click.echo(f"{name}  {value}")
    if jwks and not revoked:
        say(Text("没有给撤销名单，是否已撤销没有核验。", "Without the list, whether it was revoked was not checked."))
    if checked.standing is not Standing.VALID:
        raise RejectedError(_NOT_VALID, code="not_valid", state=checked.standing.label)


_MOST, _STDIN = 100_000, "-"


def _checked(token: str, jwks: Path | None, revoked: Path | None) -> Checked:
    if jwks is None:
        with database().reading(CLI) as session:
            return check_token(session, token, now())
    try:
        found = json.loads(jwks.read_text("utf-8"))
        assert isinstance(found["keys"], list)
        listed = revoked.read_text("ascii") if revoked else None
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError) as error:
        raise RejectedError(_NO_KEYS, code="jwks") from error
    return check_offline(token, found, listed, now())


_STATES = {
    "signing": Text("正在签名", "signs"),
    "published": Text("仍公布", "still published"),
    "old": Text("不再公布", "no longer published"),
    "retired": Text("已停用", "retired"),
}
_NOT_VALID = Text(
    "这份证书{state}。请向企业索取新的证书。", "The certificate is {state}. Ask the company for a new one."
)
_NO_KEYS = Text(
    "公钥或撤销名单的文件读不懂。重新下载后再核验。", "The files cannot be read. Fetch them again and check anew."
)
