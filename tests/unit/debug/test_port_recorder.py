"""Faults go into the ports, and the recording comes out of them."""

from __future__ import annotations

import base64
import re
import sys
from typing import Any

import pytest

from adapters.debug.port_recorder import FAULTS, LINK, OTHER, Named, _blame, methods
from adapters.debug.wire import unseal
from domain import record
from domain.errors import CloudError, DeviceError, LinkError, ThingError
from domain.health.slots import Slot
from tests.fakes.source import whole
from tests.unit.debug.support import Bench


def running() -> Bench:
    bench = Bench()
    bench.ask("hello", "hold")
    bench.ask("until", "run")
    bench.run(until="run")
    bench.ask("step")
    return bench


@pytest.mark.parametrize(
    ("fault", "event", "code", "text"),
    [
        ("link", "link_lost", "cut", "the connection was cut - injected"),
        ("dns", "link_lost", "no_address", "the name does not resolve - injected"),
        ("session", "session_lost", "session", "the session has ended - injected"),
    ],
)
def test_a_fault_is_recovered_from(fault, event, code, text):
    bench = running()
    assert bench.ask("inject", fault) == [fault]
    bench.ask("inject", fault)
    bench.ask("until", "recover")
    bench.run(until="recover")
    assert bench.ask("inject") == ([] if fault == "session" else [fault])
    assert bench.shell.trace[-1][2] == event
    trouble = bench.thing.trouble
    assert trouble and (trouble.code, trouble.text) == (code, text)
    bench.ask("inject", "heal")
    bench.ask("until", "run")
    bench.run(2000, until="run")


def test_a_link_that_does_not_come_up():
    for fault, code in (("link", "no_link"), ("dns", "no_address")):
        bench = Bench()
        bench.ask("inject", fault)
        bench.run(until="connect")
        bench.run(until="recover")
        assert bench.thing.trouble and bench.thing.trouble.code == code


def test_a_full_disk():
    bench = running()
    bench.ask("inject", "disk")
    with pytest.raises(DeviceError) as caught:
        bench.thing.storage.append("x", b"1")
    assert caught.value.code == "disk_full"
    assert bench.thing.storage.read("x") is None
    with pytest.raises(DeviceError):
        bench.thing.queue.storage.replace("x", b"1")


def test_an_app_that_dies():
    bench = running()
    bench.thing.journal.app = Slot("a", "1")
    bench.ask("inject", "app")
    answer = bench.ask("app", "call", "worker")
    assert answer == {"code": "died", "text": "the app died - injected"}
    assert bench.ask("app", "call", "worker") is None


def test_faults_that_happen_at_once():
    bench = running()
    bench.thing.storage.replace("x", b"abc")
    assert bench.ask("inject", "corrupt", "x") == []
    assert bench.thing.storage.read("x") == b"a" + bytes([ord("b") ^ 0x55]) + b"c"
    assert bench.ask("inject", "corrupt", "y")["code"] == "no_file"
    before = bench.thing.clock.epoch() or 0
    bench.ask("inject", "clock", "-3600")
    assert bench.thing.clock.epoch() == before - 3600
    for words in (["nonsense"], ["clock"], ["clock", "x"], ["corrupt"]):
        assert bench.ask("inject", *words)["code"] == "usage"
    assert bench.ask("inject", "nonsense")["text"].count("disk") == 1


def test_the_clock_may_jump_before_it_is_known():
    bench = Bench()
    bench.ask("inject", "clock", "5")
    assert bench.thing.clock.epoch() == 5


def calls(bench: Bench) -> list[tuple[Any, ...]]:
    """Return the recording, with the names of the methods."""
    found = []
    for _, item in bench.answers("="):
        if item[0] == "call":
            item[2] = methods(item[1], Named())[item[2]]
        found.append(tuple(item))
    return found


def test_a_recording_has_every_transition_and_call():
    bench = Bench()
    bench.ask("hello", "hold")
    begun = bench.ask("record", "on")
    assert begun["recording"] and begun["links"] == 1 and begun["given"] == {"aid": "app-1"}
    bench.thing.storage.replace("wifi", b"home\nsecret\n")
    bench.ask("step")
    bench.ask("state")  # is no part of it
    bench.ask("fire", "no_link")
    bench.ask("record", "off")
    bench.ask("step")
    found = calls(bench)
    assert found[0][:3] == ("call", 1, "replace")
    assert ("step",) in found
    assert ("to", "boot", "booted", "connect") in found
    assert ("command", ["fire", "no_link"]) in found
    assert ("to", "connect", "no_link", "recover") in found
    (wifi,) = [item for item in found if item[:4] == ("call", 1, "read", "wifi")]
    assert b"secret" not in base64.b64decode(wifi[4]["bytes"])
    assert found[-1] == ("command", ["record", "off"])
    assert found.count(("step",)) == 1


