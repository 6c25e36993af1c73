"""Alarms: the Things for which they are raised, and the rules, each with its ways to change it."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from nicegui import ui

from app.cloud.manage.service.alarms import AlarmInfo
from app.cloud.tables.raised import RaisedAlarm
from app.console.access import Refusal
from app.console.alarms import AlarmBoard, Alarms, delivery_of, state_of
from app.console.desk import Desk
from app.console.page import LivePlace, button, empty, link, moment, pill, refusals, text
from app.console.plans import WARN
from app.console.rows import address_of
from app.console.shell import View, frame
from app.console.table import Cell, table

_LOOK_S = 5.0  # between two looks: the cloud evaluates its alarms as often
_RAISED = ("Since", "Thing", "Alarm", "App", "Pool", "Acknowledged by")
_RULES = ("Alarm", "State", "App", "Pool", "To", "")
_ADVICE = (
    "An alarm tells you by e-mail or webhook of a Thing that is silent, has a reading beyond a"
    " limit, or went back from a version. Add one by"
    " `pythings cloud alarm add AID POOL --offline 1h --mail you@example.org`."
)


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def alarms() -> None:
        with frame("Alarms", "/alarms"):
            with ui.element("div").classes("head"):
                text("h1", "Alarms")
            its = desk.alarms()
            page = _Page(its, {app.aid: (app.name, app.role) for app in await its.apps()})
            page.show(await its.board())
            ui.timer(_LOOK_S, page.look, immediate=False)

    routes["/alarms"] = alarms


class _Page:
    """The alarms of the person's apps (name and role by id), kept up to date while it is open."""

    def __init__(self, its: Alarms, apps: dict[str, tuple[str, str]]) -> None:
        self._its, self._apps = its, apps
        with ui.element("div").classes("stack"):
            self._raised, self._rules = _card("Raised now"), _card("All alarms")

    async def look(self) -> None:
        """Read the alarms, and show those that changed."""
        try:
            board = await self._its.board()
        except Refusal:
            return  # the next look may succeed
        self.show(board)

    def show(self, board: AlarmBoard) -> None:
        """Show the alarms."""
        # Apart: a delivery that fails takes no button away that is being pressed above it.
        self._raised.show((board.raised, board.total), self._fill_raised)
        self._rules.show(board.alarms, self._fill_rules)

    def _fill_raised(self, found: tuple[list[RaisedAlarm], int]) -> None:
        raised, total = found
        if raised:
            table("Raised alarms, latest first", _RAISED, map(self._thing, raised))
        else:
            text("p", "No alarm is raised.", "soft")
        if total > len(raised):
            text("p", f"and {total - len(raised):,} more", "soft small")

    def _fill_rules(self, alarms: list[AlarmInfo]) -> None:
        if alarms:
            table("Alarms, newest first", _RULES, map(self._rule, alarms))
        else:
            empty("No alarm yet", _ADVICE)

    def _thing(self, it: RaisedAlarm) -> tuple[Cell, ...]:
        name, role = self._apps.get(it.aid, (it.aid, "viewer"))

        def seen() -> None:
            if it.seen_by is not None:
                text("span", it.seen_by, "wrap")
            elif role != "viewer":
                act = functools.partial(self._its.acknowledge, it.alarm, it.tid)
                self._act("Acknowledge", act, it.tid)
            else:
                pill("new", WARN)

        rule = it.rule if it.active else f"{it.rule} (paused)"
        thing = functools.partial(link, address_of(it.tid), it.tid, "wrap")
        return moment(it.since), thing, rule, name, it.pool, seen

    def _rule(self, it: AlarmInfo) -> tuple[Cell, ...]:
        name, role = self._apps.get(it.aid, (it.aid, "viewer"))

        def state() -> None:
            pill(*state_of(it))
            if trouble := delivery_of(it):
                text("div", trouble, "small wrap trouble-text")

        def actions() -> None:
            whose = f"{it.rule} in {it.pool} of {name}"
            with ui.element("div").classes("line end"):
                if it.raised and role != "viewer":
                    act = functools.partial(self._its.acknowledge, it.id, None)
                    self._act("Acknowledge all", act, whose)
                if role == "owner":
                    change = functools.partial(self._its.set_active, it.id, not it.active)
                    self._act("Pause" if it.active else "Resume", change, whose)
                    self._act("Test", functools.partial(self._its.test, it.id), whose)

        return it.rule, state, name, it.pool, it.to, actions

    def _act(self, label: str, act: Callable[[], Awaitable[object]], whose: str) -> None:
        async def done() -> None:
            with refusals():
                await act()
                self.show(await self._its.board())

        made = button(label, done, quiet=True)
        made.props["aria-label"] = f"{label}: {whose}"


def _card(title: str) -> LivePlace:
    with ui.element("section").classes("card"):
        text("h2", title)
        return LivePlace(ui.element("div").props('aria-live="polite"'))
