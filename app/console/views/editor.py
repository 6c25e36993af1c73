"""An app: its code, its versions, and where they run."""

from __future__ import annotations

import asyncio
import re

from nicegui import background_tasks, ui

from app.cloud.manage.service.apps import AppInfo
from app.console.desk import Desk
from app.console.drafts import Draft
from app.console.fleet import Fleet, Refusal
from app.console.lint import ERROR, Mark, blame, marks
from app.console.page import button, empty, frame, pill, refusals, text
from app.console.views.code import Code
from app.console.views.deploy import Deploy

_REST_S = 0.35  # after the last key, until the checkers run
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,31}\.py", re.ASCII)


def register(desk: Desk) -> None:
    """Register the page."""

    async def editor(aid: str) -> None:
        with frame("App", "/apps"):
            try:
                fleet = desk.fleet()
                await _Page(desk, fleet, await fleet.app(aid)).open()
            except Refusal as error:
                with ui.element("div").classes("card"), empty("No such app", str(error)):
                    button("All apps", lambda: ui.navigate.to("/apps"))

    ui.page("/apps/{aid}")(editor)


class _Page:
    """One app in one browser."""

    def __init__(self, desk: Desk, fleet: Fleet, app: AppInfo) -> None:
        self._desk, self._fleet = desk, fleet
        self._app, self._aid = app, app.aid
        self._person = fleet.actor.name
        self._base = app.versions[-1]
        self._typed = 0
        self._blamed: list[Mark] = []

    async def open(self) -> None:
        """Lay out the page."""
        draft = self._desk.drafts.load(self._person, self._aid)
        if draft is not None:
            self._base = draft.base
        self._client = ui.context.client
        self._head()
        self._about = ui.element("div").classes("trouble")
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
        self._said(draft)
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
            button("Save a new version", self.save, "save")

    def _said(self, draft: Draft | None) -> None:
        self._state.clear()
        with self._state:
            pill("not saved yet", "warn") if draft else pill("saved", "good")
        self._undo.set_visibility(draft is not None)
        latest = self._app.versions[-1]
        self._about.clear()
        if draft and draft.base != latest:
            with self._about, ui.element("div").classes("note"):
                text(
                    "div",
                    f"What you see was begun from version {draft.base}. Meanwhile version {latest}"
                    " was saved; saving yours makes it the newest.",
                )

    def _changed(self) -> None:
        """Save the draft, and check it when the typing rests."""
        self._typed += 1
        self._blamed = []
        files = self._code.files()
        kept = self._desk.drafts.save(self._person, self._aid, self._base, files)
        self._said(Draft(self._base, files))
        if not kept:
            ui.notify("This is too much to keep: it would be lost by a reload.", type="warning")
        background_tasks.create(self._rest(self._typed))

    async def _rest(self, typed: int) -> None:
        await asyncio.sleep(_REST_S)
        if typed == self._typed:
            with self._client:
                await self._check()

    async def _check(self) -> list[Mark]:
        files = self._code.files()
        found = await asyncio.to_thread(marks, files)
        self._code.mark(self._blamed + found)
        return found

    async def save(self) -> None:
        """Save a new version; one with errors is saved only if the user confirms it."""
        files = self._code.files()
        wrong = [mark for mark in await self._check() if mark.kind == ERROR]
        if wrong and not await _sure(len(wrong)):
            self._code.show(wrong[0].file or self._code.current, wrong[0].line)
            return
        with refusals():
            self._base = await self._fleet.commit(self._aid, files)
            self._desk.drafts.drop(self._person, self._aid)
            self._app = await self._fleet.app(self._aid)
            self._version.set_options(list(reversed(self._app.versions)), value=self._base)
            self._said(None)
            ui.notify(f"Saved as version {self._base}", type="positive")
            await self._deploy.show(self._base)

    async def _other(self) -> None:
        """Show the chosen version in place of the draft, which is dropped."""
        version = str(self._version.value)
        with refusals():
            files = await self._fleet.files(self._aid, version)
            self._base = version
            self._code.load(files)
            self._desk.drafts.drop(self._person, self._aid)
            self._said(None)
            await self._check()

    async def _discard(self) -> None:
        self._version.set_value(self._app.versions[-1])
        await self._other()

    async def _add_file(self) -> None:
        with ui.dialog() as dialog, ui.element("div").classes("card dialog"):
            text("h2", "Add a file")
            name = ui.input("Its name, as helpers.py").props("outlined autofocus maxlength=36")
            name.on("keydown.enter", lambda: dialog.submit(True))
            with ui.element("div").classes("line"):
                button("Add", lambda: dialog.submit(True))
                button("Cancel", dialog.close, quiet=True)
        given = str(name.value or "").strip() if await dialog else ""
        dialog.delete()
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


async def _sure(count: int) -> bool:
    with ui.dialog() as dialog, ui.element("div").classes("card dialog"):
        text("h2", f"There {'is an error' if count == 1 else f'are {count} errors'}")
        text("p", "No Thing could run this. It would be taken back, and the last version runs on.")
        with ui.element("div").classes("line"):
            button("Show me", dialog.close)
            button("Save it all the same", lambda: dialog.submit(True), quiet=True)
    sure = bool(await dialog)
    dialog.delete()
    return sure
