"""Patches for `domain/os_update/patch.py`: files of a release, derived from another release."""

from __future__ import annotations

from collections.abc import Mapping

from domain.os_update.patch import CHANGED, END, MOVED

_SHORTEST = 5  # bytes: the shortest piece worth a copy from elsewhere
_CHANGED = 4  # up to so many new bytes are written as differences to the old, which compress better
_TRIED = 64  # places: a file of equal bytes has one for each of them


def between(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> bytes:
    """Return the patch with a record for each file that has changed or is new."""
    changed = sorted(name for name in new if old.get(name) != new[name])
    records = [_record(name, _steps(old.get(name, b""), new[name])) for name in changed]
    return b"".join(records) + _record(END, b"")


def _record(name: str, steps: bytes) -> bytes:
    return _number(len(name)) + _number(len(steps)) + name.encode() + steps


def _steps(old: bytes, new: bytes) -> bytes:
    """Derive the new file: at each place copy the longest piece of the old file, if long enough."""
    places: dict[bytes, list[int]] = {}
    for at in range(len(old) - _SHORTEST + 1):
        places.setdefault(old[at : at + _SHORTEST], []).append(at)
    made = bytearray()
    begin = at = 0  # of the new bytes; in the new file
    beside = 0  # the place in the old file, if the new bytes replace as many of it
    while at < len(new):
        found = places.get(new[at : at + _SHORTEST], [])[:_TRIED]
        size, _, place = max(
            (_same(old, one, new, at), -abs(one - beside), one) for one in [beside, *found]
        )
        if size < (1 if place == beside else _SHORTEST):
            at += 1
            beside += 1
            continue
        made += _step(new[begin:at], old[beside - at + begin : beside], place - beside, size)
        at += size
        begin, beside = at, place + size
    if begin < at:
        made += _step(new[begin:at], b"", 0, 0)
    return bytes(made)


def _same(old: bytes, place: int, new: bytes, at: int) -> int:
    """Count the equal bytes from `place` in the old file and `at` in the new one."""
    size = 0
    most = min(len(old) - place, len(new) - at)
    while size < most and old[place + size] == new[at + size]:
        size += 1
    return size


def _step(new: bytes, old: bytes, move: int, size: int) -> bytes:
    kind = MOVED if move else 0
    if 0 < len(new) == len(old) <= _CHANGED:
        kind += CHANGED
        new = bytes((ours - theirs) & 255 for ours, theirs in zip(new, old))
    way = b"" if not move else _number(move * 2 if move > 0 else -move * 2 - 1)
    return _number(len(new) * 4 + kind) + way + _number(size) + new


def _number(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    made.append(number)
    return bytes(made)
