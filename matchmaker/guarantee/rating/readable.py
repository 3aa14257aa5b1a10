"""Reasons that people write: for an appeal, its answer, another grade, a change of the rules."""

MOST_WORDS = 2_000
"""Characters that a reason has at most."""


def is_readable(words: str, least: int, most: int) -> bool:
    """Whether trimmed words have ``least`` to ``most`` characters and no control characters but breaks of lines."""
    return least <= len(words) <= most and all(one.isprintable() or one in "\r\n\t" for one in words)
