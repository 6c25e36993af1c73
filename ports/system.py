"""The computer that the Thing runs on."""

from __future__ import annotations

from typing import Protocol


class System(Protocol):
    """Identity, restart and resources. Nothing blocks; nothing raises, but for `seal`."""

    def identity(self) -> str:
        """The Thing id (at most 36 characters): the same for the life of the hardware."""

    def platform(self) -> str:
        """The platform's name for the cloud, which also selects its OS releases."""

    def abi(self) -> str:
        """What modules of the OS must be made for: `mpy6` and the like, `py3` for source."""

    def reset_cause(self) -> str:
        """Why this run began: `power_on`, `restart` (asked for), `crash` (the last run did not
        end by itself), `watchdog`, `stopped` (the last run was told to end)."""

    def restart(self) -> None:
        """Start again from nothing. Does not return where the hardware can do it.

        Where that takes an end of this process, it raises SystemExit, and only that.
        """

    def stopped(self) -> None:
        """This run ends because somebody asked for it: the next one starts with `stopped`."""

    def watchdog(self, ms: int) -> None:
        """From now on, restart unless fed every `ms` milliseconds. Where there is a watchdog."""

    def feed(self, ms: int = 0) -> None:
        """Tell the watchdog that all is well. With `ms`, it waits no longer than that until the
        next time, where an app that hangs is nobody else's."""

    def seal(self, folder: str) -> None:
        """The files in this folder of the storage are a whole OS, verified, which is to be started
        next: put it where this machine runs it from. Takes seconds, or nothing.

        What the start does not need may be gone then. Raises DeviceError: then it cannot be
        started, and what runs is as it was.
        """

    def memory(self) -> tuple[int, int]:
        """(free, total) bytes for code and data."""
