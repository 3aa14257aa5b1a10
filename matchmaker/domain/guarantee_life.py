"""The life of a guarantee as one table of steps: buttons, the API, the audit and the documentation follow it."""

from dataclasses import dataclass
from typing import Literal

from matchmaker.domain.errors import ConflictError
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.domain.text import Text

Hand = Literal["firm", "underwriter", "approver", "bank", "system"]
"""Whose step it is."""

REASON_SIGNS = 10
"""Fewest characters of a reason that must be given (EXPERIENCE.md U-2)."""


@dataclass(frozen=True, slots=True)
class GuaranteeStep:
    """One allowed step: its verb, where it starts (nowhere: it begins a case), where it may end, and by whom.

    ``reason``: one of at least ``REASON_SIGNS`` characters must be given. ``second``: another person than the one
    named there must take it: who reviewed (above the scheme's amount), who checked the claim, who proposed.
    """

    verb: str
    label: Text
    sources: tuple[S, ...]
    targets: tuple[S, ...]
    who: tuple[Hand, ...]
    reason: bool = False
    second: Text | None = None


_UNDER_REVIEW = (S.APPLIED, S.WAITING, S.REVIEWED)
_BEFORE_MONEY = (*_UNDER_REVIEW, S.APPROVED)
_GUARANTOR: tuple[Hand, ...] = ("underwriter", "approver")

GUARANTEE: tuple[GuaranteeStep, ...] = (
    GuaranteeStep("apply", Text("申请担保", "apply"), (), (S.APPLIED,), ("firm",)),
    GuaranteeStep("ask", Text("要求补件", "ask for papers"), (S.APPLIED,), (S.WAITING,), _GUARANTOR, True),
    GuaranteeStep("supply", Text("补充说明", "supply"), (S.WAITING,), (S.APPLIED,), ("firm",)),
    GuaranteeStep("review", Text("提交审查意见", "give an opinion"), (S.APPLIED,), (S.REVIEWED,), _GUARANTOR, True),
    GuaranteeStep("return", Text("退回重审", "return to review"), (S.REVIEWED,), (S.APPLIED,), ("approver",), True),
    GuaranteeStep(
        "approve", Text("批准并出函", "approve"), (S.REVIEWED,), (S.APPROVED,), ("approver",),
        second=Text("审查人", "the reviewer"),
    ),
    GuaranteeStep("decline", Text("不通过", "decline"), _UNDER_REVIEW, (S.DECLINED,), ("approver",), True),
    GuaranteeStep("cover", Text("见贷即保", "cover automatically"), (), (S.APPROVED,), ("bank",)),
    GuaranteeStep("withdraw", Text("撤回申请", "withdraw"), _BEFORE_MONEY, (S.WITHDRAWN,), ("firm",)),
    GuaranteeStep("lapse", Text("到期失效", "lapse"), _BEFORE_MONEY, (S.LAPSED,), ("system",)),
    GuaranteeStep(
        "drawdown", Text("登记放款", "report a drawdown"), (S.APPROVED, S.IN_FORCE), (S.IN_FORCE,), ("bank",)
    ),
    GuaranteeStep(
        "repayment", Text("登记还款", "report a repayment"), (S.IN_FORCE, S.OVERDUE), (S.IN_FORCE, S.OVERDUE), ("bank",)
    ),
    GuaranteeStep("overdue", Text("登记逾期", "report it overdue"), (S.IN_FORCE,), (S.OVERDUE,), ("bank",)),
    GuaranteeStep("cure", Text("登记逾期已结清", "report that it is cured"), (S.OVERDUE,), (S.IN_FORCE,), ("bank",)),
    GuaranteeStep(
        "close", Text("放弃未用额度", "give up what is not drawn"), (S.IN_FORCE, S.OVERDUE), (S.IN_FORCE, S.OVERDUE),
        ("bank", "system"),
    ),
    GuaranteeStep("release", Text("解除担保", "release"), (S.IN_FORCE, S.OVERDUE), (S.RELEASED,), ("system",)),
    GuaranteeStep("claim", Text("申请代偿", "claim"), (S.OVERDUE,), (S.CLAIMED,), ("bank",)),
    GuaranteeStep("check", Text("核查代偿申请", "check the claim"), (S.CLAIMED,), (S.CLAIMED,), _GUARANTOR, True),
    GuaranteeStep(
        "refuse_claim", Text("退回代偿申请", "refuse the claim"), (S.CLAIMED,), (S.OVERDUE,), ("approver",), True
    ),
    GuaranteeStep(
        "unclaim", Text("因新报告退回代偿申请", "send the claim back for a new report"), (S.CLAIMED,), (S.OVERDUE,),
        ("system",),
    ),
    GuaranteeStep(
        "compensate", Text("代偿", "compensate"), (S.CLAIMED,), (S.COMPENSATED,), ("approver",),
        second=Text("核查人", "who checked the claim"),
    ),
    GuaranteeStep(
        "recover", Text("登记追偿", "book a recovery"), (S.COMPENSATED, S.WRITTEN_OFF),
        (S.COMPENSATED, S.WRITTEN_OFF, S.RECOVERED), _GUARANTOR,
    ),
    GuaranteeStep(
        "propose_write_off", Text("提出核销", "propose to write off"), (S.COMPENSATED,), (S.COMPENSATED,), _GUARANTOR,
        True,
    ),
    GuaranteeStep(
        "write_off", Text("核销", "write off"), (S.COMPENSATED,), (S.WRITTEN_OFF,), ("approver",),
        second=Text("提出人", "who proposed it"),
    ),
)  # fmt: skip
"""Life of a guarantee (PRODUCT.md section 6). What has ended stays ended; who needs cover again applies again."""

