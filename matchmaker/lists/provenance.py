"""Where each version of an entry comes from: which file, programme or act (《山东省社会信用条例》 article 37)."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.text import Text
from matchmaker.lists.jobs import ImportJob

FROM_FILE = "file:"
"""Before the name of a file in the cause of the versions that an import from the command line wrote."""
BY_API = "api"
"""The cause of the versions that a batch over the API wrote."""
_JOB, _UNDO = "import:", "undo:"


def origins(session: ScopedSession, causes: Iterable[str]) -> Mapping[str, Text]:
    """Cause of a version → what it came with, in words, for whoever writes the list: files by their names."""
    wanted = set(causes)
    ids = {cause.partition(":")[2] for cause in wanted if cause.startswith((_JOB, _UNDO))}
    jobs = select(ImportJob.public_id, ImportJob.file_name).where(ImportJob.public_id.in_(ids))
    names: dict[str, str] = dict(session.execute(jobs).all()) if ids else {}
    return {cause: _origin(cause, names) for cause in wanted}


def origin_of(cause: str) -> Text:
    """What a version came with, for whomever it is about: a file's name, which may name another enterprise, is left
    out."""
    return _A_FILE if cause.startswith(FROM_FILE) else _origin(cause, {})


def _origin(cause: str, names: Mapping[str, str]) -> Text:
    if cause.startswith(FROM_FILE):
        return _file(cause.removeprefix(FROM_FILE))
    if cause.startswith(_JOB):
        return _file(names.get(cause.removeprefix(_JOB)))
    if cause.startswith(_UNDO):
        name = names.get(cause.removeprefix(_UNDO))
        return Text(f"撤销导入「{name}」", f'undone import "{name}"') if name else _UNDONE
    return _ACTS.get(cause, _KEPT)


def _file(name: str | None) -> Text:
    return Text(f"文件「{name}」", f'file "{name}"') if name else _A_FILE


_A_FILE = Text("文件导入", "import of a file")
_UNDONE = Text("撤销导入", "import undone")
_KEPT = Text("人工维护", "kept by hand")
_ACTS: Mapping[str, Text] = {
    "import": _A_FILE,
    "own": Text("接口或页面提交", "handed in by a programme or a page"),
    BY_API: Text("接口批量提交", "handed in by a programme"),
    "defaults": Text("随系统提供", "came with the platform"),
    "demo": Text("演示数据", "demonstration"),
    "registration": Text("注册登记", "registration"),
    "register": Text("基础数据维护", "kept in the registers"),
    "dispute": Text("异议标注", "mark of a dispute"),
    "repair": Text("信用修复", "repair of credit"),
}
