"""A board connects to a cloud with several addresses, some of which are dead."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adapters.micropython import stream as adapter
from domain.errors import LinkError
from tests.fault.network import Wired, accepts_more
from tests.fault.scenarios import SCENARIOS, Played, steady
from tests.fault.scenarios import play as play_scenario
from tests.fault.wire import Wire
from tests.fault.world import Watch

OK, SILENT, REFUSES, NO_WAY = "ok", "silent", "refuses", "noway"
_DEAD = (SILENT, REFUSES, NO_WAY)
_ERRNO = {SILENT: errno.ETIMEDOUT, REFUSES: errno.ECONNREFUSED, NO_WAY: errno.EHOSTUNREACH}
_TURNS = (1, 4)  # connections after which the two addresses change roles
_SCENARIOS = ("app update", "settings update", "OS update", "readings", "starts")


def cases(quick: bool) -> Iterator[str]:
    """Yield `scenario:addresses`; `>N>addresses` is their state after N connections."""
    orders = ["%s,ok" % dead for dead in _DEAD]
    orders += ["%s,%s,ok" % (one, other) for one in _DEAD for other in _DEAD]
    orders += ["%s,ok,%s" % (one, other) for one in _DEAD for other in _DEAD]
    orders += ["ok,%s>%d>%s,ok" % (dead, turn, dead) for dead in _DEAD for turn in _TURNS]
    for scenario in _SCENARIOS:
        assert scenario in SCENARIOS
        found = ["%s:%s" % (scenario, order) for order in orders]
        yield from found[::9] if quick else found


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    scenario, order = case.split(":")
    world = Wired(watch)
    with dialled(world) as net:
        steady(world)
        before, _, rest = order.partition(">")
        net.how = before.split(",")
        net.dead = 0
        if rest:
            turn, after = rest.split(">")
            net.turn = (net.connected + int(turn), after.split(","))
        outcome = play_scenario(world, scenario)
        accepts_more(world)
        return Played(outcome, net.dead)


@contextmanager
def dialled(world: Wired) -> Iterator[Net]:
    """Connect the Thing to its wire by the boards' stream and a fake `socket` module."""
    net = Net(world)
    names: dict[str, Any] = vars(adapter)
    before = names["socket"]
    names["socket"] = net
    try:
        stream = adapter.SocketStream(_Clock(world), _Tls())
        http: Any = world.thing.cloud._http  # type: ignore[attr-defined]
        http._stream = stream
        yield net
    finally:
        names["socket"] = before


class Net:
    """A fake of the module `socket`; `how`: the state of each address, in their order."""

    SOCK_STREAM = 1

    def __init__(self, world: Wired) -> None:
        self.world = world
        self.wire: Wire = world.wire
        self.how = [OK]
        self.turn: tuple[int, list[str]] = (0, [])
        self.connected = self.dead = 0

    def getaddrinfo(self, host: str, port: int, *_: Any) -> list[Any]:
        """Return an entry for each address, with its index in place of an IP address."""
        return [(2, 1, 0, host, (number, port)) for number in range(len(self.how))]

    def socket(self, _family: int) -> _Socket:
        """Return a socket that is not yet connected."""
        return _Socket(self)


class _Socket:
    """A socket with the methods of MicroPython's, on top of the wire."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._limit_ms = 0

    def settimeout(self, seconds: float) -> None:
        self._limit_ms = int(seconds * 1000)

    def setblocking(self, _whether: bool) -> None:
        """Do nothing: only `connect` ever blocks."""

    def connect(self, address: tuple[int, int]) -> None:
        net = self._net
        how = net.how[address[0]]
        if how != OK:
            net.dead += 1
            net.world.fault(how, address=address[0])
            net.wire.clock.advance(self._limit_ms if how == SILENT else 1)
            raise OSError(_ERRNO[how])
        net.connected += 1
        if net.connected == net.turn[0]:
            net.how = net.turn[1]
        net.wire.connect("", 0, False, 0)

    def read(self, size: int) -> bytes | None:
        try:
            return self._net.wire.read(size, 1)
        except LinkError:
            return None

    def write(self, data: bytes) -> int:
        self._net.wire.write(bytes(data), 1)
        return len(data)

    def close(self) -> None:
        self._net.wire.close()


class _Tls:
    def wrap(self, sock: _Socket, _host: str) -> _Socket:
        """Return the socket itself, as if its certificate were verified."""
        return sock


class _Clock:
    """The Thing's clock, which a restart may replace."""

    def __init__(self, world: Wired) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.wire.clock, name)
