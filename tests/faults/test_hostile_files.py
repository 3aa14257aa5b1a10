"""Files that mean harm or were made by mistake: one clear sentence, quickly, and memory stays where it was."""

import io
import os
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from matchmaker.domain.errors import ConfigurationError, Exit, MatchmakerError, NotFoundError, RejectedError, UsageError
from matchmaker.lists.files import limits, read_table
from matchmaker.lists.files.child import lines_of
from matchmaker.lists.files.workbook import OPTIONS
from matchmaker.lists.models import Enterprise
from tests.support import books

GOOD = books.sheet_xml(
    books.header_row("uscc", "name")
    + '<row r="2"><c t="inlineStr"><is><t>A</t></is></c><c t="inlineStr"><is><t>B</t></is></c></row>'
)
XXE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
BILLION = "<!DOCTYPE x [" + '<!ENTITY a "aaaaaaaaaa">' + "]>"


def book(path: Path, **parts: str | bytes) -> Path:
    return books.write_book(
        path / "a.xlsx", GOOD, {name.replace("__", "/").replace("_dot_", "."): p for name, p in parts.items()}
    )


def raw(path: Path, name: str, content: bytes) -> Path:
    (path / name).write_bytes(content)
    return path / name


def zeros(path: Path) -> Path:
    """1 MB that unpacks to 1 GB."""
    target = path / "a.xlsx"
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        block = b"0" * (1 << 20)
        for _ in range(1024):
            part.write(block)
    return target


def ratio(path: Path) -> Path:
    """Below the limit in all, but no list packs like this."""
    return book(path, xl__media__x_dot_xml=b" " * (60 << 20))


def lying(path: Path) -> Path:
    """The directory says that 30 MB are 100 bytes."""
    target = book(path, xl__media__x_dot_xml=b"<a>" + b" " * (30 << 20) + b"</a>")
    content = bytearray(target.read_bytes())
    place = content.rfind(b"xl/media/x.xml") - 46
    content[place + 24 : place + 28] = struct.pack("<L", 100)
    target.write_bytes(content)
    return target


def lying_twice(path: Path) -> Path:
    """Directory and local header agree on the lie."""
    target = lying(path)
    content = bytearray(target.read_bytes())
    place = content.find(b"xl/media/x.xml") - 30
    content[place + 22 : place + 26] = struct.pack("<L", 100)
    target.write_bytes(content)
    return target


def many_entries(path: Path, count: int = 10_000) -> Path:
    target = path / "a.xlsx"
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(count):
            archive.writestr(f"xl/x{number}.xml", b"")
    return target


def hidden_entries(path: Path) -> Path:
    """Ten thousand entries, of which the end of the directory admits three."""
    target = many_entries(path)
    content = bytearray(target.read_bytes())
    place = content.rfind(b"PK\x05\x06")
    content[place + 8 : place + 12] = struct.pack("<HH", 3, 3)
    target.write_bytes(content)
    return target


def overlapping(path: Path) -> Path:
    """Two entries of the directory that share one place (a quoted-overlap bomb in small)."""
    target = book(path, xl__one_dot_xml="<a/>", xl__two_dot_xml="<a/>")
    content = bytearray(target.read_bytes())
    one, two = (content.rfind(name) - 46 for name in (b"xl/one.xml", b"xl/two.xml"))
    content[two + 42 : two + 46] = content[one + 42 : one + 46]
    target.write_bytes(content)
    return target


def nested(path: Path) -> Path:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x", b"x")
    return book(path, xl__embeddings__x_dot_bin=inner.getvalue())


def encrypted_entries(path: Path) -> Path:
    target = book(path)
    content = bytearray(target.read_bytes())
    place = content.rfind(b"xl/worksheets/sheet1.xml") - 46
    content[place + 8] |= 1
    target.write_bytes(content)
    return target


def encrypted_book(path: Path) -> Path:
    return raw(
        path, "a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le")
    )


