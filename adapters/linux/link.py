"""The machine's own network, which the OS does not bring up itself."""

from __future__ import annotations

from contextlib import suppress
from typing import Callable

from adapters.linux import sockets
from domain.errors import LinkError

_RESOLVE_S = 20.0
_LOOK_S = 2.0


class LinuxLink:
    """A check that the network leads to a host, without sending the host anything.

    `resolve` and `route` are those of `sockets`, unless a test has others.
    """

    def __init__(
        self,
        resolve: Callable[[str, int, float], list[sockets.Address]] = sockets.resolve,
        route: Callable[[sockets.Address], str] = sockets.route,
    ) -> None:
        self._resolve = resolve
        self._route = route
        self._address: sockets.Address | None = None

    def up(self, host: str) -> None:
        """Ask the name server and the routing table; raise LinkError `no_link` for no route."""
        self._find(host, _RESOLVE_S)
        if not self._address:
            text = "no network leads to %s - connect this machine to one" % host
            raise LinkError("no_link", text)

    def near(self, host: str) -> bool:
        """Return whether the host can be reached, in less time; also fills the port `LinkProbe`."""
        with suppress(LinkError):
            self._find(host, _LOOK_S)
        return self._address is not None

    def _find(self, host: str, limit_s: float) -> None:
        self._address = None
        for address in self._resolve(host, 443, limit_s):
            if self._route(address):
                self._address = address
                return

    def down(self) -> None:
        """Forget the address; the network itself stays up."""
        self._address = None

    def status(self) -> dict[str, object]:
        """Return the status; `address` is our own, on the way to the host."""
        address = self._route(self._address) if self._address else ""
        status: dict[str, object] = {"kind": "host", "up": bool(address)}
        if address:
            status["address"] = address
        return status

    def scan(self) -> list[tuple[str, int, bool]]:
        """Return no networks: there is no choice."""
        return []
