"""Columns of the integers that the score's formulas read, and similarities of many texts at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matchmaker.scoring.score import COMPONENTS, Pair
from matchmaker.scoring.text import Vector, weights

Integers = NDArray[np.int64]


class Columns:
    """Integer attributes of prepared needs or products as int64 columns, each built at its first use."""

    def __init__(self, entries: Sequence[object]) -> None:
        self._entries = entries
        self._columns: dict[str, Integers] = {}

    def column(self, name: str) -> Integers:
        """The attribute ``name`` of every entry."""
        if name not in self._columns:
            self._columns[name] = np.array([getattr(entry, name) for entry in self._entries], dtype=np.int64)
        return self._columns[name]


class Taken:
    """Attributes of the entries at ``places``: reads like one entry, gives a column."""

    def __init__(self, columns: Columns, places: NDArray[np.intp]) -> None:
        self._columns = columns
        self._places = places

    def __getattr__(self, name: str) -> Integers:
        return self._columns.column(name)[self._places]


class Texts:
    """Integer text vectors as one sparse matrix of the different texts; ``places`` maps each entry to its row."""

    def __init__(self, vectors: Sequence[Vector]) -> None:
        seen: dict[int, int] = {}
        different: list[Vector] = []
        for vector in vectors:
            if id(vector) not in seen:
                seen[id(vector)] = len(different)
                different.append(vector)
        self.places = np.array([seen[id(vector)] for vector in vectors], dtype=np.intp)
        self.matrix = _matrix(different)

    def similarities(self, rows: NDArray[np.intp], others: "Texts") -> NDArray[np.int32]:
        """Similarity in millionths of the different texts ``rows`` with all different texts of ``others``."""
        return np.asarray((self.matrix[rows] @ others.matrix.T).toarray(), dtype=np.int32)


def _matrix(vectors: Sequence[Vector]) -> Any:
    lengths = [len(vector) for vector in vectors]
    ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    numbers = np.array([number for vector in vectors for number in vector], dtype=np.int32)
    values = np.array([value for vector in vectors for value in vector.values()], dtype=np.int32)
    return csr_array((values, numbers, ends), shape=(len(vectors), len(weights())))


def clip_columns(values: Any, low: Any, high: Any) -> Any:
    """``score.clip`` for columns."""
    return np.minimum(np.maximum(values, low), high)


def score_columns(needs: Taken, products: Taken, similarity: Integers) -> Integers:
    """Scores of eligible pairs in tenths of a point: the same formulas and integers as ``score.score``."""
    pair = Pair(needs, products, similarity, clip_columns)
    total = np.zeros(len(similarity), dtype=np.int64)
    for component in COMPONENTS:
        total += component.formula(pair)
    return total
