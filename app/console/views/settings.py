"""The settings in force on a Thing: its own or its pool's."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from app.cloud.manage.service.things import ThingInfo
from app.console.fleet import Fleet
from app.console.page import button, facts, refusals, text
from app.console.views.talk import read

Looked = Callable[[], Awaitable[None]]
_INTERVALS = {
    "management_interval": "Management interval, in seconds",
    "worker_interval": "Worker interval, in seconds",
}


class SettingsCard:
    """The card, and the dialog that changes them."""

    def __init__(self, fleet: Fleet, tid: str, looked: Looked) -> None:
        self._fleet, self._tid, self._looked = fleet, tid, looked
        self._thing: ThingInfo | None = None
        with ui.element("section").classes("card"):
            with ui.element("div").classes("card-head"):
                text("h2", "Settings", "grow")
                button("Change", self._ask, quiet=True)
            self._whose = text("p", "", "soft small")
            self._place = ui.element("div")

    def show(self, thing: ThingInfo) -> None:
        """Show the settings of a Thing."""
        before, self._thing = self._thing, thing
        if before and (before.settings, before.custom) == (thing.settings, thing.custom):
            return
        own = "Its own." if thing.custom else f"Those of its pool, {thing.pool}."
        self._whose.set_text(own)
        self._place.clear()
        with self._place:
            facts([(name, _written(value)) for name, value in thing.settings.items()])

    async def _ask(self) -> None:
        if self._thing is None:
            return
        settings = self._thing.settings
        with ui.dialog() as dialog, ui.element("div").classes("card dialog"):
            text("h2", "Settings of this Thing")
            text("p", "What you save here are its own; it no longer takes its pool's.", "soft")
            fields = {
                name: ui.input(label, value=str(settings.get(name, ""))).props("outlined")
                for name, label in _INTERVALS.items()
            }
            name = ui.input("Another setting: its name").props("outlined maxlength=64")
            value = ui.input("and its value").props("outlined maxlength=400")
            with ui.element("div").classes("line"):
                button("Save", lambda: dialog.submit("save"))
                if self._thing.custom:
                    button("Back to its pool's", lambda: dialog.submit("pool"), quiet=True)
                button("Cancel", dialog.close, quiet=True)
        chosen = await dialog
        changes = {key: str(field.value).strip() for key, field in fields.items() if field.value}
        if name.value:
            changes[str(name.value)] = read(str(value.value))
        with refusals():
            if chosen == "save":
                await self._fleet.set_thing(self._tid, changes)
            elif chosen == "pool":
                await self._fleet.give_pool_settings(self._tid)
        dialog.delete()
        await self._looked()


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
