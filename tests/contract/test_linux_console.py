"""LinesConsole keeps the port's contract, and shows no control characters."""

from __future__ import annotations

import io
import json
import os
import re
import select
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.linux.console import LinesConsole, printable
from tests.contract import check_console

NOON = 1_900_000_000.25


@pytest.fixture
def pipe(stack) -> tuple[Any, Any]:
    """Return the two ends of a pipe as text files: (reader, writer)."""
    reader, writer = os.pipe()
    return (
        stack.enter_context(open(reader, encoding="utf-8")),
        stack.enter_context(open(writer, "w", encoding="utf-8")),
    )


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("check", check_console.CHECKS, ids=lambda check: check.__name__)
def test_contract(check, as_json: bool, pipe) -> None:
    reader, writer = pipe

    def make(*lines: str) -> LinesConsole:
        writer.write("".join(line + "\n" for line in lines))
        writer.flush()
        return LinesConsole(io.StringIO(), as_json, 10, source=reader)

    check(make)


def shown(level: int, name: str, fields: dict[str, Any], **options: Any) -> str:
    stream = io.StringIO()
    LinesConsole(stream, now=lambda: NOON, level=10, **options).event(level, name, fields)
    return stream.getvalue()


def test_lines_for_people() -> None:
    line = shown(
        20,
        "link",
        {"kind": "wifi", "up": True, "rssi": -60, "none": None, "list": [1, "x"], "text": ""},
    )
    at = time.strftime("%H:%M:%S", time.localtime(NOON))
    expected = 'link kind=wifi up=true rssi=-60 none=null list=[1, "x"] text=""'
    assert line == f"{at} info    {expected}\n"


def test_values_stay_apart() -> None:
    line = shown(40, "x", {"a": "two words", "b": 'say "hi"', "c": "x=1", "d": "back\\slash"})
    assert line.split(" ", 1)[1] == (
        'error   x a="two words" b="say \\"hi\\"" c="x=1" d=back\\\\slash\n'
    )


def test_lines_for_programs() -> None:
    line = shown(
        30, "link", {"up": True, "event": "mine", "t": 1, "text": "\u00e9\n"}, as_json=True
    )
    assert json.loads(line) == {
        "t": NOON,
        "level": "warning",
        "event": "link",
        "up": True,
        "text": "\u00e9\n",
    }
    assert line.isascii()
    assert line.count("\n") == 1


def test_what_is_no_json_is_survived() -> None:
    loop: list[Any] = []
    loop.append(loop)
    for value in (b"x", float("nan"), loop, {1, 2}):
        line = shown(20, "x", {"value": value}, as_json=True)
        assert json.loads(line)["event"] == "x"
        assert shown(20, "x", {"value": value}).count("\n") == 1


def test_levels() -> None:
    stream = io.StringIO()
    console = LinesConsole(stream, level=30, now=lambda: NOON)
    for level in (10, 20, 30, 40, 35):
        console.event(level, "x", {})
    assert [line.split()[1] for line in stream.getvalue().splitlines()] == [
        "warning",
        "error",
        "35",
    ]


# colours


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "color", "wanted"),
    [
        (Terminal, {}, None, True),
        (io.StringIO, {}, None, False),
        (Terminal, {"NO_COLOR": "1"}, None, False),
        (Terminal, {"NO_COLOR": ""}, None, True),
        (Terminal, {"TERM": "dumb"}, None, False),
        (Terminal, {"NO_COLOR": "1"}, True, True),
        (Terminal, {}, False, False),
    ],
)
def test_colours(stream, environment, color, wanted, monkeypatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = stream()
    console = LinesConsole(out, color=color, level=10)
    for level in (10, 20, 30, 40):
        console.event(level, "x", {})
    assert ("\x1b[" in out.getvalue()) is wanted
    plain = re.sub("\x1b\\[[0-9]+m", "", out.getvalue())
    assert [line.split()[1] for line in plain.splitlines()] == ["debug", "info", "warning", "error"]


# contents of a field


@given(st.text(), st.dictionaries(st.text(), st.text() | st.lists(st.text())), st.booleans())
def test_nothing_moves_the_cursor(name, fields, as_json) -> None:
    line = shown(40, name, fields, as_json=as_json)
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    if as_json:
        assert json.loads(line)["event"] == name


@pytest.mark.parametrize(
    "text",
    ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "a\rb", "a\nb", "\u202egnp.exe", "\u2028", "\ud800"],
)
def test_escapes_are_seen(text: str) -> None:
    assert printable(text).isprintable()
    assert "\\" in printable(text)


