"""An app host that calls functions of the test as the app's tasks."""

from __future__ import annotations

import json
from typing import Any, Callable

from adapters.linux.appchild import problem, sendable
from domain.errors import AppError


class FakeAppHost:
    """A host with `worker()` and `management(data)` as the app's tasks; None: no such task.

    `load_fault`, `worker_fault`, `management_fault` and `execute_fault` are errors, raised as
    long as they are set; `bad_folders` maps each folder that fails to load to its error.
    """

    def __init__(self) -> None:
        self.worker: Callable[[], Any] | None = lambda: None
        self.management: Callable[[Any], Any] | None = lambda data: data
        self.executor: Callable[[str], str] = lambda source: f"ran {source}"
        self.load_fault: AppError | None = None
        self.worker_fault: AppError | None = None
        self.management_fault: AppError | None = None
        self.execute_fault: AppError | None = None
        self.bad_folders: dict[str, AppError] = {}
        self.folder = ""  # the folder to load from
        self.loaded = False
        self.loads: list[str] = []
        self.unloads = 0
        self.calls: list[tuple[str, Any, int]] = []
        self.executed: list[tuple[str, int]] = []

    def load(self, folder: str) -> None:
        self.folder = folder
        self._load()

    def unload(self) -> None:
        self.unloads += 1
        self.folder = ""
        self.loaded = False

    def call(self, task: str, data: Any, limit_ms: int) -> Any:
        self.calls.append((task, data, limit_ms))
        if not self.loaded:
            if not self.folder:
                raise AppError("no_task", "no app is loaded")
            self._load()
        fault = self.worker_fault if task == "worker" else self.management_fault
        if fault:
            self._raise(fault)
        function: Any = {"worker": self.worker, "management": self.management}.get(task)
        if function is None:
            raise AppError("no_task", f"the app has no {task} task")
        try:
            value = function() if task == "worker" else function(data)
        except AppError as error:
            self._raise(error)
        except Exception as error:  # noqa: BLE001 - whatever an app raises is its own
            raise AppError("raised", f"{type(error).__name__}: {error}") from None
        bad: list[str] = []
        value = sendable(value, bad)
        wrong = problem(value)
        if wrong or bad:
            failure = AppError("not_json", f"{task} task: {wrong or bad}")
            failure.rest = None if wrong else value
            raise failure
        return json.loads(json.dumps(value))

    def execute(self, source: str, limit_ms: int) -> str:
        self.executed.append((source, limit_ms))
        if self.execute_fault:
            raise self.execute_fault
        return self.executor(source)

    def _load(self) -> None:
        self.loads.append(self.folder)
        fault = self.load_fault or self.bad_folders.get(self.folder)
        if fault:
            self.loaded = False
            raise fault
        self.loaded = True

    def _raise(self, error: AppError) -> None:
        if error.code in ("hung", "died"):
            self.loaded = False
        raise error
