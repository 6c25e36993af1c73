"""The loader, which no update replaces: its choice of an OS, and its notes before the start."""

from __future__ import annotations

import builtins
import os
import sys
import time
from types import SimpleNamespace

import attrs
import pytest

from adapters.linux.storage import LinuxStorage
from app.runtime import loader
from domain import record
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import FRESH, PROVEN, TRIED, Slot

STARTS = os.path.dirname(loader.__file__)


@pytest.fixture
def thing(tmp_path):
    """Return `thing(slot)`: the root of a Thing with two OSes and that slot in its journal."""

    def make(slot, **journal):
        storage = LinuxStorage(str(tmp_path))
        storage.mount()
        for place in ("a", "b"):
            storage.replace("os.%s/start.py" % place, b"")
        saved = Journal(os=slot, **journal)
        journals.save(storage, saved)
        return str(tmp_path)

    return make


def journal_of(root):
    return journals.load(LinuxStorage(root))


@pytest.mark.parametrize(
    ("slot", "place", "trial", "after"),
    [
        (Slot(), "", False, Slot()),
        (Slot("a", "2", "1", PROVEN), "a", False, Slot("a", "2", "1", PROVEN)),
        (Slot("a", "2", "1", FRESH), "a", True, Slot("a", "2", "1", TRIED)),
        (Slot("b", "2", "1", FRESH, "0"), "b", True, Slot("b", "2", "1", TRIED, "0")),
        (Slot("a", "2", "1", TRIED), "b", False, Slot("b", "1", "", PROVEN, "2")),
        (Slot("b", "2", "1", TRIED), "a", False, Slot("a", "1", "", PROVEN, "2")),
        (Slot("a", "2", "", TRIED), "", False, Slot("", "", "", PROVEN, "2")),
    ],
)
def test_what_is_started(thing, slot, place, trial, after):
    root = thing(slot, starts=2)
    assert loader.pick(root, "start") == (place, trial)
    found = journal_of(root)
    assert found.os == after
    assert found.starts == 2  # all else stays as it is
    taken = after.rejected == "2"
    assert found.notes == (["os 2 taken back: it did not reach the cloud"] if taken else [])


def test_a_trial_is_one_start(thing):
    root = thing(Slot("a", "2", "", FRESH))
    assert [loader.pick(root, "start") for _ in range(3)] == [("a", True), ("", False), ("", False)]


@pytest.mark.parametrize("trial", [PROVEN, FRESH])
def test_what_is_not_there_gives_way(thing, trial):
    root = thing(Slot("a", "2", "1", trial))
    LinuxStorage(root).remove("os.a")
    assert loader.pick(root, "start") == ("b", False)
    assert journal_of(root).os == Slot("b", "1", "", PROVEN, "2")
    LinuxStorage(root).remove("os.b")
    assert loader.pick(root, "start") == ("", False)
    assert journal_of(root).os == Slot("", "", "", PROVEN, "1")
    assert len(journal_of(root).notes) == 2


def test_what_does_not_start_gives_way(thing):
    root = thing(Slot("a", "2", "1", TRIED))
    assert loader.back(root, "it does not start: " + "x" * 200) == "b"
    assert loader.back(root, "neither does this") == ""
    assert loader.back(root, "nor the factory's") == ""
    first, second, third = journal_of(root).notes
    assert first.startswith("os 2 taken back: it does not start: xxx")
    assert len(first) < 200
    assert second == "os 1 taken back: neither does this"
    assert third == "os of the factory: nor the factory's"
    assert loader.back(root, "nor the factory's") == ""
    assert len(journal_of(root).notes) == 3


def test_notes_are_bounded(thing):
    root = thing(Slot("a", "2", "1", TRIED), notes=["note %d" % one for one in range(8)])
    loader.pick(root, "start")
    assert journal_of(root).notes[:2] == ["note 1", "note 2"]
    assert len(journal_of(root).notes) == 8


@pytest.mark.parametrize("content", [b"", b"garbage", b"00000000 [1,2]\n", None])
def test_a_copy_that_cannot_be_read_is_none(thing, content):
    root = thing(Slot("a", "2", "1", PROVEN))
    path = os.path.join(root, "journal.0")
    if content is not None:
        with open(path, "wb") as file:
            file.write(content)
    assert loader.pick(root, "start") == ("a", False)


