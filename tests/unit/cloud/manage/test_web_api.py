"""The web API v1 of the existing cloud: statuses and bodies, by byte, of every documented case."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from app.cloud.manage.guard import COOKIE
from app.cloud.manage.service.office import LOCAL
from app.cloud.web import moments
from app.cloud.web.api import WebApi
from tests.unit.cloud.manage.asking import request
from tests.unit.cloud.manage.conftest import (
    NOW,
    PASSWORD,
    add_readings,
    add_thing,
    managed,
    person,
)

NEW, GET, READ = (
    f"/api/web/v1/msg/{it}" for it in ("management/new", "management/get", "worker/get")
)
AT = 1_479_049_200  # 2016-11-13 15:00 UTC
HOURS = {AT + 3600 * n: {"temperature_C": 20.5} for n in range(-1, 3)}
PRIVATE = (401, "This is a private API. Login or provide username/password or apikey")
NO_THING = (400, "Not existent Thing or no access rights")
NO_MESSAGE = (400, "Not existent Message or no access rights")
WRONG_PAIR = (401, "Wrong username/password")
RANGE = {"tid": "t", "from": AT, "to": AT + 3600}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return a cloud with a Thing, its developer and viewer, and a developer of another app."""
    with managed(tmp_path_factory.mktemp("web")) as desk:
        apps = {name: desk.run(desk.manage.apps.create(LOCAL, name)).aid for name in ("A", "B")}
        add_thing(desk, apps["A"], "t", NOW)
        add_readings(desk, apps["A"], "t", HOURS)
        keys = {}
        for name, of, role in (
            ("eve", "A", "developer"),
            ("ivy", "A", "viewer"),
            ("bob", "B", "owner"),
        ):
            person(desk, name, {apps[of]: role})
            keys[name] = desk.run(desk.manage.people.make_token(LOCAL, "t", "owner", 9, name))
        web = WebApi(None, desk.cloud, desk.manage, rate=0)  # type: ignore[arg-type]
        yield SimpleNamespace(**vars(desk), web=web, keys=keys)


@pytest.fixture
def mid(world):
    return world.run(world.manage.messages.queue(LOCAL, "t", "APP", "hello"))


def post(world, path, fields, form=False, **headers):
    """POST fields as JSON or as a form."""
    if form:
        kind = {"content_type": "application/x-www-form-urlencoded"}
        return request(
            world, world.web, "POST", path, urlencode(fields).encode(), **kind, **headers
        )
    return request(world, world.web, "POST", path, fields, **headers)


def detail(text):
    quoted = text.replace('"', '\\"')
    return f'{{"detail":"{quoted}"}}'.encode()


@pytest.mark.parametrize("path", [NEW, GET, READ])
@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, PRIVATE),
        ({"username": "", "password": "", "apikey": ""}, PRIVATE),
        ({"username": "", "password": PASSWORD}, (400, "Got empty username")),
        ({"username": "eve", "password": ""}, (400, "Got empty password")),
        ({"username": "eve"}, (400, "Got empty password")),
        ({"apikey": "x"}, (400, "Wrong API key")),
        ({"apikey": "x" * 5000}, (400, "Wrong API key")),
        ({"apikey": ["x"]}, (400, "Wrong API key")),
    ],
)
def test_credentials(world, path, given, refusal):
    status, text = refusal
    answer = post(world, path, {**RANGE, "msg": "m", "mid": "m", **given})
    assert (answer.status, answer.body) == (status, detail(text))


def test_a_password_is_that_of_its_name(world):
    for name, password in (("eve", "wrong"), ("none", PASSWORD), ("e" * 5000, "x")):
        answer = post(world, NEW, {"tid": "t", "msg": 1, "username": name, "password": password})
        assert (answer.status, answer.body) == (401, detail(WRONG_PAIR[1]))
    # A right one forgets the tries: a script may call as often as it likes.
    for _ in range(12):
        fields = {"username": "eve", "password": PASSWORD, "mid": "none"}
        assert post(world, GET, fields, form=True).body == detail(NO_MESSAGE[1])


@pytest.mark.parametrize("form", [False, True])
@pytest.mark.parametrize(
    ("path", "who", "given", "refusal"),
    [
        (NEW, "eve", {"msg": "m"}, (400, 'Got empty "tid"')),
        (NEW, "eve", {"tid": "", "msg": "m"}, (400, 'Got empty "tid"')),
        (NEW, "eve", {"tid": "t"}, (400, 'Got empty "msg"')),
        (NEW, "eve", {"tid": "t", "msg": ""}, (400, 'Got empty "msg"')),
        (NEW, "eve", {"tid": "none", "msg": "m"}, NO_THING),
        (NEW, "bob", {"tid": "t", "msg": "m"}, NO_THING),
        (NEW, "ivy", {"tid": "t", "msg": "m"}, NO_THING),
        (GET, "eve", {}, (400, "Got empty mid")),
        (GET, "eve", {"mid": "none"}, NO_MESSAGE),
        (READ, "eve", {"tid": "none", "from": AT, "to": AT}, NO_THING),
        (READ, "bob", {"tid": "t", "from": AT, "to": AT}, NO_THING),
        (READ, "eve", {"tid": "t"}, (400, "No from set")),
        (READ, "eve", {"tid": "t", "to": AT}, (400, "No from set")),
        (READ, "eve", {"tid": "t", "from": "soon", "to": AT}, (400, "No from set")),
        (READ, "eve", {"tid": "t", "from": AT}, (400, "No to set")),
    ],
)
def test_refusals(world, form, path, who, given, refusal):
    status, text = refusal
    answer = post(world, path, {"apikey": world.keys[who], **given}, form)
    assert (answer.status, answer.body) == (status, detail(text))
    assert answer.headers["content-type"] == "application/json"


