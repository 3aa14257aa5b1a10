"""Secrets that must be readable again (second factors, webhook secrets), kept encrypted with AES-256-GCM.

A kept secret is ``a256gcm:KEY:NONCE:CIPHERTEXT`` (base64url). KEY names the key by the first digits of its hash, so
that the previous key still opens what it closed while ``secret_key`` is being changed. What the secret is for is bound
to it: one that was moved to another place does not open.
"""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from matchmaker.domain.errors import ConfigurationError
from matchmaker.domain.text import Text
from matchmaker.settings import Settings

ALGORITHM = "a256gcm"
NONCE_BYTES = 12
LEAST_LENGTH = 32


def require_secret(settings: Settings) -> None:
    """ConfigurationError where there is no ``secret_key``, or one that could be guessed."""
    if len(settings.secret_key) < LEAST_LENGTH:
        raise ConfigurationError(_NO_SECRET, code="secret_key", least=LEAST_LENGTH)


def seal(settings: Settings, secret: str, purpose: str) -> str:
    """Encrypt ``secret`` with the current key, bound to ``purpose``."""
    require_secret(settings)
    nonce = secrets.token_bytes(NONCE_BYTES)
    key = _key(settings.secret_key)
    sealed = AESGCM(key).encrypt(nonce, secret.encode(), purpose.encode())
    return ":".join((ALGORITHM, _name(key), _written(nonce), _written(sealed)))


def unseal(settings: Settings, kept: str, purpose: str) -> str:
    """What :func:`seal` kept; ConfigurationError where no key we have opens it or it was changed."""
    for written in (settings.secret_key, settings.secret_key_previous):
        key = _key(written)
        try:
            algorithm, name, nonce, sealed = kept.split(":")
            if written and algorithm == ALGORITHM and hmac.compare_digest(name, _name(key)):
                return AESGCM(key).decrypt(_read(nonce), _read(sealed), purpose.encode()).decode()
        except (ValueError, InvalidTag):
            break
    raise ConfigurationError(_NOT_OPENED, code="secret_key_changed")


def is_ours(settings: Settings, kept: str) -> bool:
    """Whether ``secret_key`` or ``secret_key_previous`` closed a kept secret, by the key's name in it."""
    keys = [_name(_key(written)) for written in (settings.secret_key, settings.secret_key_previous) if written]
    return kept.startswith(tuple(f"{ALGORITHM}:{name}:" for name in keys))


def signing_key(settings: Settings, purpose: str) -> bytes:
    """A key of 32 bytes for signatures of one purpose."""
    require_secret(settings)
    return hmac.digest(settings.secret_key.encode(), f"signing {purpose}".encode(), "sha256")


def token_hash(token: str) -> str:
    """What is kept of a random token (at least 128 bits, so no salt and no slow hash is needed)."""
    return hashlib.sha256(token.encode()).hexdigest()


def _key(written: str) -> bytes:
    return hmac.digest(written.encode(), b"vault", "sha256")


def _name(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _read(written: str) -> bytes:
    return base64.urlsafe_b64decode(written)


_NO_SECRET = Text(
    "没有设置 secret_key，或者不足 {least} 个字符。用 flask secret create 生成，"
    "写入 MATCHMAKER_SECRET_KEY 或实例目录的 config.toml。",
    "secret_key is not set, or shorter than {least} characters. Make one with flask secret create and set "
    "MATCHMAKER_SECRET_KEY or config.toml of the instance folder.",
)
_NOT_OPENED = Text(
    "保存的密文用现有的 secret_key 打不开。把旧的密钥写入 secret_key_previous，或重新设置对应的密钥。",
    "A kept secret cannot be opened with this secret_key. Set the old one as secret_key_previous, or set it anew.",
)
