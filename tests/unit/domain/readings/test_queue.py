"""The queue: in order, over restarts, full disks and power cuts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import record
from domain.errors import DeviceError
from domain.readings.queue import IN_MEMORY, SEGMENT, SEGMENTS, Queue
from tests.fakes.storage import MemoryStorage, PowerCut


def opened(storage: MemoryStorage) -> Queue:
    queue = Queue(storage)
    queue.open(storage.names())
    return queue


def filled(storage: MemoryStorage, *numbers: int) -> Queue:
    queue = opened(storage)
    queue.size = SEGMENT  # in a segment of their own
    for number in numbers:
        queue.put(number, {"n": number})
    queue.keep()
    return queue


def drained(queue: Queue) -> list[int | str | None]:
    numbers: list[int | str | None] = []
    while True:
        head = queue.head()
        if head is None:
            return numbers
        assert head[1] == {"n": head[0]}
        numbers.append(head[0])
        queue.pop()


def test_while_the_cloud_is_well_nothing_is_written():
    storage = MemoryStorage()
    queue = opened(storage)
    assert queue.head() is None
    queue.put(5, {"n": 5})
    queue.put(None, "x")
    assert queue.waiting() == 2
    assert queue.head() == (5, {"n": 5})
    queue.pop()
    assert queue.head() == (None, "x")
    queue.pop()
    assert queue.head() is None
    assert queue.waiting() == 0
    assert storage.writes == 0


def test_kept_over_a_restart():
    storage = MemoryStorage()
    queue = filled(storage, 1, 2, 3)
    assert queue.waiting() == 3
    queue.pop()
    assert storage.files["queue.1.sent"] == b"."
    again = opened(storage)
    assert again.waiting() == 2
    again.put(4, {"n": 4})
    assert drained(again) == [2, 3, 4]
    assert storage.files == {}
    assert again.lost == 0


def test_a_new_start_goes_on_in_the_newest_segment():
    """Otherwise restarts in a long outage would use up all segments with few readings in each."""
    storage = MemoryStorage()
    for number in range(1, 100):
        queue = opened(storage)
        queue.put(number, {"n": number})
        queue.keep()
    assert len(storage.files) == 2
    assert all(len(data) <= SEGMENT for data in storage.files.values())
    queue = opened(storage)
    assert queue.lost == 0
    assert drained(queue) == list(range(1, 100))


@pytest.mark.parametrize("end", [b"", b"{", b"0123"])
def test_but_not_behind_what_a_cut_has_left(end):
    storage = MemoryStorage()
    filled(storage, 1)
    storage.files["queue.1"] = storage.files["queue.1"][: -1 if not end else None] + end
    queue = opened(storage)
    queue.put(2, {"n": 2})
    queue.keep()
    assert "queue.2" in storage.files
    assert drained(opened(storage)) == ([1, 2] if end else [2])


def test_nor_where_it_cannot_be_read():
    storage = MemoryStorage()
    filled(storage, 1)
    filled(storage, 2)
    storage.unreadable = {"queue.2"}
    queue = opened(storage)
    queue.put(3, {"n": 3})
    queue.keep()
    assert "queue.3" in storage.files
    assert queue.head() == (1, {"n": 1})


def test_how_many_wait_is_known_without_a_look_into_the_segments():
    storage = MemoryStorage()
    for start in range(0, 90, 3):
        filled(storage, start, start + 1, start + 2)
    assert sorted(storage.files) == sorted("queue.%d" % number for number in range(1, 91, 3))
    storage.unreadable = {"queue.%d" % number for number in range(4, 88, 3)}
    queue = opened(storage)
    storage.heal()
    for left in range(90, 0, -1):
        assert queue.waiting() == left
        queue.pop()
    assert queue.waiting() == 0


def test_segments_of_before_are_read_and_counted_as_one_reading_each():
    storage = MemoryStorage()
    for number in (1, 2, 3):
        lines = [record.encode(0, (10 * number + n, {"n": 10 * number + n})) for n in (0, 1)]
        storage.files["queue.%d" % number] = b"".join(lines)
    storage.files["queue.1.sent"] = b"."
    queue = opened(storage)
    assert queue.waiting() == 1 + 1 + 2
    queue.put(40, {"n": 40})
    queue.keep()
    assert drained(queue) == [11, 20, 21, 30, 31, 40]
    assert storage.files == {}


def test_segments_are_filled_to_their_size():
    storage = MemoryStorage()
    line = len(record.encode(0, (10, {"n": 10})))
    count = SEGMENT // line
    queue = filled(storage, *range(10, 10 + count))
    assert sorted(storage.files) == ["queue.1"]
    queue.put(10, {"n": 10})
    queue.keep()
    assert sorted(storage.files) == ["queue.1", "queue.%d" % (1 + count)]
    assert all(len(data) <= SEGMENT for data in storage.files.values())


def test_a_segment_filled_exactly():
    storage = MemoryStorage()
    queue = opened(storage)
    overhead = len(record.encode(0, (1, "")))
    queue.put(1, "x" * (SEGMENT - 100 - overhead))
    queue.put(1, "x" * (100 - overhead))
    queue.put(1, "last")
    queue.keep()
    assert len(storage.files["queue.1"]) == SEGMENT
    assert opened(storage).head() == (1, "x" * (SEGMENT - 100 - overhead))


def test_what_is_in_memory_agrees_with_the_storage():
    """New readings join the only segment that there is, and are given from it."""
    storage = MemoryStorage()
    queue = filled(storage, 1, 2)
    queue.pop()
    queue.put(3, {"n": 3})
    queue.keep()
    queue.put(4, {"n": 4})
    assert sorted(storage.files) == ["queue.1", "queue.1.sent"]
    assert drained(queue) == [2, 3, 4]
    assert storage.files == {}


def test_when_all_segments_are_full_the_oldest_goes():
    storage = MemoryStorage()
    queue = opened(storage)
    big = "x" * (SEGMENT - 50)
    for number in range(SEGMENTS):
        queue.put(number, big)
    queue.keep()
    assert queue.lost == 0
    queue.put(99, big)
    queue.keep()
    assert queue.lost == 1
    assert len(storage.names()) == SEGMENTS == 32
    assert queue.head() == (1, big)
    assert queue.waiting() == SEGMENTS
    assert opened(storage).head() == (1, big)


def test_only_undelivered_ones_are_lost():
    storage = MemoryStorage()
    queue = filled(storage, 1, 2, 3)
    queue.pop()
    queue.segments += range(2, 1 + SEGMENTS)
    queue.size = SEGMENT
    queue.number = SEGMENTS
    queue.put(9, {"n": 9})
    queue.keep()
    assert (queue.lost, queue.lost_times) == (2, [2, 3])
    assert "queue.1" not in storage.files
    assert "queue.1.sent" not in storage.files


def test_a_full_disk():
    storage = MemoryStorage()
    queue = filled(storage, 1)
    storage.fail_always("disk_full")
    for number in range(2, 5 + IN_MEMORY):
        queue.put(number, {"n": number})
    with pytest.raises(DeviceError) as caught:
        queue.keep()
    assert caught.value.code == "disk_full"
    assert (queue.lost, queue.lost_times) == (3, [2, 4])
    assert queue.waiting() == 1 + IN_MEMORY == 17
    queue.lost = 0
    with pytest.raises(DeviceError):
        queue.keep()
    assert queue.lost == 0
    storage.heal()
    queue.keep()
    assert queue.fresh == []
    assert sorted(storage.files) == ["queue.1", "queue.2"]  # not where the end may be garbled
    assert drained(queue) == [1, *range(5, 5 + IN_MEMORY)]


def test_a_new_segment_that_fails_leaves_nothing():
    storage = MemoryStorage()
    queue = opened(storage)
    queue.put(1, {"n": 1})
    storage.fail_after(1)
    with pytest.raises(DeviceError):
        queue.keep()
    assert storage.files == {}
    assert queue.segments == []
    assert drained(queue) == [1]


def test_pop_that_cannot_be_noted_is_done_all_the_same():
    storage = MemoryStorage()
    queue = filled(storage, 1, 2, 3)
    storage.fail_after(1)
    with pytest.raises(DeviceError):
        queue.pop()
    assert queue.head() == (2, {"n": 2})
    storage.fail_always("storage")
    with pytest.raises(DeviceError):
        queue.pop()
    with pytest.raises(DeviceError):
        queue.pop()
    assert queue.head() is None
    queue.put(4, {"n": 4})
    assert queue.head() == (4, {"n": 4})
    storage.heal()
    assert drained(opened(storage)) == [1, 2, 3]  # again, but nothing lost


def test_the_next_segment_comes_even_if_the_last_cannot_be_removed():
    storage = MemoryStorage()
    filled(storage, 1)
    queue = filled(storage, 2)
    storage.fail_always("storage")
    with pytest.raises(DeviceError):
        queue.pop()
    assert queue.head() == (2, {"n": 2})


def test_torn_and_rotten_lines_are_passed_over():
    storage = MemoryStorage()
    filled(storage, 1, 2, 3)
    lines = storage.files["queue.1"].split(b"\n")
    storage.files["queue.1"] = b"\n".join([lines[0], b"x" + lines[1][1:], lines[2], lines[0][:9]])
    assert drained(opened(storage)) == [1, 3]


def test_an_unreadable_segment_holds_nothing_up():
    storage = MemoryStorage()
    filled(storage, 1)
    filled(storage, 2)
    filled(storage, 3)
    storage.unreadable = {"queue.1"}
    storage.files["queue.2"] = b"rotten\n" + b"x" * 2 * SEGMENT
    queue = opened(storage)
    assert queue.lost == 2
    assert drained(queue) == [3]
    assert storage.files == {}


def test_a_read_only_storage_holds_nothing_up():
    storage = MemoryStorage({"queue.1": b"rotten\n"})
    filled(storage, 2)
    storage.files["queue.1"] = b"rotten\n"
    storage.fail_always("storage")
    queue = opened(storage)
    assert queue.head() == (2, {"n": 2})


def test_other_files_are_let_be():
    files = {"queue.x": b"1", "queue": b"2", "aid": b"3", "queue.x.sent": b"4", "queued.7": b""}
    storage = MemoryStorage(files)
    assert opened(storage).head() is None
    assert storage.files == files


def test_segments_go_on_by_number_not_by_name():
    storage = MemoryStorage()
    for number in (9, 10, 11):
        storage.files[f"queue.{number}"] = record.encode(0, (number, {"n": number}))
    queue = opened(storage)
    queue.size = SEGMENT
    queue.put(12, {"n": 12})
    queue.keep()
    assert "queue.12" in storage.files
    assert drained(queue) == [9, 10, 11, 12]


def test_a_left_over_count_is_not_taken_for_another_segment():
    """A power cut between the removal of a segment and that of its count."""
    storage = MemoryStorage()
    queue = filled(storage, 1, 2, 3)
    queue.pop()
    queue.pop()
    storage.cut_after(2)
    with pytest.raises(PowerCut):
        queue.pop()
    assert storage.files == {"queue.1.sent": b".."}
    filled(storage.restart(), 4, 5, 6)
    assert drained(opened(storage)) == [4, 5, 6]


def test_one_in_doubt_goes_behind_the_others():
    storage = MemoryStorage()
    queue = filled(storage, 1, 2)
    queue.put(3, {"n": 3})
    queue.put_back(".0")
    queue.put_back("")
    assert queue.fresh == []
    again = opened(storage)
    heads = []
    while again.head():
        heads.append(again.head())
        again.pop()
    assert heads == [(3, {"n": 3}), ("1.0", {"n": 1}, 0), (2, {"n": 2}, 0)]
    assert storage.files == {}


def test_it_is_stored_before_it_is_taken_away():
    for cut in (1, 2):
        storage = MemoryStorage()
        queue = filled(storage, 1, 2)
        storage.cut_after(cut)
        with pytest.raises(PowerCut):
            queue.put_back(".0")
        again = opened(storage.restart())
        assert again.head() == (1, {"n": 1})
        assert again.doubtful


def test_on_a_full_disk_it_is_put_back_in_memory():
    storage = MemoryStorage()
    queue = filled(storage, 1, 2)
    storage.fail_always("disk_full")
    with pytest.raises(DeviceError):
        queue.put_back(".0")
    assert queue.head() == (2, {"n": 2})
    assert queue.fresh == [("1.0", {"n": 1}, 0)]
    assert opened(storage).head() == (1, {"n": 1})


def test_what_gives_way_to_it_is_not_taken_for_it():
    """All segments are full, and the oldest goes: it was the only one in there."""
    storage = MemoryStorage()
    big = "x" * (SEGMENT - 50)
    queue = opened(storage)
    for number in range(SEGMENTS):
        queue.put(number, big)
    queue.keep()
    queue.put_back(".0")
    assert queue.head() == (1, big)
    assert queue.waiting() == SEGMENTS
    assert queue.lost == 0


def test_the_owner_may_grant_more_or_less():
    storage = MemoryStorage()
    queue = opened(storage)
    queue.most = 3 * SEGMENT + 1
    for number in range(5):
        queue.put(number or None, "x" * (SEGMENT - 50))
    queue.keep()
    assert len(storage.files) == 3
    assert (queue.lost, queue.lost_times) == (2, [1, 1])  # the other one has no time


STEPS = st.one_of(
    st.just(("put",)),
    st.just(("keep",)),
    st.just(("pop",)),
    st.just(("pop",)),
    st.just(("restart",)),
    st.tuples(st.just("fail"), st.integers(1, 4)),
    st.tuples(st.just("cut"), st.integers(1, 4)),
    st.tuples(st.just("big"), st.integers(1, 1900)),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_any_schedule(steps):  # noqa: C901 - a model beside the queue, step by step
    """Readings are delivered in order; a kept one is lost only if counted; a cut repeats the
    head at most."""
    storage = MemoryStorage()
    queue = opened(storage)
    number = 0
    delivered: list[int | str | None] = []
    safe: list[int | str | None] = []  # kept, not delivered
    memory: list[int | str | None] = []  # put, not kept
    lost = 0

    def forget() -> None:
        """Restart: readings only in memory are gone; those written before a cut are not."""
        nonlocal queue, memory, lost
        lost += queue.lost
        queue = opened(storage.restart())
        memory = []

    def act(step: tuple[Any, ...]) -> None:
        nonlocal number, memory
        if step[0] in ("put", "big"):
            number += 1
            queue.put(number, "x" * step[1] if step[0] == "big" else number)
            memory.append(number)
        elif step[0] == "keep":
            try:
                queue.keep()
            finally:
                still = [item[0] for item in queue.fresh]
                safe.extend(n for n in memory if n not in still)
                memory = still
        elif step[0] == "pop" and queue.head():
            head = queue.head()
            assert head is not None
            (safe if head[0] in safe else memory).remove(head[0])
            delivered.append(head[0])
            queue.pop()
        elif step[0] == "fail":
            storage.fail_after(step[1])
        elif step[0] == "cut":
            storage.cut_after(step[1])

    for step in steps:
        if step[0] == "restart":
            before = set(safe)
            forget()
            check_repeats(queue, storage, before, safe, delivered)
            continue
        try:
            act(step)
        except DeviceError:
            pass
        except PowerCut:
            before = set(safe)
            forget()
            check_repeats(queue, storage, before, safe, delivered)
        if not safe and memory:
            assert queue.head() == (memory[0], queue.fresh[0][1])
    storage.heal()
    rest = []
    while True:
        head = queue.head()
        if head is None:
            break
        assert head[0] is not None
        rest.append(head[0])
        queue.pop()
    assert rest == sorted(rest)
    assert queue.lost + lost == 0  # so few always have room
    assert set(safe) | set(memory) <= set(rest)


def check_repeats(queue, storage, before, safe, delivered):
    """After a restart: every safe reading is there, in order; beyond these only readings that were
    delivered but could not be noted, or written but not yet confirmed."""
    waiting = []
    for name in sorted(
        (name for name in storage.names() if name.count(".") == 1), key=lambda n: int(n[6:])
    ):
        sent = len(storage.files.get(name + ".sent", b""))
        lines = storage.files[name].split(b"\n")[:-1]
        waiting += [json.loads(line[9:])[1][0] for line in lines[sent:]]
    assert waiting == sorted(set(waiting))
    assert set(before) <= set(waiting)
    head = queue.head()
    assert (head[0] if head else None) == (waiting[0] if waiting else None)
    safe[:] = waiting
    for number in waiting:
        if number in delivered:
            delivered.remove(number)
