"""The worker that checks large files while their owners do something else: one at a time in each process."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import cast

from flask import current_app

from matchmaker.actor import Actor
from matchmaker.app import Matchmaker
from matchmaker.domain.text import Lang
from matchmaker.lists.jobs import ImportJob
from matchmaker.lists.services.checks import check_held, is_lost, maker_of
from matchmaker.web.view import actor, current_lang, parts


class Checks:
    """The worker of one process."""

    def __init__(self, running: Matchmaker) -> None:
        self._parts = running
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="check")
        self._held: set[str] = set()
        self._lock = Lock()

    def start(self, public_id: str, who: Actor, lang: Lang) -> None:
        """Have an upload checked, once however often it is asked for."""
        with self._lock:
            if public_id in self._held:
                return
            self._held.add(public_id)
        self._pool.submit(self._work, public_id, who, lang)

    def _work(self, public_id: str, who: Actor, lang: Lang) -> None:
        running = self._parts
        try:
            check_held(
                running.database, actor=who, public_id=public_id, settings=running.settings, now=running.now, lang=lang
            )
        finally:
            with self._lock:
                self._held.discard(public_id)


def start_check(public_id: str) -> None:
    """Have an upload checked for whoever asks, in the page's language."""
    _checks().start(public_id, actor(), current_lang())


def resume_check(job: ImportJob) -> None:
    """Have an upload checked again whose check was lost, for whoever handed it in."""
    now = parts().now()
    if is_lost(job, now):
        _checks().start(job.public_id, maker_of(parts().database, job, actor(), now), current_lang())


def _checks() -> Checks:
    """One for all threads: the first that asks makes it, at once for all."""
    return cast(Checks, current_app.extensions.setdefault("checks", Checks(parts())))
