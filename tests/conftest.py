"""Hooks for all tests: marks, an order that keeps all workers busy, the record of times."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests import times

# Helpers assert, too: they are to show the values that they compared.
_FOLDERS = ("console", "contract", "e2e", "fakes", "fault", "fuzz", "load", "security", "unit")
pytest.register_assert_rewrite(*("tests." + folder for folder in _FOLDERS))

# The same tests run on each Python, each time with other examples; tox's `tests` draws the most.
# The duration of an example says more about the machine than about the code.
_EXAMPLES = int(os.environ.get("PYTHINGS_EXAMPLES", "50"))
settings.register_profile("many pythons", max_examples=_EXAMPLES, deadline=None)
settings.load_profile("many pythons")

_TOOLS = ("build", "firmware", "modem", "release", "simulator", "slim")

# The tests of these folders share fixtures that take seconds to make: one worker runs them all.
_SHARING = (
    "tests/unit/firmware/",
    "tests/unit/release/",
    "tests/unit/slim/",
    "tests/unit/cloud/test_proxied.py",
    "tests/conformance/",
    "tests/e2e/test_package.py",
    "tests/security/test_what_is_verified_is_what_is_used.py",
    "tests/security/test_who_may_manage_what.py",
    "tests/unit/micropython/test_same_bytes.py",
)

# Counting makes a test two to three times as slow, and adds a third of a second to each process
# that it starts. The code of these is counted in other tests: the gates hold without them.
_UNCOUNTED = (
    "tests/conformance/",
    "tests/fuzz/",
    "tests/load/",
    *("tests/e2e/test_%s.py" % name for name in ("faults_app", "faults_cloud", "faults_settings")),
    *("tests/e2e/test_%s.py" % name for name in ("backlog", "faults_before_the_cloud", "hunts")),
    *("tests/e2e/test_%s.py" % name for name in ("identity", "kills", "modem", "os_update")),
    *("tests/e2e/test_%s.py" % name for name in ("package", "recordings", "traffic")),
    "tests/e2e/test_two_with_one_id.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Take the times of this run; record them in the process that gets the reports of all tests."""
    # In a process that a shell started in the background, Ctrl-C is ignored, in its children too.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    config.pluginmanager.register(times.Clock())
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(times.Recorder())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among modules and tests, which stay: half of the time of a collection."""
    gc.disable()
    try:
        return (yield)
    finally:
        if hasattr(gc, "freeze"):  # not on PyPy
            gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder; put the longest first, so that none is left over at the end."""
    for item in items:
        folder = item.path.parent.name
        if folder in _TOOLS:
            item.add_marker("tools")
        if _uncounted(item):
            item.add_marker("no_cover")
    items.sort(key=_turn)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test that is not counted start no processes that coverage measures."""
    with pytest.MonkeyPatch.context() as patch:
        if _uncounted(item):
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        return (yield)


def _uncounted(item: pytest.Item) -> bool:
    """Return whether a test runs without coverage. Random examples reach a line by luck only."""
    marked = item.get_closest_marker("slow") or item.get_closest_marker("hypothesis")
    return bool(marked) or item.nodeid.startswith(_UNCOUNTED)


def _turn(item: pytest.Item) -> int:
    folders = item.path.parts
    if "e2e" in folders or "conformance" in folders or item.get_closest_marker("slow"):
        return 0
    # Coverage forgets the threads of a server that others share when it pauses for one test.
    return 2 if _uncounted(item) else 1


class Together(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """A scheduler that deals out tests one by one, but folders with shared fixtures to one worker.

    `--dist loadgroup` would do, but loses its groups with pytest 9.2, which changes the `nodeid`.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in _SHARING if nodeid.startswith(folder)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Schedule by shared fixtures, for every value of `--dist`."""
    return Together(config, log)
