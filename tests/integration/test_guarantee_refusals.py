"""What cannot be: refused in one sentence, by service and by table, with nothing half-booked."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import MatchmakerError, NotAllowedError, NotFoundError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.terms import offers_for
from matchmaker.push.consent_notices import take_back_consent
from tests.support.city import code_of, put
from tests.support.consenting import bank, enterprise, need_no
from tests.support.guaranteeing import (
    LONG,
    NOW,
    TODAY,
    WAN,
    Play,
    approver,
    guaranteed_city,
    kept,
    rate,
    scheme,
    underwriter,
)
from tests.support.wording import blames


@pytest.fixture
def play(migrated_url: str, tmp_path: Path) -> Iterator[Play]:
    database = Database(migrated_url)
    yield Play(database, guaranteed_city(database, tmp_path))
    database.dispose()


def refused(play: Play, work: Callable[[], Any], code: str, *parts: str) -> None:
    """Refused with this code and these words in its sentence; not a row more than before."""
    before = kept(play.database)
    with pytest.raises(MatchmakerError) as said:
        work()
    assert said.value.code == code, said.value.say("zh")
    sentence = said.value.say("zh")
    assert not [part for part in parts if part not in sentence], sentence
    assert not blames(sentence, said.value.say("en"))
    assert kept(play.database) == before


def change(play: Play, register: str, **cells: Any) -> None:
    with play.database.writing(SYSTEM) as session:
        put(session, register, cells)


def rated(play: Play, grade: Grade = Grade.A, **values: Any) -> None:
    with play.database.writing(SYSTEM) as session:
        rate(session, 1, grade, **values)


def test_a_scheme_of_the_whole_city_covers_its_districts(play: Play) -> None:
    """As in matching (CONTRACT.md section 3, ``area``): 371000 is everything under 3710."""
    change(play, "schemes", **scheme(areas="371000"))
    assert play.apply().state == "applied"


def test_terms_that_do_not_fit(play: Play) -> None:
    change(play, "schemes", **scheme(areas="371099"))
    refused(play, play.apply, "area", "适用区域")
    change(play, "schemes", **scheme(areas="371002", chains="MEDDEV"))
    refused(play, play.apply, "chain")
    change(play, "schemes", **scheme(areas="", chains="", banks="B2"))
    refused(play, play.apply, "bank")
    change(play, "schemes", **scheme(banks="", term_max_months="6"))
    refused(play, play.apply, "term", "12 个月", "6 个月")
    change(play, "schemes", **scheme(valid_to="2026-11-23"))
    refused(play, play.apply, "scheme_closed")
    change(play, "schemes", **scheme(valid_to=""))
    refused(play, lambda: play.apply(scheme_code="S9"), "scheme_closed")
    refused(play, lambda: play.apply(301), "amount_range", "300 万元")
    refused(play, lambda: play.apply(0), "amount_range")
    refused(play, lambda: play.apply(product_code="none"), "not_found")
    refused(play, lambda: play.apply(need_no=need_no(2)), "not_found")


def test_a_rating_that_does_not_hold(play: Play) -> None:
    rated(play, Grade.D)
    refused(play, play.apply, "grade", "D 级")
    change(
        play, "scheme-grades", scheme_code="S1", grade="C", amount_max_wan="100", guarantor_pct="40%", bank_pct="60%"
    )
    rated(play, Grade.C)
    refused(play, play.apply, "amount", "申请 300 万元", "最高 100 万元", "方案")
    rated(play, valid_to=date(2026, 11, 23))
    refused(play, play.apply, "rating_expired", "2026-11-23")
    rated(play, valid_to=TODAY)
    play.apply()
    play.review()
    play.later(1)
    refused(play, lambda: play.step("approve", approver()), "rating_expired")
    rated(play, Grade.B)
    refused(play, lambda: play.step("approve", approver()), "rating_changed", "A 级", "B 级")


def test_the_guarantors_controller(play: Play) -> None:
    change(play, "guarantor-relations", org_code="G1", uscc=code_of(1), relation="ACTUAL_CONTROLLER")
    refused(play, play.apply, "controller", "第十七条", "实际控制人")
    change(play, "guarantor-relations", org_code="G1", uscc=code_of(1), relation="OTHER")
    assert play.apply().state == "applied"


def test_a_second_case_for_the_same_need_and_words_that_changed(play: Play) -> None:
    refused(play, lambda: play.apply(shown="other words"), "consent_words")
    first = play.apply()
    refused(play, play.apply, "case_open", first.guarantee_no, "待审")


def test_above_a_limit_the_sentence_names_limit_sum_and_who_may_approve(play: Play) -> None:
    change(play, "guarantors", org_code="G1", kind="COMPANY", net_assets_wan="2000", net_assets_on="2026-09-30")
    refused(play, play.apply, "over_limit", "240 万元", "200 万元", "第十六条", "任何人不能批准")
    change(play, "guarantors", org_code="G1", kind="COMPANY", net_assets_wan="4000", net_assets_on="2026-09-30")
    play.apply()
    play.review()
    change(play, "guarantors", org_code="G1", kind="COMPANY", net_assets_wan="2000", net_assets_on="2026-10-31")
    refused(play, lambda: play.step("approve", approver()), "over_limit", "240 万元", "200 万元")


def test_without_the_limits_of_the_law_nothing_is_reserved_for_a_company(play: Play) -> None:
    change(play, "guarantee-limits", limit_no="S-16-1", limit_class="POLICY")
    refused(play, play.apply, "statutory_limits", "法定限额", "单户担保责任余额÷净资产（%）")
    change(play, "guarantors", org_code="G1", kind="FUND", net_assets_wan="4000", net_assets_on="2026-09-30")
    assert play.apply().state == "applied", "a fund is not under the regulation"


def test_a_withdrawn_consent_stops_review_and_approval_but_not_a_contract(play: Play) -> None:
    case = play.apply()

    def take_back() -> None:
        with play.database.writing(enterprise()) as session:
            take_back_consent(
                session, actor=enterprise(), public_id=play.case.consent_id, settings=play.settings, now=play.at
            )

    play.review()
    take_back()
    refused(play, lambda: play.step("approve", approver()), "consent_ended", "授权")
    play.step("return_to_review", approver(), text=LONG)
    refused(play, play.review, "consent_ended")
    play.step("withdraw", enterprise())
    play.approved()
    take_back()
    assert play.report("drawdown", 10 * WAN).event.state == "applied", case.guarantee_no


def test_the_reservation_ended(play: Play) -> None:
    play.apply()
    play.review()
    play.later(30)
    refused(play, lambda: play.step("approve", approver()), "reservation_lapsed")


def test_maker_is_not_checker_by_service_and_by_table(play: Play) -> None:
    play.apply()
    play.review(approver())
    refused(play, lambda: play.step("approve", approver()), "same_person", "审查人", "另一人")
    with pytest.raises(DBAPIError), play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).values(state="approved", approved_by="person:81"))
    play.step("approve", approver(82))
    play.later(200).report("drawdown", 300 * WAN, day=1)
    play.report("overdue", day=2)
    play.report("claim", 300 * WAN, day=62)
    refused(play, lambda: play.step("compensate", approver()), "claim_unchecked")
    play.step("check_claim", approver(), text=LONG)
    refused(play, lambda: play.step("compensate", approver()), "same_person", "核查人")
    with pytest.raises(DBAPIError), play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).values(state="compensated", compensated_by="person:81"))
    play.step("compensate", approver(82))
    refused(play, lambda: play.step("write_off", approver()), "write_off_unproposed")
    play.step("propose_write_off", approver(), reason=LONG)
    refused(play, lambda: play.step("write_off", approver()), "same_person", "提出人")
    with pytest.raises(DBAPIError), play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).values(state="written_off", written_off_by="person:81"))


def test_up_to_the_schemes_amount_one_person_may_do_both(play: Play) -> None:
    play.apply(100)
    play.review(approver())
    assert play.step("approve", approver()).state == "approved"


def test_steps_out_of_turn_name_the_state_and_what_can_be_done(play: Play) -> None:
    play.apply()
    refused(play, lambda: play.step("approve", approver()), "illegal_transition", "待审", "批准并出函", "提交审查意见")
    refused(play, lambda: play.report("claim", WAN), "illegal_transition", "待审", "申请代偿")
    refused(play, lambda: play.step("review", underwriter(), opinion="approve", reason="短"), "reason_short", "10")
    refused(play, lambda: play.step("review", underwriter(), opinion="maybe", reason=LONG), "opinion_missing")
    refused(play, lambda: play.step("ask", underwriter(), text="x" * 2001), "too_long", "2000")
    play.step("ask", underwriter(), text=LONG)
    refused(play, lambda: play.step("supply", enterprise(), text="  "), "answer_missing")
    play.step("withdraw", enterprise())
    refused(play, lambda: play.step("decline", approver(), reason=LONG), "illegal_transition", "已撤回", "已经办结")
    play.approved()
    refused(play, lambda: play.report("claim", WAN), "illegal_transition", "已出函", "申请代偿", "登记放款")


def test_recoveries_that_cannot_be(play: Play) -> None:
    play.approved()
    play.later(100).report("drawdown", 100 * WAN, day=1)
    play.report("overdue", day=2)
    play.report("claim", 100 * WAN, day=62)
    play.step("check_claim", underwriter(), text=LONG)
    play.step("compensate", approver())

    def recover(fen: int, on: date = TODAY + timedelta(days=100)) -> Callable[[], Any]:
        return lambda: play.step("recover", underwriter(), amount_fen=fen, on=on)

    refused(play, recover(-1), "recovery_positive", "大于零")
    refused(play, recover(0), "recovery_positive")
    refused(play, recover(100 * WAN + 1), "recovery_above", "100 万元")
    refused(play, recover(1, TODAY), "recovery_day")
    refused(play, recover(1, TODAY + timedelta(days=101)), "recovery_day")


def test_a_page_that_is_out_of_date_is_told_where_the_case_stands(play: Play) -> None:
    case = play.apply()
    play.review()
    refused(
        play, lambda: play.step("ask", underwriter(), text=LONG, version=case.version), "version_conflict", "待审批"
    )


def test_whose_case_it_is_not_finds_none_and_whose_step_it_is_not_may_not(play: Play) -> None:
    play.approved()
    for stranger in (underwriter(72, org_code="G2"), approver(82, org_code="G2")):
        with pytest.raises(NotFoundError):
            play.step("ask", stranger, text=LONG)
    with pytest.raises(NotFoundError):
        play.report("drawdown", WAN, by=bank("B2"))
    with pytest.raises(NotFoundError):
        play.step("withdraw", enterprise(2))
    with pytest.raises(NotAllowedError):
        play.step("approve", underwriter())
    with pytest.raises(NotAllowedError):
        play.report("drawdown", WAN, by=underwriter())


@pytest.mark.parametrize("area", ["371000", "370000", "371002"])
def test_a_scheme_for_a_whole_city_or_province_covers_all_of_it(play: Play, area: str) -> None:
    """Areas are read as in matching: what is offered there can be applied for here."""
    change(play, "schemes", **scheme(areas=area))
    play.apply()


def test_offers_say_what_each_scheme_gives_or_why_not(play: Play) -> None:
    change(play, "schemes", **scheme("S2", "G2", areas="371099", fee_pct_per_year="0%"))
    with play.database.writing(enterprise()) as session:
        open_, shut = offers_for(session, uscc=code_of(1), amount_fen=300 * WAN, term_months=12, on=TODAY)
    assert (open_.scheme_code, open_.organisation, open_.fee_fen, open_.refusal) == (
        "S1",
        "G1融资担保有限公司",
        3 * WAN,
        None,
    )
    assert open_.shares and sum(open_.shares.values()) == 100_000_000 and open_.amount_max_fen == 500 * WAN
    assert shut.refusal and shut.refusal.code == "area" and shut.shares is None and shut.fee_fen == 0
    assert NOW.date() == TODAY
