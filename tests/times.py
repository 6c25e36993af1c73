"""Record how long tests take in .tox/times/ENVIRONMENT.json, for `pythings test --times`."""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

SLOWEST = 20
CPU = "CPU seconds"


def cpu_seconds() -> float:
    """Return the CPU time of this process, and of the processes it has started and waited for."""
    return sum(os.times()[:4])


class Clock:
    """A pytest plugin that adds to each phase of a test the CPU time that it took.

    On a loaded machine it says more than seconds do. Processes that still run are not in it yet.
    """

    def __init__(self) -> None:
        self.before = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        """Start to count CPU time."""
        self.before = cpu_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, pytest.TestReport]:
        """Add the CPU time to the report, which goes from the worker to the main process."""
        report: pytest.TestReport = yield
        now = cpu_seconds()
        report.user_properties = [*report.user_properties, (CPU, now - self.before)]
        self.before = now
        return report


class Recorder:
    """A pytest plugin that adds up set-up, call and tear-down of each test."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.seconds: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one phase of one test."""
        self.seconds[report.nodeid] += report.duration
        for name, spent in report.user_properties:
            if name == CPU and isinstance(spent, float):
                self.cpu[report.nodeid] += spent

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
        slowest = sorted(self.seconds, key=lambda test: -self.seconds[test])[:SLOWEST]
        return {
            "environment": environment,
            "tests": len(self.seconds),
            "seconds": round(time.monotonic() - self.started, 1),
            # Workers end before this: they and the processes they started are in it.
            "cpu_seconds": round(cpu_seconds(), 1),
            "load_average": round(os.getloadavg()[1], 1),
            "slowest": [self._row(test) for test in slowest],
            "folders": self._folders(),
        }

    def _row(self, test: str) -> dict[str, object]:
        return {
            "test": test,
            "seconds": round(self.seconds[test], 1),
            "cpu_seconds": round(self.cpu[test], 1),
        }

    def _folders(self) -> list[dict[str, object]]:
        """Return the sums of the tests of each folder, most CPU time first."""
        sums: dict[str, tuple[int, float, float]] = defaultdict(lambda: (0, 0.0, 0.0))
        for test, seconds in self.seconds.items():
            folder = test.split("::")[0].rpartition("/")[0]
            count, wall, cpu = sums[folder]
            sums[folder] = count + 1, wall + seconds, cpu + self.cpu[test]
        names = ("tests", "seconds", "cpu_seconds")
        return [
            {"folder": folder, **{name: round(value, 1) for name, value in zip(names, found)}}
            for folder, found in sorted(sums.items(), key=lambda item: -item[1][2])
        ]
