"""A queue of actions for later, on a clock that the caller advances."""

from __future__ import annotations

import heapq
import itertools
from typing import Callable

Action = Callable[[], None]


class Schedule:
    """The schedule; `now` advances with each `run`, and never goes back."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._queue: list[tuple[float, int, Action]] = []
        self._order = itertools.count()

    def after(self, seconds: float, action: Action) -> None:
        """Schedule an action; actions of the same time are run in the order of the calls."""
        heapq.heappush(self._queue, (self.now + seconds, next(self._order), action))

    def run(self, now: float, then: Action) -> None:
        """Run the actions due, each at its own time; call `then` after each, and at the end."""
        while self._queue and self._queue[0][0] <= now:
            when, _, action = heapq.heappop(self._queue)
            self.now = max(self.now, when)
            action()
            then()
        self.now = max(self.now, now)
        then()

    def due(self) -> float | None:
        """Return the time of the next action."""
        return self._queue[0][0] if self._queue else None

    def clear(self) -> None:
        """Drop all actions."""
        self._queue.clear()
