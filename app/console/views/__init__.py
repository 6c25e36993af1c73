"""The console's pages, one file each."""

from __future__ import annotations

from nicegui import ui

from app.console.desk import Desk
from app.console.shell import View, shell
from app.console.views import (
    add,
    alarms,
    apps,
    audit,
    data,
    editor,
    people,
    releases,
    rollout,
    rollout_start,
    rollouts,
    thing,
    things,
    tokens,
    versions,
)

_VIEWS = (
    *(things, thing, apps, editor, versions, add),
    *(people, tokens, audit, data, releases),
    *(rollouts, rollout_start, rollout, alarms),
)


def register(desk: Desk) -> None:
    """Register the one page of all paths, with a view for each."""
    routes: dict[str, View] = {}
    for view in _VIEWS:
        view.register(desk, routes)

    async def root(path: str) -> None:  # noqa: ARG001 - the library matches it to the routes
        await shell(routes, desk.fleet().alive)

    ui.page("/{path:path}")(root)
