"""The computer that the Thing runs on."""

from __future__ import annotations

from typing import Protocol


class System(Protocol):
    """The identity, restart and resources of a machine. Nothing blocks; nothing raises, but for
    `seal`."""

    def identity(self) -> str:
        """Return the Thing id (at most 36 characters): the same for the life of the hardware."""

    def platform(self) -> str:
        """Return the platform's name for the cloud, which also selects its OS releases."""

    def abi(self) -> str:
        """Return the format that modules of the OS must have: `mpy6` and the like, `py3` for
        source."""

    def reset_cause(self) -> str:
        """Return why this run began: `power_on`, `wake` (it has slept), `restart` (asked for),
        `crash` (the last run did not end by itself), `watchdog`, `stopped` (the last run was told
        to end)."""

    def restart(self) -> None:
        """Restart from nothing. Does not return where the hardware can do it.

        Where that takes an end of this process, it raises SystemExit, and only that.
        """

    def sleep(self, seconds: int, note: bytes) -> str:
        """Switch the machine off, or end this process, until `seconds` have passed, or for as long
        as it can if that is less; the next run's cause is `wake`. `note`, a JSON list, is kept for
        it where there is room. Does not return where the hardware can do it.

        Where that takes an end of this process, it raises SystemExit, and only that. With 0 seconds
        it only returns the reason why this machine cannot sleep, "" if it can.
        """

    def woken(self) -> tuple[int, bytes]:
        """Return the seconds since `sleep`, as far as the machine knows them, and its note, which
        is forgotten. Without one, anything that is no JSON list."""

    def stopped(self) -> None:
        """Record that this run ends on request: the next one starts with `stopped`."""

    def watchdog(self, ms: int) -> None:
        """Restart from now on unless fed every `ms` milliseconds, where there is a watchdog."""

    def feed(self, ms: int = 0) -> None:
        """Reset the watchdog's timer. With `ms`, it waits no longer than that for the next time,
        where nothing else guards against an app that hangs."""

    def seal(self, folder: str) -> None:
        """Prepare the files in this folder of the storage, a whole and verified OS, to be started
        next: put them where this machine runs them from. Takes seconds, or nothing.

        Files that the start does not need may be gone then. Raises DeviceError if that OS cannot be
        started; the running one is then unchanged.
        """

    def memory(self) -> tuple[int, int]:
        """Return the (free, total) bytes for code and data."""
