"""Add a Thing: a virtual one right here, this computer, or a board."""

from __future__ import annotations

import shlex
from typing import Any

import segno
from nicegui import ui

from app.console.access import Refusal
from app.console.boards import KINDS, TooMany
from app.console.desk import Desk
from app.console.fleet import Fleet
from app.console.gallery import examples
from app.console.page import button, empty, text
from app.console.shell import View, frame

_PORTAL_URL = "http://192.168.4.1"
_PORTAL = (
    "Give the board power. It knows no network yet, so it opens one of its own: its name begins"
    " with Thing_, and its password stands on the board's serial terminal.",
    f"Join that network with a phone or a computer, and open {_PORTAL_URL} there.",
    "Choose your Wi-Fi, and enter its password and the App id below. The board connects, and"
    " appears among your Things.",
)


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def add() -> None:
        with frame("Add a Thing", "/add"):
            await _view(desk)

    routes["/add"] = add


async def _view(desk: Desk) -> None:
    with ui.element("div").classes("head"):
        text("h1", "Add a Thing")
    fleet = desk.fleet()
    apps = {app.aid: app.name for app in await fleet.apps()}
    if not apps:
        with (
            ui.element("div").classes("card"),
            empty(
                "It needs an app first",
                "A Thing runs an app. Make one from an example, then come back.",
            ),
        ):
            button("Make an app", lambda: ui.navigate.to("/apps/new"))
        return
    chosen = ui.select(apps, value=next(reversed(apps)), label="The app that it runs")
    chosen.props("outlined").classes("choose-app")
    with ui.element("div").classes("columns even"):
        with ui.element("section").classes("card stack tight"):
            text("h2", "A virtual one")
            text(
                "p",
                "A simulated board on this computer: the real OS on the real MicroPython, with"
                " simulated hardware. The quickest way to see an app run.",
                "soft",
            )
            kind = ui.select(KINDS, value="esp32", label="Board").props("outlined dense")
            button("Start it", lambda: start_board(desk, fleet, chosen.value, kind.value))
        with ui.element("section").classes("card stack tight"):
            text("h2", "This computer, or a Raspberry Pi")
            text("p", "In a checkout of PythingsOS there, run this line:", "soft")
            line = text("code", "", "command")
            _follow(chosen, lambda aid: line.set_text(_run(desk, aid)))
            text("p", _reach(desk), "soft small")
        with ui.element("section").classes("card stack tight"):
            text("h2", "A board that is flashed already")
            with ui.element("ol").classes("steps"):
                for step in _PORTAL:
                    text("li", step)
            code = segno.make(_PORTAL_URL, error="m").svg_data_uri(scale=4)
            ui.element("img").classes("qr").props(f'src="{code}" alt="{_PORTAL_URL} as a QR code"')
            ids = text("code", "", "command")
            _follow(chosen, lambda aid: ids.set_text(f"App id   {aid}\nbackend  {desk.cloud_url}"))


def _follow(chosen: Any, show: Any) -> None:
    show(chosen.value)
    chosen.on_value_change(lambda event: show(event.value))


def _run(desk: Desk, aid: str) -> str:
    return shlex.join(["./pythings", "run", "--backend", desk.cloud_url, "--aid", str(aid)])


def _reach(desk: Desk) -> str:
    if "127.0.0.1" in desk.cloud_url:
        return (
            "This cloud listens to this computer only. For others, start it with"
            " pythings up --host 0.0.0.0 and put its address in place of 127.0.0.1."
        )
    return ""


async def start_board(desk: Desk, fleet: Fleet, aid: str, kind: str = "esp32") -> None:
    """Start a virtual Thing of an app, wired like the example that the app was made from."""
    try:
        files = await fleet.files(aid, (await fleet.app(aid)).versions[-1])
        tid = desk.boards.start(kind, aid, wiring_for(files.get("worker_task.py", "")))
    except (Refusal, TooMany) as error:
        ui.notify(str(error), type="warning")
        return
    ui.notify(f"{tid} starts; it registers in a few seconds", type="positive")


def wiring_for(worker: str) -> str:
    """Return the wiring of an example that needs no other imports, empty if there is none."""
    uses = [line for line in worker.splitlines() if line.startswith(("from ", "import "))]
    for one in examples():
        theirs = [line for line in one.app.splitlines() if line.startswith(("from ", "import "))]
        if one.wiring and theirs and set(theirs) <= set(uses):
            return "\n".join(one.wiring) + "\n"
    return ""
