"""Where a board has the date from before it can verify a certificate."""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.micropython import date
from app.simulator.timeserver import TimeServer, answer
from tests.fakes.clock import FakeClock

NOW = 1795430000  # s since 1970, in 2026
OLD = 946684800 + 7  # seven seconds after power came
COOKIE = b"12345678"
QUERY = b"\x23" + bytes(39) + COOKIE


class Machine:
    """`machine` and `time` of a board with a clock at `now`; `zero`: where its seconds begin."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: int, zero: int) -> None:
        self.now, self.zero = now, zero
        stand_in: Any = types.ModuleType("machine")
        stand_in.RTC = lambda: types.SimpleNamespace(datetime=self.set)
        monkeypatch.setitem(sys.modules, "machine", stand_in)
        clock = types.SimpleNamespace(
            time=lambda: self.now - self.zero,
            gmtime=lambda seconds: time.gmtime(seconds + self.zero)[:8],
        )
        monkeypatch.setattr(date, "time", clock)

    def set(self, moment: tuple[int, ...]) -> None:
        """Set the clock, as `machine.RTC().datetime`."""
        year, month, day, weekday, hour, minute, second, fraction = moment
        known = time.strptime("%d-%d-%d %d:%d:%d" % (year, month, day, hour, minute, second),
                              "%Y-%m-%d %H:%M:%S")  # fmt: skip
        assert (weekday, fraction) == (known.tm_wday, 0)
        self.now = int(time.mktime(known) - time.timezone)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TimeServer]:
    made = TimeServer()
    monkeypatch.setattr(date, "_PORT", made.port)
    yield made
    made.close()


@pytest.mark.parametrize("zero", [0, 946684800])
def test_a_server_tells_the_date(
    zero: int, server: TimeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Machine(monkeypatch, OLD, zero)
    (tmp_path / "ntp").write_text("127.0.0.1\n")
    date.keep(FakeClock(), str(tmp_path / "ntp"))
    assert abs(board.now - time.time()) < 100


def test_what_the_cloud_has_told_counts_more(
    server: TimeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Machine(monkeypatch, OLD, 0)
    clock = FakeClock()
    clock.set_epoch(NOW)
    date.keep(clock, str(tmp_path / "ntp"))
    assert board.now == NOW


def test_a_clock_that_was_set_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Machine(monkeypatch, NOW, 0)
    clock = FakeClock()
    clock.set_epoch(NOW + 1000)
    date.keep(clock, str(tmp_path / "ntp"))
    assert board.now == NOW


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no.such.host.invalid"])
def test_without_a_server_it_stays_as_it_is(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Machine(monkeypatch, OLD, 0)
    monkeypatch.setattr(date, "_SERVER", "")  # a test asks no server outside
    (tmp_path / "ntp").write_bytes(content)
    date.keep(FakeClock(), str(tmp_path / "ntp"))
    assert board.now == OLD


def test_a_machine_without_a_clock_of_its_own(
    server: TimeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Machine(monkeypatch, OLD, 0)
    monkeypatch.setitem(sys.modules, "machine", types.ModuleType("machine"))
    monkeypatch.setattr(date, "_SERVER", "127.0.0.1")
    date.keep(FakeClock(), str(tmp_path / "ntp"))
    assert board.now == OLD


def test_a_server_that_is_silent(server: TimeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.up = False
    monkeypatch.setattr(date, "_LIMIT_S", 0.05)
    assert date.ask("127.0.0.1") is None


@pytest.mark.parametrize("now", [NOW, 2085978496 - 1, 2085978496, 2085978496 + 86400])
def test_seconds_that_begin_anew_in_2036(now: int) -> None:
    assert date.read(answer(QUERY, now), COOKIE) == now


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, 0x23),  # a client's
        (0, 0xE4),  # of a server that has lost the time itself
        (1, 0),  # a refusal
        (1, 16),  # not synchronized
        (24, 0),  # the answer to another question
    ],
)
def test_an_answer_that_is_not_to_be_believed(at: int, value: int) -> None:
    changed = bytearray(answer(QUERY, NOW))
    changed[at] = value
    assert date.read(bytes(changed), COOKIE) is None


def test_an_answer_from_before_there_was_this_os() -> None:
    assert date.read(answer(QUERY, 1600000000), COOKIE) is None


@given(st.binary(max_size=100))
def test_anything_else_is_no_answer(data: bytes) -> None:
    assert date.read(data, COOKIE) is None
    found = date.read(data.ljust(48, b"\0"), data.ljust(48, b"\0")[24:32])
    assert found is None or found >= 1704067200
