"""``flask scheduler``: the one process that keeps the windows."""

import signal
import sys
import threading
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler

from matchmaker.actor import CLI
from matchmaker.app import Matchmaker
from matchmaker.cli.base import command_group, current_lang, matchmaker, say, settings
from matchmaker.clock import system_now
from matchmaker.domain.errors import Exit
from matchmaker.domain.text import Text
from matchmaker.jobs.context import Context
from matchmaker.jobs.heartbeat import beat, end_heartbeat
from matchmaker.jobs.table import JOBS
from matchmaker.logs import set_up_logs
from matchmaker.push.audiences import AUDIENCES
from matchmaker.push.planning import window_name
from matchmaker.push.services import next_windows

scheduler_group = command_group("scheduler", "The scheduler process.")


@scheduler_group.command("run")
def run_command() -> None:
    """Plan and send pushes at their windows until SIGTERM or Ctrl-C; a second one started beside it does no harm.

    Either way the message in hand is finished. SIGTERM ends with 0, Ctrl-C with 130.

    \b
    flask scheduler run
    MATCHMAKER_LANG=en flask scheduler run
    """
    stop, lang, parts = stop_on_signals(), current_lang(), matchmaker()
    with parts.database.reading(CLI) as session:
        following = next_windows(session, settings(), parts.now())
    for audience, at in following.items():
        say(
            Text("下一个窗口：{audience} {at}", "Next window: {audience} {at}"),
            audience=AUDIENCES[audience].say(lang),
            at=window_name(at, settings()),
        )
    run_scheduler(parts, stop)
    say(Text("调度进程已结束。", "The scheduler has ended."))
    stop.exit_as_asked()


class Stop(threading.Event):
    """Set when the process has been asked to end. ``signal_number``: by which signal, if by one."""

    signal_number: int | None = None

    def exit_as_asked(self) -> None:
        """End with 130 after Ctrl-C; after SIGTERM there is nothing to tell."""
        if self.signal_number == signal.SIGINT:
            sys.exit(Exit.INTERRUPTED)


def stop_on_signals() -> Stop:
    """An event that SIGTERM and Ctrl-C set; the first one counts."""
    stop = Stop()

    def end(number: int, _frame: FrameType | None) -> None:
        stop.signal_number = stop.signal_number or number
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return stop


def run_scheduler(parts: Matchmaker, stop: threading.Event) -> None:
    """Run the jobs at their times, those ``at_start`` at once too, until ``stop`` is set and a message in hand is out.

    Jobs live in memory: what is due stands in the push tables, so a missed time is caught up at the start and two
    schedulers plan a window once.
    """
    context = Context(parts.database, parts.settings, parts.now, stop.is_set, parts.now())
    set_up_logs(parts.settings.zone)
    beat(context)
    scheduler = BackgroundScheduler(
        timezone=parts.settings.zone,
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )
    for job in JOBS:
        at_start = {"next_run_time": system_now()} if job.at_start else {}
        scheduler.add_job(
            job.run, job.trigger(parts.settings), args=[context], id=job.key, name=job.label.en, **at_start
        )
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)
    end_heartbeat(context)
