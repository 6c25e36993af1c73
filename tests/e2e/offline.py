"""A Thing with the storage and the queue of a Linux machine and a simulated clock: a week takes
a minute. Run as a program it is off line and tells each hour how many readings wait."""

from __future__ import annotations

import argparse
import errno
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.linux.storage import LinuxStorage
from app.runtime.linux_loop import end
from domain.readings.backlog import MEMORY_SHARE, READING, Backlog
from domain.thing import Thing
from tests.fakes.apphost import FakeAppHost
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import DOWN, FakeCloud
from tests.fakes.console import FakeConsole
from tests.fakes.thing import make_runner, make_thing

HOUR = 3600
EXCHANGE_MS = 20  # over a network that is neither good nor bad


class Restart(BaseException):
    """The machine restarts."""


class Apps(FakeAppHost):
    """An app host with a worker that numbers its readings."""

    def __init__(self, numbers: Iterator[int]) -> None:
        super().__init__()
        self.numbers = numbers

    def call(self, task: str, data: Any, limit_ms: int) -> Any:
        return {"n": next(self.numbers)} if task == "worker" else None


class Console(FakeConsole):
    """A console that drops the debug events, which each reading causes."""

    def event(self, level: int, name: str, fields: dict[str, Any]) -> None:
        if level > 10:
            super().event(level, name, fields)


class OneCloud(FakeCloud):
    """A cloud where each exchange takes `EXCHANGE_MS`; it records the times of management only."""

    def __init__(self) -> None:
        super().__init__(epoch=0)
        self.settings["worker_interval"] = "1"
        self.apps["1"] = {"worker_task.py": "", "management_task.py": ""}
        self.settings["app_version"] = "1"
        self.managed: list[int] = []
        self.offered = 0  # readings, accepted or not
        self.on_call = self._called

    def _called(self, name: str) -> None:
        self.calls.clear()
        self.clock.now += EXCHANGE_MS
        self.offered += name == "reading"
        if name == "management":
            self.managed.append(self.clock.now)


class Life:
    """The life of the Thing in the folder `root` from `epoch` on; its readings count from `number`
    on. `memory`: readings that fit there."""

    def __init__(
        self, root: Path, epoch: int, cloud: FakeCloud, number: int, memory: int = 10_000
    ) -> None:
        self.root, self.cloud, self.memory = root, cloud, memory
        self.numbers = itertools.count(number)
        self.clock = cloud.clock = FakeClock(epoch * 1000, epoch)
        self.console = Console()
        self.begin()

    def begin(self) -> None:
        """Start the machine."""
        storage: Any = LinuxStorage(str(self.root))
        self.thing: Thing = make_thing(
            clock=self.clock,
            storage=storage,
            cloud=self.cloud.restart(),
            apps=Apps(self.numbers),
            console=self.console,
        )
        self.thing.queue = Backlog(storage, self.memory * READING * MEMORY_SHARE)
        system: Any = self.thing.system
        system.on_restart = self._restart
        self.runner = make_runner(self.thing)

    def _restart(self) -> None:
        raise Restart

    def until(self, epoch: int) -> None:
        """Run until that time."""
        while self.clock.now < epoch * 1000:
            try:
                self.runner.step()
            except Restart:
                self.begin()


class Filler:
    """A file that takes all the free space beside the Thing, until it is cleared."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self) -> None:
        try:
            with self.path.open("wb", buffering=0) as file:
                while file.write(b"x" * 4096):
                    pass
        except OSError as error:
            assert error.errno == errno.ENOSPC

    def clear(self) -> None:
        self.path.unlink()


def main() -> None:
    """Run off line between the first two times, with a full disk between the next two, if given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("memory", type=int)
    parser.add_argument("number", type=int)
    parser.add_argument("times", type=int, nargs="+")
    options = parser.parse_args()
    cloud = OneCloud()
    cloud.down = DOWN
    start, stop, *full = options.times
    life = Life(options.root, start, cloud, options.number, options.memory)
    filler = Filler(options.root.parent / "filler")
    acts = dict(zip(full, (filler.fill, filler.clear)))
    for hour in sorted({*range(start + HOUR, stop, HOUR), *full, stop}):
        life.until(hour)
        acts.get(hour, lambda: None)()
        print(life.thing.queue.waiting(), flush=True)
    end(life.thing)


if __name__ == "__main__":
    main()
    os._exit(0)  # nothing more may be written
