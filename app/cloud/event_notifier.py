"""Wakes whoever waits for the next event."""

from __future__ import annotations

import asyncio


class EventNotifier:
    """Rung after each event, in one process and its event loop."""

    def __init__(self) -> None:
        self._next: asyncio.Event | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Tell whether the server is going down."""
        return self._closed

    def open(self) -> None:
        """Begin, in the event loop."""

    def next(self) -> asyncio.Event:
        """Return what the next ring sets: taken before a look, it misses nothing after it."""
        if self._next is None:
            self._next = asyncio.Event()
            if self._closed:
                self._next.set()
        return self._next

    async def wait(self, seconds: float, ring: asyncio.Event | None = None) -> None:
        """Return at that ring (the next), after `seconds`, or at once when closed."""
        waiting = asyncio.ensure_future((ring or self.next()).wait())
        try:
            await asyncio.wait([waiting], timeout=seconds)
        finally:
            waiting.cancel()

    def ring(self) -> None:
        """Wake all that wait now."""
        if self._next is not None:
            self._next.set()
            self._next = None

    def close(self) -> None:
        """Wake all, and let nobody wait again: the server is going down."""
        self._closed = True
        self.ring()
