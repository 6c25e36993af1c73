"""Files that a person names on a command line: read up to a limit, and refused unless a file.

A wrong path may name a device without an end (/dev/zero), a pipe that no program writes to, or a
disk's image in place of a key. All errors are `OSError`, with the reason in `strerror`.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

_PIPES = (stat.S_ISREG, stat.S_ISFIFO)
_FILES = (stat.S_ISREG,)

_PIECE = 1 << 16  # to read takes memory for all that is asked for, not only for all that there is

MAX_PEM = 1 << 20  # the certificates of all public authorities take a quarter of it


def reason(error: Exception) -> str:
    """Return the error in one line, without its number."""
    if isinstance(error, OSError) and error.filename is not None:
        return "%s: %s" % (error.filename, error.strerror)
    return str(error)


def check(path: str | os.PathLike[str], pipes: bool = False) -> None:
    """Raise OSError unless this is a regular file, or with `pipes` also a pipe."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not any(is_one(mode) for is_one in (_PIPES if pipes else _FILES)):
        kind = "pipe" if stat.S_ISFIFO(mode) else "device"
        raise OSError(errno.EINVAL, "it is a %s, not a file" % kind, str(path))


def data(path: str | os.PathLike[str], most: int) -> bytes:
    """Read a whole file of at most so many bytes. Raise OSError."""
    check(path)
    return _whole(path, _start(path, most), most)


def text(path: str | os.PathLike[str], most: int) -> str:
    r"""Read a file of UTF-8 of at most so many bytes; its lines end with \n. Raise OSError."""
    return _decoded(path, data(path, most)).replace("\r\n", "\n").replace("\r", "\n")


def first_line(path: str | os.PathLike[str], most: int) -> str:
    """Read the first line, of at most so many bytes, of a file or a shell's `<(...)`."""
    check(path, pipes=True)
    line = _start(path, most).split(b"\n")[0]
    return _decoded(path, _whole(path, line, most)).rstrip("\r")


def typed(most: int) -> str:
    """Read the whole standard input of at most so many characters. Raise OSError."""
    try:
        found = sys.stdin.read(most + 1)
        found.encode()  # where the locale is not UTF-8, wrong bytes are read as surrogates
    except UnicodeError:
        raise _not_text("-") from None
    if len(found) > most:
        raise _too_large("-", most)
    return found


def _start(path: str | os.PathLike[str], most: int) -> bytes:
    """Read a byte more than the most; a named pipe that no program writes to is empty."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    os.set_blocking(number, True)
    found = bytearray()
    with os.fdopen(number, "rb") as file:
        while piece := file.read(min(_PIECE, most + 1 - len(found))):
            found += piece
    return bytes(found)


def _whole(path: str | os.PathLike[str], found: bytes, most: int) -> bytes:
    if len(found) > most:
        raise _too_large(path, most)
    return found


def _decoded(path: str | os.PathLike[str], found: bytes) -> str:
    try:
        return found.decode()
    except UnicodeError:
        raise _not_text(path) from None


def _too_large(path: str | os.PathLike[str], most: int) -> OSError:
    return OSError(errno.EFBIG, "it is larger than %d bytes" % most, str(path))


def _not_text(path: str | os.PathLike[str]) -> OSError:
    return OSError(errno.EILSEQ, "it is not UTF-8 text", str(path))
