"""The C stack that an ESP8266's OS takes, measured on the simulated board and a local cloud.

Each function of the OS reports its depth where that exceeds any before it in the same step of the
Thing's life, and so does the file system where it calls the block device (`build/budget_watch.py`).
One factor converts the unix port's bytes into a board's (`build/lx106.py`). Included are an app's
own calls, three of them that end in writing a file, the error that they raise each second time with
its report, and a timer's callback, which can come at any depth.
"""

from __future__ import annotations

import contextlib
import json
import queue
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

from app import __version__
from app.cloud.client import AdminClient
from app.demo import apps
from app.demo.releases import Releases, files_of
from app.simulator.host import SimBoard
from app.simulator.modem import ModemOptions
from app.simulator.system import install, parameters
from build import lx106
from build.budget_life import served
from build.budget_watch import STEP, imports_told, watched
from build.slim.model import SlimError

_VERSION = "3.0.0"
_LIMIT_S = 60
_HEAP = 128 * 1024  # the measuring code takes some of it, too
_MODEM_SPEED = 50  # times as fast as a real one
_WORKER = "App.work"
_LEAST = 688  # before the first function
_AT_ONCE = 3000  # a file's read or write takes about 2000

# The most that an owner's app may do: three calls down, a file, and an error every other time.
_APP = """\
import os
class WorkerTask:
    def __init__(self):
        self.count = 0
    def call(self):
        self.count += 1
        return self.deeper(3)
    def deeper(self, left):
        if left:
            return self.deeper(left - 1)
        with open("/seen", "w") as file:
            file.write(str(self.count))
        if self.count % 2 == 0:
            raise ValueError("as an app may")
        return {"count": self.count}
"""

# The steps of each phase, in the order in which a Thing enters them.
_PHASES = {
    "boot": ("start", "boot"),
    "connect": ("connect",),
    "register": ("register",),
    "run": ("run", "worker"),
    "update_app": ("update_app",),
    "update_os": ("update_os",),
}


def measure(name: str, show: Callable[[str], object] = str) -> dict[str, int]:
    """Measure the stack of a board in each phase, in bytes.

    `stack_<phase>`: the most on the unix port; `lx106_<phase>`: the same on a board, a timer's
    callback included. `show` is called with the deepest call path of each phase.

    Raise `SlimError` if the board does not get through all phases.
    """
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        releases = Releases(Path(place))
        # The patch is made for the OS without the measuring code: each file is patched in vain, and
        # then downloaded whole.
        releases.make(name, __version__)
        releases.change(
            name, _VERSION, *[file[:-4] for file in files_of(name) if file[-4:] == ".mpy"]
        )
        admin, url = stack.enter_context(served(dist=releases.dist))
        depths = Depths(show)
        return figures(depths.of(_life(name, admin, url, releases.trust)), depths.timer)


def figures(deepest: dict[str, int], timer: int) -> dict[str, int]:
    """Return each phase's bytes on the unix port and on a board."""
    missing = set(_PHASES) - set(deepest)
    if missing:
        raise SlimError("the stack is not measured: no %s" % ", ".join(sorted(missing)))
    found = {"stack_timer": timer}
    for phase in _PHASES:
        found["stack_" + phase] = deepest[phase]
        found["lx106_" + phase] = lx106.stack(deepest[phase] + timer)
    return found


class Depths:
    """The deepest stack of each phase; `timer`: the bytes of a timer's callback."""

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self.timer = 0
        self._most: dict[str, tuple[int, list[str]]] = {}

    def of(self, events: Iterator[dict[str, Any]]) -> dict[str, int]:
        """Return the deepest stack of each phase from the events of a life.

        Each step is counted on its own.
        """
        state, update, step = "start", "app", [(0, "")]
        for event in events:
            if event["event"] == "timer":
                self.timer = event["bytes"]
            elif event["event"] == "depth" and event["at"].endswith(STEP):
                self._done(_phase(state, update, step), step)
                step = []
            if event["event"] == "depth" and not _two_paths(event, step):
                step.append((event["bytes"], event["at"]))
            elif event["event"] == "state":
                self._done(_phase(state, update, step), step)
                state, step = event["new"], [(0, "")]
            elif event["event"] == "confirmed" and event["app"] != "none":
                update = "os"
        self._done(_phase(state, update, step), step)
        for phase, (_, path) in self._most.items():
            self._show("\n    ".join([phase, *path]) + "\n")
        steps = {name: most for name, (most, _) in self._most.items()}
        found = {
            phase: max(steps.get(name, 0) for name in names) for phase, names in _PHASES.items()
        }
        return {phase: most for phase, most in found.items() if most}

    def _done(self, phase: str, step: list[tuple[int, str]]) -> None:
        most = max(depth for depth, _ in step) if step else 0
        if most > self._most.get(phase, (0, []))[0]:
            self._most[phase] = most, ["%6d %s" % found for found in step]


def _two_paths(event: dict[str, Any], step: list[tuple[int, str]]) -> bool:
    """Decide whether a depth belongs to an import of the app's source.

    Such an import has a second path on the unix port's stack: nothing else goes so much deeper at
    once.
    """
    most = max([depth for depth, _ in step] + [_LEAST])
    return str(event["at"]).endswith("blocks") and event["bytes"] - most > _AT_ONCE


def _phase(state: str, update: str, step: list[tuple[int, str]]) -> str:
    if state == "update":
        return "update_" + update
    if state == "run" and any(_WORKER in at for _, at in step):
        return "worker"
    return state


def _life(name: str, admin: AdminClient, url: str, trust: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a board from power-on until it starts the OS that the cloud has sent."""
    aid = admin.create_app("Budget")
    wanted: dict[str, Any] = {"management_interval": "1", "worker_interval": "1", "ssl": False}
    admin.set_pool(aid, "development", {**wanted, "payload_encryption": False})
    admin.commit(aid, {**apps.good("one"), "worker_task.py": imports_told(_APP)})
    told: queue.Queue[dict[str, Any]] = queue.Queue()

    def show(line: str) -> None:
        with contextlib.suppress(ValueError):
            told.put(json.loads(line))

    given = {"aid": aid, "tid": name, "backend": url, "cloud_key": str(admin.key())}
    until = time.monotonic() + _LIMIT_S
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        modem = ModemOptions(_MODEM_SPEED)
        with SimBoard(name, root, show=show, heap=_HEAP, modem=modem) as board:
            made, known = watched(name)
            cellular = board.kind.modem is not None
            install(board, made, parameters(given, None, trust=trust, modem=cellular), root)
            board.start()
            while True:
                try:
                    event = told.get(timeout=max(0.01, until - time.monotonic()))
                except queue.Empty:
                    raise SlimError("%s: the stack is not measured in time" % name) from None
                if event["event"] == "depth":
                    event["at"] = known.get(event["at"], event["at"])
                yield event
                kind = event["event"]
                if kind in ("update_failed", "fault"):
                    raise SlimError("%s: the stack is not measured: %s" % (name, event["text"]))
                if kind == "confirmed" and event["app"] != "none":
                    admin.set_pool(aid, "development", {"pythings_version": _VERSION})
                elif kind == "committed" and event["kind"] == "os":
                    return
