"""The loop around a Thing: signals come at the right moment, and leave nothing undone."""

from __future__ import annotations

import os
import signal

import pytest

from app import shutdown_signals
from app.runtime.linux_loop import Gate, Stop, explain, live
from domain.health.slots import Slot
from tests.fakes.thing import make_runner, make_thing


@pytest.fixture(autouse=True)
def handlers():
    before = {s: signal.getsignal(s) for s in shutdown_signals.signals()}
    yield
    for signum, handler in before.items():
        signal.signal(signum, handler)


def _send(signum: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), signum)


@pytest.mark.parametrize("signum", shutdown_signals.signals())
def test_a_signal_while_it_sleeps_ends_it(signum, monkeypatch):
    thing = make_thing()
    slept = []

    def sleep(ms: int) -> None:
        slept.append(ms)
        _send(signum)

    monkeypatch.setattr(thing.clock, "sleep", sleep)
    console = thing.console
    assert live(make_runner(thing)) == 0
    assert len(slept) == 1
    assert console.named("stopped") == [{"signal": signal.Signals(signum).name}]


def test_a_signal_between_two_steps_that_belong_together_waits(monkeypatch):
    thing = make_thing()
    thing.journal.app = Slot("a", "1")
    storage = thing.storage
    append = storage.append
    done: list[str] = []

    def slow_append(name: str, data: bytes) -> None:
        append(name, data)
        _send()
        done.append(name)  # still here

    monkeypatch.setattr(storage, "append", slow_append)
    thing.queue.put(1, "kept once")
    gate = Gate()
    signal.signal(signal.SIGTERM, gate.signal)
    thing.queue.keep()
    assert done
    with pytest.raises(Stop):
        gate.check()
    assert (storage.read("queue.1") or b"").count(b"kept once") == 1


def test_what_waits_is_kept_at_the_end(monkeypatch):
    thing = make_thing()
    steps = []

    def sleep(ms: int) -> None:
        steps.append(ms)
        thing.queue.put(1, "in memory")
        _send()

    monkeypatch.setattr(thing.clock, "sleep", sleep)
    system = thing.system
    thing.journal.starts = 2
    live(make_runner(thing))
    assert thing.journal.starts == 0
    assert b"in memory" in b"".join(thing.storage.files.values())
    assert system.stops == 1


def test_a_restart_goes_through_and_lets_the_app_go(monkeypatch):
    thing = make_thing()
    unloaded: list[bool] = []
    monkeypatch.setattr(thing.apps, "unload", lambda: unloaded.append(True))

    def sleep(ms: int) -> None:
        raise SystemExit(75)

    monkeypatch.setattr(thing.clock, "sleep", sleep)
    with pytest.raises(SystemExit):
        live(make_runner(thing))
    assert unloaded


def test_the_gate_opens_only_for_the_call():
    gate = Gate()
    gate.signal(signal.SIGTERM, None)  # shut: remembered
    with pytest.raises(Stop):
        gate.through([]).append(1)
    with pytest.raises(Stop):
        gate.check()  # until it is dealt with
    gate.shut()
    gate.check()
    items: list[int] = []
    gate.through(items).append(1)
    assert items == [1]


def test_an_error_is_explained_by_its_place():
    try:
        raise ValueError("boom")
    except ValueError as error:
        text = explain(error)
    assert "boom" in text and "test_linux_loop.py" in text
