"""update: all or nothing, and no failed version is retried at once."""

from __future__ import annotations

import json

import pytest

from domain.app.app import App
from domain.errors import CloudError, LinkError
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import FRESH, PROVEN, Slot, confirm
from domain.settings.settings import Settings, fingerprint, to_json
from domain.settings.update_policy import app_wanted, settings_wanted
from domain.states.run import Run
from domain.states.update import MAX_FILES, Update, plain_name
from tests.fakes.storage import MemoryStorage, PowerCut
from tests.fakes.thing import make_thing
from tests.unit.domain.states.updating import NEW, OLD, updating


def app_of(thing, place):
    prefix = f"app.{place}/"
    files = thing.storage.files
    found = {name[len(prefix) :]: data for name, data in files.items() if name.startswith(prefix)}
    found.pop(".sum", None)
    return found


# settings


def test_settings_in_force_at_once():
    wanted = Settings(worker_interval=5, app_version="0")
    thing = updating(wanted)
    assert Update(thing).act() == "applied"
    assert thing.settings == wanted
    assert thing.journal.settings == Slot("a", fingerprint(wanted), "", FRESH)
    assert journals.load(thing.storage) == thing.journal
    assert json.loads(thing.storage.files["settings.a"]) == to_json(wanted)
    assert thing.console.named("committed") == [
        {"kind": "settings", "version": fingerprint(wanted)}
    ]
    assert thing.wanted is None


@pytest.mark.parametrize(("due_s", "then_s"), [(3600, 5), (5, 5), (2, 2), (0, 0)])
def test_settings_in_force_at_once_make_the_worker_due_no_sooner_than_they_say(due_s, then_s):
    thing = updating(Settings(worker_interval=5, app_version="0"))
    now = thing.clock.monotonic()
    thing.worker_due = now + due_s * 1000
    assert Update(thing).act() == "applied"
    assert thing.worker_due == now + then_s * 1000


@pytest.mark.parametrize(
    "change", [{"ssl": False}, {"payload_encryption": True}, {"backend": "other"}]
)
def test_settings_that_take_a_new_session(change):
    wanted = Settings(**change)
    thing = updating(wanted)
    thing.queue.put(1, "x")
    assert Update(thing).act() == "committed"
    assert thing.settings == Settings()  # until boot
    assert thing.journal.settings.trial == FRESH
    assert "queue.1" in thing.storage.files


def test_settings_take_places_in_turn():
    thing = updating(Settings(worker_interval=5))
    thing.journal.settings = Slot("b", "s1", "", PROVEN)
    Update(thing).act()
    assert thing.journal.settings.place == "a"
    assert thing.journal.settings.previous == "s1"
    assert "settings.b" not in thing.storage.files


def test_a_change_of_versions_alone_is_not_stored():
    thing = updating(Settings(app_version="0", pythings_version="v9"))
    assert Update(thing).act() == "rejected"
    assert thing.journal.settings == Slot()


@pytest.mark.parametrize("write", [1, 2])
def test_settings_that_cannot_be_stored(write):
    """The file, or the journal: nothing has changed, and it is not tried at once again."""
    wanted = Settings(worker_interval=5)
    thing = updating(wanted)
    before = journals.load(thing.storage)
    thing.storage.fail_after(write)
    assert Update(thing).act() == "rejected"
    assert thing.settings == Settings()
    assert thing.journal.settings == Slot()
    assert journals.load(thing.storage) == before
    assert thing.status.remarks == ["settings not stored: a write failed: disk_full"]
    assert thing.console.level("update_failed") == 30
    assert thing.console.named("committed") == []
    assert not settings_wanted(thing, wanted, 59_999)
    assert settings_wanted(thing, wanted, 60_000)
    thing.clock.advance(60_000)
    thing.wanted = wanted
    assert Update(thing).act() == "applied"
    assert journals.load(thing.storage).settings.version == fingerprint(wanted)


# the app


def test_an_app():
    thing = updating(Settings(app_version="2"))
    thing.journal.app_faults = 2
    thing.journal.without_app = "left out"
    thing.queue.put(1, "x")
    assert Update(thing).act() == "committed"
    assert app_of(thing, "b") == {name: text.encode() for name, text in NEW.items()}
    assert app_of(thing, "a") == app_of(make_thing(storage=MemoryStorage(OLD)), "a")
    assert thing.journal.app == Slot("b", "2", "1", FRESH)
    assert (thing.journal.app_faults, thing.journal.without_app) == (0, "")
    assert journals.load(thing.storage) == thing.journal
    assert thing.console.named("fetched")[0] == {"file": "worker_task.py", "version": "2"}
    assert thing.console.named("committed") == [{"kind": "app", "version": "2"}]
    assert "queue.1" in thing.storage.files
    assert thing.status.remarks == []


