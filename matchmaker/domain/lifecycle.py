"""The life of a list entry as one table of transitions; the next state machine gets its table here too."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from matchmaker.domain.errors import ConflictError
from matchmaker.domain.terms import EntryStatus as S
from matchmaker.domain.text import Text

Who = Literal["owner", "bureau", "system"]


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed step of a list entry: its verb, where it starts and ends, and who may take it."""

    verb: str
    label: Text
    sources: tuple[S, ...]
    target: S
    who: tuple[Who, ...]


ENTRY: tuple[Transition, ...] = (
    Transition("submit", Text("提交审核", "submit"), (S.DRAFT,), S.SUBMITTED, ("owner", "bureau")),
    Transition("return", Text("退回修改", "return"), (S.SUBMITTED,), S.DRAFT, ("bureau",)),
    Transition("publish", Text("发布", "publish"), (S.DRAFT, S.SUBMITTED), S.PUBLISHED, ("bureau", "system")),
    Transition("suspend", Text("暂停", "suspend"), (S.PUBLISHED,), S.SUSPENDED, ("owner", "bureau")),
    Transition("resume", Text("恢复", "resume"), (S.SUSPENDED,), S.PUBLISHED, ("owner", "bureau")),
    Transition(
        "withdraw",
        Text("撤回", "withdraw"),
        (S.DRAFT, S.SUBMITTED, S.PUBLISHED, S.SUSPENDED),
        S.WITHDRAWN,
        ("owner", "bureau"),
    ),
    Transition("expire", Text("到期", "expire"), (S.PUBLISHED, S.SUSPENDED), S.EXPIRED, ("system",)),
)
"""Life of a list entry (PRODUCT.md section 3). Withdrawn and expired are final."""

_BY_VERB = {t.verb: t for t in ENTRY}

VERBS: tuple[str, ...] = tuple(_BY_VERB)


def step(current: S, verb: str) -> S:
    """The state after ``verb``; a step that the table does not have is a ConflictError that names the current state."""
    transition = _BY_VERB[verb]
    if current not in transition.sources:
        raise ConflictError(
            Text(
                "当前状态为「{now}」，不能「{verb}」；可在以下状态进行：{sources}。",
                "It is {now} now, so it cannot {verb}; that can be done when it is {sources}.",
            ),
            code="illegal_transition",
            now=current.label,
            verb=transition.label,
            sources=_either(transition.sources),
        )
    return transition.target


def _either(states: Iterable[S]) -> Text:
    labels = [s.label for s in states]
    return Text("、".join(x.zh for x in labels), " or ".join(x.en for x in labels))
