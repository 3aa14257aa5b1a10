"""Skips that nobody can overlook: each is told again at the end of the run."""

from typing import NoReturn

import pytest

LOUD = "NOT TESTED: "


def skip_loudly(reason: str) -> NoReturn:
    """Skip this test and have ``reason`` (what is missing, and how to bring it) shown in the summary."""
    pytest.skip(LOUD + reason)


def loud_reasons(reports: list[pytest.TestReport]) -> dict[str, int]:
    """How many of the skipped ``reports`` gave each loud reason."""
    found: dict[str, int] = {}
    for report in reports:
        words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if LOUD in words:
            reason = words[words.index(LOUD) + len(LOUD) :]
            found[reason] = found.get(reason, 0) + 1
    return found
