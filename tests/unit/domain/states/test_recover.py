"""recover: each remedy's effect, and the app's life meanwhile."""

from __future__ import annotations

import pytest

from domain.app.app import App
from domain.errors import AppError, CloudError, DeviceError, LinkError
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import FRESH, PROVEN, TRIED, Slot
from domain.readings.backlog import SEGMENT, Backlog
from domain.settings.settings import Settings
from domain.states.recover import Recover
from domain.states.register import Register
from tests.fakes.cloud import DOWN
from tests.fakes.link import FakeLink
from tests.fakes.thing import make_thing, restarted

LINK = LinkError("timeout", "no answer")
BROKEN = DeviceError("storage", "it broke")


def troubled(trouble=LINK, journal=None, session=True, linked=True, **overrides):
    thing = make_thing(**overrides)
    thing.journal = journal or Journal()
    thing.starting = False  # boot has read it
    thing.app = App(thing)
    thing.linked = linked
    if session:
        Register(thing).act()
    thing.cloud.calls.clear()
    thing.trouble = trouble
    return thing


def acted(recover):
    for _ in range(10_000):
        event = recover.act()
        if event:
            return event
    raise AssertionError("waits for ever")


def remedy_of(thing):
    return thing.console.named("remedy")[-1]["remedy"]


CASES = [
    (0, True, True, "", "wait", "resume"),
    (1, True, True, "", "wait", "resume"),
    (0, False, True, "", "reregister", "reregister"),
    (0, False, False, "", "reconnect", "reconnect"),
    (2, True, True, "", "reregister", "reregister"),
    (4, True, True, "", "reconnect", "reconnect"),
    (6, True, True, "", "reconnect", "reconnect"),
    (5, True, True, "settings", "roll_back", "restart"),
    (5, True, True, "app", "roll_back", "restart"),
    (11, True, True, "app", "restart", "restart"),
    (12, True, True, "", "wait", "resume"),
]


@pytest.mark.parametrize(("tries", "session", "linked", "trial", "remedy", "event"), CASES)
@pytest.mark.parametrize("error", [LINK, CloudError("trouble", "x")])
def test_trouble_outside(tries, session, linked, trial, remedy, event, error):
    journal = Journal(tries=tries)
    if trial:
        setattr(journal, trial, Slot("a", "2", "1", TRIED))
    thing = troubled(error, journal, session, linked)
    thing.crypto.fixed = b"\x80\x00"
    assert acted(Recover(thing)) == event
    assert remedy_of(thing) == remedy
    assert thing.console.named("remedy") == [
        {
            "remedy": remedy,
            "wait_ms": min(300, 10 << min(tries, 5)) * 500,
            "count": tries,
            "waiting": 0,
        }
    ]
    assert thing.clock.now == min(300, 10 << min(tries, 5)) * 500
    assert thing.journal.tries == tries + 1
    assert thing.journal.starts == 0
    assert thing.cloud.in_session() == (session and remedy == "wait")
    assert thing.links[0].downs == (1 if remedy == "reconnect" else 0)
    assert thing.system.restarts == (1 if remedy == "restart" else 0)
    assert thing.journal.without_app == ""


def test_every_link_is_taken_down():
    thing = troubled(journal=Journal(tries=4), links=[FakeLink(), FakeLink()])
    acted(Recover(thing))
    assert [link.downs for link in thing.links] == [1, 1]


def test_a_trial_is_taken_back():
    journal = Journal(tries=5, settings=Slot("a", "2", "1", FRESH), app=Slot("b", "y", "x", PROVEN))
    thing = troubled(journal=journal)
    assert acted(Recover(thing)) == "restart"
    assert thing.journal.settings == Slot("b", "1", "", PROVEN, "2")
    assert thing.journal.app == Slot("b", "y", "x", PROVEN)
    assert thing.console.named("taken_back") == [{"kind": "settings", "runs": "1"}]
    assert journals.load(thing.storage) == thing.journal
    assert thing.system.restarts == 0  # the machine itself is well
    assert thing.apps.unloads == 0


@pytest.mark.parametrize("trouble", [None, BROKEN, AppError("x", "y")])
@pytest.mark.parametrize("starts", range(8))
def test_trouble_inside(starts, trouble):
    thing = troubled(trouble, Journal(starts=starts, tries=5, app=Slot("a", "1", "", PROVEN)))
    thing.crypto.fixed = b"\x80\x00"
    assert acted(Recover(thing)) == "restart"
    left_out = starts + 1 >= 3
    assert remedy_of(thing) == ("without_app" if left_out else "restart")
    assert thing.journal.starts == starts + 1
    assert thing.journal.tries == 5
    assert thing.console.named("remedy")[0]["count"] == starts + 1
    assert thing.clock.now == min(300, 10 << min(starts + 1, 5)) * 500
    reason = f"the app is left out after {starts + 1} faulty starts" if left_out else ""
    assert thing.journal.without_app == reason
    assert thing.journal.notes == []  # the cloud is told for as long as it is so
    assert journals.load(thing.storage) == thing.journal
    assert thing.system.restarts == 1
    assert thing.apps.unloads == 1
    assert not thing.cloud.in_session()


