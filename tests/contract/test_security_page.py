"""The ASVS page names every requirement that applies, and every test it names is there."""

import ast
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "security-asvs.md"
APPLIES = (
    "1.2.1 1.2.2 1.2.4 1.2.5 1.2.9 1.2.10 1.3.2 1.3.6 1.3.7 1.3.11 1.4.2 1.5.1 1.5.2 2.1.1 2.1.3 2.2.1 2.2.2 2.2.3 "
    "2.3.1 2.3.2 2.3.3 2.3.4 2.3.5 2.4.1 3.2.1 3.3.1 3.3.4 3.4.1 3.4.2 3.4.3 3.4.4 3.4.5 3.4.6 3.5.1 3.5.3 3.7.2 "
    "4.1.1 4.1.3 4.2.1 5.1.1 5.2.1 5.2.2 5.2.3 5.3.1 5.3.2 5.4.1 5.4.2 6.1.1 6.2.1 6.2.4 6.2.5 6.2.8 6.2.9 6.2.10 "
    "6.2.11 6.2.12 6.3.1 6.3.2 6.3.3 6.3.4 6.4.1 6.4.3 6.5.1 6.5.5 6.6.3 7.2.2 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3 "
    "7.4.5 7.5.1 7.5.2 8.1.1 8.1.2 8.2.1 8.2.2 8.2.3 8.3.1 8.3.2 8.4.1 11.2.1 11.2.3 11.3.x 11.4.1 11.4.2 11.5.1 "
    "13.2.2 13.2.3 13.2.4 13.3.1 13.4.1 13.4.5 14.1.1 14.1.2 14.2.1 14.2.4 14.2.7 14.3.2 15.1.2 15.1.3 15.2.1 15.2.2 "
    "15.3.1 15.3.2 15.3.3 15.3.4 15.3.5 15.3.7 15.4.2 16.2.1 16.2.2 16.2.5 16.3.1 16.3.4 16.4.1 16.4.2 16.4.3 16.5.1 "
    "16.5.2 16.5.3"
)


def rows() -> list[tuple[str, str]]:
    """(requirements, tests) of every row."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| \d", line)]
    return [(cells[1], cells[3]) for cells in (re.split(r" \| |^\| | \|$", line) for line in lines)]


def test_every_requirement_that_applies_has_a_row() -> None:
    named = {number for requirement, _ in rows() for number in re.findall(r"\d+\.\d+\.(?:\d+|x)", requirement)}
    assert set(APPLIES.split()) - named == set()


def test_every_row_links_tests_that_are_there_or_says_which_issue_brings_them() -> None:
    for requirement, tests in rows():
        links = re.findall(r"\[`([\w.]+)::(\w+)`\]\(([^)]+)\)", tests)
        assert links or re.match(r"\*open\*: \S", tests), requirement
        for file, name, target in links:
            path = (PAGE.parent / target).resolve()
            assert path.name == file and path.is_file(), (requirement, target)
            found = {
                node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
            }
            assert name in found, (requirement, f"{file}::{name}")
