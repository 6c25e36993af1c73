"""The setup portal answers on its access point only, at a user's request, and for a limited time.

Tested on simulated boards: real MicroPython, and the ways in which lwIP accepts packets.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.micropython.query import host, parse
from domain.errors import LinkError
from domain.settings.parameters import Parameters
from domain.states.boot import Boot
from domain.states.connect import Connect
from domain.states.register import Register
from domain.states.run import Run
from domain.states.setup import Setup
from tests.fakes.link import FakeLink
from tests.fakes.storage import MemoryStorage
from tests.fakes.system import FakeSystem
from tests.fakes.thing import make_thing
from tests.security.boards import AID, Board, answered, asked, on_boards, request

kinds = pytest.mark.parametrize("kind", ["esp32", "esp8266"])

WIFI = b'{"name": "simulated", "password": "simulated-password"}'
SET_UP = {"aid": AID.encode(), "wifi": WIFI}


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Return a function `make(kind, **files)` that starts a board."""
    with ExitStack() as stack:
        yield lambda kind, **files: stack.enter_context(Board(kind, tmp_path, **files))


Make = Callable[..., Board]


@on_boards
@kinds
def test_nobody_in_the_network_is_answered(kind: str, make: Make) -> None:
    board = make(kind)
    ways = board.event("listens")
    assert answered(ways["at"], cmd="check")["status"] == "OK"
    joined = answered(ways["at"], cmd="join", essid="simulated", password="simulated-password")
    assert joined["saved"]
    for way in ("lan", "across"):
        for at in ("192.168.1.50", "192.168.4.1", ""):
            assert asked(ways[way], host=at, cmd="set_aid", aid="evil") is None
    assert asked(ways["at"], cmd="check")["aid"] is None
    board.board.power_cut()
    assert "aid" not in board.board.files()


@on_boards
@kinds
def test_nor_while_the_station_is_in_the_network(kind: str, make: Make) -> None:
    """The radio may join it on its own: clients from there are refused by their address."""
    board = make(kind)
    ways = board.event("listens")
    assert answered(ways["at"], cmd="check")["status"] == "OK"
    station = board.board.supervisor.hardware.station

    def join() -> None:
        station.turn(True, 0)
        station.connect("simulated", "simulated-password", 0)

    board.board.supervisor.order(join)
    board.event("wifi", state="up")
    for way in ("lan", "across"):
        assert asked(ways[way], host="192.168.4.1", cmd="set_aid", aid="evil") is None
    assert asked(ways["at"], cmd="check")["aid"] is None


@on_boards
@kinds
def test_a_thing_that_is_set_up_offers_nothing_after_a_reset(kind: str, make: Make) -> None:
    board = make(kind, **SET_UP)
    board.event("state", new="register")
    since = board.since()
    board.board.control("reset")
    board.event("state", since, new="register")
    assert not [event for event in board.events if event["event"] in ("listens", "setup_portal")]


@on_boards
@kinds
def test_three_quick_power_cycles_ask_for_it(kind: str, make: Make) -> None:
    board = make(kind, **SET_UP)
    board.event("state", new="connect")
    board.event("state", board.again(), new="connect")
    since = board.again()
    board.event("setup_portal", since)
    at = board.event("listens", since)["at"]
    assert answered(at, cmd="set_app", aid="other")["status"] == "OK"
    assert board.file("aid") == b"other"
    asked(at, cmd="close")


@on_boards
@kinds
def test_the_button_asks_for_it(kind: str, make: Make) -> None:
    board = make(kind, **SET_UP, **{"board.json": b'{"button": 4}'})
    board.event("state", new="register")
    board.board.power_cut()
    board.board.control("pin 4 0")
    since = board.since()
    board.board.start()
    board.event("setup_portal", since)


@on_boards
@kinds
def test_the_vendors_page_works_and_a_name_that_leads_here_does_not(kind: str, make: Make) -> None:
    at = make(kind).event("listens")["at"]
    for origin in ("https://www.pythings.io", "null"):
        found = answered(at, host="192.168.4.1", origin=origin, cmd="set_aid", aid=AID)
        assert found == {"status": "OK", "aid": AID}
    for name in ("evil.example", "192.168.4.1.evil.example", "192.168.4.1:8080", "192.168.4.1 "):
        found = answered(at, host=name, cmd="set_aid", aid="evil")
        assert found["status"] == ("OK" if name == "192.168.4.1 " else "ERROR")
    for head in (
        b"GET /?cmd=set_aid&aid=evil HTTP/1.1\r\n\r\n",
        b"GET /?cmd=set_aid&aid=evil HTTP/1.1\r\nHost: 192.168.4.1\r\nHost: evil\r\n\r\n",
    ):
        assert b'"ERROR"' in request(at, head)
    assert answered(at, cmd="set_aid", aid=AID)["status"] == "OK"
    # a phone's check for Internet access gets the page
    probe = b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n"
    assert b"Set up a Thing" in request(at, probe)
    preflight = b"OPTIONS /?cmd=check HTTP/1.1\r\nHost: 192.168.4.1\r\nOrigin: http://x\r\n\r\n"
    assert b"Access-Control-Allow-Origin: *" in request(at, preflight)


