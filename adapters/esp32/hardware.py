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
        self._watchdog = machine.WDT(timeout=ms)

    def feed(self) -> None:
        """If it runs."""
        if self._watchdog:
            self._watchdog.feed()

    def to_flash(self, path: str) -> None:
        """Its memory has room for the files."""
