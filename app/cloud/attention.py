"""The attention of a person to a Thing, which is asked to come back soon meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.cloud.cloud import Cloud
from app.cloud.tables.things import ThingRow

LONGEST_S = 300.0  # without another command, or another look at the Thing
SOON = "soon"  # beside the settings, which no Thing stores


def attend(cloud: Cloud, thing: ThingRow) -> float:
    """Ask a Thing to come back soon, from its next call on; return until when."""
    until = cloud.clock() + LONGEST_S
    cloud.store.things.attend(thing, until)
    return until


def with_soon(cloud: Cloud, thing: ThingRow, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings to send to a Thing, with the request to come back soon if it is due.

    The predecessor restarts at any difference in its settings, and shows no identity. A Thing on a
    battery is not kept awake.
    """
    left = 0.0 if thing.attended is None else thing.attended - cloud.clock()
    # More is left only if this machine's clock was set back.
    if not 0 < left <= LONGEST_S or thing.pinned is None or _on_battery(settings):
        return settings
    return {**settings, SOON: True}


def _on_battery(settings: Mapping[str, Any]) -> bool:
    return settings.get("battery_operated") is True
