"""Wakes whoever waits for the next event."""

from __future__ import annotations

import asyncio


class Bell:
    """Rung after each event; all of it happens in one event loop."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()
        self._closed = False

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, after `seconds`, or at once when closed."""
        if self._closed:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait([waiter], timeout=seconds)
        finally:
            self._waiters.discard(waiter)

    def ring(self) -> None:
        """Wake all that wait now."""
        for waiter in self._waiters:
            waiter.set_result(None)
        self._waiters.clear()

    def close(self) -> None:
        """Wake all, and let nobody wait again: the server is going down."""
        self._closed = True
        self.ring()
