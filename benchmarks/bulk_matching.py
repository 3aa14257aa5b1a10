"""Measures bulk matching: all needs with all products, beside the scalar path and a bare matrix product.

    python -m benchmarks.bulk_matching --needs 10000 --products 1000 --seed 1

Lists are synthetic, ask all sixteen criteria, have about 3 % eligible pairs, texts are compared. ``seconds`` is the
call that ``flask match run`` makes, index included: from prepared lists to the top 20 of both sides and, of each need,
the 20 best near misses and open questions with the criteria that failed or are unknown. The scalar path judges,
scores and ranks a sample of whole needs in the same run; ``same_as_scalar`` says that verdicts, scores, order and the
followed pairs are the same.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._common import ON, Lists, reference, show
from matchmaker.domain.terms import Verdict
from matchmaker.scoring.bulk import BulkIndex, BulkResult, match
from matchmaker.scoring.criteria import KEYS
from matchmaker.scoring.prepared import NeedOn, ProductOn, prepare_need, prepare_product
from matchmaker.scoring.score import score
from matchmaker.scoring.verdict import judge

TOP_K = 20
SAMPLE_PAIRS = 40_000
MATMUL_DIMENSION = 80
MATMUL_CELLS = 1 << 24

Kept = tuple[list[int], list[tuple[int, int]], list[tuple[int, int, int]]]
"""Verdicts counted; (product, tenths) best first; (product, failed, unknown) of the followed pairs by product."""


def main() -> None:
    """Run once and print the document."""
    options = _options()
    tables, lists = reference(), Lists(options.seed)
    products = [prepare_product(product, ON, tables) for product in lists.products(options.products)]
    needs = [prepare_need(need, ON, tables) for need in lists.needs(options.needs)]
    start = time.perf_counter()
    found = match(needs, BulkIndex(products), TOP_K, _progress, follow=TOP_K)
    seconds = time.perf_counter() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    same, scalar_pairs_per_s = _scalar_sample(found, max(1, SAMPLE_PAIRS // max(1, len(products))))
    matmul_seconds = _matmul(len(needs), len(products), options.seed)
    pairs, eligible = len(needs) * len(products), int(found.counts[:, 0].sum())
    show(
        {
            "needs": len(needs),
            "products": len(products),
            "pairs": pairs,
            "eligible": eligible,
            "seconds": round(seconds, 4),
            "pairs_per_s": round(pairs / seconds),
            "ns_per_eligible": round(seconds * 1e9 / max(1, eligible), 1),
            "peak_rss_mb": round(peak_mb, 1),
            "threads": 1,
            "scalar_pairs_per_s": round(scalar_pairs_per_s),
            "ratio_to_scalar": round(pairs / seconds / scalar_pairs_per_s, 1),
            "matmul_seconds": round(matmul_seconds, 4),
            "ratio_to_matmul": round(seconds / matmul_seconds, 2),
            "same_as_scalar": same,
            "seed": options.seed,
        }
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--needs", type=int, default=10_000)
    parser.add_argument("--products", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _progress(done: int, total: int) -> None:
    if done * 10 // total > (done - 1) * 10 // total:
        print(f"{done} of {total} needs", file=sys.stderr)


def _scalar_sample(found: BulkResult, count: int) -> tuple[bool, float]:
    """(whether a sample of whole needs comes out the same, pairs per second of the scalar path)."""
    sample = sorted({round(place) for place in np.linspace(0, len(found.needs) - 1, count)})
    start = time.perf_counter()
    by_hand = [_match_one(found.needs[place], found.products) for place in sample]
    seconds = time.perf_counter() - start
    same = all(_from_bulk(found, place) == expected for place, expected in zip(sample, by_hand, strict=True))
    return same, len(sample) * len(found.products) / seconds


def _match_one(need: NeedOn, products: tuple[ProductOn, ...]) -> Kept:
    """Verdicts counted, (product, tenths) of the top of the list and the followed pairs, by the scalar path."""
    counts: Counter[Verdict] = Counter()
    eligible = []
    open_ends: dict[Verdict, list[tuple[int, int, int, int]]] = {Verdict.NEAR: [], Verdict.NEEDS_INFORMATION: []}
    for place, product in enumerate(products):
        judged = judge(need, product)
        counts[judged.verdict] += 1
        if judged.verdict is Verdict.ELIGIBLE:
            eligible.append((place, score(need, product)))
        elif judged.verdict in open_ends:
            failed, unknown = _bits(judged.failed), _bits(judged.unknown)
            open_ends[judged.verdict].append((len(judged.failed) + len(judged.unknown), place, failed, unknown))
    eligible.sort(key=lambda pair: (-pair[1], pair[0]))
    followed = sorted(pair[1:] for pairs in open_ends.values() for pair in sorted(pairs)[:TOP_K])
    return [counts[verdict] for verdict in Verdict], eligible[:TOP_K], followed


def _bits(keys: tuple[str, ...]) -> int:
    return sum(1 << KEYS.index(key) for key in keys)


def _from_bulk(found: BulkResult, place: int) -> Kept:
    rows = np.flatnonzero((found.need == place) & (found.rank_for_need <= TOP_K))
    rows = rows[np.argsort(found.rank_for_need[rows])]
    top = list(zip(found.product[rows].tolist(), found.tenths[rows].tolist(), strict=True))
    more = found.followed
    followed = np.flatnonzero(more.need == place)
    columns = (column[followed].tolist() for column in (more.product, more.failed, more.unknown))
    return found.counts[place].tolist(), top, sorted(zip(*columns, strict=True))


def _matmul(needs: int, products: int, seed: int) -> float:
    """Seconds for a float32 product of the same shape at d = 80, in blocks, after one block to warm up."""
    generator = np.random.default_rng(seed)
    left = generator.random((needs, MATMUL_DIMENSION), dtype=np.float32)
    right = generator.random((MATMUL_DIMENSION, products), dtype=np.float32)
    step = max(1, MATMUL_CELLS // max(1, products))
    out = np.empty((min(step, needs), products), dtype=np.float32)
    np.matmul(left[:step], right, out=out[: len(left[:step])])
    start = time.perf_counter()
    for at in range(0, needs, step):
        block = left[at : at + step]
        np.matmul(block, right, out=out[: len(block)])
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
