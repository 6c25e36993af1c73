"""Ways to the console of a Thing: lines there and back."""

from __future__ import annotations

import os
import queue
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from adapters.linux import lines
from adapters.linux.shellsocket import NAME, short
from app.digits import is_number
from app.shell.errors import Gone, ShellError

_PIECE = 65536
_MAX_LINE = 1 << 20  # bytes of a line that are looked at


class Connection(Protocol):
    """One console. All but `send` is called from one thread. `silent`: whether the Thing starts
    again without `Gone`."""

    silent: bool

    def open(self) -> None:
        """Reach it; again after `Gone`. Raises `Gone` while it cannot be reached, `ShellError` if
        it never will."""

    def receive(self, wait_s: float) -> list[str]:
        """Lines that came, after at most `wait_s` seconds. Raises `Gone` at a new start, too."""

    def send(self, line: str) -> None:
        """Type a line; lost if nobody is there."""

    def close(self) -> None:
        """Let go of it."""


class Lines:
    """Bytes in, whole lines out; what is not UTF-8 is replaced."""

    def __init__(self) -> None:
        self._lines = lines.Lines(_MAX_LINE)

    def feed(self, data: bytes) -> list[str]:
        """The lines that are whole now."""
        return [line.decode("utf-8", "replace").rstrip("\r") for line in self._lines.feed(data)]


class SocketConnection:
    """A Thing that runs on this machine, by the socket in its root."""

    silent = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._lines = Lines()

    def open(self) -> None:
        """Raises `Gone` while nobody listens."""
        self.close()
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(5)
        try:
            with short(str(self._path)) as path:
                client.connect(path)
        except OSError as error:
            client.close()
            raise Gone("no Thing listens at %s: %s" % (self._path, error.strerror)) from None
        self._lines = Lines()
        self._socket = client

    def receive(self, wait_s: float) -> list[str]:
        """Raises `Gone` when the Thing ends, or somebody else has come."""
        if self._socket is None:
            raise Gone("not connected to %s" % self._path)
        try:
            self._socket.settimeout(wait_s)
            data = self._socket.recv(_PIECE)
        except TimeoutError:
            return []
        except OSError:
            data = b""
        if not data:
            raise Gone("the Thing at %s has gone" % self._path)
        return self._lines.feed(data)

    def send(self, line: str) -> None:
        """Lost when it has gone."""
        client = self._socket
        if client is not None:
            with suppress(OSError):  # `receive` notices
                client.sendall(line.encode() + b"\n")

    def close(self) -> None:
        """The Thing goes on."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class SerialConnection:
    """A board at a serial port."""

    silent = True

    def __init__(self, port: str, baud: int) -> None:
        self.port = port
        self.baud = baud
        self.serial: Any = None
        self._lines = Lines()

    def open(self) -> None:
        """Opening it resets no board: RTS and DTR are left alone where that can be."""
        import serial

        self.close()
        found = serial.serial_for_url(self.port, do_not_open=True)
        found.baudrate = self.baud
        found.timeout = 0
        found.write_timeout = 5
        found.dtr = found.rts = False
        try:
            found.open()
        except (OSError, ValueError) as error:
            raise Gone("%s cannot be opened: %s" % (self.port, error)) from None
        self._lines = Lines()
        self.serial = found

    def receive(self, wait_s: float) -> list[str]:
        """Raises `Gone` when the cable is out."""
        if self.serial is None:
            raise Gone("%s is not open" % self.port)
        try:
            self.serial.timeout = wait_s
            data = self.serial.read(1)
            data += self.serial.read(self.serial.in_waiting)
        except (OSError, TypeError):  # TypeError: closed in between
            self.close()
            raise Gone("%s has gone - put the cable back" % self.port) from None
        return self._lines.feed(data)

    def send(self, line: str) -> None:
        """Lost when the cable is out."""
        with suppress(OSError, TypeError):  # `receive` notices
            if self.serial is not None:
                self.serial.write(line.encode() + b"\n")

    def close(self) -> None:
        """Let others have the port."""
        if self.serial is not None:
            self.serial.close()
            self.serial = None


class QueueConnection:
    """A console whose lines somebody puts into `lines`, None for a new start."""

    silent = False

    def __init__(self) -> None:
        self.lines: queue.Queue[str | None] = queue.Queue()

    def receive(self, wait_s: float) -> list[str]:
        """Raises `Gone` at a new start."""
        try:
            line = self.lines.get(timeout=wait_s)
        except queue.Empty:
            return []
        if line is None:
            raise Gone("the board starts again")
        return [line]


def socket_of(where: str) -> Path:
    """The socket that `--attach` means: a process id, a root, or the socket itself."""
    if is_number(where):
        return _root_of(int(where)) / NAME
    path = Path(where).expanduser()
    return path / NAME if os.path.isdir(path) else path  # of a name that no path has, False


def _root_of(pid: int) -> Path:
    """The root of the Thing of that process: it holds the file `lock` there."""
    try:
        for name in os.listdir("/proc/%d/fd" % pid):
            target = Path(os.readlink("/proc/%d/fd/%s" % (pid, name)))
            if target.name == "lock" and (target.parent / NAME).exists():
                return target.parent
    except OSError as error:
        raise ShellError("process %d cannot be looked at: %s" % (pid, error.strerror)) from None
    raise ShellError("process %d is no `pythings run`" % pid)


def patient(connection: Connection, seconds: float) -> None:
    """Open it, trying again for a while. Raises `Gone`."""
    until = time.monotonic() + seconds
    while True:
        try:
            connection.open()
            return
        except Gone:
            if time.monotonic() >= until:
                raise
            time.sleep(0.05)
