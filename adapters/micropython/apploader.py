"""The loader of an app from its folder; also runs commands, and explains errors of both."""

from __future__ import annotations

import gc
import io
import os
import sys
from typing import Any

from domain.errors import AppError

_MAX_TEXT = 200  # characters of a line: a dashboard shows two of them
_MAX_OUTPUT = 2048  # characters of a command's output


def load(host: Any, folder: str) -> None:
    """Import an app and make its tasks; raise AppError `import`, and unload it, if that fails."""
    unload(host)
    host.folder = folder
    failure: BaseException | None = None
    before = host.enter()
    try:
        names = os.listdir(host.root + "/" + folder)
        for name in names:  # a module of the OS would hide the app's of that name
            sys.modules.pop(name.split(".")[0], None)
        for task, kind in (("worker", "WorkerTask"), ("management", "ManagementTask")):
            if task + "_task.py" in names:
                host.tasks[task] = getattr(__import__(task + "_task"), kind)()
    except BaseException as error:  # noqa: BLE001 - an app may raise anything at all
        failure = error
    host.leave(before)
    if failure:
        raise explained(host, failure, "import") from None
    if not host.tasks:
        raise AppError("import", "the app has neither worker_task.py nor management_task.py")


def unload(host: Any) -> None:
    """Forget the app's modules."""
    host.tasks.clear()
    host.names.clear()
    host.modules.clear()
    gc.collect()


def explained(host: Any, error: BaseException, code: str) -> AppError:
    """Return the error for an app's exception and its place; unload an app that cannot go on."""
    text = own(host, trace(error).replace("%s/%s/" % (host.root, host.folder), ""))
    if code == "import":
        unload(host)
    elif isinstance(error, (SystemExit, KeyboardInterrupt, MemoryError)):
        unload(host)
        code = "died"
    return AppError(code, text)


def own(host: Any, text: str) -> str:
    """Return an error with the line number as the owner counts: without the lines that the cloud
    puts before each file, and before one for a worker (API v1, `apps/get`)."""
    try:
        start, rest = text.split(", line ", 1)
        name = start.split('"')[1]
        with open("%s/%s/%s" % (host.root, host.folder, name)) as file:
            if file.readline() != "import logger\n":
                return text
            before = 6 if "worker" in name and file.readline() == "try:\n" else 1
        line = rest.split(":")[0].split(",")[0]
        return "%s, line %d%s" % (start, max(1, int(line) - before), rest[len(line) :])
    except (OSError, ValueError, IndexError):
        return text


def execute(host: Any, source: str) -> str:
    """Run Python; return its output, and its error, if any."""
    printed: list[str] = []

    def show(*values: Any, sep: str = " ", end: str = "\n", **_: Any) -> None:
        printed.append(sep.join([str(value) for value in values]) + end)
        if sum([len(text) for text in printed]) > _MAX_OUTPUT:
            printed[:] = ["".join(printed)[:_MAX_OUTPUT]]

    host.names["print"] = show
    failure: BaseException | None = None
    before = host.enter()
    try:
        exec(source, host.names)  # noqa: S102 - what it is for
    except BaseException as error:  # noqa: BLE001 - a command may raise anything at all
        failure = error
    host.leave(before)
    if failure:
        printed.append(trace(failure))
    return "".join(printed)


def trace(error: BaseException) -> str:
    """Return the last place and the error: `File "sub.py", line 5, in call: ValueError: text`."""
    output = io.StringIO()
    sys.print_exception(error, output)  # type: ignore[attr-defined]
    lines = output.getvalue().strip().split("\n")
    return ": ".join([line.strip()[:_MAX_TEXT] for line in lines[-2:]])
