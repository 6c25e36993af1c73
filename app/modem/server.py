"""Puts the simulated modem on a pseudo-terminal or a TCP port, in real time."""

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

from app.modem.machine import Machine

_PIECE = 4096
_RATES = {
    getattr(termios, "B%d" % rate): rate
    for rate in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
}


class Line(Protocol):
    """What the host is connected to. `name`: how to reach it."""

    name: str

    def fileno(self) -> int:
        """What to wait for; it changes when the host comes and goes."""

    def receive(self) -> bytes:
        """What has come, after `fileno` was ready to be read."""

    def send(self, data: bytes) -> None:
        """As much as the host takes; the rest is lost, as on a wire."""

    def rate(self) -> int:
        """The host's, in bits per second."""

    def close(self) -> None:
        """Never raises."""


class Terminal:
    """A pseudo-terminal; `link`: a second name for it, which lasts from one start to the next."""

    def __init__(self, link: Path | None = None) -> None:
        # Its other end stays open here: or it would end whenever the host lets go.
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
        """The same for ever."""
        return self._master

    def receive(self) -> bytes:
        """From whoever has opened it."""
        with suppress(BlockingIOError):
            return os.read(self._master, _PIECE)
        return b""

    def send(self, data: bytes) -> None:
        """To whoever has opened it, or will."""
        with suppress(BlockingIOError):
            os.write(self._master, data)

    def rate(self) -> int:
        """As the host has set it."""
        return _RATES.get(termios.tcgetattr(self._master)[5], 0)

    def close(self) -> None:
        """The name goes, too."""
        if self._link:
            with suppress(OSError):
                self._link.unlink()
        os.close(self._master)
        os.close(self._slave)


class Port:
    """A TCP port of this machine, for one host at a time; its rate is always right."""

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self._host: socket.socket | None = None
        self.name = "socket://127.0.0.1:%d" % self._listener.getsockname()[1]

    def fileno(self) -> int:
        """The host's, or where one may come."""
        return (self._host or self._listener).fileno()

    def receive(self) -> bytes:
        """A host that comes says nothing yet."""
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
        """Lost while there is no host."""
        if self._host:
            with suppress(OSError):
                self._host.sendall(data)

    def rate(self) -> int:
        """TCP has none."""
        return 115200

    def close(self) -> None:
        """The host's connection, too."""
        if self._host:
            self._host.close()
        self._listener.close()


class Server:
    """Runs a machine on a line, until `stop` is called."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.woken, self._waker = socket.socketpair()
        self.woken.setblocking(False)
        self._stopped = False

    def wake(self) -> None:
        """Look at the machine again; from any thread."""
        with suppress(OSError):  # it may be over
            self._waker.send(b".")

    def stop(self) -> None:
        """From any thread, or a signal's handler."""
        self._stopped = True
        self.wake()

    def run(self, machine: Machine) -> None:
        """Until it is told to stop."""
        while not self._stopped:
            machine.run(time.monotonic())
            data = machine.take()
            if data:
                self.line.send(data)
            self._wait(machine)

    def _wait(self, machine: Machine) -> None:
        """For the host, a request's end, or what the machine does next by itself."""
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
        """Let go of the line."""
        self.line.close()
        self.woken.close()
        self._waker.close()
