"""A whole life in the smallest heap: MicroPython's unix port against the local cloud.

The generated OS boots an empty folder, registers, installs its app, delivers a reading, answers a
management exchange, installs the next version and delivers a reading of that. Sockets, files and
time are real. The heap is in words (`-X heapsize=...w`), as on a board with 32-bit words.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.cloud.client import AdminClient
from app.cloud.errors import CloudFailure
from app.cloud.server import CloudServer, Ready, ServerOptions
from app.simulator import interpreter
from build.firmware import romfs
from build.slim.model import SlimError
from build.slim.start import GARBAGE

_COMPOSE = "app_boards_micropython__compose"
_LIVE = "app_runtime_micropython_main__live"
_LIMIT_S = 20  # a life takes three
_STEP = 64  # words
_WORD = 2  # bytes of heap to a word of `-X heapsize` on 64 bits

# The code is imported from files, or executed in place from an image that lies in the heap, too.
_FROM_FILES = """\
import gc, sys
sys.path[:] = ["{code}", ".frozen"]
"""
_FROM_ROM = """\
import gc, sys, vfs
def mount():
    image = bytearray({size})
    with open("{code}", "rb") as file:
        file.readinto(image)
    vfs.mount(vfs.VfsRom(image), "/rom")
mount()
del mount
sys.path[:] = ["/rom", ".frozen"]
"""
_START = """\
gc.collect()
gc.threshold({garbage})
thing = __import__("pt_board").{compose}("{root}", "budget")
getattr(__import__("pt"), "{live}")(thing)
"""

_WORKER = """\
import gc
class WorkerTask:
    def call(self):
        gc.collect()
        return {"app": "%s", "kept": gc.mem_alloc()}
"""
_MANAGEMENT = """\
class ManagementTask:
    def call(self, data):
        return data
"""


@dataclass(frozen=True)
class Figures:
    """The result of the search for the smallest heap.

    `words`: the smallest heap, an image's own bytes deducted; `kept`: words of it in use within the
    worker task after a collection, the app's included, but without the words that MicroPython uses
    before it imports anything; `because`: the error in the next smaller heap.
    """

    words: int
    kept: int
    because: str


class Lives:
    """A sequence of lives against one local cloud."""

    def __init__(self, admin: AdminClient, url: str, names: dict[str, str]) -> None:
        self._admin = admin
        self._url = url
        self._names = names
        self._count = 0

    def smallest(self, release: dict[str, bytes], rom: bool, below: int = 65536) -> Figures:
        """Find the smallest heap by bisection, from `below` words, which must be enough."""
        low, high = 0, below // _STEP
        kept, because = self.live(release, rom, below)
        if not kept:
            raise SlimError("no life in %d words: %s" % (below, because))
        while high - low > 1:
            middle = (low + high) // 2
            found, why = self.live(release, rom, middle * _STEP)
            if not found:  # garbage and time are not the same each time
                found, why = self.live(release, rom, middle * _STEP)
            if found:
                high, kept = middle, found
            else:
                low, because = middle, why
        kept -= _own() + (len(romfs.make(release)) if rom else 0)
        return Figures(high * _STEP, kept // _WORD, because)

    def live(self, release: dict[str, bytes], rom: bool, words: int) -> tuple[int, str]:
        """Run one life in that heap; return (bytes kept, ""), or (0, reason of the failure)."""
        self._count += 1
        tid = "life%d" % self._count
        aid = self._admin.create_app("Budget")
        wanted = {"management_interval": "1", "worker_interval": "1", "ssl": False}
        self._admin.set_pool(aid, "development", {**wanted, "payload_encryption": False})
        with tempfile.TemporaryDirectory() as place:
            root = Path(place, "thing")
            root.mkdir()
            for name, text in (("aid", aid), ("tid", tid), ("backend", self._url)):
                (root / name).write_text(text, encoding="ascii")
            program = _laid_out(Path(place), release, rom) + _START.format(
                garbage=GARBAGE, root=root, **self._names
            )
            Path(place, "main.py").write_text(program, encoding="ascii")
            words += len(romfs.make(release)) // _WORD if rom else 0
            line = [*interpreter.command(), "-X", "heapsize=%dw" % words, place + "/main.py"]
            with _running(line) as told:
                return self._watched(aid, tid, told)

    def _watched(self, aid: str, tid: str, told: queue.Queue[str]) -> tuple[int, str]:
        """Commit two versions in turn, and wait for a reading of each in the cloud."""
        until = time.monotonic() + _LIMIT_S
        for version in ("one", "two"):
            app = {"worker_task.py": _WORKER % version, "management_task.py": _MANAGEMENT}
            self._admin.commit(aid, app)
            kept = 0
            while not kept:
                why = _trouble(told)
                if why or time.monotonic() > until:
                    return 0, why or "it takes too long"
                kept = self._kept(tid, version)
        return kept, ""

    def _kept(self, tid: str, version: str) -> int:
        """Return the highest `kept` in the readings of an app's version; 0 if there is none."""
        try:
            found = [row["msg"] for row in self._admin.readings(tid)]
        except CloudFailure:
            return 0  # it has not registered yet
        return max([int(row["kept"]) for row in found if row["app"] == version] + [0])


