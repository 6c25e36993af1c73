"""Raised alarms: list them for a person, and acknowledge them."""

from __future__ import annotations

from app.cloud.cloud import Cloud
from app.cloud.manage.service.alarms import alarm_of
from app.cloud.manage.service.office import (
    FIRST,
    Actor,
    Listing,
    Office,
    Page,
    Role,
    app_of,
    note,
    thing_of,
)
from app.cloud.tables.raised import RaisedAlarm


class RaisedService:
    """Operations on the alarms that are raised now."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def find(
        self, actor: Actor, page: Page = FIRST, aid: str | None = None
    ) -> Listing[RaisedAlarm]:
        """Return those of an app, or of all that the actor may see, the latest first."""

        def found(cloud: Cloud) -> Listing[RaisedAlarm]:
            if aid is not None:
                app_of(cloud, actor, aid)
            rows, total = cloud.store.raised.page(actor.sees, aid, page.limit, page.offset)
            return Listing(rows, total, page.offset, page.limit)

        return await self._office.read(found)

    async def acknowledge(self, actor: Actor, alarm_id: int, tid: str | None = None) -> int:
        """Mark an alarm as seen for a Thing, or for all; return for how many it was not before."""

        def seen(cloud: Cloud) -> int:
            it, app = alarm_of(cloud, actor, alarm_id, Role.DEVELOPER)
            thing_id = None if tid is None else thing_of(cloud, actor, tid)[0].id
            count = cloud.store.raised.see(it.id, thing_id, actor.name)
            if count:
                whose = f"{count} Things" if tid is None else tid
                note(cloud, actor, "acknowledge alarm", it.pool, f"{it.id}: {whose}", app)
            return count

        return await self._office.change(seen)
