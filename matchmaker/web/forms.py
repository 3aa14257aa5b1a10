"""Forms made from the fields that models declare: label, hint, choices and the reading of what was typed.

What is typed becomes the cell that stands in a file, so a page, a workbook and a body are checked by one mechanism and
say the same sentence.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from matchmaker.domain.cells import Cell, CellFault, Registers
from matchmaker.domain.fields import Field
from matchmaker.domain.kinds import Code, Codes, FreeText, Registered, RegisteredMany, YesNo
from matchmaker.domain.text import LANGS, Text
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.schemas import read_row, schema_class

LONG_TEXT = 200
OFFERED = ("chain", "bank", "organisation", "guarantor", "scheme")
"""Registers short enough to choose from; industries and areas are typed."""
YES_NO = (("是", Text("是", "yes")), ("否", Text("否", "no")))


@dataclass(frozen=True, slots=True)
class Question:
    """One field as a page asks it. ``control``: text, long, date, select, radios or checks."""

    declared: Field
    control: str
    options: Sequence[tuple[str, Text]] = ()
    label: Text | None = None
    hint: Text | None = None

    @property
    def name(self) -> str:
        """Name of the input: the column's code."""
        return self.declared.code

    @property
    def said(self) -> Text:
        """The label."""
        return self.label or self.declared.label

    @property
    def help(self) -> Text:
        """The hint under the label: the form's own, the field's, or an example of how it is written."""
        if self.hint is not None:
            return self.hint
        example = getattr(type(self.declared.kind), "example", None)
        if self.declared.help.zh or example is None or self.options or self.control == "long":
            return self.declared.help
        return Text(f"例如 {example.zh}", f"for example {example.en}")


@dataclass(slots=True)
class Form:
    """The questions of a page, what was typed, and what is wrong with it: (name of the input, sentence)."""

    questions: Sequence[Question]
    typed: dict[str, list[str]] = field(default_factory=dict)
    faults: list[tuple[str, Text]] = field(default_factory=list)
    proposed: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    """Name of an input that holds a proposed value → what is stored, in words."""

    def propose(self, name: str, value: str) -> None:
        """Have an input hold a value that somebody proposes; one that stands there already is no proposal."""
        question = next(q for q in self.questions if q.name == name)
        values = value.split(";") if question.control == "checks" else [value]
        if values == self.typed.get(name):
            return
        labels = dict(question.options)
        held = [one for one in self.typed.get(name, ()) if one]
        self.proposed[name] = tuple(labels.get(one, Text(one, one)) for one in held)
        self.typed[name] = values

    def value(self, name: str) -> str:
        """What stands in an input."""
        return next(iter(self.typed.get(name, ())), "")

    def holds(self, name: str, value: str) -> bool:
        """Whether a choice is made."""
        return value in self.typed.get(name, ())

    def fault(self, name: str) -> Text | None:
        """The first fault of an input."""
        return next((sentence for at, sentence in self.faults if at == name), None)

    def cells(self) -> dict[str, Cell]:
        """Column code → cell, of the questions asked."""
        return {q.name: Cell(";".join(v for v in self.typed.get(q.name, ()) if v.strip())) for q in self.questions}


def questions_of(
    model: type[Entry],
    codes: Iterable[str],
    registers: Registers,
    *,
    radios: Iterable[str] = (),
    labels: Mapping[str, Text] | None = None,
    hints: Mapping[str, Text] | None = None,
) -> list[Question]:
    """The fields with these column codes as questions, in this order; ``radios``: codes asked as radio buttons.

    ``registers`` have to be open (their session) while this runs: choices of chains, banks … come from them.
    """
    declared = {f.code: f for f in fields_of(model)}
    made = []
    for code in codes:
        options = tuple(_options(declared[code], registers))
        control = "radios" if code in radios else _control(declared[code], options)
        label, hint = (labels or {}).get(code), (hints or {}).get(code)
        made.append(Question(declared[code], control, options, label, hint))
    return made


def _options(declared: Field, registers: Registers) -> Iterable[tuple[str, Text]]:
    kind = declared.kind
    if isinstance(kind, YesNo):
        return YES_NO
    if isinstance(kind, Code) and kind.choices():
        return [(term.value, term.label) for term in kind.choices()]
    if isinstance(kind, Registered | RegisteredMany) and kind.register in OFFERED:
        register = registers.get(kind.register)
        names = register.names if register is not None else {}
        return [(code, Text(known[0], known[-1])) for code, known in names.items() if known]
    return ()


def _control(declared: Field, options: Sequence[Any]) -> str:
    kind = declared.kind
    if options:
        return "checks" if isinstance(kind, Codes | RegisteredMany) else "select"
    if isinstance(kind, FreeText) and kind.limit > LONG_TEXT:
        return "long"
    return "text"


def asked(questions: Sequence[Question]) -> Form:
    """What the request's form holds, as typed."""
    names = [q.name for q in questions]
    return Form(questions, {name: request.form.getlist(name) for name in names if name in request.form})


def filled(questions: Sequence[Question], values: Mapping[str, Any]) -> Form:
    """A form that holds stored values (attribute → value), written as in a file."""
    typed = {}
    for one in questions:
        text = one.declared.write(values.get(one.declared.attribute))
        typed[one.name] = text.split(";") if one.control == "checks" else [text]
    return Form(questions, typed)


def check(session: Session, model: type[Entry], form: Form, registers: Registers) -> dict[str, Any]:
    """Attribute → value of what could be read; the faults are in the form then, in the order of its questions."""
    row = read_row(schema_class(model)(registers), 1, form.cells())
    found: dict[str, list[CellFault]] = {}
    for code, fault in row.faults:
        found.setdefault(code, []).append(fault)
    form.faults = [(q.name, _named(q, fault)) for q in form.questions for fault in found.get(q.name, ())]
    return row.values


def _named(question: Question, fault: CellFault) -> Text:
    """The sentence says which field it is about, for it stands in the summary too."""
    if fault.code == "required":
        return Text(f"「{question.said.zh}」还没有填写。", f'"{question.said.en}" is not filled in yet.')
    sentence = as_text(fault)
    known = question.declared.label.zh in sentence.zh or question.said.zh in sentence.zh
    return sentence if known else Text(f"{question.said.zh}：{sentence.zh}", f"{question.said.en}: {sentence.en}")


def switched() -> bool:
    """Whether a form was sent only to be shown in the other language, with what stands in it."""
    return "switch_to" in request.form


def as_text(fault: CellFault) -> Text:
    """A fault of a cell as a sentence in both languages."""
    return Text(*(fault.text.say(lang, **fault.values) for lang in LANGS))
