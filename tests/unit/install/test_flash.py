"""`pythings install` with real esptool: written images, wrong boards, and a cable that breaks."""

from __future__ import annotations

import json
import os
import pty
import random
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cli
from app.cli import label
from app.install import console, flasher, steps
from app.install.errors import InstallError
from app.install.flasher import SerialLine, identify, write
from build.firmware import base as bases
from build.firmware import insert, lfs, release
from domain.settings import networks
from tests.unit.firmware import making

pytest.importorskip("littlefs", reason="littlefs-python is not installed")
mock = pytest.importorskip("esp32_mock_bootloader.server", reason="it is not installed")
from tests.unit.install.chips import MockChip  # noqa: E402 - needs that

pytestmark = pytest.mark.slow  # esptool does the same on each Python

SECRET = "the password of this network"
BASES = {
    "esp32": making.esp32(making.WITH_ROMFS),
    "esp32c3": making.esp32(chip="esp32c3"),
    "esp8266": making.esp8266(extra=b"VfsRom\0"),
}
# At so many places the cable breaks: from the first byte on, over the stub, to the command that
# reads the image back. The number of bytes until then depends on the time that a chip takes.
_READ_BACK = b"\xc0\x00\x13"
CUTS = int(os.environ.get("PYTHINGS_CUTS", "2"))

# esptool's settings, in s: for a chip that answers, if late, and for one that no longer does.
_PATIENT = "connect_attempts = 20\nsync_timeout = 2\ntimeout = 60\nmem_end_rom_timeout = 2"
_BRIEF = "connect_attempts = 20\nsync_timeout = 2\ntimeout = 15\nmem_end_rom_timeout = 2"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Replace the slow steps: the OS is ready at once. esptool waits long for a chip that is there:
    the stand-in is slow on a busy machine."""
    monkeypatch.setattr(release, "make", lambda board, version, source=False: making.release())
    monkeypatch.setattr(insert, "_esptool", lambda program, chip: None)
    waits(tmp_path, _PATIENT)
    monkeypatch.setenv("ESPTOOL_CFGFILE", str(tmp_path / "esptool.cfg"))
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


def waits(tmp_path: Path, settings: str = "connect_attempts = 1") -> None:
    """Set the waits of esptool; by default it gives a lost chip up at once."""
    (tmp_path / "esptool.cfg").write_text("[esptool]\n%s\n" % settings)


@pytest.fixture
def plugged(tmp_path: Path) -> Iterator[list[MockChip]]:
    """Yield a list for the chips that a test makes: they are unplugged in the end."""
    made: list[MockChip] = []
    yield made
    for chip in made:
        chip.unplug()


@pytest.fixture
def chip(plugged: list[MockChip], tmp_path: Path):
    """Return a function that plugs a chip in."""

    def make(kind: str) -> MockChip:
        plugged.append(MockChip(kind, tmp_path))
        plugged[-1].plug_in()
        return plugged[-1]

    return make


@pytest.fixture
def install(tmp_path: Path, capsys, monkeypatch):
    """Return a function that installs: (status, events, stderr)."""

    def call(board: MockChip, base: bytes | None, *arguments: str):
        options = []
        if base is not None:
            (tmp_path / "base.bin").write_bytes(base)
            options = ["--base", str(tmp_path / "base.bin")]
        command = ["install", "--port", str(board.port), "--json", *options, *arguments]
        status = cli.main(command)
        said = capsys.readouterr()
        assert SECRET not in said.out + said.err
        return status, [json.loads(line) for line in said.out.splitlines()], said.err

    return call


def kept(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return a list that gets each image that is written."""
    made: list[bytes] = []

    def write(line, chip, start, data, show):
        made.append(data)
        flasher.write(line, chip, start, data, show)

    monkeypatch.setattr(steps, "write", write)
    return made


@pytest.mark.parametrize("kind", BASES)
def test_the_board_holds_the_image_and_the_settings(kind, chip, install, monkeypatch, tmp_path):
    shown: list[str] = []

    def runs(port, wait_s, show, restart):
        shown.append(port)

    monkeypatch.setattr(console, "until_it_runs", runs)
    monkeypatch.setenv("PYTHINGS_WIFI_PASSWORD", SECRET)
    images = kept(monkeypatch)
    board = chip(kind)
    settings = ["--wifi", "Meier", "--aid", "A1", "--labels", str(tmp_path / "things.csv")]
    status, events, _ = install(board, BASES[kind], "--yes", *settings)
    assert status == 0, events[-1]
    assert shown == [str(board.port)]
    told = {event["event"]: event for event in events}
    assert (told["chip"]["name"], told["chip"]["flash"]) == (kind, 4 << 20)
    assert told["progress"]["percent"] == 100
    assert events[-1]["event"] == "runs"
    flash = bytes(board.flash.data)
    start, size = told["write"]["start"], told["write"]["bytes"]
    assert set(flash[:start]) | set(flash[start + size :]) <= {0xFF}
    found = bases.read(flash[start : start + size], kind)
    assert all(
        flash[start + at : start + at + n] == found.data[at : at + n] for at, n in found.programs
    )
    place = found.places["vfs"]
    files = lfs.read(flash[place.offset : place.end])
    assert files["aid"] == b"A1"
    assert networks.read(files["wifi"])[0]["password"] == SECRET
    tid = told["chip"]["mac"].replace(":", "").upper()
    assert label.read(tmp_path / "things.csv") == [(tid, files["setup_password"].decode())]
    assert images == [flash[start : start + size]]


