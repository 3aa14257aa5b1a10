"""What would change a verdict: sets of at most two moves after which the real engine says eligible."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from matchmaker.domain.periods import add_months
from matchmaker.domain.rate import Rate
from matchmaker.domain.terms import Result, Security, Verdict
from matchmaker.scoring.criteria import CRITERIA
from matchmaker.scoring.facts import Need, Product, Reference
from matchmaker.scoring.moves import Mending, Move, Repair, apply_moves
from matchmaker.scoring.prepared import NeedOn, ProductOn, in_market, prepare_need, prepare_product
from matchmaker.scoring.public_guarantee import Availability, Why, grades_that_would_do, to_be_rated
from matchmaker.scoring.supply import supplies
from matchmaker.scoring.verdict import MOST_TO_MEND, Judgement, judge

MOST_MOVES = 2
MOST_REPAIRS = 3


@dataclass(frozen=True, slots=True)
class _State:
    """The pair after some moves, and what the engine says of it."""

    need: Need
    on: date
    need_on: NeedOn
    product_on: ProductOn
    judgement: Judgement

    @property
    def eligible(self) -> bool:
        return self.judgement.verdict is Verdict.ELIGIBLE


@dataclass(frozen=True, slots=True)
class _Search:
    """Everything of the pair that no move changes."""

    product: Product
    reference: Reference

    def judged(self, need: Need, on: date, known: ProductOn | None = None) -> _State:
        product_on = known or prepare_product(self.product, on, self.reference)
        need_on = prepare_need(need, on, self.reference)
        return _State(need, on, need_on, product_on, judge(need_on, product_on))

    def after(self, state: _State, *moves: Move) -> _State:
        need, on = apply_moves(state.need, state.on, moves)
        return self.judged(need, on, state.product_on if on == state.on else None)

    def sets(self, state: _State, left: int = MOST_MOVES) -> Iterator[tuple[Move, ...]]:
        """Sets of at most ``left`` moves that make ``state`` eligible.

        They are minimal: each move is for the first criterion that is still open, which no later move would settle,
        and nothing is added to a set that suffices.
        """
        for move in self._moves(state):
            after = self.after(state, move)
            if after.eligible:
                yield (move,)
            elif left > 1:
                yield from ((move, *rest) for rest in self.sets(after, left - 1))

    def fits_at_both_ends(self, state: _State, moves: tuple[Move, ...]) -> bool:
        """A supplied figure is tested at one end of the range that is told; the other end has to fit too."""
        other_end = tuple(replace(move, to=move.to if move.high is None else move.high) for move in moves)
        return other_end == moves or self.after(state, *other_end).eligible

    def _moves(self, state: _State) -> Iterator[Move]:
        """Moves that may settle the first criterion that does not pass."""
        place = next(n for n, result in enumerate(state.judgement.results) if result is not Result.PASS)
        criterion = CRITERIA[place]
        if state.judgement.results[place] is Result.UNKNOWN:
            yield from supplies(criterion.key, state.need, self.product.asks, state.on, self.reference)
            return
        if not criterion.repairable(state.need_on, state.product_on):
            return
        target = criterion.detail(state.need_on, state.product_on).target
        failure = _Failure(state.need, self.product, target, state.on, state.need_on.guarantee, self.reference)
        for move in criterion.moves:
            yield from MENDING[move](failure)


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a move is made from; ``target`` is the value that would just pass, where there is one."""

    need: Need
    product: Product
    target: int | None
    on: date
    guarantee: Availability
    reference: Reference

    @property
    def accepted(self) -> tuple[Security, ...]:
        """Kinds of security that the product accepts, in the order of the contract."""
        return tuple(kind for kind in Security if kind in self.product.asks.security)

    @property
    def offered(self) -> tuple[Security, ...]:
        return tuple(kind for kind in self.need.security_offered if kind is not Security.NONE)


def _wait_until(failure: _Failure) -> Iterator[Move]:
    """The first day on which the age suffices, if product and need are still there."""
    need, product = failure.need, failure.product
    day = first_day_of_age(need, product)
    if in_market(product, day) and (need.latest_funding_on is None or day <= need.latest_funding_on):
        yield Move("wait_until", "founded_on", on=day)


