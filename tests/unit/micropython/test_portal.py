"""The setup portal over real sockets, with a stand-in for the radio."""

from __future__ import annotations

import importlib
import json
import socket
import sys
import types
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.linux.clock import LinuxClock
from adapters.micropython.query import parse
from domain.errors import DeviceError
from domain.settings import networks
from tests.contract.check_portal import check_portal
from tests.fakes.console import FakeConsole
from tests.fakes.storage import MemoryStorage
from tests.patience import PATIENCE_S


class Radio:
    """`network`, with an access point that notes its configuration, and one network to join."""

    STA_IF, AP_IF = 0, 1

    def __init__(self) -> None:
        self.point: dict[str, object] = {}
        self.on: dict[int, bool] = {}
        self.broken = False
        self.cause = 1

    def WLAN(self, which: int) -> Any:  # noqa: N802 - its name
        def active(on: bool) -> None:
            self.on[which] = on

        def config(**values: object) -> None:
            if self.broken:
                raise OSError("can't set AP config")
            self.point.update(values)

        def scan() -> list[tuple[object, ...]]:
            return [(b"home", b"\1\2\3\4\5\6", 6, -50, 3, False), (b"\xff", b"", 1, -9, 0, False)]

        def ifconfig() -> tuple[str, ...]:
            return ("127.0.0.1", "255.255.255.0", "127.0.0.1", "127.0.0.1")

        return types.SimpleNamespace(active=active, config=config, scan=scan, ifconfig=ifconfig)


class Joins:
    """The part of WifiLink that the portal uses."""

    def down(self) -> None:
        """Do nothing: the station is in no network."""

    def join(self, name: str, password: str, _until: int) -> str:
        return "" if (name, password) == ("home", "secret12") else "wrong_password"


