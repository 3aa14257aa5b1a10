"""Guarantee schemes and standing ratings as the engine's facts, now or as they stood at an earlier list version."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.guarantee.schemes import GRADE_COLUMNS, SCHEME_COLUMNS, grade_of, scheme_of
from matchmaker.lists import guarantee_registers as registers
from matchmaker.matching.rows import Lists
from matchmaker.scoring.schemes import Scheme, SchemeGrade, Standing


def load_schemes(source: Lists) -> tuple[tuple[Scheme, ...], dict[str, int]]:
    """The schemes in use with their terms by grade, in the order of their codes, and code → version.

    Dates are the engine's to look at; what is not in use is nobody's to have.
    """
    in_use = [
        (values, version)
        for values, version in source.rows(registers.Scheme, ("active", *SCHEME_COLUMNS))
        if values["active"]
    ]
    grades: dict[str, list[SchemeGrade]] = defaultdict(list)
    for values, _ in source.rows(registers.SchemeGrade, ("scheme_code", *GRADE_COLUMNS)) if in_use else ():
        grades[values["scheme_code"]].append(grade_of(values))
    schemes = [scheme_of(values, grades[values["scheme_code"]]) for values, _ in in_use]
    versions = {values["scheme_code"]: version for values, version in in_use}
    return tuple(sorted(schemes, key=lambda scheme: scheme.scheme_code)), versions


def load_standings(source: Lists, where: Mapping[str, Any]) -> tuple[dict[str, Standing], dict[str, int]]:
    """uscc → standing rating, and uscc → its version; of the enterprises that ``where`` narrows to."""
    names = ("uscc", "grade", "rating_no", "rated_on", "valid_to")
    rows = list(source.rows(EnterpriseRating, names, **where))
    standings = {v["uscc"]: Standing(v["grade"], v["rating_no"], v["rated_on"], v["valid_to"]) for v, _ in rows}
    return standings, {values["uscc"]: version for values, version in rows}
