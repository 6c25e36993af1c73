"""The management API over HTTP: access, refusals, and the client's view of them."""

import contextlib
import json
import socket
import stat
import threading

import pytest

from app.cloud.client import AdminClient, AdminError
from app.cloud.settings import is_online
from tests.patience import PATIENCE_S
from tests.unit.cloud.wire import Thing


def get(cloud, path, token=None, method="GET", body=b""):
    secret = (cloud.data / "admin.token").read_text() if token is None else token
    head = (
        f"{method} /api/manage/v1/{path} HTTP/1.1\r\nHost: c\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return cloud.wire.send(head.encode() + body)


def test_the_token_is_private_and_long(cloud):
    files = [cloud.data / name for name in ("admin.token", "admin.json", "srsa.json")]
    for file in [*files, *cloud.data.glob("cloud.db*")]:  # none on PostgreSQL
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len((cloud.data / "admin.token").read_text()) >= 40


@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_without_the_token_nobody_gets_in(cloud, token):
    for path in ("apps", "events?wait=30", "unknown", ""):
        answer = get(cloud, path, token)
        assert (answer.status, answer.json()["title"]) == (401, "Unauthorized")
    assert cloud.wire.request("POST", "/api/manage/v1/apps", b"{}").status == 401


def test_a_thing_does_not_get_in(cloud, thing):
    assert get(cloud, "apps", thing.token).status == 401
    body = json.dumps({"token": (cloud.data / "admin.token").read_text()}).encode()
    assert cloud.wire.request("POST", "/api/manage/v1/apps", body).status == 401
    for path in ("/api/v1/apps/get/../../../manage/v1/apps", "/api/v1/../manage/v1/apps"):
        assert cloud.wire.request("GET", path).status in (404, 500)


def test_the_public_key(cloud):
    assert cloud.admin.key() == cloud.ready.modulus
    assert get(cloud, "key").json()["exponent"] == "65537"


def test_a_new_app_runs(cloud, admin):
    before = len(admin.apps())
    aid = admin.create_app("Lamp")
    assert len(admin.apps()) == before + 1
    app = admin.apps()[-1]
    assert (app["aid"], app["name"], app["account"], app["hidden"]) == (aid, "Lamp", "local", False)
    assert list(app["pools"]) == ["production", "staging", "development"]
    (version,) = app["versions"]
    for pool in app["pools"].values():
        assert pool["settings"]["app_version"] == version
    thing = Thing(cloud.wire, aid)
    thing.register()
    listed = thing.call("apps/get/", version=version, list=True).json()
    for name in listed:
        code = thing.call("apps/get/", version=version, file_name=name).body
        compile(code, name, "exec")


def test_development_follows_commits(admin, aid):
    first = admin.commit(aid, {"a.py": "1"})
    second = admin.commit(aid, {"a.py": "2"})
    third = admin.commit(aid, {"a.py": "3"}, "three")
    assert int(second) > int(first)
    app = next(app for app in admin.apps() if app["aid"] == aid)
    assert app["versions"][1:] == [first, second, "three"]
    wanted = {name: pool["settings"]["app_version"] for name, pool in app["pools"].items()}
    assert wanted["development"] == third
    assert wanted["staging"] == wanted["production"] == app["versions"][0]


def test_a_commit_over_another_author_s_is_refused_with_the_way_to_merge(cloud, admin, aid):
    admin.commit(aid, {"a.py": "1"}, "one")
    admin.commit(aid, {"a.py": "2"}, "two", newest="one")
    with pytest.raises(AdminError, match=r"that is version two, committed by .* diff.* newest two"):
        admin.commit(aid, {"a.py": "3"}, newest="one")
    given = json.dumps({"files": {"a.py": "3"}, "newest": "one"}).encode()
    answer = get(cloud, f"apps/{aid}/versions", method="POST", body=given)
    assert (answer.status, answer.json()["newest"]["name"]) == (409, "two")
    assert set(answer.json()["newest"]) == {"name", "time", "who"}
    assert admin.apps()[-1]["versions"][1:] == ["one", "two"]
    admin.commit(aid, {"a.py": "2 and 3"}, "three", newest="two")


def test_pools_follow_or_not_as_told(admin, aid):
    assert admin.set_pool(aid, "production", latest=True)["use_latest_app_version"] is True
    admin.set_pool(aid, "development", latest=False)
    version = admin.commit(aid, {"a.py": ""})
    pools = next(app for app in admin.apps() if app["aid"] == aid)["pools"]
    assert pools["production"]["settings"]["app_version"] == version
    assert pools["development"]["settings"]["app_version"] != version


def test_settings_of_ones_own(admin, aid, thing):
    admin.set_pool(aid, "development", {"worker_interval": "7"})
    row = admin.set_thing(thing.tid, {"management_interval": "1"})
    assert row["custom"] is True
    assert row["settings"]["worker_interval"] == "7"
    assert thing.management()["settings"]["management_interval"] == "1"
    admin.set_thing(thing.tid, remove=["ssl"])
    settings = thing.management()["settings"]
    assert "ssl" not in settings
    assert settings["management_interval"] == "1"
    assert admin.set_thing(thing.tid)["custom"] is True
    assert admin.set_thing(thing.tid, custom=False)["custom"] is False
    assert thing.management()["settings"]["management_interval"] == "60"


def test_moving_a_thing(admin, thing):
    admin.set_thing(thing.tid, pool="staging")
    assert thing.management()["settings"]["pool"] == "staging"
    other = admin.create_app("Other")
    row = admin.set_thing(thing.tid, aid=other)
    assert (row["aid"], row["pool"]) == (other, "development")


def test_a_thing_cannot_move_to_where_there_is_one(admin, thing):
    aid = admin.create_app("Elsewhere", account="elsewhere")
    twin = Thing(thing.wire, aid, thing.tid)
    twin.register()
    with pytest.raises(AdminError, match="already"):
        admin.set_thing(thing.tid, aid=thing.aid)


def test_online(admin, thing):
    row = admin.thing(thing.tid)
    assert (row["online"], row["active"]) == (True, True)
    assert thing.tid in [thing["tid"] for thing in admin.things()]
    assert is_online(119, {"management_interval": "60", "worker_interval": "30"})
    assert not is_online(120, {"management_interval": "60", "worker_interval": "30"})
    assert is_online(359, {"management_interval": "60", "worker_interval": "300"})
    assert is_online(100, {"management_interval": 60, "worker_interval": "auto"})
    assert not is_online(0, {"management_interval": None})
    by_battery = {"management_interval": "600", "worker_interval": "30", "battery_operated": True}
    assert is_online(1259, by_battery)
    assert not is_online(1260, by_battery)
    assert not is_online(660, {**by_battery, "battery_operated": False})


def test_a_thing_without_a_session(wire, admin, aid):
    thing = Thing(wire, aid)
    thing.call("things/register/", tid=thing.tid, aid=aid, token="unknown")
    row = admin.thing(thing.tid)
    assert row["online"] is False
    assert row["management"] is None


THING, MESSAGES = "things/{tid}", "things/{tid}/messages"
POOL = "apps/{aid}/pools/staging"
VERSIONS = "apps/{aid}/versions"
LIMITS = "accounts/local/limits"
CALLS: tuple[tuple[str, str, object, str], ...] = (
    ("POST", "apps", {}, "name: Field required"),
    ("POST", "apps", {"name": 5}, "name: Input should be a valid string"),
    ("POST", "apps", {"name": "x", "other": 1}, "other: Extra inputs"),
    ("POST", "apps/nope/versions", {"files": {"a": ""}}, "no app nope"),
    ("POST", VERSIONS, {"files": {}}, "files: Dictionary should have at least 1"),
    ("POST", VERSIONS, {"files": {"a.py": 5}}, "files.a.py: Input should be a valid string"),
    ("POST", VERSIONS, {"files": {"": "x"}}, "no name for a file"),
    ("POST", VERSIONS, {"files": ["a"]}, "files: Input should be a valid dictionary"),
    ("POST", VERSIONS, {"files": {"a" * 37: ""}}, "at most 36"),
    ("POST", VERSIONS, {"files": {"a": ""}, "version": "v" * 37}, "1 to 36"),
    ("PATCH", "apps/{aid}/pools/other", {}, "it has production, staging, dev"),
    ("PATCH", POOL, {"remove": "x"}, "remove: Input should be a valid list"),
    ("PATCH", POOL, {"remove": [1]}, "remove.0: Input should be a valid string"),
    ("PATCH", POOL, {"use_latest_app_version": 1}, "Input should be a valid boolean"),
    ("PUT", "accounts/nobody/limits", {"things": 1, "messages": 1}, "no account nobody"),
    ("PUT", LIMITS, {"things": -1, "messages": 1}, "greater than or equal to 0"),
    ("PUT", LIMITS, {"things": True, "messages": 1}, "valid integer"),
    ("PUT", LIMITS, {"things": 10**20, "messages": 1}, "less than or equal"),
    ("DELETE", "things/nope/sessions", {}, "no Thing nope"),
    ("POST", MESSAGES, {"type": "SMS", "msg": 1}, "'APP' or 'CMD'"),
    ("POST", MESSAGES, {"type": "CMD", "msg": {}}, "msg must be text"),
    ("POST", "apps", {"name": "\ud800"}, "not Unicode"),
    ("POST", "apps", [], "valid dictionary"),
    ("POST", "apps", float("nan"), "not JSON"),
    ("PUT", "apps", {}, "no PUT"),
    ("GET", "events?after=x", None, "after: Input should be a valid integer"),
    ("GET", "events?wait=long", None, "wait: Input should be a valid number"),
    ("GET", "events?wait=nan", None, "wait: Input should be"),
    ("GET", "things/{tid}/readings?limit=0", None, "limit: Input should be greater"),
    ("GET", "things/{tid}/readings?start=9&end=8", None, "start must be before end"),
    ("GET", "apps/", None, "no GET"),
)


@pytest.mark.parametrize(("method", "path", "body", "text"), CALLS)
def test_refusals(cloud, thing, method, path, body, text):
    sent = b"" if body is None else json.dumps(body).encode()
    where = path.replace("{aid}", thing.aid).replace("{tid}", thing.tid)
    answer = get(cloud, where, method=method, body=sent)
    assert 400 <= answer.status < 500
    assert answer.header("Content-Type") == "application/problem+json"
    assert text in answer.json()["detail"]
    assert answer.json()["status"] == answer.status


def test_what_is_there_already(admin, aid):
    admin.commit(aid, {"a": ""}, "one")
    with pytest.raises(AdminError, match="there is a version one already"):
        admin.commit(aid, {"a": ""}, "one")
    with pytest.raises(AdminError, match="already"):
        admin.create_app("Again", aid=aid)


def test_a_body_over_the_bound(cloud, admin, aid):
    secret = (cloud.data / "admin.token").read_text()
    answer = cloud.wire.send(
        b"POST /api/manage/v1/apps HTTP/1.1\r\nHost: c\r\nContent-Length: 9999999\r\n"
        b"Authorization: Bearer %s\r\n\r\n" % secret.encode()
    )
    assert answer.status == 413


def test_a_client_that_leaves(cloud, admin):
    secret = (cloud.data / "admin.token").read_text()
    with socket.create_connection(cloud.wire.address) as connection:
        connection.sendall(
            b"POST /api/manage/v1/apps HTTP/1.1\r\nHost: c\r\nContent-Length: 99\r\n"
            b"Authorization: Bearer %s\r\n\r\n{" % secret.encode()
        )
    assert admin.key()


def last_id(admin):
    events = admin.events()
    while more := admin.events(events[-1]["id"] if events else 0):
        events = more
    return events[-1]["id"] if events else 0


def test_events_say_what_happened(cloud, admin, aid, sealed):
    after = last_id(admin)
    sealed.management()
    sealed.report("KO", "worker", "x")
    sealed.call("apps/worker/", msg={"n": 1}, ts=1)
    sealed.call("apps/worker/", msg={"n": 1}, ts=1)
    sealed.call("apps/get/", version="nope", list=True)
    sealed.call("pythings/get/", version="v9", platform="Python", file_name="api.py")
    sealed.wire.post("things/register/", {"tid": "x", "aid": "nope"})
    sealed.wire.request("POST", "/api/v1/apps/worker/", b"{")
    rows = admin.events(after)
    assert [(row["what"], row["tid"], row["status"], row["summary"]) for row in rows] == [
        ("management", sealed.tid, 200, "settings"),
        ("report", sealed.tid, 200, "worker KO: x"),
        ("worker", sealed.tid, 200, '{"n": 1}'),
        ("worker", sealed.tid, 500, "there is a reading of this time already"),
        ("app_files", sealed.tid, 500, "there is no version nope"),
        ("os_files", sealed.tid, 200, "api.py of v9 for Python"),
        ("register", "x", 401, 'Hi, Pythings Cloud here. Error: AID "nope" is not valid.'),
        ("worker", "", 400, "Wrong data format"),
    ]
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    text = json.dumps(admin.events())
    assert sealed.token not in text
    assert str(2**127 + 12345) not in text


def test_waiting_for_an_event(admin, thing):
    after = last_id(admin)
    caller = threading.Thread(target=thing.management)
    waiting = []
    waiter = threading.Thread(
        target=lambda: waiting.append(admin.wait_event("management", thing.tid, after))
    )
    waiter.start()
    caller.start()
    waiter.join(PATIENCE_S)
    caller.join(PATIENCE_S)
    assert waiting[0]["what"] == "management"
    # One that is there already is returned at once, others are passed over.
    thing.report("OK")
    assert admin.wait_event("report", after=after, timeout=0)["tid"] == thing.tid
    with pytest.raises(AdminError, match="No report call"):
        admin.wait_event("report", "another Thing", after, timeout=0)


def test_an_event_that_does_not_come(admin):
    after = last_id(admin)
    assert admin.events(after, wait=0.05) == []
    with pytest.raises(AdminError, match="No register call"):
        admin.wait_event("register", after=after, timeout=0.05)


def ask(url, token):
    with contextlib.closing(AdminClient(url, token)) as client:
        return client.apps()


def test_nobody_there(tmp_path, cloud):
    with pytest.raises(AdminError, match=r"Start it with `pythings cloud`"):
        AdminClient.from_data(tmp_path)
    with pytest.raises(AdminError, match=r"Start it with `pythings cloud`"):
        ask("http://127.0.0.1:9", "x")
    for text in ("{", "[]", '{"url": 1}'):
        (tmp_path / "admin.json").write_text(text)
        with pytest.raises(AdminError, match="Cannot read"):
            AdminClient.from_data(tmp_path)
    with pytest.raises(AdminError, match="token is missing or wrong"):
        ask(cloud.ready.url, "wrong")
