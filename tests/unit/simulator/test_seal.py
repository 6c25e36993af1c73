"""An OS on its way into the mapped flash of an ESP8266, and a power cut at each step: the real
interpreter, file system and loader."""

from __future__ import annotations

import re

import pytest

from app.simulator.host import OFF, PROMPT
from build.firmware import romfs
from build.firmware.layout import ROM_SLOT
from build.slim.model import ROOT
from build.slim.start import kept
from tests.unit.simulator.conftest import Bench

STAGED = {"start.py": b"print('runs in place')\n", "pt.py": b"# the rest\n" * 50}

# As the board's main.py and an update do.
MAIN = """\
import loader, os, sys
names = os.listdir("/os.a")
if "pt.py" in names:
    if "sealed" in names:
        os.remove("/os.a/sealed")
    from romslot import seal
    seal("/os.a")
if loader._has("", "a", "start"):
    sys.path.insert(0, "/os.a")
    import start
print(os.listdir("/os.a"))
"""


def on_device(path: str) -> str:
    """Return the source of a module of ours without the imports that MicroPython lacks."""
    source = (ROOT / path).read_text().replace("from __future__ import annotations\n", "")
    source = re.sub(r"^from typing import .*\n", "", source, flags=re.MULTILINE)
    return re.sub(r"^if TYPE_CHECKING:\n(    .*\n)+", "", source, flags=re.MULTILINE)


def put(bench: Bench) -> None:
    """Put a factory's OS on the board, and another one, staged."""
    there = bench.board.files()
    files = {
        "main.py": MAIN.encode(),
        "loader.py": kept("loader").encode(),
        "romslot.py": on_device("adapters/esp8266/romslot.py").encode(),
        "domain/checksum.py": on_device("domain/checksum.py").encode(),
        "domain/errors.py": on_device("domain/errors.py").encode(),
        **{"os.a/" + name: data for name, data in STAGED.items()},
    }
    bench.board.put(files, remove=frozenset(there) - frozenset(files))
    bench.board.put_rom({"start.py": b"print('factory')"})


def run(bench: Bench) -> bool:
    """Run the program; tell whether it came to its end without a power cut."""
    bench.board.start()
    cut = bench.board.wait(PROMPT, OFF) == OFF
    if not cut:
        bench.board.power_cut()
    return not cut


@pytest.mark.slow
def test_the_power_goes_at_every_operation_on_the_flash(esp8266: Bench) -> None:
    rom = esp8266.board.image.path.with_name("rom.img")
    cuts, notes = 0, set()
    while True:
        put(esp8266)
        rom.write_bytes(rom.read_bytes()[:ROM_SLOT].ljust(rom.stat().st_size, b"\x55"))
        esp8266.board.cut_after(cuts + 1)
        esp8266.lines.clear()
        if run(esp8266):
            break
        cuts += 1
        files = {
            name[5:]: data
            for name, data in esp8266.board.files().items()
            if name.startswith("os.a/")
        }
        noted = files.pop("sealed", b"") != b""
        notes.add(noted)
        if noted:
            assert romfs.read(rom.read_bytes()[ROM_SLOT:]) == STAGED
        else:
            assert files == STAGED
        esp8266.lines.clear()
        assert run(esp8266)
        assert esp8266.lines == ["runs in place", "['pt.py', 'start.py']"]
        assert rom.read_bytes().startswith(romfs.make({"start.py": b"print('factory')"}))
    assert esp8266.lines == ["runs in place", "['pt.py', 'start.py']"]
    assert notes == {True, False}
