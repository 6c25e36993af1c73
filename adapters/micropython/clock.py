"""Time from the tick counter, which wraps (`time.ticks_ms`, at 2**30 on most ports)."""

from __future__ import annotations

import time

PLAUSIBLE = 1704067200  # 2024-01-01: before it, the machine's clock has not been set yet
EPOCH_2000 = 946684800  # the zero of many ports' clocks


class TicksClock:
    """A clock that must be read at least once in six days, or it misses a turn of the counter."""

    def __init__(self) -> None:
        self._ticks = time.ticks_ms()  # type: ignore[attr-defined]
        self._ms = 0
        self._zero: int | None = None  # the epoch at monotonic zero, once it was set

    def monotonic(self) -> int:
        """Return the milliseconds since this clock was made."""
        ticks = time.ticks_ms()  # type: ignore[attr-defined]
        self._ms += time.ticks_diff(ticks, self._ticks)  # type: ignore[attr-defined]
        self._ticks = ticks
        return self._ms

    def epoch(self) -> int | None:
        """Return the time that was set; before that the machine's own, if it is plausible."""
        if self._zero is not None:
            return self._zero + self.monotonic() // 1000
        seconds = int(time.time())
        if time.gmtime(0)[0] == 2000:
            seconds += EPOCH_2000
        return seconds if seconds >= PLAUSIBLE else None

    def set_epoch(self, seconds: int) -> None:
        """Set the time; the machine's own clock stays as it is."""
        self._zero = seconds - self.monotonic() // 1000

    def sleep(self, ms: int) -> None:
        """Sleep; interrupts and the network's tasks go on."""
        if ms > 0:
            time.sleep_ms(ms)  # type: ignore[attr-defined]
