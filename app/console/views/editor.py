"""An app: its code, its versions, and where they run."""

from __future__ import annotations

import asyncio
import re

from nicegui import background_tasks, ui

from app.cloud.manage.service.apps import AppInfo
from app.console.access import Refusal
from app.console.complete import names_of
from app.console.desk import Desk
from app.console.drafts import Draft
from app.console.fleet import Fleet
from app.console.lint import ERROR, Mark, blame, marks
from app.console.merge import merged
from app.console.page import button, empty, pill, refusals, text
from app.console.shell import View, at_end, frame
from app.console.views.code import Code, ask_name
from app.console.views.conflict import MERGE, MINE, NEWER, may_drop, newer, said_of, sure
from app.console.views.deploy import Deploy

_REST_S = 0.35  # after the last key, until the checkers run
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,31}\.py", re.ASCII)


def register(desk: Desk, routes: dict[str, View]) -> None:
    """Add the view to those by path."""

    async def editor(aid: str) -> None:
        with frame("App", "/apps"):
            try:
                fleet = desk.fleet()
                await _Page(desk, fleet, await fleet.app(aid)).open()
            except Refusal as error:
                with ui.element("div").classes("card"), empty("No such app", str(error)):
                    button("All apps", lambda: ui.navigate.to("/apps"))

    routes["/apps/{aid}"] = editor


