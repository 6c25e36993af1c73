"""Several ways to the cloud, each a link and the transport over it, in order of preference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from domain.errors import LinkError

if TYPE_CHECKING:
    from ports.link import Link
    from ports.transport import Transport


class Ways:
    """Fills the transport port with that of the way which came up last; `links` are for the Thing.

    A way that came up, but led nowhere, is left out the next time: so the second one gets its turn
    when a network is there that does not reach the cloud.
    """

    def __init__(self, ways: list[tuple[Link, Transport]]) -> None:
        self.links = [Way(self, link, transport) for link, transport in ways]
        self._current = self.links[0]
        self._used = ("", True)

    def use(self, backend: str, ssl: bool) -> None:
        """Also of the ways that are taken later."""
        self._used = (backend, ssl)
        self._current.transport.use(backend, ssl)

    def post(
        self,
        path: str,
        body: bytes,
        limit: int,
        write: Callable[[bytes], None] | None = None,
    ) -> tuple[int, str, bytes]:
        """By the current way."""
        way = self._current
        try:
            answer = way.transport.post(path, body, limit, write)
        except LinkError:
            way.fails = True
            raise
        way.fails = False
        return answer

    def close(self) -> None:
        """The current way's connection."""
        self._current.transport.close()

    def take(self, way: Way) -> None:
        """From now on."""
        if way is not self._current:
            self._current.transport.close()
            self._current = way
        way.transport.use(*self._used)


class Way:
    """One link of several. `fails`: the last request over it did."""

    def __init__(self, ways: Ways, link: Link, transport: Transport) -> None:
        self.transport = transport
        self.fails = False
        self._ways = ways
        self._link = link

    def up(self, host: str) -> None:
        """And from now on requests go this way."""
        if self.fails:
            self.fails = False
            raise LinkError("no_link", "this network does not lead to %s - the next one" % host)
        self._link.up(host)
        self._ways.take(self)

    def down(self) -> None:
        """The link's."""
        self._link.down()

    def status(self) -> dict[str, object]:
        """The link's."""
        return self._link.status()

    def scan(self) -> list[tuple[str, int, bool]]:
        """The link's."""
        return self._link.scan()

    def dialogue(self, command: str) -> list[str]:
        """That of a link that has a modem."""
        link: Any = self._link
        found: list[str] = link.dialogue(command)
        return found
