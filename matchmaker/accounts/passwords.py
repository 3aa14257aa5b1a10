"""Passwords: what is refused, how they are kept, how they are checked (OWASP ASVS 5.0 6.2, 11.4.2).

They are kept as argon2id strings, which carry their own parameters: a password kept with weaker ones is hashed anew at
the next sign-in. There are no rules on kinds of characters and none on age (6.2.5, 6.2.10).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from matchmaker.domain.errors import RejectedError, UsageError
from matchmaker.domain.text import Text

LEAST_LENGTH = 8
ADVISED_LENGTH = 15
MOST_LENGTH = 128
"""Characters. All of them count; nothing is cut off (6.2.8, 6.2.9)."""

PRODUCT_WORDS = ("matchmaker", "weihai", "rongzi", "yinqi", "password", "融资撮合", "融资", "撮合")
"""Words that everybody thinks of here, as they are typed."""


@dataclass(frozen=True, slots=True)
class Strength:
    """Parameters of argon2id: memory in KiB, passes over it, lanes."""

    memory_kib: int
    passes: int
    lanes: int


STRENGTH = Strength(memory_kib=19 * 1024, passes=2, lanes=1)
"""The least that OWASP's password storage cheat sheet names for argon2id: 19 MiB, 2 passes, 1 lane."""


class Hasher:
    """Hashes and checks passwords with one strength. ``checks`` counts the checks made, for measurements."""

    def __init__(self, strength: Strength = STRENGTH) -> None:
        self._argon2 = PasswordHasher(
            time_cost=strength.passes, memory_cost=strength.memory_kib, parallelism=strength.lanes
        )
        self._of_nobody = self._argon2.hash("the password of somebody who does not exist")
        self.checks = 0

    def hash(self, password: str) -> str:
        """The argon2id string to keep."""
        return self._argon2.hash(password)

    def check(self, kept: str | None, password: str) -> bool:
        """Whether it is the kept password. Without one it takes as long and is False: time tells nothing."""
        self.checks += 1
        try:
            self._argon2.verify(kept or self._of_nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def is_weaker(self, kept: str) -> bool:
        """Whether it was kept with other parameters than are used now."""
        return self._argon2.check_needs_rehash(kept)


_in_use: list[Hasher] = []


def hasher() -> Hasher:
    """The hasher of this process, made when it is first needed."""
    if not _in_use:
        use_hasher(Hasher())
    return _in_use[0]


def use_hasher(other: Hasher) -> None:
    """Put another hasher in its place. Tests take a cheap one (``tests/conftest.py``)."""
    _in_use[:] = [other]


def require_good(password: str, *, context: Iterable[str] = ()) -> None:
    """RejectedError, saying why, unless the password may be used.

    ``context``: words that whoever knows the person would try: login, name, organisation, city (6.2.11).
    """
    if len(password) < LEAST_LENGTH:
        raise _refused(_SHORT, "password_short", least=LEAST_LENGTH, advised=ADVISED_LENGTH)
    if len(password) > MOST_LENGTH:
        raise _refused(_LONG, "password_long", most=MOST_LENGTH)
    if password.casefold() in _common():
        raise _refused(_COMMON, "password_common")
    if len(_without(password, (*PRODUCT_WORDS, *context))) < LEAST_LENGTH:
        raise _refused(_GUESSED, "password_guessed", least=LEAST_LENGTH)


def require_same(password: str, repeated: str) -> None:
    """UsageError unless a new password was typed alike twice."""
    if password != repeated:
        raise UsageError(_DIFFERENT, code="password_different")


@cache
def _common() -> frozenset[str]:
    """The passwords of zxcvbn's list that are long enough to be tried here: far more than the 3000 of ASVS 6.2.4."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= LEAST_LENGTH)


def _without(password: str, words: Iterable[str]) -> str:
    """What is left of a password without the words that could be guessed, whole or in their parts."""
    left = password.casefold()
    for word in sorted(_parts(words), key=len, reverse=True):
        left = left.replace(word, "")
    return left


def _parts(words: Iterable[str]) -> set[str]:
    found = set()
    for word in words:
        for part in (word, *re.split(r"[\s@._+\-]+", word)):
            if len(part) >= (4 if part.isascii() else 2):
                found.add(part.casefold())
    return found


def _refused(text: Text, code: str, **values: object) -> RejectedError:
    return RejectedError(text, code=code, **values)


_SHORT = Text(
    "密码太短：至少 {least} 个字符，{advised} 个以上更好，例如几个不相干的词。",
    "The password is too short: at least {least} characters, better {advised} or more, such as a few unrelated words.",
)
_LONG = Text("密码太长：最多 {most} 个字符。", "The password is too long: at most {most} characters.")
_COMMON = Text(
    "这是最常见的密码之一，容易被猜中。换一个。", "This is one of the most common passwords. Choose another one."
)
_GUESSED = Text(
    "去掉登录名、姓名、单位和城市名称后，密码不足 {least} 个字符。换一个与这些无关的密码。",
    "Without your login, name, organisation and city fewer than {least} characters are left. "
    "Choose a password that has nothing to do with them.",
)
_DIFFERENT = Text("两次输入的密码不同。重新输入。", "The two passwords are different. Type them again.")
