"""A form is done once, however often it is sent: pressed twice, sent again after going back, or after a broken line.

Each rendering of a form has a random number; the first sending keeps where it led to in the same transaction as its
work, and every later one is led there.
"""

import secrets
import time
from collections.abc import Callable

from flask import redirect, request
from werkzeug.wrappers import Response

from matchmaker.accounts.idempotency import Kept, begin_request, keep_answer
from matchmaker.db import ScopedSession
from matchmaker.domain.errors import ConflictError
from matchmaker.web.view import actor, parts

NAME = "once"
PATIENCE_SECONDS = 5.0
"""How long the second of two presses waits for the first to end."""


def do_once(work: Callable[[ScopedSession], str]) -> Response:
    """Redirect to the address that ``work`` gives, or gave when this form was first sent.

    ``work`` runs in a session that writes; what it raises undoes everything and frees the number again.
    """
    number = request.form.get(NAME, "")[:64] or secrets.token_urlsafe(16)
    owner, until = f"form:{actor().who}", time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return redirect(_led_to(work, owner, number), 303)
        except ConflictError as error:
            if error.code != "idempotency_running" or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _led_to(work: Callable[[ScopedSession], str], owner: str, number: str) -> str:
    with parts().database.writing(actor()) as session:
        kept = begin_request(session, owner=owner, key=number, request_hash=request.path, now=parts().now())
        if kept is not None:
            return kept.headers["Location"]
        address = work(session)
        keep_answer(session, Kept(303, {"Location": address}, ""), owner=owner, key=number)
        return address
