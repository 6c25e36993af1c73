"""A machine with a serial number on its board: its identity outlives a new memory card."""

from __future__ import annotations

import os

from adapters.linux.system import LinuxSystem, derive

# Both from the firmware's device tree; the first on all kernels since 4.x.
_FILES = ("proc/device-tree/serial-number", "sys/firmware/devicetree/base/serial-number")


class SerialNumberSystem(LinuxSystem):
    """A Linux machine with that identity; any other one where the board has no number."""

    def identity(self) -> str:
        """Return 36 characters, derived from the serial number (device tree, in hex)."""
        if not self._identity:
            for name in _FILES:
                try:
                    with open(os.path.join(self._host, name), "rb") as file:
                        secret = bytes.fromhex(file.read(64).decode().strip("\0\n "))
                except (OSError, ValueError):
                    continue
                if any(secret):
                    self._identity = derive(secret, self._root)
                    break
        return super().identity()
