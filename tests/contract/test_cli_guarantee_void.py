"""``flask guarantee void`` from the outside."""

import json
from pathlib import Path

import pytest

from matchmaker import create_app
from matchmaker.db import Database
from matchmaker.domain.errors import Exit
from tests.support.accounts import parts_of
from tests.support.guaranteeing import NOW, WAN, Play, guaranteed_city


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_parked_report_is_taken_back_and_one_that_counts_is_not(
    migrated_sqlite_url: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    database = Database(migrated_sqlite_url)
    app = create_app(guaranteed_city(database, tmp_path), now=lambda: NOW)
    play = Play(database, parts_of(app).settings)
    number = play.approved().guarantee_no
    play.report("drawdown", WAN, no="D1")
    play.report("cure", no="C1")
    run = app.test_cli_runner().invoke
    done = run(args=["guarantee", "void", number, "C1", *words, "--lang", "en"])
    assert done.exit_code == Exit.DONE, done.output
    if words:
        assert json.loads(done.stdout) == {"event_no": "C1", "state": "voided", "repeated": False}
    else:
        assert "nothing was booked of it" in done.stderr
    for case, event, code in ((number, "D1", Exit.CONFLICT), (number, "none", Exit.NOT_FOUND),
                              ("none", "C1", Exit.NOT_FOUND)):  # fmt: skip
        assert run(args=["guarantee", "void", case, event, *words]).exit_code == code
    database.dispose()
    parts_of(app).database.dispose()
