"""Which settings a Thing gets, and whether it counts as online."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.cloud.cloud import Cloud
from app.cloud.tables.things import Thing

_GRACE = 60  # seconds that a Thing may be late


def settings_of(cloud: Cloud, thing: Thing) -> dict[str, Any]:
    """Return what management sends: the Thing's own settings or its pool's, and the pool's name."""
    settings = thing.custom
    if settings is None:
        pool = cloud.store.pools.get(thing.app_id, thing.pool)
        settings = pool.settings if pool else {}
    sent = {k: v for k, v in settings.items() if k != "backend" or v}
    return {**sent, "pool": thing.pool}


def is_online(age: float, settings: Mapping[str, Any]) -> bool:
    """Tell whether a Thing last in contact `age` seconds ago counts as online.

    Either interval will do, since a settings row may give one of them a senseless value.
    """
    intervals = (settings.get("management_interval"), settings.get("worker_interval"))
    return any(age < _seconds(interval) + _GRACE for interval in intervals)


def _seconds(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return -_GRACE
