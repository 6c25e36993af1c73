"""The adapters of boards keep the ports' contracts, on CPython.

`machine` and `network` are the simulator's, connected to the simulated hardware.
"""

from __future__ import annotations

import binascii
import io
import os
import socket
import sys
import types
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable

import pytest

from adapters.http.transport import StreamTransport
from app.simulator.firmware import NEWEST
from app.simulator.wifi import DEFAULT_NETWORK, DEFAULT_PASSWORD
from domain.errors import LinkError
from tests.contract import (
    check_console,
    check_indicator,
    check_link,
    check_link_probe,
    check_system,
)
from tests.contract.check_transport import JSON, PATH
from tests.contract.servers import Authority, Server, http, says
from tests.fakes.clock import FakeClock
from tests.fakes.source import exchange
from tests.fakes.storage import MemoryStorage
from tests.unit.micropython.simulated import Simulated
from tests.unit.micropython.sockets import Socket, new_ssl, old_ssl
from tests.unit.micropython.stand_ins import fresh, install

WIFI = "adapters.micropython.wifi"
BOARDS = ("esp32", "esp8266")
OK = http(200, JSON, b"{}")


@pytest.fixture(autouse=True)
def upy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install stand-ins for MicroPython's own modules."""
    install(monkeypatch)


@pytest.fixture
def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Yield `simulated(name)`, which makes a board and installs its modules for import."""
    made: list[Simulated] = []

    def make(name: str, version: str = NEWEST) -> Simulated:
        made.append(Simulated(name, tmp_path, version=version))
        made[-1].install(monkeypatch)
        return made[-1]

    yield make
    for board in made:
        board.close()


def _unknown(*_: Any) -> Any:
    raise OSError(-2)


# links


@pytest.mark.parametrize("name", BOARDS)
def test_wifi(name: str, simulated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    board = simulated(name)
    module = fresh(monkeypatch, WIFI)

    def make(code: str) -> Any:
        board.hardware.station.turn(False, 0)
        storage = MemoryStorage()
        storage.mount()
        known = "elsewhere\nx\n" if code == "no_link" else "simulated\nsimulated-password\n"
        storage.replace("wifi", known.encode())
        look_up = _unknown if code == "no_address" else socket.getaddrinfo
        monkeypatch.setattr(module, "socket", types.SimpleNamespace(getaddrinfo=look_up))
        return module.WifiLink(storage, FakeClock(), (202, 2))

    check_link.check_link(make)


@pytest.mark.parametrize("name", BOARDS)
def test_wifi_with_a_wrong_password(
    name: str, simulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated(name)
    module = fresh(monkeypatch, WIFI)
    storage = MemoryStorage()
    storage.mount()
    storage.replace("wifi", b"simulated\nwrong\n")
    hardware = fresh(monkeypatch, "adapters.micropython.mac", "adapters.%s.hardware" % name)
    with pytest.raises(LinkError) as caught:
        module.WifiLink(storage, FakeClock(), hardware.WRONG_PASSWORD).up("127.0.0.1")
    assert caught.value.code == "wrong_password"


def test_wifi_that_forgets_nothing_when_the_storage_fails(
    simulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated("esp32")
    module = fresh(monkeypatch, WIFI)
    storage = MemoryStorage()
    storage.mount()
    storage.replace("wifi", b"simulated\nsimulated-password\n")
    storage.fail_always("disk_full")
    link = module.WifiLink(storage, FakeClock(), ())
    link.up("127.0.0.1")  # up, though the storage failed to remember the network
    assert link.status()["up"] is True
    storage.heal()
    storage.unreadable = {"wifi"}
    link.down()
    with pytest.raises(LinkError, match="not readable"):
        link.up("127.0.0.1")


@pytest.mark.parametrize("version", ["1.16", "1.23", NEWEST])
def test_a_radio_that_is_looking_for_its_network_finds_another(
    simulated: Any, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """A searching radio neither scans nor connects until it is told to stop."""
    board = simulated("esp32", version=version)
    module = fresh(monkeypatch, WIFI)
    storage = MemoryStorage()
    storage.mount()
    storage.replace("wifi", b"elsewhere\nx\nsimulated\nsimulated-password\n")
    station = board.load("network").WLAN(0)
    station.active(True)
    station.connect("elsewhere", "x")
    assert station.scan() == []
    with pytest.raises(OSError, match="Wifi Internal"):
        station.connect("simulated", "simulated-password")
    link = module.WifiLink(storage, FakeClock(), ())
    assert [name for name, _, _ in link.scan()] == [DEFAULT_NETWORK]
    station.connect("elsewhere", "x")
    link.up("127.0.0.1")
    assert link.status()["network"] == DEFAULT_NETWORK
    assert link.join("elsewhere", "x", 30000) != ""
    assert link.join(DEFAULT_NETWORK, DEFAULT_PASSWORD, 60000) == ""


@pytest.mark.parametrize("second", ["simulated-password", "wrong"])
def test_the_reason_of_one_network_is_not_taken_for_that_of_the_next(
    simulated: Any, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    """An ESP32 reports the last reason until the next network yields another."""
    board, clock = simulated("esp32"), FakeClock()
    passing = types.SimpleNamespace(monotonic=lambda: clock.monotonic() / 1000)
    monkeypatch.setattr("app.simulator.radio.time", passing)
    monkeypatch.setattr("app.simulator.hardware.time", passing)
    board.hardware.air.delay_s, board.hardware.event_s = 0.5, 0.3
    link = fresh(monkeypatch, WIFI).WifiLink(MemoryStorage(), clock, (202,))
    assert link.join("elsewhere", "", 60000) == "no answer"
    wanted = "" if second == DEFAULT_PASSWORD else "wrong_password"
    assert link.join(DEFAULT_NETWORK, second, clock.monotonic() + 60000) == wanted
    assert link.join(DEFAULT_NETWORK, DEFAULT_PASSWORD, clock.monotonic() + 60000) == ""


@pytest.mark.parametrize("error", [OSError("radio"), RuntimeError("radio")])
def test_a_radio_that_fails(
    error: Exception, simulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = simulated("esp32")
    module = fresh(monkeypatch, WIFI)
    storage = MemoryStorage()
    storage.mount()
    storage.replace("wifi", b"simulated\nsimulated-password\n")
    link = module.WifiLink(storage, FakeClock(), ())
    link.up("127.0.0.1")

    def fails(*_: Any) -> Any:
        raise error

    wlan = board.load("network").WLAN
    if isinstance(error, OSError):
        monkeypatch.setattr(wlan, "config", fails)
        assert link.status() == {"kind": "wifi", "up": True, "address": "192.168.1.50"}
    for name in ("scan", "connect", "disconnect"):
        monkeypatch.setattr(wlan, name, fails)
    link.down()
    assert link.scan() == []
    board.hardware.station.turn(False, 0)
    with pytest.raises(LinkError) as caught:
        link.up("127.0.0.1")
    assert caught.value.code == "no_link"


@pytest.mark.parametrize("check", check_link_probe.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("password", ["simulated-password", ""])
def test_seeker(check: Any, password: str, simulated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    board = simulated("esp32")
    board.hardware.air.networks["simulated"].password = password
    module = fresh(monkeypatch, WIFI)
    probe = fresh(monkeypatch, "adapters.esp32.probe")

    def make(there: bool) -> Any:
        board.hardware.station.turn(False, 0)
        storage = MemoryStorage()
        storage.mount()
        storage.replace("wifi", b"elsewhere\nx\nsimulated\n" + password.encode())
        link = module.WifiLink(storage, FakeClock(), ())

        def change(there: bool) -> None:
            board.hardware.air.up = there
            board.hardware.changed()

        change(there)
        return probe.WifiProbe(link, storage), link, change

    check(make)


def test_a_seeker_leaves_the_radio_off_when_nothing_is_known(
    simulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = simulated("esp32")
    module = fresh(monkeypatch, WIFI)
    storage = MemoryStorage()
    storage.mount()
    link = module.WifiLink(storage, FakeClock(), ())
    probe = fresh(monkeypatch, "adapters.esp32.probe").WifiProbe(link, storage)
    for content in (b"", b"elsewhere\nx\n", b"\xff"):
        storage.replace("wifi", content)
        assert not probe.near("cloud.example")
        assert not board.hardware.station.active
    storage.unreadable = {"wifi"}
    assert not probe.near("cloud.example")


# The host's networks are not queried, so this link never fails with "no_link".
@pytest.mark.parametrize(
    "check", [c for c in check_link.CHECKS if c is not check_link.says_why_it_does_not_come_up]
)
def test_host_link(check: Any) -> None:
    from adapters.micropython.link import HostLink

    check(lambda _code: HostLink())


def test_host_link_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.micropython import link as module

    made = module.HostLink()
    made.up("127.0.0.1")
    monkeypatch.setattr(module, "socket", types.SimpleNamespace(getaddrinfo=_unknown))
    with pytest.raises(LinkError, match="nowhere") as caught:
        made.up("nowhere")
    assert caught.value.code == "no_address"
    assert made.status() == {"kind": "host", "up": False}


# console


class Stdin:
    """A console's input on a pipe, so that `poll` sees the characters that wait."""

    def __init__(self, text: str) -> None:
        self._end, ours = os.pipe()
        os.write(ours, text.encode())
        self.ours = ours

    def fileno(self) -> int:
        return self._end

    @property
    def buffer(self) -> Stdin:
        return self

    def read(self, count: int) -> bytes:
        return os.read(self._end, count)

    def hang_up(self) -> None:
        os.close(self.ours)

    def close(self) -> None:
        os.close(self._end)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, stack: ExitStack) -> Callable[[str], Stdin]:
    """Return `typed(text)`, which makes a standard input with this text."""

    def make(text: str) -> Stdin:
        made = Stdin(text)
        stack.callback(made.close)
        monkeypatch.setattr(sys, "stdin", made)
        return made

    return make


