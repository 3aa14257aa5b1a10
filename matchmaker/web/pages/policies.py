"""The policy editor: fields, what they say as sentences, how many enterprises that reaches, then publish."""

import secrets
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.cells import Cell
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.terms import EntryStatus, Instrument
from matchmaker.domain.text import Text
from matchmaker.lists.entry import values_of
from matchmaker.lists.lookups import load_registers
from matchmaker.lists.models import Policy
from matchmaker.lists.services.owned import OwnRow, step_own, write_own
from matchmaker.matching.facts import policy_of
from matchmaker.matching.reach import Reach, reach_of
from matchmaker.scoring.explain import policy_conditions
from matchmaker.web.forms import Form, asked, check, filled, questions_of
from matchmaker.web.guard import action
from matchmaker.web.moved import CONFLICT, Moved, moved_since
from matchmaker.web.names import names_for, show
from matchmaker.web.offering import crowd_of_today
from matchmaker.web.once import do_once
from matchmaker.web.view import actor, announce, current_day, current_lang, page, parts, reading, say

policies = Blueprint("policies", __name__)
PARTS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (
        Text("这是什么政策", "What it is"),
        ("policy_no", "title", "doc_no", "level", "issuer", "instrument"),
    ),
    (
        Text("谁可以享受（留空表示不限）", "Who can have it (blank: everybody)"),
        (
            "chains", "industries", "areas", "tiers_any", "size_classes", "purposes", "min_age_months", "tax_grades",
            "excludes_dishonest", "conditions",
        ),
    ),
    (
        Text("支持什么", "What it gives"),
        ("benefit_rate_pct", "benefit_base", "benefit_cap_wan", "benefit_months", "excludes"),
    ),
    (
        Text("怎么兑现", "How it is paid"),
        (
            "fulfilment_mode", "budget_wan", "valid_from", "valid_to", "beneficiaries", "time_limit_days", "address",
            "phone", "source_url",
        ),
    ),
)  # fmt: skip
_HINTS = {
    "policy_no": Text("已为您编好，可改。", "Made for you; it can be changed."),
    "doc_no": Text("例如 威工信发〔2026〕12号", "for example 威工信发〔2026〕12号"),
    "issuer": Text("例如 威海市工业和信息化局", "for example 威海市工业和信息化局"),
    "industries": Text(
        "国民经济行业代码，可写大类；多个用 ; 分隔，例如 34;3511",
        "GB/T 4754 codes, divisions too; separated by ;, for example 34;3511",
    ),
    "areas": Text("区划代码；多个用 ; 分隔，例如 371002;371003", "area codes separated by ;, such as 371002"),
    "excludes": Text("不能同时享受的政策编号，多个用 ; 分隔", "numbers of policies it excludes, separated by ;"),
    "beneficiaries": Text("写给企业看的一句话", "a sentence for enterprises"),
    "address": Text("", ""),
    "phone": Text("", ""),
    "conditions": Text(
        "机器不能判断的条件写在这里：政策将显示为「待核实」",
        "what no criterion can test; the policy is then to be checked",
    ),
}
CODES = tuple(code for _, codes in PARTS for code in codes)
KEY = "policy_no"


@policies.get("/policies/new")
@action("policies.write")
def begin() -> str:
    """An empty editor, with a number that nobody has yet."""
    with reading() as session:
        form = _questions(session, None)
    form.typed["policy_no"] = [f"ZC-{current_day():%Y%m%d}-{secrets.randbelow(9_000) + 1_000}"]
    return _editor(form, None, None)


@policies.get("/policies/<public_id>/change")
@action("policies.write")
def change(public_id: str) -> str:
    """The editor with a policy as it stands."""
    with reading() as session:
        policy = _found(session, public_id)
        form = _questions(session, policy)
    return _editor(form, policy, None)


@policies.post("/policies/new")
@action("policies.write")
def made() -> Any:
    """What was typed for a new policy: tried, checked or kept."""
    return _answer(None)


@policies.post("/policies/<public_id>/change")
@action("policies.write")
def changed(public_id: str) -> Any:
    """The same for one that is there."""
    with reading() as session:
        policy = _found(session, public_id)
    return _answer(policy)


@policies.post("/policies/reach")
@action("policies.write")
def reach() -> str:
    """What the conditions typed so far say and reach: a piece of the editor, asked for while somebody types."""
    with reading() as session:
        _, values = _read(session)
        return page("policy_reach.html", told=_told(session, values))


def _answer(policy: Policy | None) -> Any:
    with reading() as session:
        form, values = _read(session, policy)
        told, answers = _told(session, values), _answers(session, form, values)
    step = "edit" if "switch_to" in request.form else request.form.get("step", "check")
    if step in ("try", "edit"):
        form.faults = []
    elif step in ("publish", "draft") and not form.faults:
        try:
            return _keep(form, policy, draft=step == "draft")
        except ConflictError as error:
            if error.code != CONFLICT or policy is None:
                raise
            return _overtaken(form, policy.public_id, told), 409
        except RejectedError as error:
            form.faults.append((KEY if policy is None else "title", Text(error.say("zh"), error.say("en"))))
    elif not form.faults:
        return page("policy_check.html", form=form, policy=policy, told=told, parts=answers, version=_version())
    return _editor(form, policy, told)


