"""The lab sees what it is there to see; and a sample of it."""

from __future__ import annotations

import pytest

from domain.queue import Queue
from domain.release import Install
from domain.update import Update
from tests.fault import lab
from tests.fault.flash import EARLY, LATE, TORN
from tests.fault.lab import Case
from tests.fault.world import Broken


def broken(scenario, how=TORN, first=1, last=60):
    """The first case of a scenario that breaks."""
    for cut in range(first, last):
        try:
            lab.play(Case(scenario, how, (cut,)))
        except Broken as error:
            return str(error)
    return ""


def test_a_sample(capsys):
    assert lab.main(["--quick"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "0 broke"
    scenarios = [line[:18].strip() for line in said[1:-2]]
    assert scenarios == list(lab.SCENARIOS)


@pytest.mark.parametrize("how", [EARLY, LATE])
def test_one_case(how):
    assert lab.main(["--case", "OS update:%s:3,2" % how]) == 0


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
    assert "an app runs that is not whole" in broken("app update")


def test_it_sees_a_reading_that_is_lost(monkeypatch):
    monkeypatch.setattr(Queue, "open", lambda self: None)
    assert "readings are lost" in broken("readings")


def test_it_sees_a_thing_that_takes_no_more_updates(monkeypatch):
    original = Update._commit

    def once(self, kind, version):
        if version == "3":
            raise AssertionError
        original(self, kind, version)

    monkeypatch.setattr(Update, "_commit", once)
    assert "it does not come back: no app 3" in broken("starts", last=2)