def rows_xml(count: int) -> str:
    row = '<row><c t="str"><v>A</v></c><c t="str"><v>B</v></c></row>'
    return books.sheet_xml(books.header_row("uscc", "name") + row * count)


def million_rows(path: Path) -> Path:
    """Random numbers, so that the file packs like a real one."""
    text = io.StringIO()
    for number in range(1_000_000):
        text.write(f'<row r="{number + 2}"><c r="A{number + 2}"><v>{number * 7919 % 999_983}</v></c></row>')
    return books.write_book(path / "a.xlsx", books.sheet_xml(books.header_row("uscc", "name") + text.getvalue()))


def long_text(path: Path) -> Path:
    """One string of 30,000 characters, meant by 20,000 cells."""
    strings = f"<sst><si><t>{'x' * 30_000}</t></si></sst>"
    row = '<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>'
    sheet = books.sheet_xml(books.header_row("uscc", "name") + row * 10_000)
    return books.write_book(path / "a.xlsx", sheet, {"xl/sharedStrings.xml": strings})


def deep(path: Path) -> Path:
    """Elements within elements, a hundred thousand deep."""
    return books.write_book(path / "a.xlsx", books.sheet_xml("<row>" * 100_000))


def csv_rows(path: Path) -> Path:
    return raw(path, "a.csv", b"uscc,name\n" + b"A,B\n" * 1_000_000)