class World:
    def __init__(self, module: Any, radio: Radio) -> None:
        self.module, self.radio = module, radio
        self.storage = MemoryStorage()
        self.console = FakeConsole()
        self.kept: list[socket.socket] = []
        self.about = {"platform": "esp32", "version": "v2"}
        self.portal = self.again()

    def again(self) -> Any:
        """Return a new adapter, as a board makes one for each use."""
        return self.module.SetupPortal(
            self.storage, LinuxClock(), Joins(), self.console, self.about, None, self.kept
        )

    def send(self, data: bytes) -> tuple[bytes, tuple[bool, bool]]:
        """Send one client's bytes; return the answer that it got and the result of the poll."""
        with socket.create_connection(self.kept[0].getsockname(), PATIENCE_S) as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            with ThreadPoolExecutor(1) as pool:
                polled = pool.submit(self.again().poll, 5000)
                got = b""
                with suppress(OSError):  # reset
                    while piece := client.recv(65536):
                        got += piece
                return got, polled.result(PATIENCE_S)

    def ask(self, **query: str) -> Any:
        got, _ = self.send(
            b"GET /?%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            % urllib.parse.urlencode(query, quote_via=urllib.parse.quote).encode()
        )
        return json.loads(got.split(b"\r\n\r\n", 1)[1])


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a world with an open portal."""
    radio = Radio()
    monkeypatch.setitem(sys.modules, "network", radio)
    machine = types.SimpleNamespace(reset_cause=lambda: radio.cause, DEEPSLEEP_RESET=4)
    monkeypatch.setitem(sys.modules, "machine", machine)
    sys.modules.pop("adapters.micropython.portal", None)
    module = importlib.import_module("adapters.micropython.portal")
    monkeypatch.setattr(module, "_PORT", 0)
    made = World(module, radio)
    made.portal.open("AABBCC")
    yield made
    made.portal.close()
    del sys.modules["adapters.micropython.portal"]


def test_contract(world: World) -> None:
    def make(fault: bool) -> Any:
        world.portal.close()
        world.radio.broken = fault
        return world.again()

    check_portal(make)


def test_a_thing_that_wakes_from_a_deep_sleep_offers_none(world: World) -> None:
    assert world.portal.offered()
    world.radio.cause = 4
    assert not world.portal.offered()


def test_the_password_is_the_things_own_and_told_once(world: World) -> None:
    password = (world.storage.read("setup_password") or b"").decode()
    assert len(password) == 12
    assert world.radio.point == {"essid": "Thing_AABBCC", "authmode": 3, "password": password}
    told = [event for event in world.console.events if event[1] == "setup_password"]
    assert [event[2] for event in told] == [{"shown_once": password}]
    world.portal.close()
    world.again().open("AABBCC")
    assert world.radio.point["password"] == password
    assert len(told) == len([e for e in world.console.events if e[1] == "setup_password"])


def test_a_password_that_wpa_would_not_take(world: World) -> None:
    world.portal.close()
    world.storage.replace("setup_password", b"short\n")
    with pytest.raises(DeviceError) as caught:
        world.again().open("AABBCC")
    assert "8 to 63" in caught.value.text
    assert world.radio.on[world.radio.AP_IF] is False


def test_check_tells_what_is_known(world: World) -> None:
    wanted = {"status": "OK", "tid": "AABBCC", "platform": "esp32", "version": "v2"}
    assert world.ask(cmd="check") == {**wanted, "aid": None, "apn": None, "essid": None}
    world.storage.replace("wifi", b"home\nsecret\n")
    world.storage.replace("aid", b"an-app\n")
    found = world.ask(cmd="check")
    assert (found["aid"], found["essid"]) == ("an-app", "home")
    assert "secret" not in json.dumps(found)


def test_scan(world: World) -> None:
    assert world.ask(cmd="scan") == [["home", "010203040506", 6, -50, 3, False]]


def test_join_stores_what_works_and_keeps_what_worked(world: World) -> None:
    world.storage.replace("wifi", b"cafe\n\nhome\nold\n")
    assert world.ask(cmd="join", essid="home", password="wrong123")["saved"] is False
    refused = world.ask(cmd="join", essid="home", password="short")
    assert (refused["status"], refused["saved"]) == ("ERROR", False)
    assert "8 to 63 bytes" in refused["error"]
    assert world.storage.read("wifi") == b"cafe\n\nhome\nold\n"
    found = world.ask(cmd="join", essid="home", password="secret12")
    assert found == {"status": "OK", "isconnected": True, "essid": "home", "saved": True}
    known = networks.load(world.storage)
    assert [(n["name"], n["password"]) for n in known] == [("home", "secret12"), ("cafe", "")]
    assert world.ask(cmd="check_wifi") == {"status": "OK", "isconnected": True, "essid": "home"}


def test_settings(world: World) -> None:
    assert world.ask(cmd="set_app", aid="0123-ab") == {"status": "OK", "aid": "0123-ab"}
    assert world.ask(cmd="set_apn", apn="inter net&x") == {"status": "OK", "apn": "inter net&x"}
    assert world.storage.read("aid") == b"0123-ab"
    assert world.storage.read("apn") == b"inter net&x"


@pytest.mark.parametrize(
    "query",
    [
        {"cmd": "nonsense"},
        {"cmd": "join", "essid": "x"},
        {"cmd": "join", "essid": "", "password": ""},
        {"cmd": "check_wifi"},
        {"cmd": "set_app", "aid": "two\nlines"},
        {"cmd": "set_app", "aid": "x" * 300},
        {"cmd": "set_app", "aid": "x\x1b[2J"},
        {"cmd": "set_app", "aid": ""},
    ],
)
def test_what_makes_no_sense(world: World, query: dict[str, str]) -> None:
    assert world.ask(**query)["status"] == "ERROR"
    assert world.storage.read("aid") is None


def test_a_page_for_a_browser_and_nothing_for_its_preflight(world: World) -> None:
    got, polled = world.send(b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n")
    assert polled == (False, False)
    assert b"Content-Type: text/html" in got
    assert b"<h1>Set up a Thing</h1>" in got
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head
    got, _ = world.send(b"OPTIONS /?cmd=close HTTP/1.1\r\n\r\n")
    assert got.startswith(b"HTTP/1.0 200 OK\r\nAccess-Control-Allow-Origin: *\r\n")
    assert got.endswith(b"\r\n\r\n")


def test_close_is_answered_first(world: World) -> None:
    got, polled = world.send(b"GET /?cmd=close HTTP/1.1\r\nhost:127.0.0.1:80\r\n\r\n")
    assert polled == (True, True)
    assert json.loads(got.split(b"\r\n\r\n", 1)[1]) == {"status": "OK"}


@pytest.mark.parametrize("data", [b"", b"GET /?cmd=clo", b"x" * 5000])
def test_half_and_endless_requests_are_not_answered(world: World, data: bytes) -> None:
    assert world.send(data) == (b"", (False, False))


def test_a_client_that_says_nothing_is_not_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.module, "_CLIENT_MS", 50)
    with socket.create_connection(world.kept[0].getsockname(), PATIENCE_S):
        assert world.portal.poll(5000) == (False, False)


def test_a_request_that_is_none(world: World) -> None:
    got, _ = world.send(b"\x16\x03\x01 hello\r\n\r\n")
    assert json.loads(got.split(b"\r\n\r\n", 1)[1])["status"] == "ERROR"


def test_a_radio_that_fails_later(world: World) -> None:
    world.kept[0].close()
    for says in ("the setup portal: OSError", "the setup portal is not open"):
        with pytest.raises(DeviceError) as caught:
            world.portal.poll(10)
        assert (caught.value.code, says in caught.value.text) == ("portal", True)
        world.portal.close()
    world.radio.broken = True
    with pytest.raises(DeviceError, match="no setup portal: "):
        world.again().open("AABBCC")


# the parser


@given(st.binary(max_size=200))
@example(b"GET /?a=%zz HTTP/1.1")
@example(b"GET /?a=%ff HTTP/1.1")
@example(b"GET / SMTP")
def test_any_bytes_are_a_query_or_a_value_error(head: bytes) -> None:
    with suppress(ValueError):
        assert parse(head) is None or isinstance(parse(head), dict)


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=8), max_size=3))
def test_what_a_browser_encodes_comes_back(values: dict[str, str]) -> None:
    values = {key: value for key, value in values.items() if _encodable(key + value)}
    query = urllib.parse.urlencode(values, quote_via=urllib.parse.quote)
    assert parse(b"GET /x?%s HTTP/1.1\r\nA: b" % query.encode()) == values


def _encodable(text: str) -> bool:
    with suppress(UnicodeError):
        text.encode()
        return True
    return False
