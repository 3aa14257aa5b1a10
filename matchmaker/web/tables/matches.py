"""The table of needs with what the last matching came to; its workbook has the columns that its page offers."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from matchmaker.domain.kinds import Day, Money, Whole
from matchmaker.domain.money import FEN_PER_WAN
from matchmaker.domain.terms import EntryStatus, Purpose, Verdict
from matchmaker.domain.text import Text
from matchmaker.lists.models import Chain, Enterprise, Need
from matchmaker.matching.models import MatchPair, MatchRun
from matchmaker.matching.queries import count_pairs
from matchmaker.web.tables.filters import Between, Choice, Flag
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import linked, moment, money, say

Counts = dict[tuple[str, Verdict], int]
"""(need_no, verdict) → products; and, under no need, how many are kept of each need."""

STORED = (Verdict.ELIGIBLE, Verdict.NEAR, Verdict.NEEDS_INFORMATION)
"""Verdicts whose pairs a run stores."""

NO_CHAIN = Text("未入链", "in no chain")


def match_table(session: Session, run: MatchRun | None, counts: Counts, zone: ZoneInfo) -> Table:
    """The table; ``counts`` is filled in once the rows are known (:func:`counts_of`)."""
    chains = chain_names(session)
    base: Any = select(Need, Enterprise).join(Enterprise, Enterprise.uscc == Need.uscc)
    return Table(
        base=base.where(Need.status == EntryStatus.PUBLISHED),
        columns=[*_columns(chains), *(_count_column(run, verdict, counts) for verdict in STORED)],
        unique=Need.need_no,
        filters=[
            Flag("chain", Text("产业链", "Chain"), _by_chain(chains)),
            Flag("fits", Text("匹配结果", "Outcome"), _by_outcome(run)),
            Choice("purpose", Text("用途", "Purpose"), Need.purpose, [(p.value, p.label) for p in Purpose],
                   load=Purpose.of),
            Between("amount_wan", Text("融资金额(万元)", "Amount (10,000 yuan)"), Need.amount_fen, Money()),
            Between("submitted_on", Text("提交日期", "Submitted on"), Need.submitted_on, Day()),
            *(Between(v.value, v.label, _counted(run, v), Whole()) for v in STORED),
        ],
        search=(Need.need_no, Enterprise.name),
    )  # fmt: skip


def chain_names(session: Session) -> dict[str, Text]:
    """chain_code → name."""
    rows = session.execute(select(Chain.chain_code, Chain.name_zh, Chain.name_en).order_by(Chain.chain_code))
    return {code: Text(zh, en or zh) for code, zh, en in rows}


def _by_chain(chains: Mapping[str, Text]) -> dict[str, tuple[Text, ColumnElement[bool]]]:
    found = {code: (name, Enterprise.chain_code == code) for code, name in chains.items()}
    return {**found, "none": (NO_CHAIN, Enterprise.chain_code.is_(None))}


def _by_outcome(run: MatchRun | None) -> dict[str, tuple[Text, ColumnElement[bool]]]:
    fits, near = _counted(run, Verdict.ELIGIBLE), _counted(run, Verdict.NEAR)
    return {
        "some": (Text("有符合产品", "some product fits"), fits > 0),
        "near": (Text("没有符合、有差一点的", "none fits, some nearly"), (fits == 0) & (near > 0)),
        "none": (Text("没有符合产品", "no product fits"), fits == 0),
    }


def _counted(run: MatchRun | None, verdict: Verdict) -> Any:
    """How many pairs of this verdict the run holds of a need, as a sub-select: asked only where it is needed."""
    mine = MatchPair.run_id == (run.id if run else 0), MatchPair.need_no == Need.need_no, MatchPair.verdict == verdict
    return select(func.count()).where(*mine).correlate(Need).scalar_subquery()


def _columns(chains: Mapping[str, Text]) -> list[Column]:
    def key(row: Any) -> Any:
        return linked(url_for("matches.need", need_no=row.Need.need_no), row.Need.need_no)

    def chain(row: Any) -> str:
        return say(chains.get(row.Enterprise.chain_code, NO_CHAIN))

    return [
        Column("key", Text("需求", "Need"), key, Need.need_no, value=lambda row: row.Need.need_no),
        Column("name", Text("企业", "Enterprise"), lambda row: row.Enterprise.name, Enterprise.name),
        Column("uscc", Text("统一社会信用代码", "USCC"), lambda row: row.Need.uscc, Need.uscc, shown=False),
        Column("chain", Text("产业链", "Chain"), chain, Enterprise.chain_code),
        Column("amount", Text("金额(万元)", "Amount (10,000 yuan)"), lambda row: money(row.Need.amount_fen),
               Need.amount_fen, "num", value=lambda row: row.Need.amount_fen / FEN_PER_WAN),
        Column("term", Text("期限(月)", "Term (months)"), lambda row: row.Need.term_months, Need.term_months, "num"),
        Column("submitted_on", Text("提交日期", "Submitted on"), lambda row: moment(row.Need.submitted_on),
               Need.submitted_on, "day", shown=False, value=lambda row: row.Need.submitted_on),
    ]  # fmt: skip


def _count_column(run: MatchRun | None, verdict: Verdict, counts: Counts) -> Column:
    most = run.top_k if run else 0

    def found(row: Any) -> int:
        return counts.get((row.Need.need_no, verdict), 0)

    def told(row: Any) -> str:
        return f"{found(row)}+" if found(row) and found(row) >= most else str(found(row))

    return Column(verdict.value, verdict.label, told, _counted(run, verdict), "num", value=found)


def counts_of(session: Session, run: MatchRun | None, rows: Sequence[Any]) -> Counts:
    """The counts of the rows of a page, in one query."""
    return count_pairs(session, run.id, [row.Need.need_no for row in rows]) if run else {}
