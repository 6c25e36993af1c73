"""The serial line and pins of a MicroPython board with a modem, on CPython.

`machine` is the simulator's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from adapters.linux.clock import LinuxClock
from adapters.sim800.files import Files
from adapters.sim800.link import CellularLink
from adapters.sim800.modem import Modem
from adapters.sim800.transport import ModemTransport
from app.simulator.modem import ModemOptions, SimModem
from domain.errors import DeviceError
from tests.contract import check_uart
from tests.contract.check_transport import JSON, PATH
from tests.contract.servers import http, says
from tests.fakes.console import FakeConsole
from tests.fakes.source import exchange
from tests.fakes.storage import MemoryStorage
from tests.unit.micropython.simulated import Simulated
from tests.unit.micropython.stand_ins import fresh

WIRES = {"uart": 1, "tx": 27, "rx": 26, "key": 4, "reset": 5, "power": 23}


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulated]:
    made = Simulated("esp32_sim800", tmp_path)
    made.install(monkeypatch)
    yield made
    made.close()


@pytest.fixture
def module(board: Simulated, monkeypatch: pytest.MonkeyPatch) -> Any:
    return fresh(monkeypatch, "adapters.sim800.board")


@pytest.fixture
def storage() -> MemoryStorage:
    made = MemoryStorage()
    made.mount()
    return made


@pytest.mark.parametrize("check", check_uart.CHECKS, ids=lambda check: check.__name__)
def test_uart_contract(check: Any, board: Simulated, module: Any) -> None:
    def make(*incoming: bytes) -> tuple[Any, Callable[[int], bytes], Callable[[], None]]:
        uart = module.BoardModem(LinuxClock(), WIRES)
        board.events.clear()
        begin = uart.open

        def opened(baud: int) -> None:
            begin(baud)
            board.hardware.received[1] += b"".join(incoming)

        uart.open = opened

        def written(size: int) -> bytes:
            data = b"".join(
                bytes.fromhex(fields["data"]) for name, fields in board.events if name == "uart"
            )
            assert len(data) == size
            return data

        return uart, written, uart.close  # a chip's own line cannot be unplugged

    check(make)


def test_a_uart_that_the_board_has_not(module: Any) -> None:
    for wrong in ({"uart": 9}, {"power": 29}):
        uart = module.BoardModem(LinuxClock(), {**WIRES, **wrong})
        with pytest.raises(DeviceError, match="no UART on .* - check modem_pins"):
            uart.open(115200)
    uart = module.BoardModem(LinuxClock(), {**WIRES, "power": -1, "key": -1})
    uart.open(115200)
    assert uart.pull("key", 1) is False


def test_wires(module: Any, storage: MemoryStorage) -> None:
    assert module.wires(storage, WIRES) == (WIRES, [])
    storage.replace("modem_pins", b"tx=17 rx=16\nreset=-1 power=-1\n")
    wanted = {**WIRES, "tx": 17, "rx": 16, "reset": -1, "power": -1}
    assert module.wires(storage, WIRES) == (wanted, [])
    storage.replace("modem_pins", b"tx=x led=4 rx=99 =3 key key=- uart=2")
    found, problems = module.wires(storage, WIRES)
    assert found == {**WIRES, "uart": 2}
    assert len(problems) == 6
    assert all("tx=27" in problem for problem in problems)
    storage.replace("modem_pins", b"\xff")
    found, problems = module.wires(storage, WIRES)
    assert (found, len(problems)) == (WIRES, 1)


def test_access(storage: MemoryStorage) -> None:
    files = Files(storage)
    assert files.access() == ("", "", "", "")
    storage.replace("apn", b"internet\n")
    storage.replace("apn_user", b"\xff")
    storage.replace("sim_pin", b"1234")
    assert files.access() == ("internet", "", "", "1234")


@pytest.mark.tools
def test_a_board_lives_on_its_modem(
    board: Simulated, module: Any, storage: MemoryStorage, serve: Any
) -> None:
    told: list[Any] = []
    wires = board.kind.modem
    assert wires
    board.hardware.modem = SimModem(
        wires, lambda event, **fields: told.append(fields["what"]), ModemOptions(speed=50)
    )
    clock = LinuxClock()
    line = module.BoardModem(clock, WIRES)
    modem = Modem(line, clock, FakeConsole())
    storage.replace("apn", b"internet")
    link = CellularLink(modem, Files(storage))
    link.up("127.0.0.1")
    assert link.status()["up"] is True
    transport = ModemTransport(modem, link)
    server = serve(says(http(200, JSON, b"yes" * 500)))
    transport.use(server.backend, False)
    assert exchange(transport, PATH, b"{}", 5000) == (200, JSON, b"yes" * 500)
    assert server.requests == [b"{}"]
    assert told == ["ready", "request"]
    modem.tries = 5  # a restart by the reset pin is due
    link.up("127.0.0.1")
    board.hardware.lose_power()
    modem.close()
    assert told == ["ready", "request", "off", "ready", "off"]
