"""Logs as one JSON object a line, on standard error: when (with offset), how bad, who says it, what.

No personal data belongs into an event: log numbers of entries and messages, never names, addresses or codes of firms.
"""

import json
import logging
import sys
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from structlog.typing import EventDict, WrappedLogger

from matchmaker.clock import local, system_now

QUIET = ("apscheduler", "werkzeug", "sqlalchemy", "alembic")
"""Libraries that are heard from WARNING up."""


def set_up_logs(zone: ZoneInfo, level: int = logging.INFO) -> None:
    """Send everything that is logged in this process to standard error as JSON lines; safe to repeat."""

    def at(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"at": local(system_now(), zone).isoformat(timespec="milliseconds"), **event}

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, at],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(_one_line, ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _one_line(event: Any, **options: Any) -> str:
    """An event as JSON; signs that break a line or hide a part of it are escaped (ASVS 16.4.1)."""
    line = json.dumps(event, **options)
    return line if line.isprintable() else "".join(s if s.isprintable() else json.dumps(s)[1:-1] for s in line)
