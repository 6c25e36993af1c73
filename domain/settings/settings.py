"""The settings that the cloud requests, validated one by one."""

from __future__ import annotations

import json

import attrs

from domain.checksum import checksum
from domain.settings.values import flag, host_port, interval, quoted, text, timeout, version, whole


@attrs.frozen
class Settings:
    """The settings in force. Intervals and timeouts in seconds; `backend` as host[:port]."""

    pythings_version: str = attrs.field(default="factory", converter=version)
    app_version: str = attrs.field(default="0", converter=version)
    management_interval: int = attrs.field(default=60, converter=whole, validator=interval)
    worker_interval: int = attrs.field(default=60, converter=whole, validator=interval)
    battery_operated: bool = attrs.field(default=False, converter=flag)
    setup_timeout: int = attrs.field(default=60, converter=whole, validator=timeout)
    ssl: bool = attrs.field(default=True, converter=flag)
    payload_encryption: bool = attrs.field(default=False, converter=flag)
    pool: str = attrs.field(default="", converter=text)
    backend: str = attrs.field(default="", converter=text, validator=host_port)


NAMES = tuple(field.name for field in attrs.fields(Settings))

# Requested here, but put in force by their own slots.
_VERSIONS = ("pythings_version", "app_version")

# A change of these needs a new session.
_SESSION = ("ssl", "payload_encryption", "backend")


def merge(current: Settings, wire: object) -> tuple[Settings, list[str]]:
    """Return the settings that `wire` requests, and the problems found.

    A bad value leaves the current one in force; unknown names are for newer versions, and are
    ignored. A missing `backend` counts as empty: the cloud has no other way to say so.
    """
    if not isinstance(wire, dict):
        return current, ["settings are no object but %s" % quoted(wire)]
    problems = []
    wire = dict(wire)
    wire.setdefault("backend", "")
    for name in NAMES:
        if name in wire:
            try:
                current = attrs.evolve(current, **{name: wire[name]})
            except ValueError as error:
                problems.append("%s %s; still %s" % (name, error, getattr(current, name)))
    return current, problems


def differ(a: Settings, b: Settings) -> bool:
    """Return whether anything but the wanted versions differs."""
    return any(getattr(a, name) != getattr(b, name) for name in NAMES if name not in _VERSIONS)


def need_session(a: Settings, b: Settings) -> bool:
    """Return whether a change from `a` to `b` needs a new session."""
    return any(getattr(a, name) != getattr(b, name) for name in _SESSION)


def to_json(settings: Settings) -> dict[str, object]:
    """Return the settings as a slot stores them."""
    return {name: getattr(settings, name) for name in NAMES}


def fingerprint(settings: Settings) -> str:
    """Return a checksum that names these settings, without the wanted versions."""
    values = [getattr(settings, name) for name in NAMES if name not in _VERSIONS]
    return checksum(json.dumps(values).encode())
