"""Apps: list, creation, roles in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.cloud import catalog
from app.cloud.cloud import Cloud
from app.cloud.folder import ACCOUNT
from app.cloud.manage.service.names import must_be_name
from app.cloud.manage.service.office import (
    FIRST,
    Actor,
    Listing,
    Office,
    Page,
    Refused,
    Role,
    app_of,
    cut,
    must_own_all,
    note,
    role_named,
)
from app.cloud.manage.service.people import person_of
from app.cloud.manage.service.pools import PoolInfo, shown_pool
from app.cloud.tables.apps import AppRow
from app.cloud.tables.audit import CREATE


@dataclass(frozen=True)
class AppInfo:
    """One app; `role` is the actor's role in it, `things` the number of its Things."""

    aid: str
    name: str
    account: str
    hidden: bool
    role: str
    things: int
    versions: list[str]
    pools: dict[str, PoolInfo]


class AppService:
    """Operations on apps."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def find(self, actor: Actor, page: Page = FIRST, text: str = "") -> Listing[AppInfo]:
        """Return the apps that the actor may see, oldest first, with the text in the name or id."""

        def found(cloud: Cloud) -> Listing[AppInfo]:
            apps = [app for app in cloud.store.apps.all() if actor.role_in(app.id) is not None]
            wanted = [app for app in apps if text.lower() in f"{app.name}\n{app.aid}".lower()]
            if page.sort in ("name", "-name"):
                wanted.sort(key=lambda app: app.name, reverse=page.sort.startswith("-"))
            part = cut(wanted, page)
            shown = [_shown(cloud, actor, app) for app in part.items]
            return Listing(shown, part.total, part.offset, part.limit)

        return await self._office.read(found)

    async def get(self, actor: Actor, aid: str) -> AppInfo:
        """Return one app."""
        return await self._office.read(
            lambda cloud: _shown(cloud, actor, app_of(cloud, actor, aid))
        )

    async def create(
        self, actor: Actor, name: str, account: str | None = None, aid: str | None = None
    ) -> AppInfo:
        """Make an app with three pools and a first version, and its account if there is none."""
        account = ACCOUNT if account is None else account
        must_be_name("an app's name", name)
        must_be_name("an account's name", account)
        if aid is not None:
            must_be_name("an App id", aid)

        def made(cloud: Cloud) -> AppInfo:
            must_own_all(actor)
            cloud.store.accounts.add(account)
            if aid is not None and cloud.store.apps.with_aid(aid):
                raise Refused(409, f"there is an app {aid} already")
            app = catalog.create_app(cloud, account, name, aid)
            note(cloud, actor, CREATE, app.aid, name, app)
            return _shown(cloud, actor, app)

        return await self._office.change(made)

    async def roles(self, actor: Actor, aid: str) -> Mapping[str, str]:
        """Return the roles in an app by the names of the people."""

        def found(cloud: Cloud) -> Mapping[str, str]:
            return cloud.store.people.of_app(app_of(cloud, actor, aid, Role.OWNER).id)

        return await self._office.read(found)

    async def set_role(self, actor: Actor, aid: str, name: str, role: str | None) -> None:
        """Set a person's role in an app; None removes it."""
        word = None if role is None else role_named(role).word

        def given(cloud: Cloud) -> None:
            app = app_of(cloud, actor, aid, Role.OWNER)
            cloud.store.people.set_role(person_of(cloud, name), app.id, word)
            note(cloud, actor, "set role", name, word or "none", app)

        await self._office.change(given)


def _shown(cloud: Cloud, actor: Actor, app: AppRow) -> AppInfo:
    role = actor.role_in(app.id)
    assert role is not None  # the caller has checked it
    return AppInfo(
        app.aid,
        app.name,
        app.account,
        app.hidden,
        role.word,
        cloud.store.things.count(app.id),
        cloud.store.versions.names(app.id),
        {pool.name: shown_pool(pool) for pool in cloud.store.pools.of_app(app.id)},
    )
