"""run: the order of its tasks, reports made only once, and data that no trouble may lose."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.app.app import App, keep_readings
from domain.errors import AppError, CloudError, LinkError
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import FRESH, PROVEN, TRIED, Slot
from domain.readings.queue import Queue
from domain.readings.refused import KEPT, keep, kept
from domain.settings.parameters import Parameters
from domain.settings.settings import Settings, fingerprint
from domain.states.delivery import GIVEN_UP
from domain.states.management import BACKLOG
from domain.states.run import Run
from tests.fakes.cloud import CUT, EPOCH, SESSION, TROUBLE
from tests.fakes.storage import MemoryStorage
from tests.unit.domain.states.running import Running, with_messages

UNACCEPTABLE = CloudError("unacceptable", "too long")
REFUSED = CloudError("refused", "the account's limit")


# the order and the times


def test_management_first_then_the_worker_then_what_waits():
    it = Running()
    it.thing.apps.worker = lambda: {"n": 1}
    assert it.act() is None
    assert it.names() == ["management"]
    assert [call[0] for call in it.thing.apps.calls] == ["management"]
    it.act()
    assert [call[0] for call in it.thing.apps.calls] == ["management", "worker"]
    it.act(3)
    assert it.calls("report") == [("management", "OK", None), ("worker", "OK", None)]
    assert it.cloud.readings == {EPOCH: {"n": 1}}
    assert it.thing.clock.now == 0
    it.act()
    assert it.thing.clock.now == 1000  # nothing is due: a moment's sleep


def test_intervals():
    it = Running()
    it.cloud.settings.update(management_interval=20, worker_interval=30)
    it.thing.settings = Settings(management_interval=20, worker_interval=30, app_version="1")
    it.register()
    it.until_ms(61_000)
    assert len(it.calls("management")) == 4  # 0, 20, 40, 60
    assert [call[0] for call in it.thing.apps.calls].count("worker") == 3  # 0, 30, 60
    assert it.thing.clock.slept == 61_000


def test_comes_back_soon_as_long_as_the_cloud_asks_for_it():
    it = Running()
    it.cloud.settings.update(management_interval=60, worker_interval=3600)
    it.thing.settings = Settings(management_interval=60, worker_interval=3600, app_version="1")
    it.register()
    it.until_ms(1)
    it.cloud.settings["soon"] = True
    it.until_ms(60_001)
    writes = it.thing.storage.writes
    before = len(it.calls("management"))
    it.until_ms(80_001)
    assert len(it.calls("management")) == before + 10
    del it.cloud.settings["soon"]
    it.until_ms(84_001)
    before = len(it.calls("management"))
    it.until_ms(145_000)
    assert len(it.calls("management")) == before + 1
    assert it.thing.storage.writes == writes  # nothing is written for it


def test_says_once_a_minute_what_it_did():
    it = Running()
    it.thing.apps.worker = lambda: {"n": 1}
    it.thing.settings = Settings(worker_interval=20, app_version="1")
    it.cloud.settings.update(worker_interval=20)
    it.register()
    it.until_ms(181_000)
    assert it.thing.console.named("works") == [{"calls": 3, "sent": 3, "waiting": 0}] * 3
    assert it.thing.console.level("works") == 20


def test_says_nothing_where_it_did_nothing():
    it = Running(app=False)
    it.thing.app = None
    it.until_ms(181_000)
    assert it.thing.console.named("works") == []


def test_sleeps_no_longer_than_to_what_is_due():
    it = Running()
    it.until_ms(1)
    it.thing.worker_due = it.thing.clock.now + 300
    it.act()
    assert it.thing.clock.now == 1300
    it.thing.worker_due = 10**9
    it.run.management_due = 1500
    it.act()
    assert it.thing.clock.now == 1500
    it.act()
    it.thing.worker_due = 10**9
    it.run.cloud_due = it.thing.clock.now + 40
    it.act()
    assert it.thing.clock.now == 1540


def test_without_an_app_object_there_is_still_management():
    it = Running()
    it.thing.app = None
    it.until_ms(5)
    assert it.act(200) is None
    assert it.calls("management")
    assert it.calls("report") == [("management", "OK", None)]


def test_an_app_that_is_always_due_does_not_hold_up_the_rest():
    it = Running()
    clock = it.thing.clock
    it.cloud.settings["worker_interval"] = 1
    it.thing.settings = Settings(worker_interval=1)

    def worker():
        clock.advance(1500)
        return "x"

    it.thing.apps.worker = worker
    it.until_ms(60_000)
    assert len(it.cloud.readings) >= 35
    assert it.thing.queue.waiting() <= 3


def test_management_that_takes_long_does_not_hold_up_the_rest():
    it = Running()
    clock = it.thing.clock
    it.cloud.settings["management_interval"] = 1
    it.thing.settings = Settings(management_interval=1, worker_interval=1)
    it.cloud.settings["worker_interval"] = 1
    it.cloud.on_call = lambda name: clock.advance(3000 if name == "management" else 0)
    it.thing.apps.worker = lambda: "x"
    it.until_ms(60_000)
    assert len(it.cloud.readings) >= 10
    assert it.thing.queue.waiting() <= 2


def test_comparing_that_takes_long_does_not_hold_up_the_rest():
    it = Running()
    it.cloud.settings.update(management_interval=1, worker_interval=1, unknown_app="?")
    it.thing.settings = Settings(management_interval=1, worker_interval=1)
    set_status = it.thing.status.set

    def slow(now, part, *words):
        it.thing.clock.advance(3000 if part == "pythings" else 0)
        set_status(now, part, *words)

    it.thing.status.set = slow  # type: ignore[method-assign]
    it.thing.apps.worker = lambda: "x"
    it.until_ms(60_000)
    assert len(it.cloud.readings) >= 10


DURATIONS = st.lists(st.integers(0, 20_000), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(
    took=st.fixed_dictionaries(
        dict.fromkeys(("management", "report", "reading", "worker", "manage", "compare"), DURATIONS)
    ),
    intervals=st.tuples(st.integers(1, 10), st.integers(1, 10)),
)
def test_each_gets_its_turn_whatever_the_others_take(took, intervals):
    """In any stretch of so many acts that are work, each of the three that is due comes once."""
    management, worker = intervals
    it = Running()
    it.cloud.settings.update(management_interval=management, worker_interval=worker)
    it.thing.settings = Settings(management_interval=management, worker_interval=worker)
    times = {name: itertools.cycle(took[name]) for name in took}
    turns = []

    def takes(name):
        turns.append(name)
        if name in times:
            it.thing.clock.advance(next(times[name]))

    set_status = it.thing.status.set

    def compare(now, part, *words):
        if part == "pythings":
            it.thing.clock.advance(next(times["compare"]))
        set_status(now, part, *words)

    it.thing.status.set = compare  # type: ignore[method-assign]
    it.cloud.on_call = takes
    it.thing.apps.worker = lambda: takes("worker") or "x"
    it.thing.apps.management = lambda data: it.thing.clock.advance(next(times["manage"]))
    for number in range(500):
        it.thing.queue.put(number + 1, number + 1)
    seconds = 12 * (20 * 3 + max(intervals))
    it.until_ms(seconds * 1000)
    for name in ("management", "worker", "reading"):
        assert turns.count(name) >= 6, turns


# reports


def test_said_once_in_a_session_and_on_a_change():
    it = Running()
    it.until_ms(200_000)
    told = [("management", "OK", None), ("worker", "OK", None)]
    assert it.calls("report") == told
    it.thing.apps.worker_fault = AppError("raised", "ValueError: x")
    it.until_ms(400_000)
    assert it.calls("report") == [*told, ("worker", "KO", "ValueError: x")]
    it.thing.apps.worker_fault = None
    it.until_ms(600_000)
    assert it.calls("report")[3:] == [("worker", "OK", None)]
    it.register()
    it.until_ms(800_000)
    assert it.calls("report") == told


def test_a_management_task_that_raises_is_told_as_the_worker():
    """After a KO of management the cloud would send no message any more."""
    it = Running()
    it.thing.apps.management_fault = AppError("raised", "KeyError: x")
    it.until_ms(200_000)
    text = "management task: KeyError: x"
    assert it.calls("report") == [("management", "OK", None), ("worker", "KO", text)]
    it.cloud.messages = [("m", "CMD", "mend()")]
    it.until_ms(300_000)
    assert it.cloud.replies == {"m": "ran mend()"}


def test_without_an_app_management_is_ok():
    it = Running(app=False)
    it.until_ms(100_000)
    assert it.calls("report") == [("management", "OK", None)]


def test_bad_settings_are_told_and_what_works_is_kept():
    it = Running()
    it.cloud.settings["worker_interval"] = "auto"
    it.until_ms(100_000)
    problem = "worker_interval is not a whole number but 'auto'; still 60"
    assert it.calls("report")[0] == ("pythings", "KO", problem)
    assert it.thing.settings == Settings()
    assert it.thing.console.named("settings")[0] == {"text": problem}
    assert it.thing.console.level("settings") == 30
    it.cloud.settings["worker_interval"] = "60"
    it.until_ms(200_000)
    assert it.calls("report")[-1] == ("pythings", "OK", None)


def test_what_is_wrong_with_the_parameters_is_told_for_as_long():
    it = Running(app=False)
    it.thing.given = {"aid": "app-1", "app_timeout": "soon", "backend": "a b"}
    it.thing.load_parameters()
    for _ in range(2):
        it.register()
        it.until_ms(it.thing.clock.now + 70_000)
        assert it.calls("report")[0][:2] == ("pythings", "KO")
        assert all(problem in it.calls("report")[0][2] for problem in it.thing.problems)
    assert it.thing.problems
    it.thing.given = {"aid": "app-1"}
    it.thing.load_parameters()
    it.until_ms(it.thing.clock.now + 70_000)
    assert it.calls("report")[-1] == ("pythings", "OK", None)


def test_notes_are_told_once():
    it = Running()
    it.thing.journal.notes = ["app 2 taken back: x"]
    it.thing.journal.lost = [2, 100, 101]
    it.thing.queue.lost, it.thing.queue.lost_times = 1, [102, 102]
    it.thing.save_journal()
    it.until_ms(100_000)
    text = "app 2 taken back: x; 3 readings lost, taken from 100 to 102: no room to keep them"
    assert it.calls("report")[0] == ("pythings", "KO", text)
    assert it.thing.journal.notes == []
    assert it.thing.queue.lost == 0
    stored = journals.load(it.thing.storage)
    assert (stored.notes, stored.lost) == ([], [])
    it.until_ms(300_000)
    assert len([call for call in it.calls("report") if call[0] == "pythings"]) == 1
    it.register()
    it.until_ms(500_000)
    assert [call for call in it.calls("report") if call[0] == "pythings"] == []


def test_what_is_lost_while_it_is_told_is_told_with_the_next():
    it = Running()
    it.thing.journal.lost = [2, 100, 101]

    def more(*_arguments):
        it.thing.queue.lost, it.thing.queue.lost_times = 1, [102, 102]
        keep_readings(it.thing)

    it.cloud.script("report", more)
    it.until_ms(100_000)
    texts = [call[2] for call in it.calls("report") if call[0] == "pythings"]
    assert texts == [
        "%d readings lost, taken from 100 to %d: no room to keep them" % (count, 99 + count)
        for count in (2, 3)
    ]
    assert it.thing.journal.lost == []


def test_how_many_readings_wait_is_told_when_they_are_many():
    it = Running()
    for number in range(BACKLOG * 8):
        it.thing.queue.put(number + 1, {"n": number})
    it.thing.queue.keep()
    waiting = []

    def count(name):
        if name == "management":
            waiting.append(it.thing.queue.waiting())

    it.cloud.on_call = count
    it.thing.settings = Settings(management_interval=1, worker_interval=1000)
    while it.thing.queue.waiting():
        for _ in range(40):
            it.act()
        it.thing.clock.now += 1000
    it.until_ms(it.thing.clock.now + 5000)
    told = [call[1:] for call in it.calls("report") if call[0] == "pythings"]
    counts = [int(text.split()[0]) for _, text in told[:-1]]
    assert counts[0] == BACKLOG * 8
    assert all(status == "OK" for status, _ in told)
    assert told[-1] == ("OK", None)
    assert all(after <= before / 2 for before, after in zip(counts, counts[1:]))
    assert len(counts) >= 3
    assert set(counts) <= set(waiting)
    assert [event["waiting"] for event in it.thing.console.named("backlog")] == counts


def test_a_note_that_could_not_be_told_stays():
    it = Running()
    it.thing.journal.notes = ["something"]
    it.act(2)
    it.cloud.script("report", CUT)
    assert it.act() == "link_lost"
    assert it.thing.journal.notes == ["something"]


def test_an_app_left_out_is_told_for_as_long():
    it = Running()
    it.thing.journal.without_app = "left out"
    it.until_ms(100_000)
    assert it.calls("report")[0] == ("pythings", "KO", "left out")


# messages


def test_a_message_for_the_app():
    it = with_messages(("m1", "APP", {"ask": 1}))
    it.thing.apps.management = lambda data: {"answer": data}
    it.until_ms(61_000)
    assert it.cloud.replies == {"m1": {"answer": {"ask": 1}}}
    assert it.thing.apps.executed == []
    assert it.thing.console.named("message") == [{"mid": "m1", "type": "APP"}]


def test_a_command():
    it = with_messages(("m1", "CMD", "print(1)"))
    it.until_ms(61_000)
    assert it.cloud.replies == {"m1": "ran print(1)"}
    assert it.thing.apps.executed == [("print(1)", 30_000)]
    assert it.thing.apps.calls[0][:2] == ("management", None)  # the app's own call all the same


def test_a_message_that_is_too_long_is_answered_and_reaches_no_app():
    it = with_messages(("m1", "LONG", "error: too long"), ("m2", "APP", "short"))
    it.until_ms(121_000)
    assert it.cloud.replies["m1"] == "error: too long"
    given = [call[1] for call in it.thing.apps.calls if call[0] == "management"]
    assert given[:2] == [None, "short"]
    assert "m2" in it.cloud.replies


@pytest.mark.parametrize(
    ("ssl", "encrypted", "unverified", "exposed", "backend", "taken"),
    [
        (True, False, False, False, "", True),
        (True, False, True, False, "", False),
        (False, False, False, False, "", False),
        (False, True, False, False, "", True),
        (True, True, True, False, "", True),
        (True, False, True, True, "", True),  # then the payload is always encrypted
        (True, False, False, False, "http://mine", True),  # by hand
        (False, False, False, False, "https://mine", True),
        (True, False, True, False, "https://mine", False),
    ],
)
def test_a_command_that_anybody_could_have_sent(
    ssl, encrypted, unverified, exposed, backend, taken
):
    it = with_messages(("m1", "CMD", "print(1)"))
    it.thing.settings = Settings(ssl=ssl, payload_encryption=encrypted)
    it.cloud.settings.update(ssl=ssl, payload_encryption=encrypted)
    it.thing.parameters = Parameters(aid="app-1", tid="T-FAKE", backend=backend)
    it.thing.unverified, it.thing.exposed = unverified, exposed
    it.until_ms(61_000)
    assert (it.cloud.replies["m1"] == "ran print(1)") is taken
    assert taken or it.cloud.replies["m1"].startswith("refused: anybody could")
    assert it.thing.apps.executed == ([("print(1)", 30_000)] if taken else [])


def test_a_command_where_they_are_switched_off():
    it = with_messages(("m1", "CMD", "print(1)"))
    it.thing.parameters = Parameters(aid="app-1", tid="T-FAKE", commands="off")
    it.until_ms(61_000)
    assert "commands are off here" in it.cloud.replies["m1"]
    assert it.thing.apps.executed == []


@pytest.mark.parametrize("content", [None, 5, {"a": 1}])
def test_a_command_that_is_none(content):
    it = with_messages(("m1", "CMD", content))
    it.until_ms(61_000)
    assert it.cloud.replies == {"m1": f"a command is Python source, not {content!r}"}
    assert it.thing.apps.executed == []


def test_a_command_that_hangs():
    it = with_messages(("m1", "CMD", "while True: pass"))
    it.thing.apps.execute_fault = AppError("hung", "no answer in 30 s")
    it.until_ms(61_000)
    assert it.cloud.replies == {"m1": "no answer in 30 s"}


def test_a_type_that_nobody_knows_is_the_apps():
    it = with_messages(("m1", "NEW", "x"))
    it.until_ms(61_000)
    assert it.cloud.replies == {"m1": "x"}


def test_a_message_while_there_is_no_app():
    it = with_messages(("m1", "APP", "x"))
    it.thing.journal.without_app = "left out"
    it.thing.app = App(it.thing)
    it.until_ms(61_000)
    assert it.cloud.replies == {"m1": "no app is running: left out"}


def test_every_message_gets_a_reply():
    it = with_messages(*[(f"m{n}", "APP", n) for n in range(5)])
    it.until_ms(400_000)
    assert it.cloud.replies == {f"m{n}": n for n in range(5)}


def test_a_reply_survives_a_lost_link():
    it = with_messages(("m1", "APP", "x"))
    it.cloud.script("reply", CUT)
    assert it.until_ms(61_000) == "link_lost"
    assert it.thing.trouble is not None
    assert it.thing.trouble.code == "cut"
    it.register()
    it.act(3)
    assert it.cloud.replies == {"m1": "x"}
    assert len(it.calls("reply")) == 1
    it.until_ms(200_000)
    assert len(it.calls("reply")) == 1


def test_a_reply_survives_trouble():
    it = with_messages(("m1", "APP", "x"))
    it.cloud.script("reply", TROUBLE)
    assert it.until_ms(200_000) is None
    assert it.cloud.replies == {"m1": "x"}
    assert len(it.calls("reply")) == 2


@pytest.mark.parametrize(("error", "tries"), [(UNACCEPTABLE, 1), (TROUBLE, 4)])
def test_a_reply_that_is_never_taken_does_not_stop_the_rest(error, tries):
    it = with_messages(("m1", "APP", "x"))
    it.cloud.script("reply", *[error] * 50)
    assert it.until_ms(1_200_000) is None
    assert it.calls("reply") == [("m1", "x")] * tries + [("m1", GIVEN_UP)] * tries
    text = f"a reply was given up: {error.text}"
    assert ("pythings", "KO", text) in it.calls("report")
    assert it.thing.console.named("given_up") == [{"what": "a reply", "text": error.text}] * 2


def test_who_has_asked_is_told_that_the_reply_is_given_up():
    it = with_messages(("m1", "APP", "x" * 9000), ("m2", "APP", "y"))
    it.cloud.script("reply", UNACCEPTABLE)
    it.until_ms(200_000)
    assert it.cloud.replies == {"m1": GIVEN_UP, "m2": "y"}


def test_a_report_that_is_never_taken_does_not_stop_the_rest():
    it = Running()
    it.thing.apps.worker = lambda: "x"
    it.cloud.script("report", *[TROUBLE] * 4)
    assert it.until_ms(600_000) is None
    assert len(it.cloud.readings) >= 9
    told = it.calls("report")
    assert told[:4] == [("management", "OK", None)] * 4
    assert ("pythings", "KO", f"a report was given up: {TROUBLE.text}") in told


def test_answered_before_settings_change():
    it = with_messages(("m1", "APP", "x"))
    it.cloud.settings["ssl"] = False
    assert it.until_ms(61_000) == "update_wanted"
    assert it.cloud.replies == {"m1": "x"}
    assert it.thing.wanted == Settings(ssl=False, app_version="1")


# requests of the cloud


def test_another_app_is_wanted():
    it = Running()
    it.cloud.settings["app_version"] = "2"
    assert it.act() == "update_wanted"
    assert it.thing.wanted == Settings(app_version="2")


@pytest.mark.parametrize("version", ["", "0", "1", "rejected"])
def test_an_app_that_is_not_to_be_had(version):
    it = Running()
    it.thing.journal.app = Slot("a", "1", "", PROVEN, "rejected")
    it.cloud.settings["app_version"] = version
    assert it.until_ms(100_000) is None


def test_what_is_held_back_is_wanted_later():
    it = Running()
    it.cloud.settings.update(app_version="2")
    it.thing.held_app.hold("2", 0)
    assert it.until_ms(59_000) is None
    assert it.until_ms(61_000) == "update_wanted"
    it = Running()
    wanted = Settings(ssl=False, app_version="1")
    it.cloud.settings.update(ssl=False)
    it.thing.held_settings.hold(fingerprint(wanted), 0)
    assert it.until_ms(59_000) is None
    assert it.until_ms(61_000) == "update_wanted"


def test_settings_that_were_taken_back_are_not_wanted():
    it = Running()
    it.cloud.settings["ssl"] = False
    it.thing.journal.settings = Slot("", "", "", PROVEN, fingerprint(Settings(ssl=False)))
    assert it.until_ms(100_000) is None
    it.cloud.settings["ssl"] = True
    it.cloud.settings["worker_interval"] = 5
    assert it.until_ms(200_000) == "update_wanted"


# trials


def test_a_management_exchange_confirms():
    it = Running()
    it.thing.journal = Journal(
        tries=5, settings=Slot("a", "s", "", TRIED), app=Slot("a", "1", "0", FRESH)
    )
    it.act()
    assert (it.thing.journal.settings.trial, it.thing.journal.app.trial) == (PROVEN, FRESH)
    it.act()  # of the app, the worker too has to come back
    assert (it.thing.journal.settings.trial, it.thing.journal.app.trial) == (PROVEN, PROVEN)
    assert it.thing.journal.tries == 0
    assert journals.load(it.thing.storage) == it.thing.journal
    assert it.thing.console.named("confirmed") == [{"app": "1"}]
    writes = it.thing.storage.writes
    it.until_ms(100_000)
    assert it.thing.storage.writes == writes


def test_a_confirmation_that_cannot_be_written_is_written_later():
    it = Running()
    it.thing.journal.app = Slot("a", "1", "0", TRIED)
    it.thing.storage.fail_always()
    it.until_ms(100_000)
    assert it.thing.journal.app.trial == PROVEN
    it.thing.storage.heal()
    it.until_ms(200_000)
    assert journals.load(it.thing.storage).app.trial == PROVEN
    assert len(it.thing.console.named("confirmed")) == 1


def test_confirmed_without_an_app():
    it = Running(app=False)
    it.thing.journal.settings = Slot("a", "s", "", TRIED)
    it.act()
    assert it.thing.console.named("confirmed") == [{"app": "none"}]


@pytest.mark.parametrize("error", [CUT, TROUBLE, SESSION])
def test_no_exchange_no_confirmation(error):
    it = Running()
    it.thing.journal.app = Slot("a", "1", "0", TRIED)
    it.thing.journal.tries = 5
    it.cloud.script("management", error)
    it.act()
    assert it.thing.journal.app.trial == TRIED
    assert it.thing.journal.tries == 5


def test_a_message_that_cannot_be_answered_confirms_nothing():
    it = with_messages(("m1", "APP", "x"))
    it.thing.journal.app = Slot("a", "1", "0", TRIED)
    it.cloud.script("reply", CUT)
    assert it.until_ms(61_000) == "link_lost"
    assert it.thing.journal.app.trial == TRIED


def test_a_trial_that_hangs_in_management_is_taken_back():
    it = Running()
    it.thing.journal.app = Slot("a", "2", "1", TRIED)
    it.cloud.settings["app_version"] = "2"
    it.thing.apps.management_fault = AppError("hung", "x")
    assert it.act() is None  # rejected: not wanted again
    assert it.thing.journal.app == Slot("b", "1", "", PROVEN, "2")
    it.act(3)
    assert ("pythings", "KO", "app 2 taken back: x") in it.calls("report")


def test_the_cloud_is_told_what_runs_when_an_app_was_taken_back():
    """Only a registration tells it."""
    it = Running()
    it.thing.journal.app = Slot("a", "2", "1", TRIED)
    it.register()
    it.cloud.settings["app_version"] = "2"
    it.thing.apps.management_fault = AppError("hung", "x")
    assert it.act() == "session_lost"
    assert not it.thing.cloud.in_session()
    it.register()
    assert [identity["app_version"] for identity in it.cloud.identities] == ["1", "2", "1"]
    it.thing.apps.management_fault = None
    assert it.until_ms(200_000) is None
    assert ("pythings", "KO", "app 2 taken back: x") in it.calls("report")


def test_faulty_starts_are_forgiven_after_a_good_stretch():
    it = Running()
    it.thing.journal.starts = 2
    it.until_ms(299_000)
    assert it.thing.journal.starts == 2
    it.until_ms(301_000)
    assert it.thing.journal.starts == 0
    assert journals.load(it.thing.storage).starts == 0


# the settings' own backend


def with_backend():
    it = Running(settings=Settings(backend="own.example.org:1234", ssl=False))
    it.cloud.settings.update(backend="own.example.org:1234", ssl=False)
    return it


def test_the_settings_backend_takes_over_after_the_first_exchange():
    it = with_backend()
    it.thing.journal.settings = Slot("a", "s", "", TRIED)
    it.thing.journal.tries = 4
    it.act()
    assert it.names() == ["management", "use"]
    assert it.calls("use") == [("own.example.org:1234", False)]
    assert it.thing.journal.settings.trial == TRIED  # not there yet
    assert it.thing.journal.tries == 4
    it.act()
    assert it.names() == ["management", "use", "management"]
    assert it.thing.clock.now == 0
    assert it.thing.journal.settings.trial == PROVEN
    assert it.thing.journal.tries == 0
    it.until_ms(61_000)
    assert len(it.calls("use")) == 1


def test_nothing_is_written_over_what_there_is_to_go_back_to():
    """An update while something is on trial would need the place of the last good version."""
    for slot in ("settings", "app"):
        it = with_backend()
        setattr(it.thing.journal, slot, Slot("a", "x", "old", TRIED))
        it.cloud.settings.update(app_version="3", pool="other")
        assert it.act() is None
        if slot == "app":
            assert it.act(2) is None  # until its worker, too, has come back
        it.run.management_due = it.thing.clock.now
        assert it.act() == "update_wanted"  # confirmed at the settings' own backend first
        assert getattr(it.thing.journal, slot).trial == PROVEN


def test_a_dead_settings_backend_can_be_changed():
    it = with_backend()
    it.cloud.dead_backends.add("own.example.org:1234")
    it.act()
    assert it.act() == "link_lost"
    it.cloud.settings["backend"] = "other.example.org"
    it.register()
    assert it.act() == "update_wanted"
    it.cloud.settings.pop("backend")
    it.register()
    assert it.act() == "update_wanted"
    assert it.thing.wanted is not None
    assert it.thing.wanted.backend == ""


# readings


def test_readings_go_out_in_order():
    it = Running(app=False)
    it.act()
    it.cloud.calls.clear()
    for number in range(5):
        it.thing.queue.put(100 + number, number + 1)
    it.thing.queue.keep()
    it.act(8)
    assert it.calls("reading") == [(number + 1, 100 + number) for number in range(5)]
    assert it.thing.console.named("delivered")[-1] == {"waiting": 0}


def queued(*readings):
    it = Running(app=False)
    it.until_ms(1)
    for epoch, message in readings:
        it.thing.queue.put(epoch, message)
    it.cloud.calls.clear()
    return it


def test_a_reading_that_the_cloud_refuses_is_given_up():
    it = queued((1, "x" * 600), (2, "y"))
    assert it.act(4) is None
    assert it.cloud.readings == {2: "y"}
    it.until_ms(100_000)
    text = "a reading was given up: the cloud does not take this reading"
    assert it.calls("report") == [("pythings", "KO", text)]


def test_a_second_that_is_taken_by_another_reading():
    it = queued((1, "x"), (2, "y"))
    it.cloud.readings[1] = "other"
    assert it.until_ms(59_000) is None
    assert len(it.calls("reading")) == 1  # not again before the cloud was seen to be well
    assert it.until_ms(400_000) is None
    assert it.calls("reading") == [("x", 1), ("x", 1), ("x", "1.5"), ("y", 2)]
    assert it.cloud.readings == {1: "other", 1.5: "x", 2: "y"}
    assert len(it.calls("management")) >= 3


@pytest.mark.parametrize("cause", ["answer lost", "restart"])
def test_a_reading_that_was_delivered_though_nobody_heard(cause):
    it = queued((1, "x"), (2, "y"), (3, "z"))
    it.cloud.readings[1] = "x"
    if cause == "restart":
        it.thing.queue.keep()
        it.thing.queue.open(it.thing.storage.names())
    else:
        it.cloud.script("reading", CUT)
        assert it.act() == "link_lost"
        it.register()
    it.cloud.calls.clear()
    assert it.until_ms(59_000) is None
    # Another one goes first, and at once: if it is taken, the cloud has the first one.
    assert it.calls("reading") == [("x", 1), ("y", 2), ("z", 3), ("x", "1.0")]
    assert it.until_ms(400_000) is None
    assert it.calls("reading")[4:] == [("x", "1.0")]
    assert it.cloud.readings == {1: "x", 2: "y", 3: "z"}
    assert it.thing.queue.head() is None
    assert it.thing.console.named("given_up") == []
    assert it.thing.console.named("there_already") == [{"epoch": "1.0"}]


def lost(*readings):
    """Lose the connection during the first reading's request: its arrival stays unknown."""
    it = queued(*readings)
    it.cloud.script("reading", CUT)
    assert it.act() == "link_lost"
    it.register()
    it.cloud.calls.clear()
    return it


