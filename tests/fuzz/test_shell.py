"""The debug shell's two ends: no input can end the Thing, or the shell connected to it."""

from __future__ import annotations

import inspect
import io
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import ports.apphost
import ports.clock
import ports.cloud
import ports.link
import ports.portal
import ports.storage
import ports.system
from adapters.debug.port_recorder import NUMBERING, Named, methods
from adapters.debug.wire import MAX_REQUEST, request, seal
from app.shell import render
from app.shell.answers import AnswerParts, boots, heard
from app.shell.errors import CommandRefused, ShellError
from app.shell.host import Host
from app.shell.recording import named
from app.shell.replay import Replay
from app.shell.runs import RecordedRun, load
from app.shell.vocabulary import COMMANDS
from app.simulator.console import SimConsole
from tests.fakes.source import pieces
from tests.fuzz.counting import peak
from tests.unit.debug.local import person
from tests.unit.debug.support import Bench

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
SCALARS |= st.sampled_from(["\ud800", "a\udfff", "", 1 << 80, -1, 999_999_999])
KEYS = st.sampled_from(
    ["self", "event", "level", "name", "fields", "old", "state", "why", "text", "legal", "code"]
    + ["salt", "nonce", "allowed", "size", "memory", "faults", "held", "cause", "bytes", ""]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=8,
)
NESTED = [text * 2000 for text in ("[", '{"a":', '[{"a":')] + ["[" * 900 + "]" * 900]
JSON = VALUES.map(json.dumps) | st.sampled_from(NESTED)

# the Thing's end


@pytest.mark.parametrize("policy", ["off", "open", "salt:key", ""])
@pytest.mark.parametrize("words", NESTED)
def test_nesting_before_login_is_passed_over(policy: str, words: str) -> None:
    bench = Bench(policy)
    bench.lines = [seal("a " + words), seal("a " + words[:200])]
    for _ in range(4):
        bench.shell.turn()
    assert bench.written == []
    assert bench.ask("hello")["wire"] == 1


@settings(max_examples=100)
@given(st.lists(JSON | st.text(max_size=300), max_size=6), st.sampled_from(["off", "open", "a:b"]))
def test_whatever_is_typed_the_thing_lives(texts: list[str], policy: str) -> None:
    bench = Bench(policy)
    for text in texts:
        bench.lines += [seal("a " + text), seal(text), text]
    for _ in range(3 * len(texts) + 3):
        bench.shell.turn()
    assert bench.ask("hello")["wire"] == 1


def test_a_request_has_the_length_that_is_stated() -> None:
    for size, taken in ((MAX_REQUEST, True), (MAX_REQUEST + 1, False)):
        text = 'a ["state"'
        assert (request(seal(text + " " * (size - len(text) - 1) + "]")) is not None) == taken


@pytest.mark.parametrize("words", ['["\\ud800"]', '["a", "\\udfff\\ud800"]', '"state"', "{}", "7"])
def test_words_are_texts_of_whole_characters(words: str) -> None:
    assert request(seal("a " + words)) is None
    assert request(seal('a ["\\ud83d\\ude00"]')) == ("a", ["\U0001f600"])


# the host's end


@given(st.text(max_size=20) | JSON, st.booleans())
@example('{"event":"x","self":1}', False)
@example('{"event":"x","level":[1],"name":2}', True)
@example('{"event":"x","a":"\\ud800"}', False)
def test_a_line_of_a_board_is_shown(line: str, as_json: bool) -> None:
    output = io.StringIO()
    SimConsole(output, as_json, 0).show(line)
    assert output.getvalue().endswith("\n")
    output.getvalue().encode()
    assert "\x1b" not in output.getvalue()
    boots(line)


@given(st.text("-=+.!0a1 ", max_size=6), st.text("0123456789_+- \u0663", max_size=11), JSON)
@example("a +", "1_0", "1")
def test_an_answer_is_heard_or_not(begin: str, number: str, value: str) -> None:
    found = heard(seal("%s %s %s" % (begin, number, value)))
    if found is not None:
        assert 0 <= found[2] < 1 << 30
        json.dumps(found[3], ensure_ascii=False).encode()


def test_the_number_of_what_was_lost_takes_no_memory() -> None:
    answer = AnswerParts()
    answer.kind, answer.count = ".", 999_999_999
    assert peak(answer.whole) < 10_000
    assert not answer.whole()
    answer.items, answer.count = {0: "a", 1: "b"}, 2
    assert answer.whole()


def test_the_shell_goes_on_whatever_a_board_says() -> None:
    """The reader is a thread: an exception that ends it ends the shell."""
    told: list[str] = [*NESTED, '{"event":"x","self":1}', "\x02", "x" * 3000]
    values: list[Any] = [{}, {"old": 1}, [], None, "x", {"old": "a", "event": "b", "state": "c"}]
    for value in values:
        told += [seal("%s . 0 %s" % (ident, json.dumps(value))) for ident in "-=a"]
    told += [seal("- . 0 " + text) for text in NESTED]
    with person() as she:
        she.session.on_note = lambda number, what: None
        for line in told:
            she.connection.written.append(line)
            assert she.session.request(["state"])[0]["state"] == "boot"
        assert she.session._reader.is_alive()


