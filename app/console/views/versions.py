"""An app's versions: their authors and times, and the difference between any two."""

from __future__ import annotations

from nicegui import ui

from app.cloud.manage.service.apps import AppInfo
from app.cloud.manage.service.versions import VersionInfo
from app.console.access import Refusal
from app.console.desk import Desk
from app.console.fleet import Fleet
from app.console.page import button, empty, moment, pill, refusals, text
from app.console.shell import View, frame
from app.console.views.sides import draw

_MOST = 50  # versions in the list; the choices above have all


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def versions(aid: str) -> None:
        with frame("Versions", "/apps"):
            try:
                fleet = desk.fleet()
                page = _Page(fleet, await fleet.app(aid), await fleet.versions(aid))
            except Refusal as error:
                with ui.element("div").classes("card"), empty("No such app", str(error)):
                    button("All apps", lambda: ui.navigate.to("/apps"))
                return
            await page.compare()

    routes["/apps/{aid}/versions"] = versions


class _Page:
    """The versions of one app, newest first."""

    def __init__(self, fleet: Fleet, app: AppInfo, versions: list[VersionInfo]) -> None:
        self._fleet, self._app, self._versions = fleet, app, versions
        self._names = {one.name: caption(one) for one in versions}
        with ui.element("div").classes("head"):
            text("h1", f"Versions of {app.name}", "wrap grow")
            button("Its code", lambda: ui.navigate.to(f"/apps/{app.aid}"), "code", quiet=True)
        with ui.element("div").classes("columns"):
            with ui.element("section").classes("card"):
                text("h2", "Compare")
                with ui.element("div").classes("line pair"):
                    newest = [one.name for one in versions[:2]]
                    self._before = self._choice("From", newest[-1])
                    self._after = self._choice("to", newest[0])
                self._place = ui.element("div").props('aria-live="polite"')
            with ui.element("section").classes("card history"):
                text("h2", "History")
                for at, version in enumerate(versions[:_MOST]):
                    self._row(version, versions[at + 1].name if at + 1 < len(versions) else "")

    def _choice(self, label: str, name: str) -> ui.select:
        select = ui.select(self._names, value=name, label=label, on_change=self.compare)
        return select.props("outlined dense options-dense").classes("grow")

    def _row(self, version: VersionInfo, before: str) -> None:
        with ui.element("div").classes("row-line"):
            with ui.element("div").classes("grow"):
                text("div", version.name, "wrap mono")
                text("div", ", ".join(_origin(version)), "soft small wrap")
            for name, pool in self._app.pools.items():
                if str(pool.settings.get("app_version", "")) == version.name:
                    pill(name, "good")
            if before:
                changes = button("Changes", lambda: self._show(before, version.name), quiet=True)
                changes.props["aria-label"] = f"Changes of {version.name}"

    def _show(self, before: str, after: str) -> None:
        self._before.set_value(before)
        self._after.set_value(after)

    async def compare(self) -> None:
        """Show the difference between the two chosen versions."""
        before, after = str(self._before.value), str(self._after.value)
        with refusals():
            diff = await self._fleet.diff(self._app.aid, before, after)
            if (before, after) != (self._before.value, self._after.value):
                return  # another choice was made meanwhile
            self._place.clear()
            with self._place:
                draw(diff, (self._names[before], self._names[after]))


def caption(version: VersionInfo) -> str:
    """Return a version's name, author and time in one line."""
    return ", ".join([version.name, *_origin(version)])


def _origin(version: VersionInfo) -> list[str]:
    return [part for part in (version.who, moment(version.time)) if part]
