"""Stored files with the right checksum and any shape: the Thing starts, and keeps the rest."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.debug import login
from adapters.micropython import boardfile
from app.runtime import loader, starts
from domain import record
from domain.checksum import checksum
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import FRESH, PROVEN, TRIED, Slot
from domain.settings.settings import Settings
from domain.states.boot import Boot
from tests.fakes.storage import MemoryStorage
from tests.fakes.thing import make_thing

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
SCALARS |= st.sampled_from(["", "a", "b", 0, 1, 2, -1, 1 << 70, 1e300, "\ud800"])
SHAPES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)
DEEP = [b"[" * 500 + b"]" * 500, b"[" * 2000, b"[" * 2000 + b"]" * 2000, b'{"a":' * 2000 + b"1"]
GOOD = {
    "starts": 2,
    "app_faults": 1,
    "tries": 3,
    "offered": 4,
    "floor": 5,
    "without_app": "why",
    "notes": ["a"],
    "settings": ["a", "s", "", 0, ""],
    "app": ["b", "2", "1", 1, "0"],
    "os": ["a", "2", "1", 2, ""],
}


def stored(payload: bytes) -> bytes:
    return checksum(payload).encode() + b" " + payload + b"\n"


@st.composite
def journal(draw: Any) -> Any:
    """Draw a journal with a few parts of another shape."""
    value = json.loads(json.dumps(GOOD))
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(sorted(GOOD)))
        inner = value.get(name)
        if isinstance(inner, list) and inner and draw(st.booleans()):
            inner[draw(st.integers(0, len(inner) - 1))] = draw(SHAPES)
        elif draw(st.booleans()):
            value[name] = draw(SHAPES)
        else:
            value.pop(name, None)
    return value


def right(found: Journal) -> bool:
    texts: list[object] = [found.without_app, *found.notes]
    for kind in journals.KINDS:
        slot = getattr(found, kind)
        texts += [slot.version, slot.previous, slot.rejected]
        assert slot.place in ("", "a", "b")
        assert slot.trial in (PROVEN, FRESH, TRIED)
    counts: list[int] = [found.starts, found.app_faults, found.tries, found.offered, found.floor]
    assert min(counts) >= 0
    return all(isinstance(text, str) for text in texts)


@given(journal() | SHAPES)
def test_the_journal_keeps_what_is_right_of_it(value: Any) -> None:
    storage = MemoryStorage()
    storage.replace("journal.1", stored(json.dumps([7, value]).encode()))
    found = journals.load(storage)
    assert right(found)
    for name in GOOD if isinstance(value, dict) else ():
        if name in journals.KINDS and value.get(name) == GOOD[name]:
            assert getattr(found, name) == Slot(*value[name])
        elif value.get(name) == GOOD[name] and not isinstance(value[name], bool):
            assert getattr(found, name) == value[name]


@pytest.mark.parametrize("payload", DEEP)
def test_what_is_nested_deeply_is_as_good_as_absent(payload: bytes) -> None:
    storage = MemoryStorage()
    for text in (payload, b"[7, " + payload + b"]"):
        storage.replace("journal.1", stored(text))
        record.load(storage, "journal")
        assert right(journals.load(storage))
    storage.replace("board.json", payload[:1024])
    assert boardfile.load(storage, {"led": 2})[0] == {"led": 2}
    assert len(boardfile.load(storage, {"led": 2})[1]) == 1
    storage.replace("board.json", b'{"led": ' + payload[:1000])
    assert boardfile.load(storage, {"led": 2})[0] == {"led": 2}
    assert login._policy(storage) == "off"
    thing = make_thing()
    thing.journal.settings = Slot("a", "s")
    thing.storage.replace("settings.a", payload)
    assert Boot(thing)._settings() == Settings()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5) | SCALARS, journal() | SHAPES), max_size=2))
def test_the_loader_starts_an_os_whatever_is_in_the_journal(tmp_path: Path, copies: Any) -> None:
    root = prepared(tmp_path)
    for copy, (number, value) in enumerate(copies):
        line = stored(json.dumps([number, value]).encode())
        (tmp_path / ("journal.%d" % copy)).write_bytes(line)
    for _ in range(4):
        assert loader.pick(root, "start")[0] in ("", "a", "b")
    assert loader.back(root, "it does not start") in ("", "a", "b")
    assert loader.pick(root, "start")[0] in ("", "a", "b")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SHAPES)
def test_a_trial_is_taken_back_whatever_the_notes_are(tmp_path: Path, notes: Any) -> None:
    root = prepared(tmp_path)
    line = stored(json.dumps([8, {**GOOD, "notes": notes}]).encode())
    (tmp_path / "journal.0").write_bytes(line)
    assert loader.pick(root, "start") == ("b", False)
    assert loader.pick(root, "start") == ("b", False)
    assert loader._load(root)[1]["os"] == ["b", "1", "", 0, "2"]


@pytest.mark.parametrize("payload", DEEP)
def test_the_loader_survives_what_is_nested_deeply(tmp_path: Path, payload: bytes) -> None:
    root = prepared(tmp_path)
    deep = b'[9, {"os": ["a", "2", "1", 2, ""], "x": ' + payload + b"}]"
    (tmp_path / "journal.0").write_bytes(stored(json.dumps([8, GOOD]).encode()))
    (tmp_path / "journal.1").write_bytes(stored(deep))
    for _ in range(3):
        assert loader.pick(root, "start")[0] == "b"


@pytest.mark.parametrize("content", ["9" * 30 + " 1", "-5 1", "999999 1", "x", "", "1_0 1"])
def test_the_count_of_starts_is_bounded(tmp_path: Path, content: str) -> None:
    (tmp_path / "starts").write_text(content)
    assert 1 <= starts.wait_s(str(tmp_path), 1) <= 60
    assert 1 <= starts.note(str(tmp_path), 1, 1) <= 10


def prepared(folder: Path) -> str:
    """Make a root with two OSes in it and no journal; return its path."""
    for place in ("a", "b"):
        (folder / ("os." + place)).mkdir(exist_ok=True)
        (folder / ("os." + place) / "start.py").touch()
    for name in ("journal.0", "journal.1"):
        if os.path.exists(folder / name):
            (folder / name).unlink()
    return str(folder)
