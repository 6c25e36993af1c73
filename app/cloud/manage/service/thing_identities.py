"""The identities of a Thing as its owner sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.cloud.cloud import Cloud
from app.cloud.manage.service.office import Refused
from app.cloud.tables.identities import UNKNOWN, fingerprint
from app.cloud.tables.things import ThingRow


@dataclass(frozen=True)
class WaitingInfo:
    """An identity that was refused `count` times; times in seconds since 1970 UTC."""

    identity: str
    first: float
    last: float
    count: int


@dataclass(frozen=True)
class IdentityInfo:
    """The pinned fingerprint, the time of pinning, and the identities that wait for admission."""

    pinned: str | None
    since: float | None
    waiting: list[WaitingInfo]


def shown_identities(cloud: Cloud, things: Sequence[ThingRow]) -> dict[int, IdentityInfo]:
    """Return the public view of the identities of Things, without keys, by the Things' ids."""
    pinned = cloud.store.identities.all_pinned(things)
    waiting = cloud.store.identities.all_waiting(things)
    return {
        thing.id: IdentityInfo(
            fingerprint(pinned[thing.id].key) if thing.id in pinned else None,
            thing.pinned,
            [
                WaitingInfo(row.fingerprint, row.first, row.last, row.count)
                for row in waiting.get(thing.id, [])
                if row.count
            ],
        )
        for thing in things
    }


def only_waiting(cloud: Cloud, thing: ThingRow) -> str:
    """Return the fingerprint of the one identity that waits; raises Refused."""
    marks = [row.fingerprint for row in cloud.store.identities.waiting(thing) if row.count]
    if marks == [UNKNOWN]:
        raise Refused(
            409, "it proves an identity that was never shown here; `none` takes any, and pins it"
        )
    if len(marks) != 1:
        waits = f"several wait: {', '.join(marks)}; name one" if marks else "none waits"
        raise Refused(409, f"{waits}; see `pythings cloud thing list`")
    return marks[0]
