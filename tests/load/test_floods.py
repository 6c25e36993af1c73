"""Under all floods at once every call of an honest Thing is answered, and nothing grows."""

import pytest

from tests.everywhere import kept
from tests.load import floods


@pytest.mark.slow
@pytest.mark.parametrize("tls", kept([True, False], True))
def test_an_honest_thing_is_answered(tls):
    # `python -m tests.load.floods` measures the speed, on a machine that does nothing else.
    figures = floods.run(4.0, tls)
    assert figures.bounded(), list(figures.lines())
