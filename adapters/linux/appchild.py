"""The process that an app runs in. A program of its own: it imports none of our modules.

It reads requests and writes answers, one JSON object a line, on two pipes that it keeps out of the
app's way. `{"id", "do": "load", "folder"}`, `{"id", "do": "call", "task", "data"}` and
`{"id", "do": "execute", "source"}` are answered by `{"id", "value"}` or
`{"id", "error": [code, text]}`; `{"log": [level, text]}` comes at any time. The app's own prints
go to the standard output and error.
"""

from __future__ import annotations

import faulthandler
import fcntl
import functools
import io
import json
import math
import os
import resource
import signal
import sys
import threading
import traceback
import types
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import Any, Callable

MAX_VALUE = 1048576  # bytes of JSON: a larger value is no message, and the OS must hold it
MAX_DEPTH = 64
_DEEP = "it is nested more than %d deep, or holds itself" % MAX_DEPTH
_HEADER = (
    "import logger\n",
    "try:\n    import sensors\nexcept ImportError:\n    pass\n\n",  # for a worker
)
MAX_TEXT = 600  # characters of an error: a dashboard shows it in a line or two
MAX_TRACEBACK = 8000

TASKS = {"worker": "WorkerTask", "management": "ManagementTask"}

_OURS = ("id", "do")  # of a request; the rest are arguments
_LOWEST = 100  # file descriptors below are the app's
_PR_SET_PDEATHSIG = 1
_LEVELS = (("debug", 10), ("info", 20), ("warning", 30), ("error", 40), ("critical", 50))

Message = dict[str, Any]


class TaskRefused(Exception):
    """An error that has a code of its own; `rest`: the part of the value that can be sent."""

    def __init__(self, code: str, text: str, rest: Any = None) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.rest = rest


class AppTasks:
    """The app's two tasks, made once, and the names that commands define."""

    def __init__(self) -> None:
        self.folder = ""
        self.tasks: dict[str, Any] = {}
        self.names: dict[str, Any] = {"__name__": "__command__"}

    def answer(self, request: Message) -> Message:
        """Carry out a request; every exception of the app becomes an error."""
        do: Callable[..., Any] = getattr(self, request["do"])
        try:
            return {"value": do(**{key: request[key] for key in request if key not in _OURS})}
        except TaskRefused as error:
            said: Message = {"error": [error.code, error.text]}
            return {**said, "value": error.rest} if error.rest else said
        except (SystemExit, MemoryError) as error:
            how = "the app ended itself" if isinstance(error, SystemExit) else "out of memory"
            return {"error": ["died", "%s: %s" % (how, describe(error, self.folder))]}
        except BaseException as error:  # noqa: BLE001 - an app may raise anything at all
            return {"error": ["raised", describe(error, self.folder)]}

    def load(self, folder: str) -> None:
        """Import the modules that are there and make their tasks."""
        self.folder = folder
        sys.path.insert(0, folder)
        for task, name in TASKS.items():
            module = "%s_task" % task
            if os.path.exists(os.path.join(folder, module + ".py")):
                try:
                    self.tasks[task] = getattr(__import__(module), name)()
                except BaseException as error:
                    raise TaskRefused("import", describe(error, folder)) from error
        if not self.tasks:
            raise TaskRefused("import", "the app has neither worker_task.py nor management_task.py")

    def call(self, task: str, data: Any) -> Any:
        """Call a task; return its value, if it is JSON."""
        if task not in self.tasks:
            raise TaskRefused("no_task", "the app has no %s_task.py" % task)
        method = self.tasks[task].call
        value = method() if task == "worker" else method(data)
        bad: list[str] = []
        value = sendable(value, bad)
        wrong = problem(value)
        if not wrong:
            size = len(json.dumps(value, ensure_ascii=False).encode())
            wrong = "it has %d bytes, more than %d" % (size, MAX_VALUE) if size > MAX_VALUE else ""
        if wrong or bad:
            what = wrong or ", ".join(bad)[:MAX_TEXT]
            text = "what the %s task returned cannot be sent as JSON: %s" % (task, what)
            raise TaskRefused("not_json", text, None if wrong else value)
        return value

    def execute(self, source: str) -> str:
        """Run Python; return its traceback, if any, also of `exit()`."""
        try:
            with redirect_stdout(_output()) as out, redirect_stderr(out):
                exec(compile(source, "<command>", "exec"), self.names)  # noqa: S102 - its purpose
        except BaseException as error:  # noqa: BLE001 - a command may raise anything at all
            trace = error.__traceback__.tb_next if error.__traceback__ else None
            return "".join(traceback.format_exception(type(error), error, trace))[-MAX_TRACEBACK:]
        return ""


def _output() -> Any:
    """Open the standard output anew, for a command: the app may have closed its file of it."""
    try:
        raw = io.FileIO(1, "w", closefd=False)
    except OSError:  # the app has closed the descriptor, too
        return sys.stdout
    return io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)


def sendable(value: Any, bad: list[str], at: str = "") -> Any:
    """Return the part of a value that can be sent, for a dict without its other fields; an error
    text for each of those is added to `bad`. A field that holds itself is not looked into."""
    wrong = problem(value)
    if not isinstance(value, dict) or not wrong or len(at) > MAX_TEXT or (at and wrong == _DEEP):
        return value
    good = {}
    for key, item in value.items():
        name = "%s[%.40r]" % (at, key)
        item = sendable(item, bad, name)
        if wrong := problem({key: item}, at):
            bad.append(wrong.replace("it", name, 1) if wrong == _DEEP else wrong)
        else:
            good[key] = item
    return good