@pytest.mark.parametrize(
    "value", [[], {}, {"os": None}, {"os": ["a"]}, "text", None, {"os": ["a", 1, 2, 3, 4, 5]}]
)
def test_a_journal_of_another_shape_means_the_factory(tmp_path, value):
    storage = LinuxStorage(str(tmp_path))
    storage.mount()
    record.save(storage, "journal", 3, value)
    assert loader.pick(str(tmp_path), "start") == ("", False)
    assert loader.back(str(tmp_path), "why") == ""


def test_the_newer_copy_counts(thing):
    root = thing(Slot("a", "2", "1", PROVEN))
    journal = attrs.evolve(journal_of(root), os=Slot("b", "3", "2", PROVEN))
    journals.save(LinuxStorage(root), journal)
    assert loader.pick(root, "start") == ("b", False)


def test_a_trial_that_cannot_be_noted_is_none(thing, monkeypatch):
    root = thing(Slot("a", "2", "1", FRESH))
    original = builtins.open

    def full(path, mode="r", *more):
        if "w" in mode:
            raise OSError(28, "no space left")
        return original(path, mode, *more)

    with monkeypatch.context() as context:
        context.setattr(builtins, "open", full)
        assert loader.pick(root, "start") == ("b", False)
    assert journal_of(root).os.trial == FRESH


def test_a_cut_in_any_byte_of_a_note_leaves_a_thing_that_starts(thing):
    root = thing(Slot("a", "2", "1", FRESH))
    loader.pick(root, "start")
    number = journal_of(root).number
    path = os.path.join(root, "journal.%d" % (number % 2))
    with open(path, "rb") as file:
        whole = file.read()
    for cut in range(len(whole)):
        with open(path, "wb") as file:
            file.write(whole[:cut])
        place, trial = loader.pick(root, "start")
        assert (place, trial) == ("a", True)  # the other copy: it was not started yet


# on a board


@pytest.fixture
def path(monkeypatch):
    """Set `sys.path` to the loader's folder and /lib, as on a board, and return it."""
    monkeypatch.setattr(sys, "path", [STARTS, "/lib"])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return sys.path


def test_a_board_imports_from_the_slot(thing, path, monkeypatch):
    root = thing(Slot("a", "2", "1", PROVEN))
    loader.enter(root)
    assert sys.path == [root + "/os.a", STARTS, "/lib"]
    assert "starts" not in sys.modules


def test_a_board_imports_from_the_factory(thing, path):
    loader.enter(thing(Slot()))
    assert sys.path == [STARTS, "/lib"]


@pytest.mark.parametrize("trial", [FRESH, PROVEN])
def test_an_os_is_watched_where_there_is_a_watchdog(thing, path, monkeypatch, trial):
    started = []

    class Machine:
        @staticmethod
        def WDT(timeout):  # noqa: N802 - as MicroPython has it
            started.append(timeout)

    root = thing(Slot("a", "2", "1", trial))
    monkeypatch.setitem(sys.modules, "machine", Machine)
    loader.enter(root)
    assert started == [120000]
    loader.stay()
    assert started == [120000, 3600000]


class Timer:
    """A stand-in for `machine.Timer`."""

    ONE_SHOT = 7
    made: list[Timer]

    def __init__(self, number):
        assert number == -1
        self.armed = None
        self.made.append(self)

    def init(self, **options):
        self.armed = options

    def deinit(self):
        self.armed = None


@pytest.fixture
def timers(monkeypatch):
    """Return a function for (timers made, resets) on a board with a watchdog of fixed time.

    An ESP8266 has such a `WDT`: it refuses a timeout.
    """

    def refuse(timeout):
        raise ValueError

    resets = []
    machine = SimpleNamespace(WDT=refuse, Timer=Timer, reset=lambda: resets.append(1))
    monkeypatch.setitem(sys.modules, "machine", machine)
    monkeypatch.setattr(loader, "_timer", None)
    monkeypatch.setattr(Timer, "made", [], raising=False)
    return lambda: (Timer.made, resets)


def test_an_os_is_watched_by_a_timer(thing, path, timers):
    root = thing(Slot("a", "2", "1", FRESH))
    loader.calm()  # nothing to do
    loader.enter(root)
    (timer,), resets = timers()
    assert (timer.armed["period"], timer.armed["mode"]) == (120000, Timer.ONE_SHOT)
    timer.armed["callback"](timer)
    assert resets == [1]
    loader.calm()
    assert timer.armed is None
    loader.enter(root)  # the one before: proven
    first, second = timers()[0]
    assert (first.armed, second.armed["period"]) == (None, 120000)


