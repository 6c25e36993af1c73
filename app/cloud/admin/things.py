"""Admin calls on Things: settings, sessions, messages, readings."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from app.cloud import identity
from app.cloud.admin.apps import app_of, pool_of
from app.cloud.admin.arguments import (
    AdminRefusal,
    Arguments,
    count,
    flag,
    names,
    optional_text,
    settings,
    text,
)
from app.cloud.cloud import Cloud
from app.cloud.settings import is_online, settings_of
from app.cloud.sizes import too_long
from app.cloud.tables.identities import NONE, UNKNOWN, fingerprint
from app.cloud.tables.pools import merged
from app.cloud.tables.things import Thing
from domain.debug.commands import shown_remote

_MOST_READINGS = 10_000
_FINGERPRINT = re.compile("[0-9a-f]{16}")


def list_things(cloud: Cloud, arguments: Arguments) -> list[dict[str, Any]]:
    """Return all Things, or the one of `tid`."""
    if optional_text(arguments, "tid"):
        return [_shown(cloud, _thing(cloud, arguments))]
    return [_shown(cloud, thing) for thing in cloud.store.things.all()]


def set_thing(cloud: Cloud, arguments: Arguments) -> dict[str, Any]:
    """Move a Thing to a pool or an app, change its own settings; return how it is now.

    Settings start from those it has; `custom` false sends it back to its pool's.
    """
    thing = _moved(cloud, _thing(cloud, arguments), arguments)
    changes, remove = settings(arguments), names(arguments, "remove")
    if changes or remove:
        before = {k: v for k, v in settings_of(cloud, thing).items() if k != "pool"}
        cloud.store.things.set_custom(thing, merged(before, changes, remove))
    elif flag(arguments, "custom") is False:
        cloud.store.things.set_custom(thing, None)
    return _shown(cloud, cloud.store.things.with_id(thing.id))


def expire(cloud: Cloud, arguments: Arguments) -> dict[str, int]:
    """End a Thing's sessions, so that its token gives 401; return how many there were."""
    return {"ended": cloud.store.sessions.deactivate(_thing(cloud, arguments).id)}


def admit(cloud: Cloud, arguments: Arguments) -> dict[str, Any]:
    """Take another identity for a Thing: the only one that waits, or the one named.

    `none` takes any again. Returns the Thing as it is now.
    """
    thing = _thing(cloud, arguments)
    mark = optional_text(arguments, "identity") or _only_waiting(cloud, thing)
    if mark != NONE and not _FINGERPRINT.fullmatch(mark):
        raise AdminRefusal(400, "an identity is named by 16 digits from 0 to f, or none")
    identity.admit(cloud, thing, mark)
    return _shown(cloud, cloud.store.things.with_id(thing.id))


def _only_waiting(cloud: Cloud, thing: Thing) -> str:
    marks = [row.fingerprint for row in cloud.store.identities.waiting(thing) if row.count]
    if marks == [UNKNOWN]:
        raise AdminRefusal(
            409, "it proves an identity that was never shown here; `none` takes any, and pins it"
        )
    if len(marks) != 1:
        waits = f"several wait: {', '.join(marks)}; name one" if marks else "none waits"
        raise AdminRefusal(409, f"{waits}; see `pythings cloud thing list`")
    return marks[0]


def queue_message(cloud: Cloud, arguments: Arguments) -> dict[str, str]:
    """Queue `msg` for a Thing: any JSON value for its app, or source text as a command."""
    thing = _thing(cloud, arguments)
    kind = text(arguments, "type")
    if kind not in ("APP", "CMD"):
        raise AdminRefusal(400, "type must be APP or CMD")
    msg = text(arguments, "msg") if kind == "CMD" else arguments.get("msg")
    session = cloud.store.sessions.latest(thing.id)
    encrypted = session is not None and session.key is not None
    problem = too_long(thing.platform, encrypted, settings_of(cloud, thing), kind, msg)
    if problem:
        raise AdminRefusal(400, problem)
    return {"mid": cloud.store.messages.queue(thing.id, kind, msg, cloud.clock())}


def cancel(cloud: Cloud, arguments: Arguments) -> dict[str, list[str]]:
    """Take back what is queued for a Thing, all of it or the messages in `mids`; return those."""
    thing = _thing(cloud, arguments)
    mids = names(arguments, "mids")
    return {"cancelled": cloud.store.messages.cancel(thing.id, mids)}


def list_messages(cloud: Cloud, arguments: Arguments) -> list[dict[str, Any]]:
    """Return a Thing's messages, oldest first, with status and reply, secrets masked."""
    thing = _thing(cloud, arguments)
    found = [asdict(message) for message in cloud.store.messages.of_thing(thing.id)]
    for message in found:
        if message["type"] == "CMD":
            message["msg"] = shown_remote(message["msg"])
    return found


def list_readings(cloud: Cloud, arguments: Arguments) -> list[dict[str, Any]]:
    """Return a Thing's `last` readings, by their own time."""
    thing = _thing(cloud, arguments)
    aid = cloud.store.apps.with_id(thing.app_id).aid
    last = count(arguments, "last", 100, _MOST_READINGS)
    return [asdict(reading) for reading in cloud.store.readings.last(aid, thing.tid, last)]


def _thing(cloud: Cloud, arguments: Arguments) -> Thing:
    tid = text(arguments, "tid")
    thing = cloud.store.things.with_tid(tid)
    if thing is None:
        raise AdminRefusal(404, f"no Thing {tid} has registered; see `pythings cloud thing list`")
    return thing


def _moved(cloud: Cloud, thing: Thing, arguments: Arguments) -> Thing:
    aid, pool = optional_text(arguments, "aid"), optional_text(arguments, "pool")
    if aid is None and pool is None:
        return thing
    app = app_of(cloud, aid) if aid else cloud.store.apps.with_id(thing.app_id)
    other = cloud.store.things.in_account(app.account, thing.tid)
    if other is not None and other.id != thing.id:
        raise AdminRefusal(409, f"account {app.account} has a Thing {thing.tid} already")
    cloud.store.things.move(thing, app.id, pool_of(cloud, app, pool or app.default_pool).name)
    return cloud.store.things.with_id(thing.id)


def _shown(cloud: Cloud, thing: Thing) -> dict[str, Any]:
    app = cloud.store.apps.with_id(thing.app_id)
    settings = settings_of(cloud, thing)
    shown: dict[str, Any] = {
        "tid": thing.tid,
        "aid": app.aid,
        "app": app.name,
        "pool": thing.pool,
        "platform": thing.platform,
        "capabilities": thing.capabilities,
        "frozen": thing.frozen,
        "custom": thing.custom is not None,
        "settings": settings,
        "online": False,
        "identity": _identity(cloud, thing),
    }
    session = cloud.store.sessions.latest(thing.id)
    if session is not None:
        shown.update(
            online=is_online(cloud.clock() - session.last_contact, settings),
            active=session.active,
            encrypted=session.key is not None,
            last_contact=session.last_contact,
            app_version=session.app_version,
            pythings_version=session.pythings_version,
            worker=session.worker,
            management=session.management,
            pythings=session.pythings,
        )
    return shown


def _identity(cloud: Cloud, thing: Thing) -> dict[str, Any]:
    """What is pinned, since when, and what waits to be admitted; no keys."""
    known = cloud.store.identities.pinned(thing)
    return {
        "pinned": fingerprint(known.key) if known else None,
        "since": thing.pinned,
        "waiting": [
            {"identity": row.fingerprint, "first": row.first, "last": row.last, "count": row.count}
            for row in cloud.store.identities.waiting(thing)
            if row.count
        ],
    }