@on_boards
@kinds
def test_the_access_point_is_wpa2_with_a_password_of_its_own(kind: str, tmp_path: Path) -> None:
    keys = []
    for root in ("one", "two"):
        with Board(kind, tmp_path / root) as board:
            told = board.event("access_point", active=True, security=3)
            assert told["network"].startswith("Thing_")
            keys.append(board.board.supervisor.hardware.point_key)
            assert board.event("setup_password")["shown_once"] == keys[-1]
    # generated with the radio off, both would be the same here
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 12 for key in keys)


# Duration: the clock jumps.


def begun(used: bool, timeout: int = 60, aid: str = AID) -> tuple[Any, Setup]:
    thing = make_thing()
    thing.parameters = Parameters(aid=aid, tid="T-1", setup_timeout=timeout)
    thing.portal.polls = [(used, False)] * 10_000
    return thing, Setup(thing)


@pytest.mark.parametrize("aid", ["", AID])
def test_commands_put_the_end_off_but_not_for_longer_than_ten_minutes(aid: str) -> None:
    thing, setup = begun(True, aid=aid)
    while not (event := setup.act()):
        assert thing.clock.now < 601_000
    assert (event, thing.clock.now >= 600_000) == ("timed_out", True)
    assert not thing.portal.is_open


def test_junk_does_not_put_it_off() -> None:
    thing, setup = begun(False)
    while not setup.act():
        assert thing.clock.now < 61_000
    assert thing.clock.now == 60_000


# Start: the file of power cycles requests the portal.


def started(cause: str, storage: MemoryStorage, button: bool = False) -> tuple[Any, str]:
    thing = make_thing(system=FakeSystem(cause), storage=storage, given={"aid": AID})
    thing.portal.is_offered = True
    thing.portal.button = button
    return thing, Boot(thing).act()


def test_only_power_that_does_not_last_counts() -> None:
    """Power lasts if the cloud is reached, or if a connect ends after the first ten seconds."""
    storage = MemoryStorage({"wifi": WIFI})
    wanted = []
    for cause in ("power_on", "power_on", "crash", "power_on", "power_on", "power_on", "power_on"):
        thing, event = started(cause, storage)
        wanted.append(event == "setup_wanted")
    assert wanted == [False, False, False, True, False, False, True]
    for up in (True, False):
        for _ in range(5):
            thing, event = started("power_on", storage)
            assert event == "booted"
            thing.links = [FakeLink("wifi", () if up else ("no_link",))]
            Connect(thing).act()
            assert "cycles" in storage.files
            thing.clock.advance(10_000)
            Connect(thing).act()
            assert "cycles" not in storage.files


def test_a_cloud_that_is_reached_shows_that_power_lasts() -> None:
    storage = MemoryStorage({"wifi": WIFI, "cycles": b"xx"})
    thing = make_thing(storage=storage)
    thing.quick = True
    Register(thing).act()
    Run(thing).act()
    assert "cycles" not in storage.files


def test_a_count_that_cannot_be_kept_opens_nothing_and_keeps_nothing_from_starting() -> None:
    storage = MemoryStorage({"wifi": WIFI, "cycles": b"xx"})
    storage.unreadable = {"cycles"}
    assert started("power_on", storage)[1] == "booted"
    assert started("power_on", storage, button=True)[1] == "setup_wanted"


def test_a_connect_that_fails_says_so_still() -> None:
    storage = MemoryStorage({"wifi": WIFI})
    thing, _ = started("power_on", storage)
    thing.links = [FakeLink("wifi", ("no_link",))]
    storage.fail_always("disk_full")
    thing.clock.advance(10_000)
    assert Connect(thing).act() == "no_link"
    assert isinstance(thing.trouble, LinkError)


# Content: the form, byte for byte.


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (b"password=ab=cd", {"password": "ab=cd"}),
        (b"password=ab?cd", {"password": "ab?cd"}),
        (b"a=%3D&b=%26%3F%25", {"a": "=", "b": "&?%"}),
        (b"a==", {"a": "="}),
        (b"a", {"a": ""}),
        (b"=x&&a=1", {"a": "1"}),
    ],
)
def test_a_value_is_cut_nowhere(query: bytes, values: dict[str, str]) -> None:
    assert parse(b"GET /?%s HTTP/1.1" % query) == values


@pytest.mark.parametrize(
    "query", [b"a=1&a=2", b"a=%", b"a=%4", b"a=%+f", b"a=% 1", b"a=%1_", b"a=%ff", b"a=\xff"]
)
def test_what_has_two_meanings_or_none_is_refused(query: bytes) -> None:
    with pytest.raises(ValueError):
        parse(b"GET /?%s HTTP/1.1" % query)


@given(st.lists(st.sampled_from([b"Host: a", b"host:b ", b"HOST: c", b"X: Host: d"]), max_size=3))
def test_a_host_is_said_once(fields: list[bytes]) -> None:
    head = b"\r\n".join([b"GET / HTTP/1.1", *fields, b"", b""])
    hosts = [field.split(b":")[1].strip().decode() for field in fields if field[:1] != b"X"]
    assert host(head) == (hosts[0] if len(hosts) == 1 else "")
