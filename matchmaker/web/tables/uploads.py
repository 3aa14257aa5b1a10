"""The table of the files that one's own side handed in."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import select

from matchmaker.domain.text import Text
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import LISTS
from matchmaker.lists.services.uploads import NOTHING
from matchmaker.web.tables.filters import Choice
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import linked, moment, say, tagged

_JOB: Any = ImportJob

STATES: dict[str, tuple[str, Text]] = {
    "checking": ("waiting", Text("正在检查", "being checked")),
    "cancelled": ("out", Text("已取消", "cancelled")),
    "failed": ("failed", Text("没有检查完", "not checked")),
    "columns": ("near", Text("待确认列名", "columns to be told")),
    "faulty": ("failed", Text("有错误，未入库", "faulty, not written")),
    "checked": ("waiting", Text("待确认入库", "to be confirmed")),
    "unchanged": ("out", Text("无变化", "nothing changed")),
    "written": ("sent", Text("已入库", "written")),
    "undone": ("out", Text("已撤销", "undone")),
}
"""State of an upload → the colour of its tag and its words."""


_TOLD = ("undone", "checking", "cancelled", "failed")
"""States that an upload's result names itself."""


@dataclass(frozen=True, slots=True)
class Brief:
    """As much of an upload as its state and its counts are told by; the rows of a result are many."""

    state: str
    result: dict[str, Any]


def brief(row: Any) -> Brief:
    """What a statement with :data:`BRIEF` has found."""
    told = {name: True for name in (*_TOLD, "asked") if getattr(row, name)}
    return Brief(row.state, told | {"counts": row.counts})


BRIEF = (
    _JOB.state,
    _JOB.result["counts"].label("counts"),
    *(_JOB.result[name].as_string().is_not(None).label(name) for name in (*_TOLD, "asked")),
)
"""The columns that :func:`brief` needs."""


def state_of(job: ImportJob | Brief) -> str:
    """A key of ``STATES``."""
    result = job.result
    told = next((one for one in _TOLD if one in result), None)
    if told:
        return told
    if "asked" in result:
        return "columns"
    if job.state == "written":
        return "written"
    counts = counts_of(job)
    if counts["rejected"] or job.state == "rejected":
        return "faulty"
    return "checked" if counts["new"] + counts["changed"] else "unchanged"


def counts_of(job: ImportJob | Brief) -> dict[str, int]:
    """Rows of the file by what they would do, and how many entries were written."""
    counts: dict[str, int] = NOTHING | job.result["counts"]
    return counts


def upload_table(owner: str) -> Table:
    """Those of one owner, newest first; by list."""
    lists = [(kind, model.label) for kind, model in LISTS.items()]
    return Table(
        base=select(_JOB.public_id, _JOB.kind, _JOB.file_name, _JOB.created_at, *BRIEF).where(
            ImportJob.kind.in_(LISTS), ImportJob.owner == owner
        ),
        columns=[
            Column("file", Text("文件", "File"), _linked, _JOB.file_name),
            Column("list", Text("清单", "List"), lambda job: say(LISTS[job.kind].label), _JOB.kind),
            Column("state", Text("状态", "State"), lambda job: tagged(*STATES[state_of(brief(job))])),
            *(_count(*one) for one in _COUNTS),
            Column("at", Text("上传时间", "Handed in"), lambda job: moment(job.created_at), _JOB.created_at, "day"),
        ],
        unique=ImportJob.id,
        filters=[Choice("list", Text("清单", "List"), ImportJob.kind, lists)],
        default_sort="-at",
    )


_COUNTS = (
    ("new", Text("新增", "New")),
    ("changed", Text("修改", "Changed")),
    ("unchanged", Text("无变化", "Unchanged")),
    ("rejected", Text("错误", "Faulty")),
)


def _linked(job: Any) -> Any:
    return linked(url_for("uploads.one", public_id=job.public_id), job.file_name)


def _count(name: str, label: Text) -> Column:
    return Column(name, label, lambda job: counts_of(brief(job))[name], None, "num")
