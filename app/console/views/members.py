"""The members of an app, with their roles in it."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from app.cloud.manage.service.office import ROLES
from app.console.access import Refusal
from app.console.admin import Admin
from app.console.page import ask, button, empty, filled, form, refusals, text


class Members:
    """The card of one app's members, of those apps that the person owns.

    `changed` is called after each change of a role, and calls `show`.
    """

    def __init__(self, admin: Admin, changed: Callable[[], Awaitable[None]]) -> None:
        self._admin = admin
        self._after = changed
        self._people: list[str] = []
        self._aid = ""
        with ui.element("section").classes("card members"):
            text("h2", "Members of an app")
            self._place = ui.element("div")

    async def show(self, people: list[str]) -> None:
        """Show the members; `people`: the known accounts, empty if they are not to be listed."""
        self._people = people
        self._place.clear()
        with self._place:
            try:
                await self._fill()
            except Refusal as error:
                empty("Members cannot be shown", str(error))

    async def _fill(self) -> None:
        apps = {app.aid: app.name for app in await self._admin.apps() if app.role == "owner"}
        if not apps:
            text("p", "You own no app. Its owner gives roles in it.", "soft")
            return
        if self._aid not in apps:
            self._aid = next(reversed(apps))
        choice = ui.select(apps, value=self._aid, label="App", on_change=self._chosen)
        choice.props("outlined dense")
        roles = await self._admin.roles(self._aid)
        for name, role in roles.items():
            self._member(name, role)
        if not roles:
            text("p", "No member yet. Owners of the cloud need no role.", "soft small lead")
        with ui.element("div").classes("line"):
            button("Add a member", self._add, "add", quiet=True)

    def _member(self, name: str, role: str) -> None:
        with ui.element("div").classes("row-line"):
            text("div", name, "grow wrap")
            change = functools.partial(self._changed, name)
            choice = ui.select(list(ROLES), value=role, on_change=change)
            choice.props("outlined dense options-dense")
            choice.props["aria-label"] = f"Role of {name}"
            remove = button("", functools.partial(self._remove, name), "close", quiet=True)
            remove.props["aria-label"] = f"Remove {name}"

    async def _chosen(self, event: Any) -> None:
        self._aid = str(event.value)
        await self.show(self._people)

    async def _changed(self, name: str, event: Any) -> None:
        await self._set(name, str(event.value))

    async def _remove(self, name: str) -> None:
        sure = await ask(
            f"Remove {name} from this app?",
            "The app is no longer visible for this person. You can add the role again.",
            {False: "Cancel", True: "Remove"},
            closed=False,
        )
        if sure:
            await self._set(name, None)

    async def _set(self, name: str, role: str | None) -> None:
        with refusals():
            await self._admin.set_role(self._aid, name, role)
            ui.notify(f"{name}: {role or 'no role'}", type="positive")
        await self._after()

    async def _add(self) -> None:
        with form("Add a member", "Add") as dialog:
            name: Any
            if self._people:
                name = ui.select(self._people, label="Person", with_input=True)
            else:
                name = ui.input("The person's name").props("maxlength=64")
            name.props("outlined autofocus")
            role = ui.select(list(ROLES), value=ROLES[0], label="Role").props("outlined")
            text(
                "p",
                "A viewer sees; a developer also saves versions, changes settings and sends"
                " messages; an owner also gives roles.",
                "soft",
            )
        if await filled(dialog):
            await self._set(str(name.value or "").strip(), str(role.value))
