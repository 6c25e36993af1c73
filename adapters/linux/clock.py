"""The clock of a Linux machine, which goes on counting while it sleeps."""

from __future__ import annotations

import time
from typing import Callable

PLAUSIBLE = 1704067200  # 2024-01-01: before it, the clock has not been set yet (no battery, no NTP)

# CLOCK_MONOTONIC stands still while the machine is suspended.
_ID = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class LinuxClock:
    """The clock. `wall` returns the machine's own time, in seconds since 1970."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._zero_ms: int | None = None  # the epoch at monotonic zero, once it was set

    def monotonic(self) -> int:
        """Return the milliseconds since the machine started."""
        return time.clock_gettime_ns(_ID) // 1_000_000

    def epoch(self) -> int | None:
        """Return the time that was set; before that the machine's own, if it is plausible."""
        if self._zero_ms is not None:
            return (self._zero_ms + self.monotonic()) // 1000
        seconds = int(self._wall())
        return seconds if seconds >= PLAUSIBLE else None

    def set_epoch(self, seconds: int) -> None:
        """Set the time for this process only: the machine's own clock is not ours."""
        self._zero_ms = seconds * 1000 - self.monotonic()

    def sleep(self, ms: int) -> None:
        """Block for `ms` milliseconds, also when signals come in between."""
        if ms > 0:
            time.sleep(ms / 1000)
