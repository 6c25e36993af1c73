"""The ESP32's identity, resets and watchdog."""

from __future__ import annotations

from typing import Any

import machine

from adapters.micropython.mac import cause, identity

# What status() gives for a wrong password: STAT_WRONG_PASSWORD, and the reasons of the driver that
# a failed four-way handshake ends with (15 and 204; older firmware gives them as they are).
WRONG_PASSWORD = (202, 15, 204)


class Esp32Hardware:
    """The hardware's own watchdog, which also notices a loop in the app."""

    def __init__(self) -> None:
        self._watchdog: Any = None
        self._ms = 0
        self._waits = 0  # ms, now

    def identity(self) -> str:
        """From the MAC."""
        return identity()

    def cause(self) -> str:
        """`machine.reset()` and a panic look the same: both are a HARD_RESET."""
        return cause((machine.PWRON_RESET, machine.DEEPSLEEP_RESET), (machine.WDT_RESET,))

    def reset(self) -> None:
        """Does not return."""
        machine.reset()

    def watchdog(self, ms: int) -> None:
        """Cannot be stopped again."""
        self._ms = self._waits = ms
        self._watchdog = machine.WDT(timeout=ms)

    def feed(self, ms: int = 0) -> None:
        """If it runs. Another time is set by starting it anew, which it takes."""
        ms = ms or self._ms
        if ms != self._waits:
            self._waits = ms
            self._watchdog = machine.WDT(timeout=ms)
        if self._watchdog:
            self._watchdog.feed()

    def to_flash(self, path: str) -> None:
        """Its memory has room for the files."""
