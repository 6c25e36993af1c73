"""The commands that move the Thing, and holding it."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.debug.shell import PATIENCE_MS, TRACE
from domain.errors import AppError, CloudError
from domain.health.slots import Slot
from domain.lifecycle import EVENTS, STATES, TABLE
from tests.fakes.portal import FakePortal
from tests.fakes.thing import make_thing
from tests.unit.debug.support import Bench

LEGAL = {state: [event for old, event, _ in TABLE if old == state] for state in STATES}


def held() -> Bench:
    bench = Bench()
    bench.ask("hello", "hold")
    return bench


@pytest.mark.parametrize("event", [*EVENTS, "nonsense", "state", "fire", ""])
def test_an_illegal_event_is_refused_with_the_legal_ones(event):
    bench = held()
    answer = bench.ask("fire", event)
    if event in LEGAL["boot"]:
        assert answer["event"] == event
    else:
        assert (answer["code"], answer["legal"]) == ("illegal", LEGAL["boot"])
        assert bench.state == "boot"
        assert bench.shell.trace == []


def test_held_it_stands_still_and_the_watchdog_is_fed():
    bench = held()
    bench.run(5)
    assert bench.state == "boot"
    assert bench.thing.system.feeds == 5
    assert bench.ask("auto") == {"held": False, "state": "boot"}
    bench.run(until="run")
    assert bench.ask("hold") == {"held": True, "state": "run"}


def test_a_forgotten_hold_ends_by_itself():
    bench = held()
    bench.ask("inject", "link")
    for _ in range(3):
        bench.thing.clock.sleep(0)
        bench.shell.clock.sleep(PATIENCE_MS // 2)
        bench.shell.turn()
    assert not bench.shell.held
    assert bench.shell.faults == []
    bench.run(until="run")


def test_steps():
    bench = held()
    assert bench.ask("step") == {"event": "booted", "state": "connect"}
    assert bench.ask("step") == {"event": "linked", "state": "register"}
    assert [entry[1:] for entry in bench.items("trace")] == [
        ["boot", "booted", "connect", ""],
        ["connect", "linked", "register", ""],
    ]
    assert [entry[1] for entry in bench.items("trace", "1")] == ["connect"]


def test_the_trace_says_why_and_is_bounded():
    bench = held()
    bench.thing.cloud.script("register", CloudError("trouble", "a page instead of an answer"))
    bench.ask("until", "recover")
    bench.run(until="recover")
    bench.ask("fire", "reregister")
    assert [entry[4] for entry in bench.items("trace")][-2:] == [
        "a page instead of an answer",
        "by hand",
    ]
    for _ in range(TRACE):
        bench.ask("fire", "fault")
    assert len(bench.items("trace")) == TRACE


def test_until_a_state_or_an_event():
    bench = held()
    ident = bench.send("until", "run")
    bench.run(until="run")
    assert bench.answers(ident) == [
        (
            ".",
            {"old": "register", "event": "registered", "state": "run", "why": "", "break": False},
        )
    ]
    assert bench.shell.held
    assert bench.ask("until", "run")["state"] == "run"
    ident = bench.send("until", "link_lost")
    bench.run(2)
    bench.ask("inject", "link")
    bench.run(200, until="recover")
    assert bench.answers(ident)[0][1]["event"] == "link_lost"
    assert bench.ask("until", "nowhere")["code"] == "usage"


@pytest.mark.parametrize("words", [["hold"], ["auto"], ["step"], ["until", "run"]])
def test_whoever_waits_is_told_when_it_is_told_otherwise(words):
    bench = held()
    ident = bench.send("until", "update")
    bench.shell.turn()
    bench.shell.obey(bench.lines.pop(0) if bench.lines else "")
    bench.send(*words)
    bench.run(2)
    assert bench.answers(ident)[0] == (
        "!",
        {"code": "interrupted", "text": "told otherwise"},
    )


def test_breaks():
    bench = held()
    assert bench.ask("until")["code"] == "usage"
    assert bench.ask("break", "register", "session_lost", "register") == [
        "register",
        "session_lost",
    ]
    assert bench.ask("break", "nowhere")["code"] == "usage"
    bench.ask("auto")
    bench.run(until="register")
    assert bench.shell.held
    news = [value for kind, value in bench.answers("-") if kind == "."]
    assert news == [
        {"old": "connect", "event": "linked", "state": "register", "why": "", "break": True}
    ]
    assert bench.ask("clear", "register") == ["session_lost"]
    assert bench.ask("clear", "register") == ["session_lost"]
    bench.ask("inject", "session")
    ident = bench.send("until")
    bench.run(until="recover")
    assert bench.answers(ident)[0][1]["event"] == "session_lost"
    assert bench.ask("breaks") == ["session_lost"]
    assert bench.ask("clear") == []


def test_a_request_ends_the_sleep_of_the_thing():
    bench = held()
    bench.ask("until", "run")
    bench.run(until="run")
    bench.thing.worker_due = 10**9
    case = bench.runner.enter("run", bench.thing)
    bench.runner.case = case
    bench.ask("auto")
    bench.run(4)  # until there is nothing to do but to sleep
    before = bench.shell.clock.monotonic()
    bench.send("state")
    bench.shell.step()
    assert bench.shell.clock.monotonic() - before <= 50
    bench.shell.asked = False  # no client is there: one sleep in one piece
    before = bench.shell.clock.monotonic()
    bench.thing.clock.sleep(1000)
    assert bench.shell.clock.monotonic() - before == 1000


def test_the_app_is_called():
    bench = held()
    assert bench.ask("app", "call", "worker")["code"] == "no_app"
    bench.ask("step")
    assert bench.ask("app", "call", "worker")["code"] == "no_app"
    bench.thing.journal.app = Slot("a", "1")
    bench.thing.apps.worker = lambda: {"t": 1}
    assert bench.ask("app", "call", "worker") == {"t": 1}
    assert bench.ask("app", "call", "management", '{"a": 2}') == {"a": 2}
    assert bench.ask("app", "call", "management") is None
    for words in (["call"], ["call", "cook"], ["eat", "worker"], ["call", "management", "{"]):
        assert bench.ask("app", *words)["code"] == "usage"
    bench.thing.apps.worker_fault = AppError("raised", "ValueError: 1")
    assert bench.ask("app", "call", "worker") == {"code": "raised", "text": "ValueError: 1"}


def test_updates():
    bench = held()
    assert bench.ask("update", "check")["text"] == "only in run, not in boot"
    bench.ask("until", "run")
    bench.run(until="run")
    asks = {"next": "its next step asks the cloud", "app": ""}
    assert bench.ask("update", "check") == asks
    bench.ask("step")
    assert bench.ask("update", "apply")["code"] == "nothing"
    bench.thing.cloud.apps["7"] = {"worker_task.py": ""}
    bench.thing.cloud.settings["app_version"] = "7"
    assert bench.ask("update", "check") == asks
    assert bench.ask("step")["state"] == "update"
    bench.thing.wanted, wanted = None, bench.thing.wanted
    bench.ask("fire", "rejected")
    assert bench.ask("update", "apply")["code"] == "nothing"
    bench.thing.wanted = wanted
    assert bench.ask("update", "apply")["state"] == "update"
    bench.ask("until", "boot")
    bench.run(until="boot")
    assert bench.ask("slots")["app"]["version"] == "7"
    assert bench.ask("update", "fetch")["code"] == "usage"
    assert bench.ask("update")["code"] == "usage"


def test_going_back_to_the_version_before():
    bench = held()
    assert bench.ask("update", "rollback")["code"] == "nothing"
    assert bench.ask("update", "rollback", "os")["code"] == "nothing"
    assert bench.ask("update", "rollback", "cloud")["code"] == "usage"
    bench.thing.journal.app = Slot("b", "2", "1")
    assert bench.ask("update", "rollback", "app")["version"] == "1"
    assert bench.ask("slots")["app"] == {
        "place": "a",
        "version": "1",
        "previous": "",
        "trial": "no",
        "rejected": "2",
    }
    assert any(name.startswith("journal.") for name in bench.thing.storage.files)


def test_a_reboot_is_answered_first():
    bench = held()
    said: list[int] = []
    bench.thing.system.on_restart = lambda: said.append(len(bench.written))
    assert bench.ask("reboot") is None
    assert said == [len(bench.written)]


def test_setup_by_legal_events():
    bench = held()
    assert bench.ask("setup")["code"] == "no_portal"
    thing = make_thing()
    portal = FakePortal(thing.clock, offered=True)
    thing.portal = portal
    bench = Bench(thing=thing)
    bench.ask("until", "run")
    bench.run(until="run")
    assert bench.ask("setup")["state"] == "setup"
    assert [entry[2] for entry in bench.items("trace")][-3:] == ["fault", "fault", "setup_wanted"]
    assert bench.ask("setup") == {"state": "setup"}


def test_an_unknown_command_and_one_that_lacks_an_argument():
    bench = held()
    assert bench.ask("cook")["code"] == "unknown"
    assert bench.ask("fire") == {"code": "usage", "text": "fire: an argument is missing"}


def test_no_memory_is_answered_too(monkeypatch):
    bench = held()

    def full() -> None:
        raise MemoryError

    monkeypatch.setattr(bench.thing.system, "memory", full)
    assert bench.ask("mem")["code"] == "memory"


def test_our_own_bug_does_not_end_the_thing(monkeypatch):
    bench = held()

    def broken() -> None:
        raise TypeError("a bug")

    monkeypatch.setattr(bench.thing.system, "memory", broken)
    assert bench.ask("mem") == {"code": "bug", "text": "TypeError: a bug"}


def test_the_cloud_is_asked_at_once():
    bench = held()
    bench.ask("until", "run")
    bench.run(until="run")
    while bench.ask("step")["event"] is None and not bench.thing.cloud.made("management"):
        pass
    asked = len(bench.thing.cloud.made("management"))
    case: Any = bench.runner.case
    case.management_due = 10**12
    bench.ask("update", "check")
    bench.ask("step")
    assert len(bench.thing.cloud.made("management")) == asked + 1
