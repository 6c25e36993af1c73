"""Versions side by side: the active one, the one before, and whether the new one is proven.

One `Slot` record per kind of thing that can be updated (settings, app, OS). The content lies in the
storage under `<kind>.<place>`, places being `a` and `b`. A commit switches places and puts the new
version on trial; it is confirmed by a completed management exchange, and a second start before that
rolls it back. A version that was rolled back is remembered, and not tried again until another is
requested.

Pure rules: nothing here touches the storage; the journal keeps the records.
"""

from __future__ import annotations

import attrs

PROVEN = 0
FRESH = 1  # on trial, not started yet
TRIED = 2  # on trial, started once: the next start takes it back


@attrs.frozen
class Slot:
    """`place`: where the active version lies, "" for none yet; `version`, `previous`: names of
    the versions, "" for none; `trial`: PROVEN, FRESH or TRIED; `rejected`: the version taken back
    last."""

    place: str = ""
    version: str = ""
    previous: str = ""
    trial: int = PROVEN
    rejected: str = ""


def other(slot: Slot) -> str:
    """Return the place to stage the next version in."""
    return "b" if slot.place == "a" else "a"


def commit(slot: Slot, version: str) -> Slot:
    """Make the staged version the active one, on trial."""
    return Slot(other(slot), version, slot.version, FRESH, slot.rejected)


def start(slot: Slot) -> Slot:
    """Count a start: a version on trial gets one chance, and is rolled back at the next."""
    if slot.trial == TRIED:
        return roll_back(slot)
    return attrs.evolve(slot, trial=TRIED) if slot.trial == FRESH else slot


def confirm(slot: Slot) -> Slot:
    """Mark the version as proven."""
    return attrs.evolve(slot, trial=PROVEN, rejected="")


def roll_back(slot: Slot) -> Slot:
    """Roll back to the version before, which was proven; without one, to none."""
    place = other(slot) if slot.previous else ""
    return Slot(place, slot.previous, "", PROVEN, slot.version)
