"""Connections to the console of a Thing: lines in both directions."""

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
_MAX_LINE = 1 << 20  # bytes; the rest of a longer line is dropped


class Connection(Protocol):
    """A console. All methods but `send` are called from one thread. `silent`: whether the Thing can
    restart without `Gone`."""

    silent: bool

    def open(self) -> None:
        """Connect, or reconnect after `Gone`.

        Raise `Gone` while the Thing cannot be reached, `ShellError` if it never will.
        """

    def receive(self, wait_s: float) -> list[str]:
        """Return the lines received within `wait_s` seconds. Raise `Gone`, also at a restart."""

    def send(self, line: str) -> None:
        """Type a line; it is lost if the Thing is not connected."""

    def close(self) -> None:
        """Close the connection."""


class LineDecoder:
    """An incremental decoder: bytes in, whole lines out; invalid UTF-8 is replaced."""

    def __init__(self) -> None:
        self._lines = lines.Lines(_MAX_LINE)

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that these bytes complete."""
        return [line.decode("utf-8", "replace").rstrip("\r") for line in self._lines.feed(data)]


class SocketConnection:
    """A connection to a Thing on this machine, by the socket in its root."""

    silent = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._lines = LineDecoder()

    def open(self) -> None:
        """Connect to the socket. Raise `Gone` while no Thing listens."""
        self.close()
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(5)
        try:
            with short(str(self._path)) as path:
                client.connect(path)
        except OSError as error:
            client.close()
            raise Gone("no Thing listens at %s: %s" % (self._path, error.strerror)) from None
        self._lines = LineDecoder()
        self._socket = client

    def receive(self, wait_s: float) -> list[str]:
        """Return the lines received. Raise `Gone` if the Thing ends or another shell takes over."""
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
        """Send a line; it is lost if the Thing has ended."""
        client = self._socket
        if client is not None:
            with suppress(OSError):  # `receive` notices
                client.sendall(line.encode() + b"\n")

    def close(self) -> None:
        """Close the socket; the Thing goes on."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class SerialConnection:
    """A connection to a board at a serial port."""

    silent = True

    def __init__(self, port: str, baud: int) -> None:
        self.port = port
        self.baud = baud
        self.serial: Any = None
        self._lines = LineDecoder()

    def open(self) -> None:
        """Open the port without a reset of the board: RTS and DTR stay off where possible."""
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
        self._lines = LineDecoder()
        self.serial = found

    def receive(self, wait_s: float) -> list[str]:
        """Return the lines received. Raise `Gone` if the cable is unplugged."""
        if self.serial is None:
            raise Gone("%s is not open" % self.port)
        try:
            self.serial.timeout = wait_s
            data = self.serial.read(1)
            data += self.serial.read(self.serial.in_waiting)
        except (OSError, TypeError):  # TypeError: closed meanwhile
            self.close()
            raise Gone("%s has gone - put the cable back" % self.port) from None
        return self._lines.feed(data)

    def send(self, line: str) -> None:
        """Send a line; it is lost if the cable is unplugged."""
        with suppress(OSError, TypeError):  # `receive` notices
            if self.serial is not None:
                self.serial.write(line.encode() + b"\n")

    def close(self) -> None:
        """Close the port, so that other programs can open it."""
        if self.serial is not None:
            self.serial.close()
            self.serial = None


class QueueConnection:
    """A console that reads the queue `lines`, where None stands for a restart."""

    silent = False

    def __init__(self) -> None:
        self.lines: queue.Queue[str | None] = queue.Queue()

    def receive(self, wait_s: float) -> list[str]:
        """Return the next line from the queue. Raise `Gone` at a restart."""
        try:
            line = self.lines.get(timeout=wait_s)
        except queue.Empty:
            return []
        if line is None:
            raise Gone("the board starts again")
        return [line]


def socket_of(where: str) -> Path:
    """Return the socket that `--attach` names: by process id, by root, or directly."""
    if is_number(where):
        return _root_of(int(where)) / NAME
    path = Path(where).expanduser()
    return path / NAME if os.path.isdir(path) else path  # isdir: False for an invalid path


def _root_of(pid: int) -> Path:
    """Find the root of a process's Thing: the process has the file `lock` there open."""
    try:
        for name in os.listdir("/proc/%d/fd" % pid):
            target = Path(os.readlink("/proc/%d/fd/%s" % (pid, name)))
            if target.name == "lock" and (target.parent / NAME).exists():
                return target.parent
    except OSError as error:
        raise ShellError("process %d cannot be looked at: %s" % (pid, error.strerror)) from None
    raise ShellError("process %d is no `pythings run`" % pid)


def patient(connection: Connection, seconds: float) -> None:
    """Open a connection, with retries every 50 ms for some seconds. Raise `Gone`."""
    until = time.monotonic() + seconds
    while True:
        try:
            connection.open()
            return
        except Gone:
            if time.monotonic() >= until:
                raise
            time.sleep(0.05)
