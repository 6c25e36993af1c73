"""Readings on their way to the cloud: kept in order, over outages and restarts.

A reading goes from memory straight to the cloud while that works. When it does not, readings are
appended to segment files `queue.<number>`, one line each, with a CRC. What has been delivered of
the oldest segment is counted by the length of `queue.<number>.sent`, and a segment that is
delivered whole is removed. When all segments are full the oldest goes, and the loss is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain import record
from domain.errors import DeviceError

SEGMENT = 2048  # bytes: what fits in memory at once on the smallest board
SEGMENTS = 32
IN_MEMORY = 16  # readings, when the storage takes no more


if TYPE_CHECKING:
    from ports.storage import Storage

    # (epoch in seconds, as a text if it has a fraction, or None; JSON value). A fraction that
    # ends in a nought: it may have been delivered.
    Reading = tuple[int | str | None, Any]


class Queue:
    """First in, first out."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.fresh: list[Reading] = []  # newer than all segments
        self.oldest: list[Reading] = []  # undelivered part of the oldest segment
        self.segments: list[int] = []
        self.number = 0  # given to the newest segment
        self.size = 0  # of the newest segment
        self.lost = 0
        self.doubtful = False  # the oldest may have been delivered: its answer was not seen

    def open(self) -> None:
        """Find what an earlier run left. Raises `DeviceError`."""
        found = [name.split(".") for name in self.storage.names() if name.startswith("queue.")]
        numbers = [int(parts[1]) for parts in found if parts[1].isdigit()]
        self.segments = sorted(
            int(parts[1]) for parts in found if len(parts) == 2 and parts[1].isdigit()
        )
        # Never again the number of a `.sent` whose segment went just before a power cut.
        self.number = max(numbers) if numbers else 0
        self._load_oldest()
        self.size = self._size_of_newest()
        self.doubtful = bool(self.oldest)

    def waiting(self) -> int:
        """Readings known to wait; of later segments only that there is at least one in each."""
        return len(self.oldest) + len(self.fresh) + max(0, len(self.segments) - 1)

    def put(self, epoch: int | str | None, message: Any) -> None:
        """Take a reading. It is in memory until `keep`."""
        self.fresh.append((epoch, message))

    def head(self) -> Reading | None:
        """The oldest reading, or None."""
        waiting = self.oldest or self.fresh
        return waiting[0] if waiting else None

    def shift(self, epoch: str) -> None:
        """Give the oldest reading another time."""
        waiting = self.oldest or self.fresh
        waiting[0] = (epoch, waiting[0][1])

    def put_back(self, mark: str) -> None:
        """Put the oldest reading behind the others, with `mark` at the end of its time. Raises
        `DeviceError`; the reading is in memory all the same."""
        oldest = (self.oldest or self.fresh)[0]
        self.put("%s%s" % (oldest[0], mark), oldest[1])
        try:
            self.keep()
        finally:
            if self.head() is oldest:
                self.pop()
            else:  # it has given way, and is counted as lost
                self.lost -= 1

    def pop(self) -> None:
        """The oldest reading was delivered. Raises `DeviceError`; it is gone all the same."""
        self.doubtful = False
        if not self.oldest:
            del self.fresh[0]
            return
        del self.oldest[0]
        name = _name(self.segments[0])
        if self.oldest:
            self.storage.append(name + ".sent", b".")
        else:
            self._next_segment()

    def keep(self) -> None:
        """Move what is only in memory to the storage, as it cannot be delivered now.

        Raises `DeviceError` when the storage takes no more: the newest readings then stay in
        memory, older ones give way and are counted as lost.
        """
        try:
            while self.fresh:
                self._append(record.encode(0, self.fresh[0]))
                reading = self.fresh.pop(0)
                if len(self.segments) == 1:
                    self.oldest.append(reading)
        except DeviceError:
            over = len(self.fresh) - IN_MEMORY
            if over > 0:
                del self.fresh[:over]
                self.lost += over
            raise

    def _append(self, line: bytes) -> None:
        fits = self.segments and self.size + len(line) <= SEGMENT
        if not fits:
            if len(self.segments) == SEGMENTS:
                self._make_room()
            self.number += 1
        newest = self.segments[-1] if fits else self.number
        try:
            self.storage.append(_name(newest), line)
        except DeviceError:
            self.size = SEGMENT  # its end may be garbled now: go on in a new segment
            if not fits:
                self.storage.remove(_name(newest))
            raise
        if fits:
            self.size += len(line)
        else:
            self.segments.append(newest)
            self.size = len(line)

    def _make_room(self) -> None:
        self.lost += len(self.oldest)
        self._next_segment()

    def _size_of_newest(self) -> int:
        """What a cut may have left at its end is never appended to."""
        try:
            data = self.storage.read(_name(self.segments[-1]), SEGMENT) if self.segments else None
        except DeviceError:
            data = None
        return len(data) if data and data.endswith(b"\n") else SEGMENT

    def _next_segment(self) -> None:
        """Be done with the oldest. What raises comes last: memory is in order before it."""
        number = self.segments.pop(0)
        self._load_oldest()
        self._remove(number)

    def _load_oldest(self) -> None:
        """A segment that nobody can read must not keep the later ones, or the Thing, from work."""
        self.oldest = []
        while self.segments and not self.oldest:
            try:
                self.oldest = self._undelivered(_name(self.segments[0]))
            except DeviceError:
                self.lost += 1  # at least
            if not self.oldest:
                self._discard(self.segments.pop(0))

    def _undelivered(self, name: str) -> list[Reading]:
        sent = len(self.storage.read(name + ".sent") or b"")
        lines = (self.storage.read(name, 2 * SEGMENT) or b"").split(b"\n")
        readings = [record.decode(line + b"\n")[1] for line in lines[:-1]]
        return [(item[0], item[1]) for item in readings[sent:] if item]

    def _discard(self, number: int) -> None:
        try:
            self._remove(number)
        except DeviceError:
            return  # found again, and again without a reading, after the next start

    def _remove(self, number: int) -> None:
        self.storage.remove(_name(number))
        self.storage.remove(_name(number) + ".sent")


def _name(number: int) -> str:
    return "queue.%d" % number
