"""Finding the header of a list and what each of its columns is (CONTRACT.md section 2)."""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from matchmaker.domain.fields import Field
from matchmaker.domain.text import Text, normal
from matchmaker.lists.entry import Readable, fields_of, key_fields
from matchmaker.lists.faults import file_fault

FAULT_COLUMN = Text("错误说明", "What to mend")
"""The column that ``annotate`` adds; it is passed over when the file comes back."""
ONE_OF: dict[str, tuple[str, ...]] = {"contacts": ("uscc", "org_code")}
"""Columns of which one has to be there."""
LIKE = 0.5
"""From this likeness on (0 to 1) a header is worth the question whether it means an absent column."""
_SAME_WORDS = (("上限", "最高"), ("下限", "最低"), ("最大", "最高"), ("最小", "最低"))
"""What people write for a bound, and what our labels say."""
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


def names_of(model: Readable) -> dict[str, str]:
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

    def __init__(self, model: Readable, renamed: Mapping[str, str] | None = None) -> None:
        """``renamed``: see :func:`read_header`."""
        self._names = names_of(model) | _compared(renamed)
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


def read_header(
    model: Readable,
    row: int,
    texts: Mapping[int, str],
    renamed: Mapping[str, str] | None = None,
    given: Collection[str] = (),
) -> Header:
    """What each column of the header row is. ``renamed``: header → the code that it stands for, empty: left out;
    ``given``: codes of columns that need not stand there.

    Raises RejectedError: a column twice (``duplicate_column``), or required ones missing (``missing_column``, with the
    nearest header of the file; ``values`` hold the ``unknown`` headers and which of them is ``likely`` to be what).
    """
    names = names_of(model) | _compared(renamed)
    columns: dict[str, int] = {}
    extra: dict[int, str] = {}
    for number, text in sorted(texts.items()):
        code = names.get(plain(text))
        if not code:
            if code is None and plain(text) and plain(text) not in {plain(FAULT_COLUMN.zh), plain(FAULT_COLUMN.en)}:
                extra[number] = text.strip()
        elif code in columns:
            raise file_fault(
                "duplicate_column",
                columns=_label(model, code),
                column=code,
                row=row,
                cell=f"{letters(columns[code])}{row}",
                other=f"{letters(number)}{row}",
            )
        else:
            columns[code] = number
    _check_required(model, row, columns, extra, given)
    return Header(row, columns, extra)


def _compared(renamed: Mapping[str, str] | None) -> dict[str, str]:
    return {plain(text): code for text, code in (renamed or {}).items()}


def _check_required(
    model: Readable, row: int, columns: dict[str, int], extra: dict[int, str], given: Collection[str]
) -> None:
    missing = [f for f in fields_of(model) if f.required and f.code not in (*columns, *given)]
    either = ONE_OF.get(model.kind_name, ())
    if either and not any(code in columns for code in either):
        missing += [f for f in fields_of(model) if f.code == either[0]]
    if not missing:
        return
    near = _nearest(missing, extra)
    values = {"row": row, "column": missing[0].code, "columns": _labels(missing)}
    likely = {extra[number]: code for code, number in near.items()}
    likely |= likely_columns(model, Header(row, columns, extra))
    values |= {"unknown": tuple(extra.values()), "likely": likely}
    if not near:
        raise file_fault("missing_column", **values)
    if missing[0].code in near:
        values |= {"cell": f"{letters(near[missing[0].code])}{row}"}
    if len(missing) == 1:
        raise file_fault("missing_column_near", near=extra[near[missing[0].code]][:40], **values)
    asked = [(f, extra[near[f.code]][:40], f"{letters(near[f.code])}{row}") for f in missing if f.code in near]
    pairs = Text(
        "；".join(f"「{f.label.zh}」是否就是「{text}」（{cell}）" for f, text, cell in asked),
        "; ".join(f'is "{f.code}" the column "{text}" ({cell})' for f, text, cell in asked),
    )
    raise file_fault("missing_columns_near", pairs=pairs, **values)


def _labels(fields: list[Field]) -> Text:
    return Text("」「".join(f.label.zh for f in fields), '", "'.join(f.code for f in fields))


def _nearest(missing: list[Field], extra: dict[int, str]) -> dict[str, int]:
    """Code of a missing column → the column of the file whose header is most like its label or code, each only once."""
    found: dict[str, int] = {}
    likeness = {(f.code, n): _likeness(text, f) for f in missing for n, text in extra.items()}
    for code, number in sorted(likeness, key=lambda pair: -likeness[pair]):
        if code not in found and number not in found.values():
            found[code] = number
    return found


def likely_columns(model: Readable, header: Header) -> dict[str, str]:
    """Header that is no column → code of the absent column that it is most like, where it is like one at all."""
    absent = [f for f in fields_of(model) if f.code not in header.columns]
    found = {}
    for text in header.extra.values():
        likeness = {f.code: _likeness(text, f) for f in absent}
        code = max(likeness, key=lambda c: likeness[c], default=None)
        if code is not None and likeness[code] >= LIKE:
            found[text] = code
    return found


def _likeness(text: str, field: Field) -> float:
    """How like a header is to a field's label (with or without its unit) or code, from 0 to 1; among equals, the one
    with more of its characters, wherever they stand (年利率上限 is 最高年利率, not 最低年利率)."""
    header = plain(text)[:80]
    for other, ours in _SAME_WORDS:
        header = header.replace(other, ours)
    label = plain(field.label.zh)
    found = (
        difflib.SequenceMatcher(None, header, name) for name in {label, _BRACKET.sub("", label), plain(field.code)}
    )
    return max(0.999 * matcher.ratio() + 0.001 * matcher.quick_ratio() for matcher in found)


def _label(model: Readable, code: str) -> Text:
    return next(Text(f.label.zh, f.code) for f in fields_of(model) if f.code == code)


def letters(number: int) -> str:
    """1 → A, 26 → Z, 27 → AA."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