def test_a_recording_has_the_errors():
    bench = Bench()
    bench.ask("record", "on")
    bench.thing.links[0].port.fault = "no_link"  # type: ignore[attr-defined]
    with pytest.raises(LinkError):
        bench.thing.links[0].up("host")
    assert calls(bench)[-1] == (
        "call",
        LINK,
        "up",
        "host",
        None,
        [0, "no_link", "fake: no_link - look after the network"],
    )


@pytest.mark.parametrize(("rest", "wait_s"), [({"t": 21.5}, 0), (None, 30)])
def test_a_recorded_error_has_the_good_fields_and_the_wait(monkeypatch, rest, wait_s):
    bench = Bench()
    bench.ask("record", "on")

    def refused(_name: str) -> None:
        error = CloudError("busy", "the cloud answers 429 - it is tried again later")
        error.rest, error.wait_s = rest, wait_s
        raise error

    monkeypatch.setattr(bench.thing.apps.port, "load", refused)  # type: ignore[attr-defined]
    with pytest.raises(CloudError):
        bench.thing.apps.load("app.a")
    blame, code, _, *others = calls(bench)[-1][-1]
    assert (blame, code, others) == (_blame(CloudError("", "")), "busy", [rest, wait_s])


def test_a_recording_begins_with_a_start():
    bench = Bench()
    bench.ask("step")
    answer = bench.ask("record", "on")
    assert answer["code"] == "late"
    assert "a recording begins with a start" in answer["text"]
    assert bench.ask("record")["recording"] is False


def test_the_faults():
    assert set(FAULTS) == {"link", "dns", "session", "disk", "app"}


def test_taps_are_taken_away_when_nobody_needs_them():
    bench = Bench()
    ports = dict(vars(bench.thing))
    bench.ask("record", "on")
    bench.ask("inject", "disk")
    bench.ask("inject", "heal")
    assert bench.thing.storage is not ports["storage"]  # the recording goes on
    bench.ask("inject", "disk")
    bench.ask("record", "off")
    assert bench.thing.storage is not ports["storage"]  # so does the fault
    bench.ask("inject", "heal")
    bench.ask("inject", "heal")
    assert {name: vars(bench.thing)[name] for name in ports} == ports
    assert bench.thing.queue.storage is ports["storage"]


def test_a_recording_has_errors_that_nobody_foresaw(monkeypatch):
    bench = Bench()
    bench.ask("record", "on")

    def full(_name: str) -> None:
        raise MemoryError("full")

    monkeypatch.setattr(bench.thing.apps.port, "load", full)  # type: ignore[attr-defined]
    with pytest.raises(MemoryError):
        bench.thing.apps.load("app.a")
    assert calls(bench)[-1][3:] == ("app.a", None, [-1, "", "MemoryError('full')"])


def test_what_comes_in_pieces_is_recorded_too():
    bench = Bench()
    bench.thing.storage.files["x"] = b"abc"
    bench.ask("record", "on")
    assert whole(bench.thing.storage.source("x")) == b"abc"
    found = calls(bench)
    assert [item[0] for item in found] == ["piece", "call"]
    assert found[-1][2:] == ("source", "x", None, None)


def test_what_is_the_same_anywhere_is_not_recorded():
    bench = Bench()
    bench.ask("record", "on")
    assert len(bench.thing.crypto.sha256(b"x")) == 32
    assert calls(bench) == []
    bench.thing.crypto.random(2)
    assert calls(bench)[-1][2] == "random"


def test_a_recording_has_no_secret():
    """Neither as it is drawn, nor as it is read again in the next session."""
    bench = Bench()
    cloud, storage = bench.thing.cloud, bench.thing.storage  # before they are tapped
    cloud.wanted_salt = "0123456789abcdef"
    bench.ask("hello", "hold")
    bench.ask("record", "on")
    for _ in range(2):
        bench.ask("auto")
        bench.run(until="run")
        bench.run(20)
        cloud.end_session()
        bench.run(2000, until="register")
    value = record.load(storage, "secret")[1]
    assert value[1:] == ["0123456789abcdef"]
    drawn = bytes.fromhex(value[0])
    said = [base64.b64decode(text) for text in re.findall(r'"bytes": ?"([^"]*)"', _all(bench))]
    assert len([data for data in said if b"0123456789abcdef" in data]) > 1  # it was read
    assert not [data for data in said if drawn in data or value[0].encode() in data]
    assert value[0] not in _all(bench)


def _all(bench: Bench) -> str:
    return "\n".join(unseal(line) or "" for line in bench.written)


def test_a_file_of_an_os_that_is_refused_is_recorded():
    bench = Bench()
    bench.ask("record", "on")
    with pytest.raises(CloudError):
        bench.thing.cloud.os_file("3", "Python", "release.txt")
    assert ("os_file", "3") in [item[2:4] for item in calls(bench) if item[0] == "call"]


def test_an_error_of_no_kind_is_blamed_on_none():
    assert _blame(ThingError("odd", "something else")) == OTHER


def test_a_board_that_is_built_without_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "adapters.debug.port_recorder", None)
    for name in ("inject", "record"):
        answer = running().ask(name)
        assert (answer["code"], answer["text"]) == ("left_out", "this board has no " + name)
