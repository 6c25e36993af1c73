"""The status of each part, the state that the Thing shares, and the errors."""

from __future__ import annotations

import pytest

from domain.errors import AppError, CloudError, DeviceError, IllegalEvent, LinkError, ThingError
from domain.health.slots import Slot
from domain.health.status import Status
from domain.levels import DEBUG, ERROR, INFO, WARNING
from domain.settings.settings import Settings
from domain.thing import VersionBackoff
from tests.fakes.thing import make_thing


def test_a_new_session_takes_the_thing_to_be_fine():
    status = Status()
    status.new_session()
    status.set(0, "pythings")
    assert status.untold() == []
    status.set(0, "worker", "broken")
    status.set(0, "management")
    assert status.untold() == [("management", "OK", ""), ("worker", "KO", "broken")]
    status.tell("worker")
    assert status.untold() == [("management", "OK", "")]
    status.tell("management")
    assert status.untold() == []
    status.set(0, "worker", "broken otherwise")
    assert status.untold() == [("worker", "KO", "broken otherwise")]
    status.set(0, "worker")
    assert status.untold() == [("worker", "OK", "")]
    status.new_session()
    assert [part for part, _, _ in status.untold()] == ["management", "worker"]


def test_each_status_has_the_time_of_its_last_change():
    status = Status()
    status.set(5, "worker", "broken")
    status.set(7, "worker", "broken")
    status.set(7, "management")
    assert status.since == {"worker": 5, "management": 7}
    status.set(9, "worker")
    assert status.since == {"worker": 9, "management": 7}


def test_pythings_comes_first():
    status = Status()
    for part in ("worker", "management", "pythings"):
        status.set(0, part, "x")
    assert [part for part, _, _ in status.untold()] == ["pythings", "management", "worker"]


def test_remarks_are_bounded_and_last_for_a_session():
    status = Status()
    for count in range(10):
        status.remark(f"r{count}")
        status.remark(f"r{count}")
    assert status.remarks == [f"r{count}" for count in range(2, 10)]
    status.new_session()
    assert status.remarks == []


def test_tell_and_fail():
    thing = make_thing()
    error = LinkError("cut", "the line was cut - mend it")
    assert thing.fail(error, "link_lost") == "link_lost"
    assert thing.trouble is error
    assert thing.console.events == [
        (WARNING, "link_lost", {"code": "cut", "text": "the line was cut - mend it"})
    ]
    assert (DEBUG, INFO, WARNING, ERROR) == (10, 20, 30, 40)


def test_a_journal_that_cannot_be_saved_is_told():
    thing = make_thing()
    thing.storage.fail_after(1)
    thing.save_journal()
    assert thing.console.level("journal_not_saved") == ERROR
    assert thing.console.named("journal_not_saved")[0]["code"] == "disk_full"
    thing.save_journal()
    assert "journal.0" in thing.storage.files


def test_backoff_starts_no_slower_than_the_owner_wants_to_hear():
    thing = make_thing()
    assert thing.base_s() == 10  # no cloud has seen it yet
    thing.journal.settings = Slot("a", "v")
    assert thing.base_s() == 60
    thing.settings = Settings(management_interval=3)
    assert thing.base_s() == 3
    thing.settings = Settings(management_interval=600)
    assert thing.base_s() == 60


def test_chance():
    thing = make_thing()
    thing.crypto.fixed = b"\x12\x34"
    assert thing.chance() == 0x1234


def test_backend_follows_the_settings():
    thing = make_thing()
    assert thing.backend() == ("cloud.example.org", True)
    thing.settings = Settings(ssl=False)
    assert thing.backend() == ("cloud.example.org", False)


def test_held_back():
    held = VersionBackoff()
    assert not held.holds("1", 0)
    waits = []
    for _ in range(6):
        held.hold("1", 1000)
        assert held.holds("1", held.until - 1)
        assert not held.holds("1", held.until)
        assert not held.holds("2", 1000)
        waits.append(held.until - 1000)
    assert waits == [60_000, 120_000, 240_000, 300_000, 300_000, 300_000]
    held.hold("2", 0)
    assert held.until == 60_000


@pytest.mark.parametrize("kind", [LinkError, CloudError, DeviceError, AppError])
def test_errors(kind):
    error = kind("code", "text - what to do")
    assert isinstance(error, ThingError)
    assert (error.code, error.text, str(error)) == ("code", "text - what to do", error.text)
    assert repr(error) == f"{kind.__name__}('code', 'text - what to do')"


def test_our_own_fault_is_not_a_things_error():
    assert issubclass(IllegalEvent, RuntimeError)
    assert not issubclass(IllegalEvent, ThingError)
