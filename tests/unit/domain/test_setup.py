"""setup: how long the portal stays open, and what it leads to."""

from __future__ import annotations

import pytest

from domain.parameters import Parameters
from domain.setup import Setup
from tests.fakes.thing import make_thing


def begun(aid="app-1", timeout=60):
    thing = make_thing()
    thing.parameters = Parameters(aid=aid, tid="T-1", setup_timeout=timeout)
    return thing, Setup(thing)


def test_nobody_comes():
    thing, setup = begun()
    acts = 0
    while True:
        acts += 1
        event = setup.act()
        if event:
            break
        assert thing.portal.is_open
    assert (event, acts, thing.clock.now) == ("timed_out", 60, 60_000)
    assert thing.portal.opened == ["T-1"]
    assert thing.portal.closes == 1
    assert not thing.portal.is_open
    assert thing.console.named("setup_portal") == [{"tid": "T-1"}]


def test_without_an_app_id_it_waits_longer():
    thing, setup = begun(aid="", timeout=5)
    while not setup.act():
        pass
    assert thing.clock.now == 600_000


def test_use_puts_the_end_off():
    thing, setup = begun(timeout=10)
    for _ in range(8):
        assert setup.act() is None
    thing.portal.polls = [(True, False)]
    assert setup.act() is None
    assert thing.clock.now == 8100
    while not setup.act():
        pass
    assert thing.clock.now >= 18_100


def test_told_to_close():
    thing, setup = begun()
    thing.portal.polls = [(True, False), (True, True)]
    assert setup.act() is None
    assert setup.act() == "configured"
    assert thing.portal.closes == 1


@pytest.mark.parametrize("when", ["open", "poll"])
def test_a_portal_that_fails_is_not_in_the_way(when):
    thing, setup = begun()
    if when == "poll":
        setup.act()
    thing.portal.fault = "no radio"
    assert setup.act() == "timed_out"
    assert thing.portal.closes == 1
    assert thing.trouble is not None
    assert thing.trouble.code == "portal"
