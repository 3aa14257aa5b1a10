"""The steps of a guarantee as its page sends them: each is one service, and a refusal comes back on the page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError, NotAllowedError, RejectedError
from matchmaker.domain.guarantee_life import STEPS
from matchmaker.domain.text import LANGS, Text
from matchmaker.guarantee.cases import applying, deciding, losses
from matchmaker.web.guard import action
from matchmaker.web.once import do_once
from matchmaker.web.pages.guarantees.one import Fault, shown
from matchmaker.web.pages.guarantees.routes import guarantees
from matchmaker.web.view import actor, announce, parts

Work = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """How a step is taken: the service, and which of the form's inputs it is given."""

    work: Work
    given: tuple[str, ...] = ()
    settings: bool = False


FIRM: Mapping[str, Taken] = {
    "supply": Taken(applying.supply, ("text",)),
    "withdraw": Taken(applying.withdraw, (), True),
}
REVIEW: Mapping[str, Taken] = {
    "ask": Taken(deciding.ask, ("text",)),
    "review": Taken(deciding.review, ("opinion", "reason")),
    "check": Taken(losses.check_claim, ("text",)),
    "propose_write_off": Taken(losses.propose_write_off, ("reason",)),
}
APPROVE: Mapping[str, Taken] = {
    "return": Taken(deciding.return_to_review, ("text",)),
    "approve": Taken(deciding.approve, (), True),
    "decline": Taken(deciding.decline, ("reason",), True),
    "refuse_claim": Taken(losses.refuse_claim, ("reason",)),
    "compensate": Taken(losses.compensate, (), True),
    "write_off": Taken(losses.write_off, (), True),
}


@guarantees.post("/guarantees/<public_id>/firm/<any(supply, withdraw):verb>")
@action("guarantees.apply")
def by_firm(public_id: str, verb: str) -> Any:
    """The enterprise's step."""
    return take(public_id, verb, FIRM[verb])


@guarantees.post("/guarantees/<public_id>/review/<any(ask, review, check, propose_write_off):verb>")
@action("guarantees.review")
def by_reviewer(public_id: str, verb: str) -> Any:
    """The underwriter's step."""
    return take(public_id, verb, REVIEW[verb])


@guarantees.post(
    "/guarantees/<public_id>/decide/<any('return', approve, decline, refuse_claim, compensate, write_off):verb>"
)
@action("guarantees.approve")
def by_approver(public_id: str, verb: str) -> Any:
    """The approver's step."""
    return take(public_id, verb, APPROVE[verb])


def take(public_id: str, verb: str, taken: Taken) -> Any:
    """Take the step once, however often the form is sent."""
    typed = {name: request.form.get(name, "") for name in taken.given}

    def work(session: ScopedSession) -> str:
        extra = {"settings": parts().settings} if taken.settings else {}
        taken.work(
            session, actor=actor(), public_id=public_id, version=version_sent(), now=parts().now(), **typed, **extra
        )
        announce(_DONE, step=STEPS[verb].label)
        return url_for("guarantees.one", public_id=public_id)

    return refusals(public_id, verb, typed, lambda: do_once(work))


def refusals(public_id: str, verb: str, typed: dict[str, str], work: Callable[[], Any]) -> Any:
    """What ``work`` answers; where it refuses, the guarantee's page with the sentence and with what had been typed."""
    try:
        return work()
    except (RejectedError, ConflictError, NotAllowedError) as error:
        fault = Fault(verb, Text(*(error.say(lang) for lang in LANGS)), typed)
        return shown(public_id, fault), 422 if isinstance(error, RejectedError) else 409


def version_sent() -> int | None:
    """The version that the page was made from; None where the form holds no number."""
    written = request.form.get("version", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None


_DONE = Text("已完成：{step}。", "Done: {step}.")
