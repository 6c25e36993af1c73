"""Notifications among the processes of a cloud on one PostgreSQL database: LISTEN and NOTIFY."""

from __future__ import annotations

import asyncio
import contextlib
import threading

from app.cloud.database.connection import Backend
from app.cloud.event_notifier import EventNotifier

_EVERY_S = 0.2  # at most one notice from a process in this time: each wakes all processes
_AGAIN_S = 1.0  # before the next attempt to connect


class SharedEventNotifier(EventNotifier):
    """An event notifier for all processes of a database: this one at once, the others later."""

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend
        self._news = threading.Event()
        self._end = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)

    def open(self) -> None:
        """Start to listen, in a thread with a connection of its own."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def ring(self) -> None:
        """Wake all current waiters, in this process and in the others."""
        super().ring()
        self._news.set()

    def close(self) -> None:
        """Wake all waiters of this process, and stop listening."""
        super().close()
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._end.is_set():
            with contextlib.suppress(*self._backend.failures):
                self._listen()
            self._end.wait(_AGAIN_S)

    def _listen(self) -> None:
        assert self._loop is not None
        with contextlib.closing(self._backend.connect()) as raw:
            raw.execute("LISTEN pythings")
            self._loop.call_soon_threadsafe(super().ring)  # a notice may have been missed
            while not self._end.is_set():
                for _ in raw.notifies(timeout=_EVERY_S, stop_after=1):
                    self._loop.call_soon_threadsafe(super().ring)
                if self._news.is_set():
                    self._news.clear()
                    raw.execute("NOTIFY pythings")
