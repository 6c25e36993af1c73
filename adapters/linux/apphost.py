"""The owner's app in a process of its own, so that its faults and hangs cannot stop the OS."""

from __future__ import annotations

import os
import time
from typing import Any, Callable

from adapters.linux.appprocess import AppEnded, AppProcess, end_left_behind
from adapters.linux.lines import Lines
from domain.errors import AppError

Log = Callable[[int, str], None]

_PRINTED = 20  # the level of the app's prints
_WARNING = 30
_MAX_LINE = 1000  # bytes printed
_MAX_OUTPUT = 65536  # bytes that a command may print
_BURST = 50  # lines in _WINDOW_S; more would drown all other events
_WINDOW_S = 10.0
_TELL_S = 60.0  # between two reports of lines left out

_HINTS = {
    "hung": "%s - make it quicker, or raise app_timeout",
    "died": "%s - the app is started again",
    "import": "%s - correct the app",
    "not_json": "%s - return numbers, texts, lists, dicts, True, False or None",
}


class ProcessAppHost:
    """A host for an app in a child process. `root`: the storage's folder; `log(level, text)`
    receives each line that the app logs or prints, also long after a call; `memory`: bytes of
    address space for the app, 0 for no limit; `load_ms`: time that the app may take to import."""

    def __init__(self, root: str, log: Log, memory: int = 0, load_ms: int = 30000) -> None:
        self._root = root
        self._log = AppLog(log)
        self._memory = memory
        self._load_s = load_ms / 1000
        self._folder = ""
        self._process: AppProcess | None = None
        self._loaded = False
        end_left_behind(os.path.realpath(root))

    def load(self, folder: str) -> None:
        """Start a process and import the app in it."""
        self.unload()
        self._folder = folder
        self._load(time.monotonic() + self._load_s)

    def unload(self) -> None:
        """Kill the process, and the processes that the app has started."""
        self._folder = ""
        self._drop()
        self._log.settle(True)

    def call(self, task: str, data: Any, limit_ms: int) -> Any:
        """Call a task in the process, which is started again if it has gone."""
        until = time.monotonic() + limit_ms / 1000
        if not self._folder:
            raise AppError("no_task", "no app is loaded")
        if not self._loaded:
            self._load(until)
        return self._ask({"do": "call", "task": task, "data": data}, until, self._log.printed)

    def execute(self, source: str, limit_ms: int) -> str:
        """Run Python in the app's process, or a new one; return all output, also the app's."""
        output = Output()
        until = time.monotonic() + limit_ms / 1000
        trace = self._ask({"do": "execute", "source": source}, until, output.add)
        return output.text() + str(trace)

    def _load(self, until: float) -> None:
        request = {"do": "load", "folder": os.path.join(os.path.realpath(self._root), self._folder)}
        try:
            self._ask(request, until, self._log.printed)
        except AppError:
            self._drop()  # a half-imported app is none
            raise
        self._loaded = True

    def _ask(self, request: dict[str, Any], until: float, output: Callable[[bytes], None]) -> Any:
        try:
            if self._process is None:
                self._process = AppProcess(self._root, self._log.logged, self._memory)
            answer = self._process.ask(request, until, output)
        except OSError as error:
            raise AppError("died", "no process for the app: %s" % error) from error
        except AppEnded as ended:
            self._drop()
            raise _error(ended.code, ended.text) from None
        finally:
            self._log.settle()
        if "error" in answer:
            code, text = answer["error"]
            if code == "died":
                self._drop()
            refused = _error(code, text)
            refused.rest = answer.get("value")
            raise refused
        return answer.get("value")

    def _drop(self) -> None:
        process, self._process = self._process, None
        self._loaded = False
        if process:
            process.kill()


class AppLog:
    """A filter of the app's log that passes on no more lines than a person can read."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lines = Lines(_MAX_LINE)
        self._since = time.monotonic()
        self._count = 0
        self._left_out = 0
        self._next = self._since  # when to report them

    def printed(self, data: bytes) -> None:
        """Log the lines that are complete in bytes from the standard output and error."""
        for line in self._lines.feed(data):
            self.logged(_PRINTED, line.decode("utf-8", "replace"))

    def logged(self, level: int, text: str) -> None:
        """Log one line, or one call of `logger`; beyond the limit, only count it."""
        now = time.monotonic()
        if now - self._since >= _WINDOW_S:
            self._count, self._since = 0, now
        self._count += 1
        if self._count > _BURST:
            self._left_out += 1
        else:
            self._log(level, text[:_MAX_LINE].encode("utf-8", "replace").decode())

    def settle(self, at_last: bool = False) -> None:
        """Report the number of lines left out: at once, then at most once a minute."""
        now = time.monotonic()
        if self._left_out and (at_last or now >= self._next):
            self._log(_WARNING, "%d more lines of the app are left out" % self._left_out)
            self._left_out, self._next = 0, now + _TELL_S


class Output:
    """The output of a command, up to a bound."""

    def __init__(self) -> None:
        self._kept = b""
        self._more = 0

    def add(self, data: bytes) -> None:
        """Add the next bytes."""
        self._kept += data
        self._more += max(0, len(self._kept) - _MAX_OUTPUT)
        self._kept = self._kept[:_MAX_OUTPUT]

    def text(self) -> str:
        """Return the output, with the number of bytes that are missing."""
        more = "\n... and %d bytes more\n" % self._more if self._more else ""
        return self._kept.decode("utf-8", "replace") + more


def _error(code: str, text: str) -> AppError:
    return AppError(code, _HINTS.get(code, "%s") % text)
