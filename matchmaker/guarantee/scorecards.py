"""The city's scorecards: fitted on its own closed cases, released by a second person, read beside the rating.

A card informs the underwriter and decides nothing (``docs/explanation/scorecard.md``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.clock import local
from matchmaker.db import ScopedSession, lock_name
from matchmaker.domain.errors import ConflictError, NotAllowedError, NotFoundError, RejectedError
from matchmaker.domain.guarantee_terms import GuaranteeState
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.models import FittedCard
from matchmaker.scoring.scorecard.city import (
    CITY_FEATURES,
    LEAST_CLOSED,
    LEAST_FAILED,
    NO_CARD,
    Opinion,
    underwriter_opinion,
)
from matchmaker.scoring.scorecard.drift import DriftReport, drift_report
from matchmaker.scoring.scorecard.features import Feature, Row
from matchmaker.scoring.scorecard.fitting import Case, fit, of_history
from matchmaker.scoring.scorecard.stored import from_json, to_json, version
from matchmaker.settings import Settings

NAME = "city"
"""What the versions of the city's cards begin with."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Closed cases that a card would be fitted on today, and those of them that were compensated."""

    closed: int
    failed: int

    @property
    def enough(self) -> bool:
        """Whether a card may be fitted."""
        return self.closed >= LEAST_CLOSED and self.failed >= LEAST_FAILED


def closed_cases(session: ScopedSession, settings: Settings, *, after: date | None = None) -> list[Case]:
    """The city's cases with an outcome: compensated ones failed, those released without compensation did not.

    Cases that are still open, were never approved, or whose features were not kept are left out. ``after``: only those
    approved after that day. Of all guarantors, whoever asks.
    """
    wanted = select(Guarantee.features, Guarantee.approved_at, Guarantee.compensated_at.is_not(None))
    query = wanted.where(_closed(), Guarantee.features.is_not(None), Guarantee.approved_at.is_not(None))
    if after is not None:
        query = query.where(Guarantee.approved_at >= _day_after(after, settings))
    with session.elevated():
        rows = session.execute(query.order_by(Guarantee.id)).all()
    return [Case(_row(CITY_FEATURES, kept), local(at, settings.zone).date(), failed) for kept, at, failed in rows]


def _closed() -> ColumnElement[bool]:
    return or_(Guarantee.compensated_at.is_not(None), Guarantee.state == GuaranteeState.RELEASED.value)


def count_closed(session: ScopedSession, settings: Settings) -> Counts:
    """How many of the cases are there that a card takes."""
    return _counted(closed_cases(session, settings))


def _counted(cases: Sequence[Case]) -> Counts:
    recent = of_history(cases) if cases else []
    return Counts(len(recent), sum(case.failed for case in recent))


def fit_card(session: ScopedSession, *, actor: Actor, settings: Settings, now: datetime) -> FittedCard:
    """Fit a card on the city's closed cases and keep it as a draft.

    RejectedError with the counts where there are too few cases, and as ``fit`` raises it; ConflictError where the same
    cases have given the same card before.
    """
    permit(actor, "scorecards", now)
    lock_name(session, "scorecards")
    cases = closed_cases(session, settings)
    counts = _counted(cases)
    if not counts.enough:
        least = {"least_closed": LEAST_CLOSED, "least_failed": LEAST_FAILED}
        raise RejectedError(NO_CARD, code="few_cases", closed=counts.closed, failed=counts.failed, **least)
    card = fit(cases, CITY_FEATURES, name=NAME)
    if session.scalar(select(FittedCard.id).where(FittedCard.card_version == version(card))) is not None:
        raise ConflictError(_SAME, code="card_known", version=version(card))
    document = to_json(card)
    made = FittedCard(card_version=version(card), state="draft", document=document, made_by=actor.who, made_at=now)
    session.add(made)
    session.flush()
    _note(session, actor, "scorecard.fitted", made, now)
    return made


def release_card(session: ScopedSession, *, actor: Actor, card_version: str, now: datetime) -> FittedCard:
    """Put a draft in use and retire the card before it: by another person than who fitted it (RELIABILITY.md rule 12).

    NotFoundError for an unknown version, ConflictError for one that is no draft, NotAllowedError for the same person.
    """
    permit(actor, "scorecards", now)
    lock_name(session, "scorecards")
    found = find_card(session, card_version)
    if found.state != "draft":
        raise ConflictError(_NO_DRAFT, code="card_state", version=found.card_version)
    if found.made_by == actor.who:
        raise NotAllowedError(_SAME_PERSON, code="second_person")
    retired = update(FittedCard).where(FittedCard.state == "released").values(state="retired", retired_at=now)
    session.execute(retired.execution_options(synchronize_session=False))
    found.state, found.released_by, found.released_at = "released", actor.who, now
    session.flush()
    session.expire_all()
    _note(session, actor, "scorecard.released", found, now)
    return found


