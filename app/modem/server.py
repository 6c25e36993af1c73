"""The simulated modem on a pseudo-terminal or a TCP port, in real time."""

from __future__ import annotations

import os
import selectors
import socket
import termios
import time
import tty
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from app.modem.machine import SimulatedModem

_PIECE = 4096
_RATES = {
    getattr(termios, "B%d" % rate): rate
    for rate in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
}


class Line(Protocol):
    """The line that the host connects to; `name`: its address."""

    name: str

    def fileno(self) -> int:
        """Return the descriptor to wait for; it changes when the host connects or leaves."""

    def receive(self) -> bytes:
        """Return the data that arrived, once `fileno` is readable."""

    def send(self, data: bytes) -> None:
        """Send as much as the host takes; the rest is lost, as on a wire."""

    def rate(self) -> int:
        """Return the host's rate in bits per second."""

    def close(self) -> None:
        """Close the line; never raise."""


class Terminal:
    """A pseudo-terminal; `link`: a second name for it, the same at each start."""

    def __init__(self, link: Path | None = None) -> None:
        # Its other end stays open here: otherwise it would end whenever the host closes it.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.name = os.ttyname(self._slave)
        self._link = link
        if link:
            if link.is_symlink():
                link.unlink()
            link.symlink_to(self.name)
            self.name = str(link)

    def fileno(self) -> int:
        """Return the descriptor, which never changes."""
        return self._master

    def receive(self) -> bytes:
        """Return data from the program that has opened the terminal."""
        with suppress(BlockingIOError):
            return os.read(self._master, _PIECE)
        return b""

    def send(self, data: bytes) -> None:
        """Send data to the program that has opened the terminal, or will."""
        with suppress(BlockingIOError):
            os.write(self._master, data)

    def rate(self) -> int:
        """Return the rate that the host has set."""
        return _RATES.get(termios.tcgetattr(self._master)[5], 0)

    def close(self) -> None:
        """Close the terminal, and remove its second name."""
        if self._link:
            with suppress(OSError):
                self._link.unlink()
        os.close(self._master)
        os.close(self._slave)


class Port:
    """A TCP port of this machine, for one host at a time; its rate always matches."""

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self._host: socket.socket | None = None
        self.name = "socket://127.0.0.1:%d" % self._listener.getsockname()[1]

    def fileno(self) -> int:
        """Return the host's descriptor, or the listener's while there is no host."""
        return (self._host or self._listener).fileno()

    def receive(self) -> bytes:
        """Accept a host, or return its data."""
        if self._host is None:
            self._host, _ = self._listener.accept()
            self._host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return b""
        data = b""
        with suppress(OSError):
            data = self._host.recv(_PIECE)
        if not data:
            self._host.close()
            self._host = None
        return data

    def send(self, data: bytes) -> None:
        """Send data, which is lost while there is no host."""
        if self._host:
            with suppress(OSError):
                self._host.sendall(data)

    def rate(self) -> int:
        """Return a rate; TCP has none."""
        return 115200

    def close(self) -> None:
        """Close the port and the host's connection."""
        if self._host:
            self._host.close()
        self._listener.close()


class Server:
    """A loop that runs a machine on a line, until `stop` is called."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.woken, self._waker = socket.socketpair()
        self.woken.setblocking(False)
        self._stopped = False

    def wake(self) -> None:
        """Wake the loop to check the machine again; from any thread."""
        with suppress(OSError):  # the loop may have ended
            self._waker.send(b".")

    def stop(self) -> None:
        """Stop the loop; from any thread, or a signal's handler."""
        self._stopped = True
        self.wake()

    def run(self, machine: SimulatedModem) -> None:
        """Run the machine until `stop` is called."""
        while not self._stopped:
            machine.run(time.monotonic())
            data = machine.take()
            if data:
                self.line.send(data)
            self._wait(machine)

    def _wait(self, machine: SimulatedModem) -> None:
        """Wait for the host, a request's end, or the machine's next scheduled action."""
        due = machine.due()
        with selectors.DefaultSelector() as selector:
            selector.register(self.line.fileno(), selectors.EVENT_READ)
            selector.register(self.woken, selectors.EVENT_READ)
            limit = None if due is None else max(0.0, due - time.monotonic())
            ready = [key.fileobj for key, _ in selector.select(limit)]
        if self.woken in ready:
            self.woken.recv(_PIECE)
        if self.line.fileno() in ready:
            data = self.line.receive()
            if data:
                machine.feed(data, time.monotonic(), self.line.rate())

    def close(self) -> None:
        """Close the line."""
        self.line.close()
        self.woken.close()
        self._waker.close()
