"""The commands that inspect, those on the Thing's stored data, and secrets."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from domain.checksum import checksum
from domain.errors import LinkError
from domain.settings import networks
from tests.fakes.storage import MemoryStorage
from tests.unit.debug.support import Bench

WIFI = b"home\nsecret one\nguests\n\nattic\nsecret two"


def bench(**files: bytes) -> Bench:
    found = Bench(storage=MemoryStorage({name.replace("_", "."): files[name] for name in files}))
    found.ask("hello", "hold")
    return found


def cat(found: Bench, name: str) -> bytes:
    return b"".join(base64.b64decode(item) for item in found.items("cat", name))


def put(found: Bench, name: str, content: bytes, size: int = 120) -> None:
    for at in range(0, max(1, len(content)), size):
        piece = base64.b64encode(content[at : at + size]).decode()
        assert found.ask("put", name, str(at), piece) is None
    crc = checksum(content)
    assert found.ask("put", name, "=", crc) == {"size": len(content)}


def test_the_state():
    found = bench()
    assert found.ask("state") == {
        "state": "boot",
        "held": True,
        "link": False,
        "session": False,
        "app": "",
        "queue": 0,
        "memory": [20000, 40000],
        "uptime_ms": found.shell.clock.monotonic(),
        "epoch": None,
        "trouble": "",
        "status": {},
        "since": {},
        "faults": [],
    }
    found.thing.trouble = LinkError("cut", "the connection was cut")
    assert found.ask("state")["trouble"] == "the connection was cut"
    found.thing.status.set(77, "worker", "no sensor")
    state = found.ask("state")
    assert (state["status"], state["since"]) == ({"worker": ["KO", "no sensor"]}, {"worker": 77})
    assert found.ask("events") == ["booted", "setup_wanted", "must_recover", "fault"]
    assert found.ask("mem") == [20000, 40000]


def test_what_the_thing_knows():
    found = bench()
    assert found.ask("settings")["management_interval"] == 60
    assert found.ask("slots")["settings"]["trial"] == "no"
    assert found.ask("journal")["starts"] == 0
    found.thing.queue.put(7, "warm")
    assert found.ask("queue") == {
        "waiting": 1,
        "fresh": 1,
        "lost": 0,
        "segments": [],
        "head": [7, "warm"],
        "refused": [],
    }


def test_the_level_of_the_log():
    found = bench()
    console: Any = found.thing.console
    console.level = 20
    assert found.ask("log") == {"level": "info"}
    assert found.ask("log", "debug") == {"level": "debug"}
    assert console.level == 10
    assert found.ask("log", "loud")["code"] == "usage"


def test_parameters():
    found = bench(wifi=WIFI)
    found.thing.load_parameters()
    params = found.ask("params")
    assert params["aid"] == "app-1"
    shown = [json.loads(line) for line in params["wifi"].splitlines()]
    assert [item["name"] for item in shown] == ["home", "guests", "attic"]
    assert [item["password"] for item in shown] == ["***", "", "***"]
    assert found.ask("get", "wifi") == params["wifi"]
    assert found.ask("get", "size")["code"] == "usage"
    assert found.ask("set", "pool", "north") == {"value": "north", "given": False}
    assert found.thing.storage.files["pool"] == b"north"
    assert found.ask("set", "setup_timeout", "soon")["code"] == "usage"
    assert "setup_timeout" not in found.thing.storage.files
    assert found.ask("set", "aid", "other") == {"value": "app-1", "given": True}
    assert found.ask("set", "pool", "") == {"value": "", "given": False}
    assert "pool" not in found.thing.storage.files


def test_no_secret_is_shown():
    found = bench(wifi=WIFI, board_json=b'{"led": 2, "shell": "00:1234"}')
    assert b"secret" not in cat(found, "wifi")
    assert json.loads(cat(found, "wifi").splitlines()[0])["password"] == "***"
    assert b"1234" not in cat(found, "board.json")
    found.thing.storage.files["setup_password"] = b"secret"
    assert cat(found, "setup_password") == b"***"
    assert "secret" not in "".join(found.written)


@pytest.mark.parametrize("content", [b'{"shell": "open"}', b"{:", b'{"led": 2}', b'[":"]'])
def test_a_board_file_without_a_secret(content):
    assert cat(bench(board_json=content), "board.json") == content


@pytest.mark.parametrize("size", [0, 1, 119, 120, 121, 1000])
def test_files_come_and_go_whole(size):
    found = bench()
    content = bytes(range(256)) * 4
    put(found, "app.a/x.bin", content[:size])
    assert cat(found, "app.a/x.bin") == content[:size]
    assert found.ask("ls", "app.a") == ["x.bin"]
    assert found.ask("ls") == ["app.a"]
    assert found.ask("rm", "app.a/x.bin") is None
    assert found.ask("ls") == []


def test_files_that_are_not_there():
    found = bench()
    assert found.ask("cat", "x")["code"] == "no_file"
    assert found.ask("rm", "x")["code"] == "no_file"
    assert found.ask("cat", "../x")["code"] == "storage"


def test_pieces_out_of_order_and_a_file_that_did_not_arrive_whole():
    found = bench(x=b"old")
    assert found.ask("put", "x", "1", "AA==")["code"] == "order"
    assert found.ask("put", "x", "0", "AAAA") is None
    assert found.ask("put", "y", "3", "AAAA")["code"] == "order"
    assert found.ask("put", "x", "0", "A")["code"] == "usage"
    assert found.ask("put", "x", "first", "AAAA")["code"] == "usage"
    answer = found.ask("put", "x", "=", "00000000")
    assert answer == {"code": "damaged", "text": "x did not arrive whole - put it again"}
    assert found.thing.storage.files["x"] == b"old"


def test_networks():
    found = bench(wifi=WIFI)
    found.thing.links[0].networks = [("home", -70, True), ("cafe", -40, False)]
    assert found.items("net", "scan") == [["cafe", -40, False], ["home", -70, True]]
    assert found.ask("net", "join", "attic", "new secret") == ["attic", "home", "guests"]
    assert found.ask("net", "join", "cafe") == ["cafe", "attic", "home", "guests"]
    known = networks.load(found.thing.storage)
    assert [(item["name"], item["password"]) for item in known] == [
        ("cafe", ""),
        ("attic", "new secret"),
        ("home", "secret one"),
        ("guests", ""),
    ]
    assert found.ask("set", "wifi", "{}")["given"] is False  # a name, in the older form
    assert found.ask("set", "wifi", "\n")["code"] == "usage"
    assert found.ask("net", "dance")["code"] == "usage"
    assert bench().ask("net", "join", "one", "a password") == ["one"]