def test_a_boot_loop_is_counted_by_boot():
    thing = troubled(DeviceError("boot_loop", "x"), Journal(starts=3, app=Slot("a", "1")))
    acted(Recover(thing))
    assert thing.journal.starts == 3
    assert remedy_of(thing) == "without_app"


def test_there_is_no_app_to_leave_out():
    for journal in (
        Journal(starts=5),
        Journal(starts=5, app=Slot("a", "1"), without_app="so already"),
    ):
        thing = troubled(BROKEN, journal)
        assert acted(Recover(thing)) == "restart"
        assert remedy_of(thing) == "restart"


def test_readings_in_memory_survive_a_restart():
    for trouble, journal in ((BROKEN, Journal()), (LINK, Journal(tries=11))):
        thing = troubled(trouble, journal)
        thing.crypto.fixed = b"\0"
        thing.queue.put(1, "x")
        acted(Recover(thing))
        assert thing.system.restarts == 1
        assert "queue.1" in thing.storage.files


def test_what_is_lost_on_the_way_is_remembered():
    thing = troubled(BROKEN)
    thing.queue.lost = 7
    acted(Recover(thing))
    assert journals.losses(journals.load(thing.storage)) == "7 readings lost: no room to keep them"


@pytest.mark.parametrize("tries, event", [(11, "reconnect"), (131, "reconnect"), (143, "restart")])
def test_a_restart_is_put_off_while_readings_are_in_memory_only(tries, event):
    thing = troubled(LINK, Journal(tries=tries))
    thing.storage.fail_always("disk_full")
    thing.queue.put(1, "x")
    assert acted(Recover(thing)) == event
    assert thing.queue.head() == (1, "x")


def crowded():
    """Return a Thing with five stored segments, no room left, and two readings in memory."""
    thing = troubled(LINK, Journal(tries=143))
    thing.queue = Backlog(thing.storage, 0)
    for number in range(1, 6):
        thing.queue.put(number, "x" * (SEGMENT - 60))
    thing.queue.keep()
    thing.save_journal()
    thing.storage.capacity = sum(map(len, thing.storage.files.values())) + 20
    for number in (6, 7):
        thing.queue.put(number, "y" * (SEGMENT - 60))
    return thing


def test_a_restart_that_comes_keeps_the_newest():
    thing = crowded()
    assert acted(Recover(thing)) == "restart"
    again = restarted(thing)
    again.queue.open(again.storage.names())
    stored = []
    while True:
        head = again.queue.head()
        if head is None:
            break
        stored.append(head[0])
        again.queue.pop()
    assert stored == [4, 5, 6, 7]
    assert journals.load(again.storage).lost == [3, 1, 3]


def test_what_makes_no_room_is_not_gone_on_with():
    thing = crowded()
    thing.storage.fail_always("disk_full")
    assert acted(Recover(thing)) == "restart"
    assert len([name for name in thing.storage.files if name[:6] == "queue."]) == 3
    assert thing.journal.lost == [2, 1, 2]


def test_what_cannot_be_taken_away_holds_nothing_up():
    thing = crowded()
    thing.storage.fail_always("storage")
    assert acted(Recover(thing)) == "restart"
    assert len([name for name in thing.storage.files if name[:6] == "queue."]) == 5


def test_but_not_when_the_fault_is_our_own():
    thing = troubled(BROKEN, Journal(tries=11))
    thing.storage.fail_always("disk_full")
    thing.queue.put(1, "x")
    assert acted(Recover(thing)) == "restart"


def test_before_boot_has_made_an_app():
    thing = troubled(BROKEN, session=False)
    thing.app = None
    thing.crypto.fixed = b"\xff\xff"
    assert acted(Recover(thing)) == "restart"
    assert thing.clock.now == 19_999
    assert thing.apps.unloads == 0