def test_long_texts_are_cut() -> None:
    for as_json in (True, False):
        line = shown(20, "x", {"text": "y" * 100_000}, as_json=as_json)
        assert len(line) < 2200
        assert "..." in line


@pytest.mark.parametrize("as_json", [True, False])
def test_lines_are_short_enough_for_a_pipe(as_json: bool) -> None:
    for fields in (
        {"text": "\U0001f600" * 5000},
        {"text": "\x1b" * 5000},
        {str(number): "y" * 1500 for number in range(10)},
        {str(number): "\u2028" * 1500 for number in range(100)},
        {"list": ["y" * 5000]},
    ):
        line = shown(40, "name", fields, as_json=as_json)
        assert len(line.encode()) <= 4096
        assert "name" in line


# the output stream


def test_a_stream_that_is_gone(pipe) -> None:
    reader, writer = pipe
    console = LinesConsole(writer)
    reader.close()
    for _ in range(3):
        console.event(20, "x", {})
    with pytest.raises(BrokenPipeError):
        writer.close()
    LinesConsole(writer).event(20, "x", {})
    closed = io.StringIO()
    closed.close()
    console = LinesConsole(closed)
    console.event(20, "x", {})
    console.event(20, "x", {})


def test_a_stream_that_takes_ascii_only() -> None:
    raw = io.BytesIO()
    console = LinesConsole(io.TextIOWrapper(raw, encoding="ascii"), now=lambda: NOON)
    console.event(20, "x", {"text": "caf\u00e9"})
    console.event(20, "y", {})
    assert raw.getvalue().endswith(b" info    y\n")
    assert rb"text=caf\xe9" in raw.getvalue()


def test_a_reader_that_does_not_read(pipe) -> None:
    """A full pipe does not block the Thing; the dropped events are counted."""
    reader, writer = pipe
    console = LinesConsole(writer, as_json=True)
    began = time.monotonic()
    for _ in range(300):
        console.event(20, "x", {"text": "y" * 1000})
    assert time.monotonic() - began < 5
    os.set_blocking(reader.fileno(), False)
    while select.select([reader], [], [], 0)[0]:
        os.read(reader.fileno(), 100_000)
    console.event(20, "again", {})
    told = json.loads(os.read(reader.fileno(), 10_000))
    assert told["event"] == "again"
    assert told["dropped"] > 200
    console.event(20, "again", {})
    assert "dropped" not in json.loads(os.read(reader.fileno(), 10_000))


# typed lines


def test_lines_come_when_they_are_whole(pipe) -> None:
    reader, writer = pipe
    console = LinesConsole(io.StringIO(), source=reader)
    assert console.line() is None
    os.write(writer.fileno(), b"sta")
    assert console.line() is None
    os.write(writer.fileno(), b"tus\r\nnext\n\xff\nunfinished")
    assert [console.line() for _ in range(4)] == ["status", "next", "\ufffd", None]
    writer.close()
    assert [console.line() for _ in range(3)] == [None] * 3


def test_a_line_without_end(pipe) -> None:
    reader, writer = pipe
    console = LinesConsole(io.StringIO(), source=reader)
    os.write(writer.fileno(), b"x" * 10_000 + b"\n")
    lines = [console.line() for _ in range(4)]
    assert "".join(line for line in lines if line) == "x" * 10_000
    assert lines[3] is None


def test_nothing_to_read_from(pipe) -> None:
    reader, _ = pipe
    assert LinesConsole(io.StringIO()).line() is None
    assert LinesConsole(io.StringIO(), source=io.StringIO("x\n")).line() is None
    console = LinesConsole(io.StringIO(), source=reader)
    reader.close()
    assert console.line() is None
    assert LinesConsole(io.StringIO(), source=reader).line() is None


def test_a_listener_is_told_the_same_even_when_nobody_reads() -> None:
    stream = io.StringIO()
    console = LinesConsole(stream, level=20)
    told: list[tuple[int, str, dict[str, Any]]] = []
    console.listener = lambda *event: told.append(event)
    console.event(10, "hidden", {})
    console.event(20, "boot", {"os": "v2"})
    stream.close()
    console.event(30, "link", {})
    console.event(30, "again", {})
    console.level = 40
    console.event(30, "hidden", {})
    assert told == [(20, "boot", {"os": "v2"}), (30, "link", {}), (30, "again", {})]
