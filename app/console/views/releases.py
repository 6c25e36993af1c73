"""The OS releases that this cloud serves, and the number of Things that run each."""

from __future__ import annotations

from collections import Counter

from nicegui import ui

from app.console.desk import Desk
from app.console.fleet import Refusal
from app.console.page import empty, frame, moment, text
from app.console.table import table

_COLUMNS = ("Version", "Platform", "Files", "Size", "Made", "Runs on")
_COMMANDS = "./pythings release linux esp32 --version 2.0.1\n./pythings up --dist dist/releases"


def register(desk: Desk) -> None:
    """Register the page."""

    async def releases() -> None:
        with frame("OS releases", "/releases"):
            with ui.element("div").classes("head"):
                text("h1", "OS releases")
            with ui.element("section").classes("card"):
                try:
                    await _list(desk)
                except Refusal as error:
                    empty("Releases cannot be shown", str(error))

    ui.page("/releases")(releases)


async def _list(desk: Desk) -> None:
    admin = desk.admin()
    found = await admin.releases()
    if not found:
        with empty("No release yet", "Build one, and start the cloud with its folder:"):
            text("code", _COMMANDS, "command")
        return
    mine = {app.aid for app in await admin.apps()}
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
                _things(running[one.version]),
            )
            for one in found
        ),
    )


def _things(count: int) -> str:
    return f"{count} Thing{'s' * (count != 1)}" if count else "-"
