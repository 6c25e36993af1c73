"""The smallest heap in which a board installs an OS over the air: simulated board, local cloud.

The update starts from the factory's OS, executed in place, with an app that delivers readings. The
heap is in bytes of 32-bit words, but its byte data - texts, buffers - takes half of its size on the
board.
"""

from __future__ import annotations

import contextlib
import json
import queue
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.cloud.client import AdminClient
from app.demo import apps
from app.demo.releases import Releases, files_of
from app.simulator.host import SimBoard
from app.simulator.modem import ModemOptions
from app.simulator.system import install, parameters, release
from build.budget_life import served
from build.slim.model import SlimError

_VERSION = "3.0.0"
_LIMIT_S = 90  # a life takes five, ten with a modem, on a quiet machine
_STEP = 512  # bytes
_LEAST = 24 * 1024
_MODEM_SPEED = 50  # times as fast as a real one


class UpdateRuns:
    """A sequence of first OS updates, each on a new board."""

    def __init__(self, name: str, admin: AdminClient, url: str, releases: Releases) -> None:
        self._name = name
        self._admin = admin
        self._url = url
        self._key = str(admin.key())
        self._trust = releases.trust
        self._count = 0

    def smallest(self, known: int = 0, below: int = 40 * 1024) -> int:
        """Find the smallest heap by bisection, in bytes of 32-bit words.

        Return `known` without a search if an update succeeds in it.
        """
        if known and not self.update(known):
            return known
        low, high = _LEAST // _STEP, below // _STEP
        why = self.update(below)
        if why:
            raise SlimError("%s: no OS update in %d bytes: %s" % (self._name, below, why))
        while high - low > 1:
            middle = (low + high) // 2
            # Garbage and time are not the same each time.
            lives = not self.update(middle * _STEP) or not self.update(middle * _STEP)
            low, high = (low, middle) if lives else (middle, high)
        return high * _STEP

    def update(self, heap: int) -> str:
        """Update a new board in that heap; return the reason of a failure, or ""."""
        self._count += 1
        tid = "%s-%d" % (self._name, self._count)
        aid = self._admin.create_app("Budget")
        wanted: dict[str, Any] = {"management_interval": "1", "worker_interval": "1", "ssl": False}
        wanted["payload_encryption"] = False
        self._admin.set_pool(aid, "development", wanted)
        self._admin.commit(aid, apps.good("one"))
        told: queue.Queue[dict[str, Any]] = queue.Queue()

        def show(line: str) -> None:
            with contextlib.suppress(ValueError):
                told.put(json.loads(line))

        given = {"aid": aid, "tid": tid, "backend": self._url, "cloud_key": self._key}
        modem = ModemOptions(_MODEM_SPEED)
        with tempfile.TemporaryDirectory() as place:
            root = Path(place)
            with SimBoard(self._name, root, show=show, heap=heap, modem=modem) as board:
                cellular = board.kind.modem is not None
                others = parameters(given, None, trust=self._trust, modem=cellular)
                install(board, release(self._name, True), others, root)
                board.start()
                return self._watched(aid, told)

    def _watched(self, aid: str, told: queue.Queue[dict[str, Any]]) -> str:
        """Wait for the app's confirmation, request the OS, and wait until it is committed."""
        until = time.monotonic() + _LIMIT_S
        with contextlib.suppress(queue.Empty):
            while True:
                event = told.get(timeout=max(0.01, until - time.monotonic()))
                if event["event"] == "confirmed" and event["app"] != "none":
                    self._admin.set_pool(aid, "development", {"pythings_version": _VERSION})
                elif event["event"] == "committed" and event["kind"] == "os":
                    return ""
                elif event["event"] in ("update_failed", "fault"):
                    return str(event["text"])
        return "it takes too long"


@contextlib.contextmanager
def updates(name: str) -> Iterator[UpdateRuns]:
    """Yield the updates of a board, from a local cloud that serves a release for it."""
    with tempfile.TemporaryDirectory() as place:
        releases = Releases(Path(place))
        modules = [file[:-4] for file in files_of(name) if file.endswith(".mpy")]
        releases.change(name, _VERSION, *modules)  # no patch: all files are downloaded whole
        with served(dist=releases.dist) as (admin, url):
            yield UpdateRuns(name, admin, url, releases)
