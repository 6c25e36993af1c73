"""The machine that MicroPython's unix port runs on: a process stands for a board."""

from __future__ import annotations

import binascii
import os
import sys

_RESTART_EXIT = 75  # asks the parent process for another start; EX_TEMPFAIL of sysexits.h


class UnixHardware:
    """A process as hardware; its parent is the watchdog. `root`: of the storage."""

    def __init__(self, root: str) -> None:
        self._identity = root + "/identity"
        self._running = root + "/running"

    def identity(self) -> str:
        """Return the id of this Thing, made once and kept in a file."""
        try:
            with open(self._identity) as file:
                return str(file.read(36))
        except OSError:
            made = binascii.hexlify(os.urandom(16)).decode()
            with open(self._identity, "w") as file:
                file.write(made)
            return made

    def cause(self) -> str:
        """Return `power_on` for the very first run, else `crash`, if no note says more."""
        try:
            os.stat(self._running)
            return "crash"
        except OSError:
            with open(self._running, "w"):
                return "power_on"

    def reset(self) -> None:
        """End with status 75."""
        sys.exit(_RESTART_EXIT)

    def watchdog(self, _ms: int) -> None:
        """Start no watchdog: the parent process is one."""

    def feed(self, _ms: int = 0) -> None:
        """Do nothing: there is no watchdog."""

    def to_flash(self, path: str) -> None:
        """Leave the files where they are."""
