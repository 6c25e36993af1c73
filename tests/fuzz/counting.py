"""The cost of a parser, counted: the bytes that it copies, and the memory that it holds."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any, Callable


class Counted(bytes):
    """Bytes that count, in `copied`, the bytes that their slices and sums copy."""

    copied = 0

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        if isinstance(found, bytes):
            Counted.copied += len(found)
        return found

    def __radd__(self, before: bytes) -> bytes:
        Counted.copied += len(before) + len(self)
        return bytes.__add__(before, self)

    def __add__(self, behind: Any) -> bytes:
        Counted.copied += len(behind) + len(self)
        return super().__add__(behind)


def peak(work: Callable[[], Any]) -> int:
    """Return the most bytes of memory that `work` has held at once."""
    gc.collect()  # or garbage of before, which is taken out meanwhile, would count
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut `data` into pieces at these places, as far as they are in it."""
    at = [0, *sorted({min(place, len(data)) for place in places}), len(data)]
    return [data[begin:end] for begin, end in zip(at, at[1:])]


def bytewise(data: bytes) -> list[bytes]:
    """Cut `data` into single bytes."""
    return [data[at : at + 1] for at in range(len(data))]
