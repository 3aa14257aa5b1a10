"""The first look at a file: is it there, is it small enough, do its name and its first bytes agree?

What lies deeper in a workbook (its zip directory, its XML) is judged by ``sandbox`` in the confined child, before
anything of it is unpacked or parsed.
"""

from pathlib import Path
from typing import Literal

from matchmaker.domain.errors import ConfigurationError, NotFoundError, UsageError
from matchmaker.domain.text import Text
from matchmaker.lists.faults import file_fault
from matchmaker.lists.files import limits

Format = Literal["xlsx", "csv"]

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BINARY = (b"%PDF", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"PK\x05\x06")


def check_file(path: Path) -> Format:
    """The format of a file that may be read on; looks at nothing but its name, its size and its first bytes.

    Raises NotFoundError (exit 4) when it is not there, UsageError (exit 2) when its name says that it is no list,
    RejectedError (exit 3) when its content cannot be taken.
    """
    form = _by_name(path)
    size = _size(path)
    if size == 0:
        raise file_fault("empty", name=path.name)
    limit = limits.MAX_XLSX_BYTES if form == "xlsx" else limits.MAX_CSV_BYTES
    if size > limit:
        raise file_fault(f"too_large_{form}", name=path.name, size=f"{size / limits.MB:.1f}", limit=limit // limits.MB)
    with path.open("rb") as file:
        head = file.read(2048)
    found = _content(head)
    if found == "ole":
        encrypted = size <= limits.MAX_XLSX_BYTES and _ENCRYPTED in path.read_bytes()
        raise file_fault("encrypted" if encrypted else "old_excel", name=path.name)
    if found != form:
        raise file_fault(f"{form}_is_{found}", name=path.name)
    return form


def _by_name(path: Path) -> Format:
    ending = path.suffix.lower()
    if ending == ".xlsx":
        return "xlsx"
    if ending == ".csv":
        return "csv"
    raise UsageError(
        Text(
            "「{name}」不是 .xlsx 或 .csv 文件。另存为其中一种格式后再上传。",
            '"{name}" is neither an .xlsx nor a .csv file. Save it in one of these formats.',
        ),
        code="file_type",
        name=path.name[-80:],
    )


def _size(path: Path) -> int:
    try:
        if path.is_file():
            with path.open("rb"):
                return path.stat().st_size
        there = path.exists()
    except PermissionError as error:
        raise ConfigurationError(
            Text("没有读取「{name}」的权限。改好权限后再试。", 'No permission to read "{name}". Grant it first.'),
            code="file_permission",
            name=path.name[-80:],
        ) from error
    except (OSError, ValueError):  # a name that is too long, or holds a NUL
        there = False
    if there:
        raise UsageError(
            Text("「{name}」不是文件。给出 .xlsx 或 .csv 的路径。", '"{name}" is no file. Name an .xlsx or .csv.'),
            code="file_type",
            name=path.name[-80:],
        )
    raise NotFoundError(
        Text("没有找到文件「{name}」。核对路径和文件名。", 'There is no file "{name}". Check its path and name.'),
        code="file_not_found",
        name=path.name[-80:],
    )


def _content(head: bytes) -> Literal["xlsx", "ole", "html", "binary", "csv"]:
    if head.startswith(_ZIP):
        return "xlsx"
    if head.startswith(_OLE):
        return "ole"
    if head.startswith(_BINARY):
        return "binary"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<table", b"<meta", b"<head", b"<workbook")):
        return "html"
    return "csv"
