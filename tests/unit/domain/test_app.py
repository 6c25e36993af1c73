"""The app as the OS sees it: the cost of its faults, and how they are forgiven."""

from __future__ import annotations

import pytest

from domain.app.app import App, keep_readings
from domain.errors import AppError
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import PROVEN, TRIED, Slot
from domain.readings.queue import IN_MEMORY
from domain.settings.parameters import Parameters
from domain.settings.settings import Settings
from tests.fakes.thing import make_thing

HUNG = AppError("hung", "no answer in 30 s - look for a loop")
DIED = AppError("died", "it ended the process")
RAISED = AppError("raised", "ValueError: x")
IMPORT = AppError("import", "SyntaxError: line 1")


def installed(slot=None, **overrides):
    thing = make_thing(**overrides)
    thing.journal = Journal(app=slot or Slot("a", "2", "1", PROVEN))
    thing.app = App(thing)
    return thing


def worked(thing, times=1):
    for _ in range(times):
        thing.app.work()
        thing.clock.advance(1000)


def test_a_reading():
    thing = installed()
    thing.clock.set_epoch(1000)
    thing.settings = Settings(worker_interval=7)
    thing.parameters = Parameters(app_timeout=9)
    thing.apps.worker = lambda: {"t": 20}
    thing.clock.advance(500)
    thing.app.work()
    assert thing.worker_due == 7500
    assert thing.queue.head() == (1000, {"t": 20})
    assert thing.apps.loads == ["app.a"]
    assert thing.apps.calls == [("worker", None, 9000)]
    assert thing.status.now == {"worker": ("OK", "")}
    assert thing.console.named("reading") == [{"waiting": 1}]
    assert thing.console.level("reading") == 10
    thing.app.work()
    assert thing.apps.loads == ["app.a"]  # once


def test_a_reading_that_the_cloud_does_not_take_is_told_here_too():
    thing = installed()
    given = iter(["x" * 600, "x" * 600, {}, "good", "x" * 600])
    thing.apps.worker = lambda: next(given)
    worked(thing, 5)
    told = thing.console.named("app_fault")
    assert [fault["text"][:40] for fault in told] == [
        "the worker returned 602 characters of JS",
        "the worker returned {}: the cloud takes ",
        "the worker returned 602 characters of JS",
    ]
    assert {fault["task"] for fault in told} == {"worker"}
    assert thing.console.level("app_fault") == 30


def test_nothing_to_send():
    thing = installed()
    thing.app.work()
    assert thing.queue.head() is None
    assert thing.status.now == {"worker": ("OK", "")}


@pytest.mark.parametrize("value", [0, "", [], {}, False, "x" * 511])
def test_what_the_cloud_would_not_take(value):
    thing = installed()
    thing.apps.worker = lambda: value
    thing.app.work()
    assert thing.queue.head() is None
    status, text = thing.status.now["worker"]
    assert status == "KO"
    assert text.startswith("the worker returned ")


def test_no_second_twice():
    thing = installed()
    thing.apps.worker = lambda: "x"
    thing.clock.set_epoch(1000)
    for _ in range(3):
        thing.app.work()
    thing.clock.set_epoch(995)  # told anew, a little behind
    thing.app.work()
    thing.app = App(thing)  # after an update
    thing.app.work()
    assert [epoch for epoch, _ in thing.queue.fresh] == [1000, 1001, 1002, 1003, 1004]
    thing.clock.set_epoch(1004 - 60)  # it was wrong by more: the new time is believed
    thing.app.work()
    assert thing.queue.fresh[-1][0] == 944
    thing.clock.set_epoch(2000)
    thing.app.work()
    assert thing.queue.fresh[-1][0] == 2000


def test_while_the_time_is_not_known():
    thing = installed()
    thing.apps.worker = lambda: "x"
    thing.app.work()
    thing.app.work()
    assert thing.queue.fresh == [(None, "x"), (None, "x")]
    thing.clock.set_epoch(0)
    thing.app.work()
    assert thing.queue.fresh[-1] == (1, "x")


def test_an_error_is_told_and_costs_nothing():
    thing = installed()
    thing.apps.worker_fault = RAISED
    worked(thing, 5)
    assert thing.status.now == {"worker": ("KO", "ValueError: x")}
    assert thing.journal == Journal(app=Slot("a", "2", "1", PROVEN))
    assert thing.console.named("app_fault")[0] == {
        "task": "worker",
        "code": "raised",
        "text": "ValueError: x",
    }
    assert thing.console.level("app_fault") == 30
    thing.apps.worker_fault = None
    worked(thing)
    assert thing.status.now == {"worker": ("OK", "")}


