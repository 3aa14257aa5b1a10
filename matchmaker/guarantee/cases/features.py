"""What was known of an applicant on the day it applied, kept with its case.

A scorecard may only be fitted on what was known before the outcome, so it is written down when the case begins and
never looked up again.
"""

from datetime import date, datetime

from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.rating.facts import load_background, load_subjects
from matchmaker.guarantee.rating.rules import released_rules
from matchmaker.lists.models import Enterprise
from matchmaker.scoring import facts as scoring
from matchmaker.scoring.rating.assess import assess, erase_on
from matchmaker.scoring.rating.facts import Facts
from matchmaker.scoring.rating.ruleset import read_rules
from matchmaker.scoring.scorecard.city import city_row, counting_of
from matchmaker.settings import Settings


def keep_features(session: ScopedSession, case: Guarantee, *, on: date, now: datetime, settings: Settings) -> None:
    """Write into a new case what the scorecard may look at, as of ``on``, and until when that may be kept.

    It counts adverse records, so it goes when a rating of that day would (《征信业管理条例》 article 16).
    """
    with session.elevated():
        firm = session.scalars(select(Enterprise).where(Enterprise.uscc == case.uscc)).one()
        facts = _rated_facts(session, case.uscc, on, now, settings)
        counting = _counting(session, facts, on)
    asked = {"amount_fen": case.amount_fen, "term_months": case.term_months}
    case.features = dict(city_row(_plain(firm), counting=counting, on=on, **asked))
    case.features_until = erase_on(facts, on)


def _rated_facts(session: ScopedSession, uscc: str, on: date, now: datetime, settings: Settings) -> Facts:
    """What a rating of that day would rest on; nothing of an enterprise that is not published."""
    subjects = load_subjects(session, [uscc], on, load_background(session, now=now, settings=settings))
    return subjects[uscc].facts if uscc in subjects else Facts(uscc)


def _counting(session: ScopedSession, facts: Facts, on: date) -> dict[str, int]:
    """Adverse records that count by the rules in force; without rules all of it stays unknown."""
    try:
        rules = read_rules(released_rules(session).rules)
    except ConflictError:
        return {}
    return counting_of(assess(facts, rules, on).findings)


def _plain(firm: Enterprise) -> scoring.Enterprise:
    """The entry as the engine reads it: what the features of a city are made of."""
    return scoring.Enterprise(
        uscc=firm.uscc, founded_on=firm.founded_on, employees=firm.employees, revenue_fen=firm.revenue_fen,
        total_assets_fen=firm.total_assets_fen, tiers=tuple(firm.tiers), tax_grade=firm.tax_grade,
        is_first_loan=firm.is_first_loan,
    )  # fmt: skip
