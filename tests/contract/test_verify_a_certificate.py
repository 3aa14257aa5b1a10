"""docs/how-to/verify-a-certificate.md: the programme, run as printed, against certificates of every kind."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from matchmaker.actor import CLI, NOBODY, SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import RejectedError
from matchmaker.guarantee.endorsement import keys, queries
from matchmaker.guarantee.endorsement.models import Certificate
from matchmaker.guarantee.endorsement.revoking import revoke_certificate
from matchmaker.guarantee.endorsement.tokens import CERTIFICATE, REVOKED, Standing, sign
from matchmaker.lists.defaults import load_defaults
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.city import small_city
from tests.support.consenting import enterprise
from tests.support.endorsing import certify, rate

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "verify-a-certificate.md"
NOW = datetime.now(UTC)
"""The programme asks the machine for the time."""


class Bank:
    """Somebody with the three files and the programme of the page."""

    def __init__(self, database: Database, settings: Settings, folder: Path) -> None:
        self.database, self.settings, self.folder = database, settings, folder
        found = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)
        assert found
        self.programme = found[1]
        (folder / "verify.py").write_text(self.programme, "utf-8")

    def fetch(self, now: datetime = NOW) -> None:
        """Keys and list, as published at that moment."""
        with self.database.reading(NOBODY) as session:
            jwks = queries.public_keys(session, now)
            listed = queries.revoked_list(session, self.settings, now)
        assert listed
        (self.folder / "jwks.json").write_text(json.dumps(jwks))
        (self.folder / "revoked.jwt").write_text(listed)

    def run(self, token: str) -> subprocess.CompletedProcess[str]:
        """The programme as printed; what ``flask certificate verify`` says of the same files must agree."""
        (self.folder / "certificate.jws").write_text(token + "\n")
        names = ("verify.py", "certificate.jws", "jwks.json", "revoked.jwt")
        done = subprocess.run(
            [sys.executable, *names], cwd=self.folder, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode == 0) == self._ours(token)
        return done

    def _ours(self, token: str) -> bool:
        jwks = json.loads((self.folder / "jwks.json").read_text())
        try:
            found = queries.check_offline(token, jwks, (self.folder / "revoked.jwt").read_text(), datetime.now(UTC))
        except RejectedError:
            return False
        return found.standing is Standing.VALID


@pytest.fixture
def bank(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Bank]:
    database = Database(migrated_sqlite_url)
    with database.writing(SYSTEM) as session:
        load_defaults(session, NOW)
        small_city(session, firms=2, now=NOW)
    folder = tmp_path / "bank"
    folder.mkdir()
    yield Bank(database, Settings(instance=tmp_path, secret_key=SECRET), folder)
    database.dispose()


def issued(bank: Bank, now: datetime = NOW, **rating: Any) -> Certificate:
    rate(bank.database, bank.settings, "B", now=now, **rating)
    return certify(bank.database, bank.settings, now=now)


def test_it_is_short() -> None:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    assert found and len([line for line in found[1].splitlines() if line]) <= 13


def test_a_certificate_that_holds_is_read(bank: Bank) -> None:
    made = issued(bank)
    bank.fetch()
    done = bank.run(made.token)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == queries.claims_of(made)
    assert done.stderr == ""


def test_one_of_an_old_key_is_read_after_the_rotation(bank: Bank) -> None:
    made = issued(bank, NOW - timedelta(days=2))
    bank.fetch()
    stale = (bank.folder / "jwks.json").read_text()
    with bank.database.writing(CLI) as session:
        keys.rotate_key(session, actor=CLI, settings=bank.settings, now=NOW - timedelta(days=1))
    bank.fetch()
    assert bank.run(made.token).returncode == 0
    (bank.folder / "jwks.json").write_text(stale)
    assert bank.run(made.token).returncode != 0, "the list is signed by a key that the old file does not have"


def test_what_expired_or_was_revoked_or_stands_on_an_old_list_is_refused(bank: Bank) -> None:
    old = issued(bank, NOW - timedelta(days=100))
    made = issued(bank, rating_no="PJ-2")
    bank.fetch()
    assert "expired" in bank.run(old.token).stderr
    with bank.database.writing(enterprise()) as session:
        revoke_certificate(session, actor=enterprise(), public_id=made.public_id, now=NOW)
    assert bank.run(made.token).returncode == 0, "the bank's list is of before"
    bank.fetch()
    assert "revoked" in bank.run(made.token).stderr
    fresh = issued(bank, rating_no="PJ-3")
    bank.fetch(NOW - timedelta(days=2))
    assert "a day old" in bank.run(fresh.token).stderr


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def altered(bank: Bank, made: Certificate) -> str:
    head, _, signature = made.token.split(".")
    return f"{head}.{part({**queries.claims_of(made), 'grade': 'A'})}.{signature}"


def unsigned(bank: Bank, made: Certificate) -> str:
    return f"{part({'alg': 'none', 'kid': made.kid, 'typ': CERTIFICATE})}.{made.token.split('.')[1]}."


def by_the_public_key_as_a_secret(bank: Bank, made: Certificate) -> str:
    """The classic confusion: HMAC with what everybody has (RFC 8725, section 2.1)."""
    x = json.loads((bank.folder / "jwks.json").read_text())["keys"][0]["x"]
    secret = base64.urlsafe_b64decode(x + "=")
    header = {"alg": "HS256", "kid": made.kid, "typ": CERTIFICATE}
    return jws.serialize_compact(header, json.dumps(queries.claims_of(made)), OctKey.import_key(secret))


def by_a_strangers_key(bank: Bank, made: Certificate) -> str:
    key = OKPKey.generate_key("Ed25519")
    named = OKPKey.import_key({**key.as_dict(private=True), "kid": made.kid})
    return sign(queries.claims_of(made), CERTIFICATE, named)


def with_its_own_key_in_the_header(bank: Bank, made: Certificate) -> str:
    key = OKPKey.generate_key("Ed25519")
    header = {"alg": "Ed25519", "typ": CERTIFICATE, "jwk": key.as_dict(private=False)}
    return jws.serialize_compact(header, json.dumps(queries.claims_of(made)), key, algorithms=["Ed25519"])


def the_list_itself(bank: Bank, made: Certificate) -> str:
    return (bank.folder / "revoked.jwt").read_text()


def of_another_type(bank: Bank, made: Certificate) -> str:
    with bank.database.reading(SYSTEM) as session:
        key = keys.key_in_use(session, bank.settings)
    assert key is not None
    return sign({**queries.claims_of(made), "status_list": {"bits": 1, "lst": ""}}, REVOKED, key)


def deeply_nested(bank: Bank, made: Certificate) -> str:
    return f"{part(b'[' * 2000)}.e30.e30"


def nothing(bank: Bank, made: Certificate) -> str:
    return "..."


FORGERIES: list[Callable[[Bank, Certificate], str]] = [
    altered, unsigned, by_the_public_key_as_a_secret, by_a_strangers_key, with_its_own_key_in_the_header,
    the_list_itself, of_another_type, deeply_nested, nothing,
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES)
def test_what_we_did_not_sign_as_a_certificate_is_refused(
    bank: Bank, forge: Callable[[Bank, Certificate], str]
) -> None:
    made = issued(bank)
    bank.fetch()
    token = forge(bank, made)
    done = bank.run(token)
    assert done.returncode != 0 and done.stdout == ""
    with pytest.raises(RejectedError) as caught, bank.database.reading(NOBODY) as session:
        queries.check_token(session, token, NOW)
    assert caught.value.code == "not_ours"


def test_a_list_of_another_issuer_is_refused(bank: Bank) -> None:
    made = issued(bank)
    bank.settings = replace(bank.settings, public_url="https://other.example")
    bank.fetch()
    assert "of another issuer" in bank.run(made.token).stderr


def test_a_list_that_is_not_signed_by_us_is_refused(bank: Bank) -> None:
    made = issued(bank)
    bank.fetch()
    (bank.folder / "revoked.jwt").write_text(by_a_strangers_key(bank, made))
    assert bank.run(made.token).returncode != 0
    (bank.folder / "revoked.jwt").write_text(made.token)
    assert "not a certificate with its list" in bank.run(made.token).stderr
