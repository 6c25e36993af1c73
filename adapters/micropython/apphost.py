"""The app in the OS's own interpreter: a board has no processes.

What an app raises never gets past here. What it does not give back in time is the watchdog's.
"""

from __future__ import annotations

from typing import Any, Callable

from adapters.micropython.apploader import execute, explained, load, unload
from domain.errors import AppError

_DEBUG, _INFO, _WARNING, _ERROR = 10, 20, 30, 40


class InProcessAppHost:
    """`root`: of the storage; `log(level, text)` takes what the app logs. Loading, and telling what
    went wrong, is in `apploader`, which need not stay in memory."""

    def __init__(self, root: str, log: Callable[[int, str], None]) -> None:
        self.root = root
        self.log = log
        self.folder = ""
        self.tasks: dict[str, Any] = {}
        self.names: dict[str, Any] = {}  # what commands leave behind

    def load(self, folder: str) -> None:
        """Import its modules and make its tasks."""
        load(self, folder)

    def unload(self) -> None:
        """Its modules and the memory they took are gone, but for what the app has hidden."""
        self.folder = ""
        unload(self)

    def call(self, task: str, data: Any, limit_ms: int) -> Any:
        """`limit_ms` cannot be kept here."""
        if self.folder and not self.tasks:
            load(self, self.folder)
        if task not in self.tasks:
            raise AppError("no_task", "the app has no %s_task.py" % task)
        method = self.tasks[task].call
        try:
            value = method() if task == "worker" else method(data)
            plain = _is_json(value)
        except BaseException as error:  # noqa: BLE001 - an app may raise anything at all
            raise explained(self, error, "raised") from None
        if not plain:
            raise AppError("not_json", "what the %s task returned cannot be sent as JSON" % task)
        return value

    def execute(self, source: str, limit_ms: int) -> str:
        """`limit_ms` cannot be kept here."""
        return execute(self, source)


class Logger:
    """The module `logger` that apps import: debug(msg, detail='') and so on."""

    def __init__(self, log: Callable[[int, str], None]) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Callable[..., None]:
        levels = {"debug": _DEBUG, "info": _INFO, "warning": _WARNING}
        level = levels.get(name, _ERROR)
        return lambda msg, detail="": self._log(level, "%s %s" % (msg, detail))


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return _is_json(list(value)) and _is_json(list(value.values()))
    if isinstance(value, (list, tuple)):
        return all([_is_json(item) for item in value])
    if isinstance(value, float):
        return value - value == 0
    return value is None or isinstance(value, (int, str))