@pytest.mark.parametrize("troubles", range(1, 5))
def test_trouble_after_a_lost_request_loses_nothing(troubles):
    it = lost((1, "x"), (2, "y"))
    it.cloud.script("reading", *[TROUBLE] * troubles)
    assert it.until_ms(1_000_000) is None
    assert sorted(it.cloud.readings.values()) == ["x", "y"]
    assert it.thing.console.named("given_up") == []


def test_one_in_doubt_waits_for_another():
    """Alone it is not dropped, not given up, and not moved."""
    it = lost((1, "x"))
    it.cloud.readings[1] = "x"
    assert it.until_ms(1_000_000) is None
    assert set(it.calls("reading")) == {("x", 1)}
    assert len(it.calls("reading")) <= len(it.calls("management"))
    it.thing.queue.put(2, "y")
    assert it.until_ms(1_400_000) is None
    assert it.cloud.readings == {1: "x", 2: "y"}
    assert it.thing.queue.head() is None


def test_those_in_doubt_do_not_go_round_and_round():
    it = lost((1, "x"), (2, "y"))
    it.cloud.readings.update({1: "x", 2: "y"})
    it.cloud.script("reading", TROUBLE, CUT)
    assert it.until_ms(500_000) == "link_lost"
    it.register()
    assert it.until_ms(1_000_000) is None
    assert len(it.calls("reading")) <= len(it.calls("management")) + 1
    assert it.thing.queue.waiting() == 2
    it.thing.queue.put(3, "z")
    assert it.until_ms(2_000_000) is None
    assert it.cloud.readings == {1: "x", 2: "y", 3: "z"}
    assert it.thing.queue.head() is None


