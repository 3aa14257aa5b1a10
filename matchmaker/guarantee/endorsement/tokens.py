"""The signed tokens: a certificate, and the list of revoked ones (JWS, RFC 7515; JWT practice, RFC 8725).

The algorithm is written ``Ed25519``, as RFC 9864 has it; its older name ``EdDSA`` names a family and is deprecated.
Each kind of token says what it is (``typ``), so that none is taken for another (RFC 8725, section 3.11).
"""

from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, OKPKey

from matchmaker.domain.errors import RejectedError
from matchmaker.domain.terms import Coded
from matchmaker.domain.text import Text

ALGORITHM = "Ed25519"
CERTIFICATE, REVOKED = "rating-certificate+jwt", "statuslist+jwt"
LONGEST = 4096
"""Characters of a certificate at most: ours have about 1,000."""
_HEADER = {"alg", "kid", "typ"}


class Standing(Coded):
    """What a check of a certificate finds."""

    VALID = "valid", "有效", "valid"
    EXPIRED = "expired", "已过期", "expired"
    REVOKED = "revoked", "已撤销", "revoked"


def sign(claims: Mapping[str, Any], typ: str, key: OKPKey) -> str:
    """The claims as a compact JWS; ``key`` has its ``kid``."""
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": typ}
    return jwt.encode(header, dict(claims), key, algorithms=[ALGORITHM])


def read_signed(token: str, jwks: Mapping[str, Any], typ: str, *, longest: int = LONGEST) -> dict[str, Any]:
    """The claims of a token of this kind that one of the keys has signed; RejectedError (``not_ours``) for all else.

    ``jwks``: public keys as the address of the keys gives them. Nothing in the token chooses how it is checked: one
    algorithm, no key and no address from its header (RFC 8725, sections 3.1 and 3.10).
    """
    token = "".join(token.split())
    if len(token) > longest:
        raise RejectedError(_TOO_LONG, code="token_too_long", longest=longest)
    try:
        found = jwt.decode(token, KeySet.import_key_set(dict(jwks)), algorithms=[ALGORITHM])  # type: ignore[arg-type]
    except InvalidKeyIdError as error:
        raise RejectedError(_OTHER_KEY, code="not_ours") from error
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise RejectedError(_NOT_OURS, code="not_ours") from error
    if set(found.header) != _HEADER or found.header["typ"] != typ:
        raise RejectedError(_NOT_OURS, code="not_ours")
    return found.claims


_TOO_LONG = Text(
    "这段文字超过 {longest} 个字符，不是信用背书令牌。请重新复制证书的令牌。",
    "This is longer than {longest} characters, so it is no certificate. Copy the certificate's token again.",
)
_NOT_OURS = Text(
    "这不是本平台签发的信用背书令牌，或内容被改动过。请向出示的企业索取原件。",
    "This is no certificate signed by this platform, or it was altered. Ask whoever showed it for the original.",
)
_OTHER_KEY = Text(
    "公钥中没有签发这份令牌的密钥。重新下载公钥后再核验；仍没有的，不是本平台签发的。",
    "None of the public keys has signed this. Fetch the keys anew; if there is none then, it is not of this platform.",
)
