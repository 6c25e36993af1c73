"""What a board has not: ports that do nothing, so that nobody has to ask."""

from __future__ import annotations


class NullPortal:
    """No setup portal: the Thing is configured by files or the command line."""

    def offered(self) -> bool:
        """False."""
        return False

    def asked(self) -> bool:
        """There is no button."""
        return False

    def open(self, _tid: str) -> None:
        """Nothing to open."""

    def poll(self, _limit_ms: int) -> tuple[bool, bool]:
        """Nobody uses it, and setup need not wait: (False, True)."""
        return False, True

    def close(self) -> None:
        """Nothing to close."""


class NullIndicator:
    """No light."""

    def show(self, _state: str) -> None:
        """Nothing to see."""
