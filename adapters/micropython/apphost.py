"""The app in the OS's own interpreter: a board has no processes.

No exception of the app gets past this module; a call that does not return in time is ended by the
watchdog. The app's folder is in the search path, and its modules in `sys.modules`, only while its
code runs: the OS loads some of its own modules lazily, and would find a `json.py` of the app.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Any, Callable

from adapters.micropython.apploader import execute, explained, load, unload
from domain.errors import AppError
from ports.console import Console

_ERROR = 40
_DEEPEST = 64  # levels of a value
_SAID = 200  # characters of the names of fields
_BITS = 1024  # of a number


class InProcessAppHost:
    """A host for one app. `root`: of the storage; `console` receives the app's log. Loading, and
    explaining errors, is in `apploader`, which need not stay in memory."""

    def __init__(self, root: str, console: Console) -> None:
        self.root = root
        self.folder = ""
        self.tasks: dict[str, Any] = {}
        self.names: dict[str, Any] = {}  # names that commands define
        self.modules: dict[str, Any] = {}  # that the app's code has imported
        modules: dict[str, Any] = sys.modules
        modules["logger"] = Logger(console)

    def load(self, folder: str) -> None:
        """Import the app's modules and make its tasks."""
        load(self, folder)

    def unload(self) -> None:
        """Free the app's modules and their memory, except objects that the app has hidden."""
        self.folder = ""
        unload(self)

    def call(self, task: str, data: Any, _limit_ms: int) -> Any:
        """Call a task and return its value; `limit_ms` cannot be enforced here."""
        if self.folder and not self.tasks:
            load(self, self.folder)
        if task not in self.tasks:
            raise AppError("no_task", "the app has no %s_task.py" % task)
        failure: BaseException | None = None
        before = self.enter()
        try:
            method = self.tasks[task].call
            value = method() if task == "worker" else method(data)
            bad: list[str] = []
            value = _sendable(value, bad)
            plain = is_json(value)
        except BaseException as error:  # noqa: BLE001 - an app may raise anything at all
            failure = error
        self.leave(before)
        if failure:
            raise explained(self, failure, "raised") from None
        if bad or not plain:
            what = ", ".join(bad)[:_SAID] or "all of it"
            said = "what the %s task returned cannot be sent as JSON: %s" % (task, what)
            wrong = AppError("not_json", said)
            wrong.rest = value if plain else None
            raise wrong
        return value

    def enter(self) -> tuple[Any, ...]:
        """Prepare modules and path for the app's code; return the state for `leave`."""
        path = sys.path
        before = (dict(sys.modules), path, path[:], os.getcwd())
        if self.folder:
            path.insert(0, self.root + "/" + self.folder)
        sys.modules.update(self.modules)
        return before

    def leave(self, before: tuple[Any, ...]) -> None:
        """Restore the state that the OS relies on, however the app has changed it."""
        modules, path, places, folder = before
        gc.enable()
        path[:] = places
        if sys.path is not path:
            sys.path = path
        os.chdir(folder)
        now: dict[str, Any] = sys.modules
        for name in list(now):
            if modules.get(name) is not now[name]:
                self.modules[name] = now[name]
                now[name] = None  # or its old slot in the dict keeps it alive
                del now[name]
        now.update(modules)

    def execute(self, source: str, _limit_ms: int) -> str:
        """Run Python and return its output; `limit_ms` cannot be enforced here."""
        return execute(self, source)


class Logger:
    """The module `logger` that apps import: debug(msg, detail='') and so on."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __getattr__(self, name: str) -> Callable[..., None]:
        level = {"debug": 10, "info": 20, "warning": 30}.get(name, _ERROR)
        return lambda msg, detail="": self._console.event(
            level, "app", {"text": "%s %s" % (msg, detail)}
        )


def _sendable(value: Any, bad: list[str], at: str = "") -> Any:
    """Return the part of a value that can be sent; the names of other fields go to `bad`."""
    plain = is_json(value)
    if plain or not isinstance(value, dict) or len(at) > _SAID or (at and plain is None):
        return value
    good = {}
    for key in value:
        name = "%s[%r]" % (at, key)
        item = _sendable(value[key], bad, name)
        if is_json({key: item}):
            good[key] = item
        else:
            bad.append(name)
    return good


def is_json(value: Any) -> bool | None:
    """Return whether a value is JSON, by the rules of Linux; None if it holds itself, or is too
    deep for the stack."""
    try:
        return _is_json(value, _DEEPEST)
    except RuntimeError:
        return None


def _is_json(value: Any, left: int) -> bool:
    """Check a value of which `left` levels may follow. Raises RuntimeError beyond."""
    if left < 0:
        raise RuntimeError
    if isinstance(value, dict):
        for key in value:
            if isinstance(key, tuple):
                return False
        return _is_json(list(value), left) and _is_json(list(value.values()), left)
    if isinstance(value, (list, tuple)):
        return all(_is_json(item, left - 1) for item in value)
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, str):
        return _is_text(value.encode())
    if value is None or isinstance(value, bool):  # here a bool is no int
        return True
    return isinstance(value, int) and not abs(value) >> _BITS


def _is_text(data: bytes) -> bool:
    """Return whether UTF-8 has no half of a character (a surrogate) in it."""
    at = data.find(b"\xed")
    while at >= 0:
        if data[at + 1] >= 0xA0:
            return False
        at = data.find(b"\xed", at + 1)
    return True
