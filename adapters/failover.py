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

# When to look for the first route while another one is in use: this long after it was left, then
# after twice the time at each look, unless the look has found something.
_FIRST_MS = 300000
_LONGEST_MS = 3600000
_AGAIN_MS = 10000
_GOOD_MS = 1800000  # a route that lasts this long is not an unstable one

_UNSENT = ("no_address", "refused")  # the cloud has not received such a request


class FailoverTransport:
    """The transport of the route that came up last, as the port; `links` are for the Thing.

    A route that came up, but over which a request failed, is skipped the next time: so the second
    one gets its turn when the first network is there, but does not reach the cloud.

    `probe` looks for the first route while another one is in use. When two looks in a row find it,
    requests go by that route again, in the same session; if the very first one fails, the route
    used before is restored.
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
        self._left: Route | None = None  # the route to restore, while the first one is on trial
        self._seen = False  # at the last look
        self._wait = _FIRST_MS
        self._due = 0  # monotonic ms, of the next look
        self._since = -_GOOD_MS  # start of the first route's last use

    def use(self, backend: str, ssl: bool) -> None:
        """Set the backend, also for the routes that are taken later."""
        self._used = (backend, ssl)
        self._current.transport.use(backend, ssl)

    def post(self, path: str, body: bytes, limit: int) -> tuple[int, str]:
        """Send a request by the current route; look for the first route when that is due."""
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
        """Read from the answer by the route that it comes by."""
        route = self._current
        try:
            return route.transport.readinto(buffer)
        except LinkError:
            route.fails = True
            raise

    def close(self) -> None:
        """Close the current route's connection."""
        self._current.transport.close()

    def take(self, route: Route, host: str) -> None:
        """Switch to a route, for a new session: it may be less secret than the last one."""
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
        """Schedule the next look, after twice the time: the route is not there, or is unstable."""
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
    """One link of several. `fails`: the last request over it failed."""

    def __init__(self, routes: FailoverTransport, link: Link, transport: Transport) -> None:
        self.transport = transport
        self.fails = False
        self._routes = routes
        self._link = link

    def up(self, host: str) -> None:
        """Bring the link up and switch to it; raise LinkError `no_link` if it has just failed."""
        if self.fails:
            self.fails = False
            raise LinkError("no_link", "this network does not lead to %s - the next one" % host)
        self._link.up(host)
        self._routes.take(self, host)

    def leads(self, host: str) -> bool:
        """Bring the link up; return whether that worked."""
        try:
            self._link.up(host)
        except LinkError:
            return False
        return True

    def down(self) -> None:
        """Shut the link down."""
        self._link.down()

    def status(self) -> dict[str, object]:
        """Return the status of the link."""
        return self._link.status()

    def scan(self) -> list[tuple[str, int, bool]]:
        """Return the networks that the link finds."""
        return self._link.scan()

    def dialogue(self, command: str) -> list[str]:
        """Send an AT command to the modem of the link, which must have one; return its lines."""
        link: Any = self._link
        found: list[str] = link.dialogue(command)
        return found
