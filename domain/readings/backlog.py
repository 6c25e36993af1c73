"""The queue of a machine with a disk: room for weeks, in memory too when the disk takes no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import record
from domain.errors import DeviceError
from domain.readings.queue import IN_MEMORY, Queue, name_of

if TYPE_CHECKING:
    from ports.storage import Storage

# One block of most file systems, and the longest that an OS of before this reads: it may be the one
# to go back to.
SEGMENT = 4096
LEAST = 65536  # bytes of storage, however little is free: what the smallest board has
MOST = 1 << 30  # bytes: a week of readings as long as they may be, at one a second, takes a third
SHARE = 4  # of what is free and what the queue has, one part

FUTILE = 2

MEMORY_SHARE = 8  # of what is free, one part
READING = 2048  # bytes in memory, with all that Python adds: few take half of it
MOST_IN_MEMORY = 86400  # a day, at one a second


class Backlog(Queue):
    """As on a board, but its bounds are shares of what is free; `memory`: bytes of that."""

    def __init__(self, storage: Storage, memory: int) -> None:
        super().__init__(storage)
        self.segment = SEGMENT
        share = memory // MEMORY_SHARE // READING
        self.in_memory = max(IN_MEMORY, min(MOST_IN_MEMORY, share))

    def full(self) -> bool:
        """Whether the share is used up. Where nothing is free at all, what is stored stays, and
        the newest are kept in memory: there may be room again before that is full, too."""
        held = len(self.segments) * SEGMENT
        if self.most:
            return held + SEGMENT > self.most
        free = self.storage.free()
        share = min(MOST, max(LEAST, (free + held) // SEGMENT // SHARE * SEGMENT))
        return held + SEGMENT > share and free >= SEGMENT

    def keep(self) -> None:
        """Where many have gathered in memory, whole segments go at once. Raises `DeviceError`."""
        try:
            while self._keep_segment():
                pass
        except DeviceError:
            pass  # one reading may find room; or the storage says once more why not
        super().keep()

    def spill(self) -> None:
        """The newest are kept, in the place of the oldest. What makes no room, as somebody else
        takes it, is not gone on with."""
        futile, lost = 0, self.lost
        self._kept()
        while self.fresh and self.segments and futile < FUTILE:
            before = len(self.fresh)
            self._make_room()
            self._kept()
            futile = futile + 1 if len(self.fresh) == before else 0
        if self.lost > lost and not self.fresh and self.segments:
            self._make_room()  # for the word on how many went

    def _kept(self) -> None:
        try:
            self.keep()
        except DeviceError:
            return  # what did not go is in memory still

    def _make_room(self) -> None:
        try:
            self.give_way()
        except DeviceError:
            return  # it takes nothing away either

    def _keep_segment(self) -> bool:
        """Gives False if less than a segment is in memory."""
        lines, size = [], 0
        for reading in self.fresh:
            lines.append(record.encode(0, reading))
            size += len(lines[-1])
            if size > SEGMENT:
                break
        else:
            return False
        lines.pop()
        if not lines:
            return False  # it is longer than a segment: alone
        if self.full():
            self.give_way()
        try:
            self.storage.replace(name_of(self.number), b"".join(lines))
        except DeviceError:
            self.storage.remove(name_of(self.number))  # it may be there all the same
            raise
        if not self.segments:
            self.oldest = self.fresh[: len(lines)]
        del self.fresh[: len(lines)]
        self.segments.append(self.number)
        self.number += len(lines)
        self.size = SEGMENT
        return True
