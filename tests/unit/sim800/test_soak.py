"""A whole Thing on a modem with every fault, time and again, in simulated time.

The domain, the gateway, the driver and the local cloud's answers are the real ones; only time, the
serial line and the modem behind it are simulated. PYTHINGS_SOAK=500 makes it long (`tox -e soak`).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.modem.faults import FAULTS, Faults
from domain.lifecycle import RUN
from tests.unit.sim800.soaking import World

CYCLES = int(os.environ.get("PYTHINGS_SOAK", "12"))


@pytest.fixture
def world(tmp_path: Path):
    made = World(tmp_path, 800)
    yield made
    made.store.close()


@pytest.mark.timeout(3000)
def test_every_fault_time_and_again(world: World):
    world.live(CYCLES // 3)
    objects = world.objects()
    world.live(CYCLES - CYCLES // 3)
    assert world.objects() < objects + 300  # the Thing's memory does not grow with time
    struck = dict(world.bench.machine.faults.struck)
    if CYCLES >= 500:
        assert set(struck) == set(FAULTS)
    assert sum(struck.values()) >= CYCLES // 3
    world.bench.machine.faults = Faults([])
    world.live(3)
    assert world.runner.machine.state == RUN
    assert world.thing.console.named("fault") == []
    readings = world.delivered()
    waiting = world.read - len(readings)
    assert readings == list(range(1, len(readings) + 1))  # none lost, none twice, in order
    assert waiting <= 2
    assert world.bench.modem.tries == 0
    print(
        "\n%d cycles in %d simulated hours, %d readings, faults: %s, %s"
        % (
            world.cycles,
            world.clock.now // 3_600_000,
            len(readings),
            struck,
            world.bench.machine.traffic.summary(),
        )
    )
