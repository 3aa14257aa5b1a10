"""Banks' reports: twice, late and out of order they come to the same; what can never fit is refused."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import CLI, SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError, MatchmakerError, NotFoundError, RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import ConsentPurpose, FieldGroup
from matchmaker.guarantee.cases.covering import Loan, cover_batch
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.voiding import void_report
from matchmaker.guarantee.ledger.capacity import OverLimitError
from matchmaker.lists.registers import LprRow
from matchmaker.push.consent_notices import give_consent
from matchmaker.schema import upgrade
from tests.support.city import code_of, put
from tests.support.consenting import bank, enterprise
from tests.support.guaranteeing import (
    LONG,
    TODAY,
    WAN,
    Play,
    approver,
    guaranteed_city,
    kept,
    legs_of,
    rate,
    scheme,
    underwriter,
)


@pytest.fixture
def play(migrated_url: str, tmp_path: Path) -> Iterator[Play]:
    database = Database(migrated_url)
    yield Play(database, guaranteed_city(database, tmp_path))
    database.dispose()


def test_the_same_report_twice_counts_once(play: Play) -> None:
    play.approved()
    first = play.report("drawdown", 100 * WAN, no="D1")
    before = kept(play.database)
    again = play.report("drawdown", 100 * WAN, no="D1")
    assert (again.repeated, again.event.public_id, first.repeated) == (True, first.event.public_id, False)
    with pytest.raises(ConflictError) as said:
        play.report("drawdown", 100 * WAN + 1, no="D1")
    assert said.value.code == "event_reused" and kept(play.database) == before


def test_a_repayment_before_its_drawdown_waits_for_it(play: Play) -> None:
    play.approved()
    play.later(30)
    parked = play.report("repayment", 40 * WAN, day=9)
    assert (parked.event.state, parked.event.why, parked.case.state) == ("parked", "not_drawn", "approved")
    play.report("overdue", day=5)
    play.report("drawdown", 100 * WAN, day=1)
    at = play.position
    assert (play.case.state, at.outstanding, at.reserved) == ("overdue", 60 * WAN, 200 * WAN)
    assert play.case.overdue_on == TODAY + timedelta(days=5)


def refusal(play: Play, code: str, *report: Any, **more: Any) -> None:
    before = kept(play.database)
    with pytest.raises((ConflictError, RejectedError)) as said:
        play.report(*report, **more)
    assert said.value.code == code, said.value.say("zh")
    assert kept(play.database) == before


def test_what_can_never_fit_is_refused(play: Play) -> None:
    play.approved()
    refusal(play, "over_amount", "drawdown", 300 * WAN + 1)
    refusal(play, "over_amount", "repayment", 300 * WAN + 1)
    refusal(play, "before_letter", "drawdown", WAN, day=-1)
    refusal(play, "event_future", "drawdown", WAN, day=1)
    for fen in (0, -1):
        refusal(play, "event_amount", "drawdown", fen)
    refusal(play, "event_amount", "overdue", 1)
    refusal(play, "event_kind", "gift", 1)
    refusal(play, "event_interest", "drawdown", 1, interest=1)
    for number in ("", " x", "n" * 65, "编号"):
        refusal(play, "event_no", "drawdown", WAN, no=number or "\n")
    play.later(120)
    refusal(play, "letter_expired", "drawdown", WAN, day=91)


def test_claims_that_cannot_be_yet(play: Play) -> None:
    play.approved()
    play.later(100).report("drawdown", 100 * WAN, day=1)
    refusal(play, "illegal_transition", "claim", 100 * WAN, day=70)
    play.report("overdue", day=10)
    refusal(play, "claim_early", "claim", 100 * WAN, day=69)
    refusal(play, "claim_amount", "claim", 99 * WAN, day=70)
    play.report("cure", day=5)
    refusal(play, "events_parked", "claim", 100 * WAN, day=70)


def claimed(play: Play) -> None:
    """A loan of 100 × 10k CNY that is claimed and checked."""
    play.approved(100)
    play.later(200).report("drawdown", 100 * WAN, day=1)
    play.report("overdue", day=10)
    play.report("claim", 100 * WAN, day=80)
    play.step("check_claim", underwriter(), text=LONG)


@pytest.mark.parametrize(
    ("kind", "wan", "day", "state"),
    [
        ("repayment", 100, 20, "released"),
        ("repayment", 100, 81, "released"),
        ("repayment", 30, 20, "overdue"),
        ("cure", 0, 60, "in_force"),
        ("cure", 0, 90, "in_force"),
    ],
)
def test_money_that_came_back_sends_the_claim_back(play: Play, kind: str, wan: int, day: int, state: str) -> None:
    claimed(play)
    assert play.report(kind, wan * WAN, day=day).event.state == "applied"
    case = play.case
    assert (case.state, case.claimed_on, case.claim_principal_fen, case.checked_by) == (state, None, None, None)
    assert play.position.outstanding == (100 - wan) * WAN
    with pytest.raises(ConflictError) as said:
        play.step("compensate", approver())
    assert said.value.code == "illegal_transition" and play.position.compensated == 0


def test_a_cure_and_then_a_repayment_both_count_while_claimed(play: Play) -> None:
    claimed(play)
    play.report("cure", day=60)
    assert play.report("repayment", 30 * WAN, day=61).event.state == "applied"
    assert (play.case.state, play.position.outstanding) == ("in_force", 70 * WAN)


def test_a_late_report_that_changes_nothing_of_the_claim_leaves_it(play: Play) -> None:
    play.approved()
    play.later(200).report("drawdown", 100 * WAN, day=1)
    play.report("overdue", day=10)
    play.report("claim", 100 * WAN, day=80)
    play.report("close", 100 * WAN, day=70)
    assert (play.case.state, play.position.reserved) == ("claimed", 0)
    refusal(play, "illegal_transition", "overdue", day=81)
    refusal(play, "illegal_transition", "close", 100 * WAN, day=81)


def test_nothing_is_checked_or_paid_while_a_report_waits(play: Play) -> None:
    claimed(play)
    assert play.report("overdue", day=70, no="V1").event.state == "parked"
    for verb, by, words in (("check_claim", underwriter(), {"text": LONG}), ("compensate", approver(), {})):
        with pytest.raises(ConflictError) as said:
            play.step(verb, by, **words)
        assert said.value.code == "events_parked" and "1 条" in said.value.say("zh")
    void(play, "V1")
    play.step("compensate", approver())
    assert play.position.compensated == 100 * WAN


def void(play: Play, no: str, by: Actor | None = None) -> Any:
    actor = by or bank()
    with play.database.writing(actor) as session:
        return void_report(session, actor=actor, public_id=play.public_id, event_no=no, now=play.at)


def test_a_bank_takes_back_what_is_parked_and_nothing_else(play: Play) -> None:
    play.approved()
    play.later(200).report("drawdown", 100 * WAN, day=1, no="D1")
    play.report("repayment", 120 * WAN, day=5, no="R1")
    play.report("overdue", day=10)
    refusal(play, "events_parked", "claim", 100 * WAN, day=80)
    with pytest.raises(NotFoundError):
        void(play, "R1", bank("B2"))
    with pytest.raises(NotFoundError):
        void(play, "nothing")
    with pytest.raises(ConflictError) as said:
        void(play, "D1")
    assert said.value.code == "report_counts"
    answer = void(play, "R1")
    assert (answer.event.state, answer.event.why, answer.repeated) == ("voided", None, False)
    before = kept(play.database)
    assert void(play, "R1").repeated and kept(play.database) == before
    assert play.report("repayment", 120 * WAN, day=5, no="R1").event.state == "voided", "its number stays used"
    assert play.report("claim", 100 * WAN, day=80).case.state == "claimed"
    with play.database.reading(SYSTEM) as session:
        mine = (AuditEvent.subject == f"guarantee:{play.public_id}") & (AuditEvent.action == "guarantee.voided")
        assert session.scalars(select(AuditEvent.after).where(mine)).one()["event"] == "R1"


def test_interest_is_bounded_by_days_and_rate(play: Play) -> None:
    play.approved(100)
    play.later(200).report("drawdown", 100 * WAN, day=1)
    play.report("overdue", day=10)
    most = 100 * WAN * 12 * 90 // 36_000
    """90 days at four times the LPR of 3 %, of a year of 360 days."""
    refusal(play, "claim_interest_above", "claim", 100 * WAN, day=80, interest=most + 1)
    refusal(play, "claim_interest_above", "claim", 100 * WAN, day=80, interest=9_000_000_000 * 100)
    play.report("claim", 100 * WAN, day=80, interest=most)
    play.step("check_claim", underwriter(), text=LONG)
    with play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).values(claim_interest_fen=most + 1))
    with pytest.raises(RejectedError):
        play.step("compensate", approver())


def test_a_scheme_names_its_own_ceiling_of_interest_or_covers_none(play: Play) -> None:
    with play.database.writing(SYSTEM) as session:
        put(session, "schemes", scheme(interest_max_pct="6%"))
    play.approved(100)
    play.later(200).report("drawdown", 100 * WAN, day=1)
    play.report("overdue", day=10)
    most = 100 * WAN * 6 * 90 // 36_000
    refusal(play, "claim_interest_above", "claim", 100 * WAN, day=80, interest=most + 1)
    with play.database.writing(SYSTEM) as session:
        put(session, "schemes", scheme(interest_max_pct="1%"))
    assert play.report("claim", 100 * WAN, day=80, interest=most, no="C1").event.state == "applied"
    play.step("refuse_claim", approver(), reason=LONG)
    with play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).values(interest_days=None))
    refusal(play, "claim_interest", "claim", 100 * WAN, day=80, interest=1)
    with play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).values(interest_days=90, interest_max_e6=None))
        session.execute(delete(LprRow))
    refusal(play, "claim_interest_rate", "claim", 100 * WAN, day=80, interest=1)


def test_what_the_treasury_bears_of_a_payment_stays_within_its_budget(play: Play) -> None:
    def terms(wan: str) -> None:
        with play.database.writing(SYSTEM) as session:
            put(session, "schemes", scheme(budget_wan=wan))

    grade = {"scheme_code": "S1", "grade": "A", "amount_max_wan": "500", "guarantor_pct": "50%", "bank_pct": "20%"}
    with play.database.writing(SYSTEM) as session:
        put(session, "scheme-grades", {**grade, "treasury_pct": "30%"})
    terms("31")
    play.approved(100)
    play.later(20).report("drawdown", 100 * WAN, day=1)
    play.report("overdue", day=2)
    with play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).values(claim_after_days=0))
    play.report("claim", 100 * WAN, day=20, interest=10)
    play.step("check_claim", underwriter(), text=LONG)
    before = kept(play.database)
    with pytest.raises(OverLimitError) as said:
        play.step("compensate", approver())
    assert [one.key for one in said.value.effect.broken] == ["BUDGET"] and kept(play.database) == before
    assert said.value.effect.broken[0].after == 1 * WAN + 30 * WAN + 3, "the fee, and its share with interest"
    terms("32")
    assert play.step("compensate", approver()).state == "compensated"


def test_after_the_release_only_its_history_is_still_told(play: Play) -> None:
    play.approved(100)
    play.later(60).report("drawdown", 100 * WAN, day=1)
    play.report("repayment", 100 * WAN, day=30)
    assert play.case.state == "released"
    assert play.report("overdue", day=10).event.state == "applied"
    assert play.report("cure", day=20).event.state == "applied" and play.case.state == "released"
    refusal(play, "illegal_transition", "overdue", day=31)
    refusal(play, "over_amount", "drawdown", WAN, day=2)


Told = tuple[str, int, int]
"""(kind, fen, day)."""


@st.composite
def courses(draw: st.DrawFn) -> list[Told]:
    """What a bank truly reports of a loan of up to 300 × 10k CNY, a thing a day, in order."""
    told: list[Told] = []
    drawn = owed = 0
    overdue = False
    for day in range(1, draw(st.integers(2, 8))):
        choices = ["drawdown"] if drawn < 300 and not overdue else []
        choices += (
            (["repayment", "cure"] if overdue else ["repayment", "overdue"]) if owed else (["cure"] if overdue else [])
        )
        if not choices:
            break
        kind = draw(st.sampled_from(choices))
        fen = (
            draw(st.integers(1, 300 - drawn if kind == "drawdown" else owed))
            if kind in ("drawdown", "repayment")
            else 0
        )
        drawn, owed = drawn + fen * (kind == "drawdown"), owed + fen * {"drawdown": 1, "repayment": -1}.get(kind, 0)
        overdue = kind == "overdue" or (overdue and kind != "cure")
        told.append((kind, fen * WAN, day))
        if drawn == 300 and not owed:
            return told
    if drawn and draw(st.booleans()):
        told.append(("close", drawn * WAN, 20))
    return told


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """On SQLite: the order of reports is none of the database's business, and there are many."""
    folder = tmp_path_factory.mktemp("events")
    database = Database(f"sqlite:///{folder / 'matchmaker.db'}")
    upgrade(database.url)
    city = guaranteed_city(database, folder, assets=100_000_000)
    with database.writing(SYSTEM) as session:
        put(session, "scheme-grades", {"scheme_code": "S1", "grade": "A", "amount_max_wan": "10000000"})
    yield Play(database, city)
    database.dispose()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(courses(), st.data())