def test_the_app_works_while_it_waits():
    thing = troubled(journal=Journal(tries=5, app=Slot("a", "1", "", PROVEN)))
    thing.crypto.fixed = b"\xff\xff"
    thing.settings = Settings(worker_interval=7)
    thing.apps.worker = lambda: "x"
    recover = Recover(thing)
    while not recover.act():
        assert thing.queue.fresh == []
        assert thing.clock.now <= 299_995
    assert [call[0] for call in thing.apps.calls] == ["worker"] * 43  # 0, 7, ... 294 s
    readings = []
    while thing.queue.head():
        readings.append(thing.queue.head())
        thing.queue.pop()
    assert len(readings) == 43
    assert thing.cloud.calls == [("forget", ())]


def test_it_sleeps_for_a_moment_at_most():
    """Thus the watchdog is fed, and a user's input is read."""
    thing = troubled(journal=Journal(tries=5))
    thing.crypto.fixed = b"\xff\xff"
    naps: list[int] = []
    thing.clock.on_sleep = naps.append
    thing.worker_due = 2500
    acted(Recover(thing))
    assert max(naps) == 1000
    assert naps[:3] == [1000, 1000, 500]
    assert naps[-1] == 495  # to the millisecond


def test_it_chooses_once():
    thing = troubled()
    thing.crypto.fixed = b"\xff\xff"
    recover = Recover(thing)
    recover.act()
    thing.trouble = DOWN
    acted(recover)
    assert len(thing.console.named("remedy")) == 1
    assert thing.journal.tries == 1


@pytest.mark.parametrize("error", [MemoryError("a bug"), BROKEN])
def test_nothing_that_the_app_brings_about_keeps_a_remedy_away(error):
    thing = troubled(DOWN, Journal(app=Slot("a", "1", "", PROVEN)))
    thing.crypto.fixed = b"\x80\x00"

    def burst(*arguments):
        raise error

    thing.apps.call = burst
    assert acted(Recover(thing)) in ("resume", "reregister", "reconnect")
    assert thing.clock.now > 0
    assert thing.console.named("fault") == [{"state": "recover", "text": repr(error)}]
    assert thing.console.level("fault") == 40


def test_an_app_that_may_be_the_cause_is_not_called_meanwhile():
    thing = troubled(None, Journal(starts=2, app=Slot("a", "1", "", PROVEN)))
    thing.crypto.fixed = b"\x80\x00"
    assert acted(Recover(thing)) == "restart"
    assert thing.clock.now == 40_000  # it waited
    assert thing.journal.without_app
    assert thing.apps.calls == []


NOT_BOOTING = DeviceError("boot_loop", "starts in a row ended in a crash")


@pytest.mark.parametrize(
    ("starts", "slot", "remedy", "after"),
    [
        (3, Slot("a", "2", "1"), "restart", Slot("a", "2", "1")),  # there is no app to leave out
        (6, Slot("a", "2", "1"), "previous", Slot("b", "1", "", PROVEN, "2")),
        (6, Slot("a", "2", ""), "restart", Slot("a", "2", "")),
        (9, Slot("b", "1", "", PROVEN, "2"), "factory", Slot("", "", "", PROVEN, "1")),
        (9, Slot("a", "2", "1"), "factory", Slot("", "", "", PROVEN, "2")),
        (9, Slot(), "restart", Slot()),
    ],
)
def test_an_os_that_crashes_again_and_again_gives_way(starts, slot, remedy, after):
    thing = troubled(NOT_BOOTING, Journal(starts=starts, os=slot, floor=7))
    assert acted(Recover(thing)) == "restart"
    assert remedy_of(thing) == remedy
    assert thing.system.restarts == 1
    found = journals.load(thing.storage)
    assert found.os == after
    assert found.floor == 7  # no way back is opened by it
    taken = "os %s taken back after %d faulty starts" % (slot.version, starts)
    assert (taken in found.notes) is (after != slot)


def test_an_os_on_trial_that_reaches_no_cloud_is_taken_back_by_a_start():
    thing = troubled(LINK, Journal(tries=5, os=Slot("a", "2", "1", TRIED)))
    assert acted(Recover(thing)) == "restart"
    assert remedy_of(thing) == "roll_back"
    assert journals.load(thing.storage).os == Slot("b", "1", "", PROVEN, "2")
    assert thing.system.restarts == 1  # the running OS is still the new one


def test_an_app_on_trial_is_taken_back_without_one():
    thing = troubled(LINK, Journal(tries=5, app=Slot("a", "2", "1", TRIED)))
    assert acted(Recover(thing)) == "restart"
    assert thing.system.restarts == 0


@pytest.mark.parametrize("asked", [0, 1, 30, 3600])
def test_waits_as_long_as_the_cloud_asks(asked):
    busy = CloudError("trouble", "busy")
    busy.wait_s = asked
    thing = troubled(busy)
    thing.crypto.fixed = b"\x00\x00"  # by itself it would not wait
    acted(Recover(thing))
    assert thing.clock.now == asked * 1000
