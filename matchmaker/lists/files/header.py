"""Finding the header of a list and what each of its columns is (CONTRACT.md section 2)."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from matchmaker.domain.fields import Field
from matchmaker.domain.parse import normal
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, fields_of, key_fields
from matchmaker.lists.faults import file_fault

FAULT_COLUMN = Text("错误说明", "What to mend")
"""The column that ``annotate`` adds; it is passed over when the file comes back."""
ONE_OF: dict[str, tuple[str, ...]] = {"contacts": ("uscc", "org_code")}
"""Columns of which one has to be there."""
LIKE = 0.5
"""From this likeness on (0 to 1) a header is worth the question whether it means an absent column."""
_BRACKET = re.compile(r"\([^()]*\)$")


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns of a list stand: ``columns`` code → column number (from 1), ``extra`` number → text."""

    row: int
    columns: dict[str, int]
    extra: dict[int, str]


def plain(text: str) -> str:
    """A header as it is compared: NFKC, without blanks, line breaks, a required mark ``*``, in small letters."""
    return "".join(normal(text).split()).strip("*").casefold()


def names_of(model: type[Entry]) -> dict[str, str]:
    """Compared header → code of each column: its code, its Chinese label, and the label without its unit where that is
    no other column's name."""
    fields = fields_of(model)
    names = {plain(name): f.code for f in fields for name in (f.label.zh, f.code)}
    short = [(_BRACKET.sub("", plain(f.label.zh)), f.code) for f in fields]
    for name, code in short:
        if name not in names and [n for n, _ in short].count(name) == 1:
            names[name] = code
    return names


class HeaderFinder:
    """Looks at rows from the top; :attr:`likely` is the first row with two known headers, in case none has the key."""

    def __init__(self, model: type[Entry]) -> None:
        self._names = names_of(model)
        self._keys = {f.code for f in key_fields(model)}
        self.likely: tuple[int, dict[int, str]] | None = None

    def is_header(self, row: int, texts: Mapping[int, str]) -> bool:
        """Whether the row (column number → text) holds a key column's code or Chinese label."""
        known = {self._names.get(plain(text)) for text in texts.values()} - {None}
        if known & self._keys:
            return True
        if len(known) > 1 and self.likely is None:
            self.likely = row, dict(texts)
        return False


def read_header(model: type[Entry], row: int, texts: Mapping[int, str]) -> Header:
    """What each column of the header row is.

    Raises RejectedError: a column twice (``duplicate_column``), or required ones missing (``missing_column``, with the
    nearest header of the file).
    """
    names = names_of(model)
    columns: dict[str, int] = {}
    extra: dict[int, str] = {}
    for number, text in sorted(texts.items()):
        code = names.get(plain(text))
        if code is None:
            if plain(text) and plain(text) not in {plain(FAULT_COLUMN.zh), plain(FAULT_COLUMN.en)}:
                extra[number] = text.strip()
        elif code in columns:
            raise file_fault(
                "duplicate_column",
                columns=_label(model, code),
                cell=f"{letters(columns[code])}{row}",
                other=f"{letters(number)}{row}",
            )
        else:
            columns[code] = number
    _check_required(model, row, columns, extra)
    return Header(row, columns, extra)


def _check_required(model: type[Entry], row: int, columns: dict[str, int], extra: dict[int, str]) -> None:
    missing = [f for f in fields_of(model) if f.required and f.code not in columns]
    either = ONE_OF.get(model.kind_name, ())
    if either and not any(code in columns for code in either):
        missing += [f for f in fields_of(model) if f.code == either[0]]
    if not missing:
        return
    labels = Text("」「".join(f.label.zh for f in missing), '", "'.join(f.code for f in missing))
    near = _nearest(missing[0], extra)
    if near is None:
        raise file_fault("missing_column", columns=labels, column=missing[0].code)
    raise file_fault(
        "missing_column_near",
        columns=labels,
        column=missing[0].code,
        near=extra[near][:40],
        cell=f"{letters(near)}{row}",
    )


def _nearest(field: Field, extra: dict[int, str]) -> int | None:
    """The column whose header is most like the missing one's label or code; None when nothing is left over."""
    names = (field.label.zh, field.code)
    return max(extra, key=lambda n: max(_likeness(extra[n], name) for name in names), default=None)


def likely_columns(model: type[Entry], header: Header) -> dict[str, str]:
    """Header that is no column → code of the absent column that it is most like, where it is like one at all."""
    absent = [f for f in fields_of(model) if f.code not in header.columns]
    found = {}
    for text in header.extra.values():
        likeness = {f.code: max(_likeness(text, f.label.zh), _likeness(text, f.code)) for f in absent}
        code = max(likeness, key=lambda c: likeness[c], default=None)
        if code is not None and likeness[code] >= LIKE:
            found[text] = code
    return found


def _likeness(text: str, name: str) -> float:
    return difflib.SequenceMatcher(None, plain(text)[:80], plain(name)).ratio()


def _label(model: type[Entry], code: str) -> Text:
    return next(Text(f.label.zh, f.code) for f in fields_of(model) if f.code == code)


def letters(number: int) -> str:
    """1 → A, 26 → Z, 27 → AA."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
