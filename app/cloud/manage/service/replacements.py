"""Replacement of a Thing whose hardware has died by other hardware, which has an id of its own."""

from __future__ import annotations

from app.cloud.cloud import Cloud
from app.cloud.manage.service.office import Actor, Office, Refused, Role, must_be, note, thing_of
from app.cloud.manage.service.things import ThingInfo, shown_thing
from app.cloud.tables.apps import AppRow
from app.cloud.tables.things import ThingRow

_LONGEST = 36  # characters of an id


class ReplacementService:
    """The operation that lets new hardware go on in the place of old."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def replace(self, actor: Actor, tid: str, new_tid: str, force: bool = False) -> ThingInfo:
        """Give the app, pool, settings, tags, messages and readings of a Thing to another.

        That one may have registered, anywhere in the account, or register later. Readings move in
        small steps, which new ones do not wait for; after a failure it can be repeated. `force`:
        also if the old one is on line.
        """
        if not 0 < len(new_tid) <= _LONGEST or new_tid == tid:
            raise Refused(422, f"by must be another id, of 1 to {_LONGEST} characters")

        def step(cloud: Cloud) -> ThingInfo | None:
            thing, app, new = _checked(cloud, actor, tid, new_tid, force)
            if cloud.store.readings.move(app.account, tid, new_tid):
                return None
            _swap(cloud, thing, new_tid, new)
            note(cloud, actor, "replace Thing", tid, f"by {new_tid}", app)
            return shown_thing(cloud, cloud.store.things.with_id(thing.id))

        while (done := await self._office.change(step)) is None:
            pass
        return done


def _checked(
    cloud: Cloud, actor: Actor, tid: str, new_tid: str, force: bool
) -> tuple[ThingRow, AppRow, ThingRow | None]:
    thing, app = thing_of(cloud, actor, tid, Role.OWNER)
    new = cloud.store.things.in_account(app.account, new_tid)
    if new is not None and new.app_id != app.id:
        role = actor.role_in(new.app_id)
        if role is None:
            raise Refused(409, f"{new_tid} is a Thing of an app that you do not see")
        must_be(role, Role.OWNER)
    if not force and shown_thing(cloud, thing).online:
        raise Refused(409, f"{tid} is on line: turn it off, or force it if it is out of use")
    return thing, app, new


def _swap(cloud: Cloud, thing: ThingRow, new_tid: str, new: ThingRow | None) -> None:
    """Let the Thing be the new hardware: with its id, sessions and identity."""
    store = cloud.store
    known = None if new is None else store.identities.pinned(new)
    store.identities.unpin(thing)
    if new is None:
        store.sessions.deactivate(thing.id)
        store.things.rename(thing, new_tid, None)
        return
    store.things.absorb(thing, new)
    if known is not None:
        store.identities.pin(thing, known, new.pinned or cloud.clock())
    store.things.rename(thing, new_tid, new.by_account)