def test_any_order_of_a_legal_course_ends_the_same(city: Play, told: list[Told], data: st.DataObject) -> None:
    ends = []
    for mixed in (False, True):
        play = Play(city.database, city.settings)
        end(play)
        play.approved()
        play.later(40)
        sent = list(range(len(told)))
        if mixed:
            times = [number for number in sent for _ in range(data.draw(st.integers(1, 3)))]
            sent = data.draw(st.permutations(times))
        for number in sent:
            kind, fen, day = told[number]
            play.report(kind, fen, day=day, no=f"{play.public_id}-{number}")
        ends.append((play.case.state, play.case.overdue_on, play.case.closed_on, play.position, legs(play)))
    (*ordered, at, legs_1), (*shuffled, other, legs_2) = ends
    assert ordered == shuffled and at.standing == other.standing and legs_1 == legs_2


def legs(play: Play) -> list[tuple[Any, ...]]:
    """The legs of the case itself that say money, added up by kind, day, account and party."""
    found: dict[Any, int] = {}
    for kind, on, account, party, fen in legs_of(play.database, play.case.guarantee_no):
        if account not in ("weighted", "weighted_reserved", "small", "ticket", "memo", "reserved", "headroom"):
            found[kind, on, account, party] = found.get((kind, on, account, party), 0) + fen
    return sorted((*key, fen) for key, fen in found.items())


