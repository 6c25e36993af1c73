"""The settings that a Thing gets, and the tests for online Things and expired sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.cloud.cloud import Cloud
from app.cloud.tables.rollouts import Offer
from app.cloud.tables.sessions import Session
from app.cloud.tables.states import GRACE_S, INTERVALS
from app.cloud.tables.things import ThingRow

_UNVERIFIED = ("esp8266", "esp8266_sim800")  # platforms
_INTERVALS = 4  # of the Thing's longest: it may be silent that long, beyond the limit too


def settings_of(cloud: Cloud, thing: ThingRow, asking: bool = False) -> dict[str, Any]:
    """Return the settings that management sends: the Thing's own or its pool's, with its pool.

    `asking`: they are sent now, so that a rollout may begin to ask the Thing for its version.
    """
    if thing.custom is not None:
        return _sent(thing, thing.custom)
    settings, offer = cloud.store.pools.for_thing(thing.app_id, thing.pool, thing.id)
    asked = offer is not None and (offer.asked or (asking and _asks(cloud, thing, offer)))
    return _sent(thing, settings, offer if asked else None)


def settings_of_all(cloud: Cloud, things: Sequence[ThingRow]) -> dict[int, dict[str, Any]]:
    """Return the `settings_of` each of these Things, by its id."""
    pools = cloud.store.pools.for_things(thing.id for thing in things)
    found = {}
    for thing in things:
        settings, offer = pools.get(thing.id, ({}, None))
        if thing.custom is not None:
            settings, offer = thing.custom, None
        found[thing.id] = _sent(thing, settings, offer if offer and offer.asked else None)
    return found


def _sent(thing: ThingRow, settings: dict[str, Any], asked: Offer | None = None) -> dict[str, Any]:
    if asked is not None:
        settings = {**settings, asked.kind: asked.version}
    sent = {k: v for k, v in settings.items() if k != "backend" or v}
    return {**sent, "pool": thing.pool}


def _asks(cloud: Cloud, thing: ThingRow, offer: Offer) -> bool:
    """Tell whether a rollout asks a Thing from this call on, and record that."""
    if not (offer.running and (offer.chosen or offer.everyone)):
        return False
    things = cloud.store.rollout_things
    return things.ask(offer.rollout_id, thing.id, offer.chosen, cloud.clock())


def settings_in(cloud: Cloud, thing: ThingRow, session: Session) -> dict[str, Any]:
    """Return the settings that management sends in a session.

    A board that verifies no TLS encrypts payloads regardless of its settings. It is sent settings
    that say so, for an older OS that it may go back to.
    """
    settings = settings_of(cloud, thing, asking=True)
    ours = thing.pinned is not None or session.salt is not None  # the predecessor is told its own
    if session.key is None or not ours or thing.platform not in _UNVERIFIED:
        return settings
    return {**settings, "ssl": False, "payload_encryption": True}


def is_online(age: float, settings: Mapping[str, Any]) -> bool:
    """Tell whether a Thing last in contact `age` seconds ago counts as online."""
    return age < online_for(settings)


def online_for(settings: Mapping[str, Any]) -> int:
    """Return the seconds for which a Thing counts as online after a contact.

    Either interval will do, since a settings row may give one of them a senseless value. A battery
    Thing may miss one.
    """
    missed = 1 + (settings.get("battery_operated") is True)
    return max(_intervals(settings)) * missed + GRACE_S


def has_expired(cloud: Cloud, session: Session) -> bool:
    """Tell whether a session has expired: unused for longer than allowed."""
    age = cloud.clock() - session.used
    if not cloud.session_s or age <= cloud.session_s:
        return False
    if session.thing_id is None:
        return True
    settings = settings_of(cloud, cloud.store.things.with_id(session.thing_id))
    return age > _INTERVALS * max(_intervals(settings))


def _intervals(settings: Mapping[str, Any]) -> list[int]:
    return [_seconds(settings.get(name)) for name in INTERVALS]


def _seconds(value: object) -> int:
    """Return 1 to 9 digits as a number, else one that no age is below (as tables/states.py)."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -GRACE_S
