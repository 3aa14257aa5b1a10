"""Kept secrets open only with their key, for their purpose, and as they were closed."""

import base64

import pytest

from matchmaker.domain.errors import ConfigurationError
from matchmaker.settings import Settings
from matchmaker.vault import ALGORITHM, require_secret, seal, signing_key, token_hash, unseal

OLD, NEW = "the key of last year, long enough to be one", "the key of this year, long enough to be one"
SETTINGS = Settings(secret_key=NEW)


def test_what_is_sealed_names_its_algorithm_and_opens_again() -> None:
    kept = seal(SETTINGS, "JBSWY3DPEHPK3PXP", "totp:1")
    assert kept.split(":")[0] == ALGORITHM == "a256gcm"
    assert "JBSW" not in kept
    assert unseal(SETTINGS, kept, "totp:1") == "JBSWY3DPEHPK3PXP"
    assert seal(SETTINGS, "JBSWY3DPEHPK3PXP", "totp:1") != kept, "a nonce is used once"


def test_one_bit_or_another_purpose_does_not_open() -> None:
    """ASVS 11.3: authenticated encryption."""
    kept = seal(SETTINGS, "secret", "totp:1")
    with pytest.raises(ConfigurationError):
        unseal(SETTINGS, kept, "totp:2")
    algorithm, key, nonce, sealed = kept.split(":")
    for place, part in ((2, nonce), (3, sealed)):
        raw = base64.urlsafe_b64decode(part)
        for bit in range(len(raw) * 8):
            changed = bytearray(raw)
            changed[bit // 8] ^= 1 << bit % 8
            parts = [algorithm, key, nonce, sealed]
            parts[place] = base64.urlsafe_b64encode(bytes(changed)).decode()
            with pytest.raises(ConfigurationError):
                unseal(SETTINGS, ":".join(parts), "totp:1")


@pytest.mark.parametrize("kept", ["", "x", "a:b:c:d", "a256gcm:::", "aes-cbc:1:2:3"])
def test_what_was_never_sealed_does_not_open(kept: str) -> None:
    with pytest.raises(ConfigurationError):
        unseal(SETTINGS, kept, "totp:1")


def test_the_key_of_before_still_opens_and_no_other_does() -> None:
    kept = seal(Settings(secret_key=OLD), "secret", "x")
    assert unseal(Settings(secret_key=NEW, secret_key_previous=OLD), kept, "x") == "secret"
    with pytest.raises(ConfigurationError):
        unseal(SETTINGS, kept, "x")


@pytest.mark.parametrize("written", ["", "short", "x" * 31])
def test_a_key_that_could_be_guessed_is_refused(written: str) -> None:
    with pytest.raises(ConfigurationError):
        require_secret(Settings(secret_key=written))


def test_keys_differ_by_purpose_and_tokens_are_hashed() -> None:
    assert signing_key(SETTINGS, "a") != signing_key(SETTINGS, "b")
    assert len(signing_key(SETTINGS, "a")) == 32
    assert token_hash("token") == token_hash("token") != "token"
    assert NEW not in repr(SETTINGS)