STEPS: dict[str, GuaranteeStep] = {step.verb: step for step in GUARANTEE}

BANK_EVENTS: tuple[str, ...] = ("drawdown", "repayment", "overdue", "cure", "close", "claim")
"""What a bank reports of a covered loan."""

LIVE: tuple[S, ...] = (*_BEFORE_MONEY, S.IN_FORCE, S.OVERDUE, S.CLAIMED)
"""States in which a case takes up capacity."""

ENDED: tuple[S, ...] = (S.RELEASED, S.RECOVERED, S.WRITTEN_OFF, S.DECLINED, S.WITHDRAWN, S.LAPSED)
"""States in which nothing is covered any more; no step leaves them, but for a recovery of what was written off."""

UNDRAWN: tuple[S, ...] = (S.DECLINED, S.WITHDRAWN, S.LAPSED)
"""Those of them in which nothing was lent."""


def possible_steps(current: S, *hands: Hand) -> tuple[GuaranteeStep, ...]:
    """The steps that may be taken from here, in the order of the table; of these hands only where some are given."""
    return tuple(one for one in GUARANTEE if current in one.sources and (not hands or set(hands) & set(one.who)))


def guarantee_step(verb: str, current: S) -> GuaranteeStep:
    """The step ``verb`` from here; ConflictError (``illegal_transition``) where the table does not have it.

    The error says what stands now and what can be done instead. KeyError for a verb that the table does not have.
    """
    step = STEPS[verb]
    if current in step.sources:
        return step
    possible = [one.label for one in possible_steps(current)]
    raise ConflictError(
        _NOT_NOW if possible else _FINAL, code="illegal_transition", now=current.label, verb=step.label,
        steps=Text("、".join(x.zh for x in possible), " or ".join(x.en for x in possible)),
    )  # fmt: skip


_NOT_NOW = Text(
    "这笔担保当前为「{now}」，不能「{verb}」；现在可以：{steps}。",
    "This guarantee stands at {now}: you cannot {verb}; what can be done now: {steps}.",
)
_FINAL = Text(
    "这笔担保当前为「{now}」，不能「{verb}」，已经办结。",
    "This guarantee stands at {now}, so you cannot {verb}; it has ended.",
)
