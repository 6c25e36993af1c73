"""The queue of a machine with a disk: bounds that are shares of the free space."""

from __future__ import annotations

import pytest

from domain import record
from domain.errors import DeviceError
from domain.readings.backlog import LEAST, MEMORY_SHARE, MOST_IN_MEMORY, READING, SEGMENT, Backlog
from domain.readings.queue import IN_MEMORY, Queue
from tests.fakes.storage import MemoryStorage

BIG = "x" * 500
LINES = SEGMENT // len(record.encode(0, (1000, BIG)))  # in a segment


def opened(storage: MemoryStorage, readings: int = 1000) -> Backlog:
    queue = Backlog(storage, readings * READING * MEMORY_SHARE)
    queue.open(storage.names())
    return queue


def put(queue: Queue, first: int, last: int) -> None:
    for number in range(first, last + 1):
        queue.put(number, BIG)


def drained(queue: Queue) -> list[int | str | None]:
    found: list[int | str | None] = []
    while True:
        head = queue.head()
        if head is None:
            return found
        found.append(head[0])
        queue.pop()


def test_a_week_has_room_in_three_times_as_much_as_it_takes():
    week = 604_800 * SEGMENT // LINES  # as long as readings may be
    storage = MemoryStorage(capacity=4 * week)
    queue = opened(storage)
    queue.segments = list(range(1, 604_800, LINES))
    assert not queue.full()
    storage.capacity = week
    assert queue.full()


@pytest.mark.parametrize(
    ("free", "memory", "most"),
    [(0, 0, IN_MEMORY), (1 << 40, 5_000, 5_000), (1 << 40, 1_000_000, MOST_IN_MEMORY)],
)
def test_bounds_in_memory(free: int, memory: int, most: int):
    assert opened(MemoryStorage(capacity=free), memory).in_memory == most


def test_the_share_is_of_what_is_free_and_what_it_has():
    storage = MemoryStorage(capacity=1_000_000)
    queue = opened(storage)
    put(queue, 1000, 1000 + 3000)
    queue.keep()
    size = sum(map(len, storage.files.values()))
    assert 200_000 < size <= 250_000
    assert queue.lost_times == [1000, 999 + queue.lost]
    assert queue.waiting() == 3001 - queue.lost
    assert drained(queue) == list(range(1000 + queue.lost, 4001))


def test_where_little_is_free_it_has_what_a_board_has():
    storage = MemoryStorage(capacity=100_000)
    queue = opened(storage)
    put(queue, 1000, 2000)
    queue.keep()
    assert len(storage.files) == LEAST // SEGMENT


def test_the_owner_may_grant_less_or_more():
    for kb, capacity in ((16, 1_000_000), (400, 500_000)):
        storage = MemoryStorage(capacity=capacity)
        queue = opened(storage)
        queue.most = kb * 1024
        put(queue, 1000, 2000)
        queue.keep()
        assert kb * 900 < sum(map(len, storage.files.values())) <= kb * 1024


def test_what_has_gathered_in_memory_is_written_by_segments():
    storage = MemoryStorage()
    queue = opened(storage)
    put(queue, 1000, 1000)
    queue.keep()
    storage.fail_always()
    for number in range(1001, 1101):
        put(queue, number, number)
        with pytest.raises(DeviceError):
            queue.keep()
    assert queue.waiting() == 101
    assert queue.lost == 0
    storage.heal()
    before = storage.writes
    queue.keep()
    assert queue.fresh == []
    assert storage.writes - before == 100 // LINES + 100 % LINES
    again = opened(storage)
    assert again.waiting() == 101
    assert drained(again) == list(range(1000, 1101))
    assert storage.files == {}


def test_a_segment_that_is_the_first_is_given_from_memory():
    queue = opened(MemoryStorage())
    put(queue, 1000, 1020)
    queue.keep()
    assert queue.waiting() == 21
    assert drained(queue) == list(range(1000, 1021))


def test_a_segment_whose_write_is_said_to_have_failed_is_not_there_twice():
    storage = MemoryStorage()
    queue = opened(storage)
    put(queue, 1000, 1000 + LINES)
    replace = storage.replace

    def fails(name: str, data: bytes) -> None:
        replace(name, data)
        raise DeviceError("storage", "the folder could not be made durable")

    storage.replace = fails  # type: ignore[method-assign]
    queue.keep()  # one by one
    storage.replace = replace  # type: ignore[method-assign]
    assert drained(opened(storage)) == list(range(1000, 1001 + LINES))


def test_on_a_full_disk_what_is_stored_stays_and_the_newest_are_in_memory():
    storage = MemoryStorage(capacity=1_000_000)
    queue = opened(storage, readings=50)
    put(queue, 1000, 1100)
    queue.keep()
    storage.capacity = sum(map(len, storage.files.values()))
    put(queue, 1101, 1300)
    with pytest.raises(DeviceError):
        queue.keep()
    assert (queue.lost, queue.lost_times) == (150, [1101, 1250])
    storage.capacity = 1_000_000
    queue.keep()
    assert drained(opened(storage)) == [*range(1000, 1101), *range(1251, 1301)]


def test_a_line_that_is_longer_than_a_segment_is_kept_all_the_same():
    queue = opened(MemoryStorage())
    queue.put(1000, "x" * SEGMENT)
    queue.put(1001, BIG)
    queue.keep()
    assert queue.fresh == []


def test_an_os_of_before_reads_it():
    storage = MemoryStorage()
    queue = opened(storage)
    put(queue, 1000, 1100)
    queue.keep()
    assert max(map(len, storage.files.values())) <= SEGMENT == 2 * 2048
    before = Queue(storage)
    before.open(storage.names())
    assert drained(before) == list(range(1000, 1101))
