"""A cloud, and apps, with faults that are plain values: a state of the model can be copied."""

from __future__ import annotations

from functools import cache
from typing import Any

from domain.errors import AppError, CloudError, LinkError
from tests.fakes.apphost import FakeAppHost
from tests.fakes.cloud import CUT, TROUBLE, FakeCloud
from tests.fault.world import Broken, release_folder
from tests.model.laws import WAITS

DEAD = "dead.example.org"  # a backend that does not exist
BUSY_S = 900


class Reset(BaseException):
    """The hardware resets: a watchdog, or a crash in a driver."""


@cache
def _releases() -> dict[str, Folder]:
    return {}


class Folder(dict[str, bytes]):
    """The files of a release; a copy of the state holds only its version."""

    version = ""

    def __reduce__(self) -> Any:
        return folder, (self.version,)


def folder(version: str) -> Folder:
    """Return the release of this version."""
    known = _releases()
    if version not in known:
        known[version] = Folder(release_folder(version))
        known[version].version = version
    return known[version]


class ModelCloud(FakeCloud):
    """`trouble`: each call ends in a 502; `busy`: the next one is told to come back in BUSY_S;
    `lose`: the next reading's request or answer is lost; `refuse_next`: a filter refuses the next
    reading for ever; `bug`: the next call raises in the Thing's own code; `spoils`: a fetch of an
    update ends in MemoryError or a reset; `slow`: ms that an exchange takes."""

    def __init__(self) -> None:
        super().__init__()
        self.dead_backends = {DEAD}
        self.trouble = self.busy = self.refuse_next = self.bug = self.deaf = False
        self.lose = self.spoils = ""
        self.slow = 0
        self.told_until = 0
        self.met = ""  # the backend of the last exchange
        self.refused: set[int] = set()
        self.exchanges = self.delivered = 0
        self.tries: list[tuple[str, str, int]] = []  # (kind, version, ms)
        self.untimed: set[int] = set()  # readings without a time of their own

    def heal(self) -> None:
        """Remove all faults but those that a person's own filter makes."""
        super().heal()
        self.dead_backends = {DEAD}
        self.trouble = self.busy = self.refuse_next = self.bug = self.deaf = False
        self.lose = self.spoils = ""
        self.slow = self.told_until = 0

    def _call(self, name: str, *arguments: Any, session: bool = True) -> Any:
        if self.clock.now < self.told_until:
            left = (self.told_until - self.clock.now) // 1000
            raise Broken("%s: it asks %d s sooner than it was told" % (WAITS, left))
        if self.bug:
            self.bug = False
            raise RuntimeError("a bug of the OS")
        if self.down is None and self.deaf:
            raise LinkError("timeout", "an OS that cannot speak to its cloud")
        if self.down is None and self.busy:
            self.busy = False
            self.told_until = self.clock.now + BUSY_S * 1000
            error = CloudError("trouble", "the cloud is busy")
            error.wait_s = BUSY_S
            raise error
        if self.down is None and self.trouble:
            raise CloudError(TROUBLE.code, TROUBLE.text)
        if name in ("management", "reading"):
            self.clock.advance(self.slow)
        answer = super()._call(name, *arguments, session=session)
        self.calls.clear()
        return answer

    def management(self) -> tuple[dict[str, Any], tuple[str, str, Any] | None]:
        answer = super().management()
        self.exchanges += 1
        self.met = self.backend
        return answer

    def reading(self, message: Any, epoch: int | str | None) -> None:
        number = message["n"]
        if self.refuse_next:
            self.refuse_next = False
            self.refused.add(number)
        if number in self.refused:
            self._call("reading", message, epoch)
            raise CloudError("refused", "the cloud answers 403 - not this one")
        lost, self.lose = self.lose, ""
        if lost == "request":
            raise LinkError(CUT.code, CUT.text)
        if epoch is None:
            self.untimed.add(number)
        super().reading(message, epoch)
        self.delivered += 1
        if lost == "answer":
            raise LinkError(CUT.code, CUT.text)

    def app_files(self, version: str) -> list[str]:
        self._tried("app", version)
        return super().app_files(version)

    def os_file(self, version: str, platform: str, name: str) -> Any:
        if name == "release.txt":
            self._tried("os", version)
        return super().os_file(version, platform, name)

    def _tried(self, kind: str, version: str) -> None:
        if (kind, version, self.clock.now) not in self.tries[-1:]:  # else: without the app's memory
            self.tries.append((kind, version, self.clock.now))
        if self.spoils == "reset":
            raise Reset
        if self.spoils == "memory":
            raise MemoryError


class ModelApps(FakeAppHost):
    """Apps with versions that begin with a letter for their kind: `g` is good, the worker of `h`
    and the management task of `m` hang, `x` does not load, `s` spoils the memory of the OS."""

    def __init__(self, world: Any) -> None:
        super().__init__()
        self.world = world
        self.management = _echo
        self.executor = _ran
        self.version = ""
        self.hangs = False  # the app of any version hangs from now on
        self.slow = 0
        self.worked = 0
        self.returned: set[str] = set()

    def load(self, folder: str) -> None:
        self.version = self.world.thing.journal.app.version
        self.world.check_app(folder)
        self.returned = set()
        if self.version[:1] == "x":
            raise AppError("broken", "it does not load")
        super().load(folder)

    def call(self, task: str, data: Any, limit_ms: int) -> Any:
        self.calls.clear()
        hanging = {"h": "worker", "m": "management"}.get(self.version[:1])
        if self.hangs or task == hanging:
            self.world.thing.clock.advance(120_000)
            raise Reset
        if self.version[:1] == "s" and task == "worker":
            self.world.spoilt = True
        if task == "worker":
            self.world.thing.clock.advance(self.slow)
            self.worked += 1
        value = super().call(task, data, limit_ms)
        self.returned.add(task)
        return value


def _echo(data: Any) -> Any:
    return data


def _ran(source: str) -> str:
    return "ran " + source
