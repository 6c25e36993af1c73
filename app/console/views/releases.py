"""The OS releases that this cloud serves, and the number of Things that run each."""

from __future__ import annotations

import functools
from collections import Counter

from nicegui import ui

from app.console.access import Refusal
from app.console.desk import Desk
from app.console.page import button, empty, moment, text
from app.console.plans import many
from app.console.shell import View, frame
from app.console.table import table
from app.console.views.rollout_start import address

_COLUMNS = ("Version", "Platform", "Files", "Size", "Made", "Runs on", "")
_COMMANDS = "./pythings release linux esp32 --version 2.0.1\n./pythings up --dist dist/releases"


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def releases() -> None:
        with frame("OS releases", "/releases"):
            with ui.element("div").classes("head"):
                text("h1", "OS releases")
            with ui.element("section").classes("card"):
                try:
                    await _list(desk)
                except Refusal as error:
                    empty("Releases cannot be shown", str(error))

    routes["/releases"] = releases


async def _list(desk: Desk) -> None:
    admin = desk.admin()
    found = await admin.releases()
    if not found:
        with empty("No release yet", "Build one, and start the cloud with its folder:"):
            text("code", _COMMANDS, "command")
        return
    apps = await admin.apps()
    mine = {app.aid for app in apps}
    acts = any(app.role != "viewer" for app in apps)
    running = Counter(row.os_version for row in desk.watch.rows.values() if row.aid in mine)
    table(
        "OS releases, newest first",
        _COLUMNS,
        (
            (
                one.version,
                one.platform,
                str(one.files),
                f"{one.bytes / 1000:,.1f} kB",
                moment(one.time),
                many(running[one.version]) if running[one.version] else "-",
                functools.partial(_deploy, one.version) if acts else "",
            )
            for one in found
        ),
    )


def _deploy(version: str) -> None:
    with ui.element("div").classes("line end"):
        deploy = button("Deploy", lambda: ui.navigate.to(address(os=version)), quiet=True)
        deploy.props["aria-label"] = f"Deploy {version}"
