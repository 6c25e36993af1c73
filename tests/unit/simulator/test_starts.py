"""An OS that does not start, on each firmware: the board always restarts, never stays at a prompt.

The real interpreter, file system, main.py and loader; the OS consists of a few lines.
"""

from __future__ import annotations

import json

import pytest

from app.simulator.firmware import versions
from app.simulator.host import PROMPT
from build.slim.start import _MAIN, kept
from domain.health import journal as journals
from domain.health.journal import Journal
from domain.health.slots import FRESH, Slot
from tests.fakes.storage import MemoryStorage
from tests.unit.simulator.conftest import Bench, Make

pytestmark = pytest.mark.slow  # MicroPython runs here, on every Python alike

FIRMWARE = [(name, version) for name in ("esp32", "esp8266") for version in versions(name)]

LIVES = "import time\nthing = None\n\ndef live(_):\n    print('lives')\n    time.sleep_ms(600000)\n"
FAULTS = {
    "syntax error": "def live(:\n",
    "import error": "import nothing_of_that_name\n",
    "raises at import": LIVES + "raise ValueError('at import')\n",
    "exits at import": LIVES + "import sys\nsys.exit()\n",
    "raises in live": "thing = None\n\ndef live(_):\n    raise ValueError('in live')\n",
}
HANGS = "print('hangs')\nwhile True:\n    pass\n"

# The loader of before: `sys.exit` for a restart, and a watchdog for trials only.
BEFORE = """

def leave(root, error):
    calm()
    sys.print_exception(error)
    back(root, "it does not start: %r" % error)
    sys.exit(75)
"""


def board_with(make: Make, name: str, version: str, os: str, slot: Slot) -> Bench:
    """Return a board with the same OS as the factory's and in both slots."""
    bench = make(name, firmware=version)
    storage = MemoryStorage()
    storage.mount()
    journals.save(storage, Journal(os=slot))
    files = {
        "main.py": _MAIN.format(before=""),
        **{one + ".py": kept(one) for one in ("loader", "starts")},
    }
    files.update({place + "start.py": os for place in ("", "os.a/", "os.b/")})
    texts = {path: text.encode() for path, text in files.items()}
    kept_files = {path: storage.read(path) or b"" for path in ("journal.0", "journal.1")}
    bench.board.put({**texts, **{path: data for path, data in kept_files.items() if data}})
    bench.board.control("sleeps 20")
    return bench


def notes(bench: Bench) -> list[str]:
    """Return the notes in the newest journal, which the cloud will be told."""
    files = bench.board.files()
    copies = [json.loads(files["journal.%d" % copy][9:]) for copy in (0, 1)]
    found: list[str] = max(copies, key=lambda one: int(one[0]))[1]["notes"]
    return found


def mend(bench: Bench) -> None:
    """Put a good factory's OS on the board, which finds it by itself."""
    bench.board.power_cut()
    bench.board.put({"start.py": LIVES.encode()})
    bench.board.control("timers 0")
    bench.board.start()
    bench.printed("lives")
    bench.board.power_cut()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("name", "version"), FIRMWARE)
def test_an_os_that_does_not_start_gives_way_and_the_board_restarts(
    make: Make, name: str, version: str, fault: str
) -> None:
    """On trial, confirmed, and the factory's, in turn."""
    bench = board_with(make, name, version, FAULTS[fault], Slot("b", "3", "2", FRESH))
    bench.board.start()
    for seconds in (2, 4, 8, 16):
        bench.printed("The next start is in %d s; Ctrl-C gives the prompt." % seconds)
    assert set(bench.causes()[1:]) == {"reset"}
    mend(bench)
    assert [event for event in bench.events if event["event"] == "board_prompt"] == []
    taken = [note.split(":")[0] for note in notes(bench)]
    assert taken == ["os 3 taken back", "os 2 taken back", "os of the factory"]


@pytest.mark.parametrize(("name", "version"), FIRMWARE)
def test_an_os_that_hangs_gives_way(make: Make, name: str, version: str) -> None:
    """On trial after one start, confirmed after five; the factory's is started again and again."""
    bench = board_with(make, name, version, HANGS, Slot("b", "3", "2", FRESH))
    bench.board.control("timers 100")
    bench.board.start()
    cause = "reset" if name == "esp8266" else "watchdog"  # its watchdog is a timer
    for start in range(1, 9):
        bench.printed("hangs", start)
        if name != "esp8266":
            bench.board.control("watchdog 1")
    mend(bench)
    assert set(bench.causes()[1:8]) == {cause}
    assert [event for event in bench.events if event["event"] == "board_prompt"] == []
    taken = [note.split(":")[0] for note in notes(bench)]
    assert taken == ["os 3 taken back", "os 2 taken back"]


def test_starts_that_fail_become_rare(make: Make) -> None:
    bench = board_with(make, "esp32", "1.16", FAULTS["syntax error"], Slot())
    bench.board.start()
    line = "The next start is in %d s; Ctrl-C gives the prompt."
    bench.printed(line % 60, 7)
    said = [said for said in bench.lines if said.startswith("The next start")]
    assert said[:6] == [line % seconds for seconds in (2, 4, 8, 16, 32, 60)]
    mend(bench)
    assert notes(bench) == [
        "os of the factory: it does not start: SyntaxError('invalid syntax',)",
        "os of the factory: 5 starts in a row got nowhere",
    ]


@pytest.mark.parametrize(("name", "version"), [FIRMWARE[0], FIRMWARE[-1]])
def test_a_person_at_the_console_gets_the_prompt(make: Make, name: str, version: str) -> None:
    """While the board waits; an hour later it would restart."""
    bench = board_with(make, name, version, FAULTS["import error"], Slot())
    bench.board.put({"starts": b"9 1"})
    bench.board.control("sleeps 0")
    bench.board.start()
    bench.printed("The next start is in 60 s; Ctrl-C gives the prompt.")
    bench.interrupt()
    bench.board.wait(PROMPT)
    assert bench.causes() == ["power_on"]


@pytest.mark.parametrize(
    ("name", "version"),
    [one for one in FIRMWARE if one[0] == "esp8266" or one[1] < "1.24"],
)
def test_how_it_was(make: Make, name: str, version: str) -> None:
    """The counter-test: `sys.exit` leaves the board at the prompt forever."""
    bench = board_with(make, name, version, FAULTS["import error"], Slot("b", "3", "2", FRESH))
    bench.board.put({"loader.py": (kept("loader") + BEFORE).encode()})
    bench.board.start()
    assert bench.board.wait(PROMPT) == PROMPT
    assert bench.causes() == ["power_on"]


def test_a_loader_that_is_damaged_does_not_end_at_the_prompt(make: Make) -> None:
    bench = board_with(make, "esp32", "1.16", LIVES, Slot())
    bench.board.put({"loader.py": b"import nothing_of_that_name\n"})
    bench.board.start()
    bench.event("board_reset", cause="reset")
    assert bench.lines[0].startswith("ImportError")
