"""Where needs stop on their way to a loan: by chain, for the needs submitted in one week or in all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, distinct, exists, func, or_, select, true
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Consent
from matchmaker.domain.terms import BankAnswer, ConsentPurpose, EntryStatus, Verdict
from matchmaker.domain.text import Text
from matchmaker.lists.entry import ListVersion
from matchmaker.lists.models import Enterprise, Need
from matchmaker.matching.models import MatchPair
from matchmaker.push.models import Lead
from matchmaker.referrals.models import Referral

Condition = ColumnElement[bool]
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step. ``reached``: id of the last matching → condition on needs; a need counts if it reached all before."""

    key: str
    label: Text
    definition: Text
    reached: Callable[[int], Condition]


def _fits(run_id: int) -> Condition:
    return exists().where(
        MatchPair.run_id == run_id, MatchPair.need_no == Need.need_no, MatchPair.verdict == Verdict.ELIGIBLE
    )


def _recommended(_: int) -> Condition:
    return exists().where(Lead.need_no == Need.need_no)


def _consented(_: int) -> Condition:
    about = or_(Consent.need_no.is_(None), Consent.need_no == Need.need_no)
    return exists().where(Consent.uscc == Need.uscc, about, Consent.purpose == ConsentPurpose.FINANCING.value)


def _taken(_: int) -> Condition:
    return exists().where(Referral.need_no == Need.need_no, Referral.bank_answer == BankAnswer.TAKEN.value)


STAGES: tuple[Stage, ...] = (
    Stage("submitted", Text("需求", "Needs"),
          Text("曾发布过的需求，按提交日期归入各周", "needs that were ever published, by the week of submission"),
          lambda _: true()),
    Stage("fitting", Text("有符合产品", "With a fitting product"),
          Text("最近一次匹配中至少有一个产品符合", "at least one product fits in the last matching"), _fits),
    Stage("recommended", Text("已推荐给银行", "Recommended to a bank"),
          Text("至少推荐给过一家银行", "recommended to at least one bank"), _recommended),
    Stage("consented", Text("企业已授权", "Consented"),
          Text("企业就该需求（或全部需求）授权过银行查看，含已撤回、已到期的",
               "its enterprise let a bank look, for this need or for all; ended consents count too"), _consented),
    Stage("taken", Text("银行已接单", "Taken by a bank"),
          Text("至少一家银行接过单，含后来结束的", "at least one bank took it, also if it ended since"), _taken),
)  # fmt: skip
"""The way of a need, in order. What follows (offers, credit, drawdown) is a row each once it is recorded."""

BY_KEY = {stage.key: stage for stage in STAGES}


def reached(key: str, run_id: int) -> Condition:
    """Needs that came to a stage and to all before it."""
    before = STAGES[: [stage.key for stage in STAGES].index(key) + 1]
    return and_(*(stage.reached(run_id) for stage in before))


def was_published() -> Condition:
    """The needs that the funnel counts: a draft, or one that never got further, is not on its way."""
    was = (ListVersion.kind == Need.kind_name) & (ListVersion.status == EntryStatus.PUBLISHED)
    return Need.id.in_(select(ListVersion.entry_id).where(was))


def in_week(monday: date, zone: ZoneInfo) -> Condition:
    """Submitted in the week; a need without that date counts from the day it came in, in ``zone``."""
    start, end = (datetime.combine(day, time(), zone) for day in (monday, monday + WEEK))
    said = and_(Need.submitted_on >= monday, Need.submitted_on < monday + WEEK)
    return or_(said, and_(Need.submitted_on.is_(None), Need.created_at >= start, Need.created_at < end))


def weeks_of(session: Session, zone: ZoneInfo) -> list[date]:
    """The Mondays of all weeks in which a need was submitted, the latest first."""
    rows = session.execute(select(Need.submitted_on, Need.created_at).where(was_published()))
    days = (said or made.astimezone(zone).date() for said, made in rows)
    return sorted({day - timedelta(days=day.weekday()) for day in days}, reverse=True)


def week_name(monday: date) -> str:
    """``2026-W47``."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


@dataclass(frozen=True, slots=True)
class Passage:
    """One chain: needs and enterprises at each stage, in the order of ``STAGES``, and how many needs are still open."""

    needs: tuple[int, ...]
    enterprises: tuple[int, ...]
    still_open: int

    def share(self, place: int) -> tuple[int, int]:
        """(reached, of those at the stage before)."""
        return self.needs[place], self.needs[place - 1]


def load_funnel(
    session: Session, chains: Sequence[str | None], run_id: int, week: Condition | None
) -> Mapping[str | None, Passage]:
    """The passage of each chain's needs, of one week or of all: one query."""
    steps = [reached(stage.key, run_id) for stage in STAGES]
    counted: list[Any] = [func.count(case((step, Need.id))) for step in steps]
    counted += [func.count(distinct(case((step, Need.uscc)))) for step in steps]
    counted.append(func.count(case((Need.status == EntryStatus.PUBLISHED, Need.id))))
    query = select(Enterprise.chain_code, *counted).join(Need, Need.uscc == Enterprise.uscc).where(was_published())
    rows = session.execute((query if week is None else query.where(week)).group_by(Enterprise.chain_code))
    n = len(STAGES)
    found = {chain: Passage(tuple(some[:n]), tuple(some[n : 2 * n]), some[-1]) for chain, *some in rows}
    none = Passage((0,) * n, (0,) * n, 0)
    return {chain: found.get(chain, none) for chain in chains}
