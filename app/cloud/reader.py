"""One thread that reads, beside the one that writes: no Thing waits for a person's queries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from app.cloud.cloud import Cloud
from app.cloud.database.connection import Unavailable
from app.cloud.errors import CloudFailure
from app.cloud.store import Store

_T = TypeVar("_T")


class Reader:
    """A thread that runs calls on a second connection, which is opened at its first use.

    A call sees a snapshot: all that was committed before it, unchanged while it runs.
    """

    def __init__(self, cloud: Cloud, open_store: Callable[[], Store]) -> None:
        self._writing = cloud
        self._open = open_store
        self._cloud: Cloud | None = None
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="reader")

    async def do(self, call: Callable[[Cloud], _T]) -> _T:
        """Run `call` and return its result; raises its exceptions, and Unavailable."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, call)

    def close(self) -> None:
        """End, after all calls that were made before."""
        self._threads.shutdown()
        if self._cloud is not None:
            self._cloud.store.close()

    def _opened(self) -> Store:
        try:
            return self._open()
        except CloudFailure as error:  # it was usable at the start
            raise Unavailable(str(error)) from error

    def _run(self, call: Callable[[Cloud], _T]) -> _T:
        if self._cloud is None:
            self._cloud = replace(self._writing, store=self._opened())
        try:
            return self._read(self._cloud, call)
        except Unavailable:
            if self._cloud.store.connected():
                raise
            return self._read(self._cloud, call)  # it had ended while idle

    def _read(self, cloud: Cloud, call: Callable[[Cloud], _T]) -> _T:
        with cloud.store.transaction(reading=True):
            return call(cloud)
