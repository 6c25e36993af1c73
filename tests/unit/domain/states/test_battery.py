"""The sleep of a battery Thing: the tasks at a wake, the reasons to stay awake, the note."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from domain.errors import AppError
from domain.health.journal import on_trial
from domain.lifecycle import RUN
from domain.states.battery import GOOD_WAKES, LEAST_MS
from domain.states.carried import SESSION_S
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import DOWN, SESSION, TROUBLE
from tests.fakes.system import Asleep
from tests.fakes.thing import make_runner, make_thing, restarted, run_until

EXCHANGE, WORK = 300, 100
APP = {"worker_task.py": "", "management_task.py": ""}
MOST_STEPS = 3000


def battery(**settings):
    """Return a battery Thing with an app, and all of its cloud's settings in force, on its way."""
    thing = make_thing(given={"aid": "app-1", "setup_timeout": "0"})
    thing.system.why = ""
    thing.apps.worker = lambda: {"count": 1}
    thing.cloud.apps["one"] = APP
    thing.cloud.settings.update(
        management_interval=str(EXCHANGE),
        worker_interval=str(WORK),
        battery_operated=True,
        app_version="one",
        **settings,
    )
    return thing


def about(seconds):
    return pytest.approx(seconds, abs=2)


def sleeps(thing):
    """Run the Thing until it sleeps; return (for how many seconds, note)."""
    runner = make_runner(thing)
    for _ in range(MOST_STEPS):
        try:
            runner.step()
        except Asleep as asleep:
            return asleep.args
    raise AssertionError("it does not sleep, in " + runner.machine.state)


def woken(thing, asleep, seconds=None):
    """Return the Thing after that sleep, or after another time in it."""
    seconds = asleep[0] if seconds is None else seconds
    thing.clock.advance(seconds * 1000)
    clock = FakeClock(start_ms=thing.clock.now)  # it does not know the time of day
    thing = restarted(thing, "wake", clock=clock)
    thing.portal.clock = thing.cloud.clock = clock
    thing.cloud.calls.clear()
    thing.system.why, thing.system.note = "", (seconds, asleep[1])
    return thing


def asleep_once(thing=None):
    thing = thing or battery()
    return thing, sleeps(thing)


def calls(thing):
    return [name for name, _ in thing.cloud.calls if name not in ("use", "forget")]


def test_a_wake_for_the_app_alone_needs_no_network():
    thing, asleep = asleep_once()
    assert asleep[0] == about(WORK)
    sent = len(thing.cloud.readings)
    for wakes in (1, 2):
        thing = woken(thing, asleep)
        up = len(thing.links[0].hosts)
        asleep = sleeps(thing)
        assert (calls(thing), len(thing.links[0].hosts)) == ([], up)
        assert asleep[0] == about(WORK)
        assert thing.queue.waiting() == wakes
    thing = woken(thing, asleep)
    asleep = sleeps(thing)
    # One session since power-on: no registration, and the readings travel with the exchange.
    assert [name for name in calls(thing) if name == "register"] == []
    assert calls(thing).count("management") == 1
    assert len(thing.cloud.readings) == sent + 3
    assert thing.queue.waiting() == 0


def test_the_times_of_readings_go_on():
    thing, asleep = asleep_once()
    for _ in range(6):
        thing = woken(thing, asleep)
        asleep = sleeps(thing)
    times = sorted(thing.cloud.readings)
    assert {times[n + 1] - times[n] == about(WORK) for n in range(len(times) - 1)} == {True}


def test_an_early_wake_sleeps_on():
    thing, asleep = asleep_once()
    thing = woken(thing, asleep, 40)
    again = sleeps(thing)
    assert calls(thing) == []
    assert again[0] == about(WORK - 40)
    thing = woken(thing, again)
    assert sleeps(thing)[0] == about(WORK)
    assert thing.queue.waiting() == 1