def test_one_in_doubt_between_the_seconds():
    it = queued((1, "x"), (2, "y"))
    it.cloud.readings[1] = "other"
    it.cloud.script("reading", None, None, CUT)
    assert it.until_ms(400_000) == "link_lost"
    it.cloud.readings[1.5] = "x"
    it.register()
    assert it.until_ms(1_000_000) is None
    assert it.calls("reading") == [("x", "1.5"), ("y", 2), ("x", "1.50"), ("x", "1.50")]
    assert it.cloud.readings == {1: "other", 1.5: "x", 2: "y"}


def test_one_in_doubt_survives_a_storage_that_is_full():
    it = lost((1, "x"), (2, "y"))
    it.cloud.readings[1] = "x"
    it.thing.storage.fail_always("disk_full")
    assert it.until_ms(400_000) is None
    assert it.cloud.readings == {1: "x", 2: "y"}
    assert it.thing.queue.head() is None
    assert it.thing.console.named("readings_not_kept")


def test_no_more_than_one_is_in_doubt():
    it = queued((1, "x"), (2, "y"))
    it.thing.queue.doubtful = True
    it.cloud.readings[2] = "other"
    assert it.until_ms(400_000) is None
    assert it.cloud.readings == {1: "x", 2: "other", 2.5: "y"}


