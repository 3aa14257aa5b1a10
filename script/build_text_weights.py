"""Builds matchmaker/scoring/data/text_weights_1.json: how rare each character bigram is in texts on finance.

Run from the project's root: ``.venv/bin/python script/build_text_weights.py``. The corpus is written for the purpose
(``text_corpus.txt``) and taken from the shipped registers: industry names, chains, glossary, coded terms. The same
inputs give the same file, byte by byte. A changed table needs a new number in ``matchmaker/scoring/text.py``, because
every stored score names the version it was computed with.
"""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer

from matchmaker.domain import terms
from matchmaker.scoring.text import TEXT_WEIGHTS_VERSION, bigrams

ROOT = Path(__file__).resolve().parent.parent / "matchmaker"
PHRASES = Path(__file__).resolve().parent / "text_corpus.txt"
TARGET = ROOT / "scoring" / "data" / f"text_weights_{TEXT_WEIGHTS_VERSION}.json"


def documents() -> Iterator[str]:
    """Every text of the corpus, in a fixed order."""
    names = [row["name"] for row in _rows("gbt4754_2017.csv")]
    yield from names
    yield from (row["zh"] for row in _rows("glossary.csv"))
    yield from (chain["name_zh"] for chain in json.loads((ROOT / "data/chains_default.json").read_text())["chains"])
    yield from (member.label.zh for coded in (terms.Purpose, terms.Security, terms.ProductType) for member in coded)
    uses, offers, sentences = _phrases()
    yield from uses
    yield from offers
    for place in range(4 * len(uses)):
        yield sentences[place % len(sentences)].format(
            x=names[place * 37 % len(names)], use=uses[place % len(uses)], offer=offers[place * 7 % len(offers)]
        )


def _phrases() -> list[list[str]]:
    """The paragraphs of the corpus file without their headings."""
    paragraphs = PHRASES.read_text(encoding="utf-8").strip().split("\n\n")
    return [paragraph.split("\n")[1:] for paragraph in paragraphs]


def _rows(name: str) -> list[dict[str, str]]:
    with (ROOT / "data" / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Fit the inverse document frequencies and write the table, to the path given or to its place in the package."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    corpus = list(documents())
    fitted = TfidfVectorizer(analyzer=lambda text: list(bigrams(text)), binary=True).fit(corpus)
    idf = {str(term): round(fitted.idf_[number] * 1000) for term, number in fitted.vocabulary_.items()}
    table = {"version": TEXT_WEIGHTS_VERSION, "documents": len(corpus), "idf_milli": dict(sorted(idf.items()))}
    target.write_text(json.dumps(table, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    sys.stderr.write(f"{target.name}: {len(idf)} bigrams from {len(corpus)} texts, {target.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
