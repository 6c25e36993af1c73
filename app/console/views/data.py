"""Data retention: for how long the readings of each pool stay."""

from __future__ import annotations

import functools

from nicegui import ui

from app.cloud.manage.service.apps import AppInfo
from app.console.access import Refusal
from app.console.admin import Admin
from app.console.desk import Desk
from app.console.page import button, empty, filled, form, refusals, text
from app.console.shell import View, frame

_MOST_DAYS = 36_500
_FIRST = 365  # days that are proposed


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def data() -> None:
        with frame("Data", "/data"):
            with ui.element("div").classes("head"):
                text("h1", "Data retention")
            text(
                "p",
                "Readings stay for ever, or for as many days as their Thing's pool says. Older ones"
                " are deleted little by little, by the time of the reading.",
                "soft lead",
            )
            await _Page(desk.admin()).show()

    routes["/data"] = data


class _Page:
    """The pools of all apps that the person may see."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._place = ui.element("div").classes("gallery wide-cards")

    async def show(self) -> None:
        """Show the pools as they are now."""
        self._place.clear()
        with self._place:
            try:
                apps = await self._admin.apps()
            except Refusal as error:
                empty("Apps cannot be shown", str(error))
                return
            if not apps:
                with ui.element("div").classes("card"):
                    empty("No app yet", "Each pool of an app says how long its readings stay.")
            for app in apps:
                self._card(app)

    def _card(self, app: AppInfo) -> None:
        with ui.element("section").classes("card"):
            text("h2", app.name, "wrap")
            for name, pool in app.pools.items():
                with ui.element("div").classes("row-line"):
                    with ui.element("div").classes("grow"):
                        text("div", name, "wrap")
                        text("div", _kept(pool.keep_readings), "soft small")
                    if app.role != "viewer":
                        ask = functools.partial(self._ask, app, name, pool.keep_readings)
                        change = button("Change", ask, quiet=True)
                        change.props["aria-label"] = f"Change {name} of {app.name}"

    async def _ask(self, app: AppInfo, pool: str, days: int | None) -> None:
        with form(f"Readings of {pool}", "Save") as dialog:
            for_ever = ui.switch("Keep them for ever", value=days is None)
            number = ui.number(
                "Days", value=days or _FIRST, min=1, max=_MOST_DAYS, precision=0
            ).props("outlined")
            number.bind_visibility_from(for_ever, "value", value=False)
            warning = text("p", "Older readings are deleted. They cannot be restored.", "note bad")
            warning.bind_visibility_from(for_ever, "value", value=False)
        if not await filled(dialog):
            return
        keep = 0 if for_ever.value else int(number.value or 0)
        if not for_ever.value and not 1 <= keep <= _MOST_DAYS:
            ui.notify(f"Give 1 to {_MOST_DAYS:,} days", type="negative")
            return
        with refusals():
            await self._admin.keep_readings(app.aid, pool, keep)
            ui.notify(f"{pool} of {app.name}: {_kept(keep or None)}", type="positive")
        await self.show()


def _kept(days: int | None) -> str:
    if days is None:
        return "kept for ever"
    return f"kept for {days:,} day{'s' * (days != 1)}"