@pytest.mark.parametrize("doubtful", [False, True])
def test_a_reading_without_a_time_is_given_up_in_the_end(doubtful):
    it = queued((None, "x"), (2, "y"))
    it.thing.queue.doubtful = doubtful
    it.cloud.script("reading", *[TROUBLE] * 4)
    assert it.until_ms(600_000) is None
    assert it.calls("reading") == [("x", None)] * 4 + [("y", 2)]
    assert [fields["what"] for fields in it.thing.console.named("given_up")] == ["a reading"]


def test_a_reading_that_is_never_taken_is_given_up_in_the_end():
    it = queued((1, "x"), (9, "y"))
    it.cloud.script("reading", *[TROUBLE] * 4)
    assert it.until_ms(600_000) is None
    assert it.calls("reading") == [("x", 1)] * 2 + [("x", "1.5")] * 2 + [("y", 9)]


def test_a_reading_is_moved_once():
    """Also if another session goes on with it."""
    it = queued(("1.5", "x"), (9, "y"))
    it.cloud.script("reading", *[TROUBLE] * 4)
    assert it.until_ms(600_000) is None
    assert it.calls("reading") == [("x", "1.5")] * 4 + [("y", 9)]


def test_tries_are_counted_for_each_reading():
    it = queued((1, "x"), (2, "y"), (3, "z"))
    it.cloud.script("reading", TROUBLE, None, TROUBLE, None, TROUBLE, None)
    assert it.until_ms(600_000) is None
    assert it.cloud.readings == {1: "x", 2: "y", 3: "z"}


