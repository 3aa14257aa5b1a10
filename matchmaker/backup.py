"""Backup and restore: all tables as one archive that SQLite and PostgreSQL both read.

The archive is a zip: ``manifest.json`` (schema revision, moment, rows and SHA-256 of every table) and one file of JSON
lines a table. Everything is read in one transaction, so it is one state of the city.
"""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Column, Table, func, insert, select, text, type_coerce, update
from sqlalchemy.orm import Session
from sqlalchemy.types import DateTime, TypeEngine

from matchmaker import models  # noqa: F401  (registers every table)
from matchmaker.db import Base, FieldType, UtcTime
from matchmaker.domain.errors import ConfigurationError, ConflictError, NotFoundError, RejectedError
from matchmaker.domain.text import Text
from matchmaker.outbox.models import OutboxMessage

FORMAT = 1
ROWS_AT_A_TIME = 1000
ALGORITHM = "sum of rows, sha256"


def tables() -> list[Table]:
    """All tables, those that others refer to first."""
    return list(Base.metadata.sorted_tables)


def create_backup(session: Session, path: Path, *, now: datetime) -> dict[str, Any]:
    """Write the archive to ``path`` (which must not exist) and give its manifest."""
    if path.exists():
        raise ConflictError(
            Text("{path} 已经存在。换一个文件名。", "{path} is there already. Give another name."),
            code="backup_exists",
            path=path,
        )
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "schema": _revision(session),
        "created_at": now.isoformat(),
        "algorithm": ALGORITHM,
        "tables": {},
    }
    unfinished = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            for table in tables():
                with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as file:
                    manifest["tables"][table.name] = _told(_lines(session, table), file)
            archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2))
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def verify_backup(path: Path) -> dict[str, Any]:
    """The manifest of an archive whose every table has the rows and the digest it names; RejectedError otherwise."""
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        for name, told in manifest["tables"].items():
            try:
                with archive.open(f"{name}.jsonl") as file:
                    whole = _told((line.rstrip(b"\n") for line in file), None) == told
            except (zipfile.BadZipFile, zlib.error) as error:
                raise _damaged(path, name) from error
            if not whole:
                raise _damaged(path, name)
        return manifest


def restore_backup(session: Session, path: Path, *, now: datetime) -> dict[str, Any]:
    """Fill an empty database of the same schema from an archive; gives its manifest.

    What was waiting to be sent is put aside as failed, reason ``restored``: it may have been sent after the backup, so
    a person looks at it and sends it again (``flask push retry``). Nothing is kept unless every table's digest agrees.
    """
    manifest = verify_backup(path)
    _require_same_schema(session, manifest)
    _require_empty(session)
    with _opened(path) as archive:
        for table in tables():
            if table.name not in manifest["tables"]:
                continue
            with archive.open(f"{table.name}.jsonl") as file:
                _insert(session, table, file)
            if _told(_lines(session, table), None) != manifest["tables"][table.name]:
                raise _damaged(path, table.name)
    _set_sequences(session)
    waiting = OutboxMessage.state.in_(("waiting", "leased"))
    session.execute(
        update(OutboxMessage).where(waiting).values(state="failed", lease_until=None, last_error="restored")
    )
    return manifest


def _plain(column: Any) -> TypeEngine[Any]:
    """The type in which a column is stored, without our reading of it."""
    if isinstance(column.type, FieldType):
        return FieldType._impls[column.type.kind.storage]
    return DateTime(timezone=True) if isinstance(column.type, UtcTime) else column.type


def _lines(session: Session, table: Table) -> Iterator[bytes]:
    """Rows of a table as JSON lines."""
    columns = [
        type_coerce(c, c.type if isinstance(c.type, UtcTime) else _plain(c)).label(c.name) for c in table.columns
    ]
    rows = session.execute(select(*columns).execution_options(yield_per=ROWS_AT_A_TIME))
    for row in rows.mappings():
        yield json.dumps(dict(row), ensure_ascii=False, default=_written, separators=(",", ":")).encode()


