"""A board at a serial port, with access to MicroPython's own prompt."""

from __future__ import annotations

import hashlib
import os
import select
import sys
import termios
import tty
from pathlib import Path
from typing import Any

from adapters.linux import inputs
from app.shell.connection import SerialConnection
from app.shell.errors import ShellError

_LEAVE = b"\x1d"  # Ctrl-], as mpremote and miniterm have it
_PIECE = 4096
_MOST = 1 << 24  # bytes of a file: no board has a larger flash


class BoardConnection(SerialConnection):
    """A serial connection that stops the OS for `repl` and `sync`; a soft reset restarts it.

    Other threads must not use the connection meanwhile, and must open it again afterwards.
    """

    def sync(self, folder: Path) -> list[str]:
        """Copy a folder's changed files to the board; return their names. Raise `ShellError`."""
        if not folder.is_dir():
            raise ShellError("%s is no folder" % folder)
        self.close()
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        with RawPrompt(self.port, self.baud) as prompt:
            names = [(path.relative_to(folder).as_posix(), path) for path in files]
            return [name for name, path in names if prompt.put(name, inputs.data(path, _MOST))]

    def repl(self) -> None:
        """Connect the terminal with MicroPython's prompt until Ctrl-]; then restart the OS."""
        if not sys.stdin.isatty():
            raise ShellError("a prompt is for a person at a terminal")
        self.open()
        serial = self.serial
        serial.timeout = 0
        serial.write(b"\r\x03\x03")
        before = termios.tcgetattr(sys.stdin)
        print("MicroPython's prompt. Ctrl-] leads back, and starts the OS again.", flush=True)
        tty.setraw(sys.stdin)
        try:
            while _carry(serial):
                pass
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
            serial.write(b"\r\x03\x04")
            self.close()


def _carry(serial: Any) -> bool:
    """Forward the bytes available on either side; return False after Ctrl-] or the input's end."""
    ready, _, _ = select.select([sys.stdin, serial], [], [])
    if serial in ready:
        os.write(sys.stdout.fileno(), serial.read(_PIECE))
    if sys.stdin in ready:
        typed = os.read(sys.stdin.fileno(), _PIECE)
        if not typed or _LEAVE in typed:
            return False
        serial.write(typed)
    return True


class RawPrompt:
    """MicroPython's raw prompt, through mpremote's transport; at its end the OS starts again."""

    def __init__(self, port: str, baud: int) -> None:
        from mpremote.transport import TransportError
        from mpremote.transport_serial import SerialTransport

        self._errors = (TransportError, OSError)
        try:
            self._transport: Any = SerialTransport(port, baudrate=baud)
            self._transport.enter_raw_repl(soft_reset=False)
        except self._errors as error:
            raise ShellError("%s gives no MicroPython prompt: %s" % (port, error)) from None

    def __enter__(self) -> RawPrompt:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.exit_raw_repl()
        self._transport.serial.write(b"\x04")  # a soft reset starts the OS again
        self._transport.close()

    def put(self, name: str, content: bytes) -> bool:
        """Write a file unless the board has the same content; return whether it was written."""
        transport = self._transport
        try:
            if transport.fs_exists(name) and self._same(name, content):
                return False
            folders = name.split("/")[:-1]
            for count in range(1, len(folders) + 1):
                folder = "/".join(folders[:count])
                if not transport.fs_exists(folder):
                    transport.fs_mkdir(folder)
            transport.fs_writefile(name, content)
        except self._errors as error:
            raise ShellError("%s was not written: %s" % (name, error)) from None
        return True

    def get(self, name: str) -> bytes | None:
        """Read a file; None if the board has none of that name."""
        transport = self._transport
        try:
            return bytes(transport.fs_readfile(name)) if transport.fs_exists(name) else None
        except self._errors as error:
            raise ShellError("%s was not read: %s" % (name, error)) from None

    def _same(self, name: str, content: bytes) -> bool:
        found: bytes = self._transport.fs_hashfile(name, "sha256")
        return found == hashlib.sha256(content).digest()
