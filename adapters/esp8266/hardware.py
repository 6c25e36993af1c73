"""The ESP8266's identity, resets and watchdog."""

from __future__ import annotations

import sys
from typing import Any

import machine

from adapters.micropython.mac import cause, identity

WRONG_PASSWORD = (2,)  # STAT_WRONG_PASSWORD
_SOFT_WDT = 3  # REASON_SOFT_WDT_RST
_TICK_MS = 1000


class Esp8266Hardware:
    """The ESP8266's hardware. Its own watchdog waits for only 3 s, less than an app may take. So a
    timer counts instead, which also runs while an app loops for ever."""

    longest_s = 4200  # of a sleep: the time in us is one of 32 bits
    wakes_by = 16  # the pin that ends a sleep, by a wire to the reset pin
    wired = -1  # that pin, if the owner says so

    def __init__(self) -> None:
        self._timer: Any = None
        self._left = 0
        self._ticks = 0

    def identity(self) -> str:
        """Return the id of the board, from its MAC."""
        return identity()

    def cause(self) -> str:
        """Return the cause; `machine.reset()` is a SOFT_RESET, the button a HARD_RESET."""
        return cause(
            (machine.PWRON_RESET, machine.HARD_RESET),
            (machine.WDT_RESET, _SOFT_WDT),
        )

    def reset(self) -> None:
        """Reset the board; return at once, the reset comes a moment later."""
        machine.reset()

    def watchdog(self, ms: int) -> None:
        """Start the watchdog timer, in whole seconds."""
        self._ticks = self._left = ms // _TICK_MS
        self._timer = machine.Timer(-1)
        self._timer.init(period=_TICK_MS, mode=machine.Timer.PERIODIC, callback=self._tick)
        loader = sys.modules.get("loader")
        if loader:  # app/runtime/loader.py: it was the watchdog of this OS so far
            loader.calm()

    def feed(self, ms: int = 0) -> None:
        """Restart the watchdog timer, with `ms` if given."""
        self._left = ms // _TICK_MS or self._ticks

    def to_flash(self, path: str) -> None:
        """Move the files of a folder into mapped flash, to be executed in place."""
        from adapters.esp8266.romslot import seal

        self.feed()
        seal(path)

    def _tick(self, _timer: Any) -> None:
        self._left -= 1
        if self._left < 0:
            machine.reset()  # without a note: the next start counts as faulty