def _written(value: Any) -> str:
    assert isinstance(value, date)
    return value.isoformat()


def _told(lines: Iterator[bytes], file: Any) -> dict[str, Any]:
    """Rows and digest of lines, written to ``file`` on the way where there is one.

    The digest is the sum of the lines' SHA-256 modulo 2^256: databases sort text differently, so the order of rows
    must not matter.
    """
    total, rows = 0, 0
    for line in lines:
        rows += 1
        total += int.from_bytes(hashlib.sha256(line).digest())
        if file is not None:
            file.write(line + b"\n")
    return {"rows": rows, "digest": f"{total % (1 << 256):064x}"}


def _insert(session: Session, table: Table, file: Any) -> None:
    dates = {c.name for c in table.columns if _plain(c).python_type is date}
    moments = {c.name for c in table.columns if _plain(c).python_type is datetime}
    stored = Table(table.name, type(Base.metadata)(), *[_stored_column(c) for c in table.columns])
    group: list[dict[str, Any]] = []
    for line in io.TextIOWrapper(file, "utf-8"):
        row = json.loads(line)
        for name in dates & row.keys():
            row[name] = row[name] and date.fromisoformat(row[name])
        for name in moments & row.keys():
            row[name] = row[name] and datetime.fromisoformat(row[name])
        group.append(row)
        if len(group) == ROWS_AT_A_TIME:
            session.execute(insert(stored), group)
            group = []
    if group:
        session.execute(insert(stored), group)


def _stored_column(column: Any) -> Any:
    return Column(column.name, column.type if isinstance(column.type, UtcTime) else _plain(column))


def _set_sequences(session: Session) -> None:
    """On PostgreSQL the next id of every table is the one after its largest."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in tables():
        key = next(iter(table.primary_key))
        sequence = session.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": key.name}
        )
        largest = session.scalar(select(func.max(key))) if sequence else None
        if largest is not None:
            session.execute(text("SELECT setval(:sequence, :largest)"), {"sequence": sequence, "largest": largest})


def _revision(session: Session) -> str | None:
    return MigrationContext.configure(session.connection()).get_current_revision()


def _require_same_schema(session: Session, manifest: dict[str, Any]) -> None:
    here = _revision(session)
    if manifest["schema"] != here:
        raise ConfigurationError(
            Text(
                "备份的数据库版本是 {theirs}，这里是 {here}。用相同版本的程序恢复，再升级。",
                "The backup is of schema {theirs}, this database of {here}. Use the version of then, and upgrade.",
            ),
            code="backup_schema",
            theirs=manifest["schema"],
            here=here,
        )


def _require_empty(session: Session) -> None:
    for table in tables():
        if session.execute(select(table.primary_key.columns[0]).limit(1)).first() is not None:
            raise ConflictError(
                Text(
                    "数据库不是空的（{table} 中有数据）。恢复到新建的空数据库：flask backup restore 会自行建表。",
                    "The database is not empty ({table} has rows). Restore into a new, empty one.",
                ),
                code="backup_not_empty",
                table=table.name,
            )


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise NotFoundError(
            Text("没有文件 {path}。", "There is no file {path}."), code="backup_missing", path=path
        ) from error
    except zipfile.BadZipFile as error:
        raise _damaged(path, "") from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
        if manifest["format"] == FORMAT and all(f"{name}.jsonl" in archive.namelist() for name in manifest["tables"]):
            return manifest
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise _damaged(path, "manifest.json") from error
    raise _damaged(path, "manifest.json")


def _damaged(path: Path, part: str) -> RejectedError:
    return RejectedError(
        Text(
            "{path} 不是完整的备份（{part}）。换一份备份，没有写入任何内容。",
            "{path} is no whole backup ({part}). Take another one; nothing was written.",
        ),
        code="backup_damaged",
        path=path,
        part=part or path.name,
    )