def _own() -> int:
    """Return the bytes that MicroPython has in use before it imports anything."""
    with tempfile.TemporaryDirectory() as place:
        program = Path(place, "own.py")
        program.write_text("import gc\ngc.collect()\nprint(gc.mem_alloc())\n", encoding="ascii")
        line = [*interpreter.command(), str(program)]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        return int(done.stdout)


def _laid_out(place: Path, release: dict[str, bytes], rom: bool) -> str:
    """Write the release to disk; return the program that makes it importable."""
    if rom:
        image = romfs.make(release)
        (place / "image").write_bytes(image)
        return _FROM_ROM.format(code=place / "image", size=len(image))
    (place / "code").mkdir()
    for name, data in release.items():
        (place / "code" / name).write_bytes(data)
    return _FROM_FILES.format(code=place / "code")


def _trouble(told: queue.Queue[str]) -> str:
    """Return the last line that reports trouble, or ""; wait 50 ms for more output."""
    trouble = ""
    with contextlib.suppress(queue.Empty):
        while True:
            line = told.get(timeout=0.05)
            if not line:
                return trouble or "it ended"
            try:
                event: Any = json.loads(line)
                if isinstance(event, dict) and event["level"] not in ("debug", "info"):
                    return line.strip()
            except ValueError:
                trouble = line.strip()
    return trouble


@contextlib.contextmanager
def _running(line: list[str]) -> Iterator[queue.Queue[str]]:
    """Run a process, and yield a queue of its output lines; an empty one once it has ended."""
    told: queue.Queue[str] = queue.Queue()
    process = subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    out = process.stdout
    assert out is not None

    def read() -> None:
        for text in out:
            told.put(text)
        told.put("")

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield told
    finally:
        process.kill()
        process.wait()
        reader.join()
        out.close()


@contextlib.contextmanager
def lives(renamed: dict[str, str]) -> Iterator[Lives]:
    """Yield the lives of a new local cloud; `renamed`: the names that the build assigned."""
    names = {"compose": renamed[_COMPOSE], "live": renamed[_LIVE]}
    with served() as (admin, url):
        yield Lives(admin, url, names)


@contextlib.contextmanager
def served(dist: Path | None = None) -> Iterator[tuple[AdminClient, str]]:
    """Serve a local cloud; yield its administrator and its URL. `dist`: its OS releases."""
    with tempfile.TemporaryDirectory() as place:
        server = CloudServer(ServerOptions(data=Path(place), port=0, dist=dist))
        news: queue.Queue[Ready | CloudFailure] = queue.Queue()

        def run() -> None:
            try:
                server.run(news.put)
            except CloudFailure as error:
                news.put(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        ready = news.get(timeout=20)
        if isinstance(ready, CloudFailure):
            raise SlimError("the local cloud does not start: %s" % ready)
        admin = AdminClient.from_data(Path(place))
        try:
            yield admin, ready.url
        finally:
            admin.close()
            server.stop()
            thread.join(20)
