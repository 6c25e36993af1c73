"""One run of a board, from power-on or reset to its end: a MicroPython process, two lines."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from contextlib import suppress
from typing import Any

from adapters.linux.lines import Lines
from app.simulator.interpreter import start

SOFT_RESET = 65  # exit statuses, as board/main.py sets them
ENDED = 67
CORRUPT = 68

_PIECE = 65536
_MAX_LINE = 1 << 20  # bytes: a program that never ends a line must not use up the memory


class BoardRun:
    """A run of a board; `line` carries the stand-ins' requests, `console` the program's output."""

    def __init__(self, interpreter: list[str], heap: int) -> None:
        self.line, theirs = socket.socketpair()
        with theirs:
            self._process = start(interpreter, heap, theirs.fileno())
        assert self._process.stdout and self._process.stdin
        self.line.setblocking(False)
        self.console = self._process.stdout
        self._stdin = self._process.stdin
        self._asked = Lines(_MAX_LINE)
        self._printed = Lines(_MAX_LINE)

    def requests(self) -> list[list[Any]] | None:
        """Return new requests, each [number, name, argument, ...]; None after the end."""
        ended, lines = False, []
        with suppress(BlockingIOError):
            while True:
                try:
                    data = self.line.recv(_PIECE)
                except ConnectionError:
                    data = b""
                if not data:
                    ended = True
                    break
                lines += self._asked.feed(data)
        found = [json.loads(line) for line in lines]
        return None if ended and not found else found

    def answer(self, number: int, *answer: Any) -> None:
        """Answer the request with that number."""
        with suppress(OSError):  # it was killed meanwhile
            self.line.sendall(json.dumps([number, *answer]).encode() + b"\n")

    def printed(self) -> list[str] | None:
        """Return the new lines of output, None after the end.

        The end completes an unfinished line.
        """
        data = self.console.read1(_PIECE)  # type: ignore[attr-defined]
        lines = self._printed.feed(data)
        if not data:
            lines = [line for line in (self._printed.rest(),) if line]
            if not lines:
                return None
        return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]

    def rest(self) -> list[str]:
        """Return all output that is left after the end."""
        found: list[str] = []
        lines = self.printed()
        while lines is not None:
            found += lines
            lines = self.printed()
        return found

    def type(self, data: bytes) -> None:
        """Type on the board's console; lost if it does not read."""
        with suppress(OSError):
            self._stdin.write(data)
            self._stdin.flush()

    def interrupt(self) -> None:
        """Interrupt, as Ctrl-C on the console does."""
        with suppress(OSError):
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Cut the power, or pull the reset line: on return, nothing runs any more."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()

    def status(self) -> int:
        """Wait for the end, and return the exit status."""
        try:
            return self._process.wait(5)
        except subprocess.TimeoutExpired:  # it closed its line, which no known program does
            self.kill()
            return self._process.wait()

    def close(self) -> None:
        """Release the process, which has ended."""
        self.line.close()
        self.console.close()
        with suppress(OSError):
            self._stdin.close()
