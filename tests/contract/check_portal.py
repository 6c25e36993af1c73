"""The contract of setup portals."""

from __future__ import annotations

from typing import Callable

import pytest

from domain.errors import DeviceError
from ports.portal import Portal

# make(fault) returns an unused portal; with `fault`, one that cannot be opened.
Make = Callable[[bool], Portal]


def check_portal(make: Make) -> None:
    """Run the contract on portals made by `make`; one that is not offered may do nothing."""
    portal = make(False)
    assert portal.offered() in (True, False)
    portal.close()
    if not portal.offered():
        return
    for _ in range(2):
        portal.open("T-1")
        assert portal.poll(10) == (False, False)
        portal.close()
        portal.close()
    portal = make(True)
    with pytest.raises(DeviceError) as caught:
        portal.open("T-1")
    assert caught.value.code == "portal"
    portal.close()
