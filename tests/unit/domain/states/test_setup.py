"""setup: how long the portal stays open, and the event that it ends with."""

from __future__ import annotations

import pytest

from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import Slot
from domain.settings.parameters import Parameters
from domain.states.setup import Setup
from tests.fakes.cloud import DOWN
from tests.fakes.thing import make_runner, make_thing, run_until


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
    assert thing.console.named("setup_portal") == [
        {"tid": "T-1", "join": "Thing_T-1", "url": "http://192.168.4.1"}
    ]


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


def in_turn(place=""):
    """Return a Thing with an App id and no working network, its runner, and an hour's states."""
    thing = make_thing()
    thing.portal.is_offered = True
    thing.links[0].fault = "no_link"
    runner = make_runner(thing)
    if place:
        journals.save(thing.storage, Journal(settings=Slot(place, "s")))
    states: list[str] = []
    while thing.clock.now < 3_600_000:
        runner.step()
        if not states or states[-1] != runner.machine.state:
            states.append(runner.machine.state)
    return thing, runner, states


def test_without_a_network_that_works_portal_and_tries_take_turns():
    thing, runner, states = in_turn()
    assert states.count("setup") >= 5
    assert abs(states.count("setup") - states.count("connect")) <= 2
    thing.links[0].fault = ""
    run_until(runner, lambda: runner.machine.state == "run")


def test_what_is_set_up_in_a_later_turn_is_used():
    thing, runner, _ = in_turn()

    def person():
        thing.links[0].fault = ""
        return True, True

    thing.portal.polls = [person]
    run_until(runner, lambda: runner.machine.state == "run")


def test_one_that_a_cloud_has_seen_opens_it_some_minutes_after_its_networks_and_then_rarely():
    """As after a move, or with a new router: the owner need not know how to open the portal."""
    _, _, states = in_turn(place="a")
    assert 1 <= states.count("setup") <= 4
    assert states.index("setup") <= 10  # boot, and three tries
    assert states.count("connect") > 3 * states.count("setup")


def test_none_is_opened_while_a_network_works():
    thing, runner, _ = in_turn(place="a")
    thing.links[0].fault = ""
    run_until(runner, lambda: runner.machine.state == "run")
    opened = len(thing.portal.opened)
    thing.cloud.down = DOWN
    run_until(runner, lambda: thing.clock.now > 10_800_000, 20_000)
    assert len(thing.portal.opened) == opened
