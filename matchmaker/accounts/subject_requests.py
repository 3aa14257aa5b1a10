"""What an enterprise may ask of us: a copy of what is kept of it, a correction (异议), repair, deletion; due by law."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import select

from matchmaker.accounts.audit import record_event
from matchmaker.accounts.consent import is_id
from matchmaker.accounts.feed import announce_changes
from matchmaker.accounts.models import SubjectRequest
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_lists, new_public_id
from matchmaker.domain.credit_terms import DISPUTE_DAYS, Deadline, last_workday
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.text import Text
from matchmaker.domain.workdays import Workdays

Kind = Literal["copy", "correction", "repair", "deletion"]
Outcome = Literal["done", "refused"]

KINDS: dict[Kind, Text] = {
    "copy": Text("索取副本", "copy"),
    "correction": Text("提出异议", "correction"),
    "repair": Text("申请信用修复", "repair of credit"),
    "deletion": Text("要求删除", "deletion"),
}
STATES: dict[str, Text] = {
    "open": Text("处理中", "open"),
    "done": Text("已办结", "done"),
    "refused": Text("未采纳", "refused"),
}
DAYS: dict[Kind, int] = {"copy": 15, "correction": DISPUTE_DAYS, "deletion": 15}
"""Calendar days to answer in at most. Correction: 《征信业管理条例》 article 25; for the shorter limits of the province
and for repair see ``domain.credit_terms``. Copy and deletion: PIPL articles 45, 47, 50 say "in good time"; 15 is ours.
"""

LEAST_ANSWER = 10
MOST_WORDS = 2_000


def due_day(kind: Kind, on: date, workdays: Workdays) -> date:
    """The last workday within the days that the law gives: a limit in calendar days is never stretched."""
    return last_workday(on, DAYS[kind], workdays)


def make_request(
    session: ScopedSession,
    *,
    actor: Actor,
    uscc: str,
    kind: Kind,
    about: str,
    due_on: date,
    due_rule: Deadline | None = None,
    record: str | None = None,
    now: datetime,
) -> SubjectRequest:
    """Write an enterprise's request down; one of the same kind and record that is still open is returned instead.

    ``about``: its own words; ``record``: public id of the record that is disputed.
    """
    permit(actor, "subject.request", now)
    if kind not in get_args(Kind):
        raise RejectedError(_KIND, code="request_kind")
    if not actor.trusted and actor.uscc != uscc:
        raise _unknown()
    if not about.strip() or len(about) > MOST_WORDS or not _is_readable(about):
        raise RejectedError(_ABOUT, code="request_words", most=MOST_WORDS)
    lock_lists(session)
    same = (SubjectRequest.uscc == uscc) & (SubjectRequest.kind == kind) & (SubjectRequest.state == "open")
    found = session.scalars(select(SubjectRequest).where(same, SubjectRequest.record == record)).first()
    if found is not None:
        return found
    made = SubjectRequest(
        public_id=new_public_id(), uscc=uscc, kind=kind, about=about.strip(), record=record, due_on=due_on,
        due_rule=due_rule and due_rule.value, state="open", made_by=actor.who, created_at=now, version=1,
    )  # fmt: skip
    session.add(made)
    session.flush()
    _note(session, actor, made, "requested", now)
    return made


def answer_request(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    outcome: Outcome,
    answer: str,
    version: int | None = None,
    now: datetime,
) -> SubjectRequest:
    """Close a request with an answer in words (PIPL article 50: a refusal says why).

    ConflictError when it has been answered, or is not the version that was read.
    """
    permit(actor, "subject.answer", now)
    found = find_request(session, public_id, lock=True)
    if found.state != "open" or (version is not None and version != found.version):
        raise ConflictError(_ANSWERED, code="already_answered", state=STATES[found.state])
    if not LEAST_ANSWER <= len(answer.strip()) <= MOST_WORDS or not _is_readable(answer):
        raise RejectedError(_ANSWER, code="request_answer", least=LEAST_ANSWER, most=MOST_WORDS)
    found.state, found.answer, found.version = outcome, answer.strip(), found.version + 1
    found.answered_at, found.answered_by = now, actor.who
    session.flush()
    _note(session, actor, found, outcome, now)
    return found


def _is_readable(words: str) -> bool:
    """No control characters but line ends and tabs."""
    return all(sign.isprintable() or sign in "\r\n\t" for sign in words)


def find_request(session: ScopedSession, public_id: str, *, lock: bool = False) -> SubjectRequest:
    """A request that the session's actor sees; NotFoundError when there is none."""
    query = select(SubjectRequest).where(SubjectRequest.public_id == public_id)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none() if is_id(public_id) else None
    if found is None:
        raise _unknown()
    return found


def _note(session: ScopedSession, actor: Actor, request: SubjectRequest, what: str, now: datetime) -> None:
    record_event(
        session, actor=actor, action=f"{request.kind}.{what}", subject=f"request:{request.public_id}", now=now,
        after={"due_on": request.due_on.isoformat(), "record": request.record},
    )  # fmt: skip
    change = {"kind": "request", "public_id": request.public_id, "gone": False, "org_code": None}
    announce_changes(session, [{**change, "uscc": request.uscc, "at": now}])


def requests(session: ScopedSession, *, state: str | None = None) -> Sequence[SubjectRequest]:
    """The requests that the session's actor sees, the first due first."""
    query = select(SubjectRequest).order_by(SubjectRequest.state != "open", SubjectRequest.due_on, SubjectRequest.id)
    return session.scalars(query if state is None else query.where(SubjectRequest.state == state)).all()


def _unknown() -> NotFoundError:
    return NotFoundError(
        Text("没有这项请求。从列表重新进入。", "There is no such request. Open it from the list again."),
        code="not_found",
    )


_KIND = Text("没有这种请求。从页面上的几种里选择。", "There is no such kind of request. Choose one of the page's.")
_ABOUT = Text("写明请求的内容，不超过 {most} 个字。", "Say what you ask for, in at most {most} characters.")
_ANSWER = Text("答复须有 {least} 至 {most} 个字。", "An answer has {least} to {most} characters.")
_ANSWERED = Text(
    "这项请求的状态已是「{state}」，没有保存。刷新页面查看。", "This request is {state} already. Reload the page."
)
