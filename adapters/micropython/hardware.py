"""The machine that MicroPython's unix port runs on: a process stands for a board."""

from __future__ import annotations

import binascii
import os
import sys

_RESTART_EXIT = 75  # asks whoever started us for another start; EX_TEMPFAIL of sysexits.h


class UnixHardware:
    """`root`: of the storage. Whoever starts us again is also the watchdog."""

    def __init__(self, root: str) -> None:
        self._identity = root + "/identity"
        self._running = root + "/running"

    def identity(self) -> str:
        """Made once."""
        try:
            with open(self._identity) as file:
                return str(file.read(36))
        except OSError:
            made = binascii.hexlify(os.urandom(16)).decode()
            with open(self._identity, "w") as file:
                file.write(made)
            return made

    def cause(self) -> str:
        """The very first run is a power-on; every other one needs a better explanation."""
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
        """None."""

    def feed(self, _ms: int = 0) -> None:
        """Nobody waits for it."""

    def to_flash(self, path: str) -> None:
        """It is there."""
