"""What a bank reports of a covered loan by form and takes back again, and what a guarantor books of a recovery."""

import secrets
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from matchmaker.db import ScopedSession
from matchmaker.domain.guarantee_life import BANK_EVENTS
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.events import WAITS, Answer, Reported, report_event
from matchmaker.guarantee.cases.losses import recover
from matchmaker.guarantee.cases.voiding import void_report
from matchmaker.web.guard import action
from matchmaker.web.once import do_once
from matchmaker.web.pages.guarantees.routes import guarantees
from matchmaker.web.pages.guarantees.steps import refusals, version_sent
from matchmaker.web.pages.guarantees.typed import typed_day, typed_fen
from matchmaker.web.view import actor, announce, parts

AMOUNT, INTEREST = Text("金额(万元)", "Amount (10k CNY)"), Text("利息(万元)", "Interest (10k CNY)")
DAY = Text("发生日期", "Day")


@guarantees.post("/guarantees/<public_id>/report")
@action("guarantees.report")
def report(public_id: str) -> Any:
    """A drawdown, a repayment, a delay, its end, the rest given up, or a claim; the page says what became of it."""
    kind = request.form.get("kind", "")

    def work(session: ScopedSession) -> str:
        answer = report_event(
            session, actor=actor(), public_id=public_id, reported=_reported(kind), settings=parts().settings,
            now=parts().now(),
        )  # fmt: skip
        _tell(answer)
        return url_for("guarantees.one", public_id=public_id)

    return refusals(public_id, kind if kind in BANK_EVENTS else "drawdown", _sent(), lambda: do_once(work))


@guarantees.post("/guarantees/<public_id>/report/void")
@action("guarantees.report")
def void(public_id: str) -> Any:
    """A report that was sent by mistake and has not been booked is taken back."""
    number = request.form.get("event_no", "")

    def work(session: ScopedSession) -> str:
        void_report(session, actor=actor(), public_id=public_id, event_no=number, now=parts().now())
        announce(_VOIDED, no=number)
        return url_for("guarantees.one", public_id=public_id)

    return refusals(public_id, "drawdown", {}, lambda: do_once(work))


def _reported(kind: str) -> Reported:
    """A report without a number of the bank's own gets that of the form, so that it counts once."""
    number = request.form.get("event_no", "").strip() or f"WEB-{request.form.get('once') or secrets.token_urlsafe(16)}"
    return Reported(
        event_no=number[:80], kind=kind, happened_on=typed_day("on", DAY),
        amount_fen=typed_fen("amount", AMOUNT, blank=0), interest_fen=typed_fen("interest", INTEREST, blank=0),
    )  # fmt: skip


def _sent() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in ("kind", "amount", "interest", "on", "event_no")}


def _tell(answer: Answer) -> None:
    if answer.repeated:
        announce(_AGAIN, no=answer.event.event_no)
    elif answer.event.state == "parked":
        announce(_PARKED, why=WAITS.get(answer.event.why or "", _EARLIER))
    else:
        announce(_BOOKED)


@guarantees.post("/guarantees/<public_id>/recovery")
@action("guarantees.review")
def recovery(public_id: str) -> Any:
    """What came back from the borrower, shared back by the loss shares."""

    def work(session: ScopedSession) -> str:
        recover(
            session, actor=actor(), public_id=public_id, amount_fen=typed_fen("amount", AMOUNT),
            on=typed_day("on", DAY), version=version_sent(), settings=parts().settings, now=parts().now(),
        )  # fmt: skip
        announce(_RECOVERED)
        return url_for("guarantees.one", public_id=public_id)

    typed = {name: request.form.get(name, "") for name in ("amount", "on")}
    answer: Response = refusals(public_id, "recover", typed, lambda: do_once(work))
    return answer


_BOOKED = Text("已登记并入账。", "Reported and booked.")
_PARKED = Text(
    "已收到，暂未入账：{why}。补报后自动入账。", "Taken, and not booked yet: {why}. It counts once that is reported."
)
_VOIDED = Text("报告 {no} 已撤回，没有入账。", "The report {no} has been taken back; nothing was booked of it.")
_AGAIN = Text("编号 {no} 已经登记过，没有重复入账。", "The number {no} was reported before; nothing was booked again.")
_EARLIER = Text("前一事项还没有报来", "what comes before it has not been reported")
_RECOVERED = Text("已登记，按分担比例返还各方。", "Booked, and shared back by the loss shares.")