HOSTILE: list[tuple[Callable[[Path], Path], str]] = [
    (lambda p: raw(p, "a.xlsx", b""), "empty"),
    (lambda p: raw(p, "a.csv", b""), "empty"),
    (lambda p: raw(p, "a.csv", b"uscc,name\n"), "no_rows"),
    (lambda p: raw(p, "a.csv", b"\n\n \n"), "no_header"),
    (lambda p: books.write_book(p / "a.xlsx", books.sheet_xml(books.header_row("uscc", "name"))), "no_rows"),
    (lambda p: books.write_book(p / "a.xlsx", books.sheet_xml("")), "no_header"),
    (lambda p: book(p, xl__workbook_dot_xml=books.workbook_xml(state="hidden")), "no_header"),
    (lambda p: raw(p, "a.xlsx", b"uscc,name\nA,B\n"), "xlsx_is_csv"),
    (lambda p: raw(p, "a.xlsx", b"\xef\xbb\xbf <html><table>"), "xlsx_is_html"),
    (lambda p: raw(p, "a.xlsx", b'<?xml version="1.0"?><Workbook>'), "xlsx_is_html"),
    (lambda p: raw(p, "a.xlsx", b"%PDF-1.7"), "xlsx_is_binary"),
    (lambda p: raw(p, "a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000), "old_excel"),
    (lambda p: raw(p, "a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000), "old_excel"),
    (encrypted_book, "encrypted"),
    (encrypted_entries, "encrypted"),
    (lambda p: book(p).rename(p / "b.csv"), "csv_is_xlsx"),
    (lambda p: raw(p, "a.csv", b"<table><tr>"), "csv_is_html"),
    (lambda p: raw(p, "a.csv", b"\x89PNG\r\n"), "csv_is_binary"),
    (lambda p: raw(p, "a.xlsx", b"PK\x03\x04" + b"\0" * 3000), "damaged"),
    (lambda p: raw(p, "a.xlsx", book(p).read_bytes()[:-30]), "damaged"),
    (lambda p: raw(p, "a.xlsx", b"PK\x03\x04" + os.urandom(200_000)), "damaged"),
    (lambda p: many_entries(p, 3), "zip_not_xlsx"),
    (lambda p: book(p, xl__workbook_dot_xml='<w:document xmlns:w="urn:w"><w:body/></w:document>'), "zip_not_xlsx"),
    (many_entries, "zip_entries"),
    (hidden_entries, "zip_entries"),
    (overlapping, "damaged"),
    (zeros, "zip_bomb"),
    (ratio, "zip_bomb"),
    (lying, "zip_lies"),
    (lying_twice, "damaged"),
    (nested, "zip_nested"),
    (lambda p: book(p, xl__vbaProject_dot_bin=b"macro"), "macros"),
    (lambda p: books.write_book(p / "a.xlsx", XXE + "<worksheet>&a;</worksheet>"), "doctype"),
    (lambda p: books.write_book(p / "a.xlsx", BILLION + GOOD), "doctype"),
    (lambda p: book(p, xl__sharedStrings_dot_xml=XXE + "<sst/>"), "doctype"),
    (lambda p: book(p, docProps__app_dot_xml=(XXE + "<a/>").encode("utf-16")), "doctype"),
    (lambda p: book(p, xl__drawings__a_dot_xml="<!--" + "x" * 100_000 + "-->" + XXE + "<a/>"), "doctype"),
    (deep, "damaged"),
    (million_rows, "too_many_rows"),
    (lambda p: books.write_book(p / "a.xlsx", rows_xml(limits.MAX_XLSX_ROWS + 60)), "too_many_rows"),
    (csv_rows, "too_many_rows"),
    (long_text, "too_much_text"),
    (lambda p: raw(p, "a.xlsx", b"PK\x03\x04" + b"\0" * limits.MAX_XLSX_BYTES), "too_large_xlsx"),
    (lambda p: raw(p, "a.csv", b"uscc,name\n" + b"x" * limits.MAX_CSV_BYTES), "too_large_csv"),
    (
        lambda p: books.write_book(
            p / "a.xlsx", GOOD.replace("</worksheet>", '<mergeCell ref="A5:B9"/>' * 2001 + "</worksheet>")
        ),
        "too_many_merged",
    ),
]


@pytest.mark.parametrize(("make", "code"), HOSTILE, ids=[f"{n}-{code}" for n, (_, code) in enumerate(HOSTILE)])
def test_one_clear_sentence_quickly_in_flat_memory(make: Callable[[Path], Path], code: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
    before = peak_kb()
    started = time.monotonic()
    with pytest.raises(RejectedError) as caught:
        read_table(path, Enterprise)
    seconds, grown = time.monotonic() - started, peak_kb() - before
    error = caught.value
    print(f"{error.code}: {seconds:.2f} s, {grown / 1024:.0f} MB, {error.say('zh')}")
    assert error.code == code
    assert error.exit_code is Exit.REJECTED
    check_sentence(error)
    slow = code in {"too_many_rows", "too_much_text"}
    assert seconds < (10 if slow else 2)  # the machine may be busy; alone it is a tenth of it
    assert grown < 50 * 1024


def peak_kb() -> int:
    """The most memory this process has had."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split("kB")[0])


def check_sentence(error: MatchmakerError) -> None:
    for lang in ("zh", "en"):
        text = error.say(lang)
        assert "{" not in text
        assert len(text) < 300
    for banned in ("非法", "无效", "禁止", "参数错误", "操作失败", "未知错误"):
        assert banned not in error.say("zh")
    assert not error.say("zh").startswith("请")


def test_the_limit_is_stated(tmp_path: Path) -> None:
    with pytest.raises(RejectedError) as caught:
        read_table(csv_rows(tmp_path), Enterprise)
    assert str(limits.MAX_CSV_ROWS) in caught.value.say("zh")


@pytest.mark.parametrize(
    ("name", "error", "code"),
    [
        ("a.xls", UsageError, "file_type"),
        ("a.pdf", UsageError, "file_type"),
        ("a", UsageError, "file_type"),
        ("folder.csv", UsageError, "file_type"),
        ("pipe.csv", UsageError, "file_type"),
        ("absent.csv", NotFoundError, "file_not_found"),
        ("no/such/folder.xlsx", NotFoundError, "file_not_found"),
        ("长" * 300 + ".csv", NotFoundError, "file_not_found"),
        ("a\0b.csv", NotFoundError, "file_not_found"),
    ],
)
def test_what_is_no_file_of_a_list(tmp_path: Path, name: str, error: type[MatchmakerError], code: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    for file in ("a.xls", "a.pdf", "a"):
        (tmp_path / file).write_bytes(b"uscc,name\nA,B\n")
    with pytest.raises(error) as caught:
        read_table(tmp_path / name, Enterprise)
    assert caught.value.code == code
    check_sentence(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = raw(tmp_path, "a.csv", b"uscc,name\nA,B\n")
    path.chmod(0)
    with pytest.raises(ConfigurationError):
        read_table(path, Enterprise)


def test_as_many_rows_as_are_allowed(tmp_path: Path) -> None:
    path = books.write_book(tmp_path / "a.xlsx", rows_xml(limits.MAX_XLSX_ROWS))
    assert len(read_table(path, Enterprise).rows) == limits.MAX_XLSX_ROWS
    path = raw(tmp_path, "a.csv", b"uscc,name\n" + b"A,B\n" * 100_000)
    assert len(read_table(path, Enterprise).rows) == 100_000


@pytest.mark.parametrize("limit", [{"memory": 80 << 20}, {"cpu": 1}])
def test_a_child_that_reaches_its_limit_is_too_expensive(tmp_path: Path, limit: dict[str, int]) -> None:
    strings = "<sst>" + "".join(f"<si><t>{n:030d}</t></si>" for n in range(1_200_000)) + "</sst>"
    path = books.write_book(tmp_path / "a.xlsx", rows_xml(49_000), {"xl/sharedStrings.xml": strings})
    with pytest.raises(RejectedError) as caught:
        list(lines_of("reader", {**OPTIONS, "ratio": 10**6, **limit}, path, seconds=30))
    assert caught.value.code == "too_expensive"


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = books.write_book(tmp_path / "a.xlsx", rows_xml(49_000))
    with pytest.raises(RejectedError) as caught:
        list(lines_of("reader", OPTIONS, path, seconds=0.05))
    assert caught.value.code == "too_expensive"


def test_no_child_is_left_behind(tmp_path: Path) -> None:
    path = books.write_book(tmp_path / "a.xlsx", rows_xml(20_000))
    lines = lines_of("reader", OPTIONS, path, seconds=30)
    next(lines)
    lines.close()
    with pytest.raises(RejectedError):
        read_table(raw(tmp_path, "b.xlsx", b"PK\x03\x04" + b"\0" * 99), Enterprise)
    assert [c for c in psutil.Process().children() if "sandbox.reader" in " ".join(c.cmdline())] == []
    assert not [t for t in threading.enumerate() if isinstance(t, threading.Timer) and not t.finished.is_set()]


def test_the_child_knows_no_setting_and_imports_only_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(Path(__file__).parents[2])
    probe = f"import sys; sys.path.append({root!r}); import matchmaker.lists.sandbox.reader; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", probe], capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if name.startswith("matchmaker")}
    box = "matchmaker.lists.sandbox"
    assert ours == {"matchmaker", "matchmaker.lists", box, f"{box}.archive", f"{box}.sheet", f"{box}.reader"}
    assert not {"sqlalchemy", "flask", "numpy", "sklearn", "openpyxl", "site"} & set(done.stdout.split())
    monkeypatch.setenv("MATCHMAKER_DATABASE_URL", "postgresql://secret")
    lines = lines_of("reader", OPTIONS, books.write_book(tmp_path / "a.xlsx", rows_xml(20_000)), seconds=30)
    next(lines)
    (child,) = (c for c in psutil.Process().children() if "sandbox.reader" in " ".join(c.cmdline()))
    assert not [name for name in child.environ() if name.startswith("MATCHMAKER_")]
    lines.close()
