"""The console of a board that has just been installed, until its Thing runs."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Callable

from adapters.linux.console import printable
from app.install.errors import InstallError
from app.shell.connection import SerialConnection
from app.shell.errors import Gone

BAUD = 115200  # of MicroPython's console
_TURN_S = 0.2
_RESET_S = 0.1
_LONGEST = 300

# The remedy by the state in which the Thing stays.
_REMEDIES = {
    "": "nothing came from the board - press its reset button, and look at it with "
    "`pythings install --only console`; was it flashed for this chip?",
    "setup": "it waits in its setup portal: join the Wi-Fi network Thing_... by the password in "
    "the lines above, and open http://192.168.4.1 - or give it a network and an App id by "
    "`pythings install --only provision`",
    "connect": "it finds no network - look at the name and the password of the Wi-Fi, and give "
    "them again by `pythings install --only provision`",
    "register": "its cloud does not take it - look at its address (--backend) and the App id",
}
_OTHERWISE = "the lines above say why - `pythings doctor` tells whether the OS runs on this board"


@dataclass
class BoardWatch:
    """The lines of a board's console, and its Thing's state in them: "" until one is named."""

    show: Callable[[str], object]
    state: str = ""

    def line(self, text: str) -> None:
        """Show a line, and note the state that it names."""
        self.show(printable(text)[:_LONGEST])
        event = _event(text)
        if event.get("event") == "state":
            self.state = str(event.get("new", ""))

    def remedy(self) -> str:
        """Return the sentence for a Thing that does not run."""
        return _REMEDIES.get(self.state, _OTHERWISE)


def reset(connection: SerialConnection) -> None:
    """Restart the board by the line that is its reset on all common boards, where there is one."""
    with suppress(OSError):
        connection.serial.rts = True
        time.sleep(_RESET_S)
        connection.serial.rts = False


def until_it_runs(
    port: str, seconds: float, show: Callable[[str], object], restart: bool = False
) -> None:
    """Show a board's lines until its Thing is in `run`. Raise `InstallError` if it never is.

    `restart`: begin with a reset, as a Thing that runs already does not name its state.

    A chip with USB of its own leaves its port when it restarts: the port is opened again.
    """
    connection, watch = SerialConnection(port, BAUD), BoardWatch(show)
    until, gone = time.monotonic() + seconds, ""
    try:
        while time.monotonic() < until:
            try:
                if connection.serial is None:
                    connection.open()
                    if restart:
                        restart = False
                        reset(connection)
                lines = connection.receive(_TURN_S)
                gone = ""
            except Gone as error:
                gone = str(error)
                time.sleep(_TURN_S)
                continue
            for text in lines:
                watch.line(text)
            if watch.state == "run":
                return
    finally:
        connection.close()
    raise InstallError("the Thing did not run within %d s: %s" % (seconds, gone or watch.remedy()))


def _event(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
