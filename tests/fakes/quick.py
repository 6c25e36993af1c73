"""The domain without waiting in small pieces: each wait ends when something is due.

The OS waits a second at a time, as a watchdog is to be fed and a person may type. Where neither
exists, as in a model or a simulated fleet, that only takes time. The traces are the same, which
`tests/fleet/test_fleet.py` checks.
"""

from __future__ import annotations

import copyreg
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock

from domain import machine
from domain.lifecycle import BOOT
from domain.states import recover, run

_LONG_MS = 86_400_000


@cache
def _engine() -> Any:
    return machine.Machine()._engine


def _shared(self: machine.Machine) -> None:
    self._engine = _engine()
    self.state = BOOT


def _in_state(state: str) -> machine.Machine:
    made = machine.Machine()
    made.state = state
    return made


def _reduced(made: machine.Machine) -> Any:
    return _in_state, (made.state,)


@contextmanager
def whole_waits() -> Iterator[None]:
    """Let each wait of the states run and recover end when something is due."""
    with (
        mock.patch.object(run, "TICK_MS", _LONG_MS),
        mock.patch.object(recover, "TICK_MS", _LONG_MS),
    ):
        yield


@contextmanager
def one_engine() -> Iterator[None]:
    """Let all machines share one engine, which takes a while to make; they can be copied."""
    _engine()
    copyreg.pickle(machine.Machine, _reduced)
    with mock.patch.object(machine.Machine, "__init__", _shared):
        yield
