"""The queue of a machine with a disk: room for weeks, in memory too when the disk is full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import record
from domain.errors import DeviceError
from domain.readings.queue import IN_MEMORY, Queue, name_of

if TYPE_CHECKING:
    from ports.storage import Storage

# One block of most file systems, and the longest segment that older OS releases read: a rollback
# may return to one of them.
SEGMENT = 4096
LEAST = 65536  # bytes of storage, however little is free: as on the smallest board
MOST = 1 << 30  # bytes: a week of the longest readings, one a second, takes a third
SHARE = 4  # the queue may use one part in four of the free bytes and its own

FUTILE = 2

MEMORY_SHARE = 8  # the queue may use one part in eight of the free memory
READING = 2048  # bytes of a reading in memory, Python's overhead included; few take half of it
MOST_IN_MEMORY = 86400  # readings: a day, at one a second


class Backlog(Queue):
    """A queue bounded by a share of the free storage and memory. `memory`: free bytes of memory."""

    def __init__(self, storage: Storage, memory: int) -> None:
        super().__init__(storage)
        self.segment = SEGMENT
        share = memory // MEMORY_SHARE // READING
        self.in_memory = max(IN_MEMORY, min(MOST_IN_MEMORY, share))

    def full(self) -> bool:
        """Return whether the share is used up. Where no storage is free at all, stored segments
        stay and the newest readings are kept in memory: storage may be free again before that is
        full, too."""
        held = len(self.segments) * SEGMENT
        if self.most:
            return held + SEGMENT > self.most
        free = self.storage.free()
        share = min(MOST, max(LEAST, (free + held) // SEGMENT // SHARE * SEGMENT))
        return held + SEGMENT > share and free >= SEGMENT

    def keep(self) -> None:
        """Store the readings, whole segments at once where many have gathered. Raises
        `DeviceError`."""
        try:
            while self._keep_segment():
                pass
        except DeviceError:
            pass  # one reading may still fit; else the storage raises again below
        super().keep()

    def spill(self) -> None:
        """Store the newest readings in place of the oldest. Stop after `FUTILE` attempts in a row
        that store none, as another program takes the room that they make."""
        futile, lost = 0, self.lost
        self._kept()
        while self.fresh and self.segments and futile < FUTILE:
            before = len(self.fresh)
            self._make_room()
            self._kept()
            futile = futile + 1 if len(self.fresh) == before else 0
        if self.lost > lost and not self.fresh and self.segments:
            self._make_room()  # for the message on how many were lost

    def _kept(self) -> None:
        try:
            self.keep()
        except DeviceError:
            return  # the readings that were not stored are still in memory

    def _make_room(self) -> None:
        try:
            self.give_way()
        except DeviceError:
            return  # the storage removes nothing either

    def _keep_segment(self) -> bool:
        """Store one segment of readings; return False if memory does not hold a whole one."""
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
            return False  # the reading is longer than a segment: `_append` stores it alone
        if self.full():
            self.give_way()
        try:
            self.storage.replace(name_of(self.number), b"".join(lines))
        except DeviceError:
            self.storage.remove(name_of(self.number))  # the file may exist all the same
            raise
        if not self.segments:
            self.oldest = self.fresh[: len(lines)]
        del self.fresh[: len(lines)]
        self.segments.append(self.number)
        self.number += len(lines)
        self.size = SEGMENT
        return True
