"""The lives of list entries and of referrals, each as one table of transitions; so will be those that come."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from matchmaker.domain.errors import ConflictError
from matchmaker.domain.terms import BankAnswer, Coded, DeclineReason, FirmAnswer, ReferralState, RefusalReason
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


def _either(states: Iterable[Coded]) -> Text:
    return _listed([s.label for s in states])


def _listed(labels: Iterable[Text]) -> Text:
    known = list(labels)
    return Text("、".join(x.zh for x in known), " or ".join(x.en for x in known))


Part = Literal["bank", "firm", "whole"]
Party = Literal["bank", "firm", "system"]


@dataclass(frozen=True, slots=True)
class ReferralStep:
    """One allowed step of a referral: which part of it moves, where from, where to, and by whom.

    ``reason``: the codes of which one must be given. ``undoes``: it takes back an answer, within the time for that
    only. ``whole_open``: only while the whole is open, whatever the own part says.
    """

    verb: str
    label: Text
    part: Part
    sources: tuple[Coded, ...]
    target: Coded
    who: Party
    reason: type[Coded] | None = None
    undoes: bool = False
    whole_open: bool = False


_TAKE, _REFUSE = Text("接单", "take"), Text("不适合我行", "say that it is not for this bank")
_CONSENT, _DECLINE = Text("同意", "consent"), Text("不感兴趣", "say that you are not interested")
_UNDO = Text("撤销刚才的答复", "undo the answer")

REFERRAL: tuple[ReferralStep, ...] = (
    ReferralStep("take", _TAKE, "bank", (BankAnswer.NONE,), BankAnswer.TAKEN, "bank", whole_open=True),
    ReferralStep("refuse", _REFUSE, "bank", (BankAnswer.NONE,), BankAnswer.REFUSED, "bank", RefusalReason),
    ReferralStep(
        "undo", _UNDO, "bank", (BankAnswer.TAKEN, BankAnswer.REFUSED), BankAnswer.NONE, "bank", undoes=True
    ),
    ReferralStep(
        "consent", _CONSENT, "firm", (FirmAnswer.NONE, FirmAnswer.DECLINED, FirmAnswer.WITHDRAWN),
        FirmAnswer.CONSENTED, "firm",
    ),
    ReferralStep("decline", _DECLINE, "firm", (FirmAnswer.NONE,), FirmAnswer.DECLINED, "firm", DeclineReason),
    ReferralStep("undo", _UNDO, "firm", (FirmAnswer.DECLINED,), FirmAnswer.NONE, "firm", undoes=True),
    ReferralStep(
        "withdraw", Text("撤回授权", "withdraw the consent"), "firm", (FirmAnswer.CONSENTED,), FirmAnswer.WITHDRAWN,
        "firm",
    ),
    ReferralStep("close", Text("关闭", "close"), "whole", (ReferralState.OPEN,), ReferralState.CLOSED, "system"),
    ReferralStep("reopen", Text("重新推荐", "reopen"), "whole", (ReferralState.CLOSED,), ReferralState.OPEN, "system"),
)  # fmt: skip
"""Life of a referral up to the two answers (PRODUCT.md section 5); either may come first, and neither asks the other.

The one exception: nobody takes a need that is no longer offered. A no of either side ends the whole, and so does a
consent that is withdrawn; the whole follows from the parts (:func:`referral_state`). What the system has ended stays
ended whatever is answered and undone, until the system opens it again.
"""


def referral_state(bank: BankAnswer, firm: FirmAnswer, *, closed: bool = False) -> ReferralState:
    """The whole from its parts: what the enterprise says comes before what the bank says.

    ``closed``: the system has ended it, because the need, the product or the place is gone.
    """
    if firm is FirmAnswer.WITHDRAWN:
        return ReferralState.WITHDRAWN
    if firm is FirmAnswer.DECLINED:
        return ReferralState.DECLINED
    if bank is BankAnswer.REFUSED:
        return ReferralState.REFUSED
    return ReferralState.CLOSED if closed else ReferralState.OPEN


def possible_steps(
    part: Part, current: Coded, whole: ReferralState, *, may_undo: bool = True
) -> tuple[ReferralStep, ...]:
    """The steps that a part may take from here, in the order of the table. ``may_undo``: there is still time for it."""
    return tuple(
        step
        for step in REFERRAL
        if step.part == part
        and current in step.sources
        and (whole is ReferralState.OPEN or not step.whole_open)
        and (may_undo or not step.undoes)
    )


def referral_step(
    part: Part, verb: str, current: Coded, whole: ReferralState, *, may_undo: bool = True
) -> ReferralStep:
    """The step ``verb`` of a part; ConflictError (``illegal_transition``) where the table does not have it from here.

    The error says what stands now and what can be done instead. KeyError for a verb that the part does not have.
    """
    known = {step.verb: step for step in REFERRAL if step.part == part}
    wanted = known[verb]
    possible = possible_steps(part, current, whole, may_undo=may_undo)
    if wanted in possible:
        return wanted
    now = current if current not in wanted.sources or part == "whole" else whole
    text = _NOT_NOW if possible else _FINAL
    raise ConflictError(
        text, code="illegal_transition", now=now.label, verb=wanted.label, steps=_listed(one.label for one in possible)
    )


_NOT_NOW = Text(
    "当前状态为「{now}」，不能「{verb}」；现在可以：{steps}。",
    "It stands at {now}: you cannot {verb}; you can {steps}.",
)
_FINAL = Text(
    "当前状态为「{now}」，不能「{verb}」，也不再需要答复。",
    "It stands at {now}, so you cannot {verb}; no answer is needed any more.",
)
