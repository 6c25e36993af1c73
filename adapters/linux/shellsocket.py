"""The debug shell's access to a Thing on Linux: a Unix socket in its root, its owner's only."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from adapters.linux.console import LEVELS

NAME = "shell"
_PIECE = 4096
_MAX_LINE = 4096
_FAREWELL_S = 2.0  # for a client to read a piece of the last lines before the Thing ends
_LONGEST_S = 20.0  # for all of them
_MAX_WAITING = 1 << 20  # bytes that a client has not read: beyond that it is disconnected


class ShellSocket:
    """One client at a time, the newest; lines in, lines out, never waiting for it.

    Events of the Thing's console go there too, as on the console of a board.
    """

    def __init__(self, root: str) -> None:
        self._path = os.path.join(root, NAME)
        self._listener: socket.socket | None = None
        self._client: socket.socket | None = None
        self._typed = b""
        self._waiting = bytearray()

    def open(self) -> str:
        """Listen; return the reason if that fails, else "". Requires the root's lock."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)  # the socket is made with the remaining bits: 0600
        try:
            with suppress(FileNotFoundError):
                os.unlink(self._path)
            with short(self._path) as path:
                listener.bind(path)
            listener.listen(1)
        except OSError as error:
            listener.close()
            return "the debug shell is not offered: %s" % error
        finally:
            os.umask(before)
        listener.setblocking(False)
        self._listener = listener
        return ""

    def close(self) -> None:
        """Stop listening; the last lines, before a restart, are still sent."""
        if self._client and self._waiting:
            self._client.settimeout(_FAREWELL_S)
            until = time.monotonic() + _LONGEST_S
            with suppress(OSError):
                while self._waiting and time.monotonic() < until:
                    del self._waiting[: self._client.send(self._waiting[:_PIECE])]
        self._drop()
        if self._listener:
            self._listener.close()
            self._listener = None
            with suppress(OSError):
                os.unlink(self._path)

    def line(self) -> str | None:
        """Return the next line of the client, or None. A line without end comes in parts."""
        self._accept()
        if b"\n" not in self._typed:
            self._receive()
        line, end, rest = self._typed.partition(b"\n")
        if not end and len(line) < _MAX_LINE:
            return None
        self._typed = rest
        return line.decode("utf-8", "replace")

    def write(self, line: str) -> None:
        """Send a line; it is lost if no client is connected."""
        if self._client:
            self._waiting += line.encode("utf-8", "replace") + b"\n"
            self._send()

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        """Send an event of the console."""
        if self._client:
            told = {**fields, "event": name, "level": LEVELS.get(level, str(level))}
            self.write(json.dumps(told, default=repr))

    def _accept(self) -> None:
        if self._listener:
            with suppress(OSError):
                client = self._listener.accept()[0]
                client.setblocking(False)
                self._drop()
                self._typed = b""
                self._client = client

    def _receive(self) -> None:
        if self._client is None:
            return
        self._send()
        try:
            data = self._client.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._typed += data
        else:
            self._drop()

    def _send(self) -> None:
        if self._client is None:
            return
        try:
            while self._waiting:
                del self._waiting[: self._client.send(self._waiting)]
        except BlockingIOError:
            if len(self._waiting) > _MAX_WAITING:
                self._drop()
        except OSError:
            self._drop()

    def _drop(self) -> None:
        if self._client:
            self._client.close()
        self._client = None
        self._typed = self._typed[: self._typed.rfind(b"\n") + 1]  # its last line counts
        self._waiting = bytearray()


@contextmanager
def short(path: str) -> Iterator[str]:
    """Yield a path to the same place that fits into the 108 bytes of an address (unix(7))."""
    folder, name = os.path.split(os.path.abspath(path))
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield "/proc/self/fd/%d/%s" % (number, name)
    finally:
        os.close(number)
