"""Signing in by OpenID Connect: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636, RFC 9700).

The provider says who somebody is; it makes nobody a person here. A person's first link is made from the person's own
signed-in account page. Roles that need a second factor need it after this, too.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from matchmaker.domain.errors import ConfigurationError, NotAllowedError, RemoteError, UsageError
from matchmaker.domain.text import Text
from matchmaker.settings import Settings

ALGORITHMS = ["RS256", "PS256", "ES256"]
TIMEOUT_SECONDS = 10
LEEWAY_SECONDS = 60
FLOW_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Flow:
    """What must come back as it went out; kept in the browser's signed cookie while the person is at the provider."""

    state: str
    nonce: str
    verifier: str
    began: float
    purpose: str
    back: str

    @classmethod
    def begin(cls, purpose: str, back: str, now: datetime) -> Self:
        """A new flow: ``purpose`` is ``sign_in`` or ``link``, ``back`` the page to go to afterwards."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, now.timestamp(), purpose, back)

    @classmethod
    def read(cls, kept: Any) -> Self:
        """What :meth:`to_json` gave; UsageError for anything else."""
        try:
            return cls(**kept)
        except TypeError as error:
            raise UsageError(_NO_FLOW, code="oidc_flow") from error

    def to_json(self) -> dict[str, Any]:
        """To be kept in the cookie."""
        return asdict(self)

    def require_answer(self, state: str, now: datetime) -> None:
        """UsageError unless the answer belongs to this flow and came in time."""
        late = now.timestamp() - self.began > FLOW_LASTS.total_seconds()
        if late or not hmac.compare_digest(state.encode(), self.state.encode()):
            raise UsageError(_NO_FLOW, code="oidc_flow")


def is_set_up(settings: Settings) -> bool:
    """Whether there is a provider."""
    return bool(settings.oidc_issuer)


def authorization_address(settings: Settings, flow: Flow, redirect_uri: str) -> str:
    """Where the browser is sent. RemoteError where the provider cannot be reached."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(flow.verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid",
        "state": flow.state,
        "nonce": flow.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    endpoint = _discovered(settings)["authorization_endpoint"]
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def subject_of(settings: Settings, flow: Flow, *, code: str, redirect_uri: str, now: datetime) -> str:
    """Trade the code for the provider's signed word; ``issuer subject`` of the person who signed in there.

    NotAllowedError where the word is not good: signature, issuer, audience, time or nonce.
    """
    provider = _discovered(settings)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": flow.verifier,
    }
    told = _asked("POST", provider["token_endpoint"], settings, data=form)
    keys = _asked("GET", provider["jwks_uri"], settings)
    claims = _claims(settings, told.get("id_token"), keys, now)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), flow.nonce.encode()):
        raise NotAllowedError(_NOT_GOOD, code="oidc_token", why="nonce")
    return f"{claims['iss']} {claims['sub']}"


def _claims(settings: Settings, token: Any, keys: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The claims of an ID token that is signed, ours, and still good (OpenID Connect Core 1.0, 3.1.3.7)."""
    ours = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": settings.oidc_issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True},
    )
    try:
        found = jwt.decode(str(token), KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        ours.validate(found.claims)
        if found.claims.get("azp", settings.oidc_client_id) != settings.oidc_client_id:
            raise ValueError("azp")
    except (JoseError, ValueError, TypeError) as error:
        raise NotAllowedError(_NOT_GOOD, code="oidc_token", why=type(error).__name__) from error
    return found.claims


def _discovered(settings: Settings) -> dict[str, Any]:
    """The provider's own description; its issuer must be the one that is set (OpenID Connect Discovery 1.0, 4.3)."""
    found = _asked("GET", f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration", settings)
    if found.get("issuer") != settings.oidc_issuer:
        raise ConfigurationError(_ISSUER, code="oidc_issuer", issuer=settings.oidc_issuer)
    return found


def _asked(method: str, address: str, settings: Settings, **sent: Any) -> dict[str, Any]:
    """A JSON object of the provider. Nothing is sent in the clear but to this machine itself."""
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise ConfigurationError(_CLEAR, code="oidc_clear", address=address)
    login = (settings.oidc_client_id, settings.oidc_client_secret) if method == "POST" else None
    try:
        answer = httpx.request(method, address, timeout=TIMEOUT_SECONDS, follow_redirects=False, auth=login, **sent)
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise RemoteError(_REMOTE, code="oidc_remote", issuer=settings.oidc_issuer) from error
    if not isinstance(found, dict):
        raise RemoteError(_REMOTE, code="oidc_remote", issuer=settings.oidc_issuer)
    return found


_NO_FLOW = Text(
    "这次统一身份认证没有从本网站开始，或已超过 10 分钟。从登录页重新开始。",
    "This sign-in did not begin on this site, or more than ten minutes ago. Start again from the sign-in page.",
)
_NOT_GOOD = Text(
    "统一身份认证的答复未通过检查（{why}），没有登录。从登录页重新开始；仍不行请告知管理员。",
    "The identity provider's answer did not pass the check ({why}); nobody was signed in. Start again, and tell the "
    "administrator if it stays so.",
)
_ISSUER = Text(
    "统一身份认证的名称与设置 oidc_issuer（{issuer}）不一致。改正设置。",
    "The identity provider calls itself otherwise than oidc_issuer ({issuer}). Put the setting right.",
)
_CLEAR = Text(
    "统一身份认证地址 {address} 不是 https。改正设置 oidc_issuer。",
    "The identity provider's address {address} is not https. Put oidc_issuer right.",
)
_REMOTE = Text(
    "统一身份认证 {issuer} 没有正常答复。稍后再试，或用密码登录。",
    "The identity provider {issuer} does not answer as it should. Try later, or sign in with your password.",
)
