"""API tokens: for programs that use the management API in a person's name."""

from __future__ import annotations

import functools

from nicegui import ui

from app.cloud.manage.service.office import ROLES
from app.cloud.manage.service.people import TokenInfo
from app.console.access import Refusal
from app.console.admin import Admin
from app.console.desk import Desk
from app.console.page import ask, button, empty, filled, form, moment, refusals, text
from app.console.secret import show_once
from app.console.shell import View, frame
from app.console.table import Cell, table

_COLUMNS = ("Name", "Person", "At most", "Made", "Ends", "")


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def tokens() -> None:
        with frame("Tokens", "/tokens"):
            page = _Page(desk.admin())
            with ui.element("div").classes("head"):
                text("h1", "API tokens", "grow")
                button("Make a token", page.make, "add")
            await page.open()

    routes["/tokens"] = tokens


class _Page:
    """The tokens that the person may see."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin

    async def open(self) -> None:
        """Lay out the page."""
        text(
            "p",
            "A program gives its token to the management API. It may do no more than the token's"
            " person, and no more than the token's role.",
            "soft lead",
        )
        self._place = ui.element("section").classes("card")
        await self._show()

    async def _show(self) -> None:
        self._place.clear()
        with self._place:
            try:
                tokens = await self._admin.tokens()
            except Refusal as error:
                empty("Tokens cannot be shown", str(error))
                return
            if tokens:
                table("API tokens", _COLUMNS, map(self._row, tokens))
            else:
                empty("No token yet", "Make one for each program, so that each can be revoked.")

    def _row(self, token: TokenInfo) -> tuple[Cell, ...]:
        def action() -> None:
            made = button("Revoke", functools.partial(self._revoke, token), quiet=True)
            made.props["aria-label"] = f"Revoke {token.name} of {token.person}"

        times = (moment(token.created), moment(token.expires))
        return (token.name, token.person, token.role, *times, action)

    async def make(self) -> None:
        """Ask for a new token's name and rights, and show it once."""
        with form("Make a token", "Make it") as dialog:
            name = ui.input("Its program, as backup").props("outlined autofocus maxlength=64")
            role = ui.select(list(ROLES), value=ROLES[0], label="It may be at most")
            role.props("outlined")
            days = ui.number("Days until it ends", value=90, min=1, max=366, precision=0)
            days.props("outlined")
        if not await filled(dialog):
            return
        with refusals():
            label = str(name.value or "").strip()
            made = await self._admin.make_token(label, str(role.value), int(days.value or 0))
            await self._show()
            await show_once("The new token", f"It is for {label}.", made)

    async def _revoke(self, token: TokenInfo) -> None:
        sure = await ask(
            f"Revoke {token.name}?",
            "Programs that use it are refused at once. It cannot be restored.",
            {False: "Keep it", True: "Revoke it"},
            closed=False,
        )
        if sure:
            with refusals():
                await self._admin.revoke_token(token.id)
                ui.notify(f"{token.name} is revoked", type="positive")
                await self._show()