def _answers(session: Session, form: Form, values: Mapping[str, Any]) -> list[tuple[Text, list[dict[str, str]]]]:
    """What was typed, as rows to check: heading → label and value of each field."""
    entry = SimpleNamespace(**{one.declared.attribute: values.get(one.declared.attribute) for one in form.questions})
    names = names_for(session, [one.declared for one in form.questions], [entry])
    by_code = {one.name: one.declared for one in form.questions}
    return [
        (
            heading,
            [
                {"name": code, "label": say(by_code[code].label), "value": _blank(show(by_code[code], entry, names))}
                for code in codes
                if code in by_code
            ],
        )
        for heading, codes in PARTS
    ]


def _blank(shown: str) -> str:
    return "" if shown == "--" else shown


def _overtaken(form: Form, public_id: str, told: "Told") -> str:
    """What was typed, made for the version that stands now, and who changed what meanwhile."""
    with reading() as session:
        policy = _found(session, public_id)
        moved = moved_since(session, policy, int(_version() or 0))
    return _editor(form, policy, told, moved)


def _editor(form: Form, policy: Policy | None, told: "Told | None", moved: list[Moved] | None = None) -> str:
    by_name = {one.name: one for one in form.questions}
    shown = [(heading, [by_name[code] for code in codes if code in by_name]) for heading, codes in PARTS]
    typed = request.method == "POST" and moved is None
    version = _version() if typed else (policy.version if policy else "")
    return page("policy_editor.html", form=form, policy=policy, told=told, parts=shown, version=version, moved=moved)


def _keep(form: Form, policy: Policy | None, *, draft: bool) -> Response:
    def work(session: ScopedSession) -> str:
        lock_lists(session)
        key = _write(session, form, policy, draft=draft)
        kept = session.scalars(select(Policy).where(Policy.policy_no == key)).one()
        if not draft and kept.status is EntryStatus.DRAFT:
            step_own(session, actor=actor(), entry=kept, verb="publish", now=parts().now())
        return url_for("lists.entry", kind="policies", key=key)

    answer = do_once(work)
    announce(_KEPT if draft else _PUBLISHED)
    return answer


def _write(session: ScopedSession, form: Form, policy: Policy | None, *, draft: bool) -> str:
    expected = None if policy is None else int(_version() or 0)
    cells = form.cells() if policy is None else {**form.cells(), KEY: Cell(policy.policy_no)}
    (outcome,) = write_own(
        session, actor=actor(), model=Policy, rows=[OwnRow(1, cells)], settings=parts().settings,
        now=parts().now(), lang=current_lang(), draft=draft, expected=expected,
    )  # fmt: skip
    if outcome.faults:
        said = outcome.faults[0].message
        raise RejectedError(Text(said, said), code="faulty")
    if policy is None and outcome.state != "new":
        raise RejectedError(_TAKEN, code="already_there")
    assert outcome.key is not None
    return str(outcome.key[0])


def _version() -> str:
    """The version that the editor was opened with; digits, or blank for a new policy."""
    typed = request.form.get("version", "")
    return typed if typed.isascii() and typed.isdigit() and len(typed) < 10 else ""


def _read(session: Session, policy: Policy | None = None) -> tuple[Form, Mapping[str, Any]]:
    registers = load_registers(session)
    form = asked(questions_of(Policy, _codes(policy), registers, hints=_HINTS))
    return form, check(session, Policy, form, registers)


def _questions(session: Session, policy: Policy | None) -> Form:
    values = values_of(policy) if policy else {}
    return filled(questions_of(Policy, _codes(policy), load_registers(session), hints=_HINTS), values)


def _codes(policy: Policy | None) -> tuple[str, ...]:
    """The number is asked once: by another number it would be another policy."""
    return CODES if policy is None else tuple(code for code in CODES if code != KEY)


def _found(session: Session, public_id: str) -> Policy:
    found = session.scalars(select(Policy).where(Policy.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFoundError(
            Text("没有这条政策。从清单重新进入。", "There is no such policy. Open it from the list again."),
            code="unknown_entry",
        )
    return found


class Told:
    """What a policy's conditions come to: sentences, and how many enterprises meet them."""

    def __init__(self, sentences: Sequence[str], reach: Reach, with_need: bool) -> None:
        self.sentences = sentences
        self.reach = reach
        self.with_need = with_need
        """Whether something is asked that only a need can answer."""


def _told(session: Session, values: Mapping[str, Any]) -> Told:
    policy = policy_of({**_UNREAD, **values})
    crowd = crowd_of_today(session)
    said = policy_conditions(policy, crowd.on, crowd.reference, current_lang())
    return Told([sentence for _, sentence in said], reach_of(crowd, policy), bool(policy.asks.purposes))


_UNREAD = {"policy_no": "", "title": "", "instrument": next(iter(Instrument))}
"""What the engine's policy has to have, where it was not typed yet; no condition reads it."""
_TAKEN = Text(
    "这个政策编号已经有了。换一个编号，或到清单里修改原来的那一条。", "This policy number is taken: change it."
)
_PUBLISHED = Text("政策已发布，从下一次匹配起生效。", "The policy is published and counts from the next matching on.")
_KEPT = Text("已存为草稿，发布前不参与匹配。", "Kept as a draft: it is not matched before it is published.")
