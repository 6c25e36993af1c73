"""A change of a Thing by a person: settings of its own, its app and pool, its tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.cloud.cloud import Cloud
from app.cloud.manage.service.office import Actor, Refused, Role, app_of, note, thing_of
from app.cloud.manage.service.pools import limited, pool_of
from app.cloud.manage.service.tags import tagged
from app.cloud.settings import settings_of
from app.cloud.tables.apps import AppRow
from app.cloud.tables.pools import merged
from app.cloud.tables.things import ThingRow


def changed_thing(
    cloud: Cloud,
    actor: Actor,
    tid: str,
    changes: Mapping[str, Any],
    remove: Iterable[str] = (),
    custom: bool | None = None,
    aid: str | None = None,
    pool: str | None = None,
    tag: Iterable[str] = (),
    untag: Iterable[str] = (),
) -> ThingRow:
    """Change, move or tag a Thing as `ThingService.set` does; return it as it is afterwards."""
    thing, app = thing_of(cloud, actor, tid, Role.DEVELOPER)
    thing, app = _moved(cloud, actor, thing, app, aid, pool)
    if changes or remove:
        before = {k: v for k, v in settings_of(cloud, thing).items() if k != "pool"}
        cloud.store.things.set_custom(thing, limited(merged(before, changes, remove)))
    elif custom is False:
        cloud.store.things.set_custom(thing, None)
    words = tagged(thing, tag, untag)
    if words != set(thing.tags):
        cloud.store.things.set_tags(thing, words)
        note(cloud, actor, "tag Thing", tid, ", ".join(sorted(words)), app)
    note(cloud, actor, "set Thing", tid, ", ".join([*changes, *remove]), app)
    return cloud.store.things.with_id(thing.id)


def _moved(
    cloud: Cloud, actor: Actor, thing: ThingRow, app: AppRow, aid: str | None, pool: str | None
) -> tuple[ThingRow, AppRow]:
    if aid is None and pool is None:
        return thing, app
    target = app_of(cloud, actor, aid, Role.DEVELOPER) if aid else app
    other = cloud.store.things.in_account(target.account, thing.tid)
    if other is not None and other.id != thing.id:
        raise Refused(409, f"account {target.account} has a Thing {thing.tid} already")
    name = pool_of(cloud, target, pool or target.default_pool).name
    cloud.store.things.move(thing, target.id, name)
    note(cloud, actor, "move Thing", thing.tid, f"to {target.aid} {name}", app)
    return cloud.store.things.with_id(thing.id), target
