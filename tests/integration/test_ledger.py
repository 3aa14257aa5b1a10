"""The books of guarantees on both databases: what is booked, what is refused, what cannot be changed."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import ConfigurationError, ConflictError, RejectedError
from matchmaker.domain.guarantee_terms import Grade, LossParty
from matchmaker.domain.terms import Side, SizeClass
from matchmaker.guarantee.ledger import services
from matchmaker.guarantee.ledger.capacity import OverLimitError
from matchmaker.guarantee.ledger.checking import verify_ledger
from matchmaker.guarantee.ledger.models import GuaranteeBalance, LedgerEntry, LedgerLeg
from tests.support.city import code_of, put
from tests.support.covering import (
    AT,
    BOOKER,
    E80,
    ON,
    WAN,
    booked,
    case,
    guarantors,
    reserve,
    scheme,
    shares,
    standing,
)
from tests.support.wording import blames


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    with made.writing(SYSTEM) as session:
        guarantors(session)
    yield made
    made.dispose()


def balance(database: Database, scope: str, key: str) -> GuaranteeBalance:
    with database.reading(SYSTEM) as session:
        own = select(GuaranteeBalance).where(GuaranteeBalance.scope == scope, GuaranteeBalance.key == key)
        return session.scalars(own).one()


def entries(database: Database) -> list[LedgerEntry]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)))


def test_a_case_from_reservation_to_write_off(database: Database) -> None:
    covered = case(1, 100, fee_fen=5_000)
    effect = reserve(database, covered)
    assert effect.parts == {LossParty.BANK: 20 * WAN, LossParty.GUARANTOR: 80 * WAN} and not effect.broken
    booked(database, "fee", covered)
    booked(database, "drawdown", covered, fen=60 * WAN)
    at = booked(database, "repayment", covered, fen=10 * WAN + 1)
    assert at and (at.reserved, at.outstanding, at.fee) == (40 * WAN, 50 * WAN - 1, 5_000)
    row = balance(database, "guarantor", "G1")
    assert (row.nominal, row.reserved_nominal, row.fee_treasury, row.fee_reserved) == (50 * WAN - 1, 40 * WAN, 5_000, 0)
    assert row.guaranteed + row.reserved_guaranteed == 90 * WAN - 1 - (90 * WAN - 1) * 20 // 100
    at = booked(database, "compensation", covered, principal_fen=50 * WAN - 1, interest_fen=3)
    assert at and (at.reserved, at.outstanding, at.loss) == (0, 0, 50 * WAN + 2)
    at = booked(database, "recovery", covered, fen=20 * WAN)
    assert at and at.recovered == 20 * WAN and sum(at.loss_by.values()) == at.loss == 30 * WAN + 2
    at = booked(database, "write_off", covered)
    assert at and (at.loss, at.written_off, sum(at.written_off_by.values())) == (0, 30 * WAN + 2, 30 * WAN + 2)
    assert at == standing(database, covered)
    row = balance(database, "guarantor", "G1")
    assert (row.nominal, row.guaranteed, row.retained, row.weighted, row.loss, row.version) == (0, 0, 0, 0, 0, 7)
    assert [one.seq for one in entries(database)] == [1, 2, 3, 4, 5, 6, 7]


def test_what_comes_back_after_a_write_off_is_shared_back_and_the_treasury_has_borne_less(database: Database) -> None:
    covered = case(1, 100, shares=shares(50 * 1_000_000, 20 * 1_000_000, treasury=30 * 1_000_000))
    reserve(database, covered)
    booked(database, "drawdown", covered, fen=100 * WAN)
    booked(database, "compensation", covered, principal_fen=100 * WAN, interest_fen=0)
    booked(database, "recovery", covered, fen=10 * WAN)
    booked(database, "write_off", covered)
    assert balance(database, "guarantor", "G1").treasury_loss == 27 * WAN, "writing off gives nobody money back"
    at = booked(database, "recovery", covered, fen=40 * WAN)
    assert at and (at.loss, at.written_off, at.recovered) == (0, 50 * WAN, 50 * WAN)
    assert at.written_off_by == {
        LossParty.GUARANTOR: 25 * WAN, LossParty.BANK: 10 * WAN, LossParty.TREASURY: 15 * WAN,
    }  # fmt: skip
    assert balance(database, "guarantor", "G1").treasury_loss == 15 * WAN
    with pytest.raises(ConflictError):
        booked(database, "recovery", covered, fen=50 * WAN + 1)
    with database.reading(SYSTEM) as session:
        assert not verify_ledger(session).flaws


def test_every_refusal_is_one_sentence_and_books_nothing(database: Database) -> None:
    covered, other = case(1, 100), case(2, 100)
    reserve(database, covered)
    booked(database, "drawdown", covered, fen=40 * WAN)
    before = len(entries(database))
    tries: list[tuple[str, str, dict[str, object]]] = [
        ("over_reserved", "drawdown", {"fen": 60 * WAN + 1}),
        ("amount_positive", "drawdown", {"fen": 0}),
        ("over_outstanding", "repayment", {"fen": 40 * WAN + 1}),
        ("not_outstanding", "compensation", {"principal_fen": 40 * WAN - 1, "interest_fen": 0}),
        ("amount_positive", "compensation", {"principal_fen": 40 * WAN, "interest_fen": -1}),
        ("over_loss", "recovery", {"fen": 1}),
        ("amount_positive", "recovery", {"fen": -1}),
        ("no_loss", "write_off", {}),
    ]
    for code, verb, values in tries:
        with pytest.raises((ConflictError, RejectedError)) as refused:
            booked(database, verb, covered, **values)
        assert refused.value.code == code
        assert not blames(refused.value.say("zh"), refused.value.say("en"))
    with pytest.raises(ConflictError, match="Nothing was ever reserved"):
        booked(database, "drawdown", other, fen=1)
    with pytest.raises(ConflictError, match="reserved for guarantee"):
        reserve(database, covered)
    with pytest.raises(RejectedError):
        reserve(database, replace(other, amount_fen=0))
    assert len(entries(database)) == before


def test_a_claim_before_the_first_drawdown_is_refused(database: Database) -> None:
    reserve(database, case(1))
    with pytest.raises(ConflictError) as refused:
        booked(database, "compensation", case(1), principal_fen=100 * WAN, interest_fen=0)
    assert refused.value.code == "not_outstanding"


def test_a_fee_is_booked_once_and_none_where_it_is_zero(database: Database) -> None:
    reserve(database, case(1, fee_fen=7))
    reserve(database, case(2))
    assert booked(database, "fee", case(2)) is None
    booked(database, "fee", case(1, fee_fen=7))
    with pytest.raises(ConflictError) as refused:
        booked(database, "fee", case(1, fee_fen=7))
    assert refused.value.code == "fee_settled"


def test_an_event_is_booked_once(database: Database) -> None:
    reserve(database, case(1))
    booked(database, "drawdown", case(1), fen=WAN, event_id="B1:1")
    with pytest.raises(ConflictError) as refused:
        booked(database, "drawdown", case(1), fen=WAN, event_id="B1:1")
    assert refused.value.code == "already_booked" and standing(database, case(1)).drawn == WAN


def test_what_was_freed_cannot_be_drawn(database: Database) -> None:
    reserve(database, case(1))
    booked(database, "drawdown", case(1), fen=30 * WAN)
    at = booked(database, "free", case(1), why="letter lapsed")
    assert at and (at.reserved, at.outstanding) == (0, 30 * WAN)
    for verb, values in (("drawdown", {"fen": 1}), ("free", {"why": "again"})):
        with pytest.raises(ConflictError):
            booked(database, verb, case(1), **values)


def test_the_sentence_of_a_customer_above_its_limit(database: Database) -> None:
    """U-3: 10 % of net assets of 100 m CNY are 10 m CNY; 12.5 m of loans at 80 % are 10 m guaranteed."""
    reserve(database, case(1, 1250, firm=1))
    with pytest.raises(OverLimitError) as refused:
        reserve(database, case(2, 250, firm=1))
    assert [one.key for one in refused.value.effect.broken] == ["CUSTOMER"]
    assert refused.value.say("zh") == (
        "批准后单户余额 1,200 万元，超过上限 1,000 万元（法定，《融资担保公司监督管理条例》第十六条：同一被担保人）。"
        "任何人不能批准；可减少金额或换担保机构。"
    )
    assert "CNY 12.00 million" in refused.value.say("en") and "Nobody may approve" in refused.value.say("en")
    with pytest.raises(OverLimitError, match=r"CNY 10000000\.01"):
        reserve(database, replace(case(2, firm=1), amount_fen=1))


def test_a_fund_has_no_statutory_limit(database: Database) -> None:
    effect = reserve(database, case(1, 5000, org=2))
    assert not [one for one in effect.limits if str(one.limit_class) == "STATUTORY"]


def test_a_guarantor_or_a_scheme_that_is_not_registered_is_said(database: Database) -> None:
    for covered, code in ((case(1, org=3), "guarantor_unknown"), (case(1, grade=Grade.B), "scheme_unknown")):
        with pytest.raises(ConflictError) as refused:
            reserve(database, covered)
        assert refused.value.code == code


def test_related_parties_count_together_also_where_the_group_was_registered_late(database: Database) -> None:
    reserve(database, case(1, 1200))
    with database.writing(SYSTEM) as session:
        put(session, "related-groups", *({"group_code": "R1", "uscc": code_of(n)} for n in (1, 2)))
        city = {"limit_no": "C-1", "kind": "CITY_GROUP", "limit_class": "POLICY", "amount_wan": "1600"}
        put(session, "guarantee-limits", city)
    with pytest.raises(OverLimitError) as refused:
        reserve(database, case(2, 700, groups=("R1",)))
    assert [one.key for one in refused.value.effect.broken] == ["GROUP"]
    with pytest.raises(OverLimitError) as refused:
        reserve(database, case(3, 850, org=2, firm=2, groups=("R1",)))
    assert [(one.key, one.after) for one in refused.value.effect.broken] == [("CITY_GROUP", 1640 * WAN)]
    reserve(database, case(4, 800, org=2, firm=2, groups=("R1",)))
    assert balance(database, "city_group", "R1").reserved_guaranteed == 640 * WAN


def test_the_weight_of_a_customer_changes_for_all_its_cases_and_back(database: Database) -> None:
    """Up to 5 m CNY guaranteed 75 %, above it 100 %; the first case is with another bank."""
    reserve(database, case(1, 500, firm=1, bank_code="B9"))
    assert balance(database, "bank", "G1|B9").reserved_weighted == 300 * WAN
    reserve(database, case(2, 250, firm=1))
    assert balance(database, "bank", "G1|B9").reserved_weighted == 400 * WAN
    assert balance(database, "guarantor", "G1").reserved_weighted == 600 * WAN
    assert balance(database, "customer", f"G1|{code_of(1)}").ticket == 0
    booked(database, "free", case(1, firm=1), why="withdrawn")
    row = balance(database, "guarantor", "G1")
    assert (row.reserved_weighted, row.ticket, row.small) == (150 * WAN, 200 * WAN, 200 * WAN)


def test_the_scheme_stops_at_its_cap_its_budget_and_its_compensation_rate(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        put(session, "schemes", scheme("S2", "G2", cap_wan="400", budget_wan="1", compensation_cap_pct="5%"))
    reserve(database, case(1, 400, org=2, fee_fen=600_000))
    with pytest.raises(OverLimitError) as refused:
        reserve(database, case(2, 101, org=2, fee_fen=400_001))
    assert {one.key for one in refused.value.effect.broken} == {"SCHEME_CAP", "BUDGET"}
    booked(database, "drawdown", case(1, org=2), fen=400 * WAN)
    booked(database, "repayment", case(1, org=2), fen=378 * WAN)
    booked(database, "compensation", case(1, org=2), principal_fen=22 * WAN, interest_fen=0)
    with pytest.raises(OverLimitError) as refused:
        reserve(database, case(2, 1, org=2))
    assert [one.key for one in refused.value.effect.broken] == ["COMPENSATION_RATE"]
    assert "近 12 个月代偿率 5.5%，超过上限 5%" in refused.value.say("zh")
    reserve(database, case(3, 1, org=2), on=ON.replace(year=2027, month=11))


def test_losses_of_the_treasury_count_in_the_budget_of_their_year(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        put(session, "schemes", scheme("S2", "G2", budget_wan="10"))
    shared = {LossParty.GUARANTOR: 40_000_000, LossParty.BANK: 20_000_000, LossParty.TREASURY: 40_000_000}
    first = case(1, 25, org=2, shares=shared)
    reserve(database, first)
    booked(database, "drawdown", first, fen=25 * WAN)
    booked(database, "compensation", first, principal_fen=25 * WAN, interest_fen=0)
    with pytest.raises(OverLimitError) as refused:
        reserve(database, case(2, 1, org=2, fee_fen=1))
    assert [one.key for one in refused.value.effect.broken] == ["BUDGET"]
    booked(database, "recovery", first, fen=5)
    reserve(database, case(2, 1, org=2, fee_fen=1))
    reserve(database, case(3, 1, org=2, fee_fen=9 * WAN), on=ON.replace(year=2027))


def test_a_least_share_refuses_only_a_case_that_does_not_count_towards_it(database: Database) -> None:
    medium = {"size_class": SizeClass.MEDIUM}
    with pytest.raises(OverLimitError) as refused:
        reserve(database, case(1, 100, **medium))
    assert [one.key for one in refused.value.effect.broken] == ["SMALL_SHARE"]
    reserve(database, case(2, 400))
    reserve(database, case(3, 100, **medium))
    with pytest.raises(OverLimitError, match=r"79\.\d+%, below the least of 80%"):
        reserve(database, case(4, 1, **medium))
    reserve(database, case(5, 1))


def test_rows_of_the_ledger_cannot_be_changed_or_removed(database: Database) -> None:
    reserve(database, case(1))
    for statement in (
        "UPDATE ledger_leg SET amount_fen = amount_fen + 1",
        "DELETE FROM ledger_leg",
        "UPDATE ledger_entry SET actor = 'x'",
        "DELETE FROM ledger_entry",
    ):
        with (
            pytest.raises((ConfigurationError, DBAPIError), match=r"permission|append-only"),
            database.writing(SYSTEM) as session,
        ):
            session.execute(text(statement))


def test_the_guarantor_sees_its_own_the_bureau_all_and_nobody_else_any(database: Database) -> None:
    reserve(database, case(1, groups=("R1",)))
    reserve(database, case(2, org=2, groups=("R1",)))
    bureau, bank = Actor("person:b", Side.BUREAU), Actor("person:k", Side.BANK, orgs=("B1",))
    firm = Actor("person:f", Side.ENTERPRISE, uscc=code_of(1))
    for actor, seen in ((BOOKER, {"G1"}), (bureau, {"G1", "G2"}), (bank, set()), (firm, set())):
        with database.reading(actor) as session:
            for model in (LedgerEntry, LedgerLeg, GuaranteeBalance):
                orgs = set(session.scalars(select(model.org_code)))
                assert orgs - {None} == seen
                assert (None in orgs) == (model is GuaranteeBalance and actor is bureau)
    with database.writing(BOOKER) as session:
        services.book_drawdown(session, case(1), fen=1, on=ON, actor=BOOKER, now=AT)
    with database.reading(BOOKER) as session:
        assert services.position(session, case(1).guarantee_no).drawn == 1
        assert services.position(session, case(2).guarantee_no).reserved == 0


def test_a_preview_says_what_booking_would_say_and_writes_nothing(database: Database) -> None:
    with database.reading(BOOKER) as session:
        seen = services.preview_capacity(session, case(1, 1251), ON)
    assert [one.key for one in seen.broken] == ["CUSTOMER"] and entries(database) == []
    with database.reading(BOOKER) as session:
        seen = services.preview_capacity(session, case(1, 1250, shares=E80), ON)
    assert seen == reserve(database, case(1, 1250))