def test_console(typed: Any, stack: ExitStack, capsys: Any, tmp_path: Path) -> None:
    from adapters.micropython.console import DeviceConsole

    def make(*lines: str) -> DeviceConsole:
        stack.callback(typed("".join(line + "\r" for line in lines)).hang_up)
        return DeviceConsole(str(tmp_path))

    check_console.check_console(make)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == '{"event": "boot", "level": "info"}'
    assert len(told) == 9  # debug is left out


def test_lines_that_are_long_or_end_with_the_console(typed: Any, tmp_path: Path) -> None:
    from adapters.micropython.console import DeviceConsole

    stdin = typed("x" * 300 + "\nrest")
    console = DeviceConsole(str(tmp_path))
    lines = [console.line(), console.line()]
    assert lines[0] == "x" * 256
    assert set(str(lines[1])) == {"x"}
    assert console.line() is None
    stdin.hang_up()
    assert console.line() is None


@pytest.mark.parametrize(
    ("text", "level"), [("debug\n", 10), ("ERROR", 40), ("nonsense", 20), ("", 20)]
)
def test_the_level_of_the_console(text: str, level: int, tmp_path: Path) -> None:
    from adapters.micropython.console import DeviceConsole

    (tmp_path / "loglevel").write_text(text)
    assert DeviceConsole(str(tmp_path)).level == level