def _change_amount(failure: _Failure) -> Iterator[Move]:
    yield Move("change_amount", "amount_fen", failure.need.amount_fen, failure.target)


def _change_term(failure: _Failure) -> Iterator[Move]:
    yield Move("change_term", "term_months", failure.need.term_months, failure.target)


def _accept_rate(failure: _Failure) -> Iterator[Move]:
    yield Move("accept_rate", "max_rate", failure.need.max_rate, Rate(pct_e6=failure.target))


def _add_security(failure: _Failure) -> Iterator[Move]:
    before, accepted = failure.need.security_offered, failure.accepted
    yield Move("add_security", "security_offered", before, (*failure.offered, accepted[0]), any_of=accepted)


def _public_guarantee(failure: _Failure) -> Iterator[Move]:
    """What is between the enterprise and the guarantee: an amount within reach, or a rating that is still to be had.

    Where it can be had already it counts as offered, so nothing fails for want of it. A grade that no scheme covers is
    no step: what raises it is told with the rating.
    """
    most = failure.guarantee.amount_max_fen
    if Security.GUARANTEE not in failure.accepted or most is None:
        return
    if failure.need.amount_fen > most:
        yield Move("change_amount", "amount_fen", failure.need.amount_fen, most, any_of=(Security.GUARANTEE,))
    elif failure.guarantee.why in (Why.NOT_RATED, Why.EXPIRED):
        yield _rated(failure)


def _rated(failure: _Failure) -> Move:
    """Tested with the lowest grade that would do; what may come out better is not counted on."""
    need, facts = failure.need, (failure.need.enterprise, failure.need.amount_fen, failure.on)
    schemes, with_it = failure.reference.schemes, (*failure.offered, Security.GUARANTEE)
    return Move(
        "public_guarantee", "security_offered", need.security_offered, with_it,
        any_of=grades_that_would_do(schemes, *facts), standing=to_be_rated(schemes, *facts),
    )  # fmt: skip


MENDING: dict[Mending, Callable[[_Failure], Iterator[Move]]] = {
    "wait_until": _wait_until,
    "change_amount": _change_amount,
    "change_term": _change_term,
    "accept_rate": _accept_rate,
    "add_security": _add_security,
    "public_guarantee": _public_guarantee,
}
"""How each move that a criterion names is made."""


def first_day_of_age(need: Need, product: Product) -> date:
    """The first day on which the enterprise is as old as the product asks; both must be known."""
    founded, months = need.enterprise.founded_on, product.asks.min_age_months
    assert founded is not None
    assert months is not None
    return add_months(founded, months)


def find_repairs(need: Need, product: Product, on: date, reference: Reference) -> tuple[Repair, ...]:
    """At most three different repairs of a pair, cheapest first; empty for a pair that has none or needs none.

    Each is minimal and was judged ``eligible`` by the real engine on the changed facts, after waiting on the later day
    (not beyond the product's validity or the need's latest_funding_on). The public guarantee is suggested where a
    scheme would cover the enterprise once it is rated; one that covers it already is counted on without any move. More
    than two unknowns have no repair: the facts are listed instead (CONTRACT.md section 4).
    """
    search = _Search(product, reference)
    start = search.judged(need, on)
    open_ends = len(start.judgement.failed) + len(start.judgement.unknown)
    if start.judgement.verdict not in (Verdict.NEAR, Verdict.NEEDS_INFORMATION) or open_ends > MOST_TO_MEND:
        return ()
    found = [Repair(moves) for moves in search.sets(start) if search.fits_at_both_ends(start, moves)]
    different: dict[frozenset[tuple[str, str]], Repair] = {}
    for repair in sorted(found, key=lambda repair: repair.effort):
        different.setdefault(frozenset((move.kind, move.field) for move in repair.moves), repair)
    least = [moves for moves in different if not any(fewer < moves for fewer in different)]
    return tuple(different[moves] for moves in least)[:MOST_REPAIRS]
