"""The contract of serial lines."""

from __future__ import annotations

from typing import Callable

import pytest

from domain.errors import DeviceError
from ports.uart import Uart

# make(*incoming) returns (uart, written, unplug): these bytes arrive once it is open;
# `written(size)` returns the bytes written, once there are `size`; `unplug()` removes the other
# side.
Make = Callable[..., tuple[Uart, Callable[[int], bytes], Callable[[], None]]]

BAUD = 115200
LIMIT = 5000  # ms
PATIENCE = 12  # reads in which a line that is gone is noticed on a busy machine


def check_uart(make: Make) -> None:
    """Run the contract on serial lines made by `make`, see `Make`."""
    for check in CHECKS:
        check(make)


def reads_what_comes(make: Make) -> None:
    uart, _, _ = make(b"AT\r\n", bytes(range(256)))
    uart.open(BAUD)
    expected = b"AT\r\n" + bytes(range(256))
    data = b""
    while len(data) < len(expected):
        piece = uart.read(7, LIMIT)
        assert 1 <= len(piece) <= 7
        data += piece
    assert data == expected
    assert uart.read(7, 20) == b""
    assert uart.read(1, 0) == b""
    uart.close()


def writes_all(make: Make) -> None:
    uart, written, _ = make()
    uart.open(BAUD)
    uart.write(b"")
    uart.write(bytes(range(256)))
    uart.write(b"end")
    assert written(259) == bytes(range(256)) + b"end"
    uart.close()


def changes_its_rate(make: Make) -> None:
    uart, written, _ = make()
    uart.open(9600)
    uart.open(BAUD)
    uart.write(b"x")
    assert written(1) == b"x"
    uart.close()
    uart.open(9600)
    uart.close()
    uart.close()


def tells_when_it_is_gone(make: Make) -> None:
    uart, _, unplug = make()
    for call in (lambda: uart.read(1, 10), lambda: uart.write(b"x")):
        with pytest.raises(DeviceError) as caught:
            call()
        assert caught.value.code == "uart"
    uart.open(BAUD)
    unplug()
    with pytest.raises(DeviceError) as caught:
        for _ in range(PATIENCE):
            uart.read(1, LIMIT)
    assert caught.value.code == "uart"
    assert len(caught.value.text) > 10
    uart.close()


CHECKS = (reads_what_comes, writes_all, changes_its_rate, tells_when_it_is_gone)
