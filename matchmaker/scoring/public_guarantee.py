"""Whether the public guarantee can be had: by whom, for which amount, on which day, and if not, why.

CONTRACT.md section 3, ``security``: an enterprise for which it is available for the amount offers GUARANTEE too. It is
available where a scheme is in use and in force, serves the enterprise's area and chain, covers its valid grade, and
the amount is within what that grade may have. Capacity that is left is no part of it: it moves by the minute, and a
verdict can be computed again from list versions; the application is tested against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from matchmaker.domain.guarantee_terms import Grade
from matchmaker.scoring.facts import Enterprise
from matchmaker.scoring.schemes import Cover, Scheme, SchemeGrade, Standing

__all__ = ["NOT_ASKED", "Availability", "Why", "availability", "grades_that_would_do", "to_be_rated"]

Terms = tuple[Scheme, SchemeGrade]


class Why(StrEnum):
    """What stands in the way, the farthest first."""

    NO_SCHEME = "no_scheme"
    OUTSIDE = "outside"
    NOT_RATED = "not_rated"
    EXPIRED = "expired"
    GRADE = "grade"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Availability:
    """``cover``: the terms that hold, or None and ``why``. ``standing``: the rating that was looked at.

    ``amount_max_fen``: the most that the enterprise could be covered for, rated as it is or, while it has no valid
    rating, with the grade that may have most; None where no amount would do.
    """

    cover: Cover | None = None
    why: Why | None = None
    standing: Standing | None = None
    amount_max_fen: int | None = None


NOT_ASKED = Availability()
"""Of an enterprise without a need: there is no amount."""
_NO_SCHEME = Availability(why=Why.NO_SCHEME)
_OUTSIDE = Availability(why=Why.OUTSIDE)


def availability(schemes: Sequence[Scheme], enterprise: Enterprise, amount_fen: int, on: date) -> Availability:
    """Under which terms ``enterprise`` can have the guarantee for ``amount_fen`` on a day, or the one reason why not.

    Of several schemes the best for the enterprise holds: the lower fee it pays itself, then the higher amount, then the
    scheme's code. Of several obstacles the last one left is told. Independent of the order of ``schemes``.
    """
    if not schemes:
        return _NO_SCHEME
    in_force = [scheme for scheme in schemes if scheme.in_force(on)]
    if not in_force:
        return _NO_SCHEME
    serving = _serving(in_force, enterprise)
    return _rated(serving, enterprise.standing, amount_fen, on) if serving else _OUTSIDE


def grades_that_would_do(
    schemes: Sequence[Scheme], enterprise: Enterprise, amount_fen: int, on: date
) -> tuple[Grade, ...]:
    """The grades, best first, with which an enterprise that has no valid rating now could have the guarantee."""
    serving = _serving([scheme for scheme in schemes if scheme.in_force(on)], enterprise)
    covered = {terms.grade for scheme in serving for terms in scheme.grades if amount_fen <= terms.amount_max_fen}
    return tuple(grade for grade in Grade if grade in covered)


def to_be_rated(schemes: Sequence[Scheme], enterprise: Enterprise, amount_fen: int, on: date) -> Standing | None:
    """A rating with which the guarantee could be had, the lowest that would do; None where none would."""
    grades = grades_that_would_do(schemes, enterprise, amount_fen, on)
    return Standing(grades[-1], "", on, date.max) if grades else None


def _serving(schemes: Sequence[Scheme], enterprise: Enterprise) -> list[Scheme]:
    return [scheme for scheme in schemes if scheme.serves(enterprise.area_code, enterprise.chain_code)]


def _rated(serving: Sequence[Scheme], standing: Standing | None, amount_fen: int, on: date) -> Availability:
    if standing is None or on < standing.rated_on or standing.valid_to < on:
        expired = standing is not None and standing.valid_to < on
        most = max((terms.amount_max_fen for scheme in serving for terms in scheme.grades), default=None)
        return Availability(None, Why.EXPIRED if expired else Why.NOT_RATED, standing, most)
    covering = [(scheme, terms) for scheme in serving if (terms := scheme.terms_of(standing.grade))]
    if not covering:
        return Availability(None, Why.GRADE, standing)
    most = max(terms.amount_max_fen for _, terms in covering)
    enough = [found for found in covering if amount_fen <= found[1].amount_max_fen]
    if not enough:
        return Availability(None, Why.ABOVE, standing, most)
    scheme, terms = min(enough, key=_best_first)
    return Availability(Cover(scheme, terms, standing), None, standing, most)


def _best_first(found: Terms) -> tuple[int, int, str]:
    scheme, terms = found
    return scheme.own_fee_e6, -terms.amount_max_fen, scheme.scheme_code
