"""Which settings a Thing gets, and whether it counts as online."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.cloud.cloud import Cloud
from app.cloud.tables.sessions import Session
from app.cloud.tables.things import Thing

_UNVERIFIED = ("esp8266", "esp8266_sim800")  # platforms
_GRACE = 60  # seconds that a Thing may be late
_INTERVALS = 4  # of the Thing's longest, in which it may be silent whatever the limit says


def settings_of(cloud: Cloud, thing: Thing) -> dict[str, Any]:
    """Return what management sends: the Thing's own settings or its pool's, and the pool's name."""
    settings = thing.custom
    if settings is None:
        pool = cloud.store.pools.get(thing.app_id, thing.pool)
        settings = pool.settings if pool else {}
    sent = {k: v for k, v in settings.items() if k != "backend" or v}
    return {**sent, "pool": thing.pool}


def settings_in(cloud: Cloud, thing: Thing, session: Session) -> dict[str, Any]:
    """Return the same for a session. Of a board that verifies no TLS, and so encrypts by itself
    whatever it is told: what it does, for an older OS that it may go back to."""
    settings = settings_of(cloud, thing)
    ours = thing.pinned is not None or session.salt is not None  # the predecessor is told its own
    if session.key is None or not ours or thing.platform not in _UNVERIFIED:
        return settings
    return {**settings, "ssl": False, "payload_encryption": True}


def is_online(age: float, settings: Mapping[str, Any]) -> bool:
    """Tell whether a Thing last in contact `age` seconds ago counts as online.

    Either interval will do, since a settings row may give one of them a senseless value.
    """
    return any(age < interval + _GRACE for interval in _intervals(settings))


def has_expired(cloud: Cloud, session: Session) -> bool:
    """Tell whether a session has not been used for too long to count any more."""
    age = cloud.clock() - session.used
    if not cloud.session_s or age <= cloud.session_s:
        return False
    if session.thing_id is None:
        return True
    settings = settings_of(cloud, cloud.store.things.with_id(session.thing_id))
    return age > _INTERVALS * max(_intervals(settings))


def _intervals(settings: Mapping[str, Any]) -> list[int]:
    return [_seconds(settings.get(name)) for name in ("management_interval", "worker_interval")]


def _seconds(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return -_GRACE
