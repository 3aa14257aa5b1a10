"""Runs the scripts of ``sandbox`` as confined children and reads their JSON lines."""

import json
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any

from matchmaker.lists.faults import file_fault

_ROOT = Path(__file__).parents[3]
_START = "import sys; sys.path.append({root!r}); from matchmaker.lists.sandbox.{script} import main; main(sys.argv[1:])"
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}
"""All a child gets to know: no setting, no secret."""


def lines_of(
    script: str, options: dict[str, Any], *paths: Path, seconds: float, libraries: bool = False
) -> Generator[Any, None, None]:
    """What the child prints, line by line; ``libraries``: it may import installed packages.

    Raises RejectedError with the child's own reason, or ``too_expensive`` when it died or took longer than
    ``seconds``. Closing the iterator ends the child.
    """
    flags = ["-I"] if libraries else ["-I", "-S"]
    start = _START.format(root=str(_ROOT), script=script)
    command = [sys.executable, *flags, "-c", start, json.dumps(options), *(str(p.resolve()) for p in paths)]
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd="/",
        encoding="utf-8",
    )
    assert child.stdout is not None
    alarm = threading.Timer(seconds, child.kill)
    alarm.daemon = True
    alarm.start()
    try:
        yield from _checked(child.stdout)
    finally:
        alarm.cancel()
        child.kill()
        child.wait()
        child.stdout.close()


def _checked(printed: IO[str]) -> Generator[Any, None, None]:
    """Lines up to ``{"end": true}``; a child that stops before it was ended by its limits."""
    for line in printed:
        try:
            item = json.loads(line)
        except ValueError as error:  # cut off in the middle of a line
            raise file_fault("too_expensive") from error
        if isinstance(item, dict):
            if "refused" in item:
                raise file_fault(item.pop("refused"), **item)
            if "end" in item:
                return
        yield item
    raise file_fault("too_expensive")
