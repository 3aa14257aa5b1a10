"""「我的信用信息」: an enterprise's own credit file, disputes and repairs; 「信用来源」: the bureau's view of it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select

from matchmaker.accounts.consent import is_id
from matchmaker.db import ScopedSession
from matchmaker.domain.credit_terms import Deadline, dispute_due, repair_due
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.terms import Disclosure
from matchmaker.domain.text import Text, normal
from matchmaker.lists.credit import own_file, source_counts
from matchmaker.lists.disputes import ask_repair, dispute_record
from matchmaker.lists.freshness import sources
from matchmaker.lists.models import CreditRecord, Organisation
from matchmaker.lists.queries import load_workdays
from matchmaker.web.due import due_words
from matchmaker.web.guard import action
from matchmaker.web.safety import status_of
from matchmaker.web.tables import look
from matchmaker.web.tables.consents import looks_table
from matchmaker.web.view import actor, current_day, page, parts, reading, writing

credit = Blueprint("credit", __name__)

WHAT = {"dispute": Text("提出异议", "Dispute"), "repair": Text("申请信用修复", "Ask for repair")}
SAID = {
    "dispute": Text(
        "已标注异议，答复期限写在这条记录下面。",
        "Marked as disputed; the day by which you are answered stands at the record.",
    ),
    "repair": Text(
        "已提交修复申请，答复期限写在这条记录下面。",
        "Your request is in; the day by which it is answered stands at the record.",
    ),
}
MODES: Mapping[Disclosure | None, Text] = {
    Disclosure.PUBLIC: Text("公开：您授权的机构看得到", "public: whom you let in reads it"),
    Disclosure.AUTHORISED: Text(
        "授权查询：只有您授权查看信用记录的机构看得到", "with authorisation: only whom you let read credit records"
    ),
    Disclosure.GOVERNMENT: Text(
        "政务共享：内容只有政府部门看得到；它计入信用评级，您授权的担保机构会看到有记录计入、程度和评级有效期",
        "government only: no bank or guarantor reads what it says; it counts in your rating, so a guarantor whom you "
        "let in reads that a record counts, how serious it is, and until when the rating holds",
    ),
    None: Text("没有说明：不提供给银行和担保机构", "not said: no bank or guarantor reads it"),
}


@credit.get("/credit")
@action("own")
def mine() -> str:
    """Every source with how fresh it is, every record with whether it counts, and who looked last."""
    day = current_day()
    with reading() as session:
        shown = own_file(session, _own_uscc(), day, parts().settings.zone)
        names = dict(session.execute(select(Organisation.org_code, Organisation.name)).all())
        looks = look(session, looks_table(names, None, credit_only=True))
        due = due_words(load_workdays(session), day)
    counting = sum(one.standing.counts for source in shown for one in source.records)
    return page(
        "credit_mine.html", sources=shown, counting=counting, looks=looks, due=due, modes=MODES, rules=Deadline,
        said=SAID.get(request.args.get("said", "")), records=sum(len(source.records) for source in shown),
    )  # fmt: skip


def _own_uscc() -> str:
    uscc = actor().uscc
    if uscc is None:
        raise _unknown()
    return uscc


def _unknown() -> NotFoundError:
    return NotFoundError(Text("没有这条信用记录。", "There is no such credit record."), code="not_found")


@credit.get("/credit/<any(dispute, repair):what>/<public_id>")
@action("own")
def ask(what: str, public_id: str) -> str:
    """The form to dispute a record or to ask for its repair, with the law and the day of the answer."""
    return _form(what, public_id)


def _form(what: str, public_id: str, error: RejectedError | ConflictError | None = None) -> str:
    with reading() as session:
        record = _own_record(session, public_id)
        workdays = load_workdays(session)
        known = sources(session).get(normal(record.source))
        nature = known.nature if known else None
        due = dispute_due(nature, current_day(), workdays) if what == "dispute" else repair_due(current_day(), workdays)
        told = due_words(workdays, current_day())(due.on)
    return page(
        "credit_ask.html", what=what, label=WHAT[what], record=record, rule=due.rule, due=told, error=error,
        typed=request.form.get("about", ""),
    )  # fmt: skip


def _own_record(session: ScopedSession, public_id: str) -> CreditRecord:
    mine = (CreditRecord.public_id == public_id) & (CreditRecord.uscc == _own_uscc())
    found = session.scalars(select(CreditRecord).where(mine)).one_or_none() if is_id(public_id) else None
    if found is None:
        raise _unknown()
    return found


@credit.post("/credit/<any(dispute, repair):what>/<public_id>")
@action("subject.request")
def asked(what: str, public_id: str) -> Any:
    """Dispute it, or ask for its repair; the same wish sent again is the one that waits already."""
    service = dispute_record if what == "dispute" else ask_repair
    try:
        with writing() as session:
            service(
                session, actor=actor(), uscc=_own_uscc(), record=public_id, about=request.form.get("about", ""),
                settings=parts().settings, now=parts().now(),
            )  # fmt: skip
    except (RejectedError, ConflictError) as error:
        return _form(what, public_id, error), status_of(error)
    return redirect(url_for("credit.mine", said=what, _anchor=f"r-{public_id}"))


@credit.get("/credit/sources")
@action("registers.read")
def overview() -> str:
    """Each source: what is held of it, how fresh that is, and the requests about it that wait."""
    day = current_day()
    with reading() as session:
        found = source_counts(session, day, parts().settings.zone)
        due = due_words(load_workdays(session), day)
    return page("credit_sources.html", sources=found, due=due)
