"""What a proof of the books finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that does not hold. ``place``: entry, case and account, or balance; sums in fen where they differ."""

    code: str
    place: str
    found: int
    expected: int
