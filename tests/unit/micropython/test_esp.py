"""The ESP boards' own adapters, against stand-ins for `network` and `machine`."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.errors import LinkError
from domain.settings import networks
from tests.fakes.clock import FakeClock
from tests.fakes.storage import MemoryStorage

_OURS = (
    "adapters.micropython.wifi",
    "adapters.micropython.mac",
    "adapters.micropython.led",
    "adapters.esp32.hardware",
    "adapters.esp8266.hardware",
)


class Radio:
    """`network`: networks with their passwords, and how long it takes."""

    STA_IF, AP_IF = 0, 1
    STAT_NO_AP_FOUND = 201

    def __init__(self) -> None:
        self.networks: dict[str, str] = {"home": "secret", "cafe": ""}
        self.hidden: tuple[str, ...] = ()
        self.joined = ""
        self.state = 1000
        self.tried: list[str] = []
        self.access_point = True

    def WLAN(self, which: int) -> Any:  # noqa: N802 - its name
        return Station(self, which)


class Station:
    def __init__(self, radio: Radio, which: int) -> None:
        self.radio = radio
        self.which = which

    def active(self, on: bool) -> None:
        if self.which == self.radio.AP_IF:
            self.radio.access_point = on

    def isconnected(self) -> bool:
        return bool(self.radio.joined)

    def connect(self, name: str, password: str = "") -> None:
        radio = self.radio
        radio.tried.append(name)
        if name not in radio.networks:
            radio.state = radio.STAT_NO_AP_FOUND
        elif radio.networks[name] != password:
            radio.state = 202
        else:
            radio.joined = name

    def disconnect(self) -> None:
        self.radio.joined = ""

    def status(self, what: str = "") -> int:
        return -60 if what else self.radio.state

    def config(self, what: str) -> Any:
        return b"\xaa\xbb\xcc\x01\x02\x0f" if what == "mac" else self.radio.joined

    def ifconfig(self) -> tuple[str, ...]:
        return ("10.0.0.2", "255.0.0.0", "10.0.0.1", "10.0.0.1")

    def scan(self) -> list[tuple[Any, ...]]:
        seen = [name for name in self.radio.networks if name not in self.radio.hidden]
        return [(n.encode(), b"", 1, -80 + 10 * at, 3, False) for at, n in enumerate(seen)]


@pytest.fixture
def radio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Radio]:
    made = Radio()
    monkeypatch.setitem(sys.modules, "network", made)
    monkeypatch.setitem(sys.modules, "machine", types.SimpleNamespace(**MACHINE))
    yield made
    for name in _OURS:
        sys.modules.pop(name, None)


MACHINE = {
    "PWRON_RESET": 1,
    "HARD_RESET": 2,
    "WDT_RESET": 3,
    "DEEPSLEEP_RESET": 4,
    "SOFT_RESET": 5,
    "reset_cause": lambda: 1,
}


def link(storage: MemoryStorage, clock: FakeClock) -> Any:
    module = importlib.import_module("adapters.micropython.wifi")
    return module.WifiLink(storage, clock, (202,))


def wanted(text: str) -> MemoryStorage:
    storage = MemoryStorage()
    storage.mount()
    storage.replace("wifi", text.encode())
    return storage


def test_joins_a_known_network_in_reach(radio: Radio) -> None:
    storage = wanted("office\nx\nhome\nsecret\ncafe\n\n")
    made = link(storage, FakeClock())
    assert made.status() == {"kind": "wifi", "up": False}
    made.up("127.0.0.1")
    assert radio.tried == ["home"]
    assert radio.access_point is False
    assert made.status()["network"] == "home"
    assert made.status()["address"] == "10.0.0.2"
    made.up("127.0.0.1")
    assert radio.tried == ["home"]
    made.down()
    assert made.status()["up"] is False


def test_the_network_that_worked_last_comes_first(radio: Radio) -> None:
    storage = wanted("")
    for name, password in (("cafe", ""), ("home", "secret")):
        networks.add(storage, name, password + "12" * bool(password))
    radio.networks["home"] = "secret12"
    del radio.networks["home"]
    link(storage, FakeClock()).up("127.0.0.1")
    radio.networks["home"] = "secret12"
    radio.joined, radio.tried = "", []
    link(storage, FakeClock()).up("127.0.0.1")
    assert radio.tried == ["cafe"]


def test_a_hidden_network_is_tried_too(radio: Radio) -> None:
    radio.hidden = ("home",)
    link(wanted("home\nsecret\n"), FakeClock()).up("127.0.0.1")
    assert radio.joined == "home"


@pytest.mark.parametrize(
    ("text", "code"),
    [("home\nwrong\n", "wrong_password"), ("office\nx\n", "no_link"), ("", "no_link")],
)
def test_what_keeps_us_out(text: str, code: str, radio: Radio) -> None:
    clock = FakeClock()
    began = clock.monotonic()
    with pytest.raises(LinkError) as caught:
        link(wanted(text), clock).up("127.0.0.1")
    assert caught.value.code == code
    assert clock.monotonic() - began <= 30_000


def test_networks_that_cannot_be_read_are_not_blamed_on_the_network(radio: Radio) -> None:
    storage = wanted("home\nsecret\n")
    storage.unreadable.add("wifi")
    with pytest.raises(LinkError, match="the file wifi is not readable: "):
        link(storage, FakeClock()).up("127.0.0.1")


def test_silence_is_bounded(radio: Radio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Station, "connect", lambda *_: None)
    clock = FakeClock()
    began = clock.monotonic()
    with pytest.raises(LinkError):
        link(wanted("a\nb\nc\nd\ne\nf\ng\nh\n"), clock).up("127.0.0.1")
    assert clock.monotonic() - began <= 31_000


def test_scans(radio: Radio) -> None:
    assert link(wanted(""), FakeClock()).scan() == [("cafe", -70, True), ("home", -80, True)]


def test_board_files() -> None:
    from adapters.micropython.boardfile import load

    storage = MemoryStorage()
    storage.mount()
    defaults = {"led": -1, "led_lit": 1}
    assert load(storage, defaults) == (defaults, [])
    for text, led, count in (
        (b'{"led": 2}', 2, 0),
        (b'{"led": "2", "LED": 1}', -1, 2),
        (b'{"led": 64}', -1, 1),
        (b'{"led": true}', -1, 1),
        (b"[]", -1, 1),
        (b"{", -1, 1),
        (b"x" * 2000, -1, 1),
    ):
        storage.replace("board.json", text)
        found, problems = load(storage, defaults)
        assert (found["led"], len(problems)) == (led, count)


@pytest.mark.parametrize(
    ("said", "wants"),
    [('"salt:digest"', True), ('"open"', False), ("1", False), ('{":": 1}', False)],
)
def test_the_board_file_wants_a_password(said: str, wants: bool) -> None:
    from adapters.micropython.boardfile import load

    storage = MemoryStorage()
    storage.mount()
    storage.replace("board.json", b'{"shell": %s, "led": 2}' % said.encode())
    found, problems = load(storage, {"led": -1})
    assert ("shell" in found, found["led"], problems) == (wants, 2, [])


def test_why_it_runs(radio: Radio, tmp_path: Path) -> None:
    from adapters.micropython.system import DeviceSystem

    hardware: Any = importlib.import_module("adapters.esp32.hardware").Esp32Hardware()
    machine: Any = sys.modules["machine"]
    assert hardware.identity() == "AABBCC01020F"
    ends: list[str] = []
    machine.reset = lambda: ends.append("reset")

    def cause(number: int) -> str:
        machine.reset_cause = lambda: number
        return system().reset_cause()

    def system() -> DeviceSystem:
        return DeviceSystem(hardware, str(tmp_path), "esp32")

    assert [cause(number) for number in (1, 2, 3, 4)] == [
        "power_on",
        "crash",
        "watchdog",
        "wake",
    ]
    system().restart()
    assert cause(2) == "restart"
    assert cause(2) == "crash"
    system().stopped()
    assert cause(2) == "stopped"
    system().restart()
    assert cause(1) == "power_on"
    assert cause(2) == "crash"
    system().crash()
    assert cause(2) == "crash"
    assert ends == ["reset"] * 3


def test_the_timer_that_watches_an_esp8266(radio: Radio, monkeypatch: pytest.MonkeyPatch) -> None:
    machine: Any = sys.modules["machine"]
    timers: list[dict[str, Any]] = []
    resets: list[int] = []
    calmed: list[int] = []

    class Timer:
        PERIODIC = 1

        def __init__(self, _number: int) -> None:
            self.init = lambda **options: timers.append(options)

    machine.Timer, machine.reset = Timer, lambda: resets.append(1)
    hardware: Any = importlib.import_module("adapters.esp8266.hardware").Esp8266Hardware()
    hardware.watchdog(3000)
    loader = types.SimpleNamespace(calm=lambda: calmed.append(len(timers)))
    monkeypatch.setitem(sys.modules, "loader", loader)
    hardware.watchdog(3000)
    assert calmed == [2]  # not before there is another
    tick = timers[0]["callback"]
    for _ in range(3):
        tick(None)
        tick(None)
        hardware.feed()
    assert not resets
    for _ in range(4):
        tick(None)
    assert resets
