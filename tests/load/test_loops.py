"""Both loops of the bench run, and every call of theirs is answered."""

import asyncio

import pytest

from tests.load import loops
from tests.load.requests import closed, opened


@pytest.mark.slow
def test_all_are_answered():
    # How fast is for `tox -e load` to say, on a machine that does nothing else.
    with loops.cloud("SQLite") as side:
        assert side.aid
        for figures in (
            asyncio.run(closed(side.url, side.aid, 16, 1.0, "t")),
            asyncio.run(opened(side.url, side.aid, 2500, 1.0)),
        ):
            assert figures.errors == []
            assert len(figures.times) >= 16
