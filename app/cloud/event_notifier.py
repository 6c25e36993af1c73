"""A notifier for tasks that wait for the next event."""

from __future__ import annotations

import asyncio


class EventNotifier:
    """The notifier of one process and its event loop, rung after each event."""

    def __init__(self) -> None:
        self._next: asyncio.Event | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Tell whether the server is shutting down."""
        return self._closed

    def open(self) -> None:
        """Begin, in the event loop; nothing to do here."""

    def next(self) -> asyncio.Event:
        """Return the event that the next ring sets; taken before a look, it misses none after."""
        if self._next is None:
            self._next = asyncio.Event()
            if self._closed:
                self._next.set()
        return self._next

    async def wait(self, seconds: float, ring: asyncio.Event | None = None) -> None:
        """Wait until `ring` (by default the next) or for `seconds`; return at once when closed."""
        waiting = asyncio.ensure_future((ring or self.next()).wait())
        try:
            await asyncio.wait([waiting], timeout=seconds)
        finally:
            waiting.cancel()

    def ring(self) -> None:
        """Wake all tasks that wait now."""
        if self._next is not None:
            self._next.set()
            self._next = None

    def close(self) -> None:
        """Wake all tasks, and let none wait again: the server is shutting down."""
        self._closed = True
        self.ring()