def test_a_given_image_is_written_byte_for_byte(chip, install, tmp_path):
    board = chip("esp32")
    made = insert.insert(bases.read(BASES["esp32"], "esp32"), making.release())
    (tmp_path / "firmware.bin").write_bytes(made.data)
    options = ["--image", str(tmp_path / "firmware.bin"), "--only", "flash", "--yes"]
    status, events, _ = install(board, None, *options)
    assert (status, events[-1]["event"]) == (0, "verified")
    assert bytes(board.flash.data[made.start : made.start + len(made.data)]) == made.data


@pytest.mark.parametrize(
    ("kind", "base", "says"),
    [
        ("esp32c3", BASES["esp32"], "base.bin: it is for another chip: esp32, not esp32c3"),
        ("esp8266", BASES["esp32"], "it is for another chip: esp32, not esp8266"),
        ("esp32", BASES["esp32"][:-40], "it is"),
        ("esp32h2", BASES["esp32"], "the OS does not run on an esp32h2"),
    ],
)
def test_a_wrong_base_changes_nothing(kind, base, says, chip, install):
    board = chip(kind)
    status, events, _ = install(board, base, "--only", "flash", "--yes")
    assert (status, events[-1]["event"]) == (1, "failed")
    assert says in events[-1]["text"]
    assert set(board.flash.data) == {0xFF}


def test_too_little_flash(chip, install, monkeypatch):
    monkeypatch.setattr(mock.protocol, "MOCK_FLASH_ID", 0x154020)
    status, events, _ = install(chip("esp32"), BASES["esp32"], "--only", "flash", "--yes")
    assert status == 1
    assert "has 2048 KiB of flash, and the OS needs 4096 - take another" in events[-1]["text"]


def test_nothing_is_erased_unasked(chip, install):
    board = chip("esp32")
    status, events, _ = install(board, BASES["esp32"], "--only", "flash")
    assert status == 1
    assert "will be erased" in events[-1]["text"]
    assert "agree to it with --yes" in events[-1]["text"]
    assert set(board.flash.data) == {0xFF}


def test_a_board_that_is_not_in_its_boot_mode(tmp_path):
    waits(tmp_path)
    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        with pytest.raises(InstallError, match="hold its button BOOT"):
            identify(SerialLine(os.ttyname(slave), 115200))
    finally:
        os.close(master)
        os.close(slave)


DATA = random.Random(1).randbytes(60_000)


def written(board: MockChip) -> None:
    """Write to a board; run the same again where the busy stand-in was taken for another chip."""
    for _ in range(5):
        try:
            write(SerialLine(str(board.port), 460800), "esp32", 0x1000, DATA, lambda percent: None)
            return
        except InstallError as error:
            if "another chip" not in str(error):
                raise
    raise AssertionError("five times it was taken for another chip")


@pytest.fixture(scope="module")
def length(tmp_path_factory: pytest.TempPathFactory) -> int:
    """Return the number of bytes that the host sends for `DATA`."""
    board = MockChip("esp32", tmp_path_factory.mktemp("whole"))
    board.plug_in()
    written(board)
    return board.unplug()


@pytest.mark.parametrize("place", range(CUTS))
def test_after_a_cut_the_second_try_works(place, chip, length, tmp_path):
    board = chip("esp32")
    waits(tmp_path, _BRIEF)
    if place == CUTS - 1:
        board.plug_in(cut_at=_READ_BACK)
    else:
        board.plug_in(cut_after=place * length // CUTS)
    with pytest.raises(InstallError, match="put the cable in firmly and run the same again"):
        written(board)
    waits(tmp_path, _PATIENT)
    board.plug_in()
    written(board)
    assert bytes(board.flash.data[0x1000 : 0x1000 + len(DATA)]) == DATA


def test_a_port_that_was_taken_in_between_is_tried_again(chip, monkeypatch):
    board = chip("esp32")
    port, tries = board.port, []

    def late(*_: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            port.rename(port.with_name("elsewhere"))
        elif not port.is_symlink():
            port.with_name("elsewhere").rename(port)

    monkeypatch.setattr(flasher, "openable", late)
    assert identify(SerialLine(str(port), 115200)).name == "esp32"
    assert len(tries) == 2
