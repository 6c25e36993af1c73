"""Versions side by side: what runs, what ran before, and whether the new one has proved itself.

One `Slot` record per kind of thing that can be updated (settings, app). The content lies in the
storage under `<kind>.<place>`, places being `a` and `b`. A commit switches places and puts the new
version on trial; it is confirmed by a completed management exchange, and a start before that goes
back. A version that had to be taken back is remembered, and not tried again until another is asked
for.

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
    """The place to stage the next version in."""
    return "b" if slot.place == "a" else "a"


def commit(slot: Slot, version: str) -> Slot:
    """The staged version becomes the active one, on trial."""
    return Slot(other(slot), version, slot.version, FRESH, slot.rejected)


def start(slot: Slot) -> Slot:
    """The Thing starts: a version on trial gets one chance."""
    if slot.trial == TRIED:
        return roll_back(slot)
    return attrs.evolve(slot, trial=TRIED) if slot.trial == FRESH else slot


def confirm(slot: Slot) -> Slot:
    """The version has proved itself."""
    return attrs.evolve(slot, trial=PROVEN, rejected="")


def roll_back(slot: Slot) -> Slot:
    """Back to the version before, which was proven; without one, to none."""
    place = other(slot) if slot.previous else ""
    return Slot(place, slot.previous, "", PROVEN, slot.version)
