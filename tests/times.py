"""Record how long tests take in .tox/times/ENVIRONMENT.json, for `pythings test --times`."""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from pathlib import Path

import pytest

SLOWEST = 20


class Recorder:
    """A pytest plugin that adds up set-up, call and tear-down of each test."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one phase of one test."""
        self.seconds[report.nodeid] += report.duration

    def pytest_unconfigure(self) -> None:
        """Write the record, under tox only: a run by hand is about a few tests."""
        environment = os.environ.get("TOX_ENV_NAME")
        if not environment or not self.seconds:
            return
        folder = Path(os.environ["TOX_WORK_DIR"]) / "times"
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._record(environment), indent=1)
        (folder / (environment + ".json")).write_text(text + "\n", encoding="utf-8")

    def _record(self, environment: str) -> dict[str, object]:
        ran = os.times()
        slowest = sorted(self.seconds.items(), key=lambda item: -item[1])[:SLOWEST]
        return {
            "environment": environment,
            "tests": len(self.seconds),
            "seconds": round(time.monotonic() - self.started, 1),
            # Workers end before this: they and the processes they started are in it.
            "cpu_seconds": round(sum(ran[:4]), 1),
            "load_average": round(os.getloadavg()[1], 1),
            "slowest": [{"test": test, "seconds": round(spent, 1)} for test, spent in slowest],
        }
