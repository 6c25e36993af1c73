"""Call `things/register`: a Thing on its app, and a session for it."""

from __future__ import annotations

from typing import Any

from app.cloud.api.call import Call
from app.cloud.api.errors import HERE, ApiError, Trouble
from app.cloud.catalog import hidden_app
from app.cloud.cloud import Cloud
from app.cloud.tables.apps import App
from app.cloud.tables.things import Thing


def register(cloud: Cloud, call: Call) -> dict[str, Any]:
    """Return the token to use and the time in seconds; ends the Thing's older sessions."""
    tid = _required(call, "tid")
    aid = _required(call, "aid")
    call.tid = tid
    thing = _thing(cloud, call, tid, aid)
    cloud.store.things.describe(
        thing, call.text("platform"), call.text("capabilities"), _frozen(call)
    )
    cloud.store.sessions.deactivate(thing.id)
    token = call.text("token") or cloud.store.sessions.start(cloud.clock())
    # A token of an earlier session is taken as well, although it was just deactivated.
    if cloud.store.sessions.get(token) is None:
        raise Trouble("registers with an unknown token")
    app_version = call.text("app_version", "Unknown")
    pythings_version = call.text("pythings_version", "Unknown")
    cloud.store.sessions.bind(token, thing.id, app_version, pythings_version)
    note = f"app {app_version}, OS {pythings_version}, {call.text('platform')}"
    call.note = note + call.note
    return {"token": token, "epoch": int(cloud.clock())}


def _required(call: Call, name: str) -> str:
    value = call.fields.get(name)
    if not value:
        raise ApiError(401, HERE + f'Error: "{name}" is required.')
    return str(value)


def _thing(cloud: Cloud, call: Call, tid: str, aid: str) -> Thing:
    apps = cloud.store.apps.with_aid(aid)
    if len(apps) > 1:
        raise Trouble("several accounts have this hidden app")
    if apps:
        return _thing_of_app(cloud, call, tid, apps[0])
    if cloud.store.accounts.exists(aid):
        return _thing_of_account(cloud, tid, aid)
    raise ApiError(401, HERE + f'Error: AID "{aid}" is not valid.')


def _thing_of_app(cloud: Cloud, call: Call, tid: str, app: App) -> Thing:
    thing = cloud.store.things.in_account(app.account, tid)
    if thing is None:
        wanted = call.text("pool") or app.default_pool
        pool = cloud.store.pools.get(app.id, wanted)
        thing = _new_thing(cloud, tid, app, pool.name if pool else app.default_pool)
        if pool is None:  # as the recorded server, but not without a word
            call.note = f"; there is no pool {wanted}, it is in {app.default_pool}"
            cloud.warn(
                f"{tid} asks for the pool {wanted}, which app {app.aid} does not have: it"
                f" is in {app.default_pool} now. `pythings cloud thing set` moves it."
            )
        return thing
    if thing.app_id != app.id:
        raise ApiError(
            401,
            HERE + "Sorry, but this Thing is already associated with another App"
            " in the same account.",
        )
    return thing


def _thing_of_account(cloud: Cloud, tid: str, account: str) -> Thing:
    thing = cloud.store.things.in_account(account, tid)
    if thing is None:
        app = hidden_app(cloud, account)
        return _new_thing(cloud, tid, app, app.default_pool)
    return thing


def _new_thing(cloud: Cloud, tid: str, app: App, pool: str) -> Thing:
    if cloud.store.accounts.full_of_things(app.account):
        raise ApiError(401, HERE + "Sorry, but you reached the device limit for your account!")
    return cloud.store.things.add(tid, app.id, pool)


def _frozen(call: Call) -> bool:
    value = call.fields.get("frozen", False)
    if value in (True, "t", "True", "1"):
        return True
    if value in (False, "f", "False", "0"):
        return False
    raise Trouble('"frozen" is not a boolean')
