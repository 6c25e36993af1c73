"""update: for any exception of a port, however often, the tries do not go on without end."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import DeviceError
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import PROVEN, Slot
from domain.settings.settings import Settings
from domain.states.boot import Boot
from domain.states.update import Update
from tests.fakes.thing import restarted
from tests.unit.domain.lives import working_life
from tests.unit.domain.states.updating import updating

HOUR = 3_600_000
PORTS = {
    "storage": ("read", "source", "replace", "receive", "append", "remove", "names", "free"),
    "cloud": ("app_files", "app_file", "os_file"),
}
ERRORS = (RuntimeError("maximum recursion depth exceeded"), MemoryError(), ZeroDivisionError("x"))


class Injected:
    """The `at`th call of a port from the start of each try raises `error`, 0 for none."""

    def __init__(self, monkeypatch: Any, error: Exception, at: int) -> None:
        self.error, self.at, self.count = error, at, 0
        self.trying = False
        self.tries: list[tuple[int, str]] = []
        act = Update.act

        def tried(update: Update) -> str:
            thing = update.thing
            wanted = thing.wanted
            self.trying, self.count = True, 0
            self._tap(thing)
            self.tries.append((thing.clock.now, wanted.app_version if wanted else ""))  # type: ignore[attr-defined]
            try:
                return act(update)
            finally:
                self.trying = False

        monkeypatch.setattr(Update, "act", tried)

    def _tap(self, thing: Any) -> None:
        for port, names in PORTS.items():
            for name in names:
                call = getattr(getattr(thing, port), name)
                if not hasattr(call, "tapped"):
                    setattr(getattr(thing, port), name, self._tapped(call))

    def _tapped(self, call: Any) -> Any:
        def tapped(*arguments: Any) -> Any:
            if self.trying:
                self.count += 1
                if self.count == self.at:
                    raise self.error
            return call(*arguments)

        tapped.tapped = True  # type: ignore[attr-defined]
        return tapped


def calls_of_an_update() -> int:
    with pytest.MonkeyPatch.context() as patch:
        injected = Injected(patch, MemoryError(), 0)
        life = working_life()
        life.publish("2")
        life.until(lambda: life.thing.journal.app.version == "2")
        return injected.count


COUNT = calls_of_an_update()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("at", range(1, COUNT + 1))
def test_no_second_try_without_a_wait_that_grows(monkeypatch, error, at):
    life = working_life()
    injected = Injected(monkeypatch, error, at)
    life.publish("2")
    readings = len(life.cloud.readings)
    life.pass_ms(3 * HOUR)
    times = [now for now, _ in injected.tries]
    waits = [after - before for before, after in zip(times, times[1:])]
    if life.thing.journal.app.version != "2":
        assert len(times) <= 8
        assert len(waits) >= 2
        assert all(after > before for before, after in zip(waits, waits[1:]))
        assert waits[0] >= 60_000
        texts = [text or "" for _, _, text in life.cloud.reports]
        assert any("app 2 not installed" in text for text in texts)
        assert life.thing.journal.app.version == "1"
        assert life.thing.journal.without_app == ""
    else:
        assert len(times) <= 2  # faults after the commit
    assert len(life.cloud.readings) > readings + 100


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("kind", ["settings", "app", "os"])
def test_each_kind_is_held_back_and_told(kind, error):
    wanted = {
        "settings": Settings(worker_interval=5, app_version="0"),
        "app": Settings(app_version="2"),
        "os": Settings(pythings_version="v9.0.0", app_version="0"),
    }[kind]
    thing = updating(wanted)
    before = journals.load(thing.storage)

    def fails(*_arguments: Any) -> None:
        raise error

    thing.storage.remove = fails
    thing.storage.replace = fails
    thing.storage.read = fails
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("domain.states.update.Update._begin", begun)
        patch.setattr(thing, "save_journal", lambda: None)
        assert Update(thing).act() == "rejected"
    assert getattr(thing.journal, kind) == getattr(before, kind)
    held = getattr(thing, "held_" + kind)
    assert held.holds(held.version, 119_999)
    assert not held.holds(held.version, 120_000)
    reason = "more memory" if isinstance(error, MemoryError) else str(error)
    assert any("not installed" in note and reason in note for note in thing.journal.notes)


def begun(update: Update, kind: str, version: str) -> None:
    update.thing.journal.tried = [kind, version, 1]


def test_a_journal_that_cannot_be_written_for_want_of_memory_commits_nothing():
    thing = updating(Settings(app_version="2"))
    before = thing.journal.app
    save, count = journals.save, [0]

    def fails(storage: Any, journal: Journal) -> None:
        count[0] += 1
        if count[0] == 2:  # 1: the note of the try
            raise MemoryError
        save(storage, journal)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journals, "save", fails)
        assert Update(thing).act() == "rejected"
    assert thing.journal.app == journals.load(thing.storage).app == before


@pytest.mark.parametrize("kind", ["app", "os"])
def test_tries_that_end_in_a_reset_are_counted_over_restarts(kind):
    """As by a fault of the processor, or a hang: nothing is there to catch."""

    class Reset(BaseException):
        pass

    def resets(*_arguments: Any) -> None:
        raise Reset

    key = "app_version" if kind == "app" else "pythings_version"
    wanted = Settings(**{"app_version": "0", key: "v9.0.0"})
    thing = updating(wanted, journal=Journal(app=Slot("a", "1", "", PROVEN)))
    holds = []
    for _ in range(4):
        thing.storage.remove = resets
        thing.wanted = wanted
        thing.clock.advance(HOUR)
        with pytest.raises(Reset), pytest.MonkeyPatch.context() as patch:
            patch.setattr("domain.os_update.install.trusted", resets)
            Update(thing).act()
        del thing.storage.remove
        thing = restarted(thing, "watchdog")
        Boot(thing).act()
        held = getattr(thing, "held_" + kind)
        holds.append(held.until - thing.clock.now if held.version else 0)
    assert holds == [0, 240_000, 480_000, 960_000]
    assert any("held back" in note for note in thing.journal.notes)


def test_another_version_is_tried_at_once():
    thing = updating(Settings(app_version="2"))
    thing.journal.tried = ["app", "1.9", 7]
    assert Update(thing).act() == "committed"
    assert journals.load(thing.storage).tried == []


@pytest.mark.parametrize("value", [None, 5, ["app", "2"], ["x", "2", 1], ["app", 2, 1]])
def test_a_note_of_another_shape_is_none(value):
    assert journals._from_json(1, {"tried": value}).tried == []


@pytest.mark.parametrize("error", [DeviceError("disk_full", "full"), ZeroDivisionError("x")])
def test_a_fault_of_what_is_in_force_already_is_no_try(error, monkeypatch):
    thing = updating(Settings(worker_interval=7))

    def fails(update: Update, wanted: Any) -> str:
        update.thing.journal.tried = []  # as `_commit` leaves it
        raise error

    monkeypatch.setattr(Update, "_settings", fails)
    monkeypatch.setattr("domain.states.update.settings_wanted", lambda *_: True)
    if isinstance(error, DeviceError):
        assert Update(thing).act() == "rejected"
    else:
        with pytest.raises(ZeroDivisionError):
            Update(thing).act()
    assert thing.journal.tried == []
