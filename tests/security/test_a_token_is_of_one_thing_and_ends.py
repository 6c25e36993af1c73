"""A session token belongs to the Thing that received it, for as long as that Thing uses it."""

from __future__ import annotations

import contextlib
import json

import pytest

from app.cloud.api.answer import answer
from app.cloud.api.routes import find
from app.cloud.catalog import create_app
from app.cloud.cloud import SESSION_S, Cloud
from app.cloud.event_notifier import EventNotifier
from app.cloud.folder import ACCOUNT
from app.cloud.srsa import KeyPair
from app.cloud.store import Store
from app.cloud.tables.pools import Pool
from app.cloud.tables.sessions import PENDING_S
from domain.settings.values import MAX_INTERVAL
from tests.unit.cloud.wire import TROUBLE, Thing

DAY = 86400.0


class Now:
    """A cloud without a server, with a clock that tests set."""

    def __init__(self, store: Store, session_s: float = SESSION_S) -> None:
        self.time = 1_700_000_000.0
        self.store = store
        self.cloud = Cloud(
            store, KeyPair(1, 1), lambda: self.time, EventNotifier(), session_s=session_s
        )
        with store.transaction():
            store.accounts.add(ACCOUNT)
            self.app = create_app(self.cloud, ACCOUNT, "Lamp")

    def call(self, path, **fields):
        """Return (status, body) of an unencrypted call."""
        route = find("/api/v1/" + path)
        assert route is not None

        def read(call):
            call.fields = fields

        reply = answer(self.cloud, route.name, route.post, read)
        return reply.status, reply.body

    def register(self, tid):
        status, body = self.call("things/register/", tid=tid, aid=self.app.aid)
        assert status == 200
        return json.loads(body)["token"]

    def rows(self):
        return self.store._db.text("SELECT count(*) FROM session").fetchone()[0]


@pytest.fixture
def now(tmp_path):
    with contextlib.closing(Store(tmp_path / "cloud.db")) as store:
        yield Now(store)


# It belongs to one Thing.


def test_registering_with_anothers_token_does_not_take_it(thing, aid):
    other = Thing(thing.wire, aid)
    answer = other.call("things/register/", tid=other.tid, aid=aid, token=thing.token)
    assert (answer.status, answer.body) == (500, TROUBLE)
    assert "settings" in thing.management()
    assert thing.call("apps/worker/", msg={"whose": "mine"}, ts=1700000000).status == 200


def test_nor_a_token_that_has_ended(thing, aid, admin):
    admin.expire(thing.tid)
    other = Thing(thing.wire, aid)
    answer = other.call("things/register/", tid=other.tid, aid=aid, token=thing.token)
    assert answer.status == 500


# It ends.


def test_an_unused_session_ends(now):
    token = now.register("T")
    now.time += SESSION_S
    assert now.call("apps/management/", token=token)[0] == 200
    now.time += SESSION_S + 1
    assert now.call("apps/management/", token=token)[0] == 401
    assert now.call("apps/worker/", token=token, msg=1)[0] == 401


def test_readings_keep_it(now):
    token = now.register("T")
    for _ in range(3):
        now.time += SESSION_S - DAY
        assert now.call("apps/worker/", token=token, msg=1)[0] == 200


def test_the_longest_interval_of_a_thing_is_far_below(now):
    assert SESSION_S > 10 * MAX_INTERVAL
    # Nor may an interval that only another cloud accepts end a session.
    pool = now.store.pools.get(now.app.id, "development")
    settings = {**pool.settings, "management_interval": str(int(2 * SESSION_S))}
    with now.store.transaction():
        now.store.pools.save(now.app.id, Pool("development", settings, False))
    token = now.register("T")
    now.time += 3 * SESSION_S
    assert now.call("apps/management/", token=token)[0] == 200
    now.time += 9 * SESSION_S
    assert now.call("apps/management/", token=token)[0] == 401


def test_no_session_ends_where_the_owner_says_so(tmp_path):
    with contextlib.closing(Store(tmp_path / "cloud.db")) as store:
        now = Now(store, session_s=0)
        token = now.register("T")
        now.time += 100 * SESSION_S
        assert now.call("apps/management/", token=token)[0] == 200


def test_what_came_to_nothing_is_dropped(now):
    with now.store.transaction():
        for _ in range(20):
            now.store.sessions.start(now.time, "1")
    now.time += PENDING_S + 1
    now.register("T")
    assert now.rows() == 1


def test_the_sessions_of_a_thing_do_not_pile_up(now):
    tokens = [now.register("T") for _ in range(20)]
    assert now.rows() <= 4
    assert [now.call("apps/management/", token=token)[0] for token in tokens] == [401] * 19 + [200]
