"""From the registers of schemes to the engine's facts: one place for whoever matches and whoever covers."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from matchmaker.scoring.schemes import Scheme, SchemeGrade

SCHEME_COLUMNS = tuple(f.name for f in fields(Scheme) if f.name != "grades")
GRADE_COLUMNS = tuple(f.name for f in fields(SchemeGrade))


def scheme_of(values: Mapping[str, Any], grades: Sequence[SchemeGrade] = ()) -> Scheme:
    """The facts of a scheme; ``values``: attribute → value of its row, ``grades``: its terms by grade."""
    return Scheme(
        **{name: values[name] for name in SCHEME_COLUMNS}, grades=tuple(sorted(grades, key=lambda one: one.grade.value))
    )


def grade_of(values: Mapping[str, Any]) -> SchemeGrade:
    """The terms of one grade; blank shares and counter-guarantees are none."""
    return SchemeGrade(**{name: values[name] for name in GRADE_COLUMNS if values[name] is not None})
