"""What the package says to people: one way to address them, no word that blames or tells nothing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.wording import blames

PACKAGE = Path(__file__).parents[2] / "matchmaker"


def texts() -> Iterator[tuple[str, str, str]]:
    """File, Chinese and English of every ``Text(…)`` of the modules and every ``t('…', '…')`` of the templates."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
                said = [one.value for one in node.args if isinstance(one, ast.Constant)]
                if len(said) == 2:
                    yield str(path), *map(str, said)
    for path in sorted(one for kind in ("html", "txt") for one in PACKAGE.rglob(f"templates/**/*.{kind}")):
        for zh, en in re.findall(r"\bt\('((?:[^'\\]|\\.)*)', *'((?:[^'\\]|\\.)*)'", path.read_text("utf-8")):
            yield str(path), zh, en


def test_nobody_reads_a_word_that_blames_or_tells_nothing() -> None:
    found = list(texts())
    assert len(found) > 2000
    assert not [(where, zh, en) for where, zh, en in found if blames(zh, en)]


def test_each_language_is_written_in_its_own_letters() -> None:
    assert not [(where, en) for where, zh, en in texts() if zh and not en]
