"""How much of the C stack an ESP8266's OS takes: the simulated board, a local cloud.

Each function of the OS says how deep it is where that is deeper than any before it in the same step
of the Thing's life. The figures are the unix port's, in bytes, as if it ran `main.py` and nothing
else. In each import the path takes 4096 bytes of its stack, and 128 of a board's: that is deducted.
"""

from __future__ import annotations

import ast
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
from app.simulator.system import install, parameters
from build.budget_life import served
from build.firmware import mpy
from build.firmware.model import Release
from build.firmware.release import NEWEST, START
from build.slim import emit
from build.slim.boards import BOARDS, CORE
from build.slim.model import Entity, Program, SlimError
from build.slim.passes import build, program_of

_VERSION = "3.0.0"
_LIMIT_S = 60
_HEAP = 128 * 1024  # what measures takes of it, too
_PATH = 4096 - 128

# What forgets is deep by intention, and does not mind if it cannot be. The watchdog's timer counts
# at any depth; where it cannot, it has not counted, and does so the next time.
_WITHOUT = ("___overwrite", "Hardware._tick")

# What nobody uses here. Some of it is loaded all the same, and does not say how deep it is; for the
# debug shell there would be no room in the slot.
_IDLE = ("pt_portal", "pt_signed", "pt_recover")
_LEFT_OUT = (
    *("pt_shell", "pt_command", "pt_login", "pt_look", "pt_drive", "pt_keep"),
    *("pt_tap", "pt_remote"),
)
_STEP = "__Runner.step"
_WORKER = "App.work"

# `deep`: how deep we were in this step; what does not count; what `say` takes itself. The unix port
# has 688 bytes in use when it runs a file.
_MAIN = """\
from micropython import stack_use
import _sim
def say(name):
    deep[0] = stack_use() - deep[2] - deep[1]
    print('{"event":"depth","bytes":%d,"at":"%s"}' % (deep[0], name))
deep = _sim.deep = [0, stack_use() - 688, 0]
_sim.say = say
deep[2] = (lambda: stack_use())() - stack_use()
"""
_HEAD = "from micropython import stack_use as _u_\nfrom _sim import deep as _d_, say as _s_\n"
_LOOK = "if _u_() - _d_[1] > _d_[0]: _s_(%r)"


def measure(name: str, show: Callable[[str], object] = str) -> dict[str, int]:
    """The most bytes in each phase; `show` is told by what calls.

    Raises `SlimError` if the board does not get through all phases.
    """
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        releases = Releases(Path(place))
        # The patch is not of the OS that says how deep it is: each file is made by it in vain, and
        # then comes whole.
        releases.make(name, __version__)
        releases.change(
            name, _VERSION, *[file[:-4] for file in files_of(name) if file[-4:] == ".mpy"]
        )
        admin, url = stack.enter_context(served(dist=releases.dist))
        return _Depths(show).of(_life(name, admin, url, releases.trust))


class _Depths:
    """Of each phase the deepest."""

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self._most: dict[str, tuple[int, list[str]]] = {}

    def of(self, events: Iterator[dict[str, Any]]) -> dict[str, int]:
        """From the events of a life, in which each step begins anew."""
        state, update, step = "start", "app", [(0, "")]
        for event in events:
            if event["event"] == "depth" and event["at"].endswith(_STEP):
                self._done(_phase(state, update, step), step)
                step = []
            if event["event"] == "depth":
                step.append((event["bytes"], event["at"]))
            elif event["event"] == "state":
                self._done(_phase(state, update, step), step)
                state, step = event["new"], [(0, "")]
            elif event["event"] == "confirmed" and event["app"] != "none":
                update = "os"
        self._done(_phase(state, update, step), step)
        for phase, (_, path) in self._most.items():
            self._show("\n    ".join([phase, *path]) + "\n")
        return {"stack_" + phase: most for phase, (most, _) in self._most.items()}

    def _done(self, phase: str, step: list[tuple[int, str]]) -> None:
        most = max(depth for depth, _ in step) if step else 0
        if most > self._most.get(phase, (0, []))[0]:
            self._most[phase] = most, ["%6d %s" % found for found in step]


