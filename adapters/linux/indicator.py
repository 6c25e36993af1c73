"""An LED of the kernel's LED class (Documentation/leds/leds-class.rst)."""

from __future__ import annotations

import os
from contextlib import suppress

# State: milliseconds on and off. A Thing that is well shines steadily.
_BLINKS = {
    "boot": (100, 100),
    "setup": (500, 500),
    "connect": (100, 900),
    "register": (250, 750),
    "run": (1, 0),
    "update": (50, 50),
    "recover": (900, 100),
}


class LedIndicator:
    """An LED. `path`: a folder such as `/sys/class/leds/ACT`; does nothing if not writable."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._shown = ""

    def show(self, state: str) -> None:
        """Show a state by its blinking, which the kernel does."""
        if state == self._shown:
            return
        self._shown = state
        on, off = _BLINKS.get(state, (0, 0))
        with suppress(OSError):
            if not off:
                self._set("trigger", "none")
                self._set("brightness", self._brightest() if on else "0")
                return
            self._set("trigger", "timer")  # makes the two files below appear
            self._set("delay_on", str(on))
            self._set("delay_off", str(off))

    def _set(self, name: str, value: str) -> None:
        # Not O_CREAT: a file that is missing must not be made.
        file = os.open(os.path.join(self._path, name), os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(file, value.encode())
        finally:
            os.close(file)

    def _brightest(self) -> str:
        with open(os.path.join(self._path, "max_brightness")) as file:
            return file.read(16).strip()
