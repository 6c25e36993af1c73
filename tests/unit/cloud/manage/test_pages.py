"""A page of Things takes as many statements as a short one, and shows each Thing as it is alone."""

from __future__ import annotations

import threading

import pytest

from app.cloud.database.connection import Database
from app.cloud.manage.service.office import LOCAL, Page
from app.cloud.manage.service.rollouts import Wish
from app.cloud.manage.service.things import shown_thing, shown_things
from app.cloud.settings import settings_of
from app.cloud.tables.identities import Identity
from tests.unit.cloud.manage.conftest import NOW, add_thing
from tests.unit.cloud.manage.rolling import Fleet


@pytest.fixture
def fleet(desk):
    """Make 30 Things of two apps, of which a rollout asks some; each has another past."""
    it = Fleet(desk, 26)
    other = desk.run(desk.manage.apps.create(LOCAL, "Pump")).aid
    for number in range(4):
        add_thing(desk, other, f"U{number}", NOW if number % 2 else None)
    it.start(Wish(app="two", shares=[50, 100]))
    for tid in it.tids[:20]:
        it.call(tid)

    def lived(store):
        for number, tid in enumerate(it.tids):
            (thing,) = store.things.of_tid(tid)
            if number % 3 == 0:
                store.identities.pin(thing, Identity(bytes([number] * 16), "salt"), NOW)
            for mark in "ba"[: number % 4]:
                store.identities.wait(thing, mark * 16, None, NOW - number, number % 2)

    it.change(lived)
    for tid in it.tids[::5]:
        desk.run(desk.manage.things.set(LOCAL, tid, {"ssl": tid == "T05"}))
    return it


def test_more_things_take_no_more_statements(desk, fleet, monkeypatch):
    ran = []
    text = Database.text

    def counted(database, *given):
        ran.append(threading.get_ident())  # other clouds run in this process
        return text(database, *given)

    monkeypatch.setattr(Database, "text", counted)

    def count(store, limit):
        ran.clear()
        rows, _ = store.things.page("-tid", None, limit, 0, NOW)
        assert len(shown_things(desk.cloud, rows)) == limit
        return ran.count(threading.get_ident())

    few, many = (fleet.change(lambda store, n=n: count(store, n)) for n in (3, 30))
    assert 0 < few == many


def test_each_is_shown_as_it_is_alone(desk, fleet):
    page = desk.run(desk.manage.things.find(LOCAL, Page(sort="-tid"))).items
    assert [it.tid for it in page] == ["U3", "U2", "U1", "U0", *reversed(fleet.tids)]
    assert {it.settings["app_version"] for it in page} >= {"one", "two"}
    assert len({it.identity.pinned for it in page}) == 10
    assert {len(it.identity.waiting) for it in page} == {0, 1, 2}

    def alone(store):
        for it in page:
            (thing,) = store.things.of_tid(it.tid)
            assert it == shown_thing(desk.cloud, thing)
            assert it.settings == settings_of(desk.cloud, thing)

    fleet.change(alone)
