"""The ESP32's identity, resets and watchdog."""

from __future__ import annotations

from typing import Any

import machine

from adapters.micropython.mac import cause, identity

# The values of status() for a wrong password: STAT_WRONG_PASSWORD, and the driver's reasons for a
# failed four-way handshake (15 and 204; older firmware returns them as they are).
WRONG_PASSWORD = (202, 15, 204)


class Esp32Hardware:
    """The ESP32's hardware; its own watchdog also detects a loop in the app."""

    longest_s = 1728000  # of a sleep: the time in ms is an int of 31 bits
    wakes_by = -1  # no pin
    wired = -1  # that pin, if the owner says so

    def __init__(self) -> None:
        self._watchdog: Any = None
        self._ms = 0
        self._waits = 0  # ms, now

    def identity(self) -> str:
        """Return the id of the board, from its MAC."""
        return identity()

    def cause(self) -> str:
        """Return the cause of the start; `machine.reset()` and a panic are both a HARD_RESET."""
        return cause((machine.PWRON_RESET,), (machine.WDT_RESET,))

    def reset(self) -> None:
        """Reset the board; never return."""
        machine.reset()

    def watchdog(self, ms: int) -> None:
        """Start the watchdog, which cannot be stopped again."""
        self._ms = self._waits = ms
        self._watchdog = machine.WDT(timeout=ms)

    def feed(self, ms: int = 0) -> None:
        """Restart the watchdog's time if it runs; another time is set by starting it again."""
        ms = ms or self._ms
        if ms != self._waits:
            self._waits = ms
            self._watchdog = machine.WDT(timeout=ms)
        if self._watchdog:
            self._watchdog.feed()

    def to_flash(self, path: str) -> None:
        """Leave the files where they are: the memory has room for them."""
