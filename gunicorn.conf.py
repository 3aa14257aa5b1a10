"""How gunicorn serves the application: ``gunicorn wsgi:app`` in the project's root reads this file."""

from typing import Any

bind = "127.0.0.1:8000"
workers = 2
timeout = 30
graceful_timeout = 20
max_requests = 10_000
max_requests_jitter = 1_000


def post_worker_init(worker: Any) -> None:
    """Log as the other processes do."""
    from matchmaker.logs import set_up_logs

    set_up_logs(worker.wsgi.extensions["matchmaker"].settings.zone)
