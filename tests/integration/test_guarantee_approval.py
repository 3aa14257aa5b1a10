"""An approval rests on what holds on its own day: consents, opinion, relations and limits are asked anew and kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from matchmaker.accounts.models import Consent
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import MatchmakerError
from matchmaker.domain.terms import EntryStatus
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.queries import steps_for
from matchmaker.guarantee.ledger.models import LedgerEntry
from matchmaker.lists.guarantee_registers import GuarantorRelation, RelatedGroup
from matchmaker.push.consent_notices import take_back_consent
from tests.support.city import code_of, put
from tests.support.consenting import enterprise
from tests.support.guaranteeing import LONG, WAN, Play, approver, guaranteed_city, kept, underwriter
from tests.support.wording import blames


@pytest.fixture
def play(migrated_url: str, tmp_path: Path) -> Iterator[Play]:
    database = Database(migrated_url)
    yield Play(database, guaranteed_city(database, tmp_path, assets=4000))
    database.dispose()


def register(play: Play, kind: str, *rows: dict[str, Any]) -> None:
    with play.database.writing(SYSTEM) as session:
        put(session, kind, *rows)


def refused(play: Play, code: str, *parts: str, verb: str = "approve") -> None:
    """The step is refused with this code and these words, and not a row is more than before."""
    before = kept(play.database)
    with pytest.raises(MatchmakerError) as said:
        play.step("approve", approver()) if verb == "approve" else play.review()
    sentence = said.value.say("zh")
    assert said.value.code == code, sentence
    assert not [part for part in parts if part not in sentence], sentence
    assert not blames(sentence, said.value.say("en"))
    assert kept(play.database) == before


def reviewed(play: Play, wan: int | None = None, opinion: str = "approve") -> None:
    play.apply(wan)
    play.review(opinion=opinion)


def test_a_controller_that_is_registered_after_the_application_gets_no_letter(play: Play) -> None:
    reviewed(play)
    row = {"org_code": "G1", "uscc": code_of(1), "relation": "CONTROLLING_SHAREHOLDER"}
    register(play, "guarantor-relations", row)
    refused(play, "controller", "第十七条", "控股股东")
    withdraw_entries(play, GuarantorRelation)
    assert play.step("approve", approver()).state == "approved"


def test_a_relation_or_group_that_was_withdrawn_counts_no_more(play: Play) -> None:
    register(play, "guarantor-relations", {"org_code": "G1", "uscc": code_of(1), "relation": "ACTUAL_CONTROLLER"})
    register(play, "related-groups", {"group_code": "甲集团", "uscc": code_of(1)})
    withdraw_entries(play, GuarantorRelation)
    withdraw_entries(play, RelatedGroup)
    assert play.apply().groups == []


def withdraw_entries(play: Play, model: type[Any]) -> None:
    with play.database.writing(SYSTEM) as session:
        session.execute(update(model).values(status=EntryStatus.WITHDRAWN))


def test_a_group_that_is_registered_after_the_application_counts_at_the_approval(play: Play) -> None:
    """15 % of 4,000 are 600; three companies of 240 each are one customer with its related parties (article 16)."""
    for number in (2, 3):
        Play(play.database, play.settings, number=number).approved()
    reviewed(play)
    groups = [{"group_code": "甲集团", "uscc": code_of(number)} for number in (1, 2, 3)]
    register(play, "related-groups", *groups)
    refused(play, "over_limit", "720 万元", "600 万元", "第十六条", "任何人不能批准")


def test_without_the_consent_to_the_bank_there_is_neither_opinion_nor_letter(play: Play) -> None:
    play.apply()
    take_back(play, "B1")
    refused(play, "bank_consent_ended", "银行", "意向函", verb="review")
    play.step("withdraw", enterprise())
    reviewed(play)
    take_back(play, "B1")
    refused(play, "bank_consent_ended", "重新授权")


def take_back(play: Play, org_code: str) -> None:
    with play.database.writing(enterprise()) as session:
        newest = select(Consent.public_id).where(Consent.org_code == org_code).order_by(Consent.id.desc()).limit(1)
        public_id = session.scalars(newest).one()
        take_back_consent(session, actor=enterprise(), public_id=public_id, settings=play.settings, now=play.at)


def test_who_approves_cannot_overrule_the_reviewer(play: Play) -> None:
    """Two persons decide; with the opinion ignored it would be one."""
    reviewed(play, 300, "decline")
    assert [step.verb for step in steps_for(play.case, approver())] == ["return", "decline"]
    refused(play, "opinion_against", "建议不通过", "退回重审")
    play.step("return_to_review", approver(), text=LONG)
    play.review(underwriter(72))
    assert play.step("approve", approver()).state == "approved"


def test_the_limits_are_kept_as_the_reservation_and_the_approval_found_them(play: Play) -> None:
    reviewed(play)
    register(play, "guarantors", {"org_code": "G1", "kind": "COMPANY", "net_assets_wan": "5000",
                                  "net_assets_on": "2026-10-31"})  # fmt: skip
    case = play.step("approve", approver())
    with play.database.reading(SYSTEM) as session:
        terms = session.scalars(select(LedgerEntry.terms).where(LedgerEntry.kind == "reserve")).one()
    one = {"key": "CUSTOMER", "class": "STATUTORY", "after": 240 * WAN, "unit": "fen",
           "source": "《融资担保公司监督管理条例》第十六条：同一被担保人"}  # fmt: skip
    assert terms is not None and one | {"before": 0, "bound": 400 * WAN} in terms["limits"]
    assert case.limits is not None and one | {"before": 240 * WAN, "bound": 500 * WAN} in case.limits


def test_no_manual_case_is_approved_that_nobody_reviewed(play: Play) -> None:
    play.apply(50)
    with pytest.raises(DBAPIError, match="four_eyes"), play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).values(state="approved", approved_by="person:81"))
    with play.database.writing(SYSTEM) as session:
        session.execute(update(Guarantee).values(state="approved", approved_by="scheme:S1", automatic=True))
