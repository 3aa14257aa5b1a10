"""A form is done once, however often it is sent: pressed twice, sent again after going back, or after a broken line.

Each rendering of a form has a random number; the first sending keeps where it led to in the same transaction as its
work, and every later one with the same words is led there. Sent with other words it is another sending.
"""

import hashlib
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
    number = f"{request.form.get(NAME, '')[:64] or secrets.token_urlsafe(16)}:{_digest()}"
    owner, until = f"form:{actor().who}", time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return redirect(_led_to(work, owner, number), 303)
        except ConflictError as error:
            if error.code != "idempotency_running" or time.monotonic() > until:
                raise
            time.sleep(0.05)


def shown_once(session: ScopedSession, address: str) -> str | None:
    """Where a form that shows a secret was led to, if it was sent before: then nothing is to be made again.

    None the first time; ``address`` is where the same sending is led to afterwards, for the secret is not kept.
    """
    number = request.form.get(NAME, "")[:64]
    if not number:
        return None
    owner, key = f"form:{actor().who}", f"{number}:{_digest()}"
    kept = begin_request(session, owner=owner, key=key, request_hash=request.path, now=parts().now())
    if kept is not None:
        return kept.headers["Location"]
    keep_answer(session, Kept(303, {"Location": address}, ""), owner=owner, key=key)
    return None


def _led_to(work: Callable[[ScopedSession], str], owner: str, number: str) -> str:
    with parts().database.writing(actor()) as session:
        kept = begin_request(session, owner=owner, key=number, request_hash=request.path, now=parts().now())
        if kept is not None:
            return kept.headers["Location"]
        address = work(session)
        keep_answer(session, Kept(303, {"Location": address}, ""), owner=owner, key=number)
        return address


def _digest() -> str:
    """What was sent, files too, apart from what each rendering has of its own."""
    said = hashlib.sha256()
    for name in sorted(set(request.form) - {NAME, "csrf_token"}):
        said.update(repr((name, request.form.getlist(name))).encode())
    for name, file in sorted(request.files.items()):
        said.update(repr((name, file.filename)).encode())
        place = file.stream.tell()
        file.stream.seek(0)
        while piece := file.stream.read(1 << 20):
            said.update(piece)
        file.stream.seek(place)
    return said.hexdigest()[:32]
