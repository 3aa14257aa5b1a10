"""Making ratings: one enterprise, or all whose rating has run out or would come out differently by now."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.gate import note_consent
from matchmaker.accounts.permits import permit
from matchmaker.actor import SYSTEM, Actor
from matchmaker.clock import local
from matchmaker.db import ScopedSession, lock_lists, new_public_id
from matchmaker.domain.errors import NotFoundError, RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import EntryStatus
from matchmaker.domain.text import Text
from matchmaker.guarantee.endorsement.revoking import revoke_outdated
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.rating.carrying import carry_over
from matchmaker.guarantee.rating.due import Found, due_of
from matchmaker.guarantee.rating.facts import READ, load_background, load_subjects, published_enterprises
from matchmaker.guarantee.rating.models import Rating, RatingOverride
from matchmaker.guarantee.rating.queries import standing_rating
from matchmaker.guarantee.rating.rules import AT_A_TIME, released_rules
from matchmaker.lists.models import Enterprise
from matchmaker.lists.services.planning import Change, Plan
from matchmaker.lists.services.stored import Key, Stored, find_by_key, in_groups
from matchmaker.lists.services.writing import write_plan
from matchmaker.scoring.rating.assess import ALGORITHM, assess, digest_of, erase_on, results_json
from matchmaker.scoring.rating.facts import facts_json
from matchmaker.scoring.rating.ruleset import RuleSet, read_rules, worse
from matchmaker.settings import Settings


def rate_enterprise(
    session: ScopedSession,
    *,
    actor: Actor,
    uscc: str,
    as_of: date,
    now: datetime,
    settings: Settings,
    cause: str = "asked",
) -> Rating:
    """Rate one enterprise as of a day that is not to come, by the rules in force; the rating stands from now on.

    Known facts are judged as of that day; a rating of an earlier day than the one that stands is kept, but does not
    take its place. NotFoundError for an enterprise that is not published.
    """
    permit(actor, "ratings.write", now)
    _require_past(as_of, now, settings)
    lock_lists(session)
    with session.elevated():
        rules = read_rules(released_rules(session).rules)
        background = load_background(session, now=now, settings=settings)
        subjects = load_subjects(session, [uscc] if uscc.isprintable() else [], as_of, background)
        if uscc not in subjects:
            raise NotFoundError(_NO_ENTERPRISE, code="not_found", uscc=uscc)
        found = Found(subjects[uscc], assess(subjects[uscc].facts, rules, as_of))
        made = _write(session, actor, [found], rules, as_of, cause, now)[0]
    record_event(
        session, actor=actor, action="rating.made", subject=f"rating:{made.rating_no}", now=now,
        after={"grade": made.grade, "rules": made.rules_version, "as_of": as_of.isoformat(), "cause": cause},
    )  # fmt: skip
    return made


def rate_again(
    session: ScopedSession, *, uscc: str, cause: str, resting_on: str | None = None, now: datetime, settings: Settings
) -> Rating | None:
    """Rate an enterprise at once for what has just happened to it, as the system; None where it is not rated anyway.

    ``resting_on``: only where its rating rests on the consent with this public id.
    """
    with session.elevated():
        standing = standing_rating(session, uscc)
        known = select(Enterprise.id).where(Enterprise.uscc == uscc, Enterprise.status == EntryStatus.PUBLISHED)
        published = session.scalar(known) is not None
    if standing is None or not published or resting_on not in (None, standing.consent):
        return None
    today = local(now, settings.zone).date()
    return rate_enterprise(session, actor=SYSTEM, uscc=uscc, as_of=today, now=now, settings=settings, cause=cause)


def rate_due(
    session: ScopedSession,
    *,
    actor: Actor,
    on: date,
    now: datetime,
    settings: Settings,
    most: int | None = None,
    usccs: Sequence[str] | None = None,
) -> int:
    """Rate all that are due on ``on``, or those of ``usccs``, at most ``most``; how many were.

    Due is who has no rating, whose rating ends on that day, was made by other rules, or would come out differently:
    whatever changed since (records, facts, consents, sources) is found by judging anew. What comes out the same stays,
    with what two persons may have set instead. The order is that of codes, so what is left over comes first next time.
    """
    permit(actor, "ratings.write", now)
    _require_past(on, now, settings)
    lock_lists(session)
    done = 0
    with session.elevated():
        rules = read_rules(released_rules(session).rules)
        background = load_background(session, now=now, settings=settings)
        for group in in_groups(iter(published_enterprises(session) if usccs is None else usccs), AT_A_TIME):
            subjects = load_subjects(session, group, on, background)
            found = [Found(s, assess(s.facts, rules, on)) for _, s in sorted(subjects.items())]
            due = due_of(session, found, rules, on)[: None if most is None else most - done]
            _write(session, actor, due, rules, on, "due", now)
            done += len(due)
    if done:
        record_event(
            session, actor=actor, action="ratings.run", subject="ratings", now=now,
            after={"ratings": done, "rules": rules.version, "as_of": on.isoformat()},
        )  # fmt: skip
    return done


def _require_past(as_of: date, now: datetime, settings: Settings) -> None:
    today = local(now, settings.zone).date()
    if as_of > today:
        raise RejectedError(_FUTURE, code="rating_future", today=today)


def _write(
    session: ScopedSession,
    actor: Actor,
    found: Iterable[Found],
    rules: RuleSet,
    as_of: date,
    cause: str,
    now: datetime,
) -> list[Rating]:
    some = list(found)
    grades = {one.facts.uscc: one.result.grade for one in some}
    set_by_people = carry_over(session, grades, on=as_of, actor=actor, now=now)
    made = [_rating(one, rules, as_of, set_by_people.get(one.facts.uscc), cause, actor, now) for one in some]
    session.add_all(made)
    session.flush()
    for one in some:
        _note_read(session, one, actor, now)
    grades |= {uscc: Grade.of(override.grade) for uscc, override in set_by_people.items()}
    put_standing(session, [(one, grades[one.uscc]) for one in made], actor=actor, now=now)
    return made


def _note_read(session: ScopedSession, found: Found, actor: Actor, now: datetime) -> None:
    """Write down that records were read which need a consent; the enterprise reads it (谁看过我)."""
    if found.subject.consent is not None:
        note_consent(session, actor=actor, consent=found.subject.consent, fields=READ, channel="rating", now=now)


def _rating(
    found: Found,
    rules: RuleSet,
    as_of: date,
    override: RatingOverride | None,
    cause: str,
    actor: Actor,
    now: datetime,
) -> Rating:
    ends = [found.result.valid_to, *([override.valid_to] if override and override.valid_to else [])]
    return Rating(
        public_id=new_public_id(),
        rating_no=f"PJ-{as_of:%Y%m%d}-{new_public_id()[:10]}",
        uscc=found.facts.uscc,
        as_of=as_of,
        valid_to=min(ends),
        grade=found.result.grade.value,
        rules_version=rules.version,
        facts=facts_json(found.facts),
        results=results_json(found.result),
        digest=digest_of(found.facts, rules, as_of, found.result),
        algorithm=ALGORITHM,
        consent=found.facts.consent,
        override=override.public_id if override else None,
        cause=cause,
        erase_on=erase_on(found.facts, as_of),
        made_by=actor.who,
        created_at=now,
    )


def put_standing(
    session: ScopedSession, ratings: Sequence[tuple[Rating, Grade]], *, actor: Actor, now: datetime
) -> None:
    """Let these ratings stand, each with the grade that counts, as new versions of their entries.

    One that is of an earlier day than the rating that stands does not take its place. A worse grade ends what the
    enterprise had certified. The writers' lock of the lists is held by the caller; a session of the system's, or
    elevated.
    """
    stored = find_by_key(session, EnterpriseRating, {(rating.uscc,) for rating, _ in ratings})
    plan = Plan()
    for rating, grade in ratings:
        change = _standing(stored, rating, grade)
        if change.stored is None:
            plan.new.append(change)
        elif change.stored.values["rated_on"] <= rating.as_of:
            plan.changed.append(change)
    write_plan(session, EnterpriseRating, plan, actor=actor, cause="rating", now=now)
    for change in filter(_is_worse, plan.changed):
        revoke_outdated(session, change.values["uscc"], now)


def _is_worse(change: Change) -> bool:
    assert change.stored is not None
    return worse(change.values["grade"], change.stored.values["grade"])


def _standing(stored: dict[Key, Stored], rating: Rating, grade: Grade) -> Change:
    values = {
        "uscc": rating.uscc,
        "grade": grade,
        "rating_no": rating.rating_no,
        "rated_on": rating.as_of,
        "valid_to": rating.valid_to,
    }
    return Change(0, stored.get((rating.uscc,)), values, EntryStatus.PUBLISHED)


_NO_ENTERPRISE = Text(
    "没有已发布的企业「{uscc}」。核对统一社会信用代码。", 'There is no published enterprise "{uscc}". Check the code.'
)
_FUTURE = Text(
    "评级日期不能晚于今天（{today}）。换一个日期。",
    "A rating cannot be of a day after today ({today}). Choose another.",
)
