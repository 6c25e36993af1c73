"""A Thing: its state, its readings, its messages, and its settings."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from nicegui import ui

from app.cloud.manage.service.things import ThingInfo
from app.console.access import Refusal
from app.console.desk import Desk
from app.console.fleet import Fleet
from app.console.live import Live
from app.console.page import button, empty, facts, frame, moment, pill, refill, text
from app.console.progress import state_of
from app.console.rows import LATE, ONLINE, row_of
from app.console.views.chart import Chart
from app.console.views.lifecycle import Lifecycle
from app.console.views.settings import Settings
from app.console.views.talk import Talk, read

_KINDS = {ONLINE: "good", LATE: "warn"}
_CALLS = 25  # that the log shows
_PARTS = (("App says", "worker"), ("Management says", "management"), ("OS says", "pythings"))


def register(desk: Desk) -> None:
    """Register the page."""

    async def thing(tid: str) -> None:
        with frame("Thing", "/things"):
            try:
                fleet = desk.fleet()
                page = _Page(desk, fleet, await fleet.thing(tid))
            except Refusal as error:
                with ui.element("div").classes("card"), empty("No such Thing", str(error)):
                    button("All Things", lambda: ui.navigate.to("/things"))
                return
            await page.look()

    ui.page("/things/{tid:path}")(thing)  # an id may have slashes


class _Page:
    """The page of one Thing, kept up to date while it is open."""

    def __init__(self, desk: Desk, fleet: Fleet, thing: ThingInfo) -> None:
        self._desk, self._fleet = desk, fleet
        self._tid = tid = thing.tid
        self._looking = asyncio.Lock()
        with ui.element("div").classes("head"):
            text("h1", tid, "wrap")
            self._state = ui.element("span")
            ui.element("span").classes("grow")
            button("Its app", lambda: ui.navigate.to(f"/apps/{thing.aid}"), "code", quiet=True)
        self._trouble = ui.element("div").classes("trouble")
        with ui.element("div").classes("columns"):
            with ui.element("div").classes("stack"):
                self._chart = Chart()
                self._talk = Talk(
                    "APP",
                    "Messages",
                    "What you send reaches ManagementTask.call(data); what that returns is the"
                    " reply.",
                    "A message for the app",
                    lambda given: fleet.send(tid, read(given)),
                )
                self._shell = Talk(
                    "CMD",
                    "Remote shell",
                    "Python that the Thing runs, as print(1 + 1), or a line for its own shell, as"
                    " :state or :log.",
                    "Python, or a line that begins with :",
                    lambda given: fleet.command(tid, given),
                )
            with ui.element("div").classes("stack"):
                with ui.element("section").classes("card"):
                    text("h2", "Lifecycle")
                    self._lifecycle = Lifecycle()
                    self._since = text("p", "", "soft small")
                self._facts = ui.element("section").classes("card")
                self._settings = Settings(fleet, tid, self.look)
                with ui.element("section").classes("card"):
                    text("h2", "Calls")
                    self._log = (
                        ui.element("div")
                        .classes("log")
                        .props('tabindex="0" role="region" aria-label="Calls of this Thing"')
                    )
        Live(desk.watch, lambda tids: tid in tids, self.look)

    async def look(self) -> None:
        """Read the Thing and show its current state."""
        async with self._looking:
            fleet = self._fleet
            try:
                thing = await fleet.thing(self._tid)
                readings = await fleet.readings(self._tid)
                messages = await fleet.messages(self._tid)
            except Refusal:
                return  # the Thing's next call triggers another look
            self._show(thing)
            self._chart.show(readings)
            self._talk.show(messages)
            self._shell.show(messages)

    def _show(self, thing: ThingInfo) -> None:
        row = row_of(thing)
        calls = self._desk.watch.calls(self._tid)
        refill(self._state, lambda: pill(row.state, _KINDS.get(row.state, "")))
        refill(self._trouble, lambda: _trouble(row.trouble))
        self._lifecycle.light(state_of(calls) if row.state == ONLINE else "")
        self._since.set_text(
            f"Last call {_clock(row.seen)}" if row.seen else "It has never called."
        )
        refill(self._facts, lambda: _about(thing))
        self._settings.show(thing)
        refill(self._log, lambda: _calls(calls))


def _trouble(trouble: str) -> None:
    if trouble:
        with ui.element("div").classes("note bad").props("role=alert"):
            text("div", trouble, "pre")


def _about(thing: ThingInfo) -> None:
    row = row_of(thing)
    wanted = str(thing.settings.get("app_version", ""))
    running = row.app_version if row.app_version not in ("", "0") else "none yet"
    if wanted and wanted != row.app_version:
        running += f", {wanted} is wanted"
    text("h2", "About it")
    pairs = [
        ("App", row.app),
        ("App version", running),
        ("OS", row.os_version),
        ("Board", row.platform),
        ("Pool", row.pool),
        ("Payload", "encrypted" if thing.encrypted else "not encrypted"),
    ]
    pairs += [(name, _said(thing, part)) for name, part in _PARTS]
    facts(pairs)


def _said(thing: ThingInfo, part: str) -> str:
    """Return the status of a part with the time of its report, as an old one is no news."""
    status, at = getattr(thing, part) or "", getattr(thing, f"{part}_at")
    return f"{status} ({moment(at)})" if at else status


def _calls(calls: list[Any]) -> None:
    if not calls:
        text("p", "None since the console was started.", "soft")
    for call in calls[: -_CALLS - 1 : -1]:
        with ui.element("div").classes("call"):
            text("span", _clock(call.time), "soft mono")
            text("span", call.what, "what")
            text("span", call.summary, "wrap")


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))
