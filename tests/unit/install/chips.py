"""Chips in their boot mode at the end of a line, with real esptool at the other.

esp32-mock-bootloader differs from a chip: it enters its boot mode without a reset, knows one flash
(4 MiB, which `flash_id` changes), takes any baud, and runs nothing that is written.
"""

from __future__ import annotations

import errno
import threading
from pathlib import Path
from typing import Any

from esp32_mock_bootloader import server

# On a busy machine esptool needs longer than 3 s between two commands: a chip forgets nothing.
server._FLASH_END_IDLE_SEC = 120.0


class _Cable(server.PtyMasterTransport):  # type: ignore[misc]
    """The far end of a line that breaks after so many bytes from the host, or at some."""

    def __init__(self, master: int, slave: int, **options: Any) -> None:
        super().__init__(master, slave, **options)
        self.left: int | None = None
        self.at = b""
        self._all = bytearray()

    @property
    def carried(self) -> int:
        """Return how many bytes came from the host."""
        return len(self._all)

    def recv(self, size: int) -> bytes:
        data: bytes = super().recv(size)
        self._all += data
        if (self.left is not None and self.carried > self.left) or (
            self.at and self.at in self._all
        ):
            raise OSError(errno.EIO, "the cable was cut")
        return data


class MockChip:
    """A chip, and the name of its port: the same each time that it is plugged in."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.port = folder / "ttyUSB0"
        self.flash = server.FlashImage()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._cable: _Cable | None = None

    def plug_in(self, cut_after: int | None = None, cut_at: bytes = b"") -> None:
        """Connect it; the cable breaks after so many bytes, or at these."""
        self.unplug()
        self._stop.clear()
        self._cable = _Cable.create(track_disconnect=False)
        self._cable.left, self._cable.at = cut_after, cut_at
        self.port.symlink_to(self._cable.client_path)
        self._thread = threading.Thread(target=self._serve, args=(self._cable,), daemon=True)
        self._thread.start()

    def unplug(self) -> int:
        """Disconnect it; return the number of bytes that the host has sent."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._thread, cable, self._cable = None, self._cable, None
        self.port.unlink(missing_ok=True)
        return cable.carried if cable else 0

    def _serve(self, cable: _Cable) -> None:
        # A client that has finished leaves the line to the next one.
        while not self._stop.is_set():
            connection = server.BootloaderConnection(pty=cable)
            if server.handle_client(connection, self._stop, self.kind, flash=self.flash):
                break
        cable.close()
