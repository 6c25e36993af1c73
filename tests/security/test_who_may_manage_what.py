"""Every route of the management API, called with and without the right to it: nothing leaks.

The routes are those of the OpenAPI document. A route missing in the table below fails the test.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from app.cloud.manage.service.alarms import AlarmWish
from app.cloud.manage.service.office import LOCAL, ROLES
from app.cloud.manage.service.rollouts import Wish
from tests.unit.cloud.manage.asking import ask, bearer
from tests.unit.cloud.manage.conftest import (
    NOW,
    PASSWORD,
    SECRET,
    add_readings,
    add_thing,
    managed,
    person,
)

# The lowest role that a route admits. Below VIEWER an app and its Things are hidden.
ANYBODY, VIEWER, DEVELOPER, OWNER, CLOUD = range(5)
# The callers and their roles.
ACTORS = {"stranger": ANYBODY, "viewer": VIEWER, "developer": DEVELOPER, "owner": OWNER}

APP, THING = "/apps/{aid}", "/things/{tid}"
ROLLOUT = "/rollouts/{rollout_id}"
ALARM = "/alarms/{alarm_id}"
READINGS = THING + "/readings"
WISH: dict[str, Any] = {
    "kind": "taken_back",
    "webhook": "https://a.example/",
    "secret": "a secret of 16 or more",
}
ROUTES: dict[str, tuple[int, object]] = {
    "GET /session": (ANYBODY, None),
    "DELETE /session": (ANYBODY, None),
    "GET /people": (CLOUD, None),
    "POST /people": (CLOUD, {"name": "new", "password": PASSWORD}),
    "PATCH /people/{name}": (CLOUD, {"active": True}),
    "PUT /people/{name}/password": (CLOUD, {"password": PASSWORD}),
    "GET /tokens": (ANYBODY, None),
    "POST /tokens": (ANYBODY, {"name": "t", "role": "viewer", "days": 1}),
    "DELETE /tokens/{token_id}": (CLOUD, None),
    "GET /apps": (ANYBODY, None),
    "POST /apps": (CLOUD, {"name": "New"}),
    f"GET {APP}": (VIEWER, None),
    f"GET {APP}/roles": (OWNER, None),
    f"PUT {APP}/roles/{{name}}": (OWNER, {"role": "viewer"}),
    f"DELETE {APP}/roles/{{name}}": (OWNER, None),
    f"GET {APP}/versions": (VIEWER, None),
    f"POST {APP}/versions": (DEVELOPER, {"files": {"a.py": ""}}),
    f"GET {APP}/versions/{{version}}/files": (VIEWER, None),
    f"GET {APP}/versions/{{version}}/files/{{name}}": (VIEWER, None),
    f"GET {APP}/diff": (VIEWER, None),
    f"GET {APP}/pools": (VIEWER, None),
    f"PATCH {APP}/pools/{{pool}}": (DEVELOPER, {"settings": {"ssl": True}}),
    f"POST {APP}/pools/{{pool}}/promotion": (DEVELOPER, {"source": "development"}),
    "GET /fleet": (ANYBODY, None),
    "GET /things": (ANYBODY, None),
    "PATCH /things": (DEVELOPER, {"tids": ["t"], "settings": {"ssl": True}}),
    f"GET {THING}": (VIEWER, None),
    f"PATCH {THING}": (DEVELOPER, {"settings": {"ssl": True}}),
    f"DELETE {THING}": (OWNER, None),
    f"DELETE {THING}/sessions": (DEVELOPER, None),
    f"POST {THING}/attention": (VIEWER, None),
    f"POST {THING}/replacement": (OWNER, {"by": "fresh", "force": True}),
    f"POST {THING}/identity": (OWNER, {"identity": "none"}),
    f"GET {THING}/history": (VIEWER, None),
    f"GET {THING}/messages": (VIEWER, None),
    f"POST {THING}/messages": (DEVELOPER, {"type": "APP", "msg": 1}),
    f"GET {THING}/messages/{{mid}}": (VIEWER, None),
    f"POST {THING}/messages/cancel": (DEVELOPER, {"mids": ["none"]}),
    f"GET {READINGS}": (VIEWER, None),
    f"GET {READINGS}/buckets": (VIEWER, None),
    f"GET {READINGS}/export": (VIEWER, None),
    "GET /events": (ANYBODY, None),
    "GET /events/stream": (ANYBODY, None),
    "GET /releases": (ANYBODY, None),
    f"POST {APP}/pools/{{pool}}/rollouts": (DEVELOPER, {"app": "two"}),
    "GET /rollouts": (ANYBODY, None),
    f"GET {ROLLOUT}": (VIEWER, None),
    f"GET {ROLLOUT}/things": (VIEWER, None),
    f"POST {ROLLOUT}/pause": (DEVELOPER, None),
    f"POST {ROLLOUT}/resume": (DEVELOPER, None),
    f"POST {ROLLOUT}/abort": (DEVELOPER, None),
    f"POST {ROLLOUT}/rollback": (DEVELOPER, {}),
    f"POST {APP}/pools/{{pool}}/alarms": (OWNER, WISH),
    "GET /alarms": (ANYBODY, None),
    "GET /alarms/raised": (ANYBODY, None),
    f"POST {ALARM}/acknowledgement": (DEVELOPER, {}),
    f"GET {ALARM}": (VIEWER, None),
    f"GET {ALARM}/things": (VIEWER, None),
    f"GET {ALARM}/events": (VIEWER, None),
    f"PATCH {ALARM}": (OWNER, {"active": True}),
    f"POST {ALARM}/test": (OWNER, None),
    f"DELETE {ALARM}": (OWNER, None),
    "GET /key": (ANYBODY, None),
    "GET /accounts": (CLOUD, None),
    "PUT /accounts/{name}/limits": (CLOUD, {"things": 5, "messages": None}),
    "DELETE /accounts/{name}/by-name": (CLOUD, None),
    "GET /audit": (ANYBODY, None),
}
QUERIES = {f"GET {APP}/diff": "before=one&after=two", f"GET {READINGS}/buckets": "start=0&end=9"}
MARK = "hush"  # is in all data of the app and its Thing


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return a cloud with an app and its Thing, another app, and a person of each role."""
    with managed(tmp_path_factory.mktemp("who")) as desk:
        manage, run = desk.manage, desk.run
        app = run(manage.apps.create(LOCAL, f"{MARK} app"))
        other = run(manage.apps.create(LOCAL, "Other"))
        for version in ("one", "two"):
            files = {f"{MARK}.py": f"{MARK} {version}"}
            run(manage.versions.commit(LOCAL, app.aid, files, version))
        run(manage.pools.set(LOCAL, app.aid, "staging", {"note": MARK}))
        add_thing(desk, app.aid, "t", NOW, platform=MARK)
        add_readings(desk, app.aid, "t", {1: MARK})
        mid = run(manage.messages.queue(LOCAL, "t", "APP", MARK))
        with desk.cloud.store.transaction():
            desk.cloud.store.events.add(NOW, "worker", "t", 200, MARK)
        roles = {name: {app.aid: name} for name in ("viewer", "developer", "owner")}
        for name, given in {**roles, "stranger": {other.aid: "owner"}, "other": {}}.items():
            person(desk, name, given)
        run(manage.people.add(LOCAL, "chief", PASSWORD, owner=True))
        tokens = {
            name: run(manage.people.make_token(LOCAL, "test", "owner", 9, name))
            for name in (*ACTORS, "chief", "other")
        }
        reader = run(manage.people.make_token(LOCAL, "test", "viewer", 9, "chief"))
        desk.cloud.notifier.close()  # no stream waits for events
        yield SimpleNamespace(
            **vars(desk), aid=app.aid, mid=mid, tokens={**tokens, "reader": reader}
        )


