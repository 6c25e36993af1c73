"""The contract of systems."""

from __future__ import annotations

from typing import Callable

from ports.system import System

# make(cause) returns the system of a run with this reset cause, always on the same machine.
Make = Callable[[str], System]

CAUSES = ("power_on", "restart", "crash", "watchdog", "stopped")


def check_system(make: Make) -> None:
    """Run the contract on systems made by `make`, see `Make`."""
    for check in CHECKS:
        check(make)


def has_an_identity(make: Make) -> None:
    identity = make("power_on").identity()
    assert 1 <= len(identity) <= 36
    assert identity.isprintable()
    assert identity.strip() == identity
    assert make("crash").identity() == identity


def knows_its_platform(make: Make) -> None:
    platform = make("power_on").platform()
    assert 1 <= len(platform) <= 36


def knows_what_it_runs(make: Make) -> None:
    abi = make("power_on").abi()
    assert abi.startswith(("py", "mpy"))
    assert abi.isalnum()


def knows_why_it_runs(make: Make) -> None:
    for cause in CAUSES:
        system = make(cause)
        assert [system.reset_cause() for _ in range(3)] == [cause] * 3


def measures_memory(make: Make) -> None:
    free, total = make("power_on").memory()
    assert 0 < free <= total


def has_a_watchdog_or_none(make: Make) -> None:
    system = make("power_on")
    system.feed()
    system.watchdog(60_000)
    system.feed()
    system.feed(30_000)
    system.feed()


def has_nothing_to_do_for_an_os_that_is_started_from_its_files(make: Make) -> None:
    make("power_on").seal("os.a")


CHECKS = (
    has_an_identity,
    knows_its_platform,
    knows_what_it_runs,
    knows_why_it_runs,
    measures_memory,
    has_a_watchdog_or_none,
    has_nothing_to_do_for_an_os_that_is_started_from_its_files,
)
