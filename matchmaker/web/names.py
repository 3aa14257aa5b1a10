"""Names to show instead of codes: only those a page needs."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
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
    wanted: dict[str, set[str]] = {}
    listed = list(rows)
    for field in fields:
        register = register_of(field)
        if register:
            for row in listed:
                value = getattr(row, field.attribute)
                wanted.setdefault(register, set()).update(
                    value if isinstance(value, tuple) else [value] if value else []
                )
    found: dict[tuple[str, str], Text] = {}
    for register, codes in wanted.items():
        found |= {(register, code): name for code, name in _read(session, register, codes)}
    return found


def _read(session: Session, register: str, codes: set[str]) -> Iterable[tuple[str, Text]]:
    if register == "chain":
        for code, zh, en in session.execute(
            select(Chain.chain_code, Chain.name_zh, Chain.name_en).where(Chain.chain_code.in_(codes))
        ):
            yield code, Text(zh, en or zh)
        return
    key, name = {
        "organisation": (Organisation.org_code, Organisation.name),
        "area": (Area.code, Area.name),
        "industry": (Industry.code, Industry.name),
        "enterprise": (Enterprise.uscc, Enterprise.name),
    }[register]
    for code, said in session.execute(select(key, name).where(key.in_(codes))):
        yield code, Text(said, said)


def show(field: Field, entry: Any, names: Names) -> str:
    """A field of an entry for a person, codes of registers as names."""
    value = getattr(entry, field.attribute)
    register = register_of(field)
    if register is None or field.is_blank(value):
        return field.show(value, current_lang())
    codes = value if isinstance(value, tuple) else (value,)
    said = ("、" if current_lang() == "zh" else ", ").join(_name(names, register, code) for code in codes)
    return f"{said} ({value})" if register == "enterprise" and said != value else said


def _name(names: Names, register: str, code: str) -> str:
    name = names.get((register, code))
    return name.say(current_lang()) if name else code