def _phase(state: str, update: str, step: list[tuple[int, str]]) -> str:
    if state == "update":
        return "update_" + update
    if state == "run" and any(_WORKER in at for _, at in step):
        return "worker"
    return state


def _life(name: str, admin: AdminClient, url: str, trust: Path) -> Iterator[dict[str, Any]]:
    """What a board tells from power-on until it starts the OS that the cloud has sent."""
    aid = admin.create_app("Budget")
    wanted: dict[str, Any] = {"management_interval": "1", "worker_interval": "1", "ssl": False}
    admin.set_pool(aid, "development", {**wanted, "payload_encryption": False})
    admin.commit(aid, apps.good("one"))
    told: queue.Queue[dict[str, Any]] = queue.Queue()

    def show(line: str) -> None:
        with contextlib.suppress(ValueError):
            told.put(json.loads(line))

    given = {"aid": aid, "tid": name, "backend": url, "cloud_key": str(admin.key())}
    until = time.monotonic() + _LIMIT_S
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        with SimBoard(name, root, show=show, heap=_HEAP) as board:
            made, known = _watched(name)
            install(board, made, parameters(given, None, trust=trust), root)
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


def _watched(name: str) -> tuple[Release, dict[str, str]]:
    """The OS that says how deep it is, and what the names stand for that it says."""
    program = build(BOARDS[name])
    trees = [module.tree for module in program_of(BOARDS[name]).modules.values()]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    methods = {(node.name, getattr(item, "name", "")) for node in nodes for item in node.body}
    known: dict[str, str] = {}
    sources = {}
    for module, text in program.sources.items():
        if module in START:
            sources[module] = _MAIN + text
        elif module in _IDLE:
            sources[module] = text
        elif module not in _LEFT_OUT:
            sources[module] = _looking(program, module, text, known, methods)
    modules = {module: text for module, text in sources.items() if module not in START}
    files = emit.files(modules, BOARDS[name].arch, mpy.compiler(NEWEST))
    start = {at + ".py": sources[at].encode() for at in START if at in sources}
    return Release(files, start, sources), known


def _looking(
    program: Program, module: str, source: str, known: dict[str, str], methods: set[tuple[str, str]]
) -> str:
    """The same, looking at the beginning of each function."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for item in body if isinstance(body, list) else []:
            if isinstance(item, ast.FunctionDef):
                kind = node.name if isinstance(node, ast.ClassDef) else ""
                at = len(known)  # a name would take room that there is not
                known[str(at)] = long = _named(program, module, kind, item.name, methods)
                if not long.endswith(_WITHOUT):
                    reset = "_d_[0] = 0\n" if long.endswith(_STEP) else ""
                    item.body[:0] = ast.parse(reset + _LOOK % at).body
    begin = _HEAD + "_d_[1] += %d\n" % _PATH + _LOOK % ("import " + module)
    end = "_d_[1] -= %d\n" % _PATH
    return "%s\n%s\n%s" % (begin, ast.unparse(ast.fix_missing_locations(tree)), end)


def _named(
    program: Program, module: str, kind: str, name: str, methods: set[tuple[str, str]]
) -> str:
    """By the name in the source."""
    here: list[Entity] = [*program.bundles.get(module, ()), *program.bundles[CORE]]
    tops: dict[str, str] = {
        program.renamed.get(item.name, item.name): item.name for item in reversed(here)
    }
    if not kind:
        return tops.get(name, name)
    kind = tops.get(kind, kind)
    own = {method for owner, method in methods if kind.endswith("__" + owner)}
    for long, short in program.renamed.items():  # which methods of other classes have, too
        owner, _, method = long.rpartition(".")
        if short == name and method in own and owner in ("", kind):
            return "%s.%s" % (kind, method)
    return "%s.%s" % (kind, name)
