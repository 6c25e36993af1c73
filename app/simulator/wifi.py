"""The networks around a board, which may change, and the station that searches for them.

Nothing here waits: the station's state at a moment (in seconds, monotonic) follows from earlier
events. Only actions of the host, and `connect`, change anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field

IDLE = "idle"
CONNECTING = "connecting"
UP = "up"
NO_AP = "no_ap"
PASSWORD = "password"  # noqa: S105 - a state

DEFAULT_NETWORK = "simulated"
DEFAULT_PASSWORD = "simulated-password"  # noqa: S105 - of a network that is not there

MAX_NAME, MAX_PASSWORD = 32, 64  # bytes; the ports cut off longer ones (network_wlan.c)

ADDRESS = ("192.168.1.50", "255.255.255.0", "192.168.1.1", "192.168.1.1")


@dataclass
class Network:
    """A network; `rssi` in dBm; an empty password is an open network."""

    name: str
    password: str
    rssi: int = -55
    channel: int = 6

    def bssid(self) -> bytes:
        """Derive the address from the name."""
        return b"\x02" + self.name.encode()[:5].ljust(5, b"\0")


@dataclass
class Air:
    """All networks; `delay_s`: the time to associate, or to be refused."""

    networks: dict[str, Network] = field(default_factory=dict)
    up: bool = True
    delay_s: float = 0.3

    def add(self, network: Network) -> None:
        """Add a network, or replace the one of that name."""
        self.networks[network.name] = network

    def in_reach(self) -> list[Network]:
        """Return the networks, strongest first."""
        found = list(self.networks.values()) if self.up else []
        return sorted(found, key=lambda network: -network.rssi)


class Station:
    """The station interface of a board. It tries for ever, as the ports do by default."""

    def __init__(self, air: Air) -> None:
        self.air = air
        self.active = False
        self.wanted: tuple[str, str] | None = None
        self._outcome = IDLE
        self._due = 0.0

    def turn(self, active: bool, now: float) -> None:
        """Turn the radio on or off."""
        if active != self.active:
            self.active = active
            self.changed(now)

    def connect(self, name: str, password: str, now: float) -> None:
        """Search for a network from now on."""
        self.wanted = (name, password)
        self._outcome = IDLE
        self.changed(now)

    def disconnect(self, now: float) -> None:
        """Leave the network, and search no more."""
        self.wanted = None
        self.changed(now)

    def changed(self, now: float) -> None:
        """Apply a change: a lost link takes effect at once, the outcome of a search later."""
        outcome = self._find()
        if outcome == UP == self._outcome:
            return  # still connected
        self._outcome = outcome
        self._due = now if outcome == IDLE else now + self.air.delay_s

    def state(self, now: float) -> str:
        """Return the state, one of the constants above."""
        return self._outcome if now >= self._due else CONNECTING

    def next_change(self, now: float) -> float | None:
        """Return the moment of the next change by itself, or None."""
        return self._due if now < self._due else None

    def linked(self, now: float) -> bool:
        """Return whether data flows."""
        return self.state(now) == UP

    def network(self) -> Network | None:
        """Return the network searched for, if it exists."""
        return self.air.networks.get(self.wanted[0]) if self.wanted else None

    def _find(self) -> str:
        if not self.active or self.wanted is None:
            return IDLE
        network = self.network()
        if network is None or not self.air.up:
            return NO_AP
        if network.password and network.password != self.wanted[1]:
            return PASSWORD
        return UP
