"""Rule sets: a draft, what it would change, its release by a second person, and the ones of before."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

import matchmaker.scoring
from matchmaker.accounts.audit import record_event
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.errors import ConflictError, NotAllowedError, NotFoundError, RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.facts import load_background, load_subjects, published_enterprises
from matchmaker.guarantee.rating.models import LEAST_REASON, RatingRules
from matchmaker.guarantee.rating.readable import MOST_WORDS, is_readable
from matchmaker.lists.services.stored import in_groups
from matchmaker.scoring.rating.assess import Assessment, assess
from matchmaker.scoring.rating.catalogue import RULES
from matchmaker.scoring.rating.ruleset import RuleSet, read_rules, rules_json
from matchmaker.settings import Settings

DEFAULT = Path(matchmaker.scoring.__file__).parent / "data" / "rating_rules.json"
PACKAGE = "package"
"""Who made the rules that come with the package; whoever installs them releases them."""

AT_A_TIME = 1000
"""So many enterprises are read and judged at once."""


def load_default_rules(session: ScopedSession, *, actor: Actor, now: datetime) -> str | None:
    """Put the package's rules into a database that has none; their version, None where there are rules already."""
    if session.scalar(select(RatingRules.id).limit(1)) is not None:
        return None
    rules = read_rules(json.loads(DEFAULT.read_text("utf-8")))
    session.add(
        RatingRules(
            rules_version=rules.version, state="released", rules=rules_json(rules), note="随系统提供的默认规则",
            made_by=PACKAGE, authors=[PACKAGE], made_at=now, released_by=actor.who, released_at=now, version=1,
        )
    )  # fmt: skip
    session.flush()
    return rules.version


def released_rules(session: ScopedSession) -> RatingRules:
    """The rules in force; ConflictError when none have been released."""
    found = session.scalars(select(RatingRules).where(RatingRules.state == "released")).one_or_none()
    if found is None:
        raise ConflictError(_NONE, code="no_rules")
    return found


def find_rules(session: ScopedSession, version: str, *, lock: bool = False) -> RatingRules:
    """The rule set of this version (or public id); NotFoundError when the session's actor sees none."""
    named = (RatingRules.rules_version == version) | (RatingRules.public_id == version)
    query = select(RatingRules).where(named)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none() if version.isprintable() else None
    if found is None:
        raise NotFoundError(_UNKNOWN, code="not_found", version=version)
    return found


def rule_sets(session: ScopedSession) -> Sequence[RatingRules]:
    """All rule sets that the session's actor sees, the newest first."""
    return session.scalars(select(RatingRules).order_by(RatingRules.id.desc())).all()


def draft_rules(
    session: ScopedSession,
    *,
    actor: Actor,
    rules: Mapping[str, Any],
    note: str,
    stamp: int | None = None,
    now: datetime,
) -> RatingRules:
    """Keep a draft; one of the same version takes its place, a released or retired version never does.

    ``rules``: as ``scoring.rating.ruleset`` reads them. ``note``: why, at least ten characters. ``stamp``: the draft's
    ``version`` column as it was read, 0 for a new one; ConflictError when it has moved on.
    """
    permit(actor, "ratings.rules", now)
    read = read_rules(rules)
    if not is_readable(note.strip(), LEAST_REASON, MOST_WORDS):
        raise RejectedError(_NOTE, code="rules_note", least=LEAST_REASON, most=MOST_WORDS)
    lock_lists(session)
    found = session.scalars(select(RatingRules).where(RatingRules.rules_version == read.version)).one_or_none()
    if found is not None and found.state != "draft":
        raise ConflictError(_TAKEN, code="rules_version_taken", version=read.version)
    if stamp is not None and stamp != (found.version if found is not None else 0):
        raise ConflictError(_MOVED, code="rules_moved", version=read.version)
    if found is None:
        found = RatingRules(rules_version=read.version, state="draft", version=0, authors=[])
        session.add(found)
    found.rules, found.note, found.version = rules_json(read), note.strip(), found.version + 1
    found.made_by, found.made_at = actor.who, now
    found.authors = [*dict.fromkeys([*found.authors, actor.who])]
    session.flush()
    _note(session, actor, "rating_rules.drafted", found, now)
    return found