def test_an_app_of_which_a_bit_has_flipped_does_not_run_and_is_fetched_anew():
    thing = updating(Settings(app_version="2"))
    assert Update(thing).act() == "committed"
    thing.journal.app = confirm(thing.journal.app)
    thing.storage.files["app.b/worker_task.py"] = b"#" + NEW["worker_task.py"].encode()[1:]
    thing.app = App(thing)
    thing.app.work()
    assert thing.apps.loads == []
    assert thing.status.now["worker"] == ("KO", "its files are not what was stored")
    wanted = Settings(app_version="2")
    assert app_wanted(thing, wanted, thing.clock.monotonic())
    thing.wanted = wanted
    assert Update(thing).act() == "committed"
    thing.app = App(thing)
    thing.app.work()
    assert thing.apps.loads == ["app.a"]


def test_what_an_app_writes_beside_its_code_is_its_own_affair():
    thing = updating(Settings(app_version="2"))
    assert Update(thing).act() == "committed"
    thing.storage.files["app.b/counts.txt"] = b"7"
    thing.app = App(thing)
    thing.app.work()
    assert thing.apps.loads == ["app.b"]


def test_what_lay_in_the_place_before_is_gone():
    storage = MemoryStorage({**OLD, "app.b/older.py": b"x"})
    thing = updating(Settings(app_version="2"), storage)
    assert Update(thing).act() == "committed"
    assert set(app_of(thing, "b")) == set(NEW)


def test_the_first_app():
    thing = updating(Settings(app_version="2"), MemoryStorage(), Journal())
    assert Update(thing).act() == "committed"
    assert thing.journal.app == Slot("a", "2", "", FRESH)


def test_settings_and_app_together():
    thing = updating(Settings(app_version="2", worker_interval=5))
    assert Update(thing).act() == "committed"
    assert (thing.journal.settings.trial, thing.journal.app.trial) == (FRESH, FRESH)
    thing = updating(Settings(app_version="2", ssl=False))
    assert Update(thing).act() == "committed"
    assert thing.cloud.made("app_files") == []  # a better way to fetch it is used first
    assert thing.journal.app.version == "1"


def test_settings_are_applied_even_if_the_app_fails():
    thing = updating(Settings(app_version="3", worker_interval=5))
    assert Update(thing).act() == "applied"
    assert thing.settings.worker_interval == 5
    assert thing.journal.app.version == "1"


def cut_after_some(version, name):
    yield b"half a fi"
    raise CloudError("cut_file", f"{name} has no end mark")


def dropped_after_some(version, name):
    yield b"half a fi"
    raise LinkError("cut", "the answer ended early")


FAILURES = {
    "no such version": ("app_files", CloudError("trouble", "no such version")),
    "link lost before": ("app_files", LinkError("timeout", "no answer")),
    "an HTML page": ("app_file", CloudError("trouble", "a page instead of a file")),
    "cut": ("app_file", cut_after_some),
    "link lost within": ("app_file", dropped_after_some),
    "no files": ("app_files", []),
    "too many": ("app_files", [f"f{n}.py" for n in range(MAX_FILES + 1)]),
    "above the root": ("app_files", ["worker_task.py", "../journal.0"]),
    "no text": ("app_files", ["worker_task.py", 5]),
    "too long": ("app_file", CloudError("too_long", "too long")),
    "session": ("app_file", CloudError("session", "token not found")),
}


@pytest.mark.parametrize("name", FAILURES)
def test_an_app_that_cannot_be_fetched(name):
    call, answer = FAILURES[name]
    thing = updating(Settings(app_version="2"))
    if call == "app_file":
        thing.cloud.script(call, lambda version, name: [b"whole"])
    thing.cloud.script(call, answer)
    before = thing.storage.snapshot()
    assert Update(thing).act() == "rejected"
    left, tried = thing.storage.snapshot(), thing.journal.tried
    for name in ("journal.0", "journal.1"):
        left.pop(name, None), before.pop(name, None)
    assert left == before  # nothing left behind
    assert tried == ["app", "2", 0]
    assert thing.journal.app == Slot("a", "1", "", PROVEN)
    assert len(thing.status.remarks) == 1
    assert thing.status.remarks[0].startswith("app 2 not installed: ")
    assert thing.status.remarks[0].count("not installed") == 1
    assert len(thing.console.named("update_failed")) == 1
    # later, and later each time; at once if another one is asked for
    wanted = Settings(app_version="2")
    assert not app_wanted(thing, wanted, 59_999)
    assert app_wanted(thing, wanted, 60_000)
    assert app_wanted(thing, Settings(app_version="3"), 0)


def test_as_many_files_as_there_may_be():
    thing = updating(Settings(app_version="2"))
    thing.cloud.apps["2"] = {f"f{n}.py": "x" for n in range(MAX_FILES)}
    assert Update(thing).act() == "committed"
    assert len(app_of(thing, "b")) == MAX_FILES == 32


