"""Seeded sample lists of a fictional city, dated relative to the demo day so that they are always fresh."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from matchmaker.demo.credit import told_records
from matchmaker.demo.enterprises import enterprise_rows
from matchmaker.demo.names import EnterpriseNames
from matchmaker.demo.needs import need_rows
from matchmaker.demo.organisations import contact_rows, organisation_rows
from matchmaker.demo.products import product_rows
from matchmaker.demo.records import record_rows
from matchmaker.demo.rows import Rows
from matchmaker.demo.stories import FIRST_FREE_NEED, NAMES, stories, story_rows
from matchmaker.domain.terms import EntryStatus, Security

Size = Literal["s", "m", "l"]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many entries of each list a size has, the stories' own included."""

    enterprises: int
    products: int
    needs: int


SIZES: dict[Size, Counts] = {
    "s": Counts(enterprises=300, products=80, needs=200),
    "m": Counts(enterprises=10_000, products=1_000, needs=5_000),
    "l": Counts(enterprises=30_000, products=1_500, needs=20_000),
}

_SHARES = (
    (EntryStatus.DRAFT, 0.05),
    (EntryStatus.SUBMITTED, 0.05),
    (EntryStatus.SUSPENDED, 0.03),
    (EntryStatus.WITHDRAWN, 0.04),
)
_OVERDUE_LEFT_OPEN = 5
"""So many needs past their latest funding day are still published: the nightly job's to close."""
STALE_EVERY = 9
"""One product in so many has not been confirmed for longer than the default 90 days."""


def generate(*, on: date, seed: int = 7, size: Size = "s") -> Rows:
    """Rows of six kinds as they would stand in CSV files, keys being CONTRACT.md's column codes, all values strings.

    In the order of import: organisations, enterprises, products, needs, contacts, credit-records. Policies are real
    and come from the package's ``policies.csv``. The same ``on``, ``seed`` and ``size`` give the same rows.
    """
    counts, rng, told = SIZES[size], Random(seed), story_rows(on)
    names = EnterpriseNames(taken=NAMES)
    firms = enterprise_rows(rng, on, counts.enterprises - len(told["enterprises"]), names)
    products = product_rows(rng, on, counts.products - len(told["products"]))
    needs = need_rows(rng, on, firms, counts.needs - len(told["needs"]), FIRST_FREE_NEED)
    needs = told["needs"] + needs
    borrowers = list(dict.fromkeys(need["uscc"] for need in needs))
    return {
        "organisations": organisation_rows(),
        "enterprises": told["enterprises"] + firms,
        "products": told["products"] + products,
        "needs": needs,
        "contacts": contact_rows(rng, borrowers),
        "credit-records": told["credit-records"] + told_records(on) + record_rows(rng, on, firms),
    }


def states(rows: Rows, *, on: date, seed: int = 7) -> dict[str, EntryStatus]:
    """The status of every need of :func:`generate`, by need_no: about three quarters published, every state present.

    Expired needs are past their latest funding day; stories and the tackle chain's gap stay published.
    """
    rng = Random(f"states {seed}")
    overdue, open_needs = [], []
    kept = {pair.need_no for story in stories(on) for pair in story.pairs}
    for need in rows["needs"]:
        latest = need["latest_funding_on"]
        if latest and date.fromisoformat(latest) < on:
            overdue.append(need["need_no"])
        elif need["need_no"] not in kept and need["security_offered"] != Security.IP_PLEDGE:
            open_needs.append(need["need_no"])
    result = {need["need_no"]: EntryStatus.PUBLISHED for need in rows["needs"]}
    result |= dict.fromkeys(overdue[_OVERDUE_LEFT_OPEN:], EntryStatus.EXPIRED)
    rng.shuffle(open_needs)
    for status, share in _SHARES:
        for _ in range(round(share * len(rows["needs"]))):
            result[open_needs.pop()] = status
    return result


def confirmations(rows: Rows, *, on: date, seed: int = 7) -> dict[str, date]:
    """The day each product was last confirmed, by product_code; one in nine is stale (more than 90 days ago).

    The stories' products are always fresh, so that they are pushed.
    """
    rng = Random(f"confirmations {seed}")
    fresh = {pair.product_code for story in stories(on) for pair in story.pairs}
    result = {}
    for place, product in enumerate(rows["products"]):
        stale = place % STALE_EVERY == 0 and product["product_code"] not in fresh
        result[product["product_code"]] = on - timedelta(days=rng.randint(91, 160) if stale else rng.randint(1, 80))
    return result
