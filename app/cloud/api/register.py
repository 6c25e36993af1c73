"""Call `things/register`: registers a Thing with its app, and binds a session to it."""

from __future__ import annotations

from typing import Any

from app.cloud.api.call import Call
from app.cloud.api.errors import HERE, ApiError, Trouble
from app.cloud.catalog import hidden_app
from app.cloud.cloud import Cloud
from app.cloud.identity import new_salt
from app.cloud.tables.apps import AppRow
from app.cloud.tables.things import ThingRow
from domain.plain import plain

_TEXTS = ("pool", "platform", "capabilities", "token", "app_version", "pythings_version")
_ELSEWHERE = (
    HERE + "Sorry, but this Thing is already associated with another App in the same account."
)


def register(cloud: Cloud, call: Call) -> dict[str, Any]:
    """Return the token to use and the time in seconds; a salt too for a Thing with an identity.

    It ends the Thing's older sessions, unless it has to prove first that it is this Thing.
    """
    tid = _required(call, "tid")
    aid = _required(call, "aid")
    for name in _TEXTS:  # before anything is stored
        call.text(name)
    session = cloud.store.sessions.get(call.text("token") or "")
    if session is not None and session.mode == 2 and call.box is None:
        raise Trouble("registers with the token of a session in mode 2, and not in that mode")
    call.tid = tid
    thing = _thing(cloud, call, tid, aid)
    described = (call.text("platform"), call.text("capabilities"), _frozen(call))
    known = cloud.store.identities.pinned(thing)
    if known is None:
        _must_not_be_of_another(cloud, call, thing)
        cloud.store.things.describe(thing, described)
        cloud.store.sessions.deactivate(thing.id)
    token = _bound(cloud, call, thing, known is None)
    answer: dict[str, Any] = {"token": token, "epoch": int(cloud.clock())}
    call.known = known is None
    salt = known.salt if known else new_salt()
    if call.fields.get("identity"):
        answer["salt"] = salt
    if known is not None:
        cloud.store.sessions.challenge(token, thing.id, salt, described)
    elif "salt" in answer:
        cloud.store.sessions.offer(token, salt)
    return answer


def _must_not_be_of_another(cloud: Cloud, call: Call, thing: ThingRow) -> None:
    session = cloud.store.sessions.get(call.text("token") or "")
    if session is not None and session.thing_id not in (None, thing.id):
        raise Trouble("registers with the token of another Thing")


def _bound(cloud: Cloud, call: Call, thing: ThingRow, traps: bool) -> str:
    """Bind the call's session, or a new one, to the Thing; return its token."""
    token = call.text("token") or cloud.store.sessions.start(cloud.clock())
    session = cloud.store.sessions.get(token)
    # A token of an earlier session is taken as well, although it was just deactivated.
    if session is None or not (traps or session.thing_id is None):
        raise Trouble("registers with an unknown token")
    app_version = _version(call, "app_version")
    pythings_version = _version(call, "pythings_version")
    cloud.store.sessions.bind(token, thing.id, app_version, pythings_version)
    note = f"app {app_version}, OS {pythings_version}, {call.text('platform')}"
    call.note = note + call.note
    return token


def _version(call: Call, name: str) -> str | None:
    """Return the version that a Thing reports; a malformed one is Unknown, and not refused."""
    value = call.text(name, "Unknown")
    return value if value is None or plain(value) else "Unknown"


def _required(call: Call, name: str) -> str:
    value = call.text(name) if call.fields.get(name) else None
    if not value:
        raise ApiError(401, HERE + f'Error: "{name}" is required.')
    return value


def _thing(cloud: Cloud, call: Call, tid: str, aid: str) -> ThingRow:
    # The id of hidden apps is the same everywhere: it identifies none.
    apps = [app for app in cloud.store.apps.with_aid(aid) if not app.hidden]
    if apps:
        return _thing_of_app(cloud, call, tid, apps[0])
    account = cloud.store.accounts.with_aid(aid)
    if account is not None:
        return _thing_of_account(cloud, tid, account.name)
    account = cloud.store.accounts.named(aid)
    if account is not None and account.by_name and cloud.store.things.in_account(aid, tid):
        return _thing_of_account(cloud, tid, aid)
    raise ApiError(401, HERE + f'Error: AID "{aid}" is not valid.')


def _thing_of_app(cloud: Cloud, call: Call, tid: str, app: AppRow) -> ThingRow:
    thing = cloud.store.things.in_account(app.account, tid)
    if thing is None:
        wanted = call.text("pool") or app.default_pool
        pool = cloud.store.pools.get(app.id, wanted)
        thing = _new_thing(cloud, tid, app, pool.name if pool else app.default_pool)
        if pool is None:  # as the recorded server, but with a notice
            call.note = f"; there is no pool {wanted}, it is in {app.default_pool}"
            cloud.warn(
                f"{tid} asks for the pool {wanted}, which app {app.aid} does not have: it"
                f" is in {app.default_pool} now. `pythings cloud thing set` moves it."
            )
        return thing
    if thing.app_id != app.id:
        raise ApiError(401, _ELSEWHERE)
    if thing.by_account is None:
        cloud.store.things.came_by_app(thing)
    return thing


def _thing_of_account(cloud: Cloud, tid: str, account: str) -> ThingRow:
    thing = cloud.store.things.in_account(account, tid)
    if thing is None:
        app = hidden_app(cloud, account)
        return _new_thing(cloud, tid, app, app.default_pool, by_account=True)
    if thing.by_account is False and thing.pinned is None:
        raise ApiError(401, _ELSEWHERE)
    return thing


def _new_thing(
    cloud: Cloud, tid: str, app: AppRow, pool: str, by_account: bool = False
) -> ThingRow:
    if cloud.store.accounts.full_of_things(app.account):
        raise ApiError(401, HERE + "Sorry, but you reached the device limit for your account!")
    return cloud.store.things.add(tid, app.id, pool, by_account)


def _frozen(call: Call) -> bool:
    value = call.fields.get("frozen", False)
    if value in (True, "t", "True", "1"):
        return True
    if value in (False, "f", "False", "0"):
        return False
    raise Trouble('"frozen" is not a boolean')
