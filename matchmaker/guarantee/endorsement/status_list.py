"""Which certificates were revoked, as one bit each of a list of fixed size (IETF Token Status List, JWT form).

A certificate holds a random place of the list, which its token alone tells; the list says of a place whether it is
revoked. So it names nobody, and whoever has no certificate learns nothing of anyone's. Its length does not grow with
the number of certificates: even with every second bit set it stays below what libraries read of a token.
"""

import base64
import secrets
import zlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.text import Text
from matchmaker.guarantee.endorsement.keys import LIST_LASTS
from matchmaker.guarantee.endorsement.models import Certificate

SIZE = 2**19
"""Places of the list: 64 KiB, which base64 twice makes at most 117,000 characters (joserfc reads 128,000)."""
_TRIES = 200
"""Random places tried: with nine of ten taken, all are so once in a thousand million times."""


def free_place(session: ScopedSession, now: datetime, *, size: int = SIZE) -> int:
    """A random place that no other certificate holds; ConflictError where the list is full.

    The writers' lock of the lists is held by the caller. A certificate gives its place back a day after its end, when
    no list that may still be relied on has it as revoked.
    """
    with session.elevated():
        ended = Certificate.status_index.is_not(None) & (Certificate.expires_at <= now - LIST_LASTS)
        session.execute(update(Certificate).where(ended).values(status_index=None))
        for _ in range(_TRIES):
            place = secrets.randbelow(size)
            if session.scalar(select(Certificate.id).where(Certificate.status_index == place)) is None:
                return place
    raise ConflictError(_FULL, code="status_list_full")


def packed(places: Iterable[int]) -> str:
    """The list with these places set: bit ``n % 8`` of byte ``n // 8``, zlib, base64url without padding."""
    bits = bytearray(SIZE // 8)
    for place in places:
        bits[place // 8] |= 1 << place % 8
    return base64.urlsafe_b64encode(zlib.compress(bytes(bits), 9)).decode().rstrip("=")


def is_set(listed: str, place: int) -> bool:
    """Whether a place of a packed list is set; never unpacks more than a list of ours holds."""
    raw = base64.urlsafe_b64decode(listed + "=" * (-len(listed) % 4))
    bits = zlib.decompressobj().decompress(raw, SIZE // 8)
    return bool(bits[place // 8] >> place % 8 & 1)


_FULL = Text(
    "有效的信用背书太多，暂时不能出具新的证书。联系平台运维人员；到期的证书让出位置后再申请。",
    "Too many certificates hold at once, so none can be issued for now. Tell the operator of the platform, or ask "
    "again once others have expired.",
)
