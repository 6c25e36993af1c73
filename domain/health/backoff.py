"""The wait before the next try: exponential backoff with full jitter."""

from __future__ import annotations

BASE_S = 10
CAP_S = 300
DOUBLINGS = 5  # 10 s, 20 s, ... 300 s


def window(tries: int, base_s: int) -> int:
    """Return the longest wait in seconds after `tries` failures (0 at first), from `base_s`."""
    return int(min(CAP_S, base_s << min(tries, DOUBLINGS)))


def wait_ms(tries: int, base_s: int, chance: int) -> int:
    """Return a wait in ms, anywhere in the window; `chance` is a random number from 0 to 65535.

    The whole window is used, so that Things that lost the same server do not return all at once
    (full jitter, as in "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
    """
    return window(tries, base_s) * 1000 * chance // 65536
