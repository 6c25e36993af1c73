"""The mark of a test that repeats another one on one more board, database or size.

It seldom finds a fault that the first does not, and costs as much: tox's `everywhere` runs it
before a release.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

MARK = pytest.mark.everywhere


def kept(values: Iterable[Any], *here: Any) -> list[Any]:
    """Return parameters of a test: of these values, all but those named `here` get the mark."""
    found = list(values)
    assert set(here) <= set(found), "these are none of the values"
    return [value if value in here else pytest.param(value, marks=MARK) for value in found]
