"""Ports that do nothing, for hardware that a board does not have: callers need not check."""

from __future__ import annotations


class NullPortal:
    """No setup portal: the Thing is configured by files or the command line."""

    def offered(self) -> bool:
        """Return False: there is no portal to offer."""
        return False

    def asked(self) -> bool:
        """Return False: there is no button."""
        return False

    def open(self, _tid: str) -> None:
        """Do nothing: there is no portal to open."""

    def poll(self, _limit_ms: int) -> tuple[bool, bool]:
        """Return (False, True): the portal is not in use, and setup need not wait."""
        return False, True

    def close(self) -> None:
        """Do nothing: there is no portal to close."""


class NullIndicator:
    """No light."""

    def show(self, _state: str) -> None:
        """Do nothing: there is no light."""
