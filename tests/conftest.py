"""What all tests share: marks, the order that keeps all workers busy, the record of times."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

from tests import times

# The same tests run on each Python, each time with other examples. How long one takes says more
# about the machine than about us.
settings.register_profile("many pythons", max_examples=50, deadline=None)
settings.load_profile("many pythons")

_TOOLS = ("build", "firmware", "modem", "release", "simulator", "slim")

# The tests of these folders share fixtures that take seconds to make: one worker has them all.
_SHARING = ("firmware", "release", "slim")


def pytest_configure(config: pytest.Config) -> None:
    """Record the times of this run, in the process that hears of all tests."""
    # Where a shell started this in the background, Ctrl-C is ignored, by our children too.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(times.Recorder())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder; put the longest first, so that none is left over at the end."""
    for item in items:
        folder = item.path.parent.name
        if folder in _TOOLS:
            item.add_marker("tools")
        if item.get_closest_marker("slow"):
            item.add_marker("no_cover")  # the measuring would double the time
        elif folder in _SHARING:
            item.add_marker(pytest.mark.xdist_group(folder))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folders = item.path.parts
    if "e2e" in folders or "conformance" in folders or item.get_closest_marker("slow"):
        return 0
    return 1