def routes(world):
    """Return all routes of the document as `METHOD /path`, except the log-in."""
    paths = ask(world, "GET", "/openapi.json").json()["paths"]
    found = [
        f"{method.upper()} {path.removeprefix('/api/manage/v1')}"
        for path, methods in paths.items()
        for method in methods
    ]
    return [route for route in found if route != "POST /session"]


def rollout(world, path):
    """Return the number of a rollout that can take the request, or of one that is over."""
    service, run = world.manage.rollouts, world.run
    before = run(service.find(LOCAL, aid=world.aid)).items
    if before and before[0].state != "rolled_back":
        run(service.roll_back(LOCAL, before[0].id))
    run(world.manage.pools.set(LOCAL, world.aid, "staging", {"app_version": "one"}))
    if path.startswith(APP):
        return 0
    it = run(service.start(LOCAL, world.aid, "staging", Wish(app="two")))
    if path.endswith("/resume"):
        run(service.pause(LOCAL, it.id))
    return it.id


def alarm(world):
    """Return the number of an alarm, the only one."""
    service, run = world.manage.alarms, world.run
    for it in run(service.find(LOCAL, aid=world.aid)).items:
        run(service.remove(LOCAL, it.id))
    return run(service.add(LOCAL, world.aid, "staging", AlarmWish(**WISH))).id


