"""The topics of a Thing and their texts, with Home Assistant's discovery messages; without I/O.

No text of a Thing is part of a template or of a topic's structure: each numeric field has a topic
of its own, and names are percent-encoded.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from app import __version__
from app.cloud.tables.states import RUN, TROUBLE

ONLINE, OFFLINE = "online", "offline"  # Home Assistant's defaults
READING, STATUS, AVAILABILITY, FIELD, MESSAGE = (
    "reading", "status", "availability", "field", "message",
)  # fmt: skip
_MOST_FIELDS = 50  # of a Thing: each has retained topics, and a sensor
_DEEPEST = 8
_LONGEST = 64  # characters of a name
_BARE = ("value",)  # the field of a reading that is a number
_STATUS = ("state", "pool", "platform", "app_version", "pythings_version")
_TASKS = ("management", "worker", "pythings")
_ORIGIN = {"name": "PythingsOS cloud", "sw_version": __version__}

Field = tuple[str, ...]


@dataclass(frozen=True)
class ThingNow:
    """A Thing with its statuses, and its newest reading: its time in microseconds, and JSON."""

    id: int
    aid: str
    app: str
    tid: str
    pool: str
    platform: str | None
    state: str
    app_version: str | None
    pythings_version: str | None
    management: str | None
    worker: str | None
    pythings: str | None
    ts: int | None
    msg: str | None


@dataclass(frozen=True)
class Names:
    """The beginnings of topics: of ours, and of discovery messages ("": there are none)."""

    prefix: str = "pythings"
    discovery: str = "homeassistant"

    @property
    def availability(self) -> str:
        """Return the topic of the cloud itself, which has the last will."""
        return f"{self.prefix}/{AVAILABILITY}"

    def of(self, aid: str, tid: str, *more: str) -> str:
        """Return a topic of a Thing."""
        return "/".join(
            (self.prefix, *(quote(part, "", errors="replace") for part in (aid, tid)), *more)
        )

    def receiver(self, topic: str) -> tuple[str, str] | None:
        """Return the app id and Thing that a message's topic names; None for another topic."""
        parts = topic.removeprefix(f"{self.prefix}/").split("/")
        if len(parts) != 3 or parts[2] != MESSAGE:
            return None
        return unquote(parts[0]), unquote(parts[1])


def fields_of(msg: Any) -> dict[Field, float]:
    """Return the numbers in a reading, by their places: the first ones, if there are many."""
    if _is_number(msg):
        return {_BARE: msg}
    found: dict[Field, float] = {}
    for place, number in _numbers(msg, ()):
        found[place] = number
        if len(found) == _MOST_FIELDS:
            break
    return found


def _numbers(value: Any, place: Field) -> Iterator[tuple[Field, float]]:
    if len(place) > _DEEPEST:
        return
    if _is_number(value):
        yield place, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if 0 < len(name) <= _LONGEST:
                yield from _numbers(inner, (*place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _numbers(inner, (*place, str(number)))


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isinstance(value, int) or math.isfinite(value)


def status_topics(names: Names, it: ThingNow) -> dict[str, str]:
    """Return the topics of a Thing's state, with their texts."""
    here = ONLINE if it.state in (RUN, TROUBLE) else OFFLINE
    status = {name: getattr(it, name) for name in (*_STATUS, *_TASKS)}
    return {
        names.of(it.aid, it.tid, AVAILABILITY): here,
        names.of(it.aid, it.tid, STATUS): json.dumps(status),
    }


def reading_topics(names: Names, it: ThingNow, ts: int, msg: Any) -> dict[str, str]:
    """Return the topics of one reading; first the discovery of its fields, then their values."""
    fields = fields_of(msg)
    topics: dict[str, str] = {}
    if names.discovery:
        for field in fields:
            topics.update([_discovery(names, it, field)])
    topics[names.of(it.aid, it.tid, READING)] = json.dumps({"ts": ts / 1e6, "msg": msg})
    for field, number in fields.items():
        topics[_topic(names, it, field)] = json.dumps(number)
    return topics


def _topic(names: Names, it: ThingNow, field: Field) -> str:
    return names.of(it.aid, it.tid, FIELD, *(quote(part, "", errors="replace") for part in field))


def _discovery(names: Names, it: ThingNow, field: Field) -> tuple[str, str]:
    device, sensor = _mark(it.aid, it.tid), _mark(it.aid, it.tid, *field)
    shown = {
        "identifiers": [f"pythings_{device}"],
        "name": it.tid,
        "manufacturer": "PythingsOS",
        "model": it.platform,
        "sw_version": it.pythings_version,
    }
    config = {
        "name": "/".join(field),
        "unique_id": f"pythings_{sensor}",
        "state_topic": _topic(names, it, field),
        "state_class": "measurement",
        "availability": [
            {"topic": names.availability},
            {"topic": names.of(it.aid, it.tid, AVAILABILITY)},
        ],
        "availability_mode": "all",
        "device": {name: value for name, value in shown.items() if value},
        "origin": _ORIGIN,
    }
    topic = f"{names.discovery}/sensor/pythings_{device}/{sensor}/config"
    return topic, json.dumps(config)


def _mark(*parts: str) -> str:
    """Return hex digits that stand for names: ids there have letters, digits, _ and - only."""
    text = json.dumps(parts)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
