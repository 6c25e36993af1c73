"""The mobile networks in reach: AT+COPS=? (§3.2.22)."""

from __future__ import annotations

from adapters.sim800.at import Digester, text_of
from adapters.sim800.modem import Modem
from domain.errors import LinkError

_TOTAL_MS = 75000  # to wake it, too
_SCAN_MS = 60000
_LONGEST = 768  # bytes: some 16 networks; a longer list loses its end
_NAME = 24


class Operators:
    """The scan for networks by a modem, which must not be in an exchange."""

    def __init__(self, modem: Modem) -> None:
        self._modem = modem

    def scan(self) -> list[tuple[str, int, bool]]:
        """Return the networks as the port `Link` defines; none where the modem does not answer."""
        modem = self._modem
        modem.until = modem.clock.monotonic() + _TOTAL_MS
        try:
            modem.wake()
            modem.listen()
            modem.digester = Digester(_LONGEST)
            line = modem.ask(b"AT+COPS=?", 0, b"", _SCAN_MS)
        except LinkError:
            line = b""
        modem.digester = Digester()
        modem.bearer = False  # some close the bearer for a scan
        return found(line)


def found(line: bytes) -> list[tuple[str, int, bool]]:
    """Parse an answer, (state,"name","short name","number"),... of any length, or garbage.

    A name may contain anything but quotes.
    """
    networks = []
    parts = line.split(b'"')
    for at in range(0, len(parts) - 6, 6):
        number = parts[at + 5]
        if number.isdigit():
            name = text_of(parts[at + 1] or parts[at + 3])[:_NAME] + " " + number[:6].decode()
            networks.append((name.strip(), 0, parts[at][-2:] == b"3,"))
    return networks
