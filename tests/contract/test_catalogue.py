"""Each criterion has all that it needs elsewhere: whoever adds one is told here what is missing."""

from collections.abc import Iterator
from dataclasses import fields
from typing import get_args

import pytest

from matchmaker.domain.text import Text
from matchmaker.scoring.bitmaps import MOST_CRITERIA
from matchmaker.scoring.criteria import CRITERIA, Criterion
from matchmaker.scoring.facts import Asks, Enterprise, Need
from matchmaker.scoring.kinds import AtLeast, AtMost, Flag, RateCap
from matchmaker.scoring.moves import EFFORT, Mending, MoveKind
from matchmaker.scoring.prepared import AsksOn, NeedOn
from matchmaker.scoring.repair_texts import PATTERNS
from matchmaker.scoring.repairs import MENDING
from matchmaker.scoring.sentences import Says
from matchmaker.scoring.supply import SUPPLIES
from matchmaker.scoring.wording import FACT_LABELS

FACTS = {f.name for facts in (Enterprise, Need) for f in fields(facts)}
SPOKEN_BY_ONE_BOUND = (AtLeast, AtMost, Flag, RateCap)


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda criterion: criterion.key)
def test_nothing_is_missing_of_a_criterion(criterion: Criterion) -> None:
    assert list(lacks(criterion)) == []


def test_the_check_names_what_is_missing() -> None:
    bare = Criterion(
        "patents",
        Text("专利", ""),
        Says(Text("有", "has"), Text("无", "has none"), Text("", "unknown")),
        AtLeast("patents", "patents_min"),
        "month",
        facts=("patents",),
        moves=("buy_one",),  # type: ignore[arg-type]
    )
    assert list(lacks(bare)) == [
        "label: no English",
        "sentence 'unknown': no Chinese",
        "kind reads 'patents', which NeedOn (scoring/prepared.py) does not have",
        "kind reads 'patents_min', which AsksOn (scoring/prepared.py) does not have",
        "asked: the words for its bound or its yes (scoring/criteria.py)",
        "fact 'patents': not in Enterprise or Need (scoring/facts.py)",
        "fact 'patents': no name in FACT_LABELS (scoring/wording.py)",
        "no supply of its facts in SUPPLIES (scoring/supply.py)",
        "move 'buy_one': not in MENDING (scoring/repairs.py)",
        "move 'buy_one': no effort in EFFORT (scoring/moves.py)",
        "move 'buy_one': no words in PATTERNS (scoring/repair_texts.py)",
    ]


def test_keys_are_different_and_the_bits_suffice() -> None:
    keys = [criterion.key for criterion in CRITERIA]
    assert len(set(keys)) == len(keys) <= MOST_CRITERIA


def test_nothing_is_left_over() -> None:
    """A move or a supply that no criterion names would never run."""
    assert set(SUPPLIES) == {criterion.key for criterion in CRITERIA if criterion.facts}
    named = {move for criterion in CRITERIA for move in criterion.moves}
    assert set(MENDING) == named == set(get_args(Mending))
    assert set(EFFORT) == set(get_args(MoveKind)) == {"supply_fact", *named}
    assert set(FACT_LABELS) == {fact for criterion in CRITERIA for fact in criterion.facts}


def lacks(criterion: Criterion) -> Iterator[str]:
    """What is missing of a criterion, as sentences for whoever adds it."""
    says = {f"sentence '{f.name}'": getattr(criterion.says, f.name) for f in fields(Says)}
    for name, text in {"label": criterion.label, **says}.items():
        yield from (f"{name}: no {lang}" for lang, said in (("Chinese", text.zh), ("English", text.en)) if not said)
    for kind in filter(None, (criterion.kind, criterion.reachable)):
        yield from _unread(kind.fact, NeedOn)
        for asked in filter(None, (kind.asked, getattr(kind, "asked_high", None))):
            yield from _unread(asked, AsksOn)
    if isinstance(criterion.kind, SPOKEN_BY_ONE_BOUND) and criterion.asked is None:
        yield "asked: the words for its bound or its yes (scoring/criteria.py)"
    for fact in criterion.facts:
        if fact not in FACTS:
            yield f"fact '{fact}': not in Enterprise or Need (scoring/facts.py)"
        if fact not in FACT_LABELS or not (FACT_LABELS[fact].zh and FACT_LABELS[fact].en):
            yield f"fact '{fact}': no name in FACT_LABELS (scoring/wording.py)"
    if criterion.facts and criterion.key not in SUPPLIES:
        yield "no supply of its facts in SUPPLIES (scoring/supply.py)"
    for move in criterion.moves:
        if move not in MENDING:
            yield f"move '{move}': not in MENDING (scoring/repairs.py)"
        if move not in EFFORT:
            yield f"move '{move}': no effort in EFFORT (scoring/moves.py)"
        if move not in PATTERNS:
            yield f"move '{move}': no words in PATTERNS (scoring/repair_texts.py)"


def _unread(name: str, side: type) -> Iterator[str]:
    if name not in {f.name for f in fields(side)}:
        yield f"kind reads '{name}', which {side.__name__} (scoring/prepared.py) does not have"


def test_what_is_asked_can_be_written_by_products_and_policies() -> None:
    """Cells of ``Asks`` and attributes of ``AsksOn`` are the same, but for the rate, which is resolved for the day."""
    asked = {f.name for f in fields(AsksOn)}
    written = {f.name for f in fields(Asks)}
    assert asked ^ written == {"rate_min", "rate_min_given", "rate_min_e6"}
