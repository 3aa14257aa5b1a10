"""The zip archive around a workbook: judged by its directory before anything is unpacked, its XML without entities."""

import struct
import zipfile
import zlib
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

CHUNK = 1 << 16
DAMAGED = (zipfile.BadZipFile, zlib.error, ExpatError, EOFError, struct.error, UnicodeError, NotImplementedError)
"""What reading a damaged archive raises."""


class Refused(Exception):
    """The file is not taken; ``code`` and ``values`` choose and fill the sentence."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def check_directory(file: BinaryIO, limits: dict[str, int]) -> zipfile.ZipFile:
    """The archive, after its directory was judged; nothing is unpacked before that except the first bytes of entries.

    Raises Refused: too many entries, too much when unpacked, sizes that cannot be true, nested archives, encryption.
    """
    _check_tail(file, limits)
    archive = zipfile.ZipFile(file)
    entries = sorted(archive.infolist(), key=lambda e: e.header_offset)
    if len(entries) > limits["entries"]:
        raise Refused("zip_entries", limit=limits["entries"])
    if sum(e.file_size for e in entries) > limits["unpacked"]:
        raise Refused("zip_bomb", limit=limits["unpacked"] >> 20)
    end = 0
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise Refused("encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("damaged")
        big = entry.file_size >= limits["ratio_from"]
        if big and entry.file_size > limits["ratio"] * max(entry.compress_size, 1):
            raise Refused("zip_bomb", limit=limits["unpacked"] >> 20)
        if entry.header_offset < end or entry.header_offset + entry.compress_size > archive.start_dir:
            raise Refused("damaged")
        end = entry.header_offset + 30 + entry.compress_size
    for entry in entries:
        _check_entry(archive, entry, file)
    names = {e.filename for e in entries}
    if "xl/vbaProject.bin" in names:
        raise Refused("macros")
    if "[Content_Types].xml" not in names or "_rels/.rels" not in names:
        raise Refused("zip_not_xlsx")
    return archive


def _check_tail(file: BinaryIO, limits: dict[str, int]) -> None:
    """Refuse a directory that is too long before zipfile builds an object for each of its entries."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - 66_000))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < 22:
        raise Refused("damaged")
    entries, directory = struct.unpack("<HL", tail[place + 10 : place + 16])
    if place >= 76 and tail[place - 20 : place - 16] == b"PK\x06\x07":
        entries, directory = struct.unpack("<QQ", tail[place - 44 : place - 28])
    if entries > limits["entries"] or directory > limits["directory"]:
        raise Refused("zip_entries", limit=limits["entries"])


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, file: BinaryIO) -> None:
    """The local header agrees with the directory, and the entry is no archive itself."""
    file.seek(entry.header_offset)
    header = file.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise Refused("damaged")
    flags, packed, unpacked = struct.unpack("<6xH10xLL", header[:26])
    stated_here = not flags & 0x8 and 0xFFFFFFFF not in (packed, unpacked)
    if stated_here and (packed, unpacked) != (entry.compress_size, entry.file_size):
        raise Refused("zip_lies")
    if entry.file_size:
        with archive.open(entry) as opened:
            if opened.read(4) in (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\xd0\xcf\x11\xe0"):
                raise Refused("zip_nested", name=entry.filename[-60:])


def parse(archive: zipfile.ZipFile, name: str, start: Any, end: Any = None, text: Any = None) -> None:
    """Run one XML part through expat; a document type (the door to entities) is refused."""
    parser = ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = CHUNK
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _no_doctype
    read = 0
    with archive.open(name) as part:
        declared = archive.getinfo(name).file_size
        while chunk := part.read(CHUNK):
            read += len(chunk)
            if read > declared:
                raise Refused("zip_lies")
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _no_doctype(*_: Any) -> None:
    raise Refused("doctype")


def local(name: str) -> str:
    """An element's name without its prefix."""
    return name.rpartition(":")[2]


def check_doctypes(archive: zipfile.ZipFile) -> None:
    """No part of the workbook may bring a document type, not even one that is not read here."""
    for entry in archive.infolist():
        if entry.filename.lower().endswith((".xml", ".rels")):
            parse(archive, entry.filename, None)
