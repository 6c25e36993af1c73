"""Numbers have only the digits of their format; `int` takes blanks, signs, `_`, other alphabets."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.digits import is_number
from app.shell.connection import socket_of
from domain.readings.queue import Queue
from domain.settings import values
from domain.settings.parameters import Parameters
from tests.fakes.storage import MemoryStorage

ODD = ["1_0", "+1", "\u0661\u0662", "\uff11", "\xb2", "1.0", "0x1", "1e3", "", " ", "-", "9" * 5000]
TEXTS = st.text("0123456789_+-. \t\u0661\uff11\xb2eEx", max_size=12)


@given(TEXTS)
def test_whole_numbers_of_the_cloud(text: str) -> None:
    digits = text.strip().removeprefix("-")
    right = digits != "" and set(digits) <= set("0123456789")
    try:
        assert values.whole(text) == int(text)
        assert right
    except ValueError as error:
        assert not right
        assert "whole number" in str(error)


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import the module of a board with a modem, which needs a module that only boards have."""
    name = "adapters.sim800.board"
    monkeypatch.setitem(sys.modules, "machine", types.ModuleType("machine"))
    monkeypatch.delitem(sys.modules, name, raising=False)
    found = importlib.import_module(name)
    monkeypatch.delitem(sys.modules, name)
    return found


@pytest.mark.parametrize("text", ODD)
def test_what_is_no_number_is_none_anywhere(text: str, board: Any) -> None:
    assert not is_number(text)
    with pytest.raises(ValueError, match="whole number"):
        values.whole(text)
    if text:
        with pytest.raises(ValueError, match="public key"):
            Parameters(cloud_key=text)
        with pytest.raises(ValueError, match="is not a host"):
            values.check_host_port("a:" + text)
    storage = MemoryStorage()
    storage.replace("modem_pins", ("rx=26 tx=%s" % text.strip()).encode()[:256])
    found, problems = board.wires(storage, {"tx": 1, "rx": 2})
    assert (found, len(problems)) == ({"tx": 1, "rx": 26}, 1)
    assert socket_of(text) == Path(text).expanduser() or socket_of(text).parent == Path(text)


@pytest.mark.parametrize("name", ["queue.\xb2", "queue.\u0661", "queue.", "queue.+1", "queue.1_0"])
def test_a_stray_file_is_no_part_of_the_queue(name: str) -> None:
    storage = MemoryStorage()
    storage.replace(name, b"x")
    queue = Queue(storage)
    queue.open(storage.names())
    assert (queue.segments, queue.number) == ([], 1)


@given(st.text("aZ09.-_:[]@`{/ \xe4\u0661", min_size=1, max_size=8))
def test_a_host_has_plain_letters(host: str) -> None:
    try:
        values.check_host_port(host)
    except ValueError:
        return
    assert set(host) <= set("aZ09.-_:[]")
