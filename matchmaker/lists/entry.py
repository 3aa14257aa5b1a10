"""What every list entry has in common: its key, version, workflow state and fields."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    and_,
    inspect,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from matchmaker.actor import Viewer
from matchmaker.db import Base, FieldType, Id, UtcTime, new_public_id
from matchmaker.domain.cells import CellFault
from matchmaker.domain.fields import MULTIPLE, Field, Sensitivity
from matchmaker.domain.kinds import Code, Kind
from matchmaker.domain.terms import EntryStatus, Side
from matchmaker.domain.text import Text


def column(
    kind: Kind,
    zh: str,
    en: str,
    *,
    required: bool = False,
    key: bool = False,
    sensitivity: Sensitivity = "public",
    refers_to: str | None = None,
    index: bool = False,
    code: str | None = None,
    hint: Text = Text("", ""),
) -> MappedColumn[Any]:
    """One field of a list. ``refers_to``: ``table.column`` of the entry that the value names; ``code``: the column in
    files where it does not follow from the attribute."""
    blank = () if isinstance(kind, MULTIPLE) else None
    info = {
        "kind": kind,
        "label": Text(zh, en),
        "required": required,
        "key": key,
        "sensitivity": sensitivity,
        "help": hint,
        "code": code,
    }
    args = (ForeignKey(refers_to),) if refers_to else ()
    return mapped_column(FieldType(kind, blank), *args, nullable=not required, index=index, info=info)


Faults = list[tuple[str, CellFault]]
"""(column code, what is wrong there)."""


class Entry:
    """Columns of every list entry. ``confirmed_at``: when its owner last said that it is right."""

    kind_name: ClassVar[str]
    """Name of the kind in commands and files, for example ``products``."""
    label: ClassVar[Text]

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String, nullable=True, unique=True, index=True, default=new_public_id)
    """What the API calls it; tells nothing of how many there are."""
    version: Mapped[int] = mapped_column(Integer, default=1)
    status: Mapped[EntryStatus] = mapped_column(
        FieldType(Code(terms=EntryStatus)), default=EntryStatus.DRAFT, index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    confirmed_at: Mapped[datetime] = mapped_column(UtcTime)

    __mapper_args__: ClassVar[dict[str, Any]] = {}

    @classmethod
    def refused(cls, values: Mapping[str, Any]) -> Faults:
        """What is wrong with a row as a whole (attribute → value of every field), each fault at a column's code."""
        return []


class Form:
    """A file that is read as a list is and whose rows become no entries: its fields are declared, not mapped."""

    kind_name: ClassVar[str]
    label: ClassVar[Text]
    fields: ClassVar[tuple[Field, ...]]


Readable = type[Entry] | type[Form]
"""What a file can be read as."""


def fields_of(model: type[Any]) -> tuple[Field, ...]:
    """The fields of a list or form in the order of the contract."""
    table: Any = model
    return table.fields if issubclass(table, Form) else _fields(table)


@cache
def _fields(model: Any) -> tuple[Field, ...]:
    declared = []
    for attribute in inspect(model).column_attrs:
        info = attribute.columns[0].info
        if "kind" in info:
            kind: Kind = info["kind"]
            declared.append(
                Field(
                    code=info.get("code") or kind.code_of(attribute.key),
                    attribute=attribute.key,
                    kind=kind,
                    label=info["label"],
                    required=info["required"],
                    key=info["key"],
                    sensitivity=info["sensitivity"],
                    help=info["help"],
                )
            )
    return tuple(declared)


def key_fields(model: type[Any]) -> tuple[Field, ...]:
    """The fields that together name one entry."""
    return tuple(f for f in fields_of(model) if f.key)


def key_of(entry: Any) -> tuple[Any, ...]:
    """The key of an entry."""
    return tuple(getattr(entry, f.attribute) for f in key_fields(type(entry)))


def values_of(entry: Any) -> dict[str, Any]:
    """Attribute → value of an entry's fields."""
    return {f.attribute: getattr(entry, f.attribute) for f in fields_of(type(entry))}


def written(model: type[Entry], values: dict[str, Any]) -> dict[str, str]:
    """Column code → text as kept in a version; blank cells are left out."""
    texts = ((f.code, f.write(values.get(f.attribute))) for f in fields_of(model))
    return {code: text for code, text in texts if text}


def loaded(model: type[Entry], data: dict[str, str]) -> dict[str, Any]:
    """Attribute → value of what :func:`written` made."""
    return {f.attribute: f.load(data.get(f.code, "")) for f in fields_of(model)}


class ListVersion(Base):
    """One version of one entry, kept for ever. Ids ascend in the order of commit (``db.lock_lists``)."""

    __tablename__ = "list_version"
    __table_args__ = (UniqueConstraint("kind", "entry_id", "version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    entry_id: Mapped[int] = mapped_column(Id)
    version: Mapped[int] = mapped_column(Integer)
    status: Mapped[EntryStatus] = mapped_column(FieldType(Code(terms=EntryStatus)))
    data: Mapped[str] = mapped_column(String)
    """JSON object: column code → text as in a file."""
    actor: Mapped[str] = mapped_column(String)
    cause: Mapped[str] = mapped_column(String)
    note: Mapped[str | None] = mapped_column(String)
    """What was said with a step: why it was returned or declined."""
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)

    @classmethod
    def visible(cls, to: Viewer) -> ColumnElement[bool]:
        """Whoever may write an entry sees its versions; the bureau all."""
        return or_(to.is_side(Side.BUREAU), *(cls._of(model, to) for model in _entries()))

    @classmethod
    def owned(cls, by: Viewer) -> ColumnElement[bool]:
        """Whoever may write the entry; a version is added, and the application's own role cannot change one."""
        return cls.visible(by)

    @classmethod
    def _of(cls, model: type[Any], to: Viewer) -> ColumnElement[bool]:
        own = select(model.id).where(model.owned(to)).correlate(None)  # also inside a question about the same list
        return and_(cls.kind == model.kind_name, cls.entry_id.in_(own))


def _entries() -> list[type[Any]]:
    """The mapped lists that somebody but the system writes, by their names."""
    found = (mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Entry))
    written = (model for model in found if "owned" in vars(model))
    return sorted(written, key=lambda model: model.kind_name)
