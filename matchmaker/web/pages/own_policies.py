"""Policies that the reader's enterprise can have: why, what they give, how to get them, what is missing."""

from flask import Blueprint, redirect, url_for
from sqlalchemy import select
from werkzeug import Response

from matchmaker.domain.terms import FulfilmentMode, Verdict
from matchmaker.domain.text import Text
from matchmaker.lists.models import Enterprise
from matchmaker.lists.models import Policy as PolicyEntry
from matchmaker.matching.own_policies import OwnPolicy, own_policies
from matchmaker.push.words import MODES, benefit_text
from matchmaker.web.changes import profile_address
from matchmaker.web.guard import action
from matchmaker.web.offering import offer_of_today
from matchmaker.web.view import actor, current_lang, page, reading

own_policy_pages = Blueprint("own_policies", __name__)

GROUPS: tuple[tuple[Verdict, Text], ...] = (
    (Verdict.ELIGIBLE, Text("可以享受", "You can have these")),
    (Verdict.NEEDS_INFORMATION, Text("可能享受，有待核实", "You may have these, to be checked")),
    (Verdict.NEAR, Text("差一点", "Nearly")),
)


@own_policy_pages.get("/policies/mine")
@action("policies.mine")
def mine() -> str | Response:
    """Every policy in force by what it comes to for the enterprise; those out of reach folded."""
    with reading() as session:
        company = session.scalars(select(Enterprise).where(Enterprise.uscc == (actor().uscc or ""))).one_or_none()
        if company is None:
            return redirect(url_for("start.first_page"))
        market = offer_of_today(session).to(session, company.uscc)
        facts = market.enterprises.get(company.uscc)
        found = own_policies(market, facts, current_lang()) if facts else []
        shown = [one.policy.policy_no for one in found if one.verdict is not Verdict.INELIGIBLE]
        entries = {
            entry.policy_no: entry
            for entry in session.scalars(select(PolicyEntry).where(PolicyEntry.policy_no.in_(shown)))
        }
    return page(
        "own_policies.html",
        groups=[(verdict, label, [one for one in found if one.verdict is verdict]) for verdict, label in GROUPS],
        others=[one for one in found if one.verdict is Verdict.INELIGIBLE],
        entries=entries, published=facts is not None,
        way=way_of, benefit=benefit_text, profile=profile_address(company), total=len(found),
    )  # fmt: skip


def way_of(own: OwnPolicy) -> Text:
    """How to get it. What needs no application is only said to where every fact is there and every condition tested."""
    mode = own.policy.fulfilment_mode
    if mode is None:
        return _ASK
    if mode is FulfilmentMode.NO_APPLICATION and own.verdict is not Verdict.ELIGIBLE:
        return _ONCE_KNOWN
    return MODES[mode]


_ASK = Text("兑现方式见政策原文", "see the policy for how to get it")
_ONCE_KNOWN = Text("核实后免申即享，无须申请", "no application needed once it is confirmed")
