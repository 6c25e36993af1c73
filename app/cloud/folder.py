"""The data folder: private files, the lock that keeps a second server out, names of its files."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from adapters.linux import inputs
from app.cloud.errors import CloudFailure

DATABASE = "cloud.db"
KEY_PAIR = "srsa.json"
STORE_KEY = "store.key"
ADMIN_SECRET = "admin.token"  # noqa: S105 - a file name
ADMIN_INFO = "admin.json"
METRICS_SECRET = "metrics.token"  # noqa: S105 - a file name
METRICS = "metrics"  # counters of several workers, while they run
CERTIFICATES = "tls"

MAX_KEY = 1 << 16  # bytes of a file of keys or tokens

# The name of the account that every data folder starts with. It is no credential: the account's
# random id is one, and only for Things that are new.
ACCOUNT = "local"

# The account of the cloud's owner, made at the first start if there is a password.
OWNER = "owner"


def write_private(path: Path, text: str) -> None:
    """Replace `path` in one step by a file with `text` that only its owner can read."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """Return the text at `path`; if there is none, store the result of `make`, mode 0600."""
    if not path.exists():
        write_private(path, make())
    return inputs.text(path, MAX_KEY)


@contextlib.contextmanager
def claimed(data: Path) -> Iterator[None]:
    """Make the folder if needed and hold its lock; raises CloudFailure if that is not possible."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data / "lock").open("w")
    except OSError as error:
        raise CloudFailure(
            f"Cannot write in {data}: {error.strerror}. Choose another folder with --data."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CloudFailure(
                f"A local cloud already runs with its data in {data}. "
                "Stop it first, or choose another folder with --data."
            ) from error
        yield
