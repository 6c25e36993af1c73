"""A PostgreSQL for the tests: Debian's binaries, a folder, a socket in it, no network."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import until

_USER = "nobody"  # PostgreSQL refuses to run as root
_numbers = itertools.count()


def binaries() -> Path | None:
    """Return the folder of the newest installed binaries."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    return found[-1].parent if found else None


def _version(initdb: Path) -> int:
    name = initdb.parts[-3]
    return int(name) if name.isdigit() else 0


class Server:
    """A server; `database` creates a new database on it and returns its URL."""

    def __init__(self, bin_: Path, folder: Path) -> None:
        self.folder = folder
        self._bin = bin_
        self._data = folder / "data"
        self._as = {"user": _USER} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(folder, _USER)
        made = ["initdb", "-D", str(self._data), "-U", "cloud", "-A", "trust", "-E", "UTF8"]
        self._call(*made, "--locale=C.UTF-8", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        # Tests kill processes, not the machine: a write of theirs is kept.
        options = f"-k {self.folder} -c listen_addresses= -c shared_buffers=32MB -c fsync=off"
        log = str(self.folder / "log")
        self._call("pg_ctl", "-D", str(self._data), "-l", log, "-o", options, "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; `immediate` is like a crash."""
        self._call("pg_ctl", "-D", str(self._data), "-m", mode, "-w", "stop")

    def kill(self) -> None:
        """Kill it, as the out-of-memory killer does: without a notice or a last write."""
        pid = int((self._data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def restart(self) -> None:
        """Start it after a kill, as soon as its processes have noticed."""
        until(self._started)

    def _started(self) -> bool:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.start()
            return True
        return False

    def database(self) -> str:
        name = f"cloud{next(_numbers)}"
        host = ("-h", str(self.folder), "-U", "cloud")
        self._call("createdb", *host, name)
        return f"postgresql+psycopg://cloud@/{name}?host={self.folder}"

    def _call(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._bin / program), *arguments],
            check=True,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            **self._as,  # type: ignore[call-overload]
        )


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Run a server; skip the test where it is not installed."""
    pytest.importorskip("psycopg", reason="there is no psycopg for this Python")
    found = binaries()
    if found is None:
        pytest.skip("there is no PostgreSQL in /usr/lib/postgresql")
    if os.geteuid() == 0:
        pwd.getpwnam(_USER)
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = Server(found, Path(folder))
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):  # a test has stopped it
                server.stop()