def test_an_account_at_its_limit_loses_nothing():
    it = queued((1, "x"))
    it.cloud.script("reading", REFUSED)
    assert it.act() is None
    it.until_ms(100_000)
    assert it.cloud.readings == {1: "x"}


BARRING = ["refused", "wrong", "not_found", "redirected", "not_encrypted", "too_long", "not_http"]


def firewall(it, bad, code="refused"):
    """Put a firewall before the cloud, which refuses readings for their content."""

    def look(message, epoch):
        if message in bad:
            raise CloudError(code, "a page that says no")

    it.cloud.script("reading", *[look] * 10_000)


@pytest.mark.parametrize("code", BARRING)
@pytest.mark.parametrize("bad", [0, 2, 5])
def test_a_reading_that_alone_is_refused_blocks_nothing_and_is_set_aside(code, bad):
    it = queued(*[(100 + number, f"m{number}") for number in range(6)])
    firewall(it, {f"m{bad}"}, code)
    it.until_ms(130_000)
    assert set(it.cloud.readings) == {100 + number for number in range(6) if number != bad}
    for late in range(6, 20):  # others go on to pass
        it.thing.queue.put(100 + late, f"m{late}")
        assert it.until_ms(it.thing.clock.now + 60_000) is None
    assert it.cloud.readings[119] == "m19"
    assert it.thing.queue.waiting() == 0
    tries = [message for message, _ in it.calls("reading")].count(f"m{bad}")
    assert 3 <= tries <= 8
    assert it.thing.console.named("given_up") == [
        {"what": "a reading", "text": "a page that says no"}
    ]
    told = "a reading was given up: a page that says no"
    assert ("pythings", "KO", told) in it.calls("report")
    (line,) = kept(it.thing.storage)
    assert json.loads(line)[:2] == ["a reading", "a page that says no"]
    assert repr((100 + bad, f"m{bad}"))[:-1] in line


