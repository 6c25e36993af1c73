"""The setup portal, in which a person nearby configures the Thing, with no cloud."""

from __future__ import annotations

from typing import Protocol


class Portal(Protocol):
    """The portal, which writes its input into the parameter files. Raises `DeviceError`
    (`portal`)."""

    def offered(self) -> bool:
        """Return whether there is a portal on this board at all."""

    def asked(self) -> bool:
        """Return whether a person holds the button for it now."""

    def open(self, tid: str) -> None:
        """Open the portal, under a name made of `tid`."""

    def poll(self, limit_ms: int) -> tuple[bool, bool]:
        """Serve for at most `limit_ms`; return (a command was obeyed, it was `close`)."""

    def close(self) -> None:
        """Close the portal. Never raises."""
