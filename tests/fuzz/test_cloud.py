"""The local cloud: whatever is let in can be listed, and nothing goes wrong in an unknown way."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.cloud.admin.arguments import AdminRefusal
from app.cloud.admin.endpoint import call, read_arguments
from app.cloud.api.answer import answer
from app.cloud.api.routes import ROUTES
from app.cloud.bell import Bell
from app.cloud.catalog import create_app
from app.cloud.cloud import Cloud
from app.cloud.folder import ACCOUNT
from app.cloud.srsa import load_key_pair
from app.cloud.store import Store
from app.cloud.values import check, shown

TEXTS = ["aid", "app_version", "capabilities", "file_name", "kty", "mid", "platform", "pool"]
TEXTS += ["pythings_version", "status", "tid", "version", "name", "account", "type"]
VALUES = ["msg", "rep", "settings", "remove", "files", "mids", "key", "ts", "frozen", "what"]

# Calls of the admin API, and what of each is nested.
CALLS = [("messages", "msg"), ("pools", "settings"), ("things", "settings"), ("versions", "files")]
CALLS += [("apps", "name"), ("expire", "tid"), ("cancel", "mids"), ("limits", "things")]

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
    """A cloud without a server, and what stands for `{aid}`, `{tid}` and `{token}`."""
    data = tmp_path_factory.mktemp("fuzz")
    with contextlib.closing(Store(data / "cloud.db")) as store:
        cloud = Cloud(store, load_key_pair(data / "key"), time.time, Bell(), data)
        with store.transaction():
            store.accounts.add(ACCOUNT)
            app = create_app(cloud, ACCOUNT, "Fuzz")
            thing = store.things.add("fuzz", app.id, app.default_pool)
            token = store.sessions.start(time.time())
            store.sessions.bind(token, thing.id, None, None)
            store.sessions.report(token, "management", "OK")
        yield cloud, {"{aid}": app.aid, "{tid}": "fuzz", "{token}": token}


def body_of(sent: dict[str, Any], deep: str, depth: int, names: dict[str, str]) -> bytes:
    """The JSON of the fields, one of them nested so deep."""
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
    for name in ("apps", "things"):
        json.dumps(call(cloud, "GET", name, {}), ensure_ascii=False).encode()
    for thing in cloud.store.things.all():
        for row in cloud.store.messages.of_thing(thing.id):
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
@given(
    st.sampled_from(CALLS),
    fields,
    more,
    depths,
    st.booleans(),
)
def test_the_admin_api(parts, caplog, asked, sent, values, depth, spoilt):
    cloud, names = parts
    name, deep = asked
    right = {"aid": "{aid}", "tid": "{tid}", "type": "APP", "pool": "development"}
    sent = {name: value for name, value in sent.items() if name not in right or spoilt}
    body = body_of({**right, **sent, **values}, deep, depth, names)
    try:
        result = call(cloud, "POST", name, read_arguments(body))
    except AdminRefusal as refusal:
        assert 400 <= refusal.status < 500
        str(refusal).encode()
    else:
        json.dumps(result, ensure_ascii=False).encode()
    assert not caplog.records
    everything_can_be_shown(cloud)


@relaxed
@given(st.text('[]{}":,0a\\ud8 ', max_size=30) | st.text(), depths)
def test_any_row_of_before_is_shown(text, depth):
    check(shown("[" * depth + text + "]" * depth))
    check(shown(text))