@settings(max_examples=15, deadline=None)
@given(bad=st.sets(st.integers(0, 29)), restarts=st.booleans())
def test_however_many_are_refused_the_others_arrive(bad, restarts):
    it = queued(*[(100 + number, f"m{number}") for number in range(30)])
    firewall(it, {f"m{number}" for number in bad})
    for late in range(30, 60):
        it.thing.queue.put(100 + late, f"m{late}")
        assert it.until_ms(it.thing.clock.now + 120_000) is None
        if restarts:
            keep_readings(it.thing)
            it.thing.queue = Queue(it.thing.storage)
            it.thing.queue.open(it.thing.storage.names())
            it.run = Run(it.thing)
    it.until_ms(it.thing.clock.now + 3_600_000)
    good = {100 + number for number in range(60) if number not in bad}
    assert set(it.cloud.readings) == good
    assert len(kept(it.thing.storage)) <= KEPT


@pytest.mark.parametrize("code", BARRING)
def test_where_all_are_refused_none_is_lost(code):
    """An account at its limit, permanently or now and then."""
    it = queued(*[(100 + number, f"m{number}") for number in range(12)])
    firewall(it, {f"m{number}" for number in range(12)}, code)
    it.until_ms(3_600_000)
    assert it.thing.queue.waiting() == 12
    assert len(it.calls("reading")) <= len(it.calls("management")) + 1
    it.cloud.heal()
    it.until_ms(3_800_000)
    assert set(it.cloud.readings) == set(range(100, 112))
    assert it.thing.console.named("given_up") == []
    assert kept(it.thing.storage) == []