@pytest.mark.parametrize("note", [b"", b"\xff", b"[1]", b"{}", b'["a", 1, 2, 3, 4]', b"[[]]"])
def test_a_wake_without_a_note_is_a_start_like_any_other(note):
    thing, asleep = asleep_once()
    thing = woken(thing, (asleep[0], note))
    sleeps(thing)
    assert "register" in calls(thing)


def test_a_session_is_renewed_for_the_clock():
    thing, asleep = asleep_once(battery())
    thing.cloud.settings["worker_interval"] = "90000"
    thing.cloud.settings["management_interval"] = str(SESSION_S + 1)
    for expected in (False, True):
        thing = woken(thing, asleep, EXCHANGE if not expected else None)
        asleep = sleeps(thing)
        assert ("register" in calls(thing)) == expected


def test_a_session_in_the_clear_is_not_taken_to_a_link_without_tls():
    thing, asleep = asleep_once()
    thing = woken(thing, asleep, EXCHANGE)
    thing.links[0].exposed = True
    sleeps(thing)
    assert calls(thing)[0] == "register"
    assert thing.cloud.encrypted


def test_what_the_cloud_was_told_is_not_told_again():
    thing, asleep = asleep_once()
    told = len(thing.cloud.reports)
    thing = woken(thing, asleep, EXCHANGE)
    asleep = sleeps(thing)
    assert len(thing.cloud.reports) == told
    thing = woken(thing, asleep, EXCHANGE)
    thing.apps.worker_fault = AppError("raised", "ValueError: no sensor")
    sleeps(thing)
    assert thing.cloud.reports[told:][0][:2] == ("worker", "KO")


def test_all_messages_are_answered_in_one_wake():
    thing, asleep = asleep_once()
    thing.cloud.messages += [(str(n), "APP", "hello") for n in range(3)]
    thing = woken(thing, asleep, EXCHANGE)
    sleeps(thing)
    assert sorted(thing.cloud.replies) == ["0", "1", "2"]


def test_a_session_that_has_ended_costs_no_wakefulness():
    thing, asleep = asleep_once()
    thing = woken(thing, asleep, EXCHANGE)
    thing.cloud.script("management", SESSION)
    since = thing.clock.now
    asleep = sleeps(thing)
    assert thing.clock.now - since < LEAST_MS
    for _ in range(10):
        thing = woken(thing, asleep)
        asleep = sleeps(thing)
        if calls(thing):
            break
    assert calls(thing)[0] == "register"


@pytest.mark.parametrize("fault", ["link", "cloud", "trouble"])
def test_a_thing_that_cannot_reach_the_cloud_sleeps_longer_and_longer(fault):
    thing, asleep = asleep_once()
    left = []
    awake = 0
    for _ in range(100):
        thing = woken(thing, asleep)
        since = thing.clock.now
        if fault == "link":
            thing.links[0].fault = "no_link"
        if fault == "cloud":
            thing.cloud.down = DOWN
        if fault == "trouble":
            thing.cloud.script("management", *[TROUBLE] * 10)
        asleep = sleeps(thing)
        awake = max(awake, thing.clock.now - since)
        thing.cloud.heal()
        thing.links[0].fault = ""
        left.append(json.loads(asleep[1])[1] / 1000)
    assert awake < 60_000
    if fault == "trouble":  # the cloud answers, but a cheap error: it is tried as often as ever
        assert EXCHANGE - 10 <= max(left) <= EXCHANGE
    else:
        assert 3500 <= max(left) <= 3600
    assert thing.queue.waiting() >= 98


def test_readings_that_no_storage_takes_are_told():
    thing, asleep = asleep_once()
    thing = woken(thing, asleep)
    runner = make_runner(thing)
    thing.apps.worker = lambda: thing.storage.fail_always() or {"count": 2}
    with pytest.raises(Asleep) as caught:
        while True:
            runner.step()
    assert thing.console.named("readings_lost")
    thing.storage.heal()
    assert thing.journal.lost[0] == 1
    thing = woken(thing, caught.value.args)
    sleeps(thing)  # it goes on


