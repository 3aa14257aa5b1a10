"""Who may import what, beyond the layers that import-linter keeps, and that importing does nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "matchmaker"
PURE_MAY_USE = {"matchmaker", "numpy", "scipy", "sklearn"}


def modules(folder: Path = PACKAGE) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The dotted names that the file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def importers(library: str) -> set[str]:
    """The package's files that import ``library``, as posix paths inside the package."""
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        if any(name.split(".")[0] == library for name in imported(path))
    }


def test_marshmallow_stands_in_schemas_and_the_api_only() -> None:
    found = {path for path in importers("marshmallow") if not path.startswith("web/api/")}
    assert {path for path in found if not path.endswith("schemas.py")} == set()


def test_flask_stands_in_web_and_cli_only() -> None:
    assert {path for path in importers("flask") if not path.startswith(("web/", "cli/", "__init__.py"))} == set()


def test_apscheduler_stands_in_jobs_and_cli_only() -> None:
    assert {path for path in importers("apscheduler") if not path.startswith(("jobs/table.py", "cli/"))} == set()


@pytest.mark.parametrize("layer", ["domain", "scoring"])
def test_pure_layers_use_numbers_and_the_standard_library_only(layer: str) -> None:
    used = {name.split(".")[0] for path in modules(PACKAGE / layer) for name in imported(path)}
    assert used
    assert used - PURE_MAY_USE - sys.stdlib_module_names == set()


def test_only_the_composition_root_is_not_imported_from_inside() -> None:
    """``from matchmaker import create_app`` inside the package would let every layer reach every other."""
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "matchmaker" and not node.level
        if any(alias.name == "create_app" for alias in node.names)
    }
    assert found == set()


def test_no_relative_imports() -> None:
    """A relative import hides from the eye which layer is meant."""
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    }
    assert found == set()


def test_importing_has_no_side_effects(tmp_path: Path) -> None:
    """Every module is imported in a bare folder: no file appears, no thread, no engine, no logging set up."""
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in modules()
        if "migrations" not in path.parts
    ]
    script = f"""
import importlib, logging, sys, threading
sys.path.insert(0, {str(ROOT)!r})
sys.dont_write_bytecode = True
threads = threading.active_count()
engines = []
import sqlalchemy
from sqlalchemy.engine import Engine
made = Engine.__init__
def counted(self, *args, **kwargs):
    engines.append(self)
    made(self, *args, **kwargs)
Engine.__init__ = counted
for name in {names!r}:
    importlib.import_module(name)
assert engines == [], "an engine was made"
assert threading.active_count() == threads, "a thread was started"
assert logging.getLogger().handlers == [], "logging was set up"
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
    assert done.stdout == ""
