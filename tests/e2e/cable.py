"""A serial cable: a pseudo-terminal with a simulated board's console at the other end."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from contextlib import suppress
from pathlib import Path
from typing import Callable

from app.simulator.errors import SimError
from app.simulator.host import SimBoard


class Cable:
    """A cable to `board`; `path` is its port. `to_board` alters the bytes sent to the board."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.board: SimBoard | None = None
        self.to_board: Callable[[bytes], bytes] = lambda data: data
        self._master = self._slave = -1
        self._turn = threading.Lock()
        self._ended = False
        self.plug()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def plug(self) -> None:
        """Plug in; the port may lead to another device than before, as on a real machine."""
        with self._turn:
            self._master, self._slave = pty.openpty()
            tty.setraw(self._slave)
            self.path.symlink_to(os.ttyname(self._slave))

    def pull(self) -> None:
        """Pull the cable; a program that has the port open gets an error from its next read."""
        with self._turn:
            self.path.unlink()
            os.close(self._slave)
            os.close(self._master)
            self._master = self._slave = -1

    def show(self, line: str) -> None:
        """Send a line that the board prints; drop it while the cable is not plugged in."""
        with self._turn, suppress(OSError):
            if self._master >= 0:
                os.write(self._master, line.encode() + b"\r\n")

    def noise(self, data: bytes) -> None:
        """Type bytes on the board's console."""
        board = self.board
        if board is not None:
            with suppress(SimError):
                board.supervisor.order(lambda: board.supervisor.type(data))

    def close(self) -> None:
        """Stop carrying bytes and pull the cable."""
        self._ended = True
        self._thread.join()
        if self._master >= 0:
            self.pull()

    def _carry(self) -> None:
        while not self._ended:
            with self._turn:
                master = self._master
                data = b""
                if master >= 0 and select.select([master], [], [], 0)[0]:
                    with suppress(OSError):
                        data = os.read(master, 4096)
            if data:
                self.noise(self.to_board(data))
            else:
                select.select([], [], [], 0.002)
