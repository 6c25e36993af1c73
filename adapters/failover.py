"""Several routes to the cloud, each a link and the transport over it, in order of preference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.errors import LinkError
from domain.levels import INFO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ports.clock import Clock
    from ports.console import Console
    from ports.link import Link, LinkProbe
    from ports.transport import Transport

# When to look for the first route, while another one is in use: so long after it was left; then
# twice as long each time, but for a look that has found something.
_FIRST_MS = 300000
_LONGEST_MS = 3600000
_AGAIN_MS = 10000
_GOOD_MS = 1800000  # a route that lasts so long is not one that comes and goes

_UNSENT = ("no_address", "refused")  # the cloud has not seen such a request


class FailoverTransport:
    """Fill the transport port with that of the route which came up last; `links` are for the Thing.

    A route that came up, but led nowhere, is left out the next time: so the second one gets its
    turn when a network is there that does not reach the cloud.

    `probe` looks for the first route while another one is in use. When two looks in a row find it,
    requests go by that route again, in the same session; if the very first one fails, back as
    before.
    """

    def __init__(
        self,
        routes: Sequence[tuple[Link, Transport]],
        clock: Clock,
        console: Console,
        probe: LinkProbe,
    ) -> None:
        self.links = [Route(self, link, transport) for link, transport in routes]
        self._current = self.links[0]
        self._used = ("", True)
        self._clock = clock
        self._console = console
        self._probe = probe
        self._host = ""
        self._left: Route | None = None  # for the first route, which has yet to prove itself
        self._seen = False  # at the last look
        self._wait = _FIRST_MS
        self._due = 0  # monotonic ms, of the next look
        self._since = -_GOOD_MS  # the first route is in use, or was from then on

    def use(self, backend: str, ssl: bool) -> None:
        """Also of the routes that are taken later."""
        self._used = (backend, ssl)
        self._current.transport.use(backend, ssl)

    def post(self, path: str, body: bytes, limit: int) -> tuple[int, str]:
        """By the current route."""
        if self._current is not self.links[0] and self._clock.monotonic() >= self._due:
            self._look()
        route, left = self._current, self._left
        try:
            answer = route.transport.post(path, body, limit)
        except LinkError as error:
            if not left:
                route.fails = True
                raise
            self._put_back(left)
            if error.code not in _UNSENT:
                raise
            answer = left.transport.post(path, body, limit)
        else:
            route.fails = False
            if left:
                self._left = None
                left.down()
        return answer

    def readinto(self, buffer: memoryview) -> int:
        """By the route of the answer."""
        route = self._current
        try:
            return route.transport.readinto(buffer)
        except LinkError:
            route.fails = True
            raise

    def close(self) -> None:
        """The current route's connection."""
        self._current.transport.close()

    def take(self, route: Route, host: str) -> None:
        """From now on, by a new session: it may be another one than the last, and less secret."""
        self._host = host
        self._left = None
        if route is not self._current:
            if route is self.links[0]:
                self._since = self._clock.monotonic()
            else:
                self._leave()
        self._turn(route)

    def _turn(self, route: Route) -> None:
        if route is not self._current:
            self._current.transport.close()
            self._current = route
        route.transport.use(*self._used)

    def _leave(self) -> None:
        if self._clock.monotonic() - self._since >= _GOOD_MS:
            self._wait = _FIRST_MS // 2
        self._later()

    def _later(self) -> None:
        """Nothing to be found; or what comes and goes, which is not worth a new try soon."""
        self._seen = False
        self._wait = min(2 * self._wait, _LONGEST_MS)
        self._due = self._clock.monotonic() + self._wait

    def _look(self) -> None:
        first = self.links[0]
        if not self._probe.near(self._host):
            self._later()
        elif not self._seen:
            self._seen = True
            self._due = self._clock.monotonic() + _AGAIN_MS
        elif first.leads(self._host):
            self._seen = False
            self._since = self._clock.monotonic()
            self._left = self._current
            self._turn(first)
            self._console.event(INFO, "link", first.status())
        else:
            self._later()

    def _put_back(self, left: Route) -> None:
        self._left = None
        self._turn(left)
        self.links[0].down()
        self._later()
        self._console.event(INFO, "link", left.status())


class Route:
    """One link of several. `fails`: the last request over it did."""

    def __init__(self, routes: FailoverTransport, link: Link, transport: Transport) -> None:
        self.transport = transport
        self.fails = False
        self._routes = routes
        self._link = link

    def up(self, host: str) -> None:
        """And from now on requests go by this route."""
        if self.fails:
            self.fails = False
            raise LinkError("no_link", "this network does not lead to %s - the next one" % host)
        self._link.up(host)
        self._routes.take(self, host)

    def leads(self, host: str) -> bool:
        """Whether the link is up, or comes up."""
        try:
            self._link.up(host)
        except LinkError:
            return False
        return True

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
