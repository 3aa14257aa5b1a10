"""How alike two descriptions are: character-bigram TF-IDF with a frozen, shipped, versioned table of weights.

The weights never come from the lists at hand, so a score does not move when other entries come or go. A text is cut
into bigrams; each known one counts once, however often it is repeated, with its weight from the table. The vector is
scaled to length ``SCALE`` and rounded to integers: the similarity of two texts is then an integer dot product, equal in
any order of addition and exact even in float32 (it stays below 2**24). All arithmetic is in integers.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from math import isqrt

TEXT_WEIGHTS_VERSION = "1"

SCALE = 1000
Vector = Mapping[int, int]
"""Number of a bigram in the table → its weight in the text; only weights above zero."""


@cache
def weights() -> dict[str, tuple[int, int]]:
    """Bigram → (its number, its inverse document frequency in thousandths), from the shipped table."""
    name = f"text_weights_{TEXT_WEIGHTS_VERSION}.json"
    table = json.loads((files("matchmaker.scoring") / "data" / name).read_text("utf-8"))
    return {bigram: (number, idf) for number, (bigram, idf) in enumerate(sorted(table["idf_milli"].items()))}


def bigrams(text: str) -> Iterator[str]:
    """Pairs of neighbouring letters, digits or ideographs, after NFKC and case folding; nothing spans a gap."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    for first, second in pairwise(folded):
        if first.isalnum() and second.isalnum():
            yield first + second


@lru_cache(maxsize=1 << 17)
def vector_of(text: str) -> Vector:
    """The text's vector of length ``SCALE``, rounded half up; empty when no bigram is in the table."""
    table = weights()
    found = dict(table[bigram] for bigram in set(bigrams(text)) if bigram in table)
    if not found:
        return {}
    length = isqrt(sum(idf * idf for idf in found.values()))
    scaled = ((number, (2 * SCALE * idf + length) // (2 * length)) for number, idf in sorted(found.items()))
    return {number: weight for number, weight in scaled if weight}


def similarity_e6(one: Vector, other: Vector) -> int:
    """Cosine of two texts in millionths; 0 when either is empty. Rounding may bring it slightly above 1,000,000."""
    if len(one) > len(other):
        one, other = other, one
    return sum([weight * other[number] for number, weight in one.items() if number in other])
