"""Faults of the simulated modem, and their times; the same seed gives the same faults."""

from __future__ import annotations

import random
from dataclasses import dataclass

# Name: (the kind of opportunity that it strikes at, its effect).
FAULTS = {
    "silent": ("command", "a command is never answered"),
    "slow": ("command", "an answer takes some seconds longer"),
    "error": ("command", "a command is refused for no reason"),
    "urc": ("command", "lines that nobody asked for, before and within an answer"),
    "garbage": ("command", "noise on the line before an answer"),
    "low_voltage": ("command", "the voltage sinks, and the modem warns before an answer"),
    "brown_out": ("command", "the voltage breaks down, the modem restarts"),
    "power_off": ("command", "the modem switches itself off"),
    "no_bearer": ("bearer", "the bearer does not open"),
    "off_network": ("bearer", "the network is lost, and found again some seconds later"),
    "bearer_drop": ("request", "the bearer is lost during a request"),
    "600": ("request", "a request ends with 600: the answer is no HTTP"),
    "601": ("request", "a request ends with 601: network error"),
    "602": ("request", "a request ends with 602: no memory"),
    "603": ("request", "a request ends with 603: the name has no address"),
    "604": ("request", "a request ends with 604: stack busy"),
    "605": ("request", "a request ends with 605: no TLS channel"),
    "606": ("request", "a request ends with 606: TLS alert"),
    "lost_answer": ("request", "the cloud has obeyed a request, but its answer is lost (601)"),
    "hang": ("request", "a request never ends"),
    "short_read": ("read", "fewer bytes are read than were asked for"),
    "cut_read": ("read", "fewer bytes come than are announced"),
}


class WrongFault(ValueError):
    """A fault that cannot be parsed; the text gives the reason."""


@dataclass
class Fault:
    """A fault; strikes at the opportunities `first` to `last` (from 1); if 0, by `chance`."""

    name: str
    chance: float = 1.0
    first: int = 0
    last: int = 0

    def strikes(self, number: int, dice: random.Random) -> bool:
        """Decide whether the fault strikes at the opportunity of that number."""
        if self.first:
            return self.first <= number <= self.last
        return dice.random() < self.chance


def parse(text: str) -> Fault:
    """Parse `NAME` (always), `NAME:0.1` (by chance), `NAME@3` or `NAME@3-5` (those only)."""
    name, at, when = text.partition("@")
    name, colon, chance = (name, "", "") if at else text.partition(":")
    if name not in FAULTS:
        raise WrongFault("there is no fault %r - one of: %s" % (name, ", ".join(FAULTS)))
    try:
        if at:
            first, _, last = when.partition("-")
            fault = Fault(name, first=int(first), last=int(last or first))
            if not 1 <= fault.first <= fault.last:
                raise ValueError
            return fault
        fault = Fault(name, float(chance) if colon else 1.0)
        if not 0 <= fault.chance <= 1:
            raise ValueError
    except ValueError:
        raise WrongFault(
            "%r is no fault - write %s:0.1 (a chance), %s@3 or %s@3-5" % (text, name, name, name)
        ) from None
    return fault


class Faults:
    """The choice of a fault at each opportunity; `struck` counts the faults by name."""

    def __init__(self, faults: list[Fault], seed: int = 0) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - chance, not secrets
        self.struck: dict[str, int] = {}
        self._faults = faults
        self._count: dict[str, int] = {}

    def at(self, where: str) -> str:
        """Return the fault that strikes now, the first that does, or "" for none."""
        number = self._count[where] = self._count.get(where, 0) + 1
        for fault in self._faults:
            if FAULTS[fault.name][0] == where and fault.strikes(number, self.dice):
                self.struck[fault.name] = self.struck.get(fault.name, 0) + 1
                return fault.name
        return ""