def find_card(session: ScopedSession, card_version: str) -> FittedCard:
    """The card of this version; NotFoundError when the session's actor sees none."""
    query = select(FittedCard).where(FittedCard.card_version == card_version)
    found = session.scalars(query).one_or_none() if card_version.isprintable() else None
    if found is None:
        raise NotFoundError(_UNKNOWN, code="not_found", version=card_version)
    return found


def all_cards(session: ScopedSession) -> Sequence[FittedCard]:
    """All cards that the session's actor sees, the newest first."""
    return session.scalars(select(FittedCard).order_by(FittedCard.id.desc())).all()


def card_in_use(session: ScopedSession) -> FittedCard | None:
    """The released card; None where the city has none yet."""
    return session.scalars(select(FittedCard).where(FittedCard.state == "released")).one_or_none()


def opinion_of(session: ScopedSession, case: Guarantee, settings: Settings) -> Opinion:
    """What the underwriter reads beside the rating: the card in use on what was known when the case was applied for.

    The caller makes sure that the reader may see the enterprise's facts, and that it is no enterprise and no bank.
    """
    used = card_in_use(session)
    if used is None:
        counts = count_closed(session, settings)
        if counts.enough:
            return Opinion(None, _UNRELEASED)
        return underwriter_opinion(None, {}, closed=counts.closed, failed=counts.failed)
    if case.features is None:
        return Opinion(None, _NOT_KEPT)
    card = from_json(used.document)
    row = _row(card.features, case.features)
    return underwriter_opinion(card, row, closed=card.fitted.rows, failed=card.fitted.failed)


def drift_of_card(session: ScopedSession, settings: Settings) -> DriftReport:
    """Whether applications and closed cases newer than those of the card in use still look like them.

    ConflictError where no card is in use, or nothing was applied for since.
    """
    used = card_in_use(session)
    if used is None:
        raise ConflictError(_NONE, code="no_card")
    card = from_json(used.document)
    since = Guarantee.applied_at >= _day_after(card.fitted.last, settings)
    with session.elevated():
        kept = session.scalars(select(Guarantee.features).where(since, Guarantee.features.is_not(None))).all()
    if not kept:
        raise ConflictError(_NO_NEWER, code="no_newer_cases", day=card.fitted.last)
    closed = closed_cases(session, settings, after=card.fitted.last)
    newer = [replace(one, row=_row(card.features, one.row)) for one in closed]
    return drift_report(card, [_row(card.features, one) for one in kept], newer)


def _row(features: Sequence[Feature], kept: Mapping[str, Any] | None) -> Row:
    """The features of a case; one that was not looked at yet when the case was applied for is not known."""
    return {feature.key: (kept or {}).get(feature.key) for feature in features}


def _day_after(day: date, settings: Settings) -> datetime:
    """The first moment after a day of the city."""
    return datetime.combine(day + timedelta(days=1), time.min, settings.zone)


def _note(session: ScopedSession, actor: Actor, action: str, card: FittedCard, now: datetime) -> None:
    subject = f"scorecard:{card.public_id}"
    record_event(session, actor=actor, action=action, subject=subject, now=now, after={"version": card.card_version})


_SAME = Text(
    "评分卡 {version} 已有：自那以后没有新的已结案件。有新的已结案件后再拟合。",
    "The scorecard {version} is here already: no case was closed since. Fit again once there are newer ones.",
)
_NO_DRAFT = Text(
    "评分卡 {version} 不是待发布的草稿，没有发布。运行 flask scorecard show 查看。",
    "The scorecard {version} is no draft, so it was not released. See flask scorecard show.",
)
_SAME_PERSON = Text(
    "拟合的人不能自己发布。请另一位主管部门工作人员发布。",
    "Whoever fitted the card cannot release it. Ask another person of the bureau.",
)
_UNKNOWN = Text(
    "没有版本为「{version}」的评分卡。运行 flask scorecard show 查看。",
    'There is no scorecard of version "{version}". See flask scorecard show.',
)
_NOT_KEPT = Text(
    "这笔担保申请时没有留存评分所需的信息，不评分。核保以评级和案卷为准",
    "What the scorecard looks at was not kept when this was applied for, so there is no score. Rely on the rating and "
    "the case file",
)
_UNRELEASED = Text(
    "本市的已结案件已够拟合评分卡，但还没有发布的评分卡。核保以评级和案卷为准",
    "There are closed cases enough for a scorecard, but none has been released. Rely on the rating and the case file",
)
_NONE = Text(
    "还没有发布的评分卡。运行 flask scorecard fit 拟合，由另一人发布。",
    "No scorecard has been released. Run flask scorecard fit, and have another person release it.",
)
_NO_NEWER = Text(
    "{day} 以后没有新的申请，没有可比较的案件。有新的申请后再运行。",
    "Nothing was applied for after {day}, so there is nothing to compare. Run it again later.",
)
