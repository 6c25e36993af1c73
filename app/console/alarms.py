"""The views' access to alarms, with the rights of their user; and alarms in a few words."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from app.cloud.manage.service.alarms import AlarmInfo
from app.cloud.manage.service.office import Actor, Page
from app.cloud.tables.raised import RaisedAlarm
from app.console.access import MOST, CloudAccess
from app.console.plans import BAD, GOOD, WARN, many

LISTED = 100  # raised alarms


@dataclass(frozen=True)
class AlarmBoard:
    """The latest raised alarms, the number of all of them, and the alarms, newest first."""

    raised: list[RaisedAlarm]
    total: int
    alarms: list[AlarmInfo]


class Alarms(CloudAccess):
    """All alarms that the person may see."""

    async def board(self) -> AlarmBoard:
        """Return them as they are now, in one call."""
        manage = self._manage

        async def found(actor: Actor) -> AlarmBoard:
            raised, alarms = await asyncio.gather(
                manage.raised.find(actor, Page(limit=LISTED)),
                manage.alarms.find(actor, Page(limit=MOST)),
            )
            return AlarmBoard(list(raised.items), raised.total, list(alarms.items))

        return await self._call(found)

    async def acknowledge(self, number: int, tid: str | None) -> int:
        """Say that the person has seen an alarm for a Thing, or for all; return how many."""
        see = self._manage.raised.acknowledge
        return await self._call(lambda actor: see(actor, number, tid))

    async def set_active(self, number: int, active: bool) -> None:
        """Pause or resume an alarm."""
        await self._call(lambda actor: self._manage.alarms.set_active(actor, number, active))

    async def test(self, number: int) -> None:
        """Send a test of an alarm."""
        await self._call(lambda actor: self._manage.alarms.test(actor, number))


def state_of(it: AlarmInfo) -> tuple[str, str]:
    """Return an alarm's state in a few words, and the kind of its pill."""
    if not it.active:
        return "paused", ""
    if it.raised:
        return f"raised for {many(it.raised)}", BAD
    return ("not delivered", WARN) if it.failures else ("all is well", GOOD)


def delivery_of(it: AlarmInfo) -> str:
    """Return the trouble of an alarm's deliveries in a sentence, empty if there is none."""
    if not it.failures:
        return ""
    waits = f"; {many(it.waiting, 'event')} to deliver" if it.waiting else ""
    return f"{many(it.failures, 'failure')} in a row{waits}: {it.error}"
