"""The deployment of an app: its pools, and the progress of each Thing to a version."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from app.cloud.manage.service.pools import PoolInfo
from app.cloud.manage.service.things import ThingInfo
from app.console.access import Refusal
from app.console.desk import Desk
from app.console.fleet import Fleet
from app.console.live import Live
from app.console.page import ask, button, link, pill, refusals, text
from app.console.plans import many
from app.console.progress import BACK, KINDS, progress_of
from app.console.rows import address_of
from app.console.views.add import start_board
from app.console.views.rollout_start import address

_SHARE, _ALL, _NONE = range(3)
_MOST = 50  # Things that are shown one by one

TakenBack = Callable[[str], Awaitable[None]]


class Deploy:
    """The card beside the code; `taken_back` is called with the error behind a rollback."""

    def __init__(self, desk: Desk, fleet: Fleet, aid: str, taken_back: TakenBack) -> None:
        self._desk, self._fleet, self._aid = desk, fleet, aid
        self._taken_back = taken_back
        self._since: dict[str, int] = {}  # by version: the event after which a Thing may know it
        with ui.element("section").classes("card"):
            text("h2", "Deploy")
            self._pools = ui.element("div")
        with ui.element("section").classes("card"):
            with ui.element("div").classes("card-head"):
                text("h2", "Its Things", "grow")
                button("Try it", self._try, "play_arrow", quiet=True)
            self._things = ui.element("div").props('aria-live="polite"')
        Live(desk.watch, self._is_about, self._follow)

    def _is_about(self, tids: list[str]) -> bool:
        rows = self._desk.watch.rows
        return any(tid in rows and rows[tid].aid == self._aid for tid in tids)

    async def show(self, version: str = "") -> None:
        """Show all; `version` was deployed just now."""
        if version:
            self._since.setdefault(version, self._desk.watch.after)
        app = await self._fleet.app(self._aid)
        self._pools.clear()
        with self._pools:
            for name, pool in reversed(list(app.pools.items())):
                self._pool(name, pool, app.versions[-1])
        await self._follow()

    def _pool(self, name: str, pool: PoolInfo, latest: str) -> None:
        runs = str(pool.settings.get("app_version", ""))
        with ui.element("div").classes("row-line"):
            with ui.element("div").classes("grow"):
                text("div", name, "wrap")
                follows = ", takes each new version" if pool.use_latest_app_version else ""
                text("div", f"version {runs}{follows}", "soft small")
            if runs != latest:
                deploy = button(
                    "Deploy the latest",
                    lambda: self._ask(name, latest, pool.use_latest_app_version),
                    quiet=True,
                )
                deploy.props["aria-label"] = f"Deploy the latest to {name}"
            else:
                pill("latest", "good")

    async def _ask(self, pool: str, version: str, follows: bool) -> None:
        rows = self._desk.watch.rows.values()
        count = sum((row.aid, row.pool) == (self._aid, pool) for row in rows)
        choices = {_ALL: "All at once", _NONE: "Cancel"}
        if not follows:  # a rollout in it would be overtaken by the next version
            choices = {_SHARE: "A share first", **choices}
        chosen = await ask(
            f"Deploy version {version} to {pool}?",
            f"{pool} has {many(count)}. A share first is a rollout: the others take the version"
            " once those have confirmed it.",
            choices,
            closed=_NONE,
        )
        if chosen == _SHARE:
            ui.navigate.to(address(aid=self._aid, pool=pool, app=version))
        elif chosen == _ALL:
            await self._give(pool, version)

    async def _give(self, pool: str, version: str) -> None:
        with refusals():
            await self._fleet.set_pool(self._aid, pool, {"app_version": version})
            ui.notify(f"Things of {pool} take version {version} at their next call")
            await self.show(version)

    async def _follow(self) -> None:
        rows = [row for row in self._desk.watch.rows.values() if row.aid == self._aid][:_MOST]
        try:
            shown = await self._fleet.some([row.tid for row in rows])
        except Refusal:
            return  # the next call of one of them triggers another look
        self._things.clear()
        with self._things:
            if not shown:
                text("p", "None runs it yet. Try it on a virtual one, or add yours.", "soft")
            backs = [trouble for thing in shown if (trouble := self._thing(thing))]
        for trouble in backs[:1]:
            await self._taken_back(trouble)

    def _thing(self, thing: ThingInfo) -> str:
        """Show a Thing; return the error of its rollback, empty without one."""
        version = str(thing.settings.get("app_version", ""))
        after = self._since.get(version, 0)
        calls = [call for call in self._desk.watch.calls(thing.tid) if call.id > after]
        progress = progress_of(thing, calls, version)
        with ui.element("div").classes("row-line"):
            link(address_of(thing.tid), thing.tid, "grow wrap")
            text("span", version, "soft small mono")
            pill(progress.word, KINDS[progress.word])
            if progress.trouble:
                text("div", progress.trouble, "pre small wrap trouble-text")
        return progress.trouble if progress.word == BACK else ""

    async def _try(self) -> None:
        await start_board(self._desk, self._fleet, self._aid)
