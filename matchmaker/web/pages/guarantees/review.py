"""What a case file holds beside the terms: facts on the left, the rules' results and the effect on limits right."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from matchmaker.accounts.permits import may
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.guarantee.casefile import CaseFact, case_facts
from matchmaker.guarantee.cases.holding import covered_of
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.ledger.models import LedgerLeg
from matchmaker.guarantee.ledger.services import preview_capacity
from matchmaker.guarantee.rating.disclosed import grade_facts_for_underwriter
from matchmaker.guarantee.scorecards import opinion_of
from matchmaker.scoring.scorecard.city import Opinion
from matchmaker.web.names import names_of, show_value
from matchmaker.web.pages.guarantees.gauges import Gauge, gauges_of, own_part
from matchmaker.web.tables.guarantees import TABS
from matchmaker.web.view import actor, current_day, current_lang, parts


def review_of(session: ScopedSession, case: Guarantee, now: datetime) -> dict[str, Any]:
    """Facts and rating through the gate, which writes the look down; the limits as they stand."""
    settings, lang = parts().settings, current_lang()
    facts = case_facts(session, actor=actor(), case=case, channel="page", lang=lang, settings=settings, now=now)
    under_review = case.stands in TABS["queue"].states
    rating = grade_facts_for_underwriter(
        session,
        actor=actor(),
        uscc=case.uscc,
        org_code=case.org_code,
        need_no=case.need_no,
        about=f"guarantee:{case.public_id}",
        lang=lang,
        now=now,
        on=current_day(),
    )
    return {
        "facts": replace(facts, rows=_named(session, facts.rows)),
        "rating": rating,
        "scorecard": _scorecard(session, case, now) if rating or facts.name else None,
        "limits": _limits(session, case) if under_review else None,
        "under_review": under_review,
    }


def _named(session: ScopedSession, rows: tuple[CaseFact, ...]) -> tuple[CaseFact, ...]:
    """The facts with names for codes of registers (areas, industries, chains)."""
    names = names_of(session, ((one.field, one.value) for one in rows))
    return tuple(replace(one, text=show_value(one.field, one.value, names)) for one in rows)


def _scorecard(session: ScopedSession, case: Guarantee, now: datetime) -> Opinion | None:
    """For those who review and approve, while the enterprise lets itself be seen; the bureau decides on no case."""
    return opinion_of(session, case, parts().settings) if may(actor(), "guarantees.review", now) else None


def _limits(session: ScopedSession, case: Guarantee) -> tuple[list[Gauge], str | None]:
    """The effect on each limit, before and after; or why it cannot be reckoned."""
    try:
        effect = preview_capacity(session, covered_of(case), current_day())
    except ConflictError as error:
        return [], error.say(current_lang())
    own = own_part(effect, case.fee_fen, _weighted(session, case))
    return gauges_of(effect.limits, current_lang(), own), None


def _weighted(session: ScopedSession, case: Guarantee) -> int:
    """The weighted liability of the case itself, as it is noted in the books."""
    noted = LedgerLeg.account.in_(("weighted", "weighted_reserved"))
    mine = select(func.sum(LedgerLeg.amount_fen)).where(LedgerLeg.guarantee_no == case.guarantee_no, noted)
    return session.scalar(mine) or 0
