"""The application behind a real web server: gunicorn in a child process, on a port of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from tests.support.accounts import SECRET

ROOT = Path(__file__).parents[2]
START_SECONDS = 30


class WebServer:
    """``gunicorn wsgi:app`` with this project's own gunicorn.conf.py."""

    def __init__(self, folder: Path, database_url: str, *flags: str, **settings: Any) -> None:
        """``folder``: the instance; ``flags``: of gunicorn; ``settings``: of the application."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MATCHMAKER_")},
            "MATCHMAKER_INSTANCE": str(folder),
            "MATCHMAKER_DATABASE_URL": database_url,
            "MATCHMAKER_SECRET_KEY": SECRET,
            **{f"MATCHMAKER_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.log = folder / "web.log"
        command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{self.port}", *flags]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.get("/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the web server did not start: {self.log.read_text('utf-8')}")

    def get(self, path: str, *, timeout: float = 30, **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body of a GET."""
        return self.ask("GET", path, timeout=timeout, headers=headers)

    def ask(
        self, method: str, path: str, *, body: Any = None, timeout: float = 30, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers and body of any request, on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer: HTTPResponse = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        finally:
            connection.close()

    def send_raw(self, request: bytes) -> tuple[bytes, bool]:
        """What comes back for these bytes, and whether the server closed the connection by itself."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as link:
            link.sendall(request)
            received = b""
            try:
                while part := link.recv(65536):
                    received += part
            except TimeoutError:
                return received, False
            return received, True

    def stop(self, kind: int = signal.SIGTERM) -> int:
        """End it; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(kind)
        try:
            return self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@contextmanager
def serving(folder: Path, database_url: str, *flags: str, **settings: Any) -> Iterator[WebServer]:
    """A web server that is gone afterwards."""
    server = WebServer(folder, database_url, *flags, **settings)
    try:
        yield server
    finally:
        server.stop()


def small_disk(folder: Path, megabytes: int) -> bool:
    """Mount a small file system of its own on ``folder``; False where that is not allowed here."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    return done.returncode == 0
