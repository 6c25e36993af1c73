"""Tags of Things, rollouts by them, and new hardware in the place of old, on each database."""

from __future__ import annotations

import pytest

from app.cloud.manage.service.fleet import ThingFilter
from app.cloud.manage.service.office import LOCAL, Actor, Refused, Role
from app.cloud.manage.service.rollouts import Wish
from app.cloud.tables.identities import Identity
from tests.unit.cloud.manage.conftest import NOW, add_readings, add_thing


@pytest.fixture
def aid(desk):
    it: str = desk.run(desk.manage.apps.create(LOCAL, "Lamp")).aid
    for tid in ("a", "b", "c"):
        add_thing(desk, it, tid, NOW)
    return it


def tag(desk, tid, *add, drop=()):
    return desk.run(desk.manage.things.set(LOCAL, tid, tag=add, untag=drop)).tags


def tids(desk, word):
    found = desk.run(desk.manage.things.find(LOCAL, narrowed=ThingFilter(tag=word)))
    return [it.tid for it in found.items]


def test_tags(desk, aid):
    assert tag(desk, "a", "Cellar", "north", "cellar") == ["cellar", "north"]
    assert tag(desk, "b", "cellar-2") == ["cellar-2"]
    assert (tids(desk, "CELLAR"), tids(desk, "cell"), tids(desk, "%")) == (["a"], [], [])
    assert desk.run(desk.manage.fleet.count(LOCAL, ThingFilter(tag="cellar"))).total == 1
    assert tag(desk, "a", drop=["cellar", "none"]) == ["north"]
    assert tag(desk, "a", drop=["north"]) == []
    for word in ("", "a b", "a,b", "a|b", "x" * 37):
        with pytest.raises(Refused, match="is no tag"):
            tag(desk, "a", word)
    with pytest.raises(Refused, match="would have 21 tags"):
        tag(desk, "a", *(f"t{n}" for n in range(21)))
    assert tag(desk, "a") == []


def test_a_rollout_by_tag(desk, aid):
    run, manage = desk.run, desk.manage
    for tid in ("a", "b"):
        run(manage.things.set(LOCAL, tid, pool="staging", tag=["bench"]))
    run(manage.things.set(LOCAL, "b", {"ssl": True}))  # has settings of its own
    run(manage.versions.commit(LOCAL, aid, {"a.py": "1"}, "two"))
    with pytest.raises(Refused, match="has that tag"):
        run(manage.rollouts.start(LOCAL, aid, "staging", Wish(app="two", tag="roof")))
    with pytest.raises(Refused, match="'' is no tag"):  # as of a shell's empty variable
        run(manage.rollouts.start(LOCAL, aid, "staging", Wish(app="two", tag="")))
    it = run(manage.rollouts.start(LOCAL, aid, "staging", Wish(app="two", tag="Bench")))
    assert it.shares == [0, 100]
    assert [row.tid for row in run(manage.rollouts.things(LOCAL, it.id)).items] == ["a"]


def replace(desk, *more, actor=LOCAL):
    return desk.run(desk.manage.replacements.replace(actor, *more))


def test_new_hardware_goes_on_in_the_place_of_old(desk, aid, monkeypatch):
    monkeypatch.setattr("app.cloud.tables.readings._STEP", 2)
    run, manage, store = desk.run, desk.manage, desk.cloud.store
    run(manage.things.set(LOCAL, "a", {"note": 1}, pool="staging", tag=["cellar"]))
    mid = run(manage.messages.queue(LOCAL, "a", "APP", "hello"))
    add_readings(desk, aid, "a", {1: 1, 2: 2, 3: 3})
    add_readings(desk, aid, "b", {2: "its", 9: 9})
    (new,) = store.things.of_tid("b")
    with store.transaction():
        token = store.sessions.start(NOW)
        store.sessions.bind(token, new.id, "two", "v1")
        store.identities.pin(new, Identity(bytes(16), "salt"), NOW)
    with pytest.raises(Refused, match="a is on line"):
        replace(desk, "a", "b")
    it = replace(desk, "a", "b", True)
    assert (it.tid, it.pool, it.tags, it.custom) == ("b", "staging", ["cellar"], True)
    assert (it.app_version, it.identity.pinned is None, it.active) == ("two", False, True)
    assert store.things.of_tid("a") == []
    (thing,) = store.things.of_tid("b")
    with store.transaction():
        assert store.identities.pinned(thing) == Identity(bytes(16), "salt")
        assert store.sessions.get(token).thing_id == thing.id
    assert run(manage.messages.get(LOCAL, "b", mid)).status == "queued"
    found = [(row.ts, row.msg) for row in run(manage.readings.find(LOCAL, "b"))]
    assert found == [(1, 1), (2, "its"), (3, 3), (9, 9)]
    noted = run(manage.accounts.audit(LOCAL))[0]
    assert (noted.action, noted.target, noted.detail) == ("replace Thing", "a", "by b")


def test_hardware_that_has_yet_to_register(desk, aid):
    add_readings(desk, aid, "a", {1: 1})
    it = replace(desk, "a", "new", True)
    assert (it.tid, it.active, it.identity.pinned) == ("new", False, None)
    assert [row.msg for row in desk.run(desk.manage.readings.find(LOCAL, "new"))] == [1]


def test_what_is_no_replacement(desk, aid):
    for by in ("a", "", "x" * 37):
        with pytest.raises(Refused, match="by must be another id"):
            replace(desk, "a", by, True)
    with pytest.raises(Refused, match="no Thing none"):
        replace(desk, "none", "b")
    (thing,) = desk.cloud.store.things.of_tid("a")
    other = desk.run(desk.manage.apps.create(LOCAL, "Other")).aid
    add_thing(desk, other, "theirs", NOW)
    eve = Actor("eve", 1, roles={thing.app_id: Role.OWNER})
    with pytest.raises(Refused, match="an app that you do not see"):
        replace(desk, "a", "theirs", True, actor=eve)
