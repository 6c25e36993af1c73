"""The contract of indicators."""

from __future__ import annotations

from typing import Callable

from domain.lifecycle import STATES
from ports.indicator import Indicator


def check_indicator(make: Callable[[], Indicator]) -> None:
    """Check that an indicator raises for no name, even if it shows nothing."""
    indicator = make()
    for state in (*STATES, *STATES, "nonsense", "", "../../etc/passwd", "x\0"):
        indicator.show(state)
        indicator.show(state)
