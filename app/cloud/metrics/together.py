"""The sum of several workers' counters: each worker writes into a file of one folder."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # names that folder; read when the library is imported


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Have the workers that are started inside count together; `folder` is emptied before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    os.environ[SHARED] = str(folder)
    try:
        yield
    finally:
        del os.environ[SHARED]
        shutil.rmtree(folder, ignore_errors=True)


def ended(pid: int) -> None:
    """Forget the calls that waited in a worker that has ended; its counters stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]
