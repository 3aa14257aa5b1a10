"""The tutorial's commands work as written, in order, from the demo's state."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from matchmaker.demo.stories import firm_code, stories
from tests.support.demo import NOW, demo_app

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```sh tested(?:=(\d+))?\n(.*?)```", re.DOTALL)


def test_every_marked_command_of_the_tutorial_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tutorial = (ROOT / "docs/tutorial/ten-minutes.md").read_text("utf-8")
    told = {story.key: story.pairs[0] for story in stories(NOW.date())}
    pair = told["tackle"]
    tutorial = tutorial.replace("$NEED", pair.need_no).replace("$PRODUCT", pair.product_code)
    tutorial = tutorial.replace("$SHIP", told["ship"].need_no)
    assert firm_code("ship") in tutorial
    app = demo_app(tmp_path / "instance")
    shutil.copytree(ROOT / "tests/data/uploads", tmp_path / "tests/data/uploads")
    monkeypatch.chdir(tmp_path)
    ran = []
    for expected, block in BLOCK.findall(tutorial):
        for line in block.strip().splitlines():
            program, *args = shlex.split(line)
            assert program == "flask"
            done = app.test_cli_runner().invoke(args=args)
            assert done.exit_code == int(expected or 0), f"{line}\n{done.output}"
            ran.append(line)
    assert len(ran) >= 10
    assert (tmp_path / "faults.xlsx").exists()
    assert (tmp_path / "pairs.csv").read_text("utf-8-sig").startswith("need_no,product_code,verdict")
