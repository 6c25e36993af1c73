"""A simulated SIM800 on a simulated board: its serial line, its pins, its power."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Callable

from app.modem.commands import execute
from app.modem.faults import Fault, Faults
from app.modem.internet import in_background
from app.modem.machine import SimulatedModem
from app.modem.profile import ModemProfile

APN = "internet"


@dataclass(frozen=True)
class Wires:
    """The wiring of a kind of board to its modem: the UART's number, and pins."""

    uart: int
    key: int
    reset: int


@dataclass(frozen=True)
class ModemOptions:
    """Options of the modem; `speed`: its time over real time; `faults` as for `pythings modem`."""

    speed: float = 1.0
    faults: tuple[Fault, ...] = ()
    seed: int = 0


class SimModem:
    """The modem; off until its key is pulled."""

    def __init__(self, wires: Wires, tell: Callable[..., None], given: ModemOptions) -> None:
        self.wires = wires
        self.rate = 0
        self._tell = tell
        self._pulled: dict[int, float] = {}
        self._machine = SimulatedModem(
            ModemProfile(apn=APN, off=True, speed=given.speed),
            execute,
            in_background(lambda: None),  # the board polls
            Faults(list(given.faults), given.seed),
            self._told,
            time.monotonic(),
        )

    def open(self, baud: int) -> None:
        """Set the board's baud rate."""
        self.rate = baud

    def write(self, data: bytes) -> None:
        """Take bytes from the board."""
        self._machine.feed(data, time.monotonic(), self.rate)

    def read(self) -> bytes:
        """Return the bytes for the board that arrived since."""
        self._machine.run(time.monotonic())
        return self._machine.take() if self.rate else b""

    def pin(self, pin: int, level: int) -> None:
        """Set the level of a pin that the board drives."""
        name = {self.wires.key: "key", self.wires.reset: "reset"}.get(pin)
        now = time.monotonic()
        if name and not level:
            self._pulled[pin] = now
        elif name and pin in self._pulled:
            self._machine.press(name, int((now - self._pulled.pop(pin)) * 1000) + 1, now)

    def lose_power(self) -> None:
        """Cut the modem's power, with the board's."""
        self._machine.run(time.monotonic())
        if self._machine.on:
            self._machine.power_lost(restart=False, said="")

    def _told(self, event: str, fields: dict[str, Any]) -> None:
        self._tell("modem", level=10 if event != "fault" else 20, what=event, **fields)
