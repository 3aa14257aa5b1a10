"""Expected errors: what happened, where, and how to mend it, with the exit code of the contract."""

from enum import IntEnum
from typing import Any, ClassVar

from matchmaker.domain.text import Lang, Text


class Exit(IntEnum):
    """Exit codes of every command (CONTRACT.md section 1)."""

    DONE = 0
    INTERNAL = 1
    USAGE = 2
    REJECTED = 3
    NOT_FOUND = 4
    CONFLICT = 5
    CONFIGURATION = 6
    NOT_ALLOWED = 7
    REMOTE = 8
    INTERRUPTED = 130


class MatchmakerError(Exception):
    """Base of all expected errors: one bilingual sentence, a stable code and an exit code."""

    exit_code: ClassVar[Exit] = Exit.INTERNAL

    def __init__(self, text: Text, *, code: str, **values: Any) -> None:
        """``text`` says what, where and how to mend; ``values`` fill its places."""
        super().__init__(code)
        self.text = text
        self.code = code
        self.values = values

    def say(self, lang: Lang) -> str:
        """The sentence for a person."""
        return self.text.say(lang, **self.values)

    def __str__(self) -> str:
        return self.say("en")


class UsageError(MatchmakerError):
    """The command or request is not of the form it must have."""

    exit_code = Exit.USAGE


class RejectedError(MatchmakerError):
    """The input as a whole cannot be taken (wrong file, missing column, faulty rows)."""

    exit_code = Exit.REJECTED


class NotFoundError(MatchmakerError):
    """There is no such thing, or it is not this actor's."""

    exit_code = Exit.NOT_FOUND


class ConflictError(MatchmakerError):
    """The state has moved on, or another run is active."""

    exit_code = Exit.CONFLICT


class ConfigurationError(MatchmakerError):
    """A setting, the database or the environment has to be put right first."""

    exit_code = Exit.CONFIGURATION


class NotAllowedError(MatchmakerError):
    """The actor may not do this."""

    exit_code = Exit.NOT_ALLOWED


class SignInError(NotAllowedError):
    """Nobody has signed in, or the session or token is no longer good."""


class TooManyError(NotAllowedError):
    """Too many attempts; ``values["seconds"]`` says when to try again."""


class RemoteError(MatchmakerError):
    """A remote system failed; trying again later may help."""

    exit_code = Exit.REMOTE
