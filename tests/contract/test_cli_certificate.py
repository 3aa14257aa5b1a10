"""``flask certificate`` from the outside: keys listed, replaced, retired; a token checked with and without files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from matchmaker.actor import NOBODY
from matchmaker.domain.errors import Exit
from matchmaker.guarantee.endorsement.models import Certificate
from matchmaker.guarantee.endorsement.queries import public_keys, revoked_list
from matchmaker.guarantee.endorsement.revoking import revoke_certificate
from tests.contract.test_json_examples import certified, city, database_of
from tests.support.city import TUESDAY
from tests.support.consenting import enterprise


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    made = city(tmp_path)
    yield made
    database_of(made).dispose()


def run(app: Flask, *words: str, stdin: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["certificate", *words, "--lang", "en"], input=stdin)


def keys(app: Flask) -> list[dict[str, Any]]:
    told: dict[str, list[dict[str, Any]]] = json.loads(run(app, "keys", "list", "--json").stdout)
    return told["keys"]


def revoke(app: Flask, made: Certificate) -> None:
    with database_of(app).writing(enterprise()) as session:
        revoke_certificate(session, actor=enterprise(), public_id=made.public_id, now=TUESDAY)


class Files:
    """What the platform publishes, fetched into a folder."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.jwks, self.revoked = folder / "jwks.json", folder / "revoked.jwt"
        with database_of(app).reading(NOBODY) as session:
            self.jwks.write_text(json.dumps(public_keys(session, TUESDAY)))
            listed = revoked_list(session, app.extensions["matchmaker"].settings, TUESDAY)
        self.revoked.write_text(listed or "")

    @property
    def options(self) -> list[str]:
        return ["--jwks", str(self.jwks), "--revoked", str(self.revoked)]


def test_keys_are_listed_replaced_and_retired(app: Flask) -> None:
    empty = run(app, "keys", "list")
    assert empty.exit_code == Exit.DONE and "There are no keys yet" in empty.output and keys(app) == []
    made = certified(app)
    assert [(one["kid"], one["state"]) for one in keys(app)] == [(made.kid, "signing")]
    done = run(app, "keys", "rotate")
    assert done.exit_code == Exit.DONE and "signs from now on" in done.output
    states = {one["kid"]: one["state"] for one in keys(app)}
    assert states.pop(made.kid) == "published" and list(states.values()) == ["signing"]
    assert next(iter(states)) in done.output
    ended = run(app, "keys", "retire", made.kid)
    assert ended.exit_code == Exit.DONE and "1 certificate(s)" in ended.output
    retired = {one["kid"]: one for one in keys(app)}[made.kid]
    assert retired["state"] == "retired" and retired["retired_at"].startswith("2026-11-24T")
    lines = run(app, "keys", "list").stdout.splitlines()
    assert [line.split("  ")[1] for line in lines if line.startswith(made.kid)] == ["retired"]
    assert "0 certificate(s)" in run(app, "keys", "retire", made.kid).output


def test_a_private_part_is_never_shown(app: Flask) -> None:
    certified(app)
    for words in (("keys", "list"), ("keys", "list", "--json"), ("keys", "rotate")):
        assert "a256gcm" not in run(app, *words).output and '"d"' not in run(app, *words).output


def test_a_dry_run_writes_nothing(app: Flask) -> None:
    made = certified(app)
    before = keys(app)
    done = run(app, "keys", "rotate", "--dry-run")
    assert done.exit_code == Exit.DONE and "signs from now on" not in done.output and keys(app) == before
    run(app, "keys", "rotate")
    before = keys(app)
    assert run(app, "keys", "retire", made.kid, "--dry-run").exit_code == Exit.DONE
    assert keys(app) == before and run(app, "verify", made.token).exit_code == Exit.DONE


def test_the_key_that_signs_and_one_that_is_unknown_are_not_retired(app: Flask) -> None:
    made = certified(app)
    signs = run(app, "keys", "retire", made.kid)
    assert signs.exit_code == Exit.CONFLICT and "flask certificate keys rotate" in signs.output
    unknown = run(app, "keys", "retire", "nothing")
    assert unknown.exit_code == Exit.NOT_FOUND and "flask certificate keys list" in unknown.output


def test_a_token_is_checked_against_the_database(app: Flask) -> None:
    made = certified(app)
    done = run(app, "verify", made.token)
    assert done.exit_code == Exit.DONE
    assert done.stdout.splitlines()[0] == "valid" and f"rating_no  {made.rating_no}" in done.stdout
    told = run(app, "verify", "-", "--json", stdin=f"{made.token}\n")
    assert told.exit_code == Exit.DONE and json.loads(told.stdout)["claims"]["jti"] == made.public_id
    revoke(app, made)
    ended = run(app, "verify", made.token, "--json")
    assert ended.exit_code == Exit.REJECTED and '"state": "revoked"' in ended.stdout
    assert "Ask the company for a new one" in ended.output
    altered = run(app, "verify", made.token[:-4] + "AAAA")
    assert altered.exit_code == Exit.REJECTED and "no certificate signed by this platform" in altered.output


def test_a_token_is_checked_by_files_alone(app: Flask, tmp_path: Path) -> None:
    made = certified(app)
    files = Files(app, tmp_path)
    good = run(app, "verify", made.token, *files.options)
    assert good.exit_code == Exit.DONE and "was not checked" not in good.output
    without = run(app, "verify", made.token, *files.options[:2])
    assert without.exit_code == Exit.DONE and "whether it was revoked was not checked" in without.output
    revoke(app, made)
    assert run(app, "verify", made.token, *files.options).exit_code == Exit.DONE, "the list is of before"
    assert run(app, "verify", made.token, *Files(app, tmp_path).options).exit_code == Exit.REJECTED


def test_the_list_goes_with_the_keys(app: Flask, tmp_path: Path) -> None:
    made = certified(app)
    done = run(app, "verify", made.token, *Files(app, tmp_path).options[2:])
    assert done.exit_code == Exit.USAGE and "--revoked goes with --jwks" in done.output


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"keys": 1}', b"\xff", b"[" * 100_000])
def test_files_that_cannot_be_read_are_said_to_be_so(app: Flask, tmp_path: Path, content: bytes) -> None:
    made = certified(app)
    files = Files(app, tmp_path)
    files.jwks.write_bytes(content)
    done = run(app, "verify", made.token, *files.options)
    assert done.exit_code == Exit.REJECTED and "Fetch them again" in done.output


def test_a_list_that_is_none_is_said_to_be_so(app: Flask, tmp_path: Path) -> None:
    made = certified(app)
    files = Files(app, tmp_path)
    files.revoked.write_text("名单", "utf-8")
    assert "Fetch them again" in run(app, "verify", made.token, *files.options).output
    files.revoked.write_text(made.token)
    done = run(app, "verify", made.token, *files.options)
    assert done.exit_code == Exit.REJECTED
