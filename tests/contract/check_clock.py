"""The contract of clocks."""

from __future__ import annotations

from typing import Callable

from ports.clock import Clock

Make = Callable[[], Clock]

EPOCH = 1_900_000_000


def check_clock(make: Make) -> None:
    """Run the contract on clocks; `make()` returns one that has not been set."""
    for check in CHECKS:
        check(make)


def never_goes_back(make: Make) -> None:
    clock = make()
    seen = [clock.monotonic() for _ in range(1000)]
    assert seen == sorted(seen)
    assert all(isinstance(ms, int) for ms in seen)


def sleeps(make: Make) -> None:
    clock = make()
    before = clock.monotonic()
    clock.sleep(20)
    assert 20 <= clock.monotonic() - before < 5000


def does_not_sleep_for_nothing(make: Make) -> None:
    clock = make()
    before = clock.monotonic()
    clock.sleep(0)
    clock.sleep(-100_000)
    assert clock.monotonic() - before < 1000


def keeps_the_time_it_is_told(make: Make) -> None:
    clock = make()
    clock.set_epoch(EPOCH)
    assert clock.epoch() in (EPOCH, EPOCH + 1)
    clock.sleep(1100)
    assert clock.epoch() in (EPOCH + 1, EPOCH + 2)
    clock.set_epoch(EPOCH - 1_000_000)
    assert clock.epoch() in (EPOCH - 1_000_000, EPOCH - 999_999)


def tells_whole_seconds_or_nothing(make: Make) -> None:
    epoch = make().epoch()
    if epoch is not None:
        assert epoch == int(epoch) > 1_700_000_000


CHECKS = (
    never_goes_back,
    sleeps,
    does_not_sleep_for_nothing,
    keeps_the_time_it_is_told,
    tells_whole_seconds_or_nothing,
)