def test_an_event_that_cannot_be_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from adapters.micropython.console import DeviceConsole

    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28)

    monkeypatch.setattr(sys, "stdout", Full())
    DeviceConsole(str(tmp_path)).event(40, "trouble", {})


# indicator


def test_led(simulated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    board = simulated("esp32")
    module = fresh(monkeypatch, "adapters.micropython.led")
    check_indicator.check_indicator(lambda: module.PinIndicator(2, 1))
    for lit in (0, 1):
        light = module.PinIndicator(4, lit)
        light.show("run")
        assert board.hardware.ask("pin_get", [4]) == lit
        light.show("recover")
        assert board.hardware.ask("pin_get", [4]) == 1 - lit
    with pytest.raises(ValueError, match="pin"):
        module.PinIndicator(24, 1)


def test_the_board_file_names_led_and_button(
    simulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters.null import NullIndicator
    from tests.fakes.console import FakeConsole

    simulated("esp8266")
    shared = fresh(monkeypatch, "adapters.micropython.led", WIFI, "app.boards.esp")
    storage, console = MemoryStorage(), FakeConsole()
    storage.mount()
    light, button, secret, _ = shared.board_file(storage, console)
    assert (type(light), button, secret) == (NullIndicator, None, False)
    storage.replace("board.json", b'{"led": 2, "led_lit": 0, "button": 0, "shell": "a:b"}')
    light, button, secret, _ = shared.board_file(storage, console)
    assert not isinstance(light, NullIndicator)
    assert (button.value(), secret, console.events) == (1, True, [])
    storage.replace("board.json", b'{"led": 7, "lamp": 3, "button": 8, "wake": 16}')
    light, button, _, wired = shared.board_file(storage, console)
    assert (type(light), button, wired) == (NullIndicator, None, 16)
    texts = " ".join(fields["text"] for fields in console.named("board_file"))
    assert ["lamp" in texts, "no pin 7" in texts, "button at pin 8" in texts] == [True] * 3


# system


@pytest.mark.parametrize("name", BOARDS)
def test_system(name: str, simulated: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from adapters.micropython.system import DeviceSystem

    board = simulated(name)
    module = fresh(monkeypatch, "adapters.micropython.mac", "adapters.%s.hardware" % name)
    hardware = getattr(module, name.capitalize() + "Hardware")
    config = board.load("_sim").config

    def make(cause: str) -> DeviceSystem:
        system = DeviceSystem(hardware(), str(tmp_path), name)
        system.reset_cause()  # removes the note of the last run
        if cause == "restart":
            with pytest.raises(SystemExit):  # no code runs after a restart
                system.restart()
        elif cause == "stopped":
            system.stopped()
        elif cause == "crash":
            with pytest.raises(SystemExit):
                system.crash()
        given = cause if cause in ("power_on", "watchdog") else "reset"
        config["cause"] = board.kind.causes[given]
        return DeviceSystem(hardware(), str(tmp_path), name)

    if name == "esp8266":  # its own reset is a SOFT_RESET there, which proves no cause
        assert board.kind.causes["reset"] == board.load("machine").SOFT_RESET
    check_system.check_system(make)
    assert make("power_on").identity() == "AABBCC01020F"
    nowhere = DeviceSystem(hardware(), str(tmp_path / "nowhere"), name)
    nowhere.stopped()  # a failing storage does not prevent the end


@pytest.mark.parametrize(("name", "most"), [("esp32", 1_728_000), ("esp8266", 4200)])
def test_a_deep_sleep(
    name: str, most: int, simulated: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from adapters.micropython.system import DeviceSystem

    board = simulated(name)
    module = fresh(monkeypatch, "adapters.micropython.mac", "adapters.%s.hardware" % name)
    fresh(monkeypatch, "adapters.micropython.power")
    hardware = getattr(module, name.capitalize() + "Hardware")()
    system = DeviceSystem(hardware, str(tmp_path), name)
    board.load("_sim").config["cause"] = board.kind.causes["deepsleep"]
    assert system.reset_cause() == "wake"
    why = system.sleep(0, b"")
    assert ("GPIO16" in why) == (name == "esp8266")
    hardware.wired = hardware.wakes_by
    assert system.sleep(0, b"") == ""
    memory = board.load("machine").RTC().memory
    memory(b"the app's")
    for seconds in (60, most + 1):
        with pytest.raises(SystemExit):
            system.sleep(seconds, b"[1, 2]")
        assert board.told[-1] == ["deepsleep", min(seconds, most) * 1000]
        assert memory() != b"the app's"
        assert system.woken()[1] == b"[1, 2]"
        assert memory() == b"the app's"
    for own in (b"the app's", b"", b"[1]", b"[1, 2, 3, 4]"):
        memory(own)
        assert system.woken() == (0, b"")  # a note is found only once
        assert memory() == own
    memory(bytes(board.load("machine").RTC._MEMORY - 4))
    with pytest.raises(SystemExit):
        system.sleep(60, b"[1, 2]")  # it sleeps even so
    assert system.woken() == (0, b"")


def test_a_watchdog_of_an_esp32(simulated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    board = simulated("esp32")
    module = fresh(monkeypatch, "adapters.micropython.mac", "adapters.esp32.hardware")
    hardware = module.Esp32Hardware()
    hardware.feed()
    hardware.watchdog(60_000)
    hardware.feed()
    assert board.told == [["wdt", 60_000], ["feed"]]
    hardware.feed(20_000)  # and back to 60 s with the next
    hardware.feed()
    assert board.told[2:] == [["wdt", 20_000], ["feed"], ["wdt", 60_000], ["feed"]]


# A process has no watchdog but its parent.
@pytest.mark.parametrize(
    "check", [c for c in check_system.CHECKS if c is not check_system.knows_why_it_runs]
)
def test_a_process_as_a_system(check: Any, tmp_path: Path) -> None:
    check(lambda _cause: process(tmp_path))


def process(root: Path) -> Any:
    """Return the system of MicroPython's unix port."""
    from adapters.micropython.hardware import UnixHardware
    from adapters.micropython.system import DeviceSystem

    return DeviceSystem(UnixHardware(str(root)), str(root), "MicroPython")


def test_a_process_does_not_sleep(tmp_path: Path) -> None:
    assert process(tmp_path).sleep(0, b"")


def test_why_a_process_runs(tmp_path: Path) -> None:
    assert process(tmp_path).reset_cause() == "power_on"
    assert process(tmp_path).reset_cause() == "crash"
    with pytest.raises(SystemExit) as caught:
        process(tmp_path).restart()
    assert caught.value.code == 75
    assert process(tmp_path).reset_cause() == "restart"
    process(tmp_path).stopped()
    assert process(tmp_path).reset_cause() == "stopped"
    assert process(tmp_path).reset_cause() == "crash"


# TLS


@pytest.fixture
def speak(
    serve: Callable[..., Server], authority: Authority, stack: ExitStack, monkeypatch: Any
) -> Callable[..., Any]:
    """Return `speak(tls, context)`, which returns the answer of a server over TLS."""
    from adapters.micropython import stream
    from adapters.micropython.clock import TicksClock

    sockets = types.SimpleNamespace(
        socket=Socket, getaddrinfo=socket.getaddrinfo, SOCK_STREAM=socket.SOCK_STREAM
    )
    monkeypatch.setattr(stream, "socket", sockets)

    def make(tls: Any, context: Any = None) -> Any:
        server = serve(says(OK, OK), tls=context or authority.server("localhost"))
        clock = TicksClock()
        transport = StreamTransport(stream.SocketStream(clock, tls), clock)
        stack.callback(transport.close)
        transport.use("localhost:%d" % server.port, True)
        for _ in range(2):
            answer = exchange(transport, PATH, b'{"a": 1}', 100)
        assert server.connections == 1
        return answer

    return make


@pytest.mark.parametrize("form", ["pem", "der"])
def test_tls(form: str, speak: Any, authority: Authority, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "ssl", new_ssl())
    tls = fresh(monkeypatch, "adapters.micropython.tls").Tls
    assert tls("", FakeClock()).verifies()
    ca = tmp_path / "ca"
    data = Path(authority.ca).read_bytes()
    ca.write_bytes(data if form == "pem" else binascii.a2b_base64(data.split(b"-----")[2]))
    assert speak(tls(str(tmp_path), FakeClock())) == (200, JSON, b"{}")


def test_tls_with_nobody_to_trust(
    speak: Any, authority: Authority, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ssl", new_ssl())
    tls = fresh(monkeypatch, "adapters.micropython.tls").Tls
    for content in (None, b"-----", b"no certificate"):
        if content:
            (tmp_path / "ca").write_bytes(content)
        with pytest.raises(LinkError, match="file ca") as caught:
            speak(tls(str(tmp_path), FakeClock()))
        assert caught.value.code == "tls"
    folder = tmp_path / "other"
    folder.mkdir()
    other = Authority(folder)
    wrong_host = authority.server("elsewhere.invalid")
    self_signed = authority.server("localhost", self_signed=True)
    for ca, context in (
        (other.ca, None),
        (authority.ca, wrong_host),
        (authority.ca, self_signed),
    ):
        with pytest.raises(LinkError) as caught:
            (tmp_path / "ca").write_bytes(Path(ca).read_bytes())
            speak(tls(str(tmp_path), FakeClock()), context)
        assert caught.value.code == "tls"
        assert "no authority" not in caught.value.text


def test_tls_without_the_date(
    speak: Any, authority: Authority, simulated: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    board = simulated("esp32")
    for name in ("ssl", "machine"):
        monkeypatch.setitem(sys.modules, name, board.load(name))
    date = fresh(monkeypatch, "adapters.micropython.date")
    monkeypatch.setattr(date, "time", board.load("time"))
    monkeypatch.setattr(date, "socket", board.load("socket"))
    monkeypatch.setattr(date, "_LIMIT_S", 0.1)
    tls = fresh(monkeypatch, "adapters.micropython.tls").Tls(str(tmp_path), FakeClock())
    (tmp_path / "ca").write_bytes(Path(authority.ca).read_bytes())
    with pytest.raises(LinkError, match="the file ntp"):
        speak(tls)  # without a link no time server is reached
    wlan = board.load("network").WLAN(0)
    wlan.active(True)
    wlan.connect(DEFAULT_NETWORK, DEFAULT_PASSWORD)
    assert speak(tls) == (200, JSON, b"{}")


def test_tls_of_old_firmware_and_of_the_esp8266(speak: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "ssl", None)
    monkeypatch.setitem(sys.modules, "ussl", old_ssl())
    tls = fresh(monkeypatch, "adapters.micropython.tls").Tls
    assert not tls("", FakeClock()).verifies()
    assert speak(tls("/no/folder", FakeClock())) == (200, JSON, b"{}")
    unverified = fresh(monkeypatch, "adapters.esp8266.tls").UnverifiedTls()
    assert not unverified.verifies()
    assert speak(unverified) == (200, JSON, b"{}")
