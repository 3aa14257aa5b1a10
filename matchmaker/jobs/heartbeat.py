"""The sign of life that a scheduler leaves in the database."""

import os
import socket

from sqlalchemy import delete

from matchmaker.actor import SYSTEM
from matchmaker.jobs.context import Context
from matchmaker.push.models import SchedulerHeartbeat

HEARTBEAT_SECONDS = 10


def beat(context: Context) -> None:
    """Leave a sign of life."""
    now = context.now()
    with context.database.writing(SYSTEM) as session:
        session.merge(SchedulerHeartbeat(name=process_name(), started_at=context.started_at or now, beat_at=now))


def end_heartbeat(context: Context) -> None:
    """Take the sign of life away when the process ends."""
    with context.database.writing(SYSTEM) as session:
        session.execute(delete(SchedulerHeartbeat).where(SchedulerHeartbeat.name == process_name()))


def process_name() -> str:
    """Host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"
