"""People: one's own password, the accounts of the cloud, and the members of apps."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Awaitable, Callable

from nicegui import ui

from app.cloud.manage.service.people import PersonInfo
from app.console.access import Refusal
from app.console.admin import Admin
from app.console.desk import Desk
from app.console.page import ask, button, empty, filled, form, moment, pill, refusals, text, to_door
from app.console.secret import show_once
from app.console.shell import View, frame
from app.console.table import Cell, table
from app.console.views.members import Members

_COLUMNS = ("Name", "May", "Since", "")
_BYTES = 15  # of a proposed password: 20 characters


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def people() -> None:
        with frame("People", "/people"):
            page = _Page(desk.admin())
            await page.open()

    routes["/people"] = people


class _Page:
    """The accounts that the person may see: all for an owner of the cloud, else its own."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._owner = admin.actor.owner

    async def open(self) -> None:
        """Lay out the page."""
        with ui.element("div").classes("head"):
            text("h1", "People", "grow")
            own = functools.partial(self._set_password, self._admin.actor.name)
            button("Change my password", own, "key", quiet=True)
            if self._owner:
                button("Add a person", self._add, "person_add")
        with ui.element("div").classes("columns"):
            with ui.element("div").classes("stack"):
                self._place = ui.element("section").classes("card")
            self._members = Members(self._admin, self._show)
        await self._show()

    async def _show(self) -> None:
        self._place.clear()
        people: list[PersonInfo] = []
        with self._place:
            if self._owner:
                try:
                    people = await self._admin.people()
                except Refusal as error:
                    empty("Accounts cannot be shown", str(error))
            else:
                empty(
                    f"You are {self._admin.actor.name}",
                    "An owner of the cloud sees all accounts here, and adds people.",
                )
            if people:
                table("Accounts", _COLUMNS, map(self._row, people))
        await self._members.show([person.name for person in people if person.active])

    def _row(self, person: PersonInfo) -> tuple[Cell, ...]:
        def rights() -> None:
            with ui.element("div").classes("line"):
                if not person.active:
                    pill("shut out", "bad")
                elif person.owner:
                    pill("owner of the cloud", "good")
                else:
                    count = len(person.roles)
                    pill(f"{count} app{'s' * (count != 1)}" if count else "no app yet")

        def actions() -> None:
            with ui.element("div").classes("line end"):
                for label, act in self._actions(person).items():
                    made = button(label, functools.partial(act, person.name), quiet=True)
                    made.props["aria-label"] = f"{label}: {person.name}"

        return person.name, rights, moment(person.created)[:10], actions

    def _actions(self, person: PersonInfo) -> dict[str, Callable[[str], Awaitable[None]]]:
        if not person.active:
            return {"Let in": self._let_in}
        if person.name == self._admin.actor.name:
            return {}
        return {"Set password": self._set_password, "Shut out": self._shut_out}

    async def _add(self) -> None:
        with form("Add a person", "Add") as dialog:
            name = ui.input("Name").props("outlined autofocus maxlength=64")
            owner = ui.switch("Owner of the cloud: all rights in all apps")
            text(
                "p",
                "You get a password to hand over. Other people need a role in an app next.",
                "soft",
            )
        if not await filled(dialog):
            return
        with refusals():
            label, password = str(name.value or "").strip(), secrets.token_urlsafe(_BYTES)
            await self._admin.add_person(label, password, bool(owner.value))
            await self._show()
            advice = f"{label} logs in here with it, and changes it under People."
            await show_once(f"The password of {label}", advice, password)

    async def _set_password(self, name: str) -> None:
        mine = name == self._admin.actor.name
        title = "Change my password" if mine else f"Set the password of {name}"
        with form(title, "Set it") as dialog:
            text("p", "12 characters or more. All log-ins with the old one end.", "soft")
            old = _secret("Present password", "current-password") if mine else None
            fields = [_secret(label) for label in ("New password", "The same again")]
        if not await filled(dialog):
            return
        first, again = (str(field.value or "") for field in fields)
        if first != again:
            ui.notify("The two differ: type the password twice", type="negative")
            return
        with refusals():
            await self._admin.set_password(
                name, first, None if old is None else str(old.value or "")
            )
            if mine:
                to_door()  # this session has ended, too
            else:
                ui.notify(f"{name} logs in with the new password now", type="positive")

    async def _shut_out(self, name: str) -> None:
        sure = await ask(
            f"Shut {name} out?",
            f"{name} is logged out, and all API tokens of {name} are revoked. The account stays,"
            " and can be let in again.",
            {False: "Cancel", True: "Shut out"},
            closed=False,
        )
        if sure:
            await self._set_active(name, False)

    async def _let_in(self, name: str) -> None:
        await self._set_active(name, True)

    async def _set_active(self, name: str, active: bool) -> None:
        with refusals():
            await self._admin.set_active(name, active)
            ui.notify(f"{name} is {'let in' if active else 'shut out'}", type="positive")
            await self._show()


def _secret(label: str, kind: str = "new-password") -> ui.input:
    field = ui.input(label, password=True, password_toggle_button=True)
    return field.props(f'outlined maxlength=256 autocomplete="{kind}"')
