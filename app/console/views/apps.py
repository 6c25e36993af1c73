"""Apps: all of them, and a gallery to begin a new one from."""

from __future__ import annotations

import re

from nicegui import ui

from app.console.demo import QUICK
from app.console.desk import Desk
from app.console.fleet import Fleet
from app.console.gallery import Example, example, examples
from app.console.page import button, empty, pill, refusals, text
from app.console.plans import many
from app.console.shell import View, frame

_LONGEST = 36  # characters of a name


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def apps() -> None:
        with frame("Apps", "/apps"):
            await _list(desk)

    async def new() -> None:
        with frame("New app", "/apps"):
            _gallery(desk.fleet())

    routes["/apps"] = apps
    routes["/apps/new"] = new


async def _list(desk: Desk) -> None:
    apps = await desk.fleet().apps()
    with ui.element("div").classes("head"):
        text("h1", "Apps", "grow")
        if apps:
            button("New app", lambda: ui.navigate.to("/apps/new"), "add")
    if not apps:
        with (
            ui.element("div").classes("card"),
            empty(
                "No app yet",
                "An app is two small Python files: one measures, one answers. Begin with an example"
                " that works, and change it.",
            ),
        ):
            button("Make your first app", lambda: ui.navigate.to("/apps/new"))
        return
    with ui.element("div").classes("gallery"):
        for app in apps:
            things = [row for row in desk.watch.rows.values() if row.aid == app.aid]
            with ui.element("a").classes("card app-card") as card:
                card.props["href"] = f"/apps/{app.aid}"
                text("h2", app.name, "wrap")
                text("p", f"Latest version {app.versions[-1]}", "soft small")
                with ui.element("div").classes("line"):
                    wrong = sum(bool(row.trouble) for row in things)
                    pill(many(len(things)))
                    if wrong:
                        pill(f"{wrong} in trouble", "bad")


def _gallery(fleet: Fleet) -> None:
    with ui.element("div").classes("head"):
        text("h1", "New app")
    text("p", "Begin with what is nearest to yours. All of it can be changed.", "soft")
    with ui.element("div").classes("gallery"):
        for one in examples():
            with ui.element("button").classes("card choice").props("type=button") as card:
                text("h2", one.title)
                text("p", _about(one))
            card.on("click", lambda _, key=one.key: _ask(fleet, key))


def _about(one: Example) -> str:
    result = f"returns {', '.join(one.steps[0][1])}" if _keys(one) else ""
    boards = " and ".join(board.upper() for board in one.boards)
    return ", ".join(part for part in (f"For {boards}", result) if part)


def _keys(one: Example) -> bool:
    return bool(one.steps) and isinstance(one.steps[0][1], dict)


async def _ask(fleet: Fleet, key: str) -> None:
    one = example(key)
    if one is None:
        return
    with ui.dialog() as dialog, ui.element("div").classes("card dialog"):
        text("h2", one.title)
        name = ui.input("Name of the app", value=re.split("[:,(]", one.title)[0].strip())
        name.props(f"outlined autofocus maxlength={_LONGEST}")
        name.on("keydown.enter", lambda: dialog.submit(True))
        with ui.element("div").classes("line"):
            button("Create", lambda: dialog.submit(True))
            button("Cancel", dialog.close, quiet=True)
    given = str(name.value or "").strip() if await dialog else ""
    dialog.delete()
    if not given:
        return
    with refusals():
        aid = await fleet.create_app(given[:_LONGEST], one.files())
        await fleet.set_pool(aid, "development", dict(QUICK))
        ui.navigate.to(f"/apps/{aid}")
