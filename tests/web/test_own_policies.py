"""Policies that an enterprise can have: judged as the engine does, and what is unknown is never a no."""

import re

from flask import Flask
from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.demo.stories import firm_code
from matchmaker.domain.terms import EntryStatus, FulfilmentMode, Role, Verdict
from matchmaker.lists.models import Enterprise, Need
from matchmaker.matching.own_policies import OwnPolicy, own_policies
from matchmaker.matching.shelf import Shelf
from matchmaker.web.pages.own_policies import way_of
from tests.support.accounts import parts_of, sign_in_as
from tests.support.demo import NOW


def test_the_page_is_what_the_engine_says(demo: Flask) -> None:
    uscc = firm_code("tackle")
    found = judged(demo, uscc)
    page = sign_in_as(demo, Role.FINANCE, uscc=uscc).get("/policies/mine").text
    shown = re.findall(r'<article class="card wide" data-verdict="(\w+)"', page)
    told = [one.verdict.value for one in found if one.verdict is not Verdict.INELIGIBLE]
    assert sorted(shown) == sorted(told) and told
    for one in found:
        assert one.policy.title in page


def judged(demo: Flask, uscc: str) -> list[OwnPolicy]:
    with parts_of(demo).database.reading(SYSTEM) as session:
        market = Shelf().offer(session, NOW.date()).to(session, uscc)
        return own_policies(market, market.enterprises[uscc], "zh")


def test_unknown_is_never_a_no_and_conditions_are_never_sure(demo: Flask) -> None:
    with parts_of(demo).database.reading(SYSTEM) as session:
        wanted = select(Enterprise.uscc).where(Enterprise.status == EntryStatus.PUBLISHED).order_by(Enterprise.uscc)
        firms = list(session.scalars(wanted.limit(60)))
    unsure = 0
    for uscc in firms:
        for one in judged(demo, uscc):
            results = [row["result"] for row in one.told["criteria"]]
            if "fail" not in results and ("unknown" in results or one.told["conditions"]):
                assert one.verdict is Verdict.NEEDS_INFORMATION
                unsure += 1
            if one.verdict is not Verdict.ELIGIBLE and one.policy.fulfilment_mode is FulfilmentMode.NO_APPLICATION:
                assert "核实后" in way_of(one).zh
            if one.verdict is Verdict.INELIGIBLE:
                assert "fail" in results
    assert unsure > 20


def test_of_several_needs_the_best_is_told(demo: Flask) -> None:
    with parts_of(demo).database.reading(SYSTEM) as session:
        usccs = session.scalars(select(Need.uscc).where(Need.status == EntryStatus.PUBLISHED)).all()
    several = [uscc for uscc in set(usccs) if usccs.count(uscc) > 1][:3]
    for uscc in several:
        found = judged(demo, uscc)
        assert len({one.policy.policy_no for one in found}) == len(found)


def test_an_enterprise_without_needs_still_reads_its_policies(demo: Flask) -> None:
    with parts_of(demo).database.reading(SYSTEM) as session:
        asking = select(Need.uscc)
        uscc = session.scalars(
            select(Enterprise.uscc).where(Enterprise.uscc.not_in(asking), Enterprise.status == EntryStatus.PUBLISHED)
        ).first()
    assert uscc
    page = sign_in_as(demo, Role.FINANCE, uscc=uscc).get("/policies/mine")
    assert page.status_code == 200 and "按需求" not in page.text and "可享政策" in page.text


def test_nobody_else_opens_it(demo: Flask) -> None:
    for role, home in ((Role.OPERATOR, "J01"), (Role.LEAD, "B01")):
        assert sign_in_as(demo, role, org_code=home).get("/policies/mine").status_code == 403
