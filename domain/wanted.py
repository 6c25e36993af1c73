"""Whether what the cloud asks for is to be had: not in force, and not known to fail."""

from __future__ import annotations

from domain.settings import Settings, differ, fingerprint
from domain.thing import Thing

NO_VERSION = ("", "0")


def settings_wanted(thing: Thing, wanted: Settings) -> bool:
    """Whether other settings are asked for than those in force, and not just taken back."""
    return differ(thing.settings, wanted) and fingerprint(wanted) != thing.journal.settings.rejected


def app_wanted(thing: Thing, wanted: Settings, now: int) -> bool:
    """Whether an app version is asked for that is neither running, taken back nor held back."""
    slot, held, version = thing.journal.app, thing.held_back, wanted.app_version
    if version in NO_VERSION or version in (slot.version, slot.rejected):
        return False
    return version != held.version or now >= held.until