def problem(value: Any, at: str = "", depth: int = 0) -> str:
    """Return a text on the part of a value that is not JSON; "" if there is none."""
    what = at or "it"
    if depth > MAX_DEPTH:
        return _DEEP
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, (str, int, float, type(None))):
                return "%s has a key of type %s" % (what, type(key).__name__)
            inner = "%s[%.40r]" % (at, key)
            if wrong := problem(key, "a key of " + what) or problem(item, inner, depth + 1):
                return wrong
        return ""
    if isinstance(value, (list, tuple)):
        found = (problem(item, "%s[%d]" % (at, i), depth + 1) for i, item in enumerate(value))
        return next(filter(None, found), "")
    return _plain_problem(value, what)


def _plain_problem(value: Any, what: str) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "%s is %s" % (what, value)
    if isinstance(value, int) and value.bit_length() > 1024:
        return "%s is a number of more than 300 digits" % what
    if isinstance(value, str):
        with suppress(UnicodeError):
            value.encode()
            return ""
        return "%s has half of a character (a surrogate)" % what
    if value is None or isinstance(value, (int, float)):
        return ""
    return "%s is of type %s" % (what, type(value).__name__)


def describe(error: BaseException, folder: str) -> str:
    """Return `worker_task.py line 5 in call > sub.py line 2 in f: ValueError: text`, bounded."""
    steps = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name != __file__ and not name.startswith("<frozen "):
            steps.append(_step(name, line, frame.f_code.co_name, folder))
    text = "%s: %s" % (type(error).__name__, _said(error))
    if isinstance(error, SyntaxError) and error.filename:
        steps.append(_step(error.filename, error.lineno or 0, "<module>", folder))
        text = "%s: %s" % (type(error).__name__, error.msg)
    text = text.replace("\n", " ").rstrip(": ")[: MAX_TEXT // 2]
    where = " > ".join(steps)
    where = where if len(where) < MAX_TEXT // 2 else "..." + where[-MAX_TEXT // 2 :]
    return "%s: %s" % (where, text) if where else text


def _step(path: str, line: int, function: str, folder: str) -> str:
    ours = folder and path.startswith(folder)
    name = os.path.relpath(path, folder) if ours else os.path.basename(path)
    inside = "" if function == "<module>" else " in " + function
    return "%s line %d%s" % (name, line - put_before(path), inside)


def put_before(path: str) -> int:
    """Count the lines that the cloud has put before those of the owner (API v1, `apps/get`)."""
    heads = ("".join(_HEADER), _HEADER[0]) if "worker" in os.path.basename(path) else _HEADER[:1]
    with suppress(OSError, UnicodeError), open(path, encoding="utf-8") as file:
        text = file.read(sum(map(len, _HEADER)))
        return next((head.count("\n") for head in heads if text.startswith(head)), 0)
    return 0


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - it is the app's own __str__
        return "(its text cannot be shown)"


class Channel:
    """Both pipes. Answers may come from any thread of the app, and so may its log."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = open(requests, "rb", closefd=False)  # noqa: SIM115 - as long as we live
        self._answers = answers
        self._lock = threading.Lock()

    def receive(self) -> Message | None:
        """Return the next request; None when there will be no more."""
        line = self._requests.readline()
        return dict(json.loads(line)) if line else None

    def send(self, message: Message) -> None:
        """Write one line; the line end before it closes any text written there by the app."""
        left = b"\n%b\n" % json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
        with self._lock:
            while left:
                left = left[os.write(self._answers, left) :]


def serve(channel: Channel, app: AppTasks) -> None:
    """Answer requests until there are no more."""
    own = os.getpid()
    while (request := channel.receive()) is not None:
        answer = app.answer(request)
        if os.getpid() != own:
            os._exit(0)  # the app has forked, and this is the copy
        channel.send({"id": request["id"], **answer})


def logger(channel: Channel) -> types.ModuleType:
    """Create the module `logger` that apps import: debug(msg, detail='') and so on."""
    module = types.ModuleType("logger")

    def log(level: int, msg: Any, detail: Any = "") -> None:
        text = "%s: %s" % (msg, detail) if detail != "" else str(msg)
        channel.send({"log": [level, text[:MAX_TRACEBACK]]})

    for name, level in _LEVELS:
        setattr(module, name, functools.partial(log, level))
    return module


def confine(parent: int, memory: int) -> None:
    """Die with the OS, be killed first when memory is short, leave no core dumps."""
    import ctypes  # not for the OS, which imports this module too

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # it had died before prctl was called
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # On a crash, and on SIGABRT, say where: only this thread, the app's.
    faulthandler.enable(all_threads=False)


def main(arguments: list[str]) -> None:
    """Serve the OS. Arguments: the two file descriptors, its process id, the memory limit."""
    requests, answers, parent, memory = (int(argument) for argument in arguments)
    confine(parent, memory)
    kept = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, _LOWEST) for number in (requests, answers)]
    os.close(requests)
    os.close(answers)
    channel = Channel(*kept)
    sys.modules["logger"] = logger(channel)
    serve(channel, AppTasks())


if __name__ == "__main__":
    with suppress(OSError):  # a pipe that has been closed: by the OS, or by the app
        main(sys.argv[1:])
    os._exit(0)  # ends all threads that the app still has
