"""States of Things in the database as in Python, filters by them, and the fleet's numbers."""

import itertools
import json

import pytest

from app.cloud.manage.service.fleet import ThingFilter
from app.cloud.manage.service.office import LOCAL, Page, Refused
from app.cloud.tables.states import STATES
from tests.unit.cloud.manage.asking import ask, bearer
from tests.unit.cloud.manage.conftest import NOW, SECRET, add_thing, person

INTERVALS = (60, "60", "0060", " 60", "+60", "6_0", "60.0", 60.5, True, None, "auto", "1" * 10, "")


@pytest.fixture
def app(desk):
    return desk.run(desk.manage.apps.create(LOCAL, "Lamp"))


def say(desk, tid, what, status):
    """Store the status of a Thing's newest session."""
    store = desk.cloud.store
    with store.transaction():
        (thing,) = store.things.of_tid(tid)
        token = store.sessions.start(NOW)
        store.sessions.bind(token, thing.id, "one", "v1")
        store.sessions.report(token, what, status, 0.0)


def found(desk, actor=LOCAL, sort="", **narrowed):
    page = desk.manage.things.find(actor, Page(sort=sort), ThingFilter(**narrowed))
    return desk.run(page).items


def test_the_database_sees_the_states_that_python_sees(desk, app):
    """Intervals of any kind, at ages around them, with and without a battery."""
    mains = itertools.product(INTERVALS, (-5, 59, 119, 120), [False])
    cases = itertools.chain(mains, itertools.product(INTERVALS[:4], (59, 179, 180), [True]))
    for number, (interval, age, battery) in enumerate(cases):
        tid = f"t{number}"
        add_thing(desk, app.aid, tid, NOW - age)
        settings = {"management_interval": interval, "worker_interval": "x\0"}
        settings["battery_operated"] = battery
        desk.run(desk.manage.things.set(LOCAL, tid, settings))
    add_thing(desk, app.aid, "none", NOW)
    with desk.cloud.store.transaction():
        desk.cloud.store.things.set_custom(desk.cloud.store.things.of_tid("none")[0], {})
    everything = {thing.tid: thing.state for thing in found(desk)}
    assert len(set(everything.values())) == 2
    for state in STATES:
        some = [thing.tid for thing in found(desk, state=state)]
        assert some == [tid for tid in everything if everything[tid] == state], state


def test_each_state_and_its_number(desk, app):
    for tid in ("fine", "fails", "refused", "ended", "stranger"):
        add_thing(desk, app.aid, tid, NOW - 1, app_version="one")
    add_thing(desk, app.aid, "silent", NOW - 5000, app_version="two")
    add_thing(desk, app.aid, "new")
    say(desk, "fails", "worker", "KO: ZeroDivisionError")
    say(desk, "fine", "worker", "OK")
    say(desk, "silent", "management", "OK")
    desk.clock.now = NOW + 1
    store = desk.cloud.store
    with store.transaction():
        (thing,) = store.things.of_tid("refused")
        store.identities.wait(thing, "a" * 16, None, NOW, 2)
        (thing,) = store.things.of_tid("stranger")
        store.identities.wait(thing, "b" * 16, None, NOW, 0)  # one that was pinned before
        token = store.sessions.start(NOW - 5000)
        (thing,) = store.things.of_tid("silent")
        store.sessions.bind(token, thing.id, "two", "v1")
    desk.run(desk.manage.things.expire(LOCAL, "ended"))
    other = desk.run(desk.manage.apps.create(LOCAL, "Other"))
    add_thing(desk, other.aid, "hidden", NOW, app_version="one")
    desk.run(desk.manage.things.set(LOCAL, "fine", pool="staging"))
    eve = person(desk, "eve", {app.aid: "viewer"})
    states = {thing.tid: thing.state for thing in found(desk, eve)}
    assert states == {
        "fine": "run", "fails": "trouble", "refused": "trouble", "ended": "offline",
        "stranger": "run", "silent": "offline", "new": "new",
    }  # fmt: skip
    fleet = desk.run(desk.manage.fleet.count(eve))
    assert (fleet.total, fleet.states) == (7, {"run": 2, "trouble": 2, "offline": 2, "new": 1})
    pools = [(row.app, row.pool, row.state, row.things) for row in fleet.pools]
    assert sorted(pools) == [
        ("Lamp", "development", "new", 1), ("Lamp", "development", "offline", 2),
        ("Lamp", "development", "run", 1), ("Lamp", "development", "trouble", 2),
        ("Lamp", "staging", "run", 1),
    ]  # fmt: skip
    assert [(row.version, row.things) for row in fleet.app_versions][0] == ("one", 5)
    assert {row.version for row in fleet.os_versions} == {"v1", None}
    assert desk.run(desk.manage.fleet.count(LOCAL)).total == 8
    some = desk.run(desk.manage.fleet.count(LOCAL, ThingFilter(pool="staging")))
    assert (some.total, some.states["run"], len(some.pools)) == (1, 1, 1)


def test_sorts_and_filters_of_a_fleet(desk, app):
    add_thing(desk, app.aid, "b", NOW, app_version="one")
    add_thing(desk, app.aid, "a", NOW - 5000, app_version="two")
    desk.run(desk.manage.things.set(LOCAL, "a", pool="staging"))
    assert [thing.tid for thing in found(desk, sort="-state")] == ["b", "a"]
    assert [thing.tid for thing in found(desk, sort="-pool")] == ["a", "b"]
    assert [thing.tid for thing in found(desk, sort="app")] == ["b", "a"]
    assert [thing.tid for thing in found(desk, sort="pythings_version")] == ["b", "a"]
    assert [thing.tid for thing in found(desk, app_version="two", pythings_version="v1")] == ["a"]
    for call in (
        desk.manage.fleet.count,
        lambda *some: desk.manage.things.find(LOCAL, Page(), some[1]),
    ):
        with pytest.raises(Refused, match="state must be one of run, trouble"):
            desk.run(call(LOCAL, ThingFilter(state="KO")))


def test_the_route(lite):
    app = lite.run(lite.manage.apps.create(LOCAL, "Lamp"))
    add_thing(lite, app.aid, "t", NOW, app_version="one")
    fleet = ask(lite, "GET", f"/fleet?aid={app.aid}&state=run", **bearer(SECRET)).json()
    assert fleet["states"] == {"run": 1, "trouble": 0, "offline": 0, "new": 0}
    assert fleet["app_versions"] == [{"aid": app.aid, "app": "Lamp", "version": "one", "things": 1}]
    listed = ask(lite, "GET", "/things?state=offline", **bearer(SECRET)).json()
    assert (listed["items"], listed["total"]) == ([], 0)
    assert ask(lite, "GET", "/things?state=KO", **bearer(SECRET)).status == 422
    assert json.dumps(fleet)
