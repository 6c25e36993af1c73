"""Whether what the cloud asks for is to be had: not in force, and not known to fail."""

from __future__ import annotations

from domain.health import journal as journals
from domain.settings.settings import Settings, differ, fingerprint
from domain.thing import Thing

NO_VERSION = ("", "0")


def forgive(thing: Thing, wanted: Settings) -> None:
    """What was taken back may be asked for again, once something else was: what is in force."""
    if not differ(thing.settings, wanted):
        journals.forgive(thing.journal, ("settings",))
    if wanted.app_version == thing.journal.app.version:
        journals.forgive(thing.journal, ("app",))
    if not _os_version(thing, wanted):
        journals.forgive(thing.journal, ("os",))


def settings_wanted(thing: Thing, wanted: Settings, now: int) -> bool:
    """Whether other settings are asked for than those in force, neither taken nor held back."""
    version = fingerprint(wanted)
    if not differ(thing.settings, wanted) or version == thing.journal.settings.rejected:
        return False
    return not thing.held_settings.holds(version, now)


def app_wanted(thing: Thing, wanted: Settings, now: int) -> bool:
    """Whether an app version is asked for that is neither running, taken back nor held back."""
    slot, version = thing.journal.app, wanted.app_version
    if version in NO_VERSION or version in (slot.version, slot.rejected):
        return False
    return not thing.held_app.holds(version, now)


def os_wanted(thing: Thing, wanted: Settings, now: int) -> bool:
    """The same of an OS version."""
    version = _os_version(thing, wanted)
    if not version or version == thing.journal.os.rejected:
        return False
    return not thing.held_os.holds(version, now)


def _os_version(thing: Thing, wanted: Settings) -> str:
    """What is asked for; empty for what runs. "factory" asks for nothing: never back."""
    version = wanted.pythings_version
    if version in ("", thing.version, thing.journal.os.version) or version.lower() == "factory":
        return ""
    return version
