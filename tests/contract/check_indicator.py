"""What an indicator promises."""

from __future__ import annotations

from typing import Callable

from domain.lifecycle import STATES
from ports.indicator import Indicator


def check_indicator(make: Callable[[], Indicator]) -> None:
    """`make()` gives an indicator, one that cannot be seen too. It raises for no name."""
    indicator = make()
    for state in (*STATES, *STATES, "nonsense", "", "../../etc/passwd", "x\0"):
        indicator.show(state)
        indicator.show(state)
