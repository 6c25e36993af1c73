"""The exploration: every order of moves from a first state, breadth first."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from domain.health import journal as journals
from tests.fakes.quick import one_engine, whole_waits
from tests.fault.world import Broken, Watch
from tests.model.futures import Futures
from tests.model.moves import FOCI, MOVES
from tests.model.snapshot import digest, frozen, thawed
from tests.model.world import ModelWorld

FIRST_OS = "2.0.5"
STARTS = ("works", "new", "app on trial", "OS on trial")

Path = tuple[str, ...]


class Counterexample(Exception):
    """A broken law: `path`: the moves that lead to it, from `start`; `why`: the law and more."""

    def __init__(self, start: str, focus: str, path: Path, why: str) -> None:
        super().__init__(why)
        self.start, self.focus, self.path, self.why = start, focus, path, why


@contextmanager
def quick_domain() -> Iterator[None]:
    """Prepare the domain for the model."""
    with one_engine(), whole_waits():
        yield


def first(name: str) -> ModelWorld:
    """Return a first state: an empty device, or a Thing that works, maybe with a trial."""
    world = ModelWorld()
    world.want_app("g0")
    if name == "new":
        return world
    world.run(lambda: _quiet(world) and world.thing.journal.app.version == "g0", "app")
    world.publish_os(FIRST_OS)
    world.run(lambda: _quiet(world) and world.thing.version == FIRST_OS, "OS")
    world.settles()
    if name == "app on trial":
        world.want("g")
        world.run(lambda: bool(world.thing.journal.app.trial), name)
    if name == "OS on trial":
        world.want("0")
        world.run(lambda: bool(world.thing.journal.os.trial), name)
    return world


def _quiet(world: ModelWorld) -> bool:
    return world.runner.machine.state == "run" and not journals.on_trial(world.thing.journal)


def act(world: ModelWorld, move: str, settle: bool) -> None:
    """Make a move, let it take effect, and check the laws that must hold then."""
    world.cloud.tries = []
    MOVES[move](world)
    world.settles() if settle else world.passes()
    world.ghost.account(world, "this move")


class Exploration:
    """Every order of the moves of one focus from one first state, a depth at a time."""

    def __init__(self, focus: str, start: str, futures: Futures) -> None:
        self.focus, self.start, self.futures = focus, start, futures
        self.moves = FOCI[focus].moves()
        self.settle = FOCI[focus].settle
        self.level: list[tuple[bytes, Path]] = []
        self.seen: set[bytes] = set()
        self.depth = self.paths = 0
        self.by_depth: list[int] = []
        self.seconds = 0.0

    def cost(self) -> int:
        """Return how much the next depth costs: paths, thrice for Things that rarely live so."""
        rare = 1 if self.start == STARTS[0] else 3
        return rare * len(self.level) * len(self.moves) if self.seen else rare

    def deepen(self, until_s: float = float("inf")) -> bool:
        """Try all moves from the newest states; return False if the time `until_s` came first.

        Raises `Counterexample`."""
        begun = time.process_time()
        if not self.seen:
            self._begin()
        following: list[tuple[bytes, Path]] = []
        for data, path in self.level:
            for move in self.moves:
                if time.process_time() > until_s:
                    return False
                self._try(data, (*path, move), following)
        self.level = following
        self.depth += 1
        self.by_depth.append(len(following))
        self.seconds += time.process_time() - begun
        return True

    def _begin(self) -> None:
        try:
            data = frozen(first(self.start))
            self.seen.add(digest(thawed(data)))
            self.futures.check(data)
        except Broken as broken:
            raise Counterexample(self.start, self.focus, (), str(broken)) from None
        self.level = [(data, ())]

    def _try(self, data: bytes, path: Path, following: list[tuple[bytes, Path]]) -> None:
        world = thawed(data)
        self.paths += 1
        try:
            act(world, path[-1], self.settle)
            state = digest(world)
            if state in self.seen:
                return
            self.seen.add(state)
            after = frozen(world)
            self.futures.check(after)
        except Broken as broken:
            raise Counterexample(self.start, self.focus, path, str(broken)) from None
        following.append((after, path))


def play(start: str, settle: bool, path: Path, watch: Watch) -> None:
    """Play one path, and both futures behind it; raise `Broken` if a law does not hold."""
    world = first(start)
    for number, move in enumerate(path, 1):
        world.watch = watch
        world.say("MOVE", number=number, move=move)
        act(world, move, settle)
    Futures(watch).check(frozen(world))
