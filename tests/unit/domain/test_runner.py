"""The loop: one use case at a time, and any outcome of it becomes an event."""

from __future__ import annotations

import pytest

from domain.errors import DeviceError, IllegalEvent
from domain.health import journal as journals
from domain.health.slots import FRESH, Slot
from domain.machine import Machine
from tests.fakes.storage import PowerCut
from tests.fakes.thing import make_runner, make_thing


class Scripted:
    def __init__(self, *answers):
        self.answers = list(answers)

    def act(self):
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def scripted(*answers):
    case = Scripted(*answers)
    entered = []

    def enter(state, thing):
        entered.append(state)
        return case

    thing = make_thing()
    return make_runner(thing, enter), thing, entered


def test_a_use_case_lives_as_long_as_its_state():
    runner, thing, entered = scripted(None, None, "booted", None, "linked", "registered", None)
    assert [runner.step() for _ in range(7)] == [
        None,
        None,
        "booted",
        None,
        "linked",
        "registered",
        None,
    ]
    assert entered == ["boot", "connect", "register", "run"] == thing.indicator.shown
    assert thing.system.feeds == 7
    assert thing.console.named("state")[0] == {"old": "boot", "by": "booted", "new": "connect"}
    assert runner.machine.state == "run"


def test_a_foreseen_error():
    error = DeviceError("storage", "it broke - mend it")
    runner, thing, _ = scripted(error)
    assert runner.step() == "fault"
    assert runner.machine.state == "recover"
    assert thing.trouble is error
    assert thing.console.named("fault") == [{"state": "boot", "text": "it broke - mend it"}]
    assert thing.console.level("fault") == 40
    assert thing.system.feeds == 1


def test_an_unforeseen_error():
    runner, thing, _ = scripted("booted", ZeroDivisionError("oh"))
    thing.trouble = DeviceError("storage", "an old one")
    runner.step()
    assert runner.step() == "fault"
    assert runner.machine.state == "recover"
    assert thing.trouble is None
    assert thing.console.named("fault") == [{"state": "connect", "text": "ZeroDivisionError: oh"}]


def test_an_error_on_entering():
    def enter(state, thing):
        raise KeyError(state)

    runner = make_runner(make_thing(), enter)
    assert runner.step() == "fault"
    assert runner.step() == "fault"  # in recover too: it leads to boot
    assert runner.machine.state == "boot"
    assert runner.case is None


@pytest.mark.parametrize("broken", ["", "console", "clock", "storage"])
@pytest.mark.parametrize("error", [MemoryError("full"), DeviceError("storage", "full")])
def test_a_fault_in_recover_resets_and_takes_back_what_is_on_trial(broken, error):
    runner, thing, _ = scripted("must_recover", error)
    thing.starting = False
    thing.journal.app = Slot("b", "2", "1", FRESH)
    runner.step()

    def fails(*_arguments, **_fields):
        raise RuntimeError("this too")

    port, name = {
        "": (thing, ""),
        "console": (thing.console, "event"),
        "clock": (thing.clock, "sleep"),
        "storage": (thing.storage, "append"),
    }[broken]
    for call in [name] if broken != "storage" else ["replace", "append", "receive"]:
        if call:
            setattr(port, call, fails)
    if broken:
        with pytest.raises(RuntimeError):
            runner.step()
    else:
        assert runner.step() == "fault"
        stored = journals.load(thing.storage)
        assert (stored.app.version, stored.app.trial, stored.starts) == ("1", 0, 0)
        assert any("fault in recover" in note and "full" in note for note in stored.notes)
    assert thing.system.restarts == 1


def test_faults_in_recover_cost_a_proven_app_its_turn_and_wait_longer_each_time():
    """Otherwise an app that spoils the memory of the OS resets the board every ten seconds."""
    waits = []
    for starts in range(7):
        runner, thing, _ = scripted("must_recover", MemoryError())
        thing.starting = False
        thing.journal.app = Slot("b", "2", "1")
        thing.journal.starts = starts
        runner.step()
        runner.step()
        waits.append(thing.clock.slept // 1000)
        stored = journals.load(thing.storage)
        assert stored.starts == starts + 1
        assert bool(stored.without_app) == (starts >= 2)
    assert waits == [10, 20, 40, 80, 160, 160, 160]


def test_a_fault_in_recover_before_the_journal_was_read_writes_no_other():
    runner, thing, _ = scripted("must_recover", MemoryError())
    runner.step()
    runner.step()
    assert thing.system.restarts == 1
    assert thing.storage.writes == 0


def test_an_illegal_event_changes_nothing():
    runner, thing, _ = scripted("registered", "booted")
    with pytest.raises(IllegalEvent):
        runner.step()
    case = runner.case
    assert runner.machine.state == "boot"
    assert case is not None
    assert thing.console.named("state") == []
    with pytest.raises(IllegalEvent):
        runner.fire("linked")
    assert runner.case is case
    assert runner.step() == "booted"


def test_what_ends_the_run_is_not_held_back():
    for end in (PowerCut(), KeyboardInterrupt(), SystemExit()):
        runner, thing, _ = scripted(end)
        with pytest.raises(type(end)):
            runner.step()
        assert runner.machine.state == "boot"
        assert thing.system.feeds == 0


def test_has_a_machine_of_its_own():
    assert isinstance(make_runner().machine, Machine)
    assert make_runner().machine is not make_runner().machine
