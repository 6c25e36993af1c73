"""Waits of the backoff: within their window, and over the whole of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.health.backoff import BASE_S, CAP_S, wait_ms, window


def test_windows():
    assert BASE_S == 10
    assert [window(tries, 10) for tries in range(8)] == [10, 20, 40, 80, 160, 300, 300, 300]
    assert [window(tries, 1) for tries in range(8)] == [1, 2, 4, 8, 16, 32, 32, 32]
    assert [window(tries, 60) for tries in range(4)] == [60, 120, 240, 300]


@given(st.integers(0, 10**9), st.integers(1, 10), st.integers(0, 65535))
def test_a_wait_is_in_its_window(tries, base, chance):
    assert base <= window(tries, base) <= CAP_S == 300
    assert 0 <= wait_ms(tries, base, chance) < window(tries, base) * 1000
    assert window(tries + 1, base) >= window(tries, base)


def test_the_whole_window_is_used():
    assert wait_ms(0, 10, 0) == 0
    assert wait_ms(0, 10, 32768) == 5000
    assert wait_ms(0, 10, 65535) == 9999
    assert wait_ms(9, 10, 32768) == 150_000
