"""The workbench of an enterprise: what waits for it first, then its needs and what is there for it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from flask import url_for
from sqlalchemy import func, select

from matchmaker.accounts.consent import active
from matchmaker.accounts.drafts import open_drafts
from matchmaker.accounts.models import Consent
from matchmaker.db import ScopedSession
from matchmaker.domain.terms import EntryStatus, Verdict
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.queries import list_cases
from matchmaker.lists.models import Enterprise, Need, Policy
from matchmaker.lists.queries import FINAL
from matchmaker.lists.services.behalf import Entered, waiting_for
from matchmaker.lists.services.returned import Returned, returned_entries
from matchmaker.web.gains import told_gain
from matchmaker.web.offering import judged_now
from matchmaker.web.pages.needs.asking import FORM, saved
from matchmaker.web.pages.needs.mine import SHOWN, count_verdicts
from matchmaker.web.pages.needs.own import own_enterprise
from matchmaker.web.view import actor, page, parts, reading, say, t

ENDING = timedelta(days=14)
"""How long before its end a consent is told as ending."""
NEEDS = 10
"""Needs that the workbench shows; the list has all."""

Task = dict[str, Any]
Counts = dict[tuple[str, Verdict], int]


def enterprise_workbench() -> str:
    """What to do first; each number leads to the rows behind it."""
    with reading() as session:
        enterprise = own_enterprise(session)
        needs = _needs(session)
        judged = judged_now(session, needs)
        counts, gains = count_verdicts(judged), [told for one in judged.values() if (told := told_gain(one))]
        drafts = open_drafts(session, actor())
        return page(
            "workbench/enterprise.html",
            enterprise=enterprise,
            tasks=[*_tasks(session, enterprise, needs, counts)],
            drafts=[(draft, saved(draft.updated_at)) for draft in drafts if draft.form == FORM],
            needs=needs[:NEEDS],
            more=len(needs) > NEEDS,
            counts=counts,
            verdicts=SHOWN,
            policies=_policies(session),
            gains=gains,
        )


def _needs(session: ScopedSession) -> Sequence[Need]:
    """Those that have not ended, the newest first."""
    query = select(Need).where(Need.status.not_in(FINAL)).order_by(Need.created_at.desc(), Need.id.desc())
    return session.scalars(query).all()


def _policies(session: ScopedSession) -> int:
    published = select(func.count()).select_from(Policy).where(Policy.status == EntryStatus.PUBLISHED)
    return session.scalar(published) or 0


def _tasks(session: ScopedSession, enterprise: Enterprise, needs: Sequence[Need], counts: Counts) -> Iterator[Task]:
    """What is open comes first, what is done last."""
    steady = [_confirmed(enterprise), _complete(enterprise)]
    yield from (task for task in steady if task["kind"] != "sent")
    entered = waiting_for(session, actor())
    yield from (_to_confirm(one) for one in entered)
    returned = returned_entries(session, Need)
    yield from (_returned_need(one) for one in returned)
    yield from (_returned_facts(one) for one in returned_entries(session, Enterprise))
    theirs = {one.need.id for one in entered} | {one.entry.id for one in returned}
    drafts = (need for need in needs if need.status is EntryStatus.DRAFT and need.id not in theirs)
    yield from (_to_submit(need) for need in drafts)
    yield from (_result(need, counts) for need in needs if counts.get((need.need_no, Verdict.ELIGIBLE)))
    yield from _asked(session)
    yield from _ending(session)
    yield from (task for task in steady if task["kind"] == "sent")


def _task(label: Text, href: str, state: Text, kind: str, **values: Any) -> Task:
    return {"label": t(label.zh, label.en, **values), "href": href, "state": say(state), "kind": kind}


def _confirmed(enterprise: Enterprise) -> Task:
    old = parts().now() - enterprise.confirmed_at > timedelta(days=parts().settings.stale_days)
    state, kind = (_OPEN, "near") if old else (_DONE, "sent")
    return _task(_CONFIRM, url_for("profile.facts"), state, kind)


def _complete(enterprise: Enterprise) -> Task:
    blank = sum(getattr(enterprise, name) is None for name in _ASKED_FOR)
    if not blank:
        return _task(_COMPLETE, url_for("profile.facts"), _DONE, "sent")
    return _task(_MISSING, url_for("profile.form"), _OPEN, "near", n=blank)


_ASKED_FOR = ("area_code", "employees", "revenue_fen", "total_assets_fen", "is_first_loan")
"""Facts that the enterprise gives and that criteria test; a blank one is what 「待核实」 comes from."""


def _to_submit(need: Need) -> Task:
    return _task(_SUBMIT, url_for("needs.one", need=need.public_id), _OPEN, "near", no=need.need_no)


def _returned_need(one: Returned) -> Task:
    way = url_for("changing.form", need=one.entry.public_id)
    return _task(_RETURNED, way, _BACK, "failed", no=one.entry.need_no, reason=one.reason or "--")


def _returned_facts(one: Returned) -> Task:
    return _task(_RETURNED_FACTS, url_for("profile.form"), _BACK, "failed", reason=one.reason or "--")


def _to_confirm(one: Entered) -> Task:
    """A need that the bureau has entered after a visit: nobody else sees it before the enterprise's word."""
    way = url_for("behalf.one", public_id=one.need.public_id)
    return _task(_CONFIRM_ENTERED, way, _OPEN, "near", no=one.need.need_no, who=one.by)


