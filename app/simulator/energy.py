"""The energy that a board takes, as seconds awake and seconds with its radio on."""

from __future__ import annotations

import time
from typing import Callable


class Energy:
    """A meter. The program's time is that of this machine, not of a board's slower processor."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.awake_s = self.radio_s = self.asleep_s = 0.0
        self._clock = clock
        self._at = clock()
        self._awake = self._radio = False
        self._before = (0.0, 0.0)

    def look(self, awake: bool, radio: bool) -> None:
        """Count the time since the last look as it was then; from now on it is as given."""
        now = self._clock()
        passed, self._at = now - self._at, now
        if self._awake:
            self.awake_s += passed
        else:
            self.asleep_s += passed
        if self._radio:
            self.radio_s += passed
        self._awake, self._radio = awake, radio

    def spent(self) -> dict[str, int]:
        """Return the milliseconds awake, and with the radio on, since the last call."""
        before, self._before = self._before, (self.awake_s, self.radio_s)
        return {
            "awake_ms": round((self.awake_s - before[0]) * 1000),
            "radio_ms": round((self.radio_s - before[1]) * 1000),
        }
