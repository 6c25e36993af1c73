"""The local cloud: all that is accepted can be listed, and every failure is a known one."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.cloud.api.answer import answer
from app.cloud.api.routes import ROUTES
from app.cloud.catalog import create_app
from app.cloud.cloud import Cloud
from app.cloud.event_notifier import EventNotifier
from app.cloud.folder import ACCOUNT
from app.cloud.manage.service.office import LOCAL
from app.cloud.manage.service.things import shown_thing
from app.cloud.srsa import load_key_pair
from app.cloud.store import Store
from app.cloud.values import check, shown
from tests.unit.cloud.manage.asking import ask, bearer
from tests.unit.cloud.manage.conftest import NOW, SECRET, add_thing, managed

TEXTS = ["aid", "app_version", "capabilities", "file_name", "kty", "mid", "platform", "pool"]
TEXTS += ["pythings_version", "status", "tid", "version", "name", "account", "type"]
VALUES = ["msg", "rep", "settings", "remove", "files", "mids", "key", "ts", "frozen", "what"]

# Calls of the management API, and the field of each that is nested.
CALLS = [
    ("POST", "things/{tid}/messages", "msg"),
    ("PATCH", "apps/{aid}/pools/development", "settings"),
    ("PATCH", "things/{tid}", "settings"),
    ("POST", "apps/{aid}/versions", "files"),
    ("POST", "apps", "name"),
    ("POST", "things/{tid}/messages/cancel", "mids"),
    ("PUT", "accounts/local/limits", "things"),
]

# st.text() draws no surrogates; lengths lie around each limit.
halves = st.sampled_from(["\ud800", "a\udfffb", "\ude00\ud83d", "\U0001f600", "\x00", "\x1b[2J"])
lengths = st.sampled_from([35, 36, 37, 150, 511, 512, 513, 4096, 4097])
texts = st.text(max_size=5) | halves | lengths.map(lambda size: "x" * size)
known = st.sampled_from(["{aid}", "{tid}", "{token}", "APP", "CMD", "worker", "management", "OK"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | known
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
depths = st.sampled_from([0, 1, 30, 31, 32, 33, 34, 900, 2000])
fields = st.dictionaries(st.sampled_from(TEXTS), texts | known | values, max_size=8)
more = st.dictionaries(st.sampled_from(VALUES), values, max_size=4)
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Yield a cloud without a server, and the values for `{aid}`, `{tid}` and `{token}`."""
    data = tmp_path_factory.mktemp("fuzz")
    with contextlib.closing(Store(data / "cloud.db")) as store:
        cloud = Cloud(store, load_key_pair(data / "key"), time.time, EventNotifier(), data)
        with store.transaction():
            store.accounts.add(ACCOUNT)
            app = create_app(cloud, ACCOUNT, "Fuzz")
            thing = store.things.add("fuzz", app.id, app.default_pool)
            token = store.sessions.start(time.time())
            store.sessions.bind(token, thing.id, None, None)
            store.sessions.report(token, "management", "OK", 0.0)
        yield cloud, {"{aid}": app.aid, "{tid}": "fuzz", "{token}": token}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Yield the management of another cloud, with an App and a Thing."""
    with managed(tmp_path_factory.mktemp("fuzzed")) as it:
        it.aid = it.run(it.manage.apps.create(LOCAL, "Fuzz")).aid
        add_thing(it, it.aid, "fuzz", NOW)
        yield it


def body_of(sent: dict[str, Any], deep: str, depth: int, names: dict[str, str]) -> bytes:
    """Return the JSON of the fields, one of them nested in `depth` lists."""
    text = json.dumps({**sent, deep: "{deep}"})
    for mark, name in names.items():
        text = text.replace(mark, name)
    inside = json.dumps(sent.get(deep, 1))
    return text.replace('"{deep}"', "[" * depth + inside + "]" * depth).encode()


def depth_of(value: Any) -> int:
    if not isinstance(value, (dict, list)):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth_of, inner), default=0)


def everything_can_be_shown(cloud: Cloud) -> None:
    for app in cloud.store.apps.all():
        for pool in cloud.store.pools.of_app(app.id):
            json.dumps(pool.settings, ensure_ascii=False).encode()
    for thing in cloud.store.things.page("id", None, 100, 0, 0.0)[0]:
        json.dumps(asdict(shown_thing(cloud, thing)), ensure_ascii=False).encode()
        for row in cloud.store.messages.page(thing.id, 100, 0, True, None)[0]:
            json.dumps([row.msg, row.reply], ensure_ascii=False).encode()
            assert depth_of(row.msg) <= 32
    for event in cloud.store.events.after(0, 1000):
        assert len(event.summary) <= 200
        assert len(event.tid) <= 36


@relaxed
@given(st.sampled_from(ROUTES), fields, more, st.sampled_from(VALUES), depths, st.booleans())
def test_the_thing_api(parts, caplog, route, sent, values, deep, depth, has_token):
    cloud, names = parts
    sent = {**sent, **values, **({"token": "{token}"} if has_token else {})}
    body = body_of(sent, deep, depth, names)
    reply = answer(
        cloud, route.name, route.post, lambda it: it.read(cloud, body, "application/json")
    )
    assert reply.status in (200, 400, 401, 404, 500)
    reply.body.decode("utf-8")
    assert not caplog.records
    everything_can_be_shown(cloud)


@settings(relaxed, max_examples=150)
@given(st.sampled_from(CALLS), fields, more, depths, st.booleans())
def test_the_management_api(desk, asked, sent, values, depth, spoilt):
    method, path, deep = asked
    right = {"{aid}": desk.aid, "{tid}": "fuzz"}
    known = {"msg", "settings", "remove", "files", "version", "type", "name", "mids", "things"}
    sent = {name: value for name, value in {**sent, **values}.items() if name in known or spoilt}
    body = body_of({"type": "APP", **sent}, deep, depth, {**right, "{token}": "x"})
    for mark, name in right.items():
        path = path.replace(mark, name)
    answer = ask(desk, method, f"/{path}", body, **bearer(SECRET))
    assert answer.status in (200, 201, 204, 400, 409, 422)
    for path in ("/apps", "/things", "/things/fuzz/messages", "/audit"):
        shown = ask(desk, "GET", path, **bearer(SECRET))
        assert shown.status == 200
        assert depth_of(shown.json()) <= 40


@relaxed
@given(st.text('[]{}":,0a\\ud8 ', max_size=30) | st.text(), depths)
def test_any_row_of_before_is_shown(text, depth):
    check(shown("[" * depth + text + "]" * depth))
    check(shown(text))