def _result(need: Need, counts: Counts) -> Task:
    eligible = counts[need.need_no, Verdict.ELIGIBLE]
    way = url_for("matches.need", need_no=need.need_no, verdict=Verdict.ELIGIBLE.value)
    return _task(_RESULT, way, _NEW, "submitted", no=need.need_no, n=eligible)


def _asked(session: ScopedSession) -> Iterator[Task]:
    """Guarantees whose guarantor waits for something from the enterprise."""
    for case in list_cases(session, tab="waiting"):
        yield _task(_SUPPLY, url_for("guarantees.one", public_id=case.public_id), _OPEN, "near", no=case.guarantee_no)


def _ending(session: ScopedSession) -> Iterator[Task]:
    now = parts().now()
    query = select(func.count()).select_from(Consent).where(active(now), Consent.expires_at < now + ENDING)
    count = session.scalar(query) or 0
    if count:
        yield _task(_CONSENTS, url_for("consents.listing"), _SOON, "near", n=count)


_OPEN = Text("未开始", "not begun")
_DONE = Text("已完成", "done")
_NEW = Text("可查看", "to be seen")
_BACK = Text("已退回", "returned")
_RETURNED = Text("修改被退回的需求 {no}：{reason}", "Change need {no}, which was returned: {reason}")
_RETURNED_FACTS = Text("修改被退回的企业信息：{reason}", "Change the company's facts, which were returned: {reason}")
_SOON = Text("即将到期", "ends soon")
_CONFIRM = Text("核对企业信息", "Check the company's facts")
_COMPLETE = Text("补全待核实的信息", "Give the facts that are missing")
_MISSING = Text("补全待核实的信息：还有 {n} 项未知", "Give the facts that are missing: {n} are unknown")
_CONFIRM_ENTERED = Text("确认{who}代填的需求 {no}", "Confirm need {no}, which {who} entered for you")
_SUBMIT = Text("确认需求 {no} 的内容并提交", "Check and submit need {no}")
_RESULT = Text("需求 {no}：{n} 个产品符合", "Need {no}: {n} products fit")
_SUPPLY = Text("担保 {no}：补充担保机构要的说明", "Guarantee {no}: supply what the guarantor asks for")
_CONSENTS = Text("{n} 项授权将在 14 日内到期", "{n} consents end within 14 days")
