"""The views' access to rollouts, with the rights of their user."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from app.cloud.manage.service.office import Page
from app.cloud.manage.service.releases import ReleaseInfo
from app.cloud.manage.service.rollout_plans import Wish
from app.cloud.manage.service.rollouts import RolloutInfo, RolloutThing
from app.cloud.rollouts import rules
from app.console.access import CloudAccess

_LISTED = 100  # rollouts


class Rollouts(CloudAccess):
    """All rollouts that the person may see."""

    async def find(self) -> list[RolloutInfo]:
        """Return the latest rollouts, newest first."""
        find = self._manage.rollouts.find
        return list((await self._call(lambda actor: find(actor, Page(limit=_LISTED)))).items)

    async def get(self, number: int) -> RolloutInfo:
        """Return one rollout."""
        return await self._call(lambda actor: self._manage.rollouts.get(actor, number))

    async def things(self, number: int) -> list[RolloutThing]:
        """Return the Things of a rollout, with the outcome of each."""
        find = self._manage.rollouts.things
        return await self._all(functools.partial(find, rollout_id=number))

    async def start(self, aid: str, pool: str, wish: Wish, things: Sequence[str]) -> int:
        """Start a rollout, first to the `things` named; return its number."""
        start = self._manage.rollouts.start
        return (await self._call(lambda actor: start(actor, aid, pool, wish, things))).id

    async def change(self, number: int, event: str) -> None:
        """Pause, resume or abort a rollout, as the event of its rules says."""
        its = self._manage.rollouts
        change = {rules.PAUSE: its.pause, rules.RESUME: its.resume, rules.ABORT: its.abort}[event]
        await self._call(lambda actor: change(actor, number))

    async def roll_back(self, number: int, to: str | None) -> None:
        """Ask all Things of the pool for the version before, or for another one."""
        await self._call(lambda actor: self._manage.rollouts.roll_back(actor, number, to))

    async def releases(self) -> list[ReleaseInfo]:
        """Return the OS releases, newest first."""
        return await self._call(self._manage.releases.find)
