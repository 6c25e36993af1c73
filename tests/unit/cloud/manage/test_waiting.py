"""Messages that are awaited, and events of one Thing, on each database."""

from __future__ import annotations

import asyncio

import pytest

from app.cloud.manage.service.office import LOCAL, Refused
from tests.unit.cloud.manage.conftest import NOW, add_thing, person


@pytest.fixture
def aid(desk):
    aid: str = desk.run(desk.manage.apps.create(LOCAL, "Lamp")).aid
    for tid in ("a", "b"):
        add_thing(desk, aid, tid, NOW)
    return aid


def noted(desk, *calls):
    with desk.cloud.store.transaction():
        for tid, what in calls:
            desk.cloud.store.events.add(NOW, what, tid, 200, "")
    desk.cloud.notifier.ring()


def test_a_message_is_awaited(desk, aid):
    messages = desk.manage.messages
    mid = desk.run(messages.queue(LOCAL, "a", "APP", 1))
    assert desk.run(messages.get(LOCAL, "a", mid)).status == "queued"
    assert desk.run(messages.get(LOCAL, "a", mid, 0.01)).status == "queued"

    async def answered():
        waiting = asyncio.ensure_future(messages.get(LOCAL, "a", mid, 30))
        await asyncio.sleep(0)
        desk.cloud.notifier.ring()  # by another call
        store = desk.cloud.store
        with store.transaction():
            (thing,) = store.things.of_tid("a")
            store.messages.receive(thing.id, mid, "yes", NOW)
        desk.cloud.notifier.ring()
        return await waiting

    assert desk.run(answered()).reply == "yes"
    with pytest.raises(Refused, match="Thing b has no message"):
        desk.run(messages.get(LOCAL, "b", mid))
    eve = person(desk, "eve")
    with pytest.raises(Refused, match="no Thing a"):
        desk.run(messages.get(eve, "a", mid))


def test_events_of_one_thing_and_the_newest(desk, aid):
    noted(desk, ("a", "one"), ("b", "two"), ("a", "three"), ("b", "four"))

    def found(**narrowed):
        return [event.what for event in desk.run(desk.manage.events.after(LOCAL, **narrowed))]

    assert found(tid="a") == ["one", "three"]
    assert found(limit=3, newest=True) == ["two", "three", "four"]
    assert found(limit=1, newest=True, tid="a") == ["three"]
    eve = person(desk, "eve")
    assert desk.run(desk.manage.events.after(eve, tid="a", newest=True)) == []


def test_a_wait_for_one_thing_outlasts_the_events_of_others(desk, aid):
    events = desk.manage.events

    async def waited():
        waiting = asyncio.ensure_future(events.after(LOCAL, 0, wait_s=30, tid="a"))
        await asyncio.sleep(0)
        noted(desk, ("b", "theirs"))
        await asyncio.sleep(0)
        noted(desk, ("a", "its"))
        return [event.what for event in await waiting]

    assert desk.run(waited()) == ["its"]
