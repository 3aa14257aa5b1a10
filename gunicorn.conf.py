"""How gunicorn serves the application: ``gunicorn wsgi:app`` in the project's root reads this file.

Each line can be overridden on gunicorn's own command line or by ``GUNICORN_CMD_ARGS``. Before it stands a reverse proxy
that ends TLS; tell the application how many there are (``trusted_proxies``), else nobody's address is believed.
"""

import os
import sys
from typing import Any

bind = "127.0.0.1:8000"  # this machine only: the proxy comes from here
workers = 2  # one a core; on the embedded SQLite default take 1
threads = 8  # a request that waits for the database or hashes a password does not hold up the others
timeout = 30
graceful_timeout = 20
max_requests = 10_000  # a worker is renewed now and then …
max_requests_jitter = 1_000  # … but not all at once
control_socket_disable = True  # nobody steers a running server but by signals
limit_request_line = 4094
limit_request_fields = 100


def on_starting(_server: Any) -> None:
    """Refuse to serve without a secret key: one sentence, and the exit code for a setting that is missing."""
    from matchmaker.domain.errors import MatchmakerError
    from matchmaker.settings import load
    from matchmaker.vault import require_secret

    try:
        require_secret(load())
    except MatchmakerError as error:
        sys.stderr.write(error.say("en" if os.environ.get("MATCHMAKER_LANG") == "en" else "zh") + "\n")
        sys.exit(int(error.exit_code))


def post_worker_init(worker: Any) -> None:
    """Log as the other processes do, and wait for the database no longer than a request may."""
    from matchmaker.db import Limits
    from matchmaker.logs import set_up_logs

    parts = worker.wsgi.extensions["matchmaker"]
    set_up_logs(parts.settings.zone)
    parts.database.limit(Limits.of_requests(parts.settings.web_database_seconds))
