"""Whole lives: from an empty device on, through outages, updates and random faults."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import AppError, CloudError, LinkError
from domain.health.remedy import ROUND
from tests.fakes.cloud import DOWN, EPOCH, SESSION, TROUBLE
from tests.unit.domain.lives import HOUR, Life, working_life

WEEK = 7 * 24 * HOUR


def test_from_an_empty_device_to_the_first_reading_without_a_restart():
    life = Life()
    life.publish("1")
    life.count()
    life.until(lambda: life.cloud.readings)
    assert (life.starts, life.thing.system.restarts) == (0, 0)
    assert life.now < 1000
    states = [fields["new"] for fields in life.console.named("state")]
    assert states == ["connect", "register", "run", "update", "boot", "connect", "register", "run"]
    assert life.cloud.identities[-1]["app_version"] == "1"
    assert life.thing.journal.app.trial == 0


def test_one_life():
    life = working_life()
    # an outage: the app goes on, nothing is lost
    life.cloud.down = DOWN
    life.pass_ms(HOUR)
    life.cloud.heal()
    made = life.thing.clock.now
    life.until(lambda: life.state == "run" and not life.thing.queue.waiting())
    assert life.numbers() == list(range(1, len(life.cloud.readings) + 1))
    assert len(life.cloud.readings) >= 55
    # a better app
    life.publish("2")
    life.until(lambda: life.thing.journal.app.version == "2" and not life.thing.journal.app.trial)
    # one that hangs: back to the version that worked, and the owner is told
    life.apps.bad_folders = {}
    life.publish("3")
    life.until(lambda: life.thing.journal.app.version == "3")
    life.apps.management_fault = AppError("hung", "no answer")
    life.until(lambda: life.thing.journal.app.version == "2")
    life.apps.management_fault = None
    life.until(lambda: ("pythings", "KO", "app 3 taken back: no answer") in life.cloud.reports)
    fetched = len(life.cloud.made("app_files"))
    life.pass_ms(HOUR)
    assert len(life.cloud.made("app_files")) == fetched  # not tried again
    # other settings, with a new session
    life.cloud.settings["ssl"] = False
    life.until(lambda: life.thing.settings.ssl is False and life.state == "run")
    life.until(lambda: not life.thing.journal.settings.trial)
    assert life.cloud.ssl is False
    # the session is lost
    life.cloud.end_session()
    sessions = len(life.cloud.identities)
    life.until(lambda: len(life.cloud.identities) == sessions + 1 and life.state == "run")
    before = len(life.cloud.readings)
    life.until(lambda: len(life.cloud.readings) > before + 3)
    assert made < life.now
    assert life.numbers() == sorted(set(life.numbers()))


@pytest.mark.slow
def test_a_week_without_the_cloud():
    """Law 2: every remedy is tried, nothing that works is given up, and the tries are spaced."""
    life = working_life()
    life.cloud.settings.update(worker_interval=3600, management_interval=600)
    life.until(lambda: life.thing.settings.worker_interval == 3600)
    life.until(lambda: not life.thing.journal.settings.trial)
    life.cloud.down = DOWN
    begin, restarts = life.now, []
    life.console.events.clear()
    tries = []
    while life.now < begin + WEEK:
        starts = life.starts
        life.step()
        if life.starts > starts:
            restarts.append(life.now)
    remedies = life.remedies()
    tries = [fields["count"] for fields in life.console.named("remedy")]
    assert set(remedies) == {"wait", "reregister", "reconnect", "restart"}
    assert tries == list(range(len(tries)))  # every failure counts, over restarts too
    gaps = [b - a for a, b in zip(restarts, restarts[1:])]
    assert len(restarts) >= 100
    assert min(gaps) > 10 * 60_000  # some 2 an hour at most
    for hour in range(0, WEEK, HOUR):
        assert len([at for at in restarts if hour <= at - begin < hour + HOUR]) <= 4
    assert life.thing.journal.app.version == "1"
    assert life.thing.journal.without_app == ""
    life.cloud.heal()
    life.until(lambda: life.state == "run" and not life.thing.queue.waiting())
    assert life.numbers() == sorted(set(life.numbers()))
    assert life.numbers()[-1] - life.numbers()[0] + 1 == len(life.numbers())
    assert len(life.cloud.readings) >= 165


def test_between_two_restarts_every_remedy_gets_its_turn():
    life = working_life()
    life.cloud.down = DOWN
    life.console.events.clear()
    life.until(lambda: life.starts == 3, limit_ms=10 * HOUR)
    rounds = " ".join(life.remedies()).split("restart")
    for tried in rounds[:3]:
        assert "reregister" in tried
        assert "reconnect" in tried
        assert len(tried.split()) == ROUND - 1


def test_a_link_that_stays_down_for_a_day():
    life = working_life()
    life.thing.links[0].fault = "no_link"
    life.cloud.down = LinkError("no_link", "no network")
    life.pass_ms(24 * HOUR)
    life.thing.links[0].fault = ""
    life.cloud.heal()
    life.until(lambda: life.state == "run" and not life.thing.queue.waiting())
    assert life.thing.journal.without_app == ""
    assert life.numbers() == list(range(1, len(life.numbers()) + 1))


def test_bad_settings_are_taken_back():
    """TLS where there is none, a backend that does not exist."""
    for change in ({"ssl": False}, {"backend": "no.such.host"}):
        life = working_life()
        good = life.thing.settings
        sessions = len(life.cloud.identities)

        def refuse(name, life=life):
            bad = not life.cloud.ssl or life.cloud.backend == "no.such.host"
            life.cloud.down = DOWN if bad else None

        life.cloud.on_call = refuse
        life.cloud.settings.update(change)
        life.until(lambda life=life: life.thing.journal.settings.version, limit_ms=HOUR)
        life.until(lambda life=life: life.thing.journal.settings.rejected, limit_ms=3 * HOUR)
        life.until(lambda life=life: life.state == "run")
        before = len(life.cloud.readings)
        life.until(lambda life=life, n=before: len(life.cloud.readings) > n + 2)
        assert (life.thing.settings.ssl, life.thing.settings.backend) == (good.ssl, good.backend)
        assert len(life.cloud.identities) > sessions
        notes = [text for what, _, text in life.cloud.reports if what == "pythings"]
        assert any(text and "taken back" in text for text in notes)
        life.pass_ms(HOUR)
        assert life.state == "run"  # and not tried again


def test_a_disk_that_is_full_for_ever_keeps_nobody_busy():
    """It goes on with its present versions, and retries to store new ones only now and then."""
    life = working_life()
    life.storage.fail_always("disk_full")
    life.publish("2")
    life.cloud.settings["worker_interval"] = 30
    life.cloud.calls.clear()
    readings = len(life.cloud.readings)
    life.pass_ms(HOUR)
    assert len(life.cloud.made("management")) <= 60 + 30
    assert len(life.cloud.made("app_files")) <= 16
    assert len(life.cloud.made("register")) == 0
    assert life.state == "run"
    assert len(life.cloud.readings) >= readings + 58
    texts = [text or "" for _, status, text in life.cloud.reports if status == "KO"]
    assert any("not installed" in text and "settings not stored" in text for text in texts)
    life.storage.heal()
    life.until(lambda: life.thing.journal.app.version == "2")
    life.until(lambda: life.thing.settings.worker_interval == 30)


def test_an_app_that_kills_the_machine_is_left_out_and_a_new_one_comes_in():
    """The app causes a fault that looks like one of the OS in `run`."""
    life = working_life()

    def burst():
        raise MemoryError

    call = life.apps.call
    life.apps.call = lambda *arguments: burst()
    life.until(lambda: life.thing.journal.without_app, limit_ms=3 * HOUR)
    assert "without_app" in life.remedies()
    life.until(lambda: life.state == "run")
    life.until(lambda: any("left out" in (text or "") for _, _, text in life.cloud.reports))
    life.apps.call = call
    life.publish("2")
    before = len(life.cloud.readings)
    life.until(lambda: len(life.cloud.readings) > before)
    assert life.thing.journal.without_app == ""
    life.pass_ms(400_000)
    assert life.thing.journal.starts == 0


def test_a_crash_at_every_start():
    """As by an app that takes the whole process with it before anything can be noted."""
    life = working_life()
    for _ in range(20):
        life.again("crash")
        life.until(lambda: life.state in ("run", "recover"))
        if life.thing.journal.without_app:
            break
        if life.state == "recover":
            starts = life.starts
            life.until(lambda n=starts: life.starts > n)
    life.until(lambda: life.state == "run")
    assert life.thing.journal.without_app == "the app is left out after 3 faulty starts"


@pytest.mark.parametrize("saves", [0, 1])  # which of the two copies is the newer one
@pytest.mark.parametrize("fault", ["mount", "journal"])
def test_a_storage_that_comes_back(fault, saves):
    life = working_life()
    for _ in range(saves):
        life.thing.save_journal()
    if fault == "mount":
        life.storage.mountable = False
    else:
        life.storage.unreadable = {"journal.0", "journal.1"}
    life.again("power_on")
    life.pass_ms(HOUR)
    assert life.state in ("boot", "recover")
    life.storage.heal()
    before = len(life.cloud.readings)
    life.until(lambda: len(life.cloud.readings) > before)
    assert life.thing.journal.app.version == "1"
    assert life.thing.journal.without_app == ""


def test_power_cuts_at_every_write_of_an_update():
    """Each alone, then the Thing is at work again, with the old app or the new."""
    for write in range(1, 40):
        life = working_life()
        begin = life.storage.writes
        life.storage.cut_after(write)
        life.publish("2")
        life.pass_ms(600_000)
        life.storage.restart()
        before = len(life.cloud.readings)
        life.until(lambda life=life, n=before: len(life.cloud.readings) > n + 1)
        assert life.thing.journal.app.version in ("1", "2")
        place = life.thing.journal.app.place
        version = life.thing.journal.app.version
        assert life.storage.files[f"app.{place}/worker_task.py"] == f"# {version}".encode()
        if life.starts == 0:
            assert life.storage.writes - begin < write
            break
    else:
        raise AssertionError("never came to the end")
    assert write > 6


FAULTS = st.one_of(
    st.tuples(st.just("down"), st.integers(1, 2 * HOUR)),
    st.tuples(st.just("trouble"), st.integers(1, 30)),
    st.tuples(st.just("session"), st.just(0)),
    st.tuples(st.just("link"), st.integers(1, HOUR)),
    st.tuples(st.just("cut"), st.integers(1, 8)),
    st.tuples(st.just("full"), st.integers(1, HOUR)),
    st.tuples(st.just("write"), st.integers(1, 6)),
    st.tuples(st.just("crash"), st.integers(1, 5)),
    st.tuples(st.just("hang"), st.integers(1, 300_000)),
    st.tuples(st.just("app"), st.just(0)),
    st.tuples(st.just("bad app"), st.just(0)),
    st.tuples(st.just("settings"), st.integers(1, 90)),
    st.tuples(st.just("backend"), st.sampled_from(["", "own.example.org"])),
    st.tuples(st.just("bug"), st.integers(1, 3)),
    st.tuples(st.just("pass"), st.integers(1, HOUR)),
)


def inflict(life, fault, amount, version):  # noqa: C901 - a list of faults, no logic
    cloud, storage = life.cloud, life.storage
    if fault == "down":
        cloud.down = DOWN
        life.pass_ms(amount)
        cloud.down = None
    elif fault == "trouble":
        for name in ("management", "register", "reading", "report", "app_file"):
            cloud.script(name, *[TROUBLE] * amount)
    elif fault == "session":
        cloud.script("management", SESSION)
    elif fault == "link":
        life.thing.links[0].fault = "no_link"
        cloud.down = LinkError("no_link", "no network")
        life.pass_ms(amount)
        life.thing.links[0].fault = ""
        cloud.down = None
    elif fault == "cut":
        storage.cut_after(amount)
    elif fault == "full":
        storage.fail_always("disk_full")
        life.pass_ms(amount)
        storage.heal()
    elif fault == "write":
        storage.fail_after(amount, "storage")
    elif fault == "crash":
        for _ in range(amount):
            life.again("crash")
            life.pass_ms(1)
            for _ in range(3):
                life.step()
    elif fault == "hang":
        life.apps.worker_fault = life.apps.management_fault = AppError("hung", "no answer")
        life.pass_ms(amount)
        life.apps.worker_fault = life.apps.management_fault = None
    elif fault in ("app", "bad app"):
        life.publish(version)
        if fault == "bad app":
            cloud.script("app_file", CloudError("cut_file", "cut"))
    elif fault == "settings":
        cloud.settings["worker_interval"] = str(amount)
    elif fault == "backend":
        cloud.settings["backend"] = amount
    elif fault == "bug":
        cloud.script("management", *[ZeroDivisionError("a bug")] * amount)
    elif fault == "pass":
        life.pass_ms(amount)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(FAULTS, max_size=8), st.integers(0, 1000))
def test_whatever_happened_it_comes_back(faults, seed):
    """When the faults end, the Thing reaches `run` and delivers, within a bounded time; if its
    app has been left out for its faults, a new version brings it back."""
    life = Life(seed=seed)
    life.publish("1")
    life.count()
    for number, (fault, amount) in enumerate(faults):
        inflict(life, fault, amount, str(number + 2))
    life.cloud.heal()
    life.cloud.on_call = None
    life.storage.heal()
    life.storage.restart()
    life.pass_ms(HOUR)
    assert life.state == "run"
    life.publish("last")
    life.until(lambda: life.thing.journal.app.version == "last")
    before = len(life.cloud.readings)
    life.until(lambda: len(life.cloud.readings) > before)
    life.until(lambda: not life.thing.queue.waiting())
    numbers = life.numbers()
    assert numbers == sorted(numbers)
    assert min(life.cloud.readings) >= EPOCH - 60
