"""The lab detects each violation; and a sample of each kind of fault."""

from __future__ import annotations

import pytest

from domain.os_update.install import Install
from domain.readings.queue import Queue
from domain.states.update import Update
from tests.fault import lab
from tests.fault.flash import EARLY, LATE, TORN


def broken(scenario, how=TORN, first=1, last=60):
    """Return why the first case that breaks in a scenario does so; empty if none breaks."""
    for cut in range(first, last):
        _, _, _, why = lab.try_case("cut:%s:%s:%d" % (scenario, how, cut))
        if why:
            return why
    return ""


@pytest.mark.parametrize("kind", [kind for kind in lab.KINDS if kind not in ("board", "hostile")])
def test_a_sample(kind, capsys):
    assert lab.main(["--quick", "--kind", kind]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == (
        "0 Things that do not come back, 0 mixed versions, or such as were not verified, "
        "0 acknowledged readings lost, 0 other"
    )
    rows = [line.split() for line in said if line.startswith(kind)]
    tried, faults = rows[-1][-6:-4]
    assert 0 < int(tried) <= int(faults)


@pytest.mark.parametrize("how", [EARLY, LATE])
def test_one_case(how, capsys):
    assert lab.main(["--case", "cut:OS update:%s:3,2" % how]) == 0
    assert "cut       OS update                1       2       1" in capsys.readouterr().out


def test_two_processes_do_the_same(capsys):
    cases = ["cut:starts:torn:%d" % cut for cut in range(1, 4)]
    assert lab.report(lab.results(cases, 2)) == 0
    assert "cut       starts                   3       3       3" in capsys.readouterr().out


def test_what_broke_is_told(monkeypatch, capsys):
    monkeypatch.setattr(Queue, "open", lambda self, names: None)
    assert lab.report(lab.results(["cut:readings:torn:20"], 1)) == 1
    said = capsys.readouterr().out.splitlines()
    assert "1 acknowledged readings lost" in said[-3]
    assert said[-2] == "  cut:readings:torn:20"


def test_what_was_counted_is_said_when_it_is_stopped(capsys):
    def played():
        yield lab.try_case("cut:starts:torn:1")
        raise KeyboardInterrupt

    assert lab.report(played()) == 130
    said = capsys.readouterr().out
    assert said.startswith("stopped before the end")
    assert "cut       starts                   1       1       1" in said


def test_it_sees_an_os_that_is_not_verified(monkeypatch):
    missing = Install._missing
    monkeypatch.setattr(Install, "_missing", lambda self: missing(self)[1:])
    assert "an OS runs that is not whole" in broken("OS update")


def test_it_sees_an_app_that_is_mixed(monkeypatch):
    original = Update._fetch

    def half(self, version, folder):
        original(self, version, folder)
        self.thing.storage.remove(folder + "/management_task.py")

    monkeypatch.setattr(Update, "_fetch", half)
    for module in ("domain.app.app", "domain.states.update"):
        monkeypatch.setattr(module + ".sealed", lambda storage, folder: b"")
    assert "an app runs that is not whole" in broken("app update")


def test_it_sees_a_reading_that_is_lost(monkeypatch):
    monkeypatch.setattr(Queue, "open", lambda self, names: None)
    assert "readings are lost" in broken("readings")


def test_it_sees_a_thing_that_takes_no_more_updates(monkeypatch):
    original = Update._commit

    def once(self, kind, version):
        if version == "3":
            raise AssertionError
        original(self, kind, version)

    monkeypatch.setattr(Update, "_commit", once)
    assert "it does not come back: no app 3" in broken("starts", last=2)
