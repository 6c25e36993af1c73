"""A clock that jumps instead of waiting."""

from __future__ import annotations

from typing import Callable


class FakeClock:
    """A clock without a time of day until `set_epoch`; `on_sleep(ms)` is called in each sleep."""

    def __init__(self, start_ms: int = 0, epoch: int | None = None) -> None:
        self.now = start_ms
        self.slept = 0
        self.on_sleep: Callable[[int], object] | None = None
        self._told: tuple[int, int] | None = None
        if epoch is not None:
            self.set_epoch(epoch)

    def monotonic(self) -> int:
        return self.now

    def epoch(self) -> int | None:
        if self._told is None:
            return None
        seconds, since = self._told
        return seconds + (self.now - since) // 1000

    def set_epoch(self, seconds: int) -> None:
        self._told = (seconds, self.now)

    def sleep(self, ms: int) -> None:
        if ms <= 0:
            return
        self.slept += ms
        self.advance(ms)
        if self.on_sleep:
            self.on_sleep(ms)

    def advance(self, ms: int) -> None:
        """Let `ms` pass outside of `sleep`: neither `slept` nor `on_sleep` sees it."""
        assert ms >= 0, "a monotonic clock never goes back"
        self.now += ms
