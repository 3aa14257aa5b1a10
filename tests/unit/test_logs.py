"""A log line is one JSON object, whatever stands in it."""

import json
import logging
from datetime import datetime

import pytest

from matchmaker.clock import SHANGHAI
from matchmaker.logs import set_up_logs


def test_lines_are_json_with_time_level_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        set_up_logs(SHANGHAI)
        logging.getLogger("matchmaker.x").info("sent %d\n\x1b[31mnot a line of its own", 3)
        logging.getLogger("apscheduler.x").info("not heard")
        try:
            raise RuntimeError("broken")
        except RuntimeError:
            logging.getLogger("matchmaker.y").exception("unexpected")
    finally:
        logging.getLogger().handlers[:], logging.getLogger().level = before
    lines = capsys.readouterr().err.splitlines()
    first, second = (json.loads(line) for line in lines)
    assert len(lines) == 2
    assert (first["level"], first["logger"]) == ("info", "matchmaker.x")
    assert first["event"].startswith("sent 3\n")
    assert datetime.fromisoformat(first["at"]).utcoffset() is not None
    assert "RuntimeError: broken" in second["exception"]
