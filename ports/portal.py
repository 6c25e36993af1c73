"""The setup portal: where a person nearby configures the Thing, with no cloud."""

from __future__ import annotations

from typing import Protocol


class Portal(Protocol):
    """Writes what it is told into the parameter files. Raises `DeviceError` (`portal`)."""

    def offered(self) -> bool:
        """Whether there is a portal on this board at all."""

    def asked(self) -> bool:
        """Whether a person holds the button for it now."""

    def open(self, tid: str) -> None:
        """Offer it, under a name made of `tid`."""

    def poll(self, limit_ms: int) -> tuple[bool, bool]:
        """Serve for at most `limit_ms`; gives (a command was obeyed, it was `close`)."""

    def close(self) -> None:
        """Stop offering it. Never raises."""
