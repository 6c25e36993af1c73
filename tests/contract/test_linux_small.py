"""The small adapters keep their ports' contracts: clock, crypto, LED, serial line, null."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import serial

from adapters.linux.clock import LinuxClock
from adapters.linux.crypto import LinuxCrypto
from adapters.linux.indicator import LedIndicator
from adapters.linux.uart import SerialUart
from adapters.null import NullIndicator, NullPortal
from domain.errors import DeviceError
from domain.lifecycle import STATES
from tests.contract import (
    check_clock,
    check_crypto,
    check_indicator,
    check_portal,
    check_uart,
)
from tests.contract.servers import PATIENCE


@pytest.mark.parametrize("check", check_clock.CHECKS, ids=lambda check: check.__name__)
def test_clock_contract(check) -> None:
    check(LinuxClock)


@pytest.mark.parametrize("check", check_crypto.CHECKS, ids=lambda check: check.__name__)
def test_crypto_contract(check) -> None:
    check(LinuxCrypto)


def test_null_contracts() -> None:
    check_portal.check_portal(lambda fault: NullPortal())
    check_indicator.check_indicator(NullIndicator)
    portal = NullPortal()
    portal.open("T-1")
    assert portal.poll(100) == (False, True)


# clock


def test_a_clock_that_nobody_has_set() -> None:
    for wall, epoch in (
        (0.0, None),
        (1.7e9, None),
        (1704067199.9, None),
        (1704067200.5, 1704067200),
    ):
        assert LinuxClock(lambda wall=wall: wall).epoch() == epoch  # type: ignore[misc]


def test_the_told_time_stands_above_the_machines() -> None:
    wall = [1.9e9]
    clock = LinuxClock(lambda: wall[0])
    assert clock.epoch() == 1_900_000_000
    clock.set_epoch(1_800_000_000)
    wall[0] += 1e6
    assert clock.epoch() in (1_800_000_000, 1_800_000_001)


# crypto


def test_cryptography_is_not_loaded_for_nothing() -> None:
    program = (
        "import sys; from adapters.linux.crypto import LinuxCrypto as C\n"
        "C().sha256(b''); C().hmac_sha256(b'', b''); C().random(1); C().equal(b'', b'')\n"
        "sys.exit('cryptography' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# indicator

LED_FILES = ("trigger", "brightness", "delay_on", "delay_off")


@pytest.fixture
def led(tmp_path: Path) -> Path:
    for name in LED_FILES:
        (tmp_path / name).write_text("")
    (tmp_path / "max_brightness").write_text("255\n")
    return tmp_path


def test_led_contract(led) -> None:
    check_indicator.check_indicator(lambda: LedIndicator(str(led)))
    check_indicator.check_indicator(lambda: LedIndicator("/nowhere"))


def test_led_patterns(led) -> None:
    indicator = LedIndicator(str(led))

    def read() -> tuple[str, ...]:
        return tuple((led / name).read_text() for name in LED_FILES)

    indicator.show("run")
    assert read()[:2] == ("none", "255")
    indicator.show("nonsense")
    assert read()[:2] == ("none", "0")
    seen = set()
    for state in STATES:
        if state != "run":
            indicator.show(state)
            trigger, _, on, off = read()
            assert trigger == "timer"
            assert int(on) > 0 < int(off)
            seen.add((on, off))
    assert len(seen) == len(STATES) - 1


def test_led_is_written_when_the_state_changes_only(led) -> None:
    indicator = LedIndicator(str(led))
    indicator.show("boot")
    (led / "delay_on").write_text("touched")
    indicator.show("boot")
    assert (led / "delay_on").read_text() == "touched"


def test_led_makes_no_files(tmp_path) -> None:
    for state in ("run", "boot"):
        LedIndicator(str(tmp_path)).show(state)
    assert os.listdir(tmp_path) == []


# uart


@pytest.fixture
def make_uart(stack):
    def make(*incoming: bytes):
        master, slave = pty.openpty()
        name = os.ttyname(slave)
        made = SerialUart(name)
        ends = {master, slave}
        data = b"".join(incoming)
        inner = made.open

        def opened(baud: int) -> None:
            nonlocal data
            inner(baud)
            os.write(master, data)
            data = b""

        made.open = opened  # type: ignore[method-assign]

        def written(size: int) -> bytes:
            found = b""
            while len(found) < size:
                found += os.read(master, size - len(found))
            return found

        def unplug() -> None:
            for number in ends:
                os.close(number)
            ends.clear()

        stack.callback(unplug)
        stack.callback(made.close)
        return made, written, unplug

    return make


@pytest.mark.parametrize("check", check_uart.CHECKS, ids=lambda check: check.__name__)
def test_uart_contract(check, make_uart) -> None:
    check(make_uart)


def test_uart_that_is_not_there() -> None:
    with pytest.raises(DeviceError) as caught:
        SerialUart("/dev/nothing-there").open(9600)
    assert caught.value.code == "uart"
    assert "/dev/nothing-there" in caught.value.text


def test_uart_reads_as_soon_as_there_is_something(make_uart) -> None:
    uart, _, _ = make_uart(b"abc")
    uart.open(9600)
    assert uart.read(1, 5000) == b"a"
    assert uart.read(100, 60_000) == b"bc"


def test_uart_writes_to_nobody(make_uart, monkeypatch) -> None:
    monkeypatch.setattr("adapters.linux.uart._WRITE_S", 0.05)
    uart, _, _ = make_uart()
    uart.open(9600)
    uart.write(bytes(100_000))


def test_uart_that_cannot_be_closed(make_uart, monkeypatch) -> None:
    uart, _, _ = make_uart()
    uart.open(9600)

    def fail(self: Any) -> None:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(serial.Serial, "close", fail)
        line = uart._line
        uart.close()
    line.close()


def test_uart_waits_in_another_thread_too(make_uart) -> None:
    uart, written, _ = make_uart()
    uart.open(115200)
    thread = threading.Thread(target=uart.write, args=(bytes(20_000),))
    thread.start()
    assert written(20_000) == bytes(20_000)
    thread.join(PATIENCE)