def end(play: Play) -> None:
    """So that the need may be applied for again."""
    with play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).values(state="lapsed"))


def at_once(works: list[Callable[[], Any]]) -> list[MatchmakerError | None]:
    """Do all of it from one moment on; what each was refused with."""
    start, ended = Barrier(len(works)), [None] * len(works)  # type: list[Any]

    def run(place: int) -> None:
        start.wait()
        try:
            works[place]()
            ended[place] = None
        except MatchmakerError as error:
            ended[place] = error

    ended = ["not run"] * len(works)
    threads = [Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "not run" not in ended
    return ended


def test_of_two_approvals_at_once_one_wins_and_the_other_reads_the_state(play: Play) -> None:
    play.apply()
    play.review()
    ended = at_once([lambda n=n: play.step("approve", approver(n)) for n in (81, 82)])  # type: ignore[misc]
    lost = [error for error in ended if error is not None]
    assert len(lost) == 1 and "已出函" in lost[0].say("zh") and play.case.state == "approved"


def test_the_same_report_at_the_same_moment_is_booked_once(play: Play) -> None:
    play.approved()
    ended = at_once([lambda: play.report("drawdown", WAN, no="D1") for _ in range(3)])
    assert ended == [None] * 3 and play.position.drawn == WAN


def consents(play: Play, *numbers: int, to: tuple[str, ...] = ("G1", "B1")) -> None:
    for number, org_code in product(numbers, to):
        with play.database.writing(enterprise(number)) as session:
            give_consent(
                session, actor=enterprise(number), org_code=org_code, groups=frozenset(FieldGroup),
                purpose=ConsentPurpose.GUARANTEE, settings=play.settings, now=play.at,
            )  # fmt: skip


def loan(number: int, wan: int = 100, **values: Any) -> Loan:
    given = {"event_no": f"L{number}", "scheme_code": "S1", "uscc": code_of(number), "term_months": 12, **values}
    return Loan(amount_fen=wan * WAN, **given)


def test_a_batch_is_covered_row_by_row_and_once(play: Play) -> None:
    consents(play, 1, 2)
    loans = [loan(1), loan(2, 201), loan(3), loan(2, 50, event_no="L4"), loan(1, 10, scheme_code="S9", event_no="L5")]

    def batch() -> list[Any]:
        return cover_batch(play.database, actor=bank(), loans=loans, settings=play.settings, now=play.at)

    first = batch()
    codes = [one.refusal.code if one.refusal else one.case.state for one in first]
    assert codes == ["approved", "automatic_amount", "consent_ended", "approved", "not_automatic"]
    before = kept(play.database)
    assert [one.case and one.case.public_id for one in batch()] == [one.case and one.case.public_id for one in first]
    assert kept(play.database) == before
    play.public_id = first[0].case.public_id
    assert play.case.automatic and play.case.letter_no
    play.report("drawdown", 100 * WAN)
    assert play.case.state == "in_force"


def test_automatic_cover_is_for_the_schemes_grades(play: Play) -> None:
    consents(play, 1)
    with play.database.writing(SYSTEM) as session:
        rate(session, 1, Grade.B)
    for row, code in ((loan(1), "automatic_grade"), (loan(1, 0), "amount_range")):
        (said,) = cover_batch(
            play.database, actor=CLI, loans=[row], bank_code="B1", settings=play.settings, now=play.at
        )
        assert said.refusal and said.refusal.code == code
    (said,) = cover_batch(play.database, actor=CLI, loans=[loan(1)], settings=play.settings, now=play.at)
    assert said.refusal and said.refusal.code == "no_bank"


def covered(play: Play, row: Loan, by: Actor) -> Any:
    (said,) = cover_batch(play.database, actor=by, loans=[row], settings=play.settings, now=play.at)
    return said.refusal.code if said.refusal else said.case.state


def test_a_bank_needs_the_firms_consent_of_its_own(play: Play) -> None:
    consents(play, 1, to=("G1", "B1"))
    assert covered(play, loan(1), bank("B2")) == "consent_ended"
    consents(play, 2, to=("B1",))
    assert covered(play, loan(2), bank()) == "consent_ended"
    assert covered(play, loan(1), bank()) == "approved"


def test_a_bank_learns_nothing_of_why_a_loan_is_not_covered(play: Play) -> None:
    """Grade, rating's end, relation to the guarantor and others' balances: one and the same sentence."""
    consents(play, 1, 2, 3)
    with play.database.writing(SYSTEM) as session:
        rate(session, 1, Grade.B)
        rate(session, 2, valid_to=date(2026, 11, 1))
        put(session, "guarantor-relations", {"org_code": "G1", "uscc": code_of(3), "relation": "ACTUAL_CONTROLLER"})
    told = [cover_batch(play.database, actor=bank(), loans=[loan(n)], settings=play.settings, now=play.at)[0]
            for n in (1, 2, 3)]  # fmt: skip
    with play.database.writing(SYSTEM) as session:
        rate(session, 1)
        put(session, "guarantors", {"org_code": "G1", "kind": "COMPANY", "net_assets_wan": "100",
                                    "net_assets_on": "2026-09-30"})  # fmt: skip
    told += cover_batch(play.database, actor=bank(), loans=[loan(1)], settings=play.settings, now=play.at)
    assert {one.refusal and (one.refusal.code, one.refusal.say("zh")) for one in told} == {
        ("not_covered", "这笔贷款不符合见贷即保的条件，没有办理。由企业申请，担保机构逐笔审查。")
    }
    (said,) = cover_batch(
        play.database, actor=CLI, loans=[loan(1)], bank_code="B1", settings=play.settings, now=play.at
    )
    assert said.refusal and said.refusal.code == "over_limit", "the operator reads why"