def release_rules(
    session: ScopedSession, *, actor: Actor, version: str, stamp: int | None = None, now: datetime
) -> RatingRules:
    """Put a draft in force and retire the rules before it: by nobody who had a hand in it (RELIABILITY.md rule 12).

    Whoever sits at the command line is one person, the operator of the machine, for nobody has signed in there.

    ``stamp``: the draft's ``version`` column as it was read; ConflictError when it has moved on. Ratings stay as they
    are until they are made again (``flask rating run``, the nightly job).
    """
    permit(actor, "ratings.rules", now)
    lock_lists(session)
    found = find_rules(session, version, lock=True)
    if found.state != "draft" or (stamp is not None and stamp != found.version):
        raise ConflictError(_NO_DRAFT, code="rules_state", version=found.rules_version)
    if actor.who in (found.made_by, *found.authors):
        raise NotAllowedError(_SAME_PERSON, code="second_person")
    session.execute(
        update(RatingRules).where(RatingRules.state == "released").values(state="retired", retired_at=now)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    found.state, found.released_by, found.released_at, found.version = "released", actor.who, now, found.version + 1
    session.flush()
    session.expire_all()
    _note(session, actor, "rating_rules.released", found, now)
    return found


def _note(session: ScopedSession, actor: Actor, action: str, rules: RatingRules, now: datetime) -> None:
    subject = f"rating-rules:{rules.public_id}"
    record_event(session, actor=actor, action=action, subject=subject, now=now, after={"version": rules.rules_version})


# What a draft would change


@dataclass(frozen=True, slots=True)
class Moved:
    """An enterprise whose grade would be another."""

    uscc: str
    chain_code: str | None
    before: Grade
    after: Grade


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule set would change on one day, judged for every enterprise anew with both sets.

    ``matrix``: (grade before, after) → enterprises; ``chains``: the same by chain, None for those in none;
    ``dimensions``: dimension → rules' results that would be others.
    """

    on: date
    before: str
    after: str
    matrix: Mapping[tuple[Grade, Grade], int]
    chains: Mapping[str | None, Mapping[tuple[Grade, Grade], int]]
    dimensions: Mapping[str, int]
    moved: tuple[Moved, ...]

    @property
    def enterprises(self) -> int:
        """How many were judged."""
        return sum(self.matrix.values())


def preview_rules(session: ScopedSession, *, rules: RuleSet, on: date, now: datetime, settings: Settings) -> Preview:
    """What ``rules`` would change against the rules in force, on the whole register as it stands.

    Nothing is written. The caller's route or command says who may see it (``ratings.rules``).
    """
    with session.elevated():
        current = read_rules(released_rules(session).rules)
        background = load_background(session, now=now, settings=settings)
        moves: list[Moved] = []
        dimensions: Counter[str] = Counter()
        for group in in_groups(iter(published_enterprises(session)), AT_A_TIME):
            for uscc, subject in sorted(load_subjects(session, group, on, background).items()):
                before, after = assess(subject.facts, current, on), assess(subject.facts, rules, on)
                moves.append(Moved(uscc, subject.chain_code, before.grade, after.grade))
                dimensions.update(_differs(before, after))
    return _counted(on, current.version, rules.version, moves, dimensions)


def _differs(before: Assessment, after: Assessment) -> list[str]:
    """The dimensions of the rules whose cap would be another."""
    return [rule.dimension.value for rule in RULES if before.caps.get(rule.key) != after.caps.get(rule.key)]


def _counted(on: date, before: str, after: str, moves: list[Moved], dimensions: Counter[str]) -> Preview:
    chains: dict[str | None, Counter[tuple[Grade, Grade]]] = {}
    for one in moves:
        chains.setdefault(one.chain_code, Counter())[one.before, one.after] += 1
    matrix = Counter((one.before, one.after) for one in moves)
    return Preview(
        on, before, after, matrix, chains, dimensions, tuple(one for one in moves if one.before is not one.after)
    )


_NONE = Text(
    "还没有已发布的评级规则。运行 flask db upgrade 载入默认规则，或发布一套规则。",
    "No rating rules have been released. Run flask db upgrade for the default ones, or release a draft.",
)
_UNKNOWN = Text("没有版本为「{version}」的评级规则。", 'There are no rating rules of version "{version}".')
_NOTE = Text("修改规则的理由写 {least} 至 {most} 个字。", "Say why the rules change, in {least} to {most} characters.")
_TAKEN = Text(
    "版本 {version} 已经发布过，不能改动。换一个新的版本号。",
    "Version {version} has been released and cannot change. Give the draft a new version.",
)
_MOVED = Text(
    "版本 {version} 的草稿已被他人保存过，没有覆盖。打开草稿查看后再改。",
    "The draft {version} has been saved by somebody else since, so it was not replaced. Open it and change it there.",
)
_NO_DRAFT = Text(
    "版本 {version} 已不是您看到的草稿，没有发布。刷新后再看。",
    "Version {version} is no longer the draft that you saw, so it was not released. Look at it again.",
)
_SAME_PERSON = Text(
    "起草或修改过草稿的人不能自己发布；命令行算作同一个人。由另一位主管部门工作人员登录后发布。",
    "Whoever drafted or changed the rules cannot release them; the command line counts as one person. Another person "
    "of the bureau signs in and releases them.",
)
