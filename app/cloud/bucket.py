"""A token bucket for each address, which limits the requests of strangers.

A Thing with a proved session is no stranger: a whole mobile network can be one address. The
limits are those of one process.
"""

from __future__ import annotations

import time
from collections.abc import Callable

RATE = 50.0  # tokens a second
_BURST_S = 10  # seconds' worth of tokens in a full bucket
_MOST = 10_000  # addresses that are remembered


class Buckets:
    """A bucket of `rate` tokens a second for each address; rate 0 is no limit."""

    def __init__(self, rate: float = RATE, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        # By address: when its bucket will be full again. The one changed last is the last.
        self._full_at: dict[str, float] = {}

    def empty(self, address: str) -> bool:
        """Tell whether the address has used all its tokens for now."""
        full_at = self._full_at.get(address, 0.0)
        return self._rate > 0 and full_at - self._clock() >= _BURST_S

    def take(self, address: str, tokens: float) -> None:
        """Take tokens from the bucket of an address, even more than it holds."""
        if self._rate <= 0:
            return
        now = self._clock()
        full_at = max(self._full_at.pop(address, now), now) + tokens / self._rate
        self._full_at[address] = full_at
        if len(self._full_at) > _MOST:
            self._full_at = {a: at for a, at in self._full_at.items() if at > now}
        while len(self._full_at) > _MOST:
            del self._full_at[next(iter(self._full_at))]
