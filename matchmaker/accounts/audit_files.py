"""The audit outside the database: exports that verify without it, and heads that no owner of it can rewrite.

An export is one link a line, its canonical JSON (``accounts.audit.canonical``) with ``previous`` and ``hash`` added.
``docs/how-to/check-the-audit.md`` has the programme that verifies such a file.
"""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from matchmaker.accounts.audit import Head, canonical, newest_head, read_chain
from matchmaker.accounts.models import AuditEvent
from matchmaker.domain.errors import ConflictError, NotFoundError, RejectedError
from matchmaker.domain.text import Text
from matchmaker.settings import Settings

HEADS = "audit-heads.jsonl"


def since(wanted: str, zone: ZoneInfo) -> ColumnElement[bool]:
    """The links from a place (``120``) or a day (``2026-11-23``) on; ValueError for anything else."""
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
        return AuditEvent.seq >= int(wanted)
    try:
        return AuditEvent.at >= datetime.combine(date.fromisoformat(wanted), time(), zone).astimezone(UTC)
    except OverflowError as error:  # a day at the very end of the calendar, which begins beyond it in UTC
        raise ValueError(wanted) from error


def export_lines(session: Session, only: ColumnElement[bool] | None = None) -> Iterator[str]:
    """The links as lines of JSON, oldest first."""
    for row in read_chain(session, only):
        told = json.loads(canonical(row)) | {"previous": row["previous"], "hash": row["hash"]}
        yield json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def export_chain(session: Session, path: Path, only: ColumnElement[bool] | None = None) -> int:
    """Write the links to ``path``, which must not exist; how many. The file is there when it is whole."""
    if path.exists():
        raise ConflictError(
            Text("{path} 已经存在。换一个文件名。", "{path} is there already. Give another name."),
            code="file_exists",
            path=path,
        )
    unfinished, links = path.with_name(path.name + ".part"), 0
    try:
        with unfinished.open("x", encoding="utf-8", newline="\n") as file:
            for line in export_lines(session, only):
                file.write(line)
                links += 1
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return links


def head_files(settings: Settings) -> list[Path]:
    """Where heads are copied: the instance folder, and the second place where one is set."""
    second = [Path(settings.audit_heads_file)] if settings.audit_heads_file else []
    return [settings.instance / HEADS, *second]


def copy_head(session: Session, paths: Iterable[Path], now: datetime) -> Head:
    """Append the newest link to each file that does not end with it; the head. OSError where one cannot be written."""
    head = newest_head(session)
    line = json.dumps({"at": now.astimezone(UTC).isoformat(), "seq": head.seq, "hash": head.hash})
    failed: list[OSError] = []
    for path in paths:
        try:
            if head.seq and head not in (read_heads(path)[-1:] if path.exists() else []):
                _append(path, line)
        except OSError as error:  # the other places get theirs all the same
            failed.append(error)
    if failed:
        raise failed[0]
    return head


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_heads(path: Path) -> list[Head]:
    """The heads that were copied to a file, oldest first; NotFoundError, RejectedError where it holds anything else."""
    if not path.is_file():
        raise NotFoundError(
            Text("没有文件 {path}。", "There is no file {path}."), code="audit_heads_missing", path=path
        )
    found = []
    for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
        try:
            told = json.loads(line)
            found.append(Head(int(told["seq"]), str(told["hash"])))
        except (ValueError, KeyError, TypeError) as error:
            raise RejectedError(
                Text("{path} 第 {number} 行读不懂。用原来的文件再试。", "{path}, line {number}: this is no head."),
                code="audit_heads",
                path=path,
                number=number,
            ) from error
    return found
