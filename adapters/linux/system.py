"""A Linux machine: its identity, the cause of its last restart, and how to start again."""

from __future__ import annotations

import faulthandler
import hashlib
import hmac
import os
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any, Callable

from adapters.linux.files import own_folder, private
from adapters.linux.notify import notify

_LATER_MS = 10000

RESTART_EXIT = 75  # asks the supervisor for another start; EX_TEMPFAIL of sysexits.h

# Our identity is derived with this: machine-id(5) asks to keep the machine's own id confidential.
_APPLICATION = uuid.UUID("5d1f6a0c-9b7e-4c43-8c0e-54a3b1d2f7e9").bytes

_ENDS = ("restart", "stopped")
_ASLEEP = "asleep"


class LinuxSystem:
    """The machine. `root`: the storage's folder, for four small files: `running` (how the last run
    went), `watchdog` (where it hung), `identity` (on a machine that has none of its own), `asleep`
    (a note for the next run).

    `supervised`: a supervisor starts us again when we end with RESTART_EXIT, or by a fault;
    `sleeps`: something starts us again after an end with 0. `host` and `execv` let a test stand in
    for the machine.
    """

    def __init__(
        self,
        root: str,
        supervised: bool = False,
        platform: str = "Python",
        host: str = "/",
        environ: Mapping[str, str] = os.environ,
        execv: Callable[[str, list[str]], Any] = os.execv,
        sleeps: bool = False,
    ) -> None:
        self._root = root
        self._supervised = supervised
        self._sleeps = sleeps
        self._platform = platform
        self._host = host
        self._environ = environ
        self._execv = execv
        self.farewell: Callable[[], object] = lambda: None  # called before the command is run again
        self._identity = ""
        self._cause = ""
        self._limit_s = 0.0
        self._trace: IO[str] | None = None

    def identity(self) -> str:
        """Return 36 characters, derived from the machine id as systemd derives application ids."""
        if not self._identity:
            machine = _read(os.path.join(self._host, "etc/machine-id")).strip()
            try:
                secret = bytes.fromhex(machine)
            except ValueError:
                secret = b""
            if len(secret) == 16 and any(secret):
                self._identity = derive(secret, self._root)
            else:
                self._identity = self._own_identity()
        return self._identity

    def platform(self) -> str:
        """Return the platform as given."""
        return self._platform

    def abi(self) -> str:
        """Return "py3": the OS is Python source."""
        return "py3"

    def reset_cause(self) -> str:
        """Return the cause, from the last run's note in `running`; the first call notes this
        run."""
        if not self._cause:
            boot = self._boot_id()
            last, _, last_boot = self._load("running").strip().partition(" ")
            if last == _ASLEEP:  # the machine itself may have been off
                self._cause = "wake"
            elif not last or last_boot != boot:
                self._cause = "power_on"
            elif last in _ENDS:
                self._cause = last
            else:
                self._cause = "watchdog" if self._load("watchdog") else "crash"
            self._save("running", "running " + boot)
            with suppress(OSError):
                os.unlink(os.path.join(self._root, "watchdog"))
        return self._cause

    def stopped(self) -> None:
        """Record that this run was told to end (SIGTERM, Ctrl-C)."""
        self._save("running", "stopped " + self._boot_id())

    def restart(self) -> None:
        """End with RESTART_EXIT (SystemExit) where supervised, else run the same command again."""
        self._save("running", "restart " + self._boot_id())
        if self._supervised:
            raise SystemExit(RESTART_EXIT)
        self.farewell()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        command = same_command()
        try:
            self._execv(command[0], command)
        except OSError:  # the interpreter is gone: the parent may have another
            raise SystemExit(RESTART_EXIT) from None

    def sleep(self, seconds: int, note: bytes) -> str:
        """End this process with status 0; with 0 seconds return why nothing would start it."""
        if not (self._sleeps and seconds):
            return "" if self._sleeps else "it stays on: it was not started with --sleep"
        self._save(_ASLEEP, "%d %s" % (time.time(), note.decode()))
        self._save("running", _ASLEEP)
        raise SystemExit(0)

    def woken(self) -> tuple[int, bytes]:
        """Return the seconds since then by the wall clock, and the note."""
        then, _, note = self._load(_ASLEEP).strip().partition(" ")
        with suppress(OSError):
            os.unlink(os.path.join(self._root, _ASLEEP))
        if not then.isdecimal():
            return 0, b""
        return max(0, int(time.time()) - int(then)), note.encode()

    def watchdog(self, ms: int) -> None:
        """Start the watchdog of systemd, if it asks for one, and where supervised our own."""
        self.reset_cause()  # before the trace of the last run is overwritten
        self._limit_s = ms / 1000
        limit = ""
        if "WATCHDOG_USEC" in self._environ:  # later than our own, which leaves a trace
            limit = "\nWATCHDOG_USEC=%d" % ((ms + _LATER_MS) * 1000)
        notify("READY=1" + limit, self._environ)
        if self._supervised and self._trace is None:
            with suppress(OSError):
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
                file = private(os.path.join(self._root, "watchdog"), flags)
                self._trace = open(file, "w")  # noqa: SIM115 - for as long as we live
        self.feed()

    def feed(self, _ms: int = 0) -> None:
        """Restart the time of both watchdogs; an app hangs in a process of its own."""
        if self._limit_s:
            notify("WATCHDOG=1", self._environ)
        if self._trace:
            # A C thread: it also fires when Python itself hangs. It writes a traceback, and exits.
            faulthandler.dump_traceback_later(self._limit_s, exit=True, file=self._trace)

    def seal(self, folder: str) -> None:
        """Leave the folder as it is: the loader starts the OS from there."""

    def memory(self) -> tuple[int, int]:
        """Return (available, total) as the kernel counts them; zeros where it does not tell."""
        lines = _read(os.path.join(self._host, "proc/meminfo")).splitlines()
        found = {line.split(":")[0]: line.split()[1:2] for line in lines}
        free, total = (found.get(name, ["0"]) for name in ("MemAvailable", "MemTotal"))
        try:
            return int(free[0]) * 1024, int(total[0]) * 1024
        except (IndexError, ValueError):
            return 0, 0

    def _own_identity(self) -> str:
        """Return the id of a machine (or container) without one, made once."""
        kept = self._load("identity").strip()
        if kept and len(kept) <= 36:
            return kept
        made = str(uuid.uuid4())
        self._save("identity", made)
        return made

    def _boot_id(self) -> str:
        return _read(os.path.join(self._host, "proc/sys/kernel/random/boot_id")).strip()

    def _load(self, name: str) -> str:
        with suppress(OSError):
            file = private(os.path.join(self._root, name), os.O_RDONLY)
            with open(file, errors="replace") as stream:
                return stream.read(65536)
        return ""

    def _save(self, name: str, text: str) -> None:
        """Save a small file; an error is ignored, as only the reset cause would be less exact."""
        path = os.path.join(self._root, name)
        with suppress(OSError):
            own_folder(self._root)
            # The storage sweeps files named .part-.
            temporary = os.path.join(self._root, ".part-" + name)
            with open(private(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)


def derive(machine_id: bytes, root: str) -> str:
    """Return the id of the Thing in `root` on a machine with this id (16 bytes): 36 characters."""
    place = os.fsencode(os.path.realpath(root))
    digest = hmac.new(machine_id, _APPLICATION + place, hashlib.sha256).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def same_command() -> list[str]:
    """Return the command line that started this process."""
    return [sys.executable, *sys.orig_argv[1:]]


def _read(path: str) -> str:
    try:
        with open(path, errors="replace") as file:
            return file.read(65536)
    except OSError:
        return ""
