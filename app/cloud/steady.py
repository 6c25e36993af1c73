"""A check of this machine's clock, for uses where a mistake cannot be undone."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

_JUMP_S = 3600.0  # more than any correction of a clock that goes a little wrong
_DOUBT_S = 86_400.0  # in which the owner, or a time server, can put it right

_log = logging.getLogger("pythings.cloud")


def _since_start() -> float:
    """Return seconds of a clock that cannot be set, and runs in sleep where the system has one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Steady:
    """A comparison of a clock with one that cannot be set.

    A board without a real-time clock begins in the past, and jumps when it has a network.
    """

    def __init__(
        self, clock: Callable[[], float], since_start: Callable[[], float] = _since_start
    ) -> None:
        self._clock = clock
        self._since_start = since_start
        self._ahead = clock() - since_start()
        self._from = since_start()  # believed

    def time(self) -> float | None:
        """Return the clock's time, or None if it has jumped within a day."""
        now, shown = self._since_start(), self._clock()
        ahead = shown - now
        if abs(ahead - self._ahead) > _JUMP_S:
            _log.warning(
                "the clock of this machine has jumped by %.0f s: no old readings are dropped for a"
                " day, so that it can be put right",
                ahead - self._ahead,
            )
            self._ahead, self._from = ahead, now + _DOUBT_S
        return shown if now >= self._from else None
