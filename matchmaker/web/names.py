"""Names to show instead of codes: only those a page needs."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import String, bindparam, literal, null, select, type_coerce, union_all
from sqlalchemy.orm import Session

from matchmaker.domain.fields import Field
from matchmaker.domain.kinds import AreaCode
from matchmaker.domain.text import Text
from matchmaker.lists.models import Area, Chain, Enterprise, Industry, Organisation
from matchmaker.web.view import current_lang

Names = Mapping[tuple[str, str], Text]


def register_of(field: Field) -> str | None:
    """The register in which a field's codes have names; None for a field without codes, and for keys."""
    kind = field.kind
    if field.key:
        return None
    if isinstance(kind, AreaCode):
        return "area"
    found = getattr(kind, "register", None)
    return "organisation" if found == "bank" else found


def names_for(session: Session, fields: Iterable[Field], rows: Iterable[Any]) -> Names:
    """Names of all codes that stand in these fields of these rows."""
    listed = list(rows)
    return names_of(session, ((field, getattr(row, field.attribute)) for field in fields for row in listed))


def names_of(session: Session, values: Iterable[tuple[Field, Any]]) -> Names:
    """Names of all codes among these values of fields."""
    wanted: dict[str, set[str]] = {}
    for field, value in values:
        register = register_of(field)
        if register and value:
            wanted.setdefault(register, set()).update(value if isinstance(value, tuple) else [value])
    asked = {register: sorted(codes) for register, codes in wanted.items() if codes}
    if not asked:
        return {}
    rows_of = session.execute(_statement(frozenset(asked)), asked)
    return {(register, code): Text(zh, en or zh) for register, code, zh, en in rows_of}


_NAMED: dict[str, tuple[Any, Any, Any]] = {
    "chain": (Chain.chain_code, Chain.name_zh, Chain.name_en),
    "organisation": (Organisation.org_code, Organisation.name, null()),
    "area": (Area.code, Area.name, null()),
    "industry": (Industry.code, Industry.name, null()),
    "enterprise": (Enterprise.uscc, Enterprise.name, null()),
}
"""Register → code, Chinese name and English name of its rows."""


@lru_cache(maxsize=64)
def _statement(registers: frozenset[str]) -> Any:
    """One statement for the names of all registers that a page needs; each one's codes are its parameter."""
    parts = []
    for register in sorted(registers):
        code, *names = _NAMED[register]
        columns = [type_coerce(one, String) for one in (code, *names)]
        wanted = bindparam(register, expanding=True, type_=String)
        parts.append(select(literal(register), *columns).where(type_coerce(code, String).in_(wanted)))
    return parts[0] if len(parts) == 1 else union_all(*parts)


def show(field: Field, entry: Any, names: Names) -> str:
    """A field of an entry for a person, codes of registers as names."""
    return show_value(field, getattr(entry, field.attribute), names)


def show_value(field: Field, value: Any, names: Names) -> str:
    """A value of a field for a person, codes of registers as names."""
    register = register_of(field)
    if register is None or field.is_blank(value):
        return field.show(value, current_lang())
    codes = value if isinstance(value, tuple) else (value,)
    said = ("、" if current_lang() == "zh" else ", ").join(_name(names, register, code) for code in codes)
    return f"{said} ({value})" if register == "enterprise" and said != value else said


def _name(names: Names, register: str, code: str) -> str:
    name = names.get((register, code))
    return name.say(current_lang()) if name else code
