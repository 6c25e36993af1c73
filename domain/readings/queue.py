"""The queue of unsent readings: kept in order, over outages and restarts.

A reading goes from memory straight to the cloud while that works. When it does not, readings are
appended to segment files `queue.<number>`, one line each, with a CRC. Readings are numbered, and a
segment has the number of its first one, so their count is known without reading the segments.
(Older releases numbered segments 1, 2, 3: they are read, and counted as one reading each.) The
delivered readings of the oldest segment are counted by the length of `queue.<number>.sent`, and a
segment that is delivered whole is removed. When all segments are full the oldest is dropped; lost
readings are counted, and the times of the first and the last are remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain import record
from domain.errors import DeviceError

SEGMENT = 2048  # bytes: a segment fits in memory at once on the smallest board
SEGMENTS = 32
IN_MEMORY = 16  # readings, when the storage takes no more


if TYPE_CHECKING:
    from ports.storage import Storage

    # (epoch in seconds, as a text if it has a fraction, or None; JSON value). A fraction that
    # ends in 0: the reading may have been delivered. Third, if the cloud refused it: how often.
    Reading = tuple[Any, ...]


class Queue:
    """A first-in, first-out queue of readings: in memory, and in segment files when needed."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.fresh: list[Reading] = []  # newer than all segments
        self.oldest: list[Reading] = []  # undelivered part of the oldest segment
        self.segments: list[int] = []
        self.number = 1  # of the next reading to be stored
        self.size = 0  # of the newest segment
        self.segment = SEGMENT  # bytes: how long one may become
        self.in_memory = IN_MEMORY
        self.most = 0  # bytes that the owner grants the segments; 0: the board's limit
        self.lost = 0
        self.lost_times: list[int | str] = []  # of the first and the last of them, if known
        self.doubtful = False  # the oldest may have been delivered: its answer was not seen

    def open(self, names: list[str]) -> None:
        """Load the readings that an earlier run left, in files of these `names` of the storage.
        Raises `DeviceError`."""
        found = [name.split(".") for name in names if name.startswith("queue.")]
        # A file that the owner has put there may have any name.
        found = [parts for parts in found if parts[1] and not parts[1].strip("0123456789")]
        numbers = [int(parts[1]) for parts in found]
        self.segments = sorted(int(parts[1]) for parts in found if len(parts) == 2)
        # Never reuse the number of a `.sent` that a power cut left behind its removed segment.
        self.number = max(numbers) + 1 if numbers else 1
        self._load_oldest()
        self._find_end()
        self.doubtful = bool(self.oldest)

    def waiting(self) -> int:
        """Return how many readings wait."""
        later = self.number - self.segments[1] if len(self.segments) > 1 else 0
        return len(self.oldest) + len(self.fresh) + later

    def put(self, epoch: int | str | None, message: object) -> None:
        """Add a reading, which is only in memory until `keep`."""
        self.fresh.append((epoch, message))

    def head(self) -> Reading | None:
        """Return the oldest reading, or None."""
        waiting = self.oldest or self.fresh
        return waiting[0] if waiting else None

    def shift(self, epoch: str) -> None:
        """Give the oldest reading another time."""
        waiting = self.oldest or self.fresh
        waiting[0] = (epoch, waiting[0][1])

    def put_back(self, mark: str, tries: int = 0) -> None:
        """Put the oldest reading behind the others, with `mark` at the end of its time, and with a
        number of `tries`. Raises `DeviceError`; the reading is in memory all the same."""
        oldest = (self.oldest or self.fresh)[0]
        epoch = "%s%s" % (oldest[0], mark) if mark else oldest[0]
        self.fresh.append((epoch, oldest[1], tries))
        try:
            self.keep()
        finally:
            if self.head() is oldest:
                self.pop()
            else:  # it was dropped to make room, and counted as lost
                self.lost -= 1

    def pop(self) -> None:
        """Remove the oldest reading, which was delivered. Raises `DeviceError`; it is removed all
        the same."""
        self.doubtful = False
        if not self.oldest:
            del self.fresh[0]
            return
        del self.oldest[0]
        name = name_of(self.segments[0])
        if self.oldest:
            self.storage.append(name + ".sent", b".")
        else:
            self._next_segment()

    def keep(self) -> None:
        """Move the readings in memory to the storage, as they cannot be delivered now.

        Raises `DeviceError` when the storage takes no more: the newest readings then stay in
        memory, older ones are dropped and counted as lost.
        """
        try:
            while self.fresh:
                self._append(record.encode(0, self.fresh[0]))
                reading = self.fresh.pop(0)
                if len(self.segments) == 1:
                    self.oldest.append(reading)
        except DeviceError:
            over = len(self.fresh) - self.in_memory
            if over > 0:
                self._lose(self.fresh[:over])
                del self.fresh[:over]
            raise

    def spill(self) -> None:
        """Store the readings in memory in place of the oldest, before a restart. Here they are too
        few to be worth that."""

    def full(self) -> bool:
        """Return whether the segments are as many as allowed."""
        return len(self.segments) >= (self.most // self.segment or SEGMENTS)

    def _append(self, line: bytes) -> None:
        fits = self.segments and self.size + len(line) <= self.segment
        if not fits and self.full():
            self.give_way()
        newest = self.segments[-1] if fits else self.number
        try:
            self.storage.append(name_of(newest), line)
        except DeviceError:
            self.size = self.segment  # its end may be garbled now: go on in a new segment
            if not fits:
                self.storage.remove(name_of(newest))
            raise
        if fits:
            self.size += len(line)
        else:
            self.segments.append(newest)
            self.size = len(line)
        self.number += 1

    def give_way(self) -> None:
        """Drop the oldest segment to make room. Raises `DeviceError`; it is lost all the same."""
        self._lose(self.oldest)
        self._next_segment()

    def _lose(self, readings: list[Reading]) -> None:
        self.lost += len(readings)
        times = [item[0] for item in readings if item[0] is not None]
        if times:
            self.lost_times = [(self.lost_times or times)[0], times[-1]]

    def _find_end(self) -> None:
        """Find the end of the newest segment; a line that a power cut left there is never appended
        to."""
        newest = self.segments[-1] if self.segments else 0
        try:
            data = (self.storage.read(name_of(newest), self.segment) or b"") if newest else b""
        except DeviceError:
            data = b""
        self.number = max(self.number, newest + data.count(b"\n"))
        self.size = len(data) if data.endswith(b"\n") else self.segment

    def _next_segment(self) -> None:
        """Finish the oldest segment. The removal, which may raise, is last: memory is consistent by
        then."""
        number = self.segments.pop(0)
        self._load_oldest()
        self._remove(number)

    def _load_oldest(self) -> None:
        """Load the oldest readable segment: an unreadable one must not block the later ones, or the
        Thing."""
        self.oldest = []
        while self.segments and not self.oldest:
            try:
                self.oldest = self._undelivered(name_of(self.segments[0]))
            except DeviceError:
                self.lost += 1  # at least
            if not self.oldest:
                self._discard(self.segments.pop(0))

    def _undelivered(self, name: str) -> list[Reading]:
        sent = len(self.storage.read(name + ".sent") or b"")
        lines = (self.storage.read(name, 2 * SEGMENT) or b"").split(b"\n")
        readings = [record.decode(line + b"\n")[1] for line in lines[:-1]]
        return [tuple(item[:3]) for item in readings[sent:] if item]

    def _discard(self, number: int) -> None:
        try:
            self._remove(number)
        except DeviceError:
            return  # found again, and again without a reading, after the next start

    def _remove(self, number: int) -> None:
        self.storage.remove(name_of(number))
        self.storage.remove(name_of(number) + ".sent")


def name_of(number: int) -> str:
    """Return the file name of the segment that begins with this reading."""
    return "queue.%d" % number
