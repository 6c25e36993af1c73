"""The fleet as a whole: filters of Things, and their numbers by state, pool and version."""

from __future__ import annotations

from dataclasses import dataclass

from app.cloud.cloud import Cloud
from app.cloud.manage.service.office import Actor, Office, Refused
from app.cloud.tables.states import STATES
from app.cloud.tables.things import SUMS


@dataclass(frozen=True)
class ThingFilter:
    """The filter of a list of Things; `heard_*`: last contact, seconds since 1970 UTC.

    `match`: the whole id, where * is any text and ? any character; cases are the same. `custom`:
    whether it has settings of its own.
    """

    aid: str | None = None
    pool: str | None = None
    platform: str | None = None
    text: str | None = None
    heard_after: float | None = None
    heard_before: float | None = None
    state: str | None = None
    app_version: str | None = None
    pythings_version: str | None = None
    match: str | None = None
    custom: bool | None = None
    tag: str | None = None


EVERY = ThingFilter()


@dataclass(frozen=True)
class PoolCount:
    """The number of Things of a pool in one state."""

    aid: str
    app: str
    pool: str
    state: str
    things: int


@dataclass(frozen=True)
class AppVersionCount:
    """The number of Things that run a version of an app; None: not known."""

    aid: str
    app: str
    version: str | None
    things: int


@dataclass(frozen=True)
class OsVersionCount:
    """The number of Things that run a version of the OS; None: not known."""

    version: str | None
    things: int


@dataclass(frozen=True)
class FleetInfo:
    """The number of Things, of those in each state, and by pool and version, 1,000 at most."""

    total: int
    states: dict[str, int]
    pools: list[PoolCount]
    app_versions: list[AppVersionCount]
    os_versions: list[OsVersionCount]


class FleetService:
    """Queries on all Things together."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def count(self, actor: Actor, narrowed: ThingFilter = EVERY) -> FleetInfo:
        """Count the Things that the actor may see, by pool and state, and by version."""
        check_filter(narrowed)

        def counted(cloud: Cloud) -> FleetInfo:
            now = cloud.clock()
            states, pools, apps, systems = (
                cloud.store.things.sums(what, actor.sees, now, **vars(narrowed)) for what in SUMS
            )
            found = {row["state"]: row["things"] for row in states}
            return FleetInfo(
                sum(found.values()),
                {state: found.get(state, 0) for state in STATES},
                [PoolCount(**row) for row in pools],
                [AppVersionCount(**row) for row in apps],
                [OsVersionCount(**row) for row in systems],
            )

        return await self._office.read(counted)


def check_filter(narrowed: ThingFilter) -> None:
    """Refuse a state that there is not."""
    if narrowed.state not in (None, *STATES):
        raise Refused(422, f"state must be one of {', '.join(STATES)}")
