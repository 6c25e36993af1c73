"""The questions of an installation to a person at a terminal."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from app.install.errors import InstallError
from app.install.ports import SerialPort, only
from app.install.show import InstallView


class Ask:
    """The person at the terminal, if there is one: `person`."""

    def __init__(self, show: InstallView, person: bool) -> None:
        self._show = show
        self.person = person

    def port(self, found: list[SerialPort]) -> str:
        """Return the port of the board: the only one, or the one that the person chooses."""
        likely = [port for port in found if port.likely] or [port for port in found if port.usb]
        if not self.person or len(likely) < 2:
            return only(found)
        lines = ["%d  %s" % (number, port.shown()) for number, port in enumerate(likely, 1)]
        self._show.step("ports", "\n".join(lines))
        while True:
            said = self.text("Which one (1 to %d)? " % len(likely))
            if said.isascii() and said.isdigit() and 1 <= int(said) <= len(likely):
                return likely[int(said) - 1].name

    def base(self, chip: str) -> Path:
        """Return the path of the MicroPython to put the OS into."""
        where = "give the official MicroPython for the %s with --base FILE, or with --image FILE "
        where += "an image of `pythings build`; MicroPython: https://micropython.org/download"
        if not self.person:
            raise InstallError(where % chip)
        said = self.text("The file of MicroPython for the %s (micropython.org/download): " % chip)
        if not said:
            raise InstallError(where % chip)
        return Path(said).expanduser()

    def network(self) -> tuple[str, str]:
        """Return a Wi-Fi network and its password; an empty name for none."""
        name = self.text("Wi-Fi network (empty: later, on the board's own page): ")
        return name, self.password(name) if name else ""

    def password(self, network: str) -> str:
        """Return the password of a network, which is not shown; "" of an open one."""
        return getpass.getpass("Password of %s (not shown; empty for an open network): " % network)

    def aid(self) -> str:
        """Return the id of the App; "" for none."""
        return self.text("App id, from your cloud (empty: later): ")

    def agreed(self, port: str, chip: str) -> None:
        """Go on only if the board may be erased. Raise `InstallError` otherwise."""
        warning = "all that is on the %s at %s will be erased: programs, files, settings"
        if not self.person:
            raise InstallError((warning + " - agree to it with --yes") % (chip, port))
        self._show.step("warning", (warning + ".") % (chip, port))
        if self.text("Erase it (yes or no)? ").lower() not in ("y", "yes"):
            raise InstallError("nothing was changed on the board")

    def text(self, question: str) -> str:
        """Return the answer to a question."""
        sys.stdout.write(question)
        sys.stdout.flush()
        return sys.stdin.readline().strip()