@pytest.mark.parametrize("error", [HUNG, DIED])
def test_three_times_and_it_is_left_out(error):
    thing = installed()
    thing.apps.worker_fault = error
    for count in (1, 2):
        worked(thing)
        assert thing.journal.app_faults == count
        assert thing.journal.without_app == ""
        assert journals.load(thing.storage) == thing.journal
        assert thing.apps.unloads == 0
    worked(thing)
    reason = f"the app is left out after 3 faults, the last: {error.text}"
    assert thing.journal.without_app == reason
    assert journals.load(thing.storage) == thing.journal
    assert thing.apps.unloads == 1
    assert thing.status.now["worker"] == ("KO", error.text)
    calls = len(thing.apps.calls)
    thing.apps.worker_fault = None
    thing.clock.advance(5)
    worked(thing, 5)
    assert thing.worker_due == thing.clock.now + 59_000
    assert len(thing.apps.calls) == calls
    assert thing.app.manage("x") == f"no app is running: {reason}"


def test_the_reason_is_bounded():
    thing = installed()
    thing.apps.worker_fault = AppError("died", "x" * 500)
    worked(thing, 3)
    assert thing.journal.without_app.endswith(": " + "x" * 120)


def test_good_calls_forgive():
    thing = installed()
    thing.apps.worker_fault = HUNG
    worked(thing, 2)
    thing.apps.worker_fault = None
    worked(thing, 9)
    assert thing.journal.app_faults == 2
    writes = thing.storage.writes
    worked(thing)
    assert thing.journal.app_faults == 0
    assert journals.load(thing.storage).app_faults == 0
    worked(thing, 30)
    assert thing.storage.writes == writes + 1  # said once


def test_good_calls_must_be_in_a_row():
    thing = installed()
    thing.apps.worker_fault = HUNG
    worked(thing)
    thing.apps.worker_fault = None
    worked(thing, 9)
    thing.apps.worker_fault = HUNG
    worked(thing)
    thing.apps.worker_fault = None
    worked(thing, 9)
    assert thing.journal.app_faults == 2
    worked(thing)
    assert thing.journal.app_faults == 0


def test_without_faults_good_calls_write_nothing():
    thing = installed()
    worked(thing, 20)
    assert thing.storage.writes == 0


def test_both_tasks_count():
    thing = installed()
    thing.apps.worker_fault = thing.apps.management_fault = HUNG
    worked(thing)
    assert thing.app.manage(None) == HUNG.text
    assert thing.status.now == {
        "worker": ("KO", f"{HUNG.text}; management task: {HUNG.text}"),
    }
    worked(thing)
    assert thing.journal.without_app


@pytest.mark.parametrize("error", [HUNG, DIED])
def test_on_trial_one_fault_takes_it_back(error):
    thing = installed(Slot("a", "2", "1", TRIED))
    thing.apps.worker_fault = error
    worked(thing)
    assert thing.journal.app == Slot("b", "1", "", PROVEN, "2")
    assert thing.journal.app_faults == 0
    assert thing.journal.notes == [f"app 2 taken back: {error.text}"]
    assert thing.console.named("taken_back") == [{"kind": "app", "runs": "1"}]
    assert journals.load(thing.storage) == thing.journal
    assert thing.apps.unloads == 1
    thing.apps.worker_fault = None
    worked(thing)
    assert thing.apps.loads == ["app.a", "app.b"]
    assert thing.status.now["worker"] == ("OK", "")


def test_on_trial_an_error_is_the_apps_own_business():
    thing = installed(Slot("a", "2", "1", TRIED))
    thing.apps.worker_fault = RAISED
    worked(thing, 5)
    assert thing.journal.app == Slot("a", "2", "1", TRIED)


def test_on_trial_and_does_not_load():
    thing = installed(Slot("a", "2", "1", TRIED))
    thing.apps.bad_folders = {"app.a": IMPORT}
    thing.apps.worker = lambda: "x"
    worked(thing)
    assert thing.apps.loads == ["app.a", "app.b"]
    assert thing.queue.head() == (None, "x")
    assert thing.journal.notes == ["app 2 taken back: SyntaxError: line 1"]
    assert thing.console.named("app_fault")[0]["task"] == "load"
    assert thing.status.now["worker"] == ("OK", "")


