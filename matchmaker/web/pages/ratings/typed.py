"""What was typed into a form of these pages, and what is wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request

from matchmaker.domain.errors import ConflictError, MatchmakerError, NotAllowedError, RejectedError
from matchmaker.web.safety import status_of
from matchmaker.web.view import current_lang


@dataclass(frozen=True, slots=True)
class Fault:
    """``form``: the form that was sent, by its name; ``sentence``: what is wrong, in the page's language."""

    form: str
    sentence: str

    @classmethod
    def of(cls, form: str, error: MatchmakerError) -> "Fault":
        """What an error says."""
        return cls(form, error.say(current_lang()))


def typed(name: str) -> str:
    """What stands in a field of the form that was sent."""
    return request.form.get(name, "")


def refusals(again: Callable[[MatchmakerError], str], do: Callable[[], Any]) -> Any:
    """What ``do`` gives; where it is refused, the page again (``again``) with what was typed and the sentence."""
    try:
        return do()
    except (RejectedError, ConflictError, NotAllowedError) as error:
        return again(error), status_of(error)
