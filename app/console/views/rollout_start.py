"""The deployment of a version, of an app or of the OS: to a share first, or to a whole pool."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from app.cloud.manage.service.apps import AppInfo
from app.cloud.manage.service.releases import ReleaseInfo
from app.cloud.manage.service.rollout_plans import CAREFUL, Wish
from app.console import plans
from app.console.access import Refusal
from app.console.desk import Desk
from app.console.live import Live
from app.console.page import ask, button, empty, refill, refusals, text
from app.console.rows import Row
from app.console.shell import View, frame

APP, OS = "app", "os"
_KINDS = {APP: "A version of the app", OS: "An OS release"}
_SHARE, _NAMED, _ALL = "share", "named", "all"
_FIRST = {_SHARE: "A share of them", _NAMED: "Those that I name", _ALL: "All at once"}
_CONFIRM, _TROUBLE = 90, 10  # percent
_PROPOSED = ("staging", "production")  # of the pools, the first that there is


def address(**chosen: str) -> str:
    """Return the address of the page with these choices made: aid, pool, app or os."""
    return f"/rollouts/new?{urlencode(chosen)}"


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def start(aid: str = "", pool: str = "", app: str = "", os: str = "") -> None:
        with frame("Deploy", "/rollouts"):
            with ui.element("div").classes("head"):
                text("h1", "Deploy a version")
            try:
                its = desk.rollouts()
                apps = [app for app in await its.apps() if app.role != "viewer"]
                releases = await its.releases()
            except Refusal as error:
                with ui.element("div").classes("card"):
                    empty("Nothing can be deployed", str(error))
                return
            if apps:
                _Form(desk, apps, releases, {"aid": aid, "pool": pool, APP: app, OS: os})
                return
            with (
                ui.element("div").classes("card"),
                empty("It needs an app of yours", "A version is for the Things of an app's pool."),
            ):
                button("Make an app", lambda: ui.navigate.to("/apps/new"))

    routes["/rollouts/new"] = start


class _Form:
    """The fields, and beside them the plan in words."""

    def __init__(
        self, desk: Desk, apps: list[AppInfo], releases: list[ReleaseInfo], chosen: dict[str, str]
    ) -> None:
        self._desk, self._releases = desk, releases
        self._apps = {app.aid: app for app in apps}
        with ui.element("div").classes("columns"):
            with ui.element("section").classes("card stack tight fields"):
                self._what(chosen)
                self._who()
            with ui.element("section").classes("card stack tight"):
                text("h2", "What will happen")
                self._plan = ui.element("div").props('aria-live="polite"')
                button("Start it", self._start, "play_arrow")
        self._app_chosen()
        version = chosen[APP] or chosen[OS]
        for field, key in ((self._version, version), (self._pool, chosen["pool"])):
            if key in field.options:
                field.set_value(key)
        Live(desk.watch, self._new_ones, self._offer_things)

    def _what(self, chosen: dict[str, str]) -> None:
        text("h2", "Which version, and to which Things")
        names = {app.aid: app.name for app in self._apps.values()}
        aid = chosen["aid"] if chosen["aid"] in names else next(reversed(names))
        self._aid = _choice("App", names, aid, self._app_chosen)
        self._kind = ui.radio(_KINDS, value=OS if chosen[OS] else APP)
        self._kind.props("inline").on_value_change(self._app_chosen)
        with ui.element("div").classes("line pair"):
            self._version = _choice("Version", {}, None, self._say)
            self._pool = _choice("Pool", {}, None, self._pool_chosen)

    def _who(self) -> None:
        text("h2", "The first to take it")
        self._first = ui.radio(_FIRST, value=_SHARE).props("inline")
        self._first.on_value_change(self._say)
        self._things = ui.select([], multiple=True, with_input=True, label="Things")
        self._things.props("outlined use-chips options-dense").on_value_change(self._say)
        self._things.bind_visibility_from(self._first, "value", value=_NAMED)
        with ui.element("div").classes("stack tight") as staged:
            label, value = "Stages, in percent of the pool", ", ".join(map(str, CAREFUL))
            self._shares = ui.input(label, value=value, on_change=self._say)
            self._shares.props("outlined maxlength=60")
            text("h2", "When it goes on, and when it halts")
            with ui.element("div").classes("line pair"):
                self._time = self._number("Time for a stage", 1, 1, 1000)
                units = {length: name for name, length in plans.UNITS.items()}
                self._unit = _choice("Unit", units, plans.UNITS["hours"], self._say)
            with ui.element("div").classes("line pair"):
                label = "Goes on with so many percent confirmed"
                self._confirm = self._number(label, _CONFIRM, 1, 100)
                label = "Halts above so many percent in trouble"
                self._trouble = self._number(label, _TROUBLE, 0, 100)
        staged.bind_visibility_from(self._first, "value", backward=lambda it: it != _ALL)

    def _number(self, label: str, value: int, least: int, most: int) -> ui.number:
        made = ui.number(label, value=value, min=least, max=most, precision=0, on_change=self._say)
        return made.props("outlined").classes("grow")

    def _app_chosen(self) -> None:
        """Offer the versions and the pools of the chosen app."""
        app, kind = self._apps[str(self._aid.value)], self._kind.value
        pools = [
            name
            for name, pool in app.pools.items()
            if kind == OS or not pool.use_latest_app_version
        ]
        of_os = dict.fromkeys(one.version for one in self._releases)
        versions = list(reversed(app.versions)) if kind == APP else list(of_os)
        self._version.set_options(versions, value=versions[0] if versions else None)
        proposed = next((name for name in _PROPOSED if name in pools), next(iter(pools), None))
        self._pool.set_options(pools, value=proposed)
        self._pool_chosen()

    def _pool_chosen(self) -> None:
        self._things.value = []
        self._things.set_options(sorted(row.tid for row in self._rows()))
        self._say()

    def _new_ones(self, _tids: list[str]) -> bool:
        return {row.tid for row in self._rows()} != set(self._things.options)

    async def _offer_things(self) -> None:
        self._things.set_options(sorted(row.tid for row in self._rows()))
        self._say()

    def _rows(self) -> list[Row]:
        """Return the Things of the chosen pool."""
        where = (self._aid.value, self._pool.value)
        return [row for row in self._desk.watch.rows.values() if (row.aid, row.pool) == where]

    def _named(self) -> list[str]:
        return list(self._things.value) if self._first.value == _NAMED else []

    def _say(self) -> None:
        """Show the plan in words."""
        refill(self._plan, self._words)

    def _words(self) -> None:
        rows, version = self._rows(), self._version.value
        if version is None:
            text(
                "p", "No OS release yet: start the cloud with --dist and their folder.", "note bad"
            )
            return
        if self._first.value == _ALL:
            text("p", f"{plans.many(len(rows))} of {self._pool.value}: all take {version} at once.")
        else:
            self._stages(len(rows))
        lacking = plans.without(rows, self._releases, version) if self._kind.value == OS else {}
        for platform, count in lacking.items():
            told = f"{version} has no files for {platform}: {plans.many(count)} cannot take it."
            text("p", told, "note bad")

    def _stages(self, count: int) -> None:
        try:
            shares = plans.percents(str(self._shares.value))
        except plans.Unclear as error:
            text("p", str(error), "note bad")
            return
        text("p", f"{self._pool.value} has {plans.many(count)}. {self._version.value} goes to")
        with ui.element("ol").classes("steps"):
            for stage in plans.stages(shares, len(self._named()), count):
                text("li", stage, "wrap")
        text(
            "p",
            f"Each stage has {plans.duration(self._seconds())}. It goes on by itself with"
            f" {self._confirm.value or 0:.0f} % confirmed, and halts with more than"
            f" {self._trouble.value or 0:.0f} % in trouble: taken back, failing, silent or late.",
            "soft",
        )

    def _seconds(self) -> float:
        return float(self._time.value or 0) * float(self._unit.value or 0)

    async def _start(self) -> None:
        if self._version.value is None or self._pool.value is None:
            ui.notify("Choose a version and a pool", type="negative")
            return
        aid, pool, version = str(self._aid.value), str(self._pool.value), str(self._version.value)
        if self._first.value == _ALL:
            await self._at_once(aid, pool, version)
            return
        try:
            wish = self._wish(version)
        except plans.Unclear as error:
            ui.notify(str(error), type="negative")
            return
        with refusals():
            number = await self._desk.rollouts().start(aid, pool, wish, self._named())
            ui.navigate.to(f"/rollouts/{number}")

    async def _at_once(self, aid: str, pool: str, version: str) -> None:
        sure = await ask(
            f"Deploy {version} to all of {pool}?",
            f"{plans.many(len(self._rows()))} are asked for it at their next call. Nothing halts it"
            " if it is bad.",
            {False: "Cancel", True: "Deploy to all"},
            closed=False,
        )
        if not sure:
            return
        of_app = self._kind.value == APP
        with refusals():
            settings = {"app_version" if of_app else "pythings_version": version}
            await self._desk.fleet().set_pool(aid, pool, settings)
            ui.navigate.to(f"/apps/{aid}" if of_app else "/things")

    def _wish(self, version: str) -> Wish:
        """Return the wish of the fields; raise Unclear."""
        if self._first.value == _NAMED and not self._named():
            raise plans.Unclear("Name at least one Thing, or choose a share.")
        app, os = (version, None) if self._kind.value == APP else (None, version)
        confirm, trouble = int(self._confirm.value or 0), int(self._trouble.value or 0)
        shares = plans.percents(str(self._shares.value))
        return Wish(app, os, shares, self._seconds(), confirm, trouble)


def _choice(label: str, options: Any, value: Any, changed: Any) -> ui.select:
    made = ui.select(options, value=value, label=label, on_change=changed)
    return made.props("outlined options-dense").classes("grow")