def test_neither_of_both_loads():
    thing = installed(Slot("a", "2", "1", TRIED))
    thing.apps.load_fault = IMPORT
    worked(thing, 3)
    assert thing.apps.loads == ["app.a", "app.b"]  # not again for every call
    assert thing.status.now["worker"] == ("KO", "SyntaxError: line 1")
    assert thing.journal.app.version == "1"


def test_the_first_version_does_not_load():
    thing = installed(Slot("b", "1", "", TRIED))
    thing.apps.load_fault = IMPORT
    worked(thing, 3)
    assert thing.apps.loads == ["app.b"]
    assert thing.journal.app == Slot("", "", "", PROVEN, "1")


def test_a_proven_one_that_does_not_load_stays():
    thing = installed()
    thing.apps.load_fault = IMPORT
    worked(thing, 3)
    assert thing.apps.loads == ["app.a"]
    assert thing.journal.app == Slot("a", "2", "1", PROVEN)
    assert thing.status.now["worker"] == ("KO", "SyntaxError: line 1")
    assert thing.app.manage(None) == "no app is running: none is installed"


def test_no_app():
    thing = installed(Slot())
    worked(thing)
    assert thing.apps.loads == []
    assert thing.status.now == {}
    assert thing.app.manage("hello") == "no app is running: none is installed"


def test_management():
    thing = installed()
    thing.parameters = Parameters(app_timeout=4)
    thing.apps.management = lambda data: {"got": data}
    assert thing.app.manage({"a": 1}) == {"got": {"a": 1}}
    assert thing.apps.calls == [("management", {"a": 1}, 4000)]
    assert thing.status.now == {}  # nothing is known of the worker yet
    thing.app.work()
    assert thing.status.now == {"worker": ("OK", "")}


def test_management_that_raises():
    thing = installed()
    thing.apps.management_fault = RAISED
    assert thing.app.manage(None) == "ValueError: x"
    assert thing.status.now == {"worker": ("KO", "management task: ValueError: x")}
    thing.app.work()
    assert thing.status.now == {"worker": ("KO", "management task: ValueError: x")}
    thing.apps.management_fault = None
    thing.app.manage(None)
    assert thing.status.now == {"worker": ("OK", "")}


def test_lost_readings_are_noted_once():
    thing = installed()
    thing.storage.fail_always("disk_full")
    thing.journal.notes = ["another"]
    for count in range(IN_MEMORY + 5):
        thing.queue.put(1000 + count, "x")
        keep_readings(thing)
    assert thing.journal.notes == ["another"]
    assert thing.journal.lost == [5, 1000, 1004]
    assert thing.queue.lost == 0
    assert thing.console.level("readings_not_kept") == 40
    told = thing.console.named("readings_not_kept")
    assert {event["code"] for event in told} == {"disk_full"}
    assert [event["waiting"] for event in told] == [1, 2, 4, 8, 16]
    assert thing.console.level("readings_lost") == 30
    assert [event["text"] for event in thing.console.named("readings_lost")] == [
        "%d readings lost, taken from 1000 to %d: no room to keep them" % (count, 999 + count)
        for count in (1, 2, 4)
    ]
    assert thing.unsaved


def test_how_many_are_lost_is_stored_as_soon_as_there_is_room():
    thing = installed()
    thing.storage.fail_always("disk_full")
    for count in range(IN_MEMORY + 2):
        thing.queue.put(count or None, "x")
        keep_readings(thing)
    assert journals.load(thing.storage).lost == []
    thing.storage.heal()
    keep_readings(thing)
    assert journals.load(thing.storage).lost == [2, 1, 1]
    writes = thing.storage.writes
    keep_readings(thing)
    assert thing.storage.writes == writes


def test_kept_readings_are_no_news():
    thing = installed()
    thing.queue.put(1, "x")
    keep_readings(thing)
    assert thing.journal.notes == []
    assert thing.console.events == []
    assert "queue.1" in thing.storage.files


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), b"x", [float("nan")], {1, 2}])
def test_a_field_that_cannot_be_sent_is_left_out_and_named(bad):
    thing = installed()
    thing.apps.worker = lambda: {"t": bad, "h": 40, "in": {"p": bad, "q": 1}}
    thing.app.work()
    assert thing.queue.head()[1] == {"h": 40, "in": {"q": 1}}
    status, text = thing.status.now["worker"]
    assert status == "KO"
    assert "['t']" in text and "['in']['p']" in text
    thing.apps.worker = lambda: {"t": bad}
    thing.app.work()
    assert thing.queue.waiting() == 1
