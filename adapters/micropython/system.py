"""The machine: its identity, the cause of its last restart, and how to start again."""

from __future__ import annotations

import gc
import sys
from typing import Any, Callable


class DeviceSystem:
    """The machine. `hardware` has the parts that differ between boards: `identity()`, `cause()`
    (`power_on`, `watchdog`, `wake`, or `crash` for an unexplained start), `reset()`,
    `watchdog(ms)`, `feed(ms)`, and `to_flash(path)`, which `seal` calls; `longest_s` of a sleep;
    the pin `wakes_by`, -1 if it needs none, and the pin that the owner has `wired`.

    The reason why a run ended by itself is noted in the file `end` of the folder `root`.
    """

    def __init__(self, hardware: Any, root: str, platform: str) -> None:
        self._hardware = hardware
        self._root = root
        self._platform = platform
        self._cause = ""
        self._deaf = False
        self.identity: Callable[[], str] = hardware.identity
        self.watchdog: Callable[[int], None] = hardware.watchdog
        self.feed: Callable[..., None] = hardware.feed

    def platform(self) -> str:
        """Return the platform as given."""
        return self._platform

    def abi(self) -> str:
        """Return the version of .mpy files, by the name that older or newer firmware has for it."""
        found = sys.implementation
        number = getattr(found, "_mpy", 0) or getattr(found, "mpy", 0)
        return "mpy%d" % (number & 255)

    def reset_cause(self) -> str:
        """Return the cause; the first call removes the note."""
        if not self._cause:
            self._cause = self._hardware.cause()
            ended = self._noted("r", "")
            if ended and self._cause == "crash":
                self._cause = ended
            if ended:
                self._noted("w", "")
        return self._cause

    def restart(self) -> None:
        """Note a restart, and reset the hardware."""
        self._noted("w", "restart")
        self._hardware.reset()

    def sleep(self, seconds: int, note: bytes) -> str:
        """Sleep deeply, and never return; with 0 seconds return why the board would not wake."""
        try:
            from adapters.micropython.power import sleep

            return sleep(self._hardware, seconds, note)
        except ImportError:
            return "battery_operated: this machine stays on"

    def woken(self) -> tuple[int, bytes]:
        """Return seconds and note, and leave the app's part of the memory."""
        try:
            from adapters.micropython.power import woken

            return woken()
        except ImportError:
            return 0, b""

    def crash(self) -> None:
        """Reset the hardware; the next start counts as faulty."""
        self._hardware.reset()

    def deafen(self) -> None:
        """Make Ctrl-C on the console a character as any other, until `stopped`."""
        import micropython

        self._deaf = True
        micropython.kbd_intr(-1)

    def stopped(self) -> None:
        """Record that the user at the console has stopped this run."""
        if self._deaf:
            import micropython

            micropython.kbd_intr(3)
        self._noted("w", "stopped")

    def seal(self, folder: str) -> None:
        """Move the files of a folder to where the board executes them."""
        self._hardware.to_flash(self._root + "/" + folder)

    def memory(self) -> tuple[int, int]:
        """Return (free, total) bytes of MicroPython's heap."""
        free = gc.mem_free()  # type: ignore[attr-defined]
        return free, free + gc.mem_alloc()  # type: ignore[attr-defined]

    def _noted(self, mode: str, text: str) -> str:
        """Read or write the note; a storage that fails must not keep us from starting again."""
        try:
            with open(self._root + "/end", mode) as file:
                if text or mode == "w":
                    file.write(text)
                else:
                    text = file.read(8)
        except OSError:
            return ""
        return text