def test_a_message_and_its_reply(world):
    key = {"apikey": world.keys["eve"]}
    made = post(world, NEW + "/", {**key, "tid": "t", "msg": {"led": "é"}})
    (mid,) = made.json().values()
    assert (made.status, made.body) == (200, f'{{"mid":"{mid}"}}'.encode())
    store = world.cloud.store
    (thing,) = store.things.of_tid("t")
    assert store.messages.get(thing.id, mid).msg == {"led": "é"}
    noted = world.run(world.manage.accounts.audit(LOCAL))[0]
    assert (noted.who, noted.action, noted.target, noted.detail) == ("eve", "queue APP", "t", mid)

    asked = post(world, GET, {**key, "mid": mid})
    assert (asked.status, asked.body) == (200, b'{"status":"Queued","reply":null}')
    with store.transaction():
        store.messages.receive(thing.id, mid, {"ok": "é"}, NOW)
    asked = post(world, GET, {**key, "mid": mid}, form=True)
    assert asked.body == '{"status":"Received","reply":{"ok":"é"}}'.encode()


def test_a_message_is_seen_by_those_of_its_app_alone(world, mid):
    assert post(world, GET, {"apikey": world.keys["ivy"], "mid": mid}).status == 200
    answer = post(world, GET, {"apikey": world.keys["bob"], "mid": mid})
    assert (answer.status, answer.body) == (NO_MESSAGE[0], detail(NO_MESSAGE[1]))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (AT, AT + 3600),
        (f"{AT}", f"{AT + 3600}.0"),
        ("2016-11-13T15:00:00Z", "2016-11-13 17:00+01:00"),
    ],
)
def test_readings_of_a_range_with_both_ends(world, first, last):
    fields = {"apikey": world.keys["ivy"], "tid": "t", "from": first, "to": last}
    row = '{"ts":"2016-11-13T%d:00:00Z","data":{"temperature_C":20.5}}'
    expected = f"[{row % 15},{row % 16}]".encode()
    for form in (False, True):
        answer = post(world, READ, fields, form)
        assert (answer.status, answer.body) == (200, expected)


def test_readings_of_many_chunks_and_of_none(world, monkeypatch):
    monkeypatch.setattr("app.cloud.manage.service.readings._CHUNK", 2)
    key = {"apikey": world.keys["eve"], "tid": "t"}
    answer = post(world, READ, {**key, "from": 0, "to": "2030-01-01"})
    assert [row["data"] for row in answer.json()] == list(HOURS.values())
    for ends in ({"from": 0, "to": 1}, {"from": AT, "to": 0}):
        assert post(world, READ, {**key, **ends}).body == b"[]"


def test_a_log_in_cookie_is_enough(world):
    login = world.run(world.manage.logins.log_in("eve", PASSWORD, "192.0.2.7"))
    headers = {"cookie": f"{COOKIE}={login.token}"}
    assert post(world, READ, RANGE, **headers).status == 200
    world.run(world.manage.logins.log_out(login.token))
    assert post(world, READ, RANGE, **headers).body == detail(PRIVATE[1])


def test_what_is_no_call(world):
    assert request(world, world.web, "GET", READ).body == detail('Method "GET" not allowed.')
    for body in (b"{", b"[]", b'"x"'):
        answer = request(world, world.web, "POST", READ, body)
        assert (answer.status, answer.body) == (400, detail("Wrong data format"))
    too_long = request(world, world.web, "POST", READ, b"", content_length="9999999")
    assert (too_long.status, too_long.headers["connection"]) == (413, "close")


def test_wrong_keys_by_the_thousand_end_soon(world):
    web = WebApi(None, world.cloud, world.manage, rate=1.0)  # type: ignore[arg-type]
    limited = SimpleNamespace(run=world.run, web=web)
    answers = [post(limited, READ, {**RANGE, "apikey": "x"}) for _ in range(9)]
    assert answers[0].body == detail("Wrong API key")
    assert answers[-1].status == 429
    assert answers[-1].headers["retry-after"] == "10"
    assert post(limited, READ, {**RANGE, "apikey": world.keys["eve"]}).status == 429


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (0, 0),
        ("1.5", 1.5),
        ("1970-01-02", 86400),
        ("1970-01-01T00:00:01.25Z", 1.25),
        ("1970-01-01T02:00+02:00", 0),
        ("1_0", None),
        ("1e3", None),
        ("nan", None),
        (float("inf"), None),
        (10**15, None),
        (True, None),
        ("1970-02-30", None),
        ("0001-01-01T00:00+01:00", -62135600400),
        (None, None),
        ([], None),
        ("", None),
    ],
)
def test_times(given, seconds):
    assert moments.read(given) == (None if seconds is None else int(seconds * 1e6))


def test_times_are_shown_to_the_microsecond():
    assert moments.shown(AT + 0.25) == "2016-11-13T15:00:00.250000Z"
    assert moments.shown(-0.000001) == "1969-12-31T23:59:59.999999Z"
