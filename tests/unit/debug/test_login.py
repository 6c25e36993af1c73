"""Login to the debug shell."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from adapters.debug.shell import PATIENCE_MS
from tests.fakes.storage import MemoryStorage
from tests.unit.debug.support import Bench

KEY = hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", 1)


def board(said: object) -> Bench:
    """Return a bench with that content in its board.json."""
    text = said if isinstance(said, str) else json.dumps(said)
    return Bench("", storage=MemoryStorage({"board.json": text.encode()}))


def proof(bench: Bench, key: bytes = KEY) -> str:
    nonce = bench.ask("hello")["nonce"]
    return hmac.new(key, bytes.fromhex(nonce), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "said", [{}, {"shell": "off"}, {"shell": ""}, {"shell": 1}, {"shell": None}, [], "{", "", "é"]
)
def test_nobody_may_where_the_board_file_does_not_say_so(said):
    bench = board(said)
    for words in (["state"], ["login", "00"], ["login"], ["fire", "booted"]):
        answer = bench.ask(*words)
        assert answer["code"] == "off", words
        assert answer["text"] == "the shell is off here - board.json does not allow it"
    assert bench.ask("hello", "hold")["allowed"] is False
    assert not bench.shell.held
    assert bench.state == "boot"


def test_without_a_board_file_or_with_one_that_is_not_readable():
    bench = Bench("")
    assert bench.ask("state")["code"] == "off"
    bench = board({"shell": "open"})
    bench.thing.storage.unreadable.add("board.json")
    assert bench.ask("state")["code"] == "off"


def test_an_open_board():
    bench = board({"shell": "open"})
    hello = bench.ask("hello", "hold")
    assert hello == {
        "wire": 1,
        "os": "v2.0.0",
        "platform": "Fake",
        "allowed": True,
        "salt": "",
        "nonce": "",
        "fresh": True,
    }
    assert bench.shell.held
    assert bench.ask("login")["allowed"]


def test_a_password():
    bench = board({"shell": "salt:" + KEY.hex()})
    assert bench.ask("state")["code"] == "password"
    hello = bench.ask("hello")
    assert (hello["salt"], hello["allowed"]) == ("salt", False)
    assert bench.ask("login", proof(bench))["allowed"]
    assert bench.ask("state")["state"] == "boot"
    assert bench.ask("hello")["salt"] == ""


@pytest.mark.parametrize("wrong", ["", "zz", "00" * 32])
def test_a_wrong_password_waits_and_its_nonce_is_used_up(wrong):
    bench = board({"shell": "salt:" + KEY.hex()})
    right = proof(bench)
    assert bench.ask("login", wrong)["code"] == "password"
    answer = bench.ask("login", right)
    assert (answer["code"], "password was wrong - wait for 5 s" in answer["text"]) == ("wait", True)
    bench.thing.clock.sleep(5000)
    assert bench.ask("login", right)["code"] == "password"  # of an old nonce
    bench.thing.clock.sleep(5000)
    assert bench.ask("login", proof(bench))["allowed"]


def test_a_key_that_is_none():
    bench = board({"shell": "salt:xyz"})
    assert bench.ask("login", proof(bench))["code"] == "password"


def test_a_start_waits_a_little_for_a_login():
    bench = board({"shell": "salt:" + KEY.hex()})
    bench.ask("hello", "hold")
    bench.run(3)
    assert bench.state == "boot"
    bench.shell.clock.sleep(5000)
    bench.run(3)
    assert bench.state != "boot"
    bench.ask("hello", "hold")
    assert not bench.shell.held
    assert bench.ask("login", proof(bench), "hold")["allowed"]
    bench.shell.clock.sleep(50000)
    bench.run(3)
    assert bench.shell.held


def test_who_comes_to_a_cable_that_was_left_has_to_know_the_password():
    bench = board({"shell": "salt:" + KEY.hex()})
    assert bench.ask("login", proof(bench))["allowed"]
    assert "state" in bench.ask("state")
    last = len(bench.answers("q%d" % bench.number))
    bench.shell.clock.sleep(PATIENCE_MS - 1)
    bench.shell.turn()
    assert bench.shell.allowed
    bench.shell.clock.sleep(1)
    bench.shell.turn()
    bench.number -= 1  # the same request as the last
    bench.send("state")
    bench.shell.turn()
    assert len(bench.answers("q%d" % bench.number)) == last  # is not answered again
    assert bench.ask("state")["code"] == "password"
    assert bench.ask("login", proof(bench))["allowed"]


def test_an_open_board_stays_open():
    bench = board({"shell": "open"})
    for _ in range(2):
        assert bench.ask("hello")["allowed"]
        assert "state" in bench.ask("state")
        bench.shell.clock.sleep(PATIENCE_MS)
        bench.shell.turn()
