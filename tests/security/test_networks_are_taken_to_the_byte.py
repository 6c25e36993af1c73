"""The network's name and password are used byte for byte as a user gives them, at every start."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.simulator import control
from app.simulator.errors import SimError
from domain.settings import networks
from tests.fakes.storage import MemoryStorage
from tests.security.boards import AID, Board, answered, on_boards
from tests.unit.debug.support import Bench
from tests.unit.simulator.conftest import Make

GIVEN = [
    ("Meier ", "geheim12 "),
    (" ", " 12345678"),
    ('Café "Süd" 100%', "pä$$w&rd=+?#%20"),
    ("x" * 32, "y" * 63),
    ("two\nlines", "a=b?c&d'\"\\"),
    ("{}", "f0" * 32),
]

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
NAMES = _TEXT.filter(lambda name: len(name.encode()) <= 32)
PASSWORDS = st.just("") | st.text(st.characters(min_codepoint=1, max_codepoint=126), min_size=8)


@given(st.lists(st.tuples(NAMES, PASSWORDS.filter(lambda p: len(p) <= 63)), max_size=8))
@example(list(reversed(GIVEN)))
def test_what_goes_in_comes_out(pairs: list[tuple[str, str]]) -> None:
    storage = MemoryStorage()
    known: dict[str, str] = {}
    for name, password in pairs:
        networks.add(storage, name, password)
        known[name] = password
    assert {item["name"]: item["password"] for item in networks.load(storage)} == known


@on_boards
@pytest.mark.parametrize("kind", ["esp32", "esp8266"])
def test_a_network_that_the_portal_has_joined_is_joined_after_a_power_cut(
    kind: str, tmp_path: Path
) -> None:
    with Board(kind, tmp_path, setup_timeout=b"0") as board:
        at = board.event("listens")["at"]
        for name, password in GIVEN:
            board.board.control("network %s %s" % (shlex.quote(name), shlex.quote(password)))
        found = {item[0] for item in answered(at, cmd="scan")}
        assert found >= {name for name, _ in GIVEN}
        for name, password in GIVEN:
            answer = answered(at, cmd="join", essid=name, password=password)
            assert answer == {"status": "OK", "isconnected": True, "essid": name, "saved": True}
        assert answered(at, cmd="check")["essid"] == GIVEN[-1][0]
        assert answered(at, cmd="set_app", aid=AID)["aid"] == AID
        for name, _ in GIVEN[::-1]:
            since = board.again()
            assert board.event("link", since, kind="wifi")["network"] == name
            board.board.control("forget %s" % shlex.quote(name))


# (file, the networks in it): as written by earlier releases and by people
OLDER: list[tuple[bytes, list[tuple[str, str]]]] = [
    (b"home\nsecret one", [("home", "secret one")]),  # the portal
    (b"home\nsecret one\nguests\n\n", [("home", "secret one"), ("guests", "")]),  # the shell
    (b"home\r\nsecret one\r\n", [("home", "secret one")]),  # an editor
    (b"guests", [("guests", "")]),
    (b" home \n secret one \n", [("home", "secret one")]),  # by hand
    (b" \npassword\nhome\nsecret one", [("home", "secret one")]),  # pairs stay pairs
    (b"{home}\nsecret one", [("{home}", "secret one")]),
    (b"\xff\nx\nhome\nsecret one", [("home", "secret one")]),
    (b"", []),
]


@pytest.mark.parametrize(("content", "pairs"), OLDER)
def test_older_files_are_read(content: bytes, pairs: list[tuple[str, str]]) -> None:
    found = networks.read(content)
    assert [(item["name"], item["password"]) for item in found] == pairs
    # and stay unchanged for a rollback to an older OS, until a user sets something
    storage = MemoryStorage({"wifi": content})
    for item in found:
        networks.works(storage, item, found)
    assert storage.files == {"wifi": content}
    names = networks.add(storage, "new", "12345678")
    assert names == ["new"] + [name for name, _ in pairs]


@pytest.mark.parametrize(
    "line",
    [b"", b"x", b"[]", b"null", b'{"name": 1}', b'{"name": ""}', b'{"password": "12345678"}']
    + [b"\xff", b'{"name": "\\ud800"}', b"[" * 3000, b'{"name": "cut'],
)
def test_a_line_that_is_none_hides_no_other_and_is_no_network(line: bytes) -> None:
    first = networks.write(networks.read(b'{"name": "home", "password": "secret one"}'))
    last = first.replace(b"home", b"away")
    found = networks.read(b"\n".join([first, line, last]))
    assert [item["name"] for item in found] == ["home", "away"]


@pytest.mark.parametrize(
    ("name", "password", "reason"),
    [
        ("", "12345678", "1 to 32 bytes"),
        ("x" * 33, "12345678", "1 to 32 bytes"),
        ("ä" * 17, "12345678", "1 to 32 bytes"),
        ("a\0b", "12345678", "zero byte"),
        ("home", "1234567", "8 to 63 bytes"),
        ("home", "x" * 64, "64 hexadecimal digits"),
        ("home", "f" * 65, "64 hexadecimal digits"),
        ("home", "1234567\0", "zero byte"),
    ],
)
def test_what_no_radio_takes_is_refused_where_the_person_is(
    name: str, password: str, reason: str
) -> None:
    bench = Bench(storage=MemoryStorage())
    bench.ask("hello", "hold")
    answer: Any = bench.ask("net", "join", name, password)
    assert answer["code"] == "usage"
    assert reason in answer["text"]
    assert bench.thing.storage.files == {}
    assert networks.problem(name, password)


def test_the_order_is_by_priority_then_by_last_success() -> None:
    storage = MemoryStorage()
    for name in ("first", "second", "third"):
        networks.add(storage, name, "")
    found = networks.load(storage)
    assert sorted(found, key=lambda item: -item["last"])[0]["name"] == "third"
    networks.works(storage, found[2], found)
    assert max(networks.load(storage), key=lambda item: item["last"])["name"] == "first"
    written = storage.files["wifi"]
    networks.works(storage, found[2], found)  # it is the last success already: no write to flash
    assert storage.files["wifi"] is written
    fields = {"name", "password", "priority", "hidden", "last", "trial"}
    assert all(set(json.loads(line)) == fields for line in written.splitlines())


def test_without_room_the_one_goes_that_worked_the_longest_ago() -> None:
    storage = MemoryStorage()
    for number in range(networks.KEPT):
        networks.add(storage, "net%d" % number, "")
    found = networks.load(storage)
    networks.works(storage, found[-1], found)  # net0, the last in the file, is in use
    networks.add(storage, "new", "")
    left = {item["name"] for item in networks.load(storage)}
    assert left == {"new", "net0"} | {"net%d" % number for number in range(2, networks.KEPT)}


def test_of_networks_that_have_never_worked_the_last_goes() -> None:
    lines = [b"net%d\n" % number for number in range(networks.KEPT)]
    storage = MemoryStorage({"wifi": b"\n".join(lines)})
    names = networks.add(storage, "new", "")
    assert names == ["new"] + ["net%d" % number for number in range(networks.KEPT - 1)]


def test_the_file_never_outgrows_what_is_read() -> None:
    storage = MemoryStorage()
    for number in range(networks.KEPT):
        networks.add(storage, "\x01" * 31 + str(number), "\x01" * 63)
    names = [item["name"][-1] for item in networks.load(storage)]
    assert names[0] == "7" and 4 < len(names) < networks.KEPT


@pytest.mark.slow
@pytest.mark.parametrize("name", ["My home", "Meier ", ' "quoted" ', "it's"])
def test_the_simulators_networks_have_any_name(name: str, make: Make) -> None:
    bench = make("esp32")
    bench.board.control("network %s 'two words'" % shlex.quote(name))
    air = bench.board.supervisor.hardware.air
    assert air.networks[name].password == "two words"
    bench.board.control("password 'three words' %s" % shlex.quote(name))
    assert air.networks[name].password == "three words"
    bench.board.control("forget %s" % shlex.quote(name))
    assert name not in air.networks
    for line in ("network 'open", "network %s" % ("x" * 33), "network ''"):
        with pytest.raises(SimError):
            control.obey(line, bench.board.supervisor)
