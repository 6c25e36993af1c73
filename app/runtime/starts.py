"""The counter of starts that get nowhere, and the backoff before the next start.

The file `starts` holds "COUNT NUMBER": starts in a row that have not got as far as `boot`, which
saves the journal and so gives it another NUMBER. It lies in the flash, not in the RTC's memory,
which belongs to the app, and which an ESP32 loses with each reset before 1.22.
"""

from __future__ import annotations

_MOST = 10  # from there on it is neither counted nor written
_LONGEST_S = 60


def note(root: str, before: int, after: int) -> int:
    """Count this start, and return the count. The journal had the number `before` when the board
    started, and has `after` when the OS does."""
    count, number = _load(root)
    count = min(count + 1, _MOST) if number == before else 1
    _save(root, count, after)
    return count


def wait_s(root: str, number: int) -> int:
    """Return the seconds to wait after a failed start; `number`: of the journal, as it is now."""
    count = _load(root)[0] or _MOST  # a storage that cannot be written gets no more starts for that
    _save(root, count, number)
    return min(1 << count, _LONGEST_S)


def _load(root: str) -> tuple[int, int]:
    try:
        with open(root + "/starts") as file:
            count, number = file.read(32).split()
        return min(max(int(count), 0), _MOST), int(number)
    except (OSError, ValueError):
        return 0, 0


def _save(root: str, count: int, number: int) -> None:
    if _load(root) != (count, number):
        try:
            with open(root + "/starts", "w") as file:
                file.write("%d %d" % (count, number))
        except OSError:
            pass  # a count that is too low costs a few starts
