"""Codes of registers (organisations, chains, areas, industries) with their names beside them, as other codes have."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.domain.fields import Field
from matchmaker.domain.text import Text
from matchmaker.web.api.kinds import is_named, json_name
from matchmaker.web.names import Names, names_for, register_of
from matchmaker.web.view import current_lang


def named_fields(fields: Iterable[Field]) -> list[Field]:
    """Those of the fields whose codes have names in a register."""
    return [field for field in fields if is_named(field)]


def add_names(session: Session, fields: Iterable[Field], rows: Sequence[Any], shown: Sequence[dict[str, Any]]) -> None:
    """Put ``{code, label}`` for each bare code in ``shown``, the JSON of the ``rows``, in the language asked for.

    A code that its register lacks is its own label.
    """
    wanted = [field for field in named_fields(fields) if any(json_name(field) in one for one in shown)]
    names = names_for(session, wanted, rows)
    for one in shown:
        for field in wanted:
            name, register = json_name(field), register_of(field)
            if register and one.get(name) is not None:
                one[name] = _named(names, register, one[name])


def _named(names: Names, register: str, codes: Any) -> Any:
    if isinstance(codes, list):
        return [_named(names, register, code) for code in codes]
    return {"code": codes, "label": names.get((register, codes), Text(codes, codes)).say(current_lang())}
