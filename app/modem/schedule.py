"""What is to be done later, by a clock that others move."""

from __future__ import annotations

import heapq
import itertools
from typing import Callable

Action = Callable[[], None]


class Schedule:
    """`now` goes on with each `run` and never back."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._queue: list[tuple[float, int, Action]] = []
        self._order = itertools.count()

    def after(self, seconds: float, action: Action) -> None:
        """Do it so much later; what is due at once is done in the order of the calls."""
        heapq.heappush(self._queue, (self.now + seconds, next(self._order), action))

    def run(self, now: float, then: Action) -> None:
        """Do what is due, each at its own time; `then` after each, and at the end."""
        while self._queue and self._queue[0][0] <= now:
            when, _, action = heapq.heappop(self._queue)
            self.now = max(self.now, when)
            action()
            then()
        self.now = max(self.now, now)
        then()

    def due(self) -> float | None:
        """When there is something to be done next."""
        return self._queue[0][0] if self._queue else None

    def clear(self) -> None:
        """Nothing is to be done any more."""
        self._queue.clear()