def test_held_back_longer_each_time():
    thing = updating(None)
    thing.cloud.script("app_files", *[LinkError("timeout", "x")] * 4)
    waits = []
    for _ in range(4):
        thing.wanted = Settings(app_version="2")
        assert Update(thing).act() == "rejected"
        waits.append(thing.held_app.until - thing.clock.now)
        thing.clock.now = thing.held_app.until
    assert waits == [60_000, 120_000, 240_000, 300_000]
    thing.wanted = Settings(app_version="2")
    assert Update(thing).act() == "committed"


def test_what_is_held_back_is_left_alone():
    thing = updating(Settings(app_version="2"))
    thing.held_app.hold("2", 0)
    assert Update(thing).act() == "rejected"
    assert thing.cloud.made("app_files") == []


def test_nothing_is_wanted():
    thing = updating(None)
    writes = thing.storage.writes
    assert Update(thing).act() == "rejected"
    assert thing.storage.writes == writes
    assert thing.status.remarks == []


def test_every_write_may_find_the_disk_full():
    whole = updating(Settings(app_version="2"))
    begin = whole.storage.writes
    Update(whole).act()
    count = whole.storage.writes - begin
    assert count > 6
    for write in range(1, count + 1):
        thing = updating(Settings(app_version="2"))
        thing.storage.fail_after(write)
        if write == 1:  # the note of the try: it goes on without
            assert Update(thing).act() == "committed"
            continue
        assert Update(thing).act() == "rejected"
        assert app_of(thing, "b") == {}
        assert journals.load(thing.storage).app == thing.journal.app
        assert thing.journal.app == Slot("a", "1", "", PROVEN)
        assert thing.held_app.holds("2", 0)
        assert thing.status.remarks == ["app 2 not installed: a write failed: disk_full"]


def test_a_disk_that_is_really_full():
    thing = updating(Settings(app_version="2"))
    thing.storage.capacity = sum(map(len, thing.storage.files.values())) + 50
    assert Update(thing).act() == "rejected"
    assert app_of(thing, "b") == {}


def test_a_storage_that_takes_nothing_at_all():
    storage = MemoryStorage({**OLD, "app.b/older.py": b"x"})
    thing = updating(Settings(app_version="2"), storage)
    thing.storage.fail_always("storage")
    assert Update(thing).act() == "rejected"
    assert thing.held_app.holds("2", 0)


@pytest.mark.parametrize("wanted", [Settings(app_version="2"), Settings(ssl=False)])
def test_a_power_cut_at_every_write(wanted):
    """The version that the journal names is complete, be it the old or the new one."""
    whole = updating(wanted)
    begin = whole.storage.writes
    Update(whole).act()
    seen = set()
    for write in range(1, whole.storage.writes - begin + 1):
        thing = updating(wanted)
        thing.storage.cut_after(write)
        with pytest.raises(PowerCut):
            Update(thing).act()
        thing.storage.restart()
        journal = journals.load(thing.storage)
        assert journal.app == Slot("a", "1", "", PROVEN)
        assert journal.settings == Slot()
        assert app_of(thing, "a") == app_of(make_thing(storage=MemoryStorage(OLD)), "a")
        seen.add(journal.app.version)
    assert seen == {"1"}


@pytest.mark.parametrize("name", ["worker_task.py", "a", "A-1_2.x", "x" * 64, "a..b", "_", "-"])
def test_plain_names(name):
    assert plain_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".hidden",
        "pt_net.py",
        "a/b",
        "/a",
        "a\\b",
        "a b",
        "é",
        "x" * 65,
        "a\n",
        None,
        5,
        "²",
    ],
)
def test_names_that_are_not_plain(name):
    assert not plain_name(name)


# the wanted versions


@pytest.mark.parametrize(
    ("version", "wanted"),
    [("3", True), ("", False), ("0", False), ("2", False), ("bad", False), ("1", True)],
)
def test_app_wanted(version, wanted):
    thing = make_thing()
    thing.journal.app = Slot("a", "2", "1", PROVEN, "bad")
    assert app_wanted(thing, Settings(app_version=version), 0) == wanted


def test_settings_wanted():
    thing = make_thing()
    assert not settings_wanted(thing, Settings(app_version="9"), 0)
    other = Settings(pool="x")
    assert settings_wanted(thing, other, 0)
    thing.journal.settings = Slot("", "", "", PROVEN, fingerprint(other))
    assert not settings_wanted(thing, other, 0)
    assert settings_wanted(thing, Settings(pool="y"), 0)


def test_a_cloud_that_asks_to_wait_is_left_alone_for_as_long():
    thing = updating(Settings(app_version="2"))
    busy = CloudError("trouble", "the cloud is busy")
    busy.wait_s = 900

    def answer(*_arguments):
        raise busy

    thing.cloud.script("app_files", answer)
    assert Update(thing).act() == "rejected"
    run, start = Run(thing), thing.clock.now
    thing.status.set(start, "worker")
    thing.cloud.calls.clear()
    thing.clock.advance(899_000)
    run.act()
    assert not thing.cloud.calls
    while not thing.cloud.calls:
        run.act()
    assert thing.clock.now == start + 900_000
