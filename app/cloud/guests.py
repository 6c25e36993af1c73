"""The connections of one server: how long each may stay, and which is closed to admit another.

Silent ones are closed first: they have sent nothing since they were accepted, or since their last
answer. Then those that only have to receive the rest of an answer. Of these, the address with the
most connections loses one first, its oldest. A request under way keeps its time, unless neither
kind is left and its address has the most connections, more than that of the newcomer.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

REQUEST_S = 30.0  # for a whole request, also one that trickles in: a modem sends some 1 kB a second
HANDSHAKE_S = 10.0  # of these, for the TLS handshake
ANSWER_S = 300.0  # to make and take an answer: a modem takes 100 kB in 100 s
_LONGEST = 64  # characters of a host that is no IP address
MOST = 600  # connections in all: well below 1,024, the files that most systems let a process open
MOST_BY_ADDRESS = 200  # a whole mobile network can be one address

SILENT, LEAVING, ASKING, SERVED = range(4)


@dataclass(frozen=True)
class GuestLimits:
    """Limits on the time and the number of connections; `exempt`: addresses of proxies."""

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
        """Set its time to end `seconds` after its arrival."""
        self._until(self._arrived + seconds)

    def enters(self, leave: Callable[[], object]) -> None:
        """Note that it speaks HTTP from now on; `leave` ends it."""
        self.leave = leave
        self.has(self._guests.limits.request_s)

    def waits(self) -> None:
        """Wait for another request, with its full time."""
        self._arrived = self._guests.loop.time()
        self.stage = SILENT
        self.has(self._guests.limits.request_s)

    def asks(self) -> None:
        """Note that it has sent bytes, which do not extend its time."""
        if self.stage == SILENT:
            self.stage = ASKING

    def is_served(self) -> None:
        """Note that its request is complete, and start the time for the answer."""
        if self.stage != SERVED:
            self.stage = SERVED
            self._until(self._guests.limits.answer_s + self._guests.loop.time())

    def is_leaving(self) -> None:
        """Note that it has only to receive the rest of its answer, in the time it has."""
        self.stage = LEAVING

    def is_gone(self) -> None:
        """Note that it is closed; stop its timer."""
        self._gone = True
        if self._timer is not None:
            self._timer.cancel()
        self._guests.forget(self)

    def dismiss(self) -> None:
        """Close it: its time is over, or its place is needed."""
        self.is_gone()
        self.leave()

    def _until(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._gone:
            self._timer = self._guests.loop.call_at(moment, self.dismiss)


class Guests:
    """All connections of one server, the oldest first."""

    def __init__(self, limits: GuestLimits, loop: asyncio.AbstractEventLoop) -> None:
        self.limits = limits
        self.loop = loop
        self._all: dict[Guest, None] = {}
        self._count: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._all)

    def admit(self, address: str, leave: Callable[[], object]) -> Guest | None:
        """Return a new guest, closing another if there is no room; None if none may be closed."""
        if not self._make_room(address):
            return None
        guest = Guest(self, address, leave)
        self._all[guest] = None
        if address not in self.limits.exempt:
            self._count[address] += 1
        return guest

    def spare(self) -> None:
        """Close one connection without a request under way, if there is one."""
        for guest in self._idle(self._all)[:1]:
            guest.dismiss()

    def forget(self, guest: Guest) -> None:
        """Forget a closed connection; a second call does nothing."""
        if guest in self._all:
            del self._all[guest]
            self._count[guest.address] -= 1
            if self._count[guest.address] <= 0:
                del self._count[guest.address]

    def clear(self) -> None:
        """Close all connections: the server is shutting down."""
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
    """Return the address to count by: of IPv6 the /64 network, as one client has all of it."""
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host[:_LONGEST]
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False).network_address) + "/64"