@pytest.mark.parametrize("code", BARRING)
def test_a_reply_that_is_refused_is_set_aside(code):
    it = with_messages(("m1", "APP", "x"))
    it.cloud.script("reply", *[CloudError(code, "no")] * 50)
    assert it.until_ms(600_000) is None
    assert it.calls("reply")[:5] == [("m1", "x")] * 4 + [("m1", GIVEN_UP)]
    assert kept(it.thing.storage)[0] == """["a reply", "no", "('m1', 'x')"]"""


def test_the_last_few_that_were_given_up_are_kept_each_in_part():
    storage = MemoryStorage()
    for number in range(9):
        keep(storage, "a reply", "too large", (str(number), "x" * 100_000))
    assert [json.loads(line)[2][:4] for line in kept(storage)] == ["('5'", "('6'", "('7'", "('8'"]
    assert len(storage.files["refused"]) < 4 * 700


@pytest.mark.parametrize("error", [CUT, SESSION, TROUBLE])
def test_a_reading_that_could_not_be_sent_is_kept(error):
    it = queued((1, "x"), (2, "y"))
    it.cloud.script("reading", error)
    it.act()
    assert "queue.1" in it.thing.storage.files
    assert it.thing.queue.fresh == []
    assert it.thing.queue.head() == (1, "x")


