"""One thread that works with the store: the event loop never waits for the database.

Jobs that wait at the same time share one transaction (group commit); one that fails is undone
alone. No client is answered before its job is committed, on the disk. Between transactions, old
readings are dropped, a few at a time.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext as nothing
from typing import Any, TypeVar

from app.cloud.database.connection import Again, Anew, Unavailable
from app.cloud.steady import Steady
from app.cloud.store import Store

_MOST = 64  # jobs in a transaction: none has to wait long
_TEND_S = 1.0  # between two steps of dropping old readings
_TENDED_S = 600.0  # once all are dropped


class Meter:
    """A meter of calls and transactions; this one counts nothing."""

    def given(self) -> None:
        """Note that a call begins to wait."""

    def done(self, jobs: int, seconds: float) -> None:
        """Note that a transaction has ended, with so many calls."""


_T = TypeVar("_T")
_log = logging.getLogger("pythings.cloud")


class _Job:
    """A call to make, the future that waits for it, and its result or error."""

    def __init__(self, call: Callable[[], Any], undoes: bool) -> None:
        self.call = call
        self._undoes = undoes
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def make(self, store: Store) -> None:
        self.error = None
        try:
            with nothing() if self._undoes else store.savepoint():
                self.result = self.call()
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - it is raised where the job came from
            self.error = error

    def tell(self) -> None:
        if self.future.done():  # its task was cancelled
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer:
    """A thread that runs jobs on `store`, its own until `close`; `clock` returns Unix time."""

    def __init__(
        self, store: Store, clock: Callable[[], float] = time.time, meter: Meter | None = None
    ) -> None:
        self._store = store
        self._meter = meter or Meter()
        self._steady = Steady(clock)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._tend_at = time.monotonic() + _TEND_S
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def do(self, call: Callable[[], _T], undoes: bool = False) -> _T:
        """Return the result of `call` once it is committed; raises its exceptions, and Unavailable.

        It runs in the thread of the store, within a transaction that others may share. `undoes`: it
        undoes unfinished changes by itself.
        """
        job = _Job(call, undoes)
        self._meter.given()
        self._jobs.put(job)
        return await job.future  # type: ignore[no-any-return]

    def close(self) -> None:
        """End, after all jobs that were given before."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=max(0.0, self._tend_at - time.monotonic()))
                jobs, last = self._waiting(job)
                if jobs:
                    self._commit(jobs)
                if last:
                    return
            except queue.Empty:
                pass
            if time.monotonic() >= self._tend_at:
                self._tend()

    def _waiting(self, first: _Job | None) -> tuple[list[_Job], bool]:
        """Return the jobs that wait now, and whether the writer ends after them."""
        jobs: list[_Job] = []
        job = first
        while job is not None:
            jobs.append(job)
            if len(jobs) == _MOST:
                return jobs, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _commit(self, jobs: list[_Job], hopeful: bool = True) -> None:
        began = time.perf_counter()
        try:
            with self._store.hope() if hopeful else nothing(), self._store.transaction():
                for job in jobs:
                    job.make(self._store)
        except Exception as error:  # noqa: BLE001 - nothing has happened, whatever it was
            if isinstance(error, Anew):
                self._commit(jobs, hopeful=False)
                return
            if isinstance(error, Again) and len(jobs) > 1:
                for job in jobs:  # alone, it holds less, and for a shorter time
                    self._commit([job])
                return
            for job in jobs:
                job.error = Unavailable(f"The database does not do it: {error}")
        self._meter.done(len(jobs), time.perf_counter() - began)
        for loop in {job.loop for job in jobs}:
            told = [job for job in jobs if job.loop is loop]
            # A closed loop has no task left to wake.
            if not loop.is_closed():
                loop.call_soon_threadsafe(functools.partial(_tell, told))

    def _tend(self) -> None:
        done = True
        try:
            now = self._steady.time()
            if now is not None:  # dropped readings are gone for good
                with self._store.transaction():
                    done = self._store.tend(now)
        except Exception as error:  # noqa: BLE001 - the thread goes on, and tries again
            _log.warning("old readings stay for now: %s", error)
        self._tend_at = time.monotonic() + (_TENDED_S if done else _TEND_S)


def _tell(jobs: list[_Job]) -> None:
    for job in jobs:
        job.tell()
