"""A Thing: its state, its readings, its messages, and its settings."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import time

from nicegui import ui

from app.cloud.manage.service.things import ThingInfo
from app.console.access import Refusal
from app.console.desk import Desk
from app.console.fleet import Fleet, SeenThing
from app.console.live import Live
from app.console.page import LivePlace, button, empty, facts, moment, pill, refill, refusals, text
from app.console.progress import state_of
from app.console.rows import LATE, ONLINE, row_of, tid_of
from app.console.shell import View, frame
from app.console.views.calls import CallsCard
from app.console.views.chart import Chart
from app.console.views.lifecycle import Lifecycle
from app.console.views.settings import SettingsCard
from app.console.views.talk import Talk, read

_KINDS = {ONLINE: "good", LATE: "warn"}
_PARTS = (("App says", "worker"), ("Management says", "management"), ("OS says", "pythings"))


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def thing(part: str) -> None:
        with frame("Thing", "/things"), ui.element("div") as place:
            try:
                await _Page(desk, desk.fleet(), tid_of(part)).open()
            except Refusal as error:
                refill(place, functools.partial(_missing, str(error)))

    routes["/things/{part}"] = thing


def _missing(reason: str) -> None:
    with ui.element("div").classes("card"), empty("No such Thing", reason):
        button("All Things", lambda: ui.navigate.to("/things"))


class _Page:
    """The page of one Thing, kept up to date while it is open.

    Its title is there at once, before the database is asked for the rest.
    """

    def __init__(self, desk: Desk, fleet: Fleet, tid: str) -> None:
        self._desk, self._fleet, self._tid = desk, fleet, tid
        self._looking = asyncio.Lock()
        self._measured = -1  # the call that brought the newest reading
        with ui.element("div").classes("head") as self._head:
            text("h1", tid, "wrap")

    async def open(self) -> None:
        """Lay out the page; raise Refusal if there is no such Thing."""
        watch, tid = self._desk.watch, self._tid
        row = watch.rows.get(tid)
        seen = await self._read()
        self._lay_out(seen.thing.aid)
        self._show(seen)
        Live(watch, lambda tids: tid in tids, self.look)
        if watch.rows.get(tid) is not row:  # it called while it was read
            await self.look()
        with contextlib.suppress(Refusal):  # it then comes back later
            await self._fleet.attend(tid)

    def _lay_out(self, aid: str) -> None:
        fleet, tid = self._fleet, self._tid
        with self._head:
            self._state = LivePlace(ui.element("span"))
            ui.element("span").classes("grow")
            button("Its app", lambda: ui.navigate.to(f"/apps/{aid}"), "code", quiet=True)
        self._trouble = LivePlace(ui.element("div").classes("trouble"))
        with ui.element("div").classes("columns"):
            with ui.element("div").classes("stack"):
                self._chart = Chart(self._export)
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
                self._facts = LivePlace(ui.element("section").classes("card"))
                self._settings = SettingsCard(fleet, tid, self.look)
                self._log = CallsCard()

    async def _export(self, start: float) -> None:
        with refusals():
            text = await self._fleet.export(self._tid, start)
            ui.download.content(text, file_name(self._tid), "text/csv")

    async def look(self) -> None:
        """Read the Thing and show its current state."""
        async with self._looking:
            with contextlib.suppress(Refusal):  # the Thing's next call triggers another look
                self._show(await self._read())

    async def _read(self) -> SeenThing:
        """Read the Thing; its readings only if there is a new one."""
        calls = self._desk.watch.calls(self._tid)
        newest = max((call.id for call in calls if call.what == "worker"), default=0)
        seen = await self._fleet.seen(self._tid, newest != self._measured)
        self._measured = newest
        return seen

    def _show(self, seen: SeenThing) -> None:
        self._show_thing(seen.thing)
        self._talk.show(seen.messages)
        self._shell.show(seen.messages)
        if seen.readings is not None:
            self._chart.show(seen.readings)

    def _show_thing(self, thing: ThingInfo) -> None:
        row = row_of(thing)
        calls = self._desk.watch.calls(self._tid)
        self._state.show(row.state, lambda state: pill(state, _KINDS.get(state, "")))
        self._trouble.show(row.trouble, _trouble)
        self._lifecycle.light(state_of(calls) if row.state == ONLINE else "")
        self._since.set_text(
            f"Last call {_clock(row.seen)}" if row.seen else "It has never called."
        )
        self._facts.show(_about(thing), _facts)
        self._settings.show(thing)
        self._log.show(calls)


def file_name(tid: str) -> str:
    """Return the name of a file of readings: letters, digits, - and _ of the id only."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", tid).strip("-")[:40] + "-readings.csv"


def _trouble(trouble: str) -> None:
    if trouble:
        with ui.element("div").classes("note bad").props("role=alert"):
            text("div", trouble, "pre")


def _facts(pairs: list[tuple[str, str]]) -> None:
    text("h2", "About it")
    facts(pairs)


def _about(thing: ThingInfo) -> list[tuple[str, str]]:
    row = row_of(thing)
    wanted = str(thing.settings.get("app_version", ""))
    running = row.app_version if row.app_version not in ("", "0") else "none yet"
    if wanted and wanted != row.app_version:
        running += f", {wanted} is wanted"
    pairs = [
        ("App", row.app),
        ("App version", running),
        ("OS", row.os_version),
        ("Board", row.platform),
        ("Pool", row.pool),
        ("Payload", "encrypted" if thing.encrypted else "not encrypted"),
    ]
    return pairs + [(name, _said(thing, part)) for name, part in _PARTS]


def _said(thing: ThingInfo, part: str) -> str:
    """Return the status of a part with the time of its report, as an old one is no news."""
    status, at = getattr(thing, part) or "", getattr(thing, f"{part}_at")
    return f"{status} ({moment(at)})" if at else status


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))
