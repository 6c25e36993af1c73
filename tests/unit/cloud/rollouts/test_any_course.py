"""Any course of a rollout, on a database: people, Things and time in any order."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.cloud.cloud import Cloud
from app.cloud.event_notifier import EventNotifier
from app.cloud.manage.service.office import LOCAL, Refused
from app.cloud.manage.service.rollouts import RolloutService, Wish
from app.cloud.rollouts import rules
from app.cloud.rollouts.evaluation import evaluate_all
from app.cloud.settings import settings_of
from app.cloud.srsa import KeyPair
from app.cloud.store import Store
from app.cloud.tables.pools import Pool

NOW = 1_700_000_000.0
COUNT = 7
PEOPLE = ("pause", "resume", "abort", "roll_back")
OF_THINGS = st.tuples(
    st.sampled_from(("call", "call", "install", "install", "crash", "fail", "leave")),
    st.integers(0, COUNT - 1),
)
ACTIONS = st.lists(
    OF_THINGS
    | st.tuples(st.just("wait"), st.sampled_from((1, 100, 301)))
    | st.tuples(st.just("look"), st.just(0))
    | st.tuples(st.sampled_from(PEOPLE), st.just(0)),
    max_size=60,
)


class _Undo(Exception):
    """The end of a course: nothing of it is stored."""


class _Office:
    """A stand-in for the office: its work is done at once, in the open transaction."""

    def __init__(self, cloud):
        self.cloud = cloud

    async def change(self, call):
        return call(self.cloud)


def run(coroutine):
    """Return the result of a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


class Course:
    """A pool with Things, and a rollout in it."""

    def __init__(self, store, shares, trouble):
        self.now = NOW
        self.cloud = Cloud(store, KeyPair(3233, 2753), lambda: self.now, EventNotifier())
        self.store = store
        store.accounts.add("local")
        self.app = store.apps.add("local", "App", "pool", "aid")
        store.pools.add(self.app.id, Pool("pool", {"app_version": "one"}, False))
        store.pools.add(self.app.id, Pool("other", {}, False))
        for version in ("one", "two"):
            store.versions.add(self.app.id, {"a.py": ""}, version, NOW)
        self.things = [store.things.add(f"T{n}", self.app.id, "pool") for n in range(COUNT)]
        self.tokens = [self.registered(thing, "one") for thing in self.things]
        self.service = RolloutService(_Office(self.cloud))  # type: ignore[arg-type]
        wish = Wish(app="two", shares=shares, within=300.0, confirm=80, trouble=trouble)
        self.id = run(self.service.start(LOCAL, "aid", "pool", wish)).id

    def registered(self, thing, version):
        token = self.store.sessions.start(self.now)
        self.store.sessions.deactivate(thing.id)
        self.store.sessions.bind(token, thing.id, version, "v1")
        return token

    def wanted(self, number):
        thing = self.store.things.with_id(self.things[number].id)
        self.store.sessions.touch(self.tokens[number], self.now)
        return settings_of(self.cloud, thing, asking=True).get("app_version")

    def do(self, what, number):
        if what == "wait":
            self.now += number
        elif what == "look":
            evaluate_all(self.cloud, 0.0)
        elif what in PEOPLE:
            with contextlib.suppress(Refused):
                run(getattr(self.service, what)(LOCAL, self.id))
        elif what == "leave":
            self.store.things.move(self.things[number], self.app.id, "other")
        else:
            self.thing_does(what, number)

    def thing_does(self, what, number):
        version = self.wanted(number)
        if what == "call" or version is None:
            return
        token = self.tokens[number] = self.registered(self.things[number], version)
        status = "KO: x" if what == "fail" else "OK"
        self.store.sessions.report(token, "management", status, 0.0)
        if what == "crash" and version == "two":
            self.tokens[number] = self.registered(self.things[number], "one")

    def state(self):
        it = self.store.rollouts.get(self.id)
        rows = self.store.rollout_things.page(self.id, 99, 0)
        asked = {row.tid for row in rows if row.asked is not None}
        pool = self.store.pools.get(self.app.id, "pool")
        return SimpleNamespace(it=it, rows=rows, asked=asked, version=pool.settings["app_version"])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with contextlib.closing(Store(tmp_path_factory.mktemp("course") / "cloud.db")) as it:
        yield it


@given(
    shares=st.sampled_from(([100], [50, 100], [20, 60, 100])),
    trouble=st.sampled_from((0, 20, 100)),
    actions=ACTIONS,
)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_rules_hold(store, shares, trouble, actions):
    with contextlib.suppress(_Undo), store.transaction():
        course = Course(store, shares, trouble)
        for what, number in actions:
            before = course.state()
            course.do(what, number)
            _check(before, course.state(), what)
        raise _Undo


def _check(before, after, what):
    it = after.it
    # Never more Things than the share of the pool; those that were asked and left are not in it.
    if not it.everyone:
        inside = [row for row in after.rows if row.did != rules.LEFT]
        assert len(inside) <= rules.most(it.plan.shares[it.stage], COUNT)
    # Only a running rollout asks further Things, and only a Thing's call does.
    new = after.asked - before.asked
    assert not new or before.it.state == rules.RUNNING
    assert not new or what not in ("look", "wait", *PEOPLE)
    # No state but by a row of the table, in a chain of stages.
    if before.it.state != it.state:
        assert (before.it.state, it.state) in {(row[0], row[2]) for row in rules.TABLE}
    assert it.stage >= before.it.stage
    assert it.in_force == (it.state not in (rules.DONE, rules.ROLLED_BACK))
    assert after.version == ("two" if it.state == rules.DONE else "one")
    if it.state == rules.HALTED and before.it.state == rules.RUNNING:
        assert what == "look"
        assert it.reason
