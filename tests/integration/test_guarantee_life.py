"""The life of a guarantee on both databases: from near miss to released, and through claim and recovery to the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from matchmaker.accounts.models import AuditEvent, Consent, Disclosure
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.guarantee_terms import LossParty
from matchmaker.domain.rate import E6
from matchmaker.domain.terms import Repayment
from matchmaker.guarantee.cases.lapsing import lapse_due
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.notices import KIND
from matchmaker.guarantee.cases.queries import letter_of, steps_for
from matchmaker.guarantee.cases.terms import fee_of
from matchmaker.guarantee.ledger.checking import verify_ledger
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.guarantee_notices import compose_guarantee_notice
from matchmaker.scoring.cost import CostTerms, cost_of
from tests.support.city import put
from tests.support.consenting import bank, enterprise
from tests.support.guaranteeing import LONG, TODAY, WAN, Play, approver, guaranteed_city, underwriter


@pytest.fixture
def play(migrated_url: str, tmp_path: Path) -> Iterator[Play]:
    database = Database(migrated_url)
    yield Play(database, guaranteed_city(database, tmp_path))
    database.dispose()


def verbs(play: Play, actor: object) -> list[str]:
    return [step.verb for step in steps_for(play.case, actor)]  # type: ignore[arg-type]


def test_from_application_to_release(play: Play) -> None:
    case = play.apply()
    assert (case.state, case.amount_fen, case.fee_fen) == ("applied", 300 * WAN, 3 * WAN)
    assert case.split[LossParty.GUARANTOR] + case.split[LossParty.BANK] == 100_000_000
    assert play.position.reserved == 300 * WAN and verbs(play, enterprise()) == ["withdraw"]
    play.step("ask", underwriter(), text="补充最近三个月的银行流水")
    play.step("supply", enterprise(), text="流水已上传")
    play.review()
    assert verbs(play, underwriter()) == [] and verbs(play, approver()) == ["return", "approve", "decline"]
    case = play.step("approve", approver())
    assert case.state == "approved" and case.letter_no and case.approved_by == "person:81"
    play.later(5).report("drawdown", 100 * WAN, day=3)
    play.report("drawdown", 200 * WAN, day=4)
    assert play.case.state == "in_force" and play.position.fee == 3 * WAN
    play.later(300).report("repayment", 120 * WAN, day=200)
    answer = play.report("repayment", 180 * WAN, day=299)
    assert (answer.event.state, answer.case.state) == ("applied", "released")
    at = play.position
    assert (at.reserved, at.outstanding, at.drawn, at.repaid) == (0, 0, 300 * WAN, 300 * WAN)
    assert play.case.ended_at is not None


def test_from_claim_to_written_off_by_two_persons_each_time(play: Play) -> None:
    play.approved()
    play.later(200)
    play.report("drawdown", 300 * WAN, day=1)
    play.report("repayment", 50 * WAN + 1, day=20)
    play.report("overdue", day=100)
    play.report("claim", 250 * WAN - 1, day=160, interest=7)
    assert play.case.state == "claimed" and verbs(play, approver()) == ["check", "refuse_claim"]
    play.step("refuse_claim", approver(), reason="还款凭证缺少页码，请重报一次")
    assert play.case.state == "overdue"
    play.report("claim", 250 * WAN - 1, day=170, interest=7)
    play.step("check_claim", underwriter(), text=LONG)
    play.step("compensate", approver())
    at = play.position
    assert (at.outstanding, at.loss, sum(at.loss_by.values())) == (0, 250 * WAN + 6, 250 * WAN + 6)
    play.step("recover", underwriter(), amount_fen=100 * WAN, on=play.at.date())
    at = play.position
    assert at.loss == 150 * WAN + 6 == sum(at.loss_by.values()) and at.recovered == 100 * WAN
    play.step("propose_write_off", underwriter(), reason=LONG)
    play.step("write_off", approver())
    at = play.position
    assert (at.loss, at.written_off) == (0, 150 * WAN + 6) and play.case.state == "written_off"
    assert verbs(play, underwriter()) == ["recover"], "the claim on the borrower stays"
    ended = play.case.ended_at
    play.later(400).step("recover", underwriter(), amount_fen=50 * WAN, on=play.at.date())
    at = play.position
    assert (at.written_off, at.recovered, play.case.state) == (100 * WAN + 6, 150 * WAN, "written_off")
    play.step("recover", underwriter(), amount_fen=100 * WAN + 6, on=play.at.date())
    assert (play.position.written_off, play.case.state, play.case.ended_at) == (0, "recovered", ended)


@pytest.mark.parametrize(("months", "fee"), [(6, 10_000), (12, 10_000), (13, 20_000), (18, 20_000), (24, 20_000)])
def test_the_case_charges_the_fee_that_its_cost_shows(months: int, fee: int) -> None:
    """CONTRACT.md section 1: on day 0 and on each anniversary before the end, on the original principal."""
    terms = CostTerms(100 * WAN, 4 * E6, months, Repayment.INTEREST_ONLY, 0, E6)
    assert fee_of(100 * WAN, E6, months) == cost_of(terms).fees_fen == fee * 100


def test_half_a_fen_of_the_fee_is_a_whole_one() -> None:
    assert [fee_of(fen, E6, 12) for fen in (49, 50)] == [0, 1]


def test_who_has_to_act_hears_of_an_overdue_loan_and_of_what_became_of_the_claim(play: Play) -> None:
    def told() -> list[str]:
        with play.database.writing(SYSTEM) as session:
            mine = (OutboxMessage.kind == KIND) & (
                OutboxMessage.window == f"{play.public_id}:{play.case.state}:{version}"
            )
            return sorted(session.scalars(select(OutboxMessage.contact_no).where(mine)))

    with play.database.writing(SYSTEM) as session:
        put(session, "contacts", {"contact_no": "G1-1", "org_code": "G1", "name": "孙", "role": "UNDERWRITER",
                                  "email": "g@example.com"})  # fmt: skip
    play.approved()
    play.later(200).report("drawdown", 10 * WAN, day=1)
    play.report("overdue", day=2)
    version = play.case.version
    assert told() == ["E001", "G1-1"]
    play.report("claim", 10 * WAN, day=62)
    play.step("refuse_claim", approver(), reason=LONG)
    version = play.case.version
    assert told() == ["B1-1"], "the bank hears that its claim was refused"
    play.report("claim", 10 * WAN, day=63)
    play.report("repayment", WAN, day=64)
    version = play.case.version - 1
    assert told() == ["B1-1", "G1-1"]
    play.report("claim", 9 * WAN, day=65)
    play.step("check_claim", underwriter(), text=LONG)
    play.step("compensate", approver())
    version = play.case.version
    assert told() == ["B1-1", "E001"], "the firm owes the guarantor now"


def test_what_is_recovered_in_full_has_ended(play: Play) -> None:
    play.approved()
    play.later(200).report("drawdown", 10 * WAN, day=1)
    play.report("overdue", day=2)
    play.report("claim", 10 * WAN, day=62)
    play.step("check_claim", underwriter(), text=LONG)
    play.step("compensate", approver())
    assert play.position.reserved == 0, "what was not drawn is free again"
    play.step("recover", underwriter(), amount_fen=4 * WAN, on=play.at.date())
    assert play.case.state == "compensated"
    play.step("recover", approver(), amount_fen=6 * WAN, on=play.at.date())
    assert play.case.state == "recovered"


def test_declined_withdrawn_and_lapsed_give_back_what_was_reserved(play: Play) -> None:
    for ending in ("decline", "withdraw"):
        play.apply()
        by = approver() if ending == "decline" else enterprise()
        play.step(ending, by, reason="资金用途与申请不一致，无法核实")
        assert play.position.reserved == 0 and play.case.ended_at
    play.apply()
    play.later(60)
    assert lapsed(play) == [play.public_id] and lapsed(play) == []
    assert play.case.state == "lapsed" and play.position.reserved == 0
    play.at = play.case.applied_at
    play.approved()
    grace = play.settings.guarantee_grace_days
    play.later(90 + grace)
    assert lapsed(play) == [], "a drawdown of its last day may still be reported"
    play.later(91 + grace)
    assert lapsed(play) == [play.public_id]


def lapsed(play: Play) -> list[str]:
    return [case.public_id for case in lapse_due(play.database, settings=play.settings, now=play.at)]


def test_the_application_gives_the_consent_and_everything_is_in_the_audit(play: Play) -> None:
    case = play.approved()
    with play.database.reading(SYSTEM) as session:
        to_bank, given = session.scalars(select(Consent).order_by(Consent.org_code)).all()
        assert (given.public_id, given.purpose, given.org_code) == (case.consent_id, "guarantee", "G1")
        assert (to_bank.org_code, to_bank.groups, to_bank.need_no) == ("B1", ["identity"], given.need_no)
        actions = session.scalars(
            select(AuditEvent.action)
            .where(AuditEvent.subject == f"guarantee:{case.public_id}")
            .order_by(AuditEvent.seq)
        ).all()
    assert actions == ["guarantee.apply", "guarantee.review", "guarantee.approve"]


def test_the_letter_holds_all_that_its_pdf_needs(play: Play) -> None:
    case = play.approved()
    for reader in (enterprise(), bank(), underwriter()):
        with play.database.writing(reader) as session:
            letter = letter_of(session, case.public_id, play.settings, actor=reader, now=play.at)
        assert letter.letter_no == case.letter_no and (letter.valid_to - TODAY).days == 90
        assert sum(letter.parts.values()) == letter.amount_fen == 300 * WAN
        assert letter.guarantor == "G1融资担保有限公司" and letter.enterprise.startswith("威海隐名1号")
    with play.database.reading(enterprise()) as session:
        looks = session.scalars(select(Disclosure).where(Disclosure.channel == "pdf").order_by(Disclosure.org_code))
        told = [(one.org_code, one.basis, one.fields, one.about) for one in looks]
    assert told == [
        (org, "contract", ["enterprises.name", "enterprises.uscc"], f"guarantee:{case.public_id}")
        for org in ("B1", "G1")
    ]


def test_the_bank_gives_up_the_rest(play: Play) -> None:
    play.approved()
    play.later(30).report("drawdown", 100 * WAN, day=1)
    play.report("close", 100 * WAN, day=10)
    assert play.position.reserved == 0 and play.case.state == "in_force"
    play.report("repayment", 100 * WAN, day=20)
    assert play.case.state == "released"


def test_the_parties_hear_what_was_decided_as_long_as_it_stands(play: Play) -> None:
    case = play.approved()
    with play.database.writing(SYSTEM) as session:
        mine = OutboxMessage.kind == KIND
        held = session.scalars(select(OutboxMessage).where(mine, OutboxMessage.window.contains("approved"))).all()
        assert sorted(one.contact_no for one in held) == ["B1-1", "E001"]
        told = held[0]
        claimed = Claimed(told.id, 1, 0, told.contact_no, "email", KIND, told.window, "m")
        body = compose_guarantee_notice(play.settings, session, claimed, play.at)
        assert isinstance(body, Body) and case.guarantee_no in body.text and "已出函" in body.text
        assert "隐名" not in body.text
    play.step("withdraw", enterprise())
    with play.database.writing(SYSTEM) as session:
        assert compose_guarantee_notice(play.settings, session, claimed, play.at) == Nothing("nothing_left")


def test_the_proof_of_the_books_finds_a_state_that_is_not_that_of_its_sums(play: Play) -> None:
    play.approved()
    play.later(60).report("drawdown", 100 * WAN, day=1)
    number = play.case.guarantee_no

    def flaws() -> list[tuple[str, int, int]]:
        with play.database.reading(SYSTEM) as session:
            found = verify_ledger(session).flaws
        assert {one.code for one in found} <= {"state"}
        return [(one.place.removeprefix(f"case:{number} "), one.found, one.expected) for one in found]

    def stands(state: str) -> None:
        with play.database.writing(SYSTEM) as session:
            session.execute(update(Guarantee).values(state=state))

    assert flaws() == []
    stands("released")
    assert flaws() == [("released reserved", 200 * WAN, 0), ("released outstanding", 100 * WAN, 0)]
    stands("approved")
    assert flaws() == [("approved reserved", 200 * WAN, 300 * WAN), ("approved outstanding", 100 * WAN, 0)]
    stands("compensated")
    assert ("compensated loss", 0, 1) in flaws()
