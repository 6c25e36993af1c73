"""What all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

# The same tests run on each Python, each time with other examples. How long one takes says more
# about the machine than about us.
settings.register_profile("many pythons", max_examples=50, deadline=None)
settings.load_profile("many pythons")

_TOOLS = ("build", "firmware", "modem", "release", "simulator", "slim")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of what runs on a developer's machine only."""
    for item in items:
        if item.path.parent.name in _TOOLS:
            item.add_marker("tools")