@pytest.fixture
def slept(monkeypatch):
    """Return the list of waits in seconds; exceptions are not printed."""
    found: list[int] = []
    monkeypatch.setattr(time, "sleep", found.append)
    monkeypatch.setattr(sys, "print_exception", lambda error: None, raising=False)
    return found


def test_no_timer_outlives_an_os_that_does_not_start(thing, path, timers, slept):
    root = thing(Slot("a", "2", "1", FRESH))
    loader.enter(root)
    loader.leave(root, ImportError("no module"))
    assert timers()[0][0].armed is None
    assert (timers()[1], slept) == ([1], [2])


def test_a_trial_without_a_watchdog(thing, path, monkeypatch):
    monkeypatch.setitem(sys.modules, "machine", None)
    loader.enter(thing(Slot("a", "2", "1", FRESH)))
    assert sys.path[0].endswith("/os.a")


def test_a_board_whose_os_does_not_start_resets(thing, path, timers, slept):
    root = thing(Slot("a", "2", "1", PROVEN))
    loader.enter(root)
    assert sys.path[0] == root + "/os.a"
    loader.leave(root, ImportError("no module"))
    assert (timers()[1], slept, sys.path[0]) == ([1], [2], STARTS)
    assert "ImportError" in journal_of(root).notes[0]
    assert journal_of(root).os.place == "b"


def test_starts_that_get_nowhere_become_rare_until_one_does_not(thing, path, timers, slept):
    root = thing(Slot())
    for _ in range(12):
        loader.enter(root)
        loader.leave(root, ImportError("no module"))
    assert slept == [2, 4, 8, 16, 32, *[60] * 7]
    loader.enter(root)
    journals.save(LinuxStorage(root), journal_of(root))  # as `boot` does
    slept.clear()
    loader.enter(root)
    loader.leave(root, ImportError("no module"))
    assert slept == [2]


def test_what_cannot_be_noted_waits_longest(thing, path, timers, slept):
    root = thing(Slot())
    os.mkdir(root + "/starts")
    loader.enter(root)
    loader.leave(root, ImportError("no module"))
    assert (timers()[1], slept) == ([1], [60])


@pytest.mark.parametrize("text", [b"", b"9", b"9 x", b"-9 1", b"1 2 3", b"\xff\xfe", b"9" * 99])
def test_a_count_that_cannot_be_read_begins_anew(thing, path, timers, slept, text):
    root = thing(Slot("a", "2", "1", PROVEN))
    with open(root + "/starts", "wb") as file:
        file.write(text)
    loader.enter(root)
    assert sys.path[0] == root + "/os.a"
    loader.leave(root, ImportError("no module"))
    assert slept == [2]


def test_an_os_that_never_gets_anywhere_gives_way(thing, path, timers):
    """For example, it hangs; on trial it would have been rolled back at once."""
    root = thing(Slot("a", "2", "1", PROVEN))
    for _ in range(5):
        loader.enter(root)
        assert sys.path.pop(0) == root + "/os.a"
    loader.enter(root)
    assert sys.path[0] == root + "/os.b"
    assert journal_of(root).notes == ["os 2 taken back: 5 starts in a row got nowhere"]


def test_an_os_that_gets_somewhere_may_start_as_often_as_it_likes(thing, path, timers):
    root = thing(Slot("a", "2", "1", PROVEN))
    for _ in range(20):
        loader.enter(root)
        assert sys.path.pop(0) == root + "/os.a"
        journals.save(LinuxStorage(root), journal_of(root))


@pytest.mark.parametrize("when", ["at work", "waiting"])
def test_a_person_at_the_console_gets_the_prompt(thing, path, timers, slept, monkeypatch, when):
    def press(_seconds):
        raise KeyboardInterrupt

    root = thing(Slot())
    loader.enter(root)
    monkeypatch.setattr(time, "sleep", press)
    error = ImportError("no module") if when == "waiting" else KeyboardInterrupt()
    loader.leave(root, error)  # returns, and main.py ends
    made, resets = timers()
    assert (made[-1].armed["period"], resets) == (3600000, [])


def test_a_machine_that_cannot_reset_asks_for_another_start(thing, path, slept, monkeypatch):
    root = thing(Slot())
    monkeypatch.setitem(sys.modules, "machine", SimpleNamespace())
    with pytest.raises(SystemExit) as ended:
        loader.leave(root, ImportError("no module"))
    assert ended.value.code == 75