def test_it_stays_awake_on_trial():
    thing, asleep = asleep_once()
    assert not on_trial(thing.journal)
    thing = woken(thing, asleep, EXCHANGE)
    thing.cloud.apps["two"] = APP
    thing.cloud.settings["app_version"] = "two"
    runner = make_runner(thing)
    run_until(runner, lambda: thing.journal.app.trial)
    with pytest.raises(Asleep):
        while thing.journal.app.trial:
            runner.step()
        runner.step()
        while True:
            runner.step()
    assert thing.journal.app.version == "two"


def test_a_trial_that_cannot_reach_the_cloud_ends_awake():
    thing, asleep = asleep_once()
    thing = woken(thing, asleep, EXCHANGE)
    thing.cloud.apps["two"] = APP
    thing.cloud.settings["app_version"] = "two"
    runner = make_runner(thing)
    run_until(runner, lambda: thing.journal.app.trial)
    thing.cloud.down = DOWN
    with pytest.raises(Asleep):
        while True:
            runner.step()
    assert (thing.journal.app.version, thing.journal.app.trial) == ("one", 0)


def test_a_client_of_the_shell_keeps_it_awake():
    thing, asleep = asleep_once()
    thing = woken(thing, asleep)
    thing.shell = SimpleNamespace(asked=True, recording=False)
    runner = make_runner(thing)
    for _ in range(200):
        runner.step()
    assert runner.machine.state == RUN
    thing.shell.asked = False
    assert sleeps(thing)


def test_a_person_has_time_after_power_on_only():
    thing = battery()
    thing.given["setup_timeout"] = "60"
    sleeps(thing)
    assert thing.clock.now >= 60_000


def test_a_machine_that_cannot_sleep_says_why():
    thing = battery()
    thing.system.why = "it would not wake"
    runner = make_runner(thing)
    for _ in range(2000):
        runner.step()
    assert ("pythings", "OK", "it would not wake") in thing.cloud.reports
    thing.cloud.settings["battery_operated"] = False
    for _ in range(2000):
        runner.step()
    assert thing.cloud.reports[-1] == ("pythings", "OK", None)


def test_faults_are_forgiven_after_good_wakes():
    thing, asleep = asleep_once()
    thing.journal.starts = thing.journal.app_faults = 2
    thing.save_journal()
    for _ in range(GOOD_WAKES - 1):
        thing = woken(thing, asleep)
        asleep = sleeps(thing)
        assert thing.journal.starts == 2
    thing = woken(thing, asleep)
    sleeps(thing)
    assert restarted(thing).journal.starts == thing.journal.app_faults == thing.journal.starts == 0


def test_less_than_that_is_no_sleep():
    thing = battery()
    thing.cloud.settings["worker_interval"] = str(LEAST_MS // 1000 - 1)
    runner = make_runner(thing)
    for _ in range(500):
        runner.step()
    assert runner.machine.state == RUN


def test_a_session_that_is_none_is_not_resumed():
    for carried in (["x"], "nonsense", [[], 0, "one", [], []]):
        thing, asleep = asleep_once()
        note = json.loads(asleep[1])
        note[5] = carried
        thing = woken(thing, (EXCHANGE, json.dumps(note).encode()))
        sleeps(thing)
        assert "register" in calls(thing)


def test_a_thing_without_the_time_of_day_sleeps_too():
    thing, asleep = asleep_once()
    note = json.loads(asleep[1])
    note[0] = None
    thing = woken(thing, (asleep[0], json.dumps(note).encode()))
    sleeps(thing)
    assert calls(thing) == []
    assert thing.clock.epoch() is None


def test_a_machine_that_comes_back_from_its_sleep_is_restarted():
    thing = battery()
    thing.system.sleep = lambda _seconds, _note: ""
    runner = make_runner(thing)
    run_until(runner, lambda: thing.system.restarts)
    assert thing.console.named("asleep")
