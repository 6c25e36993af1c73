"""The mobile networks in reach, as a modem tells them, and answers of another form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sim800.operators import found
from app.modem.general import OPERATORS
from app.shell import render
from tests.fakes.link import FakeLink
from tests.fakes.modem import Bench
from tests.fakes.source import exchange
from tests.unit.debug.support import Bench as Shelled
from tests.unit.sim800.linking import HOST

THREE = [("Sim Net 00101", 0, False), ("Test, and Trial 00102", 0, False)]
THREE += [("Elsewhere Mobile 00103", 0, True), ("99942", 0, False)]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (b'+COPS: (2,"TIM","TIM","22201"),,(0,1,2,3,4),(0,1,2)', ["TIM 22201"]),
        (b'+COPS: (2,"A","B","22201",0),(1,"C","D","22210",0)', ["A 22201", "C 22210"]),
        (b'+COPS: (1,"","short","22201"),,', ["short 22201"]),
        (b'+COPS: (1,"a,(b)","b","22201"),,', ["a,(b) 22201"]),
        (b'+COPS: (1,"T\xe9l\xe9","b","22201"),,', ["T\xe9l\xe9 22201"]),
        ('+COPS: (1,"Télé","b","22201"),,'.encode(), ["Télé 22201"]),
        (b'+COPS: (1,"%s","b","22201"),,' % ("é" * 30).encode(), ["é" * 24 + " 22201"]),
        (b'+COPS: (1,"%s","b","2220155555"),,' % (b"x" * 99), ["x" * 24 + " 222015"]),
        (b'+COPS: (1,"a","b","22201"),(1,"c","d","222', ["a 22201"]),
        (b'+COPS: (1,"a","b","number"),,', []),
        (b"+COPS: ,,(0-4),(0-2)", []),
        (b"OK", []),
        (b"", []),
    ],
)
def test_answers(line: bytes, names: list[str]):
    assert [name for name, _, _ in found(line)] == names


@given(st.binary(max_size=900) | st.text(alphabet='(),"12349AB', max_size=300).map(str.encode))
def test_nonsense_gives_only_what_is_promised(line: bytes):
    networks = found(line)
    assert len(networks) <= len(line) // 6
    for name, rssi, closed in networks:
        assert 0 < len(name) <= 24 + 1 + 6
        assert rssi == 0
        assert closed in (True, False)


def test_a_scan_takes_its_time_and_leaves_the_modem_as_it_was():
    bench = Bench()
    bench.link.up(HOST)
    began = bench.clock.now
    assert bench.link.scan() == THREE
    assert 25_000 <= bench.clock.now - began < 30_000
    bench.link.up(HOST)
    assert exchange(bench.transport, "/x", b"{}", 100)[0] == 200
    assert len(OPERATORS) == len(THREE)


@pytest.mark.parametrize("faults", [("silent",), ("error",), ("brown_out@8",)])
def test_a_scan_that_comes_to_nothing_ends(faults: tuple[str, ...]):
    bench = Bench(*faults)
    began = bench.clock.now
    assert bench.link.scan() in ([], THREE)
    assert bench.clock.now - began <= 76_000
    bench.machine.faults._faults.clear()
    bench.link.up(HOST)
    assert bench.link.status()["up"] is True


def test_where_there_is_no_modem_or_no_network():
    bench = Bench(off=True, pins=())
    assert bench.link.scan() == []
    assert Bench(network="none").link.scan() == []
    bench = Bench()
    bench.link.operators = None  # as on an ESP8266
    assert bench.link.scan() == []
    assert bench.uart.sent == []


def test_through_the_shell():
    bench, wifi = Bench(), FakeLink("wifi")
    wifi.networks = [("Home", -60, True), ("Cafe", -70, False)]
    links: list[Any] = [wifi, bench.link]
    found = Shelled(links=links)
    found.ask("hello", "hold")
    items = found.items("net", "scan")
    assert render.text(["net", "scan"], None, items).split("\n") == [
        " -60 dBm  Home",
        " -70 dBm  Cafe (open)",
        "  mobile  Sim Net 00101",
        "  mobile  Test, and Trial 00102",
        "  mobile  Elsewhere Mobile 00103 (not for this SIM)",
        "  mobile  99942",
    ]
