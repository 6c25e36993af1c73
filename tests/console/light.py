"""Things that take the versions that they are asked for, by API v1; some go back from a bad one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.patience import PATIENCE_S

BAD = "v3-bad"
PLATFORM = "esp32"
_PAUSE_S = 0.3  # between two turns of calls
_KINDS = {"app_version": ("app", "apps/get"), "pythings_version": ("os", "pythings/get")}


class LightThing:
    """A Thing that runs nothing; a `weak` one goes back from the version `BAD`."""

    def __init__(self, backend: str, aid: str, tid: str, weak: bool = False) -> None:
        self._url = backend + "/api/v1/"
        self._aid, self.tid, self._weak = aid, tid, weak
        self._runs = {"app_version": "0", "pythings_version": "v1"}
        self._refused = ""
        self._register("OK")

    def turn(self) -> None:
        """Make a management call, and take the versions that it asks for."""
        settings = self._post("apps/management")["settings"]
        for name, (kind, files) in _KINDS.items():
            wanted = settings.get(name) or self._runs[name]
            if wanted in (self._runs[name], self._refused, "factory"):
                continue
            self._post(files, version=wanted, platform=PLATFORM, list=True)
            if wanted == BAD and self._weak:
                self._refused = wanted
                self.goes_back(kind, wanted)
            else:
                self._runs[name] = wanted
                self._register("OK")

    def goes_back(self, kind: str, version: str) -> None:
        """Register anew, and report that a version did not start."""
        self._register(f"KO: {kind} {version} taken back: it did not start")

    def _register(self, status: str) -> None:
        said = {"tid": self.tid, "aid": self._aid, "platform": PLATFORM, "capabilities": ""}
        self._token = ""
        self._token = self._post("things/register", pool="staging", **said, **self._runs)["token"]
        self._post("things/report", what="pythings", status=status)
        self._post("things/report", what="management", status="OK")

    def _post(self, path: str, **fields: Any) -> Any:
        fields |= {"token": self._token} if self._token else {}
        answer = requests.post(f"{self._url}{path}/", json=fields, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None


@contextmanager
def calling(things: list[LightThing]) -> Iterator[None]:
    """Have the Things call, one after the other, in a thread of its own."""
    over = threading.Event()

    def call() -> None:
        while not over.wait(_PAUSE_S):
            for thing in things:
                thing.turn()

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def releases(folder: Path, *versions: str) -> None:
    """Write OS releases that have a list of files, and no more."""
    for version in versions:
        release = folder / "PythingsOS" / version / PLATFORM
        release.mkdir(parents=True)
        (release / "files.txt").write_text("file:1500:version.py\nfile:500:b.py\n")
