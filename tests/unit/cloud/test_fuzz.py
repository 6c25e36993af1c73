"""For any request, a Thing gets one of the documented answers, and the cloud goes on."""

import contextlib
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.cloud.api.answer import answer
from app.cloud.api.routes import ROUTES
from app.cloud.box import is_boxed
from app.cloud.catalog import create_app
from app.cloud.cloud import Cloud
from app.cloud.event_notifier import EventNotifier
from app.cloud.folder import ACCOUNT
from app.cloud.srsa import load_key_pair
from app.cloud.store import Store
from tests.unit.cloud.conftest import make_dist
from tests.unit.cloud.wire import TROUBLE

KEY = 1234567890
FIELDS = ["aid", "app_version", "capabilities", "file_name", "frozen", "key", "ken", "kty", "list"]
FIELDS += ["mid", "msg", "platform", "pool", "pythings_version", "rep", "status", "tid", "token"]
FIELDS += ["ts", "version", "what"]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    scalars | st.sampled_from(["1001", "v9", "Python", "api.py", "worker", "management", "srsa1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
fields = st.dictionaries(st.sampled_from(FIELDS), values, max_size=8)
routes = st.sampled_from(ROUTES)
relaxed = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Yield a cloud without a server, and the tokens of a plain and an encrypted session."""
    data = tmp_path_factory.mktemp("fuzz")
    make_dist(data)
    with contextlib.closing(Store(data / "cloud.db")) as store:
        cloud = Cloud(store, load_key_pair(data / "key"), time.time, EventNotifier(), data)
        with store.transaction():
            store.accounts.add(ACCOUNT)
            app = create_app(cloud, ACCOUNT, "Fuzz")
            tokens = []
            for tid, key in (("plain", None), ("sealed", str(KEY))):
                thing = store.things.add(tid, app.id, app.default_pool)
                token = store.sessions.start(time.time(), key)
                store.sessions.bind(token, thing.id, None, None)
                store.sessions.report(token, "management", "OK", 0.0)
                tokens.append(token)
        yield cloud, *tokens


def check(cloud, route, read):
    reply = answer(cloud, route.name, route.post, read)
    assert reply.status in (200, 400, 401, 404, 500)
    if reply.status == 500:
        assert reply.body == TROUBLE
    return reply


@relaxed
@given(body=st.binary(), route=routes, json_type=st.booleans())
def test_random_bytes(parts, body, route, json_type, caplog):
    kind = "application/json" if json_type else "application/x-www-form-urlencoded"
    check(parts[0], route, lambda call: call.read(parts[0], body, kind))
    assert not caplog.records


@relaxed
@given(route=routes, sent=fields, known=st.booleans())
def test_random_fields(parts, route, sent, known, caplog):
    cloud, token, _ = parts
    body = json.dumps({**sent, "token": token} if known else sent).encode()
    check(cloud, route, lambda call: call.read(cloud, body, "application/json"))
    # Failures are the documented ones: no unexpected exception was logged.
    assert not caplog.records


@relaxed
@given(route=routes, coded=st.text(st.sampled_from("0123456789&x"), max_size=90))
def test_random_encrypted_text(parts, route, coded, caplog):
    cloud, _, token = parts
    body = json.dumps({"token": token, "encrypted": coded or "&"}).encode()
    reply = check(cloud, route, lambda call: call.read(cloud, body, "application/json"))
    assert (reply.status, reply.body) == (500, TROUBLE)
    assert not caplog.records


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=200))
def test_random_bytes_for_http(wire, data):
    head = b"POST /api/v1/apps/management/ HTTP/1.1\r\nHost: c\r\nConnection: close\r\n"
    answer = wire.send(head + b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
    assert answer.status == (401 if is_boxed(data) else 400)
    answer = wire.send(data.replace(b"\n", b" ") + b"\r\n\r\n")
    assert answer.status == 400 or data.strip(b"\r\n") == b""
