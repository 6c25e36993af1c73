"""The link to the cloud through a SIM800 on a serial line of a Linux machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.linux.clock import LinuxClock

if TYPE_CHECKING:
    from adapters.sim800.link import CellularLink
    from adapters.sim800.transport import ModemTransport
    from ports.console import Console


@dataclass(frozen=True)
class Cellular:
    """The settings of a modem. `port`: its line; `only`: the machine's own network is not used."""

    port: str
    apn: str = ""
    user: str = ""
    password: str = ""
    pin: str = ""
    only: bool = False

    def access(self) -> tuple[str, str, str, str]:
        """Return the settings as the port `Access` defines them."""
        return self.apn, self.user, self.password, self.pin


def way(cellular: Cellular, console: Console) -> tuple[CellularLink, ModemTransport]:
    """Compose the link and its transport; without pins: the modem is switched on by hand."""
    from adapters.linux.uart import SerialUart  # not for the many Things without a modem
    from adapters.sim800.link import CellularLink
    from adapters.sim800.modem import Modem
    from adapters.sim800.operators import Operators
    from adapters.sim800.transport import ModemTransport

    modem = Modem(SerialUart(cellular.port), LinuxClock(), console)
    link = CellularLink(modem, cellular)
    link.operators = Operators(modem)
    return link, ModemTransport(modem, link)
