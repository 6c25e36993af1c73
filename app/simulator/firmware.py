"""Differences between versions of MicroPython's firmware that a program on a board notices.

One table; docs/boards.md has the source of each row. The interpreter is always the newest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.simulator.errors import SimError

NEWEST = "1.29"
VERSIONS = ("1.16", "1.20", "1.23", "1.24", "1.25", NEWEST)

# The reaction of a board to `SystemExit` in main.py.
RESTARTS = "restarts"
FORCED = "forced"  # restarts after `machine.soft_reset()`, goes to the prompt after `sys.exit()`
PROMPTS = "prompts"

# The version from which on each holds.
_NEW_NAMES = (1, 20)  # `WLAN.config`: ssid, security, key, hostname
_SSL_CONTEXT = (1, 21)
_SHORT_WATCHDOG = (1, 21)  # from one millisecond on; before, from one second on
_TELLING_STATUS = (1, 22)  # `WLAN.status` gives the reason for a missing link
_KEPT_MEMORY = (1, 22)  # the RTC's memory survives all but a loss of power
_BOOT_COUNTS = (1, 22)  # no main.py after an error in boot.py
_EXIT_RESTARTS = (1, 24)
_ADDRESSES = (1, 24)  # in certificates: mbedTLS 3.5
_MODULES = {"asyncio": (1, 21), "deflate": (1, 21), "tls": (1, 23), "vfs": (1, 23)}


@dataclass(frozen=True)
class Firmware:
    """The firmware of a port, "esp32", "esp8266" or "micropython", in a version."""

    port: str
    version: tuple[int, int]

    @property
    def exit(self) -> str:
        """The reaction to `SystemExit` in main.py."""
        if self.port == "micropython":
            return RESTARTS  # a process simulates a board, and its status requests another
        if self.port == "esp8266":
            return PROMPTS  # main.c ignores the result of main.py
        return RESTARTS if self.version >= _EXIT_RESTARTS else FORCED

    @property
    def keeps_memory(self) -> bool:
        """Whether the RTC's memory survives `machine.reset()` and the watchdog."""
        return self.port != "esp32" or self.version >= _KEPT_MEMORY

    @property
    def tells(self) -> bool:
        """Whether `WLAN.status` says why there is no link while the radio keeps trying."""
        return self.port != "esp32" or self.version >= _TELLING_STATUS

    @property
    def busy(self) -> str:
        """The error of `WLAN.connect` while connecting, by the ESP-IDF: 5.0 until 1.23."""
        one = _SSL_CONTEXT <= self.version < _ADDRESSES
        return "Wifi Internal Error" if one else "Wifi Internal State Error"

    def config(self) -> dict[str, Any]:
        """Return the stand-ins' configuration."""
        return {
            "exit": self.exit,
            "absent": [name for name, since in _MODULES.items() if self.version < since],
            "boot_counts": self.version >= _BOOT_COUNTS,
            "new_names": self.version >= _NEW_NAMES,
            "ssl_context": self.version >= _SSL_CONTEXT,
            "addresses": self.version >= _ADDRESSES,
            "watchdog_ms": 1 if self.version >= _SHORT_WATCHDOG else 1000,
        }


def firmware(port: str, text: str) -> Firmware:
    """Return the firmware of a version; raise `SimError` if the OS does not run on it."""
    if text not in versions(port):
        raise SimError(
            "the simulated %s has no firmware %s - there are %s"
            % (port, text, ", ".join(versions(port)))
        )
    major, minor = text.split(".")
    return Firmware(port, (int(major), int(minor)))


def versions(port: str) -> tuple[str, ...]:
    """Return the versions for a port; the OS needs ROMFS, which an ESP8266 has from 1.25 on."""
    oldest = {"esp32": VERSIONS[0], "esp8266": "1.25"}.get(port, NEWEST)
    return VERSIONS[VERSIONS.index(oldest) :]
