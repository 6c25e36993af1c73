"""Files and folders that only their owner can access: all of ours are opened here."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from domain.errors import DeviceError

_FULL = (errno.ENOSPC, errno.EDQUOT)


def private(path: str, flags: int, files: Any = os) -> int:
    """Return the descriptor of a regular file, made 0600 if need be.

    A link is not followed, a pipe not waited for. Raises OSError. `files` stands for `os` where a
    test makes it fail.
    """
    found: int = files.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    try:
        state = os.fstat(found)
        if not stat.S_ISREG(state.st_mode):
            raise OSError(errno.EINVAL, "not a file")
        if state.st_mode & 0o077 and flags & (os.O_WRONLY | os.O_RDWR):
            os.fchmod(found, 0o600)
    except OSError:
        os.close(found)
        raise
    return found


def own_folder(path: str, files: Any = os) -> None:
    """Make a folder that no other user can look into, or change an existing one to that.

    Raises OSError, with advice in its text, where the folder is shared or not ours to change.
    """
    files.makedirs(path, 0o700, exist_ok=True)
    state = os.stat(path)
    if not state.st_mode & 0o077:
        return
    shared = state.st_mode & stat.S_ISVTX and os.listdir(path)  # as /tmp
    if shared or os.path.realpath(path) in ("/", os.path.expanduser("~")):
        raise OSError(errno.EACCES, "it is there for more than a Thing - name a folder within it")
    try:
        os.chmod(path, 0o700)
    except OSError:
        text = "others can look into it, and it is not ours to change - chmod 700 it"
        raise OSError(errno.EACCES, text) from None


@contextmanager
def translated(verb: str, name: str) -> Iterator[None]:
    """Raise DeviceError in place of every error of the operating system."""
    try:
        yield
    except (OSError, UnicodeError) as error:
        what = "cannot %s %s: %s" % (verb, name or "the storage", _reason(error))
        if isinstance(error, OSError) and error.errno in _FULL:
            raise DeviceError("disk_full", what + " - make room on this machine") from error
        raise DeviceError("storage", what + " - look after its file system") from error


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
