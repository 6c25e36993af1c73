"""The debug wire: an incomplete line is ignored, and no input brings the shell down."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.debug.wire import MARK, request, seal, unseal
from domain.lifecycle import BOOT
from tests.unit.debug.support import Bench

LINE = st.text(st.characters(exclude_characters=MARK, exclude_categories=["Cs"]), max_size=200)


@given(LINE, LINE)
@settings(max_examples=40)
def test_what_is_sealed_arrives_behind_noise(text: str, noise: str):
    assert unseal(noise + seal(text)) == text


@given(LINE, st.data())
@settings(max_examples=40)
def test_a_half_or_garbled_line_is_none(text: str, data: st.DataObject):
    line = seal(text)
    assert unseal(line[: data.draw(st.integers(0, len(line) - 1))]) is None
    at = data.draw(st.integers(0, len(line) - 1))
    garbled = line[:at] + chr(ord(line[at]) ^ 1) + line[at + 1 :]
    assert unseal(garbled) is None


@pytest.mark.parametrize(
    "text",
    ["", "x", "x ", "x []", 'x "state"', "x {}", "x [1]", 'x ["state"', "x [[[[", 'x ["a", null]'],
)
def test_what_is_no_request(text: str):
    assert request(seal(text)) is None


def test_a_request():
    assert request("noise" + seal('7f ["get", "aid"]')) == ("7f", ["get", "aid"])
    assert request("state") is None


VOCABULARY = (
    "state events trace settings slots journal queue mem log breaks params get set ls cat put rm "
    "net inject record step until auto hold break clear fire app update reboot setup hello login "
    "aid wifi boot run link heal corrupt clock call worker check apply rollback = 0 -1 1e9 {} "
    "é x/../y on off"
)
WORDS = st.sampled_from(VOCABULARY.split())


@given(st.lists(st.one_of(LINE, st.lists(WORDS, min_size=1, max_size=5)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_the_thing_lives_and_every_request_is_answered(typed):
    bench = Bench()
    asked = []
    for item in typed:
        if isinstance(item, str):
            bench.lines.append(item)
        else:
            asked.append(bench.send(*item))
    for _ in range(len(typed) + 3):
        bench.shell.turn()
    assert not bench.lines
    waits = bench.shell.until[0] if bench.shell.until else ""
    for ident in asked:
        answers = bench.answers(ident)
        assert ident == waits or [kind for kind, _ in answers if kind in ".!"], ident
    assert bench.ask("hello")["wire"] == 1


def test_the_same_request_twice_is_done_once():
    bench = Bench()
    line = seal('a ["fire", "booted"]')
    bench.shell.obey(line)
    before = list(bench.written)
    bench.shell.obey(line)
    assert bench.written == before * 2
    assert bench.state == "connect"
    waiting = seal('b ["until", "run"]')
    bench.shell.obey(waiting)
    bench.shell.obey(waiting)  # no answer yet, and none twice
    assert bench.written == before * 2
    bench.run(until="run")
    bench.shell.obey(waiting)
    assert bench.written[-1] == bench.written[-2]
    assert json.loads((unseal(bench.written[-1]) or "").split(" ", 3)[3])["state"] == "run"


def test_noise_takes_none_of_the_things_time():
    bench = Bench()
    bench.lines = ["noise"] * 1000
    before = len(bench.lines)
    bench.shell.turn()
    assert before - len(bench.lines) <= 4
    assert bench.state != BOOT