def send(world, route, **headers):
    """Send a valid request of that route, about the marked app and its Thing."""
    method, path = route.split(" ")
    names = {
        "aid": world.aid,
        "mid": world.mid,
        "tid": "t",
        "pool": "staging",
        "version": "one",
        "name": "other",
    }
    if "/versions/" in path:
        names["name"] = f"{MARK}~2py"
    if route in (f"DELETE {THING}", f"POST {THING}/replacement"):
        names["tid"] = "spare"
        if not world.cloud.store.things.of_tid("spare"):
            add_thing(world, world.aid, "spare", NOW)
    if path.startswith("/accounts"):
        names["name"] = "local"
    if "{token_id}" in path:
        mine = [it for it in world.run(world.manage.people.tokens(LOCAL)) if it.person == "other"]
        names["token_id"] = str(mine[0].id)
    if "rollout" in path or "promotion" in path:
        names["rollout_id"] = str(rollout(world, path))
    if "alarm" in path:
        names["alarm_id"] = str(alarm(world))
    path = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], path)
    query = f"?{QUERIES[route]}" if route in QUERIES else ""
    return ask(world, method, path + query, ROUTES[route][1], **headers)


def test_the_table_has_every_route(world):
    assert sorted(routes(world)) == sorted(ROUTES)


@pytest.mark.parametrize("token", [None, "", "x", SECRET[:-1], SECRET + "x", "é", "x" * 5000])
def test_nobody_is_told_anything(world, token):
    headers = {} if token is None else bearer(token)
    for route in routes(world):
        answer = send(world, route, **headers)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer"), route
        assert MARK.encode() not in answer.body, route
    assert ask(world, "GET", "/nothing", **headers).status == 401


@pytest.mark.parametrize("name", ACTORS)
def test_a_role_lets_in_as_far_as_it_goes(world, name):
    level = ACTORS[name]
    for route in routes(world):
        least = ROUTES[route][0]
        answer = send(world, route, **bearer(world.tokens[name]))
        if level >= least:
            assert answer.status in (200, 201, 204), (route, answer.body)
        elif least == CLOUD and "token" in route:
            assert answer.status == 404, route  # tokens of other people are hidden
        else:
            hidden = level == ANYBODY and least < CLOUD
            assert answer.status == (404 if hidden else 403), (route, answer.body)
        if level == ANYBODY:
            assert MARK.encode() not in answer.body, route


def test_an_owner_of_the_cloud_may_all(world):
    for name in ("chief", None):  # None: the secret in the data folder
        headers = bearer(SECRET if name is None else world.tokens[name])
        for route in routes(world):
            if route == "POST /tokens" and name is None:
                continue  # a token is a person's
            if route == "POST /people":
                assert send(world, route, **headers).status in (201, 409), route
            elif "token_id" not in route:
                assert send(world, route, **headers).status in (200, 201, 204), route


def test_a_token_allows_what_it_says_at_most(world):
    for route in routes(world):
        if ROUTES[route][0] in (VIEWER, DEVELOPER, OWNER):
            may = ROUTES[route][0] == VIEWER
            answer = send(world, route, **bearer(world.tokens["reader"]))
            assert (answer.status == 200) is may, route
            assert may or answer.status == 403, route
    for path, body in (("/people", {"name": "n", "password": PASSWORD}), ("/apps", {"name": "n"})):
        assert ask(world, "POST", path, body, **bearer(world.tokens["reader"])).status == 403


def test_a_limited_token_turns_into_nothing_more(world):
    """With a new password or a lasting token, a thief would have all rights of its person."""
    reader = bearer(world.tokens["reader"])
    before = world.run(world.manage.people.tokens(LOCAL))
    whose = {it.person: it.id for it in before}
    tries: list[Any] = [
        ("PUT", "/people/chief/password", {"password": PASSWORD}),
        ("GET", "/audit", None),
    ]
    tries += [("POST", "/tokens", {"name": "t", "role": role, "days": 1}) for role in ROLES]
    tries += [("DELETE", f"/tokens/{whose[person]}", None) for person in ("chief", "other")]
    for method, path, body in tries:
        answer = ask(world, method, path, body, **reader)
        assert (answer.status, b"this token" in answer.body) == (403, True), (method, path)
    assert world.run(world.manage.people.tokens(LOCAL)) == before
