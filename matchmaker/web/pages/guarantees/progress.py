"""Where a guarantee stands, for people: the steps done and to come, and the next one with its day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from matchmaker.domain.guarantee_terms import GuaranteeState
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.models import Guarantee

S = GuaranteeState


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: ``kind`` is the colour of its tag, ``state`` its word; ``at``: when it was done."""

    label: Text
    state: Text
    kind: str
    at: date | datetime | None = None


_DONE, _NOW, _LATER = Text("已完成", "done"), Text("进行中", "under way"), Text("暂不能开始", "cannot start yet")
_STAGES: tuple[tuple[Text, tuple[S, ...]], ...] = (
    (Text("申请", "Application"), ()),
    (Text("审查", "Review"), (S.APPLIED, S.WAITING)),
    (Text("审批", "Decision"), (S.REVIEWED,)),
    (Text("出具增信函，等银行放款", "Letter of intent; the bank pays out"), (S.APPROVED,)),
    (Text("在保", "In force"), (S.IN_FORCE, S.OVERDUE, S.CLAIMED, S.COMPENSATED)),
    (Text("解除担保", "Release"), (S.RELEASED,)),
)
_STOPPED = (S.DECLINED, S.WITHDRAWN, S.LAPSED, S.WRITTEN_OFF, S.RECOVERED)


def progress_of(case: Guarantee) -> list[Stage]:
    """The stages in their order; of a case that has ended early those that it reached, and how it ended."""
    if case.stands in _STOPPED:
        return [*_reached(case), Stage(case.stands.label, _DONE, "out", case.ended_at)]
    at = next(place for place, (_, states) in enumerate(_STAGES) if case.stands in states)
    return [_stage(case, place, at) for place in range(len(_STAGES))]


def _stage(case: Guarantee, place: int, at: int) -> Stage:
    label, _ = _STAGES[place]
    if place < at or case.stands is S.RELEASED:
        return Stage(label, _DONE, "sent", _when(case)[place])
    if place > at:
        return Stage(label, _LATER, "out")
    ill = case.stands in (S.OVERDUE, S.CLAIMED, S.COMPENSATED, S.WAITING)
    return Stage(label, case.stands.label if place > 0 else _NOW, "near" if ill else "submitted")


def _reached(case: Guarantee) -> Iterator[Stage]:
    for (label, _), when in zip(_STAGES, _when(case), strict=True):
        if when is not None and label is not _STAGES[-1][0]:
            yield Stage(label, _DONE, "sent", when)


def _when(case: Guarantee) -> tuple[date | datetime | None, ...]:
    """When each stage was done, as far as the case says so."""
    return (case.applied_at, case.reviewed_at, case.approved_at, None, None, case.ended_at)


def next_of(case: Guarantee) -> tuple[Text, date | None]:
    """What comes next, and until when."""
    days = {
        S.APPLIED: case.due_on, S.WAITING: case.expires_on, S.REVIEWED: case.due_on, S.APPROVED: case.letter_expires_on,
    }  # fmt: skip
    return _NEXT[case.stands], days.get(case.stands)


_NEXT: dict[S, Text] = {
    S.APPLIED: Text("担保机构审查，并给出结论", "the guarantor reviews the application and decides"),
    S.WAITING: Text("企业补充说明，额度为它预留着", "the enterprise supplies what was asked for; capacity is kept"),
    S.REVIEWED: Text("担保机构审批", "the guarantor decides"),
    S.APPROVED: Text("银行在增信函有效期内放款", "the bank pays out while the letter holds"),
    S.IN_FORCE: Text("按期还款；还清后解除担保", "repay on time; once all is repaid the guarantee is released"),
    S.OVERDUE: Text("尽快结清逾期；逾期满约定天数后银行可申请代偿", "settle what is overdue, or the bank may claim"),
    S.CLAIMED: Text("担保机构核查代偿申请", "the guarantor checks the claim"),
    S.COMPENSATED: Text("向企业追偿，追回的按分担比例返还", "what is recovered is shared back by the loss shares"),
    S.RELEASED: Text("已还清，担保责任解除", "all is repaid; the guarantee is released"),
    S.RECOVERED: Text("代偿款已全部追回", "all that was compensated has been recovered"),
    S.WRITTEN_OFF: Text(
        "未追回的已核销；企业仍欠，追回的照常登记", "what was not recovered is written off; it is still owed"
    ),
    S.DECLINED: Text("没有通过；可以看理由，条件变化后重新申请", "declined; read why, apply again when it changes"),
    S.WITHDRAWN: Text("企业已撤回；需要时重新申请", "withdrawn by the enterprise; apply again when needed"),
    S.LAPSED: Text("已过期失效；需要时重新申请", "it has lapsed; apply again when needed"),
}
