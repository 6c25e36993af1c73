"""The network of the machine that MicroPython's unix port runs on."""

from __future__ import annotations

import socket

from domain.errors import LinkError


class HostLink:
    """Looks whether a name leads somewhere."""

    def __init__(self) -> None:
        self._up = False

    def up(self, host: str) -> None:
        """Asks the name server."""
        self._up = False
        try:
            socket.getaddrinfo(host, 443)
        except OSError as error:
            text = "%s has no address: %r - check its name and the network" % (host, error)
            raise LinkError("no_address", text) from error
        self._up = True

    def down(self) -> None:
        """Only forgets."""
        self._up = False

    def status(self) -> dict[str, object]:
        """Nothing more is known."""
        return {"kind": "host", "up": self._up}

    def scan(self) -> list[tuple[str, int, bool]]:
        """Nothing to choose from."""
        return []
