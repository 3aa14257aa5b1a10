"""Taking a sample guarantee through its life by the services that pages and the API use. Days count back from today."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.demo.casting import Loan
from matchmaker.demo.guarantees import SCHEME
from matchmaker.demo.organisations import FUND
from matchmaker.demo.people import acting
from matchmaker.domain.money import FEN_PER_WAN
from matchmaker.domain.terms import ConsentPurpose, Role, Side
from matchmaker.guarantee.cases import applying, covering, deciding, events, lapsing, losses
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.lists.guarantee_schemes import Scheme
from matchmaker.lists.queries import load_workdays
from matchmaker.push.consent_notices import give_consent
from matchmaker.settings import Settings

_OPENS = time(10)
_TERM = 12
_REASONS = {
    "approve": "经营稳定，订单与回款流水相符，评级依据齐全，建议担保。",
    "decline": "主要订单已经取消，第一还款来源不足，建议不予担保。",
}
_OWED = "核对了放款凭证、催收记录与未还本金，与台账一致。"


def firm(uscc: str) -> Actor:
    """The finance officer of an enterprise."""
    return Actor("demo", Side.ENTERPRISE, uscc=uscc, roles=frozenset({Role.FINANCE}))


def bank(org_code: str) -> Actor:
    """An account manager of a bank."""
    return Actor("demo", Side.BANK, orgs=(org_code,), roles=frozenset({Role.ACCOUNT_MANAGER}))


class Play:
    """The steps of a case, each in a transaction of whoever takes it, at ten o'clock of its day and never after now."""

    def __init__(self, database: Database, settings: Settings, *, on: date, now: datetime) -> None:
        """``on``: the demo day. Adds the fund's people where they are not there yet."""
        self.database, self.settings, self.on, self.now = database, settings, on, now
        with database.writing(SYSTEM) as session:
            self.underwriter = acting(session, "underwriter", now)
            self.approver = acting(session, "approver", now)
            self.second = acting(session, "approver-2", now)
            self.workdays = load_workdays(session)
            mine = select(Scheme.decision_workdays).where(Scheme.scheme_code == SCHEME)
            self.decided_within = session.scalars(mine).one()

    def at(self, days: int) -> datetime:
        """The moment of a step, ``days`` ago."""
        day = self.on - timedelta(days=days)
        return min(datetime.combine(day, _OPENS, self.settings.zone), self.now)

    def take(self, step: Callable[..., Any], by: Actor, days: int, **values: Any) -> Any:
        """Call a service as one of its users."""
        with self.database.writing(by) as session:
            return step(session, actor=by, now=self.at(days), **values)

    def due_today(self) -> int:
        """How many days ago that was applied for which is to be decided today, or on the last workday before."""
        ago, within = range(self.decided_within, 90), self.decided_within
        return next(days for days in ago if self.workdays.add(self.on - timedelta(days=days), within) <= self.on)

    def apply(self, loan: Loan, days: int) -> Guarantee:
        """One click from the near miss."""
        case: Guarantee = self.take(
            applying.apply_for, firm(loan.uscc), days, need_no=loan.need_no, product_code=loan.product_code,
            scheme_code=SCHEME, settings=self.settings,
        )  # fmt: skip
        return case

    def review(self, case: Guarantee, days: int, opinion: str = "approve") -> None:
        """The underwriter's opinion."""
        self.take(
            deciding.review, self.underwriter, days, public_id=case.public_id, opinion=opinion,
            reason=_REASONS[opinion],
        )  # fmt: skip

    def approve(self, case: Guarantee, days: int) -> None:
        """The letter."""
        self.take(deciding.approve, self.approver, days, public_id=case.public_id, settings=self.settings)

    def decline(self, case: Guarantee, days: int) -> None:
        """The approver follows the opinion against it."""
        self.take(
            deciding.decline, self.approver, days, public_id=case.public_id, reason=_REASONS["decline"],
            settings=self.settings,
        )  # fmt: skip

    def lapse(self, case: Guarantee) -> None:
        """The night's job after the last day of the reservation."""
        day = case.expires_on + timedelta(days=1)
        with self.database.writing(SYSTEM) as session:
            lapsing.lapse(session, case.public_id, settings=self.settings, now=self.at((self.on - day).days))

    def cover(self, uscc: str, org_code: str, wan: int, days: int) -> Guarantee:
        """见贷即保: the enterprise has consented to the fund and to the bank, which has a loan covered."""
        for to, groups in ((FUND, applying.GROUPS), (org_code, applying.FOR_BANK)):
            self.take(
                give_consent, firm(uscc), days, org_code=to, groups=groups, purpose=ConsentPurpose.GUARANTEE,
                settings=self.settings,
            )  # fmt: skip
        loan = covering.Loan(
            event_no=f"JDJB-{uscc[-6:]}", scheme_code=SCHEME, uscc=uscc, amount_fen=wan * FEN_PER_WAN,
            term_months=_TERM,
        )  # fmt: skip
        case: Guarantee = self.take(covering.cover, bank(org_code), days, loan=loan, settings=self.settings)
        return case

    def report(self, case: Guarantee, kind: str, days: int, fen: int = 0) -> None:
        """The bank tells what happened on the day."""
        told = events.Reported(
            event_no=f"{case.guarantee_no}-{kind}-{days}", kind=kind, happened_on=self.on - timedelta(days=days),
            amount_fen=fen,
        )  # fmt: skip
        self.take(
            events.report_event, bank(case.bank_code), days, public_id=case.public_id, reported=told,
            settings=self.settings,
        )  # fmt: skip

    def compensate(self, case: Guarantee, days: int) -> None:
        """The claim is checked, and paid by another person two days later."""
        self.take(losses.check_claim, self.underwriter, days + 2, public_id=case.public_id, text=_OWED)
        self.take(losses.compensate, self.approver, days, public_id=case.public_id, settings=self.settings)

    def recover(self, case: Guarantee, days: int, fen: int) -> None:
        """Something came back from the borrower."""
        self.take(
            losses.recover, self.underwriter, days, public_id=case.public_id, amount_fen=fen,
            on=self.on - timedelta(days=days), settings=self.settings,
        )  # fmt: skip

    def write_off(self, case: Guarantee, days: int) -> None:
        """Proposed by one approver, decided by the other a week later."""
        self.take(
            losses.propose_write_off, self.second, days + 7, public_id=case.public_id,
            reason="破产程序已经终结，剩余部分无财产可供执行。",
        )  # fmt: skip
        self.take(losses.write_off, self.approver, days, public_id=case.public_id, settings=self.settings)
