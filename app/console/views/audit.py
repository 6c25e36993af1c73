"""The audit: the changes of people, newest first, by page, app and text."""

from __future__ import annotations

from nicegui import ui

from app.cloud.manage.service.accounts import NEWEST
from app.cloud.tables.audit import Entry
from app.console.access import Refusal
from app.console.admin import Admin
from app.console.desk import Desk
from app.console.page import button, empty, moment, refusals, text
from app.console.shell import View, frame
from app.console.table import table

_LIMIT = 50  # entries of a page
_ANY = ""  # of all apps
_COLUMNS = ("Time", "Person", "Action", "On", "App", "Details")


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def audit() -> None:
        with frame("Audit", "/audit"):
            with ui.element("div").classes("head"):
                text("h1", "Audit")
            try:
                page = _Page(desk.admin())
                await page.open()
            except Refusal as error:
                with ui.element("div").classes("card"):
                    empty("The audit is not for you", str(error))

    routes["/audit"] = audit


class _Page:
    """The entries that match, a page of them at a time."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._pages = [NEWEST]  # each begins below this id

    async def open(self) -> None:
        """Lay out the page."""
        self._apps = {app.aid: app.name for app in await self._admin.apps()}
        with ui.element("div").classes("line filters"):
            self._text = ui.input("Person, action or text", on_change=self._filtered)
            self._text.props("outlined dense clearable debounce=300 maxlength=100")
            self._app = ui.select(
                {_ANY: "All apps", **self._apps}, value=_ANY, label="App", on_change=self._filtered
            ).props("outlined dense options-dense")
        self._place = ui.element("section").classes("card").props('aria-live="polite"')
        with ui.element("div").classes("line pager"):
            self._newer = button("Newer", self._back, "chevron_left", quiet=True)
            self._number = text("span", "", "soft")
            self._older = button("Older", self._on, "chevron_right", quiet=True)
        await self._show()

    async def _filtered(self) -> None:
        self._pages = [NEWEST]
        with refusals():
            await self._show()

    async def _back(self) -> None:
        if len(self._pages) > 1:
            self._pages.pop()
        with refusals():
            await self._show()

    async def _on(self) -> None:
        self._pages.append(self._next)
        with refusals():
            await self._show()

    async def _show(self) -> None:
        wanted = (str(self._app.value or ""), str(self._text.value or "").strip())
        found = await self._admin.audit(self._pages[-1], _LIMIT + 1, *wanted)
        entries, more = found[:_LIMIT], len(found) > _LIMIT
        self._next = entries[-1].id if entries else NEWEST
        self._newer.set_visibility(len(self._pages) > 1)
        self._older.set_visibility(more)
        self._number.set_text(f"Page {len(self._pages)}" if more or len(self._pages) > 1 else "")
        self._place.clear()
        with self._place:
            if entries:
                table("Changes, newest first", _COLUMNS, (self._row(entry) for entry in entries))
            elif any(wanted):
                empty("Nothing is like that", "Shorten the text, or choose all apps.")
            else:
                empty("No change yet", "Changes in your apps appear here, with their authors.")

    def _row(self, entry: Entry) -> tuple[str, ...]:
        app = self._apps.get(entry.aid or "", entry.aid or "")
        return moment(entry.time), entry.who, entry.action, entry.target, app, entry.detail
