"""The time from the start of a Linux Thing's process to its first exchanges."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from app.demo import apps
from app.demo.stage import Stage
from tests.bench.figure import Figure

_TURNS = 5


def measure() -> Iterator[Figure]:
    """Yield the medians of several starts of a Thing that has its app, and a bare Python's."""
    bare, session, reading = [], [], []
    with Stage(lambda who, event: None) as stage:
        stage.start_cloud()
        aid = stage.admin.create_app("Bench")
        stage.admin.commit(aid, apps.good("one"))
        quick = {"management_interval": "2", "worker_interval": "600", "ssl": False}
        stage.admin.set_pool(aid, "development", {**quick, "payload_encryption": False})
        for turn in range(_TURNS + 1):
            bare.append(_bare())
            begun = time.time()
            thing = stage.start_thing("--tid", "bench", "--aid", aid)
            first = stage.thing_tells("its session", event="session")
            told = stage.thing_tells("its reading", event="delivered")
            thing.stop()
            if turn:  # the first one installs the app
                session.append(first["t"] - begun)
                reading.append(told["t"] - begun)
    python = statistics.median(bare)
    yield Figure("start of a bare Python", python * 1000, "ms", 49)
    yield Figure("Linux, start to registered", statistics.median(session) * 1000, "ms", 107)
    yield Figure("Linux, start to first reading", statistics.median(reading) * 1000, "ms", 259)


def _bare() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - begun