ASKED = sorted(set(COMMANDS) - {"record", "put", "sync", "repl", "quit", "exit"})


class Asked:
    """A session with a Thing that answers anything."""

    greeted = held = False
    connection = None

    def __init__(self, value: Any, items: list[Any]) -> None:
        self.answer = value, items
        self.breaks: list[str] = []

    def request(self, words: list[str], timeout: float | None = None) -> Any:
        return self.answer

    def tell(self, words: list[str]) -> None:
        pass


@settings(max_examples=200)
@given(st.sampled_from(ASKED), VALUES, VALUES)
def test_any_answer_is_shown_or_makes_no_sense(name: str, value: Any, items: Any) -> None:
    session: Any = Asked(value, items if isinstance(items, list) else [items])
    try:
        assert isinstance(Host(session).run([name, "boot"]).text, str)
    except ShellError as error:
        assert str(error)


@given(VALUES)
def test_any_refusal_is_shown(value: Any) -> None:
    refused = CommandRefused(value)
    assert isinstance(str(refused) + render.legal(refused), str)


# recordings

HEAD: dict[str, Any] = {"version": "1", "default_backend": "a", "given": {}, "links": 1}
NOTES = st.one_of(
    st.just(["step"]),
    st.tuples(st.just("to"), *[st.sampled_from(["boot", "connect", "setup", "booted"])] * 3),
    st.tuples(st.just("piece"), st.sampled_from(["", "QQ==", "*"])),
    st.tuples(st.just("command"), st.lists(st.sampled_from([*COMMANDS, "1", "a"]), max_size=4)),
    st.tuples(
        st.just("call"),
        st.integers(0, 9),
        st.integers(-1, 60),
        st.sampled_from(["", "journal.0", "aid"]),
        VALUES,
        st.none() | st.tuples(st.integers(-2, 5), SCALARS, SCALARS),
    ),
    VALUES,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NOTES, max_size=12), VALUES)
def test_a_recording_is_repeated_or_is_none(tmp_path: Path, notes: list[Any], start: Any) -> None:
    for head in (HEAD, start):
        lines = [json.dumps({"pythings": 1, "start": head}), *map(json.dumps, notes)]
        replayed(tmp_path / "file", lines)


WRONG: list[Any] = [None, [], 1.5, -1, {"a": 1}]


@pytest.mark.parametrize(
    "head",
    [
        *[{**HEAD, name: value} for name in HEAD for value in WRONG],
        {**HEAD, "links": 1 << 40},
        {},
        None,
    ],
)
def test_the_start_of_a_recording_has_a_shape(tmp_path: Path, head: Any) -> None:
    (tmp_path / "file").write_text(json.dumps({"pythings": 1, "start": head}))
    assert peak(lambda: pytest.raises(ShellError, load, tmp_path / "file")) < 1_000_000


def replayed(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines))
    try:
        for run in load(path):
            replay = Replay(run)
            while replay.forward():
                pass
    except ShellError as error:
        assert str(error)


@pytest.mark.parametrize("packed", [False, True])
def test_what_a_port_passes_on_is_recorded_and_repeated(packed: bool) -> None:
    bench = Bench()
    bench.ask("record", "on")
    bench.thing.storage.replace("x", zlib.compress(b"abc" * 500)[2:-4] if packed else b"abc" * 500)
    passed = list(pieces(bench.thing.storage.source("x", packed)))
    assert bench.thing.storage.part("x", 0, 2)
    assert b"".join(passed) == b"abc" * 500
    run = RecordedRun(HEAD)
    run.notes = [named(value, NUMBERING) for _, value in bench.answers("=")]
    replay = Replay(run)
    storage: Any = replay.thing.storage
    replay._calls.next()  # the recording of `replace`
    assert list(pieces(storage.source("x", packed))) == passed
    assert storage.part("x", 0, 2) == bench.thing.storage.part("x", 0, 2)


def test_a_recording_knows_every_method_of_the_ports() -> None:
    kinds: list[tuple[type, ...]] = [(ports.clock.Clock,), (ports.storage.Storage,)]
    kinds += [(ports.cloud.CloudApi,), (), (ports.system.System,), (ports.apphost.AppHost,)]
    kinds += [(ports.portal.Portal,), (ports.link.Link, ports.link.ModemLink)]
    for port, classes in enumerate(kinds):
        found = [
            name for kind in classes for name, _ in inspect.getmembers(kind, inspect.isfunction)
        ]
        known = methods(port, Named())
        assert len(set(known)) == len(known)
        assert classes == () or {name for name in found if name[0] != "_"} == set(known)
