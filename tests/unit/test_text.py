"""Similarity of texts from the frozen table."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from matchmaker.scoring.text import SCALE, TEXT_WEIGHTS_VERSION, bigrams, similarity_e6, vector_of, weights

ROOT = Path(__file__).parent.parent.parent
TABLE = ROOT / "matchmaker" / "scoring" / "data" / f"text_weights_{TEXT_WEIGHTS_VERSION}.json"

PHRASES = st.lists(
    st.sampled_from(["购置数控机床", "碳纤维鱼竿", "出口订单备货", "设备更新贷款", "线上申请", "??", "xyz", "，"]),
    max_size=8,
).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("技改贷", ["技改", "改贷"]),
        ("技改，贷款", ["技改", "贷款"]),
        ("ＡＢc", ["ab", "bc"]),
        ("贷", []),
        ("", []),
        ("a b", []),
    ],
)
def test_bigrams(text, expected):
    assert list(bigrams(text)) == expected


@pytest.mark.parametrize("other", ["", "购置数控机床", "??"])
def test_an_empty_text_is_like_nothing(other):
    assert similarity_e6(vector_of(""), vector_of(other)) == 0


def test_closer_texts_are_more_alike():
    need = vector_of("技术改造 购置数控机床，扩大碳纤维鱼竿产能")
    close = similarity_e6(need, vector_of("鱼竿贷 钓具产业链碳纤维采购专项"))
    far = similarity_e6(need, vector_of("技改贷 面向制造业企业的设备购置贷款"))
    none = similarity_e6(need, vector_of("餐饮贷 门店装修"))
    assert close > far > none == 0


def test_repeating_a_word_gains_nothing():
    assert vector_of("数控机床数控机床数控机床").keys() >= vector_of("数控机床").keys()
    assert vector_of("数控，数控，数控") == vector_of("数控")


@given(one=PHRASES, other=PHRASES)
def test_similarity_is_symmetric_bounded_and_exact_in_float32(one, other):
    first, second = vector_of(one), vector_of(other)
    alike = similarity_e6(first, second)
    assert alike == similarity_e6(second, first)
    assert 0 <= alike <= 1.01 * SCALE**2 < 2**24
    dense = np.zeros((2, len(weights())), dtype=np.float32)
    for row, vector in enumerate((first, second)):
        dense[row, list(vector)] = list(vector.values())
    assert int(dense[0] @ dense[1]) == alike


@given(text=PHRASES)
def test_the_integers_are_scikit_learns_vector_rounded(text):
    table = weights()
    model = TfidfVectorizer(
        analyzer=lambda given_text: list(bigrams(given_text)),
        binary=True,
        vocabulary={bigram: number for bigram, (number, _) in table.items()},
    )
    model.idf_ = np.array([idf for _, idf in table.values()], dtype=float)
    expected = model.transform([text]).toarray()[0] * SCALE
    found = vector_of(text)
    assert all(
        math.isclose(found.get(n, 0), weight, abs_tol=0.6) for n, weight in enumerate(expected) if weight or n in found
    )


def test_the_shipped_table_is_small_and_what_the_script_builds(tmp_path):
    shipped = TABLE.read_bytes()
    assert len(shipped) < 300_000
    target = tmp_path / "table.json"
    command = [sys.executable, str(ROOT / "script" / "build_text_weights.py"), str(target)]
    subprocess.run(command, cwd=ROOT, check=True, env={"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"})
    assert target.read_bytes() == shipped