class _Page:
    """One app in one browser."""

    def __init__(self, desk: Desk, fleet: Fleet, app: AppInfo) -> None:
        self._desk, self._fleet = desk, fleet
        self._app, self._aid = app, app.aid
        self._person = fleet.actor.name
        self._base = self._newest = app.versions[-1]
        self._draft = False
        self._seat = desk.editors.seat(app.aid, self._person, self._told)
        self._typed = 0
        self._over = False
        self._blamed: list[Mark] = []

    async def open(self) -> None:
        """Lay out the page."""
        draft = self._desk.drafts.load(self._person, self._aid)
        if draft is not None:
            self._base, self._newest, self._draft = draft.base, draft.newest, True
            self._seat.typed = True
        self._client = ui.context.client
        if self._client.has_socket_connection:
            self._seat.enter()
        self._client.on_connect(self._here)
        self._client.on_disconnect(self._gone)
        at_end(self._end)
        self._head()
        self._about = ui.element("div").classes("trouble").props('aria-live="polite"')
        files = draft.files if draft else await self._fleet.files(self._aid, self._base)
        with ui.element("div").classes("columns"):
            with ui.element("div").classes("stack"):
                self._code = Code(files, self._changed, self.save)
                with ui.element("div").classes("line"):
                    button("Add a file", self._add_file, "add", quiet=True)
                    button("Remove this file", self._remove_file, quiet=True)
                    ui.element("span").classes("grow")
                    self._undo = button("Discard changes", self._discard, quiet=True)
            with ui.element("div").classes("stack"):
                self._deploy = Deploy(self._desk, self._fleet, self._aid, self._taken_back)
        self._say()
        await self._deploy.show()
        await self._check()

    def _head(self) -> None:
        with ui.element("div").classes("head"):
            text("h1", self._app.name, "wrap")
            self._state = ui.element("span").classes("grow")
            self._version = ui.select(
                list(reversed(self._app.versions)), value=self._base, label="Version"
            )
            self._version.props("outlined dense options-dense").classes("versions")
            self._version.on("update:model-value", self._other)
            versions = f"/apps/{self._aid}/versions"
            button("Compare", lambda: ui.navigate.to(versions), "difference", quiet=True)
            button("Save a new version", self.save, "save")

    def _say(self) -> None:
        """Show whether there are unsaved changes, and the other people here."""
        self._state.clear()
        with self._state:
            pill("not saved yet", "warn") if self._draft else pill("saved", "good")
        self._undo.set_visibility(self._draft)
        others = [_at_work(who, self._person, typed) for who, typed in self._seat.others().items()]
        latest = self._app.versions[-1]
        if latest != self._newest:
            others.append(
                f"Version {latest} was saved while you had version {self._newest}. You are asked"
                " before yours takes its place."
                if self._draft
                else f"Version {latest} was saved meanwhile. Choose it above to see it."
            )
        self._about.clear()
        for other in others:
            with self._about, ui.element("div").classes("note"):
                text("div", other, "wrap")

    def _here(self) -> None:
        if not self._over:
            self._seat.enter()

    def _end(self) -> None:
        self._over = True
        self._seat.leave()

    def _gone(self) -> None:
        if not self._client.has_socket_connection:
            self._seat.leave()

    def _told(self) -> None:
        """Look again, as another page of this app was opened, edited, saved or closed."""
        with self._client:
            ui.timer(0, self._look, once=True)

    async def _look(self) -> None:
        with refusals():
            await self._read()
            self._say()

    async def _read(self) -> None:
        """Read the app's versions again."""
        self._app = await self._fleet.app(self._aid)
        self._version.set_options(list(reversed(self._app.versions)), value=self._base)

    def _changed(self) -> None:
        """Save the draft, and check it when the typing rests."""
        self._typed += 1
        self._blamed = []
        draft = Draft(self._base, self._code.files(), self._newest)
        kept = self._desk.drafts.save(self._person, self._aid, draft)
        self._draft = True
        self._seat.type(True)
        self._say()
        if not kept:
            ui.notify("This is too much to keep: it would be lost by a reload.", type="warning")
        background_tasks.create(self._rest(self._typed))

    async def _rest(self, typed: int) -> None:
        await asyncio.sleep(_REST_S)
        if typed == self._typed and not self._over:
            with self._client:
                await self._check()

    async def _check(self) -> list[Mark]:
        files = self._code.files()
        found = await asyncio.to_thread(marks, files)
        self._code.mark(self._blamed + found)
        self._code.offer(await asyncio.to_thread(names_of, files))
        return found

    async def save(self) -> None:
        """Save a new version; one with errors is saved only if the user confirms it."""
        files = self._code.files()
        wrong = [mark for mark in await self._check() if mark.kind == ERROR]
        if wrong and not await sure(len(wrong)):
            self._code.show(wrong[0].file or self._code.current, wrong[0].line)
            return
        with refusals():
            try:
                made = await self._fleet.commit(self._aid, files, self._newest)
            except Refusal as error:
                if error.status != NEWER:
                    raise
                await self._meet(files)
                return
            await self._clean(made)
            self._seat.tell()
            ui.notify(f"Saved as version {made}", type="positive")
            await self._deploy.show(made)

    async def _meet(self, files: dict[str, str]) -> None:
        """Let the user choose between these files and a newer version."""
        await self._read()
        newest = (await self._fleet.versions(self._aid))[0]
        choice = await newer(self._fleet, self._aid, self._newest, newest)
        if choice == MERGE:
            base = await self._fleet.files(self._aid, self._newest)
            theirs = await self._fleet.files(self._aid, newest.name)
            label = f"version {newest.name}"
            merge = await asyncio.to_thread(merged, base, files, theirs, label)
            self._code.load(merge.files)
            self._base = newest.name
        if choice:
            self._newest = newest.name
            self._changed()
            await self._read()
        if choice == MERGE:
            said_of(merge, label)
            if merge.conflicts:
                self._code.show(*merge.conflicts[0])
        elif choice == MINE:
            await self.save()

    async def _clean(self, version: str) -> None:
        """Drop the draft, as this version is shown."""
        self._base, self._draft = version, False
        self._desk.drafts.drop(self._person, self._aid)
        self._seat.type(False)
        await self._read()
        self._newest = self._app.versions[-1]
        self._say()

    async def _other(self) -> None:
        """Show the chosen version; unsaved changes are dropped only if the user confirms it."""
        await self._open(str(self._version.value))

    async def _open(self, version: str) -> None:
        if self._draft and not await may_drop(version):
            self._version.set_value(self._base)
            return
        with refusals():
            self._code.load(await self._fleet.files(self._aid, version))
            await self._clean(version)
            await self._check()

    async def _discard(self) -> None:
        await self._open(self._app.versions[-1])

    async def _add_file(self) -> None:
        given = await ask_name()
        if given and not _NAME.fullmatch(given):
            ui.notify("A file's name is letters, digits and _, then .py", type="negative")
        elif given:
            self._code.add(given)

    def _remove_file(self) -> None:
        if self._code.current in ("worker_task.py", "management_task.py"):
            ui.notify("Every app has this file; leave its class empty instead.", type="warning")
        elif self._code.current:
            self._code.remove(self._code.current)

    async def _taken_back(self, trouble: str) -> None:
        """Show the traceback of a version that a Thing has rolled back, at its line."""
        mark = blame(trouble)
        if mark and [mark] != self._blamed:
            self._blamed = [mark]
            await self._check()
            self._code.show(mark.file, mark.line)


def _at_work(who: str, me: str, typed: bool) -> str:
    if who == me:
        return "You have this app open in another window, too: its unsaved changes are these."
    return f"{who} {'is editing this app' if typed else 'has this app open'}, too."
