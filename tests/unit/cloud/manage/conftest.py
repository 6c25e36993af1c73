"""The management services on each database, without a server: calls in an event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from app.cloud.cloud import Cloud
from app.cloud.event_notifier import EventNotifier
from app.cloud.folder import ACCOUNT
from app.cloud.manage.api import ManageApi
from app.cloud.manage.service import Management
from app.cloud.manage.service.office import LOCAL
from app.cloud.reader import Reader
from app.cloud.srsa import KeyPair
from app.cloud.store import Store
from app.cloud.writer import Writer
from tests.unit.cloud.conftest import make_dist

NOW = 1_700_000_000.0
SECRET = "secret of the data folder"
PASSWORD = "correct horse battery"


@contextlib.contextmanager
def managed(folder, url: str | None = None) -> Iterator[SimpleNamespace]:
    """Open a new database; `run` calls one of its services and returns the result."""
    dist = folder / "dist"
    dist.mkdir()
    make_dist(dist)
    path = folder / "cloud.db"
    clock = SimpleNamespace(now=NOW)
    store = Store(path, url=url)
    warnings: list[str] = []
    with contextlib.closing(store), contextlib.closing(asyncio.new_event_loop()) as loop:
        with store.transaction():
            store.accounts.add(ACCOUNT)
        keys = KeyPair(3233, 2753)
        cloud = Cloud(store, keys, lambda: clock.now, EventNotifier(), dist, warn=warnings.append)
        with (
            contextlib.closing(Writer(cloud.store)) as writer,
            contextlib.closing(Reader(cloud, lambda: Store(path, url=url))) as reader,
        ):
            manage = Management(cloud, writer, reader, SECRET)
            yield SimpleNamespace(
                cloud=cloud,
                clock=clock,
                manage=manage,
                api=ManageApi(manage),
                writer=writer,
                run=loop.run_until_complete,
                warnings=warnings,
            )


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request, tmp_path):
    """Yield new services on each database."""
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").database()
    with managed(tmp_path, url) as it:
        yield it


@pytest.fixture
def lite(tmp_path):
    """Yield new services on SQLite, for behaviour that is the same on both databases."""
    with managed(tmp_path) as it:
        yield it


def add_thing(desk, aid: str, tid: str, said: float | None = None, **session) -> None:
    """Make a Thing of an app, as its register call would; `said`: when it was last in contact."""
    store = desk.cloud.store
    with store.transaction():
        app = store.apps.with_aid(aid)[0]
        thing = store.things.add(tid, app.id, app.default_pool)
        store.things.describe(thing, (session.get("platform"), None, False))
        if said is not None:
            token = store.sessions.start(said)
            store.sessions.bind(token, thing.id, session.get("app_version"), "v1")
            store.sessions.touch(token, said)


def add_readings(desk, aid: str, tid: str, values) -> None:
    """Store readings by their seconds."""
    with desk.cloud.store.transaction():
        for second, value in values.items():
            desk.cloud.store.readings.add(aid, tid, int(second * 1e6), value, NOW)


def person(desk, name: str, roles=None, owner: bool = False):
    """Make an account with these roles by app id; return it as an actor."""
    people = desk.manage.people
    desk.run(people.add(LOCAL, name, PASSWORD, owner))
    for aid, role in (roles or {}).items():
        desk.run(desk.manage.apps.set_role(LOCAL, aid, name, role))
    login = desk.run(desk.manage.logins.log_in(name, PASSWORD, "192.0.2.1"))
    return desk.run(desk.manage.logins.by_session(login.token))
