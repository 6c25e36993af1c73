"""The network of the machine that MicroPython's unix port runs on."""

from __future__ import annotations

import socket

from domain.errors import LinkError


class HostLink:
    """A check that a name can be resolved."""

    def __init__(self) -> None:
        self._up = False

    def up(self, host: str) -> None:
        """Ask the name server; raise LinkError `no_address` if it has no address."""
        self._up = False
        try:
            socket.getaddrinfo(host, 443)
        except OSError as error:
            text = "%s has no address: %r - check its name and the network" % (host, error)
            raise LinkError("no_address", text) from error
        self._up = True

    def down(self) -> None:
        """Forget the answer; the network itself stays up."""
        self._up = False

    def status(self) -> dict[str, object]:
        """Return the status; no more is known."""
        return {"kind": "host", "up": self._up}

    def scan(self) -> list[tuple[str, int, bool]]:
        """Return no networks: there is no choice."""
        return []
