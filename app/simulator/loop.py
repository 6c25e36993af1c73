"""One thread that waits for files, moments and orders, and handles them in turn."""

from __future__ import annotations

import queue
import selectors
import socket
import threading
import time
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any, Callable

from app.simulator.errors import SimError

_LOOK_S = 1.0

Moment = tuple[float, Callable[[], None]]


class Loop:
    """A loop in a thread.

    `moments` returns pairs (monotonic seconds, action); `after` is called in each round. A moment
    is due only when nothing is left to read: data sent before it is read before it.
    """

    def __init__(self, moments: Callable[[], list[Moment]], after: Callable[[], None]) -> None:
        self._moments, self._after = moments, after
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._bell, self._ring = socket.socketpair()
        self._bell.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._watched: set[Any] = set()
        self.watch(self._bell, self._obey)
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def watch(self, file: Any, handler: Callable[[], None]) -> None:
        """Call a handler whenever there is data to read, or the file has ended."""
        self._watched.add(file)
        self._selector.register(file, selectors.EVENT_READ, handler)

    def forget(self, file: Any) -> None:
        """Stop watching a file; its handler is not called from now on."""
        if file in self._watched:
            self._watched.remove(file)
            self._selector.unregister(file)

    def order(self, act: Callable[[], None]) -> None:
        """Have the thread perform an action; return when it is done, and raise its error."""
        done: Future[None] = Future()

        def run() -> None:
            try:
                act()
            except (OSError, SimError) as error:
                done.set_exception(error)
            else:
                done.set_result(None)

        if self._ended:
            raise SimError("the simulation has ended")
        self._orders.put(run)
        self._ring.send(b"!")
        while not wait([done], _LOOK_S).done:
            if not self._thread.is_alive():
                raise SimError("the simulation has ended")
        done.result()

    def close(self, last: Callable[[], None]) -> None:
        """Perform a last action, and end the thread."""

        def end() -> None:
            self._ended = True
            last()

        if not self._ended:
            with suppress(SimError):
                self.order(end)
            self._thread.join()
            for sock in (self._bell, self._ring):
                sock.close()
            self._selector.close()

    def _run(self) -> None:
        while not self._ended:
            moments = self._moments()
            due = min((at for at, _ in moments), default=None)
            left = None if due is None else max(0.0, due - time.monotonic())
            ready = self._selector.select(left)
            for key, _ in ready:
                if key.fileobj in self._watched:
                    key.data()
            if not ready:
                self._do_due(moments)
            self._after()

    def _do_due(self, moments: list[Moment]) -> None:
        for at, act in sorted(moments, key=lambda moment: moment[0]):
            if at <= time.monotonic():
                act()
                return

    def _obey(self) -> None:
        with suppress(BlockingIOError):
            self._bell.recv(64)
        with suppress(queue.Empty):
            while True:
                self._orders.get_nowait()()
