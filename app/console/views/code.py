"""The code of an app: its files in tabs, their errors by line, and names to complete."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from nicegui import ui

from app.console.complete import FileNames, known
from app.console.lint import ERROR, Mark
from app.console.page import filled, form, text

_LIGHT, _DARK = "githubLight", "githubDark"
_CLASSES = {ERROR: "cm-wrong", "warning": "cm-unsure"}
# The library cannot label an editor for screen readers, and creates its element at any time.
_NAMED = (
    "if (!window.named) {"
    "const name = () => document.querySelectorAll('.cm-content:not([aria-label])').forEach("
    "e => e.setAttribute('aria-label', 'Python code'));"
    "window.named = new MutationObserver(name);"
    "window.named.observe(document.body, {childList: true, subtree: true}); name() }"
)


_ANSWER_S = 30.0  # a browser behind a slow line answers late, in wrong colours until then


class Code:
    """The tabs with an editor for each file; `changed` is called after each edit."""

    def __init__(self, files: dict[str, str], changed: Callable[[], None], save: Any) -> None:
        self._changed, self._save = changed, save
        self._editors: dict[str, Any] = {}
        self._marks: list[Mark] = []
        self._current = ""
        self._theme = _LIGHT
        with ui.element("section").classes("card flush"):
            self._tabs = (
                ui.element("div")
                .classes("files")
                .props('role="tablist" aria-label="Files of the app"')
            )
            self._place = ui.element("div")
            self._remarks = ui.element("div").props('aria-live="polite"')
        words = {name: [asdict(word) for word in words] for name, words in known().items()}
        _complete("learn", words)
        self.load(files)
        ui.timer(0, self._dress, once=True)

    async def _dress(self) -> None:
        """Apply the colour scheme that the browser's user prefers."""
        ui.run_javascript(_NAMED)
        asked = "matchMedia('(prefers-color-scheme: dark)').matches"
        if await ui.run_javascript(asked, timeout=_ANSWER_S):
            self._theme = _DARK
            for editor in self._editors.values():
                editor.set_theme(_DARK)

    def load(self, files: dict[str, str]) -> None:
        """Show these files in place of all others."""
        self._place.clear()
        self._editors.clear()
        for name in sorted(files, key=_turn):
            self._add(name, files[name])
        self.show(self._current if self._current in files else next(iter(self._editors), ""))

    def files(self) -> dict[str, str]:
        """Return the files as they are now."""
        return {name: str(editor.value or "") for name, editor in self._editors.items()}

    def add(self, name: str) -> None:
        """Add an empty file."""
        if name not in self._editors:
            self._add(name, "")
            self._changed()
        self.show(name)

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._editors.pop(name).delete()
        self.show(next(iter(self._editors), ""))
        self._changed()

    @property
    def current(self) -> str:
        """The file that is shown."""
        return self._current

    def show(self, name: str, line: int = 0) -> None:
        """Show a file, at a line of it."""
        self._current = name
        for other, editor in self._editors.items():
            editor.set_visibility(other == name)
        self._draw_tabs()
        if line and name in self._editors:
            self._editors[name].reveal_line(line)

    def mark(self, marks: list[Mark]) -> None:
        """Show the remarks, at their lines and in a list below."""
        self._marks = marks
        for name, editor in self._editors.items():
            mine = [mark for mark in marks if mark.file == name and mark.line]
            count = str(editor.value or "").count("\n") + 1
            by_line = {mark.line: mark for mark in reversed(mine) if mark.line <= count}
            editor.decorations = [
                {"kind": "line", "line": line, "class": _CLASSES[mark.kind]}
                for line, mark in by_line.items()
            ] + [_said(str(editor.value or ""), line, mark) for line, mark in by_line.items()]
        self._draw_tabs()
        self._remarks.clear()
        with self._remarks:
            self._draw_marks()

    def offer(self, names: Mapping[str, FileNames]) -> None:
        """Offer names while a file is typed, by the name of the file."""
        given = {
            editor.html_id: asdict(names[name])
            for name, editor in self._editors.items()
            if name in names
        }
        _complete("offer", given)

    def _add(self, name: str, body: str) -> None:
        with self._place:
            editor = ui.codemirror(
                body,
                language="Python",
                theme=self._theme,
                on_change=lambda _: self._changed(),
                keymap={"Mod-s": lambda _: self._save()},
            ).classes("editor")
            editor.set_visibility(False)
            self._editors[name] = editor

    def _draw_tabs(self) -> None:
        self._tabs.clear()
        wrong = {mark.file for mark in self._marks if mark.kind == ERROR}
        with self._tabs:
            for name in self._editors:
                tab = text("button", name, "tab wrong" if name in wrong else "tab")
                tab.props(
                    f'type=button role="tab" aria-selected="{str(name == self._current).lower()}"'
                )
                tab.on("click", lambda _, one=name: self.show(one))

    def _draw_marks(self) -> None:
        if not self._marks:
            text("div", "No error found.", "fine")
            return
        with ui.element("div").classes("marks"):
            for mark in self._marks:
                with ui.element("button").classes(f"mark {mark.kind}").props("type=button") as row:
                    text("b", f"{mark.file or 'the app'}{f':{mark.line}' * bool(mark.line)}")
                    text("span", mark.text, "wrap")
                row.on("click", lambda _, one=mark: self._go(one))

    def _go(self, mark: Mark) -> None:
        if mark.file in self._editors:
            self.show(mark.file, mark.line)


def _complete(function: str, given: dict[str, Any]) -> None:
    """Call a function of complete.js; its argument is text here, so that no key has a meaning."""
    said = json.dumps(json.dumps(given))
    ui.run_javascript(
        f"import('/static/complete.js').then(it => it.{function}(JSON.parse({said})))"
    )


async def ask_name() -> str:
    """Ask for the name of a new file; empty without one."""
    with form("Add a file", "Add") as dialog:
        name = ui.input("Its name, as helpers.py").props("outlined autofocus maxlength=36")
        name.on("keydown.enter", lambda: dialog.submit(True))
    return str(name.value or "").strip() if await filled(dialog) else ""


def _turn(name: str) -> tuple[bool, bool, str]:
    """Return the sort key of a file: the worker task first, then the management task."""
    return name != "worker_task.py", name != "management_task.py", name


def _said(body: str, line: int, mark: Mark) -> dict[str, Any]:
    """Return the widget that shows a remark behind its line, as text, not as markup."""
    lines = body.split("\n")
    end = sum(len(one) + 1 for one in lines[:line]) - 1
    return {"kind": "widget", "position": end, "text": mark.text, "class": "cm-said", "side": 1}
