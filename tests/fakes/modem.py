"""A simulated SIM800 at the other end of a serial line, on the test's clock."""

from __future__ import annotations

from typing import Any, Callable

from adapters.sim800.link import CellularLink
from adapters.sim800.modem import Modem
from adapters.sim800.operators import Operators
from adapters.sim800.transport import ModemTransport
from app.modem.commands import execute
from app.modem.faults import Faults, parse
from app.modem.internet import Fetch, HttpAnswer, Request
from app.modem.machine import SimulatedModem
from app.modem.profile import ModemProfile
from domain.errors import DeviceError
from tests.fakes.clock import FakeClock
from tests.fakes.console import FakeConsole

APN = "internet"


class Given:
    """The operator's settings: `access()` returns APN, user, password and PIN."""

    def __init__(self, access: Callable[[], tuple[str, str, str, str]]) -> None:
        self.access = access


def at_once(serve: Callable[[Request], HttpAnswer]) -> Fetch:
    """Return a `Fetch` with `serve` to answer each request immediately."""

    def begin(request: Request) -> Callable[[], HttpAnswer | None]:
        answer = serve(request)
        return lambda: answer

    return begin


class SimUart:
    """A serial line to `machine`, which runs on `clock`; `pins` are the wired ones."""

    def __init__(self, machine: SimulatedModem, clock: FakeClock, pins: tuple[str, ...]) -> None:
        self.machine = machine
        self.pins = pins
        self.pulled: list[str] = []
        self.clock = clock
        self.rate = 0
        self.gone = False
        self.sent: list[bytes] = []  # commands
        self._waiting = b""

    def open(self, baud: int) -> None:
        self._check(baud)
        self.rate = baud

    def read(self, size: int, limit_ms: int) -> bytes:
        self._check(self.rate)
        until = self.clock.now + max(0, limit_ms)
        while True:
            self.machine.run(self.clock.now / 1000)
            self._waiting += self.machine.take()
            if self._waiting or self.clock.now >= until:
                break
            due = self.machine.due()
            after = until if due is None else int(due * 1000) + 1
            self.clock.advance(max(1, min(until, after) - self.clock.now))
        piece, self._waiting = self._waiting[:size], self._waiting[size:]
        return piece

    def write(self, data: bytes) -> None:
        self._check(self.rate)
        self.sent.append(bytes(data))
        self.machine.feed(bytes(data), self.clock.now / 1000, self.rate)
        self.clock.advance(len(data) // 11)

    def pull(self, name: str, ms: int) -> bool:
        if name not in self.pins:
            return False
        self.pulled.append(name)
        self.clock.advance(ms)
        self.machine.press(name, ms, self.clock.now / 1000)
        return True

    def close(self) -> None:
        self.rate = 0

    def _check(self, rate: int) -> None:
        if self.gone or not rate:
            raise DeviceError("uart", "the serial line is gone - look after the cable")


class Bench:
    """A simulated machine with its modem, link and transport; `serve` answers HTTP requests."""

    def __init__(
        self,
        *faults: str,
        serve: Callable[[Request], HttpAnswer] = lambda request: HttpAnswer(200),
        pins: tuple[str, ...] = ("key", "reset"),
        pin: str = "",
        apn: str = APN,
        seed: int = 0,
        clock: FakeClock | None = None,
        **options: Any,
    ) -> None:
        self.clock = clock or FakeClock()
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.machine = SimulatedModem(
            ModemProfile(**{"apn": APN, **options}),
            execute,
            at_once(serve),
            Faults([parse(fault) for fault in faults], seed),
            lambda event, fields: self.events.append((event, fields)),
            self.clock.now / 1000,
        )
        self.uart = SimUart(self.machine, self.clock, pins)
        self.pulled = self.uart.pulled
        self.console = FakeConsole()
        self.modem = Modem(self.uart, self.clock, self.console)
        self.access = (apn, "", "", pin)
        self.link = CellularLink(self.modem, Given(lambda: self.access))
        self.link.operators = Operators(self.modem)
        self.transport = ModemTransport(self.modem, self.link)
        self.transport.use("cloud.example", False)