def test_readings_made_during_trouble_are_kept_too():
    it = Running()
    it.thing.apps.worker = lambda: "x"
    it.cloud.settings.update(worker_interval=2, management_interval=3600)
    it.thing.settings = Settings(worker_interval=2, management_interval=3600)
    it.until_ms(1)
    it.cloud.script("reading", TROUBLE)
    it.until_ms(1_000_000)
    assert len(it.thing.queue.fresh) <= 1
    assert it.until_ms(3_700_000) is None
    assert it.thing.queue.lost == 0
    assert list(it.cloud.readings.values()) == ["x"] * len(it.cloud.readings)
    assert len(it.cloud.readings) >= 1800


def test_a_storage_that_fails_to_note_a_delivery_is_told():
    it = queued((1, "x"), (2, "y"))
    it.thing.queue.keep()
    it.thing.storage.fail_after(1)
    it.act(3)
    assert it.cloud.readings == {1: "x", 2: "y"}
    assert it.thing.console.level("readings_not_kept") == 30


# trouble


@pytest.mark.parametrize("name", ["management", "report", "reading"])
def test_a_lost_link(name):
    it = Running()
    it.thing.apps.worker = lambda: "x"
    it.cloud.script(name, LinkError("timeout", "no answer"))
    assert it.until_ms(100_000) == "link_lost"
    assert it.thing.trouble is not None
    assert it.thing.trouble.code == "timeout"
    assert it.thing.console.level("link_lost") == 30


@pytest.mark.parametrize("name", ["management", "report", "reading", "reply"])
def test_a_lost_session(name):
    it = with_messages(("m", "APP", 1))
    it.thing.apps.worker = lambda: "x"
    it.thing.status.set(0, "pythings", "x")
    it.cloud.script(name, SESSION)
    assert it.until_ms(200_000) == "session_lost"
    assert not it.cloud.in_session()
    assert it.cloud.calls[-1] == ("forget", ())


def test_one_trouble_is_waited_out():
    it = Running()
    it.thing.crypto.fixed = b"\x80\x00"
    it.cloud.script("management", TROUBLE)
    assert it.act() is None
    assert it.thing.console.named("cloud_trouble") == [{"code": "trouble", "text": TROUBLE.text}]
    assert it.run.management_due == it.run.cloud_due == 10_000  # half of 20 s
    it.act(5)
    assert len(it.calls("management")) == 1
    it.until_ms(10_001)
    assert len(it.calls("management")) == 2


def test_three_in_a_row_are_no_accident():
    it = Running()
    it.cloud.script("management", TROUBLE, CloudError("wrong", "x"), CloudError("refused", "y"))
    assert it.until_ms(200_000) == "session_lost"
    assert len(it.calls("management")) == 3
    assert it.thing.trouble is not None
    assert it.thing.trouble.code == "refused"
    assert it.cloud.in_session()  # it may still be good


def test_two_and_a_good_one_are_forgotten():
    it = Running()
    it.cloud.script("management", TROUBLE, TROUBLE, None, TROUBLE, TROUBLE, None)
    assert it.until_ms(400_000) is None


def test_the_worker_goes_on_during_trouble():
    it = Running()
    it.thing.apps.worker = lambda: "x"
    it.thing.settings = Settings(worker_interval=1)
    it.thing.crypto.fixed = b"\xff\xff"
    it.cloud.script("management", TROUBLE)
    it.until_ms(15_000)
    assert [call[0] for call in it.thing.apps.calls].count("worker") == 15


@pytest.mark.parametrize("asked", [1, 30, 3600])
def test_waits_as_long_as_the_cloud_asks(asked):
    it = Running()
    it.thing.crypto.fixed = b"\x00\x00"  # by itself it would not wait
    it.thing.apps.worker = lambda: "x"

    def busy():
        error = CloudError("trouble", "busy")
        error.wait_s = asked
        raise error

    it.cloud.script("management", busy)
    assert it.act() is None
    it.until_ms(asked * 1000)
    assert len(it.calls("management", "reading", "report")) == 1
    it.until_ms(asked * 1000 + 2000)
    assert len(it.calls("management")) >= 2
