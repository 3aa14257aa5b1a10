"""Any walk through a guarantee's life, against a model of its own: the sums are always equal, and no state is without
the steps that lead to it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select, update

from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import MatchmakerError
from matchmaker.domain.terms import EntryStatus
from matchmaker.guarantee.cases.lapsing import lapse_due
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.voiding import void_report
from matchmaker.guarantee.ledger.checking import verify_ledger
from matchmaker.lists.guarantee_registers import RelatedGroup
from matchmaker.schema import upgrade
from tests.support.city import code_of, put
from tests.support.consenting import bank, enterprise
from tests.support.covering import case, reserve, shares
from tests.support.guaranteeing import LONG, NOW, WAN, Play, approver, guaranteed_city, underwriter

WAYS: dict[tuple[str | None, str], tuple[str, ...]] = {
    (None, "apply"): ("applied",),
    ("applied", "ask"): ("waiting",),
    ("waiting", "supply"): ("applied",),
    ("applied", "review"): ("reviewed",),
    ("reviewed", "return"): ("applied",),
    ("reviewed", "approve"): ("approved",),
    **{(state, "decline"): ("declined",) for state in ("applied", "waiting", "reviewed")},
    **{(state, "withdraw"): ("withdrawn",) for state in ("applied", "waiting", "reviewed", "approved")},
    **{(state, "lapse"): ("lapsed",) for state in ("applied", "waiting", "reviewed", "approved")},
    ("approved", "drawdown"): ("in_force",),
    ("in_force", "drawdown"): ("in_force",),
    ("in_force", "repayment"): ("in_force", "released"),
    ("overdue", "repayment"): ("overdue", "released"),
    ("in_force", "overdue"): ("overdue",),
    ("overdue", "cure"): ("in_force",),
    **{(state, "close"): (state, "released") for state in ("in_force", "overdue")},
    ("overdue", "claim"): ("claimed",),
    ("claimed", "check"): ("claimed",),
    ("claimed", "refuse_claim"): ("overdue",),
    ("claimed", "unclaim"): ("overdue",),
    ("claimed", "compensate"): ("compensated",),
    ("compensated", "recover"): ("compensated", "recovered"),
    ("written_off", "recover"): ("written_off", "recovered"),
    ("compensated", "propose_write_off"): ("compensated",),
    ("compensated", "write_off"): ("written_off",),
}
"""The model's own table, written by hand from the issue: (from, step) → where it may end."""

CITY: dict[str, Play] = {}
AMOUNT = 300 * WAN


