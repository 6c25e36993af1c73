"""The two engines of the lifecycle, and the payload cipher beside AES in plain Python."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from adapters.cloud import cipher
from adapters.cloud.box import Box
from adapters.linux.crypto import LinuxCrypto
from build.slim import engine
from build.slim.model import Program, load
from domain import machine
from domain.lifecycle import BOOTED, FAULT, LINKED, REGISTERED, RESTART
from tests.bench import textbook
from tests.bench.figure import Figure

_ROUND = (BOOTED, LINKED, REGISTERED, FAULT, RESTART)
_BODY = b'{"temperature": 21.5}' * 205  # 4 kB
_TURN_S = 0.3


def measure() -> Iterator[Figure]:
    """Yield transitions per second and bytes per second; the pairs are measured in turns."""
    library, generated = machine.Machine(), compact()
    ours, theirs = in_turns(lambda: go_round(generated), lambda: go_round(library))
    ours, theirs = ours * len(_ROUND), theirs * len(_ROUND)
    yield Figure("transitions of the lifecycle, `transitions`", theirs, "/s", least=45000)
    yield Figure("the same, the boards' engine on CPython", ours, "/s")
    yield Figure("the boards' engine, times `transitions`", ours / theirs, "", least=20)
    crypto, key = LinuxCrypto(), bytes(16)
    box, aes = Box(crypto, key, key), crypto.aes(key)
    plain = textbook.Aes(key)
    fast, slow = in_turns(
        lambda: box.request(aes, _BODY), lambda: cipher.encrypt(plain, _BODY.decode())
    )
    size = len(_BODY) / 1000
    yield Figure("payload encryption on Linux, mode 2", fast * size, "kB/s", before=66)
    yield Figure("the same, times mode 1 with AES in plain Python", fast / slow, "", least=50)


def in_turns(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """Return the calls per second of both: the best of three turns each."""
    best = [0.0, 0.0]
    for _ in range(3):
        for at, call in enumerate((ours, theirs)):
            best[at] = max(best[at], _per_second(call))
    return best[0], best[1]


def _per_second(call: Callable[[], object]) -> float:
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < _TURN_S:
        for _ in range(10):
            call()
        count += 10
    return count / (time.perf_counter() - begun)


def go_round(model: machine.Machine) -> None:
    """Take a machine through its states, from `boot` to `boot`."""
    fire = model.fire
    for event in _ROUND:
        fire(event)


def compact() -> machine.Machine:
    """Return a machine of the class that the build generates for boards."""
    program = Program(load([engine.MACHINE, engine.LIFECYCLE]), (), {}, "")
    engine.engine(program)
    scope: dict[str, type[machine.Machine]] = {}
    exec(compile(program.modules[engine.MACHINE].tree, "engine", "exec"), scope)
    return scope["Machine"]()
