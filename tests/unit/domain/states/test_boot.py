"""boot: the files and causes that it finds, and the conclusions that it draws."""

from __future__ import annotations

import json

import attrs
import pytest

from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import FRESH, PROVEN, TRIED, Slot
from domain.settings.settings import Settings, to_json
from domain.states.boot import Boot
from domain.thing import CYCLES
from tests.fakes.system import FakeSystem
from tests.fakes.thing import make_thing, restarted


def board(journal=None, cause="restart", **files):
    """Return a Thing with the journal and the files in its storage."""
    thing = make_thing(system=FakeSystem(cause))
    for name, data in files.items():
        thing.storage.files[name.replace("__", ".")] = data
    if journal:
        journals.save(thing.storage, journal)
    return thing


def stored(settings: Settings) -> bytes:
    return json.dumps(to_json(settings)).encode()


def test_an_empty_device():
    thing = board()
    thing.clock.advance(500)
    assert Boot(thing).act() == "booted"
    assert thing.storage.mounted == 1
    assert thing.settings == Settings()
    assert thing.parameters.aid == "app-1"
    assert thing.parameters.tid == "T-FAKE"
    assert thing.worker_due == 1500
    assert not thing.starting
    assert thing.apps.unloads == 1
    assert thing.console.named("boot") == [
        {"cause": "restart", "tid": "T-FAKE", "os": "v2.0.0", "app": "none"}
    ]
    assert "journal.1" in thing.storage.files


def test_a_tid_of_its_own_stands_above_the_hardware():
    thing = board(tid=b"T-OWN")
    Boot(thing).act()
    assert thing.parameters.tid == "T-OWN"


def test_reads_settings_journal_and_queue():
    settings = Settings(worker_interval=7, ssl=False)
    journal = Journal(
        tries=4, settings=Slot("a", "s", "r", PROVEN), app=Slot("b", "1001", "", PROVEN)
    )
    thing = board(journal, settings__a=stored(settings), settings__b=stored(Settings()))
    thing.storage.files["queue.3"] = b"9b3d\n[1"
    assert Boot(thing).act() == "booted"
    assert thing.settings == settings
    assert thing.journal.tries == 4
    assert thing.console.named("boot")[0]["app"] == "1001"
    assert thing.storage.names() == ["journal.0", "journal.1", "settings.a", "settings.b"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1]", b"null", b'"x"', None])
def test_unreadable_settings_are_as_after_the_factory(content):
    thing = board(Journal(settings=Slot("a", "s")))
    if content is not None:
        thing.storage.files["settings.a"] = content
    assert Boot(thing).act() == "booted"
    assert thing.settings == Settings()
    assert len(thing.console.named("settings")) == 1
    assert thing.console.level("settings") == 30


def test_settings_that_the_medium_cannot_read():
    thing = board(Journal(settings=Slot("a", "s")), settings__a=stored(Settings(ssl=False)))
    thing.storage.unreadable = {"settings.a"}
    assert Boot(thing).act() == "booted"
    assert thing.settings == Settings()
    assert thing.console.named("settings") == [
        {"text": "settings are not readable: settings.a: input/output error"}
    ]


def test_one_bad_setting_leaves_the_others():
    thing = board(Journal(settings=Slot("a", "s")), settings__a=b'{"ssl": false, "pool": 5}')
    Boot(thing).act()
    assert thing.settings == Settings(ssl=False)
    assert thing.console.named("settings") == [{"text": "pool is not a text but 5; still "}]


def test_a_corrupt_journal_is_an_empty_one():
    thing = board(journal__0=b"rotten", journal__1=b"00000000 [9, {}]\n")
    assert Boot(thing).act() == "booted"
    assert thing.journal == Journal(number=1)


def test_bad_parameters_are_told():
    thing = make_thing(given={})
    thing.storage.files["aid"] = b""
    Boot(thing).act()
    assert thing.console.named("parameter") == [
        {"text": "parameter aid is an empty file; it is not used"}
    ]
    assert thing.console.level("parameter") == 30
    Boot(thing).act()  # as after each update
    assert len(thing.console.named("parameter")) == 1


@pytest.mark.parametrize(
    ("fault", "event"),
    [("mount", "must_recover"), ("journal", "must_recover"), ("queue", "booted")],
)
def test_unusable_storage(fault, event):
    thing = board(Journal(), queue__1=b"x\n")
    if fault == "mount":
        thing.storage.mountable = False
    else:
        names = {"journal": ("journal.0", "journal.1"), "queue": ("queue.1",)}
        thing.storage.unreadable = set(names[fault])
    assert Boot(thing).act() == event
    assert thing.starting == (event == "must_recover")
    if event == "must_recover":
        assert thing.trouble is not None
        assert thing.trouble.code == "storage"
        thing.storage.heal()
        assert Boot(thing).act() == "booted"


