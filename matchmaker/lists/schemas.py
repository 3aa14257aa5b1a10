"""Schemas derived from the models: one mechanism checks the rows of a file and, as JSON, the bodies of the API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema

from matchmaker.domain.cells import Cell, CellFault, Registers
from matchmaker.domain.fields import Field
from matchmaker.domain.kinds import AreaCode, Code, Registered, RegisteredMany, Tiers
from matchmaker.domain.parse import cell_text
from matchmaker.domain.rate import Rate
from matchmaker.domain.text import Text
from matchmaker.lists.entry import Faults, Readable, fields_of
from matchmaker.lists.faults import REQUIRED, check_trouble

BOUNDS = (
    ("amount_min_fen", "amount_max_fen"),
    ("term_min_months", "term_max_months"),
    ("rate_min", "rate_max"),
    ("revenue_min_fen", "revenue_max_fen"),
    ("valid_from", "valid_to"),
    ("occurred_on", "decided_on"),
    ("occurred_on", "ended_on"),
)
"""Pairs of fields of which the first may not be above the second (CONTRACT.md section 2)."""

_CROSSED = Text(
    "「{low}」{low_value} 大于「{high}」{high_value}。核对这两格。",
    '"{low}" {low_value} is above "{high}" {high_value}. Check the two cells.',
)
_CROSSED_DATES = Text(
    "「{high}」{high_value} 早于「{low}」{low_value}。核对这两格。",
    '"{high}" {high_value} is before "{low}" {low_value}. Check the two cells.',
)
_REMEMBERED = (Code, Registered, RegisteredMany, AreaCode, Tiers)
_MOST_REMEMBERED = 20_000


def required_fault(declared: Field) -> CellFault:
    """The fault of a required cell that is blank."""
    return CellFault("required", REQUIRED, label=declared.label)


def as_cell(value: Any) -> Cell:
    """A cell of a file as it is; a value of a JSON body as the cell that a person would have typed."""
    if isinstance(value, Cell):
        return value
    if isinstance(value, list | tuple):
        return Cell(";".join(str(part) for part in value))
    if value is None or isinstance(value, str | int | float | bool | date):
        return Cell(value)
    raise CellFault("type", Text("这里应为一个值，而不是对象。", "A single value is expected here, not an object."))


class CellField(fields.Field[Any]):
    """A field whose value is read by the kind that its model declares; registers are the schema's."""

    def __init__(self, declared: Field) -> None:
        """``declared``: the model's field; its code is the name in files and in JSON."""
        super().__init__(required=declared.required, allow_none=True, data_key=declared.code)
        self.declared = declared
        self.remembered = isinstance(declared.kind, _REMEMBERED)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The value of a cell or of a JSON value; null is a blank cell."""
        return super().deserialize(Cell() if value is None else value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return self._value_of(as_cell(value))
        except CellFault as fault:
            raise ValidationError([fault]) from fault

    def _value_of(self, cell: Cell) -> Any:
        check_trouble(cell)
        if cell.value is None or not cell_text(cell):
            if self.declared.required:
                raise required_fault(self.declared)
            return self.declared.blank
        schema = self.parent
        assert isinstance(schema, RowSchema)
        if not self.remembered or not isinstance(cell.value, str):
            return self.declared.kind.read(cell, schema.registers)
        known = schema.read_before.get((self.declared.code, cell.value))
        if known is None:
            known = self.declared.kind.read(cell, schema.registers)
            if len(schema.read_before) < _MOST_REMEMBERED:
                schema.read_before[self.declared.code, cell.value] = known
        return known


class RowSchema(Schema):
    """Base of the schemas that are derived from models; refuses what it does not know."""

    class Meta:
        unknown = RAISE
        register = False

    def __init__(self, registers: Registers, **kwargs: Any) -> None:
        """``registers``: what coded cells are checked against."""
        super().__init__(**kwargs)
        self.registers = registers
        self.read_before: dict[tuple[str, str], Any] = {}

    @validates_schema(skip_on_field_errors=False)
    def check_bounds(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Bounds that are crossed, where both cells were read, at the later column's cell."""
        crossed: dict[str, list[Any]] = {}
        for low, high in BOUNDS:
            one, other = data.get(low), data.get(high)
            if one is not None and other is not None and _above(one, other):
                low_field, high_field = _declared(self, low), _declared(self, high)
                pattern = _CROSSED_DATES if isinstance(one, date) else _CROSSED
                fault = CellFault(
                    "crossed",
                    pattern,
                    low=low_field.label,
                    high=high_field.label,
                    low_value=low_field.write(one),
                    high_value=high_field.write(other),
                )
                crossed.setdefault(high_field.code, []).append(fault)
        if crossed:
            raise ValidationError(crossed)


def _declared(schema: RowSchema, attribute: str) -> Field:
    found = schema.fields[attribute]
    assert isinstance(found, CellField)
    return found.declared


def _above(one: Any, other: Any) -> bool:
    """Whether ``one`` is above ``other``; a fixed rate and a spread on LPR are not comparable without a date."""
    if isinstance(one, Rate):
        if one.pct_e6 is not None and other.pct_e6 is not None:
            return one.pct_e6 > int(other.pct_e6)
        return one.spread_bp is not None and other.spread_bp is not None and one.spread_bp > other.spread_bp
    return bool(one > other)


def schema_class(model: Readable) -> type[RowSchema]:
    """The schema of one list, register or form."""
    declared: dict[str, Any] = {f.attribute: CellField(f) for f in fields_of(model)}
    return type(f"{model.__name__}Schema", (RowSchema,), declared)


@dataclass(slots=True)
class ReadRow:
    """One row of a file: the values that could be read (attribute → value) and the faults of the others."""

    number: int
    values: dict[str, Any]
    faults: Faults = field(default_factory=list)

    def faulty(self, code: str) -> bool:
        """Whether the cell in column ``code`` has a fault."""
        return any(code == column for column, _ in self.faults)


def read_row(schema: RowSchema, number: int, cells: Mapping[str, Cell]) -> ReadRow:
    """Read the cells that a row has; absent columns stand in neither values nor faults."""
    try:
        return ReadRow(number, schema.load(cells, partial=True))
    except ValidationError as error:
        found: dict[str, list[CellFault]] = error.messages_dict
        values: Any = error.valid_data
        return ReadRow(number, values, [(code, fault) for code, faults in found.items() for fault in faults])
