"""One run of a board, from power or reset to its end: a MicroPython process and its two lines."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from contextlib import suppress
from typing import Any

from adapters.linux.lines import Lines
from app.simulator.interpreter import start

SOFT_RESET = 65  # exit statuses, as board/main.py gives them
ENDED = 67
CORRUPT = 68

_PIECE = 65536
_MAX_LINE = 1 << 20  # bytes: a program that never ends a line must not take the memory


class Life:
    """`line` carries the stand-ins' requests, `console` what the program prints."""

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
        """What has been asked since: [number, name, argument, ...]; None when it has ended."""
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
        """To a request of that number."""
        with suppress(OSError):  # it has been killed meanwhile
            self.line.sendall(json.dumps([number, *answer]).encode() + b"\n")

    def printed(self) -> list[str] | None:
        """The lines that came since; None at the end. What does not end in a line ends with it."""
        data = self.console.read1(_PIECE)  # type: ignore[attr-defined]
        lines = self._printed.feed(data)
        if not data:
            lines = [line for line in (self._printed.rest(),) if line]
            if not lines:
                return None
        return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]

    def rest(self) -> list[str]:
        """All that it has still printed, once it has ended."""
        found: list[str] = []
        lines = self.printed()
        while lines is not None:
            found += lines
            lines = self.printed()
        return found

    def type(self, data: bytes) -> None:
        """On the board's console; gone if it does not read."""
        with suppress(OSError):
            self._stdin.write(data)
            self._stdin.flush()

    def interrupt(self) -> None:
        """As Ctrl-C on its console."""
        with suppress(OSError):
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """No more power, or the reset line: nothing runs any more from here on."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()

    def status(self) -> int:
        """Wait for its end; gives the exit status."""
        try:
            return self._process.wait(5)
        except subprocess.TimeoutExpired:  # it has closed its line: nothing that we know of does
            self.kill()
            return self._process.wait()

    def close(self) -> None:
        """Let go of the process, which has ended."""
        self.line.close()
        self.console.close()
        with suppress(OSError):
            self._stdin.close()
