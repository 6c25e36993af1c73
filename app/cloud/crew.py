"""Worker processes that share one listener; one that ends is replaced."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from app.cloud.errors import CloudFailure

_END_S = 10.0  # for a worker to send its last answers
_PAUSE_S = 1.0  # before a worker that ended within _SOON_S is replaced
_SOON_S = 5.0

# The code of a worker: called with a callback for when it is ready, and with a descriptor that
# becomes readable when the parent process ends.
Work = Callable[[Callable[[], None], int], None]


class Crew:
    """`count` processes that run `work`.

    `warn` is called with a notice for each one that ends, `ended` with its process id.
    """

    def __init__(
        self, count: int, work: Work, warn: Callable[[str], None], ended: Callable[[int], None]
    ) -> None:
        self._count = count
        self._work = work
        self._warn = warn
        self._ended = ended
        # A fork inherits all open files, the listener above all.
        self._context: Any = multiprocessing.get_context("fork")
        self._told, self._tell = self._context.Pipe(duplex=False)
        self._since: dict[BaseProcess, float] = {}

    def run(self, ready: Callable[[], None]) -> None:
        """Run workers, replacing those that end, until an exception; call `ready` once all run."""
        try:
            for _ in range(self._count):
                self._start()
            for _ in range(self._count):
                self._await_one()
            ready()
            while True:
                wait([*(process.sentinel for process in self._since)])
                self._replace()
        finally:
            self._stop()

    def _start(self) -> None:
        process = self._context.Process(target=_run, args=(self._work, self._tell))
        process.start()
        self._since[process] = time.monotonic()

    def _await_one(self) -> None:
        found = wait([self._told, *(process.sentinel for process in self._since)])
        if self._told not in found:
            raise CloudFailure("A worker has ended before it was ready: see above.")
        self._told.recv()

    def _replace(self) -> None:
        for process in [process for process in self._since if not process.is_alive()]:
            began = self._since.pop(process)
            process.join()
            self._ended(process.pid or 0)
            self._warn(f"a worker has ended ({process.exitcode}), another takes its place")
            if time.monotonic() - began < _SOON_S:
                time.sleep(_PAUSE_S)
            self._start()
        while self._told.poll():
            self._told.recv()

    def _stop(self) -> None:
        for process in self._since:
            process.terminate()
        for process in self._since:
            process.join(_END_S)
            if process.is_alive():
                process.kill()
                process.join()


def _run(work: Work, tell: Connection) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    with contextlib.suppress(KeyboardInterrupt):  # raised by the signals that end us
        work(lambda: tell.send(None), parent.sentinel)
