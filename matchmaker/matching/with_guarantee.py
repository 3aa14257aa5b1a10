"""How many more products fit a need with the public guarantee, now or once one thing is done."""

from dataclasses import dataclass, replace

from matchmaker.domain.terms import Verdict
from matchmaker.domain.text import Lang, Text
from matchmaker.matching.of_need import Sorted
from matchmaker.scoring.facts import Need
from matchmaker.scoring.prepared import ProductOn, cover_used, prepare_need
from matchmaker.scoring.public_guarantee import Availability, Why, grades_that_would_do, to_be_rated
from matchmaker.scoring.verdict import verdict_of
from matchmaker.scoring.wording import Words


@dataclass(frozen=True, slots=True)
class Gain:
    """Products that fit with the public guarantee and not without, in the order of their codes or of their score.

    ``found`` says whether it can be had as things stand. Where it cannot, ``products`` are those that would fit once
    the enterprise is rated, or for an amount of at most ``found.amount_max_fen``, judged by the real engine.
    """

    need: Need
    found: Availability
    products: tuple[ProductOn, ...]

    @property
    def is_open(self) -> bool:
        """Whether they fit already."""
        return self.found.cover is not None


def gain_of(judged: Sorted) -> Gain:
    """What the public guarantee brings a need."""
    need_on, found = judged.need_on, judged.need_on.guarantee
    if found.cover:
        fitting = judged.products[Verdict.ELIGIBLE]
        return Gain(judged.need, found, tuple(one for one in fitting if cover_used(need_on, one)))
    changed = _within_reach(judged)
    if changed is None:
        return Gain(judged.need, found, ())
    after = prepare_need(changed, judged.market.on, judged.market.reference)
    others = (one for verdict, some in judged.products.items() if verdict is not Verdict.ELIGIBLE for one in some)
    more = [one for one in others if cover_used(after, one) and verdict_of(after, one) is Verdict.ELIGIBLE]
    return Gain(judged.need, found, tuple(sorted(more, key=lambda one: one.code)))


def _within_reach(judged: Sorted) -> Need | None:
    """The need with the rating and the amount with which the guarantee could be had; None where it could not."""
    need, found = judged.need, judged.need_on.guarantee
    if found.amount_max_fen is None:
        return None
    changed = replace(need, amount_fen=min(need.amount_fen, found.amount_max_fen))
    if found.why is Why.ABOVE:
        return changed
    standing = to_be_rated(judged.market.reference.schemes, need.enterprise, changed.amount_fen, judged.market.on)
    return replace(changed, enterprise=replace(need.enterprise, standing=standing))


def gain_text(gain: Gain, judged: Sorted, lang: Lang) -> str:
    """「用政府性担保，另有 3 个产品符合」, and before it what has to be done first."""
    words, count = Words(lang), len(gain.products)
    told = words.say(MORE if count != 1 else ONE_MORE, n=count)
    steps = _first(gain, judged, words)
    return words.say(FIRST, what=words.say(AND).join(steps), then=told) if steps else told


def _first(gain: Gain, judged: Sorted, words: Words) -> list[str]:
    """What has to be done before, in the order in which it is done."""
    found, need, steps = gain.found, gain.need, []
    most = found.amount_max_fen or need.amount_fen
    if need.amount_fen > most:
        steps.append(words.say(LESS, most=words.amount(most)))
    if found.why in (Why.NOT_RATED, Why.EXPIRED):
        schemes, on = judged.market.reference.schemes, judged.market.on
        grades = grades_that_would_do(schemes, need.enterprise, min(need.amount_fen, most), on)
        pattern = RATE if found.why is Why.NOT_RATED else RATE_AGAIN
        steps.append(words.say(pattern, grades=words.either(words.code(grade) for grade in grades)))
    return steps


MORE = Text("用政府性担保，另有 {n} 个产品符合", "with the public guarantee {n} more products fit")
ONE_MORE = Text("用政府性担保，另有 {n} 个产品符合", "with the public guarantee {n} more product fits")
FIRST = Text("{what}，{then}", "{what}: {then}")
AND = Text("，并", " and ")
LESS = Text("把金额降到 {most}以内", "ask for {most} or less")
RATE = Text("先取得信用评级（评为 {grades}即可）", "be rated first (grade {grades} will do)")
RATE_AGAIN = Text(
    "信用评级已到期，先重新评级（评为 {grades}即可）", "your rating has ended; be rated again (grade {grades} will do)"
)
