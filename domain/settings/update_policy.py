"""Rules that decide whether to install a requested version: not in force, not known to fail."""

from __future__ import annotations

from domain.health import journal as journals
from domain.settings.settings import Settings, differ, fingerprint
from domain.thing import Thing

NO_VERSION = ("", "0")


def forgive(thing: Thing, wanted: Settings) -> None:
    """Forget the rejection of each kind, and the remark that one was not installed, once its
    version in force is requested: after that, the cloud may request the rejected one again."""
    kinds = []
    if not differ(thing.settings, wanted):
        kinds.append("settings")
    if wanted.app_version == thing.journal.app.version:
        kinds.append("app")
    if not _os_version(thing, wanted):
        kinds.append("os")
    journals.forgive(thing.journal, kinds)
    thing.status.over(kinds, "not installed")


def settings_wanted(thing: Thing, wanted: Settings, now: int) -> bool:
    """Return whether the requested settings differ from those in force, and are neither rejected
    nor held back."""
    version = fingerprint(wanted)
    if not differ(thing.settings, wanted) or version == thing.journal.settings.rejected:
        return False
    return not thing.held_settings.holds(version, now)


def app_wanted(thing: Thing, wanted: Settings, now: int) -> bool:
    """Return whether an app version is requested that is neither running, rejected nor held
    back."""
    slot, version = thing.journal.app, wanted.app_version
    if version in NO_VERSION or version in (slot.version, slot.rejected):
        return False
    return not thing.held_app.holds(version, now)


def os_wanted(thing: Thing, wanted: Settings, now: int) -> bool:
    """Return whether an OS version is requested that is neither running, rejected nor held back."""
    version = _os_version(thing, wanted)
    if not version or version == thing.journal.os.rejected:
        return False
    return not thing.held_os.holds(version, now)


def _os_version(thing: Thing, wanted: Settings) -> str:
    """Return the requested OS version; "" for the running one, and for "factory": never back to
    that."""
    version = wanted.pythings_version
    if version in ("", thing.version, thing.journal.os.version) or version.lower() == "factory":
        return ""
    return version
