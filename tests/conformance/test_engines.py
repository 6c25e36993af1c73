"""Every scenario gives the same trace on every engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from build.slim import probe, wasm
from domain.lifecycle import STATES, TABLE
from tests.conformance import cases, engines

ENGINES: dict[str, Callable[[Path, str], list[str]]] = {
    "slim": engines.slim,
    "unix": engines.unix,
    "wasm": engines.webassembly,
}
LATER = ("resume", "fault")  # events that a scripted life may leave out


class Traces(dict[str, list[str]]):
    """Traces of the scenarios, made on first access."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __missing__(self, name: str) -> list[str]:
        self[name] = engines.source(self.place, name)
        return self[name]


@pytest.fixture(scope="session")
def texts():
    return {name: cases.lines(name) for name in cases.SCENARIOS}


@pytest.fixture(scope="session")
def places(tmp_path_factory, texts):
    """Return the folders of the engines: sources for CPython, compiled for MicroPython."""
    base, sources = tmp_path_factory.mktemp("slim"), engines.slim_sources()
    plain = engines.folder(base / "py", sources, texts, mpy=False)
    compiled = engines.folder(base / "mpy", sources, texts, mpy=True)
    return {"slim": plain, "unix": compiled, "wasm": compiled}


@pytest.fixture(scope="session")
def traces(places):
    """Return the reference: the source itself, on CPython with `transitions` and `attrs`."""
    return Traces(places["slim"])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", cases.SCENARIOS)
def test_an_engine_gives_the_trace_of_the_source(places, traces, name, engine):
    if engine == "unix" and not probe.micropython():
        pytest.skip("MicroPython's unix port is not installed")
    if engine == "wasm" and not wasm.available():
        pytest.skip("Node.js is not installed")
    expected, found = traces[name], ENGINES[engine](places[engine], name)
    assert difference(expected, found) == ""


def difference(expected: list[str], found: list[str]) -> str:
    """Return the first difference of two traces, with the text before it; empty if equal."""
    for number, (want, have) in enumerate(zip(expected, found)):
        if want != have:
            at = next((at for at, pair in enumerate(zip(want, have)) if pair[0] != pair[1]), 0)
            part = slice(max(0, at - 300), at + 80)
            return "line %d: %s\n--- instead of\n%s" % (number, have[part], want[part])
    return "" if len(expected) == len(found) else "%d lines, not %d" % (len(found), len(expected))


def test_there_are_enough_sequences(texts):
    walks = texts["machine"].splitlines()
    assert len(walks) >= 5000
    assert len(set(walks)) > 4000


def test_the_walks_reach_every_transition(traces, texts):
    pairs = len(STATES) * (len(STATES) + 1 + len({event for _, event, _ in TABLE}) + 5)
    assert len(traces["machine"]) == len(texts["machine"].splitlines()) + pairs
    walked = "".join(traces["machine"][pairs:])
    assert all(str(number) in walked for number in range(len(STATES)))
    assert "!" in walked


def test_the_lives_reach_what_lives_are_made_of(traces):
    steps = {line for line in traces["life"] if " -> " in line}
    missing = [
        (state, event)
        for state, event, _ in TABLE
        if "%s -> %s" % (state, event) not in steps and event not in LATER
    ]
    assert missing == []
    assert not [line for line in traces["life"] if "unforeseen" in line]


def test_the_lives_tell_what_there_is_to_tell(traces):
    names = {line.split()[2].strip('"') for line in traces["life"] if line.startswith("event ")}
    assert names >= {
        "app_fault",
        "cloud_trouble",
        "committed",
        "confirmed",
        "delivered",
        "given_up",
        "journal_not_saved",
        "remedy",
        "setup_portal",
        "taken_back",
        "update_failed",
    }