def most_interest(owed: int) -> int:
    """90 days of a year of 360 at 12 %, four times the LPR; rounded up."""
    return -(-owed * 12 * 90 // 36_000)


class Life(RuleBasedStateMachine):
    """A case and what a pencil would keep of it: reserved, drawn, repaid, lost, recovered, written off."""

    def __init__(self) -> None:
        super().__init__()
        city = CITY["city"]
        with city.database.writing(SYSTEM) as session:
            session.execute(update(Guarantee).values(state="lapsed"))
            session.execute(update(RelatedGroup).values(status=EntryStatus.WITHDRAWN))
        self.play = Play(city.database, city.settings)
        self.state: str | None = None
        self.reserved = self.drawn = self.repaid = self.loss = self.recovered = self.written = 0
        self.day, self.since = 0, 0
        self.opinion, self.related = "", False
        self.checked: int | None = None
        self.proposed: int | None = None

    def attempt(self, verb: str, fits: bool, work: Any) -> bool:
        """Do it; it is done exactly where the model's table has the step and the sums ``fit``."""
        allowed = (self.state, verb) in WAYS and fits
        refusal = None
        try:
            work()
        except MatchmakerError as error:
            refusal = error.say("en")
        assert allowed == (refusal is None), (self.state, verb, refusal)
        if refusal is not None:
            return False
        new = self.play.case.state
        assert new in WAYS[self.state, verb], (self.state, verb, new)
        self.state = new
        if new in ("declined", "withdrawn", "lapsed"):
            self.reserved = 0
        return True

    def step(self, verb: str, by: Any, fits: bool = True, service: str = "", **values: Any) -> bool:
        return self.attempt(verb, fits, lambda: self.play.step(service or verb, by, **values))

    def tick(self, days: int = 1) -> None:
        """A bank reports one thing a day here: what one day's order means is ``loan_course``'s own test."""
        self.day += days
        self.play.later(self.day)

    @precondition(lambda self: self.state is None)
    @rule()
    def apply(self) -> None:
        self.attempt("apply", True, self.play.apply)
        self.reserved = AMOUNT

    @precondition(lambda self: self.state is not None)
    @rule(
        verb=st.sampled_from(["ask", "supply", "review", "return", "decline", "withdraw"]),
        opinion=st.sampled_from(["approve", "approve", "decline"]),
    )
    def decide(self, verb: str, opinion: str) -> None:
        hands = {"ask": underwriter(), "review": underwriter(), "supply": enterprise(), "withdraw": enterprise()}
        words = {"text": LONG} if verb in ("ask", "supply", "return") else {"reason": LONG}
        more = {"opinion": opinion} if verb == "review" else {}
        service = {"return": "return_to_review"}.get(verb, "")
        if self.step(verb, hands.get(verb, approver()), service=service, **words, **more) and verb == "review":
            self.opinion = opinion

    @precondition(lambda self: self.state is not None)
    @rule(same=st.booleans())
    def approve(self, same: bool) -> None:
        by = underwriter(71) if same else approver()
        in_time = self.play.at.date() <= self.play.case.expires_on
        fits = not same and in_time and self.opinion == "approve" and not self.related
        self.step("approve", by, fits=fits)

    @precondition(lambda self: self.state in ("applied", "waiting", "reviewed") and not self.related)
    @rule()
    def a_group_is_registered_late(self) -> None:
        """Its other company has all that article 16 leaves to both."""
        with self.play.database.writing(SYSTEM) as session:
            session.execute(update(RelatedGroup).values(status=EntryStatus.PUBLISHED))
        self.related = True

    @precondition(lambda self: self.state is not None)
    @rule(days=st.sampled_from([1, 3, 30, 70]))
    def time_passes(self, days: int) -> None:
        self.tick(days if self.state in ("in_force", "overdue") or days > 30 else 1)
        city = self.play
        ended = lapse_due(city.database, settings=city.settings, now=city.at)
        assert [case.public_id for case in ended] == ([city.public_id] if self.is_over() else [])
        if ended:
            self.end()

    def is_over(self) -> bool:
        """Whether the night has something to do, by the pencil's own count: nobody's capacity waits for a bank."""
        case, today = self.play.case, self.play.at.date()
        if self.state in ("applied", "waiting", "reviewed"):
            return today > case.expires_on
        letter = case.letter_expires_on
        grace = timedelta(days=self.play.settings.guarantee_grace_days)
        return letter is not None and today > letter + grace and bool(self.reserved) and self.state != "claimed"

    def end(self) -> None:
        """What is not drawn is free; a case that never was is lapsed, one that is repaid is released."""
        self.reserved = 0
        if self.state not in ("in_force", "overdue"):
            self.state = "lapsed"
        elif self.drawn == self.repaid:
            self.state = "released"

    @precondition(lambda self: self.state in ("in_force", "overdue") and self.reserved)
    @rule()
    def close(self) -> None:
        self.tick()
        if self.attempt("close", True, lambda: self.play.report("close", self.drawn, day=self.day)):
            self.reserved = 0

    @precondition(lambda self: self.state not in (None, "overdue", "claimed"))
    @rule(part=st.integers(1, 12))
    def draw(self, part: int) -> None:
        self.tick()
        fen = AMOUNT * part // 10
        expires = self.play.case.letter_expires_on
        fits = fen <= self.reserved and (expires is None or self.play.at.date() <= expires)
        if self.attempt("drawdown", fits, lambda: self.play.report("drawdown", fen, day=self.day)):
            self.reserved, self.drawn = self.reserved - fen, self.drawn + fen

    @precondition(lambda self: self.state in ("in_force", "overdue"))
    @rule(part=st.integers(1, 10))
    def repay(self, part: int) -> None:
        self.tick()
        fen = max((self.drawn - self.repaid) * part // 10, 1)
        if self.attempt("repayment", True, lambda: self.play.report("repayment", fen, day=self.day)):
            self.repaid += fen

    @precondition(lambda self: self.state in ("in_force", "overdue") and self.drawn > self.repaid)
    @rule()
    def overdue_or_cured(self) -> None:
        kind = "overdue" if self.state == "in_force" else "cure"
        self.tick()
        if self.attempt(kind, True, lambda: self.play.report(kind, day=self.day)):
            self.since = self.day if kind == "overdue" else 0

    @precondition(lambda self: self.state is not None)
    @rule(off=st.sampled_from([0, 0, 1]))
    def claim(self, off: int) -> None:
        self.tick()
        owed = max(self.drawn - self.repaid - self.loss + off, 1)
        fits = not off and self.day - self.since >= 60 and most_interest(owed) >= 7
        if self.attempt("claim", fits, lambda: self.play.report("claim", owed, day=self.day, interest=7)):
            self.checked = None

    @precondition(lambda self: self.state is not None)
    @rule(by=st.sampled_from([81, 82]), verb=st.sampled_from(["check", "refuse_claim", "compensate"]))
    def settle_claim(self, by: int, verb: str) -> None:
        fits = verb != "compensate" or self.checked not in (None, by)
        words = {"check": {"text": LONG}, "refuse_claim": {"reason": LONG}}.get(verb, {})
        done = self.step(verb, approver(by), fits=fits, service={"check": "check_claim"}.get(verb, ""), **words)
        if done and verb == "compensate":
            self.loss, self.repaid, self.reserved = self.drawn - self.repaid + 7, self.drawn, 0
        elif done:
            self.checked = by if verb == "check" else None

    @precondition(lambda self: self.state is not None)
    @rule(fen=st.sampled_from([-1, 0, 1, 33, 100 * WAN, AMOUNT * 2]))
    def recover(self, fen: int) -> None:
        on = self.play.at.date()
        if self.step("recover", underwriter(), fits=0 < fen <= self.loss + self.written, amount_fen=fen, on=on):
            self.recovered += fen
            self.loss, self.written = (self.loss - fen, 0) if self.loss else (0, self.written - fen)

    @precondition(lambda self: self.state == "compensated")
    @rule(by=st.sampled_from([81, 82]), verb=st.sampled_from(["propose_write_off", "write_off"]))
    def give_up(self, by: int, verb: str) -> None:
        fits = verb == "propose_write_off" or self.proposed not in (None, by)
        words = {"reason": LONG} if verb == "propose_write_off" else {}
        if self.step(verb, approver(by), fits=fits, **words):
            self.proposed = by
            if verb == "write_off":
                self.written, self.loss = self.loss, 0

    @precondition(lambda self: self.state == "claimed")
    @rule(part=st.integers(1, 10))
    def money_comes_back_while_claimed(self, part: int) -> None:
        """The claim goes back, whatever comes; nothing is left waiting."""
        self.tick()
        fen = max((self.drawn - self.repaid) * part // 10, 1)
        assert self.play.report("repayment", fen, day=self.day).event.state == "applied"
        self.repaid, self.checked = self.repaid + fen, None
        self.state = "released" if self.repaid == self.drawn == AMOUNT else "overdue"
        assert self.play.case.state == self.state

    @precondition(lambda self: self.state in ("in_force", "overdue"))
    @rule()
    def mistypes_and_takes_it_back(self) -> None:
        self.tick()
        kind = "cure" if self.state == "in_force" else "overdue"
        event = self.play.report(kind, day=self.day).event
        assert event.state == "parked"
        with self.play.database.writing(bank()) as session:
            void_report(session, actor=bank(), public_id=self.play.public_id, event_no=event.event_no, now=self.play.at)
        assert self.play.case.state == self.state

    @precondition(lambda self: self.state == "in_force" and self.reserved > 1)
    @rule()
    def is_told_of_a_drawdown_late(self) -> None:
        self.tick(2)
        if self.play.at.date() > self.play.case.letter_expires_on:  # type: ignore[operator]
            return
        fen = self.reserved // 2
        owed = self.drawn - self.repaid + fen
        assert self.play.report("repayment", owed, day=self.day).event.state == "parked"
        self.play.report("drawdown", fen, day=self.day - 1)
        self.reserved, self.drawn = self.reserved - fen, self.drawn + fen
        self.repaid = self.drawn

    @precondition(lambda self: self.state == "overdue" and self.drawn > self.repaid)
    @rule()
    def claims_too_much_interest(self) -> None:
        self.tick()
        owed = self.drawn - self.repaid
        self.attempt(
            "claim", False,
            lambda: self.play.report("claim", owed, day=self.day, interest=most_interest(owed) + 1),
        )  # fmt: skip

    @invariant()
    def the_sums_are_the_models(self) -> None:
        if self.state is None:
            return
        at = self.play.position
        assert (at.reserved, at.drawn) == (self.reserved, self.drawn), self.state
        assert (at.outstanding, at.loss) == (self.drawn - self.repaid, self.loss)
        assert (at.recovered, at.written_off) == (self.recovered, self.written)
        assert sum(at.outstanding_by.values()) == at.outstanding and sum(at.loss_by.values()) == at.loss

    def teardown(self) -> None:
        """The whole ledger balances, and the audit has the way to where the case stands."""
        if self.state is None:
            return
        with self.play.database.reading(SYSTEM) as session:
            number = self.play.case.guarantee_no
            flaws = verify_ledger(session).flaws
            mine_or_sums = [one for one in flaws if one.code != "state" or number in one.place]
            assert not mine_or_sums, "the states of earlier cases were set by this test"
            mine = AuditEvent.subject == f"guarantee:{self.play.public_id}"
            actions = session.scalars(select(AuditEvent.action).where(mine).order_by(AuditEvent.seq)).all()
        possible: set[str | None] = {None}
        for verb in (action.partition(".")[2] for action in actions):
            if verb not in ("release", "parked", "voided"):
                possible = {to for start in possible for to in WAYS.get((start, verb), ())}
        assert self.state in possible, (self.state, actions)


def fill_the_other_company(database: Database) -> None:
    """The second enterprise has 10 % of the net assets, which is all that a group of it and the first may have."""
    with database.writing(SYSTEM) as session:
        put(session, "guarantee-limits", {"limit_no": "S-16-2", "value_pct": "10%"})
        put(session, "related-groups", *({"group_code": "甲集团", "uscc": code_of(one)} for one in (1, 2)))
    whole = case(1, 10_000_000, firm=2, shares=shares(100_000_000, 0))
    reserve(database, whole)


@pytest.mark.slow
def test_any_walk_through_a_guarantees_life(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'matchmaker.db'}")
    upgrade(database.url)
    city = guaranteed_city(database, tmp_path, assets=100_000_000)
    with database.writing(SYSTEM) as session:
        put(session, "scheme-grades", {"scheme_code": "S1", "grade": "A", "amount_max_wan": "10000000"})
    fill_the_other_company(database)
    CITY["city"] = Play(database, city, at=NOW)
    few = settings(
        max_examples=25, stateful_step_count=25, suppress_health_check=list(HealthCheck), deadline=None
    )  # fmt: skip
    run_state_machine_as_test(Life, settings=few)
    database.dispose()
