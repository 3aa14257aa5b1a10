"""What the page of an upload shows, in the reader's language: columns to be told, rows that differ, rows to mend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from matchmaker.db import ScopedSession
from matchmaker.domain.fields import Field
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.models import LISTS
from matchmaker.lists.services.checks import STAGES
from matchmaker.lists.services.undoing import until
from matchmaker.web.names import Names, names_for, show
from matchmaker.web.tables.uploads import STATES, counts_of, state_of
from matchmaker.web.view import current_lang, say

Difference = tuple[str, str, str]
"""Label, text before, text after."""


@dataclass(slots=True)
class UploadView:
    """``questions``: header of the file, sentence, chosen code; ``absent``: columns to choose from.

    ``changed``: row, name, differences; ``faulty``: row, name, column → (text, sentence); ``faulty_columns``: theirs.
    """

    state: str
    model: type[Entry]
    counts: Mapping[str, int]
    questions: list[tuple[str, str, str]] = field(default_factory=list)
    absent: list[Field] = field(default_factory=list)
    new: Sequence[Mapping[str, Any]] = ()
    ended: Sequence[Mapping[str, Any]] = ()
    changed: list[tuple[int, str, list[Difference]]] = field(default_factory=list)
    faulty: list[tuple[int, str, Mapping[str, tuple[str, str]]]] = field(default_factory=list)
    faulty_columns: list[Field] = field(default_factory=list)
    undo_until: datetime | None = None

    @property
    def label(self) -> Text:
        """The state in words."""
        return STATES[self.state][1]

    @property
    def colour(self) -> str:
        """The colour of its tag."""
        return STATES[self.state][0]


def view_of(session: ScopedSession, job: ImportJob, now: datetime) -> UploadView:
    """The page of an upload."""
    model, result = LISTS[job.kind], job.result
    end = until(job)
    view = UploadView(state_of(job), model, counts_of(job), undo_until=end if end and end > now else None)
    declared = {f.code: f for f in fields_of(model)}
    if "asked" in result:
        _ask(view, result["asked"])
    else:
        answered = {text: code for text, code in result.get("headers", {}).items() if code}
        view.questions = [(text, "", code) for text, code in answered.items()]
        view.questions += [(text, "", "") for text in result["ignored_columns"]]
        view.absent = list(declared.values())
    if rows := result.get("rows"):
        view.new, view.ended = rows["new"], rows["ended"]
        view.changed = _changed(session, model, rows["changed"])
        _show_faulty(view, rows["faulty"])
    return view


def progress_of(job: ImportJob) -> dict[str, Any]:
    """How far the check of an upload is: per cent, words, and its rows once they are known; empty when it has ended."""
    checking = job.result.get("checking")
    if checking is None:
        return {}
    percent, label = STAGES[checking["stage"]]
    return {"percent": percent, "label": label, "rows": checking["rows"]}


def _ask(view: UploadView, asked: Mapping[str, Any]) -> None:
    declared = {f.code: f for f in fields_of(view.model)}
    for header in asked["unknown"]:
        code = asked["likely"].get(header, "")
        sentence = _question(header, declared[code]) if code else say(_UNKNOWN_HEADER)
        view.questions.append((header, sentence, code))
    view.questions.sort(key=lambda one: not one[2])
    view.absent = list(declared.values())


def _question(header: str, likely: Field) -> str:
    return _NOT_FOUND.say(current_lang(), label=likely.label, header=header)


def _changed(
    session: ScopedSession, model: type[Entry], rows: Sequence[Mapping[str, Any]]
) -> list[tuple[int, str, list[Difference]]]:
    declared = {f.code: f for f in fields_of(model)}
    values = [_values(declared, row, at) for row in rows for at in (1, 2)]
    touched = {code for row in rows for code, _, _ in row["fields"]}
    names = names_for(session, [declared[code] for code in touched], values)
    return [
        (row["row"], row["name"], [_difference(declared[code], old, new, names) for code, old, new in row["fields"]])
        for row in rows
    ]


def _values(declared: Mapping[str, Field], row: Mapping[str, Any], at: int) -> SimpleNamespace:
    """The old (1) or new (2) values of a changed row as an object with the attributes of its list."""
    found = {f.attribute: f.blank for f in declared.values()}
    for told in row["fields"]:
        found[declared[told[0]].attribute] = _load(declared[told[0]], told[at])
    return SimpleNamespace(**found)


def _load(declared: Field, text: str) -> Any:
    """The value of a text; a long one was cut and stays text."""
    try:
        return declared.load(text)
    except (ValueError, KeyError, ArithmeticError):
        return text


def _difference(declared: Field, old: str, new: str, names: Names) -> Difference:
    shown = [
        show(declared, SimpleNamespace(**{declared.attribute: _load(declared, text)}), names) for text in (old, new)
    ]
    return say(declared.label), shown[0], shown[1]


def _show_faulty(view: UploadView, rows: Sequence[Mapping[str, Any]]) -> None:
    at = 1 if current_lang() == "zh" else 2
    for row in rows:
        cells = {code: (told[0], told[at]) for code, told in row["cells"].items()}
        view.faulty.append((row["row"], row["name"], cells))
    with_faults = {code for row in rows for code in row["cells"]}
    view.faulty_columns = [f for f in fields_of(view.model) if f.code in with_faults]


_NOT_FOUND = Text(
    "没有找到列「{label}」；文件中有「{header}」，是否就是它？",
    'The column "{label}" was not found; the file has "{header}". Is that the one?',
)
_UNKNOWN_HEADER = Text("清单没有这一列。", "The list has no such column.")
