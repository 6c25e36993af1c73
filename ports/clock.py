"""Time: monotonic for intervals, wall clock for timestamps."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The only source of time. Nothing here raises."""

    def monotonic(self) -> int:
        """Return milliseconds since a fixed moment; never goes back, never wraps, counts sleep."""

    def epoch(self) -> int | None:
        """Return seconds since 1970-01-01 UTC, or None while the time is not known."""

    def set_epoch(self, seconds: int) -> None:
        """Set the time (seconds UTC), from now on kept by the monotonic clock.

        A jump of the machine's own wall clock no longer moves it.
        """

    def sleep(self, ms: int) -> None:
        """Block for `ms` milliseconds. Zero or less returns at once."""
