"""Tables of what the platform did: messages, leads as banks answer them, push runs and matchings."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from matchmaker.domain.terms import BankAnswer
from matchmaker.domain.text import Text
from matchmaker.lists.lookups import load_registers
from matchmaker.matching.models import MatchRun
from matchmaker.outbox.envelope import reason_text
from matchmaker.outbox.models import STATES, OutboxMessage
from matchmaker.push.audiences import AUDIENCES, MESSAGE_KINDS
from matchmaker.push.models import Lead, PushRun
from matchmaker.push.services import WINDOW_STATES, window_reason
from matchmaker.referrals.models import Referral
from matchmaker.referrals.opening import taken_pairs
from matchmaker.web.tables.filters import Choice, Flag
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import current_day, linked, moment, say, tagged

Names = Mapping[str, str]
CHANNELS = (
    ("email", Text("邮件", "e-mail")),
    ("inbox", Text("站内", "inbox")),
    ("webhook", Text("推送地址", "webhook")),
)


def messages_table(people: Names) -> Table:
    """The outbox, newest first. ``people``: contact_no → who that is, filled in once the rows are known."""
    message = OutboxMessage
    return Table(
        base=select(message),
        columns=[
            Column(
                "subject", Text("主题", "Subject"),
                lambda m: linked(url_for("messages.message", message_id=m.message_id), _subject(m)),
                message.subject, value=_subject,
            ),
            Column("to", Text("收件人", "To"), lambda m: people.get(m.contact_no, m.contact_no)),
            Column("kind", Text("种类", "Kind"), lambda m: _said(MESSAGE_KINDS, m.kind), message.kind, shown=False),
            Column(
                "channel", Text("渠道", "Channel"), lambda m: _said(dict(CHANNELS), m.channel), message.channel,
                shown=False,
            ),
            Column(
                "state", Text("状态", "State"), lambda m: tagged(m.state, STATES[m.state]), message.state,
                value=lambda m: STATES[m.state],
            ),
            Column("reason", Text("原因", "Why"), lambda m: say(reason_text(m.last_error)), form="long"),
            Column("attempt", Text("尝试次数", "Attempts"), lambda m: m.attempt, message.attempt, "num", shown=False),
            _moment("not_before", Text("最早发送", "Not before"), message.not_before, shown=False),
            _moment("created_at", Text("生成", "Made"), message.created_at, shown=False),
            _moment("sent_at", Text("寄出", "Sent"), message.sent_at),
        ],
        unique=message.id.desc(),
        filters=[
            Choice("state", Text("状态", "State"), message.state, list(STATES.items())),
            Choice("kind", Text("种类", "Kind"), message.kind, list(MESSAGE_KINDS.items())),
            Choice("channel", Text("渠道", "Channel"), message.channel, CHANNELS),
        ],
        search=[message.subject],
    )  # fmt: skip


def _subject(message: OutboxMessage) -> object:
    """The subject; the kind where it has not been written yet, or is gone."""
    return message.subject or _said(MESSAGE_KINDS, message.kind)


def leads_table(session: Session) -> Table:
    """What was recommended to banks, the first due first."""
    banks = {code: names[-1] for code, names in load_registers(session, ["bank"]).by_name["bank"].names.items()}
    day = current_day()
    going, taken = Lead.ended_at.is_(None), taken_pairs(session)
    answered = exists().where(
        Referral.need_no == Lead.need_no,
        Referral.org_code == Lead.org_code,
        Referral.bank_answer == BankAnswer.TAKEN.value,
    )
    states = {
        "open": (Text("对接中", "open"), going),
        "overdue": (Text("超时", "overdue"), going & ~answered & (Lead.due_on < day)),
        "taken": (BankAnswer.TAKEN.label, going & answered),
        "ended": (Text("已结束", "ended"), Lead.ended_at.is_not(None)),
    }

    def state(lead: Lead) -> str:
        if lead.ended_at or (lead.need_no, lead.org_code) in taken:
            return "ended" if lead.ended_at else "taken"
        return "overdue" if lead.due_on < day else "open"

    return Table(
        base=select(Lead),
        columns=[
            Column(
                "need", Text("需求", "Need"),
                lambda one: linked(url_for("matches.need", need_no=one.need_no), one.need_no), Lead.need_no,
                value=lambda one: one.need_no,
            ),
            Column("bank", Text("银行", "Bank"), lambda one: banks.get(one.org_code, one.org_code), Lead.org_code),
            Column(
                "product", Text("产品", "Product"),
                lambda one: linked(url_for("lists.entry", kind="products", key=one.product_code), one.product_code),
                Lead.product_code, value=lambda one: one.product_code,
            ),
            Column(
                "state", Text("状态", "State"), lambda one: tagged(_COLOURS[state(one)], states[state(one)][0]),
                value=lambda one: states[state(one)][0],
            ),
            _moment("shown_at", Text("推荐时间", "Shown"), Lead.shown_at),
            _moment("due_on", Text("答复期限", "Due"), Lead.due_on),
            _moment("ended_at", Text("结束", "Ended"), Lead.ended_at, shown=False),
        ],
        unique=Lead.id,
        filters=[
            Flag("state", Text("状态", "State"), states),
            Choice("bank", Text("银行", "Bank"), Lead.org_code, [(c, Text(n, n)) for c, n in banks.items()]),
        ],
        search=[Lead.need_no],
        default_sort="due_on",
    )  # fmt: skip


_COLOURS = {"open": "waiting", "taken": "pass", "overdue": "failed", "ended": "out"}


def pushes_table() -> Table:
    """The windows of every audience, newest first."""
    run = PushRun
    return Table(
        base=select(run),
        columns=[
            _moment("window_at", Text("时点", "Window"), run.window_at),
            Column("audience", Text("对象", "Audience"), lambda one: _said(AUDIENCES, one.audience), run.audience),
            Column("state", Text("结果", "Result"), lambda one: _said(WINDOW_STATES, one.state), run.state),
            Column("reason", Text("说明", "Note"), lambda one: say(window_reason(one.reason)) or "--", form="long"),
            Column("calendar", Text("日历提醒", "Calendar"), lambda one: one.calendar_warning or "--", shown=False),
            _moment("planned_at", Text("处理时间", "Handled"), run.planned_at),
        ],
        unique=run.id.desc(),
        filters=[
            Choice("audience", Text("对象", "Audience"), run.audience, list(AUDIENCES.items())),
            Choice("state", Text("结果", "Result"), run.state, list(WINDOW_STATES.items())),
        ],
        default_sort="-window_at",
    )  # fmt: skip


def matchings_table() -> Table:
    """The matchings, newest first, with what each came to."""
    run = MatchRun
    counted = (
        ("needs", Text("需求", "Needs")),
        ("products", Text("产品", "Products")),
        ("eligible", Text("符合", "Eligible")),
        ("near", Text("差一点", "Near")),
        ("needs_information", Text("待核实", "To be checked")),
        ("ineligible", Text("不符合", "Not eligible")),
    )
    return Table(
        base=select(run),
        columns=[
            _moment("started_at", Text("运行时间", "Run at"), run.started_at),
            _moment("on_date", Text("匹配日期", "For"), run.on_date),
            *(_count(name, label) for name, label in counted),
            Column("rules", Text("规则版本", "Rules"), lambda one: one.rules_version, run.rules_version),
            Column("origin", Text("由谁触发", "Asked by"), lambda one: one.origin, run.origin, shown=False),
        ],
        unique=run.id.desc(),
        default_sort="-started_at",
    )


def _count(name: str, label: Text) -> Column:
    def told(run: Any) -> str:
        return f"{getattr(run, name):,}"

    return Column(name, label, told, getattr(MatchRun, name), "num", value=lambda run: getattr(run, name))


def _moment(name: str, label: Text, column: Any, *, shown: bool = True) -> Column:
    def value(row: Any) -> Any:
        return getattr(row, name)

    return Column(name, label, lambda row: moment(value(row)), column, "day", shown=shown, value=value)


def _said(known: Mapping[Any, Text], key: str) -> str:
    found = known.get(key)
    return say(found) if found else key
