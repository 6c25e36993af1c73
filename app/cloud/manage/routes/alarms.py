"""Alarms of the Things in a pool."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from app.cloud.manage.routes.common import LARGEST, Body, Manage, Named, Paged, Who
from app.cloud.manage.service.alarms import AlarmInfo, AlarmNotice, AlarmThing, AlarmWish
from app.cloud.manage.service.office import Listing
from app.cloud.tables.raised import RaisedAlarm

router = APIRouter(tags=["alarms"])

_Id = Annotated[int, Path(ge=1, le=LARGEST)]
_Seconds = Annotated[float, Field(ge=0, le=2.0**43, allow_inf_nan=False)]
_Number = Annotated[float | None, Field(allow_inf_nan=False)]
_Text = Annotated[str | None, Field(max_length=2000)]


class NewAlarm(Body):
    """A condition, and where its changes are sent.

    `kind`: `offline`, `over`, `under` or `taken_back`; `for_s`: how long it has to last;
    `settle_s`: how long all has to be well again. `field`: of the readings, a name or a JSON
    Pointer; `limit`, and `back`, at which it is well again. `mail`: an address, or `webhook`: a
    URL, and the `secret` that signs its calls; neither URL nor secret is ever shown.
    """

    kind: Annotated[str, Field(max_length=20)]
    for_s: _Seconds = 0.0
    settle_s: _Seconds = 60.0
    field: Annotated[str, Field(max_length=200)] = ""
    limit: _Number = None
    back: _Number = None
    mail: _Text = None
    webhook: _Text = None
    secret: _Text = None


class AlarmSwitch(Body):
    """Whether it is watched."""

    active: bool


class Acknowledgement(Body):
    """The Thing for which an alarm was seen; without it all for which it is raised."""

    tid: Annotated[str | None, Field(max_length=200)] = None


class Acknowledged(BaseModel):
    """The number of Things for which the alarm was not acknowledged before."""

    things: int


@router.post("/apps/{aid}/pools/{pool}/alarms", status_code=201)
async def add(aid: Named, pool: Named, given: NewAlarm, actor: Who, manage: Manage) -> AlarmInfo:
    """Add an alarm to a pool."""
    return await manage.alarms.add(actor, aid, pool, AlarmWish(**given.model_dump()))


@router.get("/alarms")
async def alarms(
    actor: Who,
    manage: Manage,
    page: Paged,
    aid: Annotated[str | None, Query(max_length=200)] = None,
) -> Listing[AlarmInfo]:
    """Return alarms, newest first; of one app with `aid`."""
    return await manage.alarms.find(actor, page, aid)


@router.get("/alarms/raised")
async def raised(
    actor: Who,
    manage: Manage,
    page: Paged,
    aid: Annotated[str | None, Query(max_length=200)] = None,
) -> Listing[RaisedAlarm]:
    """Return the Things for which alarms are raised, the latest first; of one app with `aid`."""
    return await manage.raised.find(actor, page, aid)


@router.get("/alarms/{alarm_id}")
async def alarm(alarm_id: _Id, actor: Who, manage: Manage) -> AlarmInfo:
    """Return one alarm."""
    return await manage.alarms.get(actor, alarm_id)


@router.get("/alarms/{alarm_id}/things")
async def things(alarm_id: _Id, actor: Who, manage: Manage, page: Paged) -> Listing[AlarmThing]:
    """Return the Things for which an alarm is raised now, the longest first."""
    return await manage.alarms.things(actor, alarm_id, page)


@router.get("/alarms/{alarm_id}/events")
async def events(alarm_id: _Id, actor: Who, manage: Manage, page: Paged) -> Listing[AlarmNotice]:
    """Return the events of an alarm, newest first."""
    return await manage.alarms.events(actor, alarm_id, page)


@router.patch("/alarms/{alarm_id}")
async def change(alarm_id: _Id, given: AlarmSwitch, actor: Who, manage: Manage) -> AlarmInfo:
    """Pause or resume an alarm."""
    return await manage.alarms.set_active(actor, alarm_id, given.active)


@router.post("/alarms/{alarm_id}/acknowledgement")
async def acknowledge(
    alarm_id: _Id, given: Acknowledgement, actor: Who, manage: Manage
) -> Acknowledged:
    """Say that a person has seen an alarm; it holds until it is raised again."""
    return Acknowledged(things=await manage.raised.acknowledge(actor, alarm_id, given.tid))


@router.post("/alarms/{alarm_id}/test")
async def test(alarm_id: _Id, actor: Who, manage: Manage) -> AlarmInfo:
    """Send an event that says it is a test; the list of events shows whether it went."""
    return await manage.alarms.test(actor, alarm_id)


@router.delete("/alarms/{alarm_id}", status_code=204)
async def remove(alarm_id: _Id, actor: Who, manage: Manage) -> None:
    """Remove an alarm, with its events."""
    await manage.alarms.remove(actor, alarm_id)