def test_a_trial_gets_one_start():
    journal = Journal(settings=Slot("b", "new", "old", FRESH), app=Slot("a", "2", "1", FRESH))
    files = {"settings__a": stored(Settings(ssl=False)), "settings__b": stored(Settings())}
    thing = board(journal, **files)
    Boot(thing).act()
    assert (thing.journal.settings.trial, thing.journal.app.trial) == (TRIED, TRIED)
    assert thing.settings == Settings()
    assert thing.console.named("taken_back") == []
    thing = restarted(thing)
    Boot(thing).act()
    assert thing.journal.settings == Slot("a", "old", "", PROVEN, "new")
    assert thing.journal.app == Slot("b", "1", "", PROVEN, "2")
    assert thing.settings == Settings(ssl=False)
    assert thing.console.named("taken_back") == [
        {"kind": "settings", "runs": "old"},
        {"kind": "app", "runs": "1"},
    ]
    assert thing.console.level("taken_back") == 30
    assert len(thing.journal.notes) == 2
    assert journals.load(thing.storage) == thing.journal


@pytest.mark.parametrize("cause", ["power_on", "restart", "crash", "watchdog", "stopped"])
def test_only_crashes_are_faulty_starts(cause):
    thing = board(Journal(starts=0), cause)
    assert Boot(thing).act() == "booted"
    assert thing.journal.starts == (1 if cause in ("crash", "watchdog") else 0)


@pytest.mark.parametrize("starts", range(10))
@pytest.mark.parametrize("cause", ["crash", "restart"])
def test_boot_loop(starts, cause):
    thing = board(Journal(starts=starts), cause)
    looping = cause == "crash" and starts + 1 in (3, 6, 9)
    assert Boot(thing).act() == ("must_recover" if looping else "booted")
    if looping:
        assert thing.trouble is not None
        assert thing.trouble.code == "boot_loop"
        assert thing.trouble.text == f"{starts + 1} starts in a row ended in a crash"
        assert Boot(thing).act() == "booted"  # recover has done its part


def test_again_without_a_restart():
    """After an update: the state in memory is newer, and the cause does not count twice."""
    thing = board(Journal(starts=1), "watchdog")
    Boot(thing).act()
    thing.queue.put(1, "x")
    thing.journal = attrs.evolve(thing.journal, app=Slot("b", "1", "", FRESH))
    app = thing.app
    assert Boot(thing).act() == "booted"
    assert thing.journal.starts == 2
    assert thing.journal.app.trial == TRIED
    assert thing.queue.head() == (1, "x")
    assert thing.app is not app
    assert thing.worker_due == thing.clock.now
    assert thing.console.named("boot")[-1]["cause"] == "update"


@pytest.mark.parametrize(
    ("offered", "aid", "timeout", "cause", "event"),
    [
        (True, "a", 60, "power_on", "setup_wanted"),
        (True, "a", 60, "watchdog", "setup_wanted"),
        (True, "a", 1, "power_on", "setup_wanted"),
        (True, "a", 0, "power_on", "booted"),
        (True, "a", 60, "restart", "booted"),
        (True, "a", 60, "crash", "booted"),
        (True, "", 0, "restart", "setup_wanted"),
        (True, "", 60, "power_on", "setup_wanted"),
        (False, "", 60, "power_on", "booted"),
    ],
)
def test_setup(offered, aid, timeout, cause, event):
    thing = make_thing(system=FakeSystem(cause), given={"aid": aid, "setup_timeout": timeout})
    thing.portal.is_offered = offered
    assert Boot(thing).act() == event
    assert Boot(thing).act() == "booted"  # once a start


@pytest.mark.parametrize("trial", [FRESH, TRIED])
def test_an_os_on_trial_that_is_not_the_one_that_runs_is_taken_back(trial):
    """The loader had no room to note that it starts this OS, or that it rolled it back."""
    thing = board(Journal(os=Slot("b", "2.1.0", "v2.0.0", trial)))
    thing.version = "v2.0.0"
    assert Boot(thing).act() == "booted"
    assert thing.journal.os == Slot("a", "v2.0.0", "", PROVEN, "2.1.0")
    assert thing.journal.notes == ["os 2.1.0 taken back: no room to note its trial"]
    assert thing.console.named("taken_back") == [{"kind": "os", "runs": "v2.0.0"}]


def test_an_os_on_trial_that_runs_stays_on_trial():
    thing = board(Journal(os=Slot("b", "v2.0.0", "v1.9.0", TRIED)))
    assert Boot(thing).act() == "booted"
    assert thing.journal.os.trial == TRIED


def quick_start(files=None):
    """Return a Thing that knows its network, with the power just on, and a portal."""
    thing = make_thing(system=FakeSystem("power_on"), given={"aid": "a", "apn": "internet"})
    thing.portal.is_offered = True
    thing.storage.files.update(files or {})
    return thing


def test_the_third_quick_start_asks_for_the_portal():
    thing = quick_start()
    for count in (1, 2):
        assert Boot(thing).act() == "booted"
        assert thing.storage.files[CYCLES] == b"x" * count
        thing = quick_start(thing.storage.files)
    assert Boot(thing).act() == "setup_wanted"
    assert CYCLES not in thing.storage.files


def test_a_storage_that_cannot_count_quick_starts_stops_nothing():
    thing = quick_start({CYCLES: b"xx"})
    thing.storage.unreadable.add(CYCLES)
    assert Boot(thing).act() == "booted"
    assert thing.quick  # a steady start removes the count
