"""A user at a board's cable needs the password: Ctrl-C opens no prompt, a reset ends no pause."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from adapters.debug.wire import seal, unseal
from app.shell import password
from app.simulator.errors import SimError
from app.simulator.host import PROMPT
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing
from tests.patience import PATIENCE_S
from tests.security.boards import Board, on_boards
from tests.unit.debug.support import Bench

kinds = pytest.mark.parametrize("kind", ["esp32", "esp8266"])
POLICY = "salt:" + password.key("right", "salt").hex()
LOCKED = json.dumps({"shell": POLICY}).encode()


class Cable:
    """Requests to a board through its console."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.number = 0

    def ask(self, *words: str) -> Any:
        self.number += 1
        ident = "q%d" % self.number
        self.board.board.type(seal("%s %s" % (ident, json.dumps(words))))
        found: list[Any] = []

        def look() -> bool:
            for line in self.board.lines:
                text = unseal(line) or ""
                match = re.match(r"%s [.!] \d+ (.*)" % ident, text)
                if match:
                    found.append(json.loads(match.group(1)))
            return bool(found)

        self.board._wait(look, ident)
        return found[0]

    def login(self, text: str) -> Any:
        hello = self.ask("hello")
        secret = password.key(text, hello["salt"])
        return self.ask("login", password.proof(secret, hello["nonce"]))


@on_boards
@kinds
def test_ctrl_c_is_a_character_where_there_is_a_password(kind: str, tmp_path: Path) -> None:
    with Board(kind, tmp_path, **{"board.json": LOCKED}) as board:
        board.event("setup_portal")
        for _ in range(3):
            board.board.interrupt()
        cable = Cable(board)
        assert cable.ask("state")["code"] == "password"  # the OS still runs
        assert cable.login("right")["allowed"] is True
        assert cable.ask("prompt") is None  # as the shell does before `repl` and `sync`
        board.board.wait(PROMPT)


@on_boards
@kinds
def test_without_one_it_leads_to_the_prompt(kind: str, tmp_path: Path) -> None:
    with Board(kind, tmp_path, **{"board.json": b'{"shell": "open"}'}) as board:
        board.event("setup_portal")
        until = time.monotonic() + PATIENCE_S
        while board.board.state != PROMPT:  # a Ctrl-C in a timer's callback ends that only
            assert time.monotonic() < until
            board.board.interrupt()
            with suppress(SimError):
                board.board.wait(PROMPT, timeout=2)


@on_boards
def test_a_reset_ends_no_pause(tmp_path: Path) -> None:
    with Board("esp32", tmp_path, **{"board.json": LOCKED}) as board:
        board.event("setup_portal")
        assert Cable(board).login("wrong")["code"] == "password"
        since = board.since()
        board.board.control("reset")
        board.event("setup_portal", since)
        cable = Cable(board)
        cable.number = 100
        assert cable.login("right")["code"] == "wait"


def started(storage: MemoryStorage) -> Bench:
    return Bench("", thing=make_thing(storage=storage))


def login(bench: Bench, text: str) -> Any:
    hello = bench.ask("hello")
    return bench.ask("login", password.proof(password.key(text, hello["salt"]), hello["nonce"]))


def test_the_pause_is_kept_until_somebody_knows_the_password() -> None:
    storage = MemoryStorage({"board.json": LOCKED})
    assert login(started(storage), "wrong")["code"] == "password"
    for _ in range(3):  # each reset starts the pause again
        bench = started(storage)
        assert login(bench, "right")["code"] == "wait"
        bench.thing.clock.advance(4999)
        assert login(bench, "right")["code"] == "wait"
    bench.thing.clock.advance(1)
    assert login(bench, "right")["allowed"]
    assert login(started(storage), "right")["allowed"]


def test_who_tries_wears_no_flash() -> None:
    storage = MemoryStorage({"board.json": LOCKED})
    bench = started(storage)
    written: list[str] = []
    replace = storage.replace

    def noted(name: str, data: bytes) -> None:
        written.append(name)
        replace(name, data)

    storage.replace = noted  # type: ignore[method-assign]
    for _ in range(5):
        assert login(bench, "wrong")["code"] == "password"
        bench.thing.clock.advance(5000)
    assert len(written) == 1


def test_a_storage_that_fails_keeps_nobody_out() -> None:
    storage = MemoryStorage({"board.json": LOCKED})
    bench = started(storage)
    storage.fail_always("disk_full")
    assert login(bench, "wrong")["code"] == "password"
    assert login(bench, "right")["code"] == "wait"
    bench.thing.clock.advance(5000)
    assert login(bench, "right")["allowed"]
