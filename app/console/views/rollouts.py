"""Rollouts: the latest ones of all apps that the person may see."""

from __future__ import annotations

from nicegui import ui

from app.cloud.manage.service.apps import AppInfo
from app.cloud.manage.service.rollouts import RolloutInfo
from app.console.access import Refusal
from app.console.desk import Desk
from app.console.page import button, empty, link, moment, pill, text
from app.console.plans import STATES, share
from app.console.shell import View, frame
from app.console.table import Cell, table
from app.console.views.rollout import bar, title

_COLUMNS = ("Rollout", "State", "App", "Stage", "Things", "Started", "By")
NEW = "/rollouts/new"


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def rollouts() -> None:
        with frame("Rollouts", "/rollouts"):
            await _view(desk)

    routes["/rollouts"] = rollouts


async def _view(desk: Desk) -> None:
    its = desk.rollouts()
    try:
        apps = {app.aid: app for app in await its.apps()}
        found = await its.find()
    except Refusal as error:
        with ui.element("div").classes("card"):
            empty("Rollouts cannot be shown", str(error))
        return
    acts = any(app.role != "viewer" for app in apps.values())
    with ui.element("div").classes("head"):
        text("h1", "Rollouts", "grow")
        if found and acts:
            button("Start a rollout", lambda: ui.navigate.to(NEW), "add")
    with ui.element("section").classes("card"):
        if found:
            table("Rollouts, newest first", _COLUMNS, (_row(it, apps) for it in found))
        else:
            _nothing(bool(apps), acts)


def _nothing(apps: bool, acts: bool) -> None:
    advice = (
        "A rollout gives a new version to a few Things of a pool first, and to the others once"
        " enough of those confirm it. It halts by itself when they do not."
    )
    with empty("No rollout yet", advice):
        if not apps:
            button("Make your first app", lambda: ui.navigate.to("/apps/new"))
        elif acts:
            button("Start a rollout", lambda: ui.navigate.to(NEW))


def _row(it: RolloutInfo, apps: dict[str, AppInfo]) -> tuple[Cell, ...]:
    stage = f"{share(it.shares[it.stage])} ({it.stage + 1} of {len(it.shares)})"
    app = apps[it.aid].name if it.aid in apps else it.aid
    return (
        lambda: link(f"/rollouts/{it.id}", title(it), "wrap"),
        lambda: pill(it.state.replace("_", " "), STATES[it.state]),
        app,
        stage,
        lambda: bar(it.things),
        moment(it.started),
        it.by,
    )
