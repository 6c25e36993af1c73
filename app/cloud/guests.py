"""The connections of one server: for how long each may stay, and which has to go for another.

Silent ones go first: they have sent nothing since they came, or since their last answer. Then those
that only have to take the rest of an answer. Of these, the address that has most loses one first,
its oldest. A request under way keeps its time, unless its address has more connections than
all others and nobody else is left to go.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

REQUEST_S = 30.0  # for a whole request, also one that trickles in: a modem sends some 1 kB a second
HANDSHAKE_S = 10.0  # for TLS, of that
ANSWER_S = 300.0  # to make and take an answer: a modem takes 100 kB in 100 s
_LONGEST = 64  # characters of an address that is none
MOST = 600  # connections in all: well below 1,024, the files that most systems let a process open
MOST_BY_ADDRESS = 200  # a whole mobile network can be one address

SILENT, LEAVING, ASKING, SERVED = range(4)


@dataclass(frozen=True)
class Limits:
    """How long connections may take, and how many there may be; `exempt`: addresses of proxies."""

    request_s: float = REQUEST_S
    handshake_s: float = HANDSHAKE_S
    answer_s: float = ANSWER_S
    most: int = MOST
    most_by_address: int = MOST_BY_ADDRESS
    exempt: frozenset[str] = frozenset()


class Guest:
    """One connection; `leave` ends it at once, and is replaced as the connection changes hands."""

    def __init__(self, guests: Guests, address: str, leave: Callable[[], object]) -> None:
        self.address = address
        self.leave = leave
        self.stage = SILENT
        self._guests = guests
        self._arrived = guests.loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._gone = False

    def has(self, seconds: float) -> None:
        """Give it so many seconds, from its arrival on."""
        self._until(self._arrived + seconds)

    def enters(self, leave: Callable[[], object]) -> None:
        """It speaks HTTP from now on, and ends by `leave`."""
        self.leave = leave
        self.has(self._guests.limits.request_s)

    def waits(self) -> None:
        """It may send another request."""
        self._arrived = self._guests.loop.time()
        self.stage = SILENT
        self.has(self._guests.limits.request_s)

    def asks(self) -> None:
        """It has sent something: what comes gives it no more time."""
        if self.stage == SILENT:
            self.stage = ASKING

    def is_served(self) -> None:
        """Its request is whole."""
        if self.stage != SERVED:
            self.stage = SERVED
            self._until(self._guests.limits.answer_s + self._guests.loop.time())

    def is_leaving(self) -> None:
        """It has only to take the rest of its answer, in the time it has."""
        self.stage = LEAVING

    def is_gone(self) -> None:
        """It is closed."""
        self._gone = True
        if self._timer is not None:
            self._timer.cancel()
        self._guests.forget(self)

    def dismiss(self) -> None:
        """End it: its time is over, or its place is needed."""
        self.is_gone()
        self.leave()

    def _until(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._gone:
            self._timer = self._guests.loop.call_at(moment, self.dismiss)


class Guests:
    """All connections of one server, the oldest first."""

    def __init__(self, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self.limits = limits
        self.loop = loop
        self._all: dict[Guest, None] = {}
        self._count: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._all)

    def admit(self, address: str, leave: Callable[[], object]) -> Guest | None:
        """Return a new guest, whose place another may have to leave; None if none may."""
        if not self._make_room(address):
            return None
        guest = Guest(self, address, leave)
        self._all[guest] = None
        if address not in self.limits.exempt:
            self._count[address] += 1
        return guest

    def spare(self) -> None:
        """Let one go that has nothing to lose, if there is one."""
        for guest in self._idle(self._all)[:1]:
            guest.dismiss()

    def forget(self, guest: Guest) -> None:
        """Note that it is gone; more than once does no harm."""
        if guest in self._all:
            del self._all[guest]
            self._count[guest.address] -= 1
            if self._count[guest.address] <= 0:
                del self._count[guest.address]

    def clear(self) -> None:
        """Let all go: the server is going down."""
        for guest in list(self._all):
            guest.dismiss()

    def _make_room(self, address: str) -> bool:
        own = self._count[address]
        if own >= self.limits.most_by_address:
            going = self._idle(guest for guest in self._all if guest.address == address)
        elif len(self._all) >= self.limits.most:
            going = self._idle(self._all) or self._of_the_largest(own + 1)
        else:
            return True
        for guest in going[:1]:
            guest.dismiss()
        return bool(going)

    def _idle(self, among: Iterable[Guest]) -> list[Guest]:
        idle = [guest for guest in among if guest.stage in (SILENT, LEAVING)]
        return sorted(idle, key=lambda guest: (guest.stage, -self._count[guest.address]))

    def _of_the_largest(self, own: int) -> list[Guest]:
        address, count = max(self._count.items(), key=lambda item: item[1], default=("", 0))
        return [guest for guest in self._all if guest.address == address and count > own]


def address_of(host: str) -> str:
    """Return what counts as one address: of IPv6 the network, for anybody has all of one."""
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host[:_LONGEST]
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False).network_address) + "/64"
