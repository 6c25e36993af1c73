"""Days without a cloud at a reading a second: no reading is lost without a report.

Each change is tried with one day, divided like the week that `tox -e soak` plays before a release.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.processes import PROJECT
from app.runtime.linux_loop import end
from domain import record
from tests.e2e.offline import HOUR, Life, OneCloud

START = 1_700_000_000
DAY = 24 * HOUR
DAYS = int(os.environ.get("PYTHINGS_DAYS_OFF_LINE", "1"))
WHOLE = DAYS * DAY
WEEK = 7 * DAY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system of 160 MB, which can be filled without harm to others."""
    tiny = tmp_path / "disk"
    tiny.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=160m,mode=700", "tmpfs", str(tiny)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a file system takes root")
    yield tiny
    subprocess.run(["umount", str(tiny)], check=True)


def settled(root: Path) -> OneCloud:
    """Return the cloud of a Thing that has settings, an app and delivered readings, and stopped."""
    cloud = OneCloud()
    life = Life(root, START, cloud, 1)
    life.until(START + 300)
    assert life.thing.journal.app.version == "1"
    assert not life.thing.journal.app.trial
    assert len(cloud.readings) > 250
    end(life.thing)
    return cloud


def off_line(
    root: Path, number: int, times: list[int], memory: int = 10_000
) -> subprocess.Popen[str]:
    """Start the Thing in a process of its own; its readings count from `number` on."""
    arguments = [str(root), *map(str, [memory, number, *times])]
    command = [sys.executable, "-m", "tests.e2e.offline", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def stopped(thing: subprocess.Popen[str]) -> int:
    """Wait for the Thing to end by itself; return how many readings waited at the end."""
    said, _ = thing.communicate()
    assert thing.returncode == 0
    return int(said.split()[-1])


def killed(thing: subprocess.Popen[str], waiting: int) -> int:
    """Kill the Thing as soon as it tells of `waiting` readings; return the number it told."""
    assert thing.stdout
    for line in thing.stdout:
        if int(line) >= waiting:
            break
    thing.kill()
    thing.communicate()
    assert thing.returncode == -signal.SIGKILL
    return int(line)


def newest(root: Path) -> tuple[int, int]:
    """Return the time and the number of the newest stored reading."""
    numbers = [int(name.split(".")[1]) for name in os.listdir(root) if name[:6] == "queue."]
    lines = (root / ("queue.%d" % max(numbers))).read_bytes().splitlines(keepends=True)
    readings = [record.decode(line)[1] for line in lines]
    epoch, message = [reading for reading in readings if reading][-1]
    return epoch, message["n"]


def delivered(life: Life, cloud: OneCloud) -> list[int]:
    """Run until at most 5 readings wait; return the numbers of all readings as they arrived."""
    waiting = 6
    while waiting > 5:
        life.until(life.clock.now // 1000 + 60)
        waiting = life.thing.queue.waiting()
    times = list(cloud.readings)
    assert times == sorted(times)
    assert cloud.offered == len(times)  # each was sent once
    return [message["n"] for message in cloud.readings.values()]


def check_managed(cloud: OneCloud, since: int) -> None:
    """Assert that management had its turn at least every 62 s, however much there is to deliver."""
    times = [at for at in cloud.managed if at >= since * 1000]
    assert len(times) > 10
    assert max(after - before for before, after in zip(times, times[1:])) < 62_000


def test_days_off_line(disk: Path):
    root = disk / "thing"
    cloud = settled(root)
    before = [message["n"] for message in cloud.readings.values()]
    assert before == list(range(1, 1 + len(before)))
    # three sevenths, one hour of them without room on the disk; a stop; two sevenths; a kill
    begin = START + 400
    full = begin + 2 * HOUR
    part = WHOLE // 7
    times = [begin, begin + 3 * part, full, full + HOUR]
    kept = stopped(off_line(root, 1_000_000, times))
    assert kept > 3 * part * 0.99
    times = [begin + 3 * part + 30, begin + 3 * part + WEEK]  # a week: the kill comes first
    told = killed(off_line(root, 2_000_000, times), kept + 2 * part)
    epoch, number = newest(root)
    assert number - 2_000_000 >= told - kept - 2
    # the rest; then on line again, while new readings go on
    until = max(begin + WHOLE, epoch + 2 * HOUR)
    waiting = stopped(off_line(root, 3_000_000, [epoch + 30, until]))
    assert waiting > WHOLE * 0.99
    life = Life(root, until + 10, cloud, 4_000_000)
    arrived = delivered(life, cloud)
    rest = kept + (number - 2_000_000 + 1)
    assert arrived == [
        *before,
        *range(1_000_000, 1_000_000 + kept),
        *range(2_000_000, number + 1),
        *range(3_000_000, 3_000_000 + waiting - rest),
        *range(4_000_000, arrived[-1] + 1),
    ]
    assert arrived[-1] - 4_000_000 > WHOLE * 0.02  # taken during the delivery
    check_managed(cloud, until + 60)
    assert life.console.named("readings_lost") == []
    texts = [text for _, _, text in cloud.reports if text]
    assert abs(int(texts[0].split()[0]) - waiting) < 5
    assert texts[0].endswith("readings wait for the cloud")
    life.until(life.clock.now // 1000 + 120)
    assert cloud.reports[-1] == ("pythings", "OK", None)


def test_a_disk_that_is_full_for_longer_than_memory_lasts(disk: Path):
    root = disk / "thing"
    cloud = settled(root)
    before = len(cloud.readings)
    begin = START + 400
    full = begin + 2 * HOUR
    until = begin + 8 * HOUR
    stopped(off_line(root, 1_000_000, [begin, until, full, full + HOUR], memory=1000))
    life = Life(root, until + 10, cloud, 2_000_000)
    arrived = delivered(life, cloud)[before:]
    off = [number for number in arrived if number < 2_000_000]
    assert arrived[len(off) :] == list(range(2_000_000, arrived[-1] + 1))
    # one gap: all before it was on the disk; of the later ones memory held the newest thousand
    gap = [at for at in range(1, len(off)) if off[at] != off[at - 1] + 1]
    assert len(gap) == 1
    lost = off[gap[0]] - off[gap[0] - 1] - 1
    assert HOUR * 0.95 - 1000 - 100 < lost <= HOUR - 1000
    [text] = {text.split("; ")[0] for _, status, text in cloud.reports if text and status == "KO"}
    found = re.match(r"(\d+) readings lost, taken from (\d+) to (\d+): no room", text)
    assert found
    count, first, last = map(int, found.groups())
    at = {message["n"]: int(epoch) for epoch, message in cloud.readings.items()}
    assert count == lost
    assert at[off[gap[0] - 1]] < first <= at[off[gap[0] - 1]] + 5
    assert at[off[gap[0]]] - 5 <= last < at[off[gap[0]]]
    assert full <= first and last <= full + HOUR - 1000
