"""A Thing that a person waits for is asked to come back soon, for five minutes at most."""

from __future__ import annotations

import pytest

from app.cloud.api.call import Call
from app.cloud.api.management import management
from app.cloud.attention import LONGEST_S
from app.cloud.manage.service.office import LOCAL
from app.cloud.tables.identities import Identity
from tests.unit.cloud.manage.conftest import NOW, add_thing, managed


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with managed(tmp_path_factory.mktemp("soon")) as desk:
        desk.aid = desk.run(desk.manage.apps.create(LOCAL, "Lamp")).aid
        yield desk


@pytest.fixture
def calls(world, request):
    """Return a function that makes a management call of a new Thing with an identity."""
    world.clock.now = NOW
    store, tid = world.cloud.store, request.node.name
    add_thing(world, world.aid, tid, NOW)
    (thing,) = store.things.of_tid(tid)
    with store.transaction():
        token = store.sessions.start(NOW)
        store.sessions.bind(token, thing.id, "1", "v1")
        store.identities.pin(thing, Identity(bytes(16), "salt"), NOW)

    def called():
        with store.transaction():
            return management(world.cloud, Call({"token": token}))["settings"]

    called.tid, called.thing = tid, thing  # type: ignore[attr-defined]
    return called


def test_soon_for_five_minutes(world, calls):
    assert "soon" not in calls()
    world.run(world.manage.messages.attend(LOCAL, calls.tid))
    assert calls()["soon"] is True
    world.clock.now = NOW + LONGEST_S - 1
    assert calls()["soon"] is True
    world.clock.now = NOW + LONGEST_S
    assert "soon" not in calls()
    world.clock.now = NOW - 86_400  # the clock was set back
    assert "soon" not in calls()


def test_a_command_begins_it_and_a_message_does_not(world, calls):
    queue = world.manage.messages.queue
    world.run(queue(LOCAL, calls.tid, "APP", 1))
    assert "soon" not in calls()
    world.run(queue(LOCAL, calls.tid, "CMD", "1"))
    assert calls()["soon"] is True


def test_a_thing_on_a_battery_sleeps_on(world, calls):
    world.run(world.manage.things.set(LOCAL, calls.tid, {"battery_operated": True}))
    world.run(world.manage.messages.attend(LOCAL, calls.tid))
    assert "soon" not in calls()


def test_a_thing_of_the_predecessor_is_sent_what_it_was(world, calls):
    before = calls()
    with world.cloud.store.transaction():
        world.cloud.store.identities.unpin(calls.thing)
    world.run(world.manage.messages.attend(LOCAL, calls.tid))
    assert calls() == before
