"""An OS in its slot of an ESP8266's flash: on CPython, against the simulated flash."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.runtime import loader
from build.firmware import layout, romfs
from domain.errors import DeviceError
from tests.unit.micropython.simulated import FakeRom, Simulated
from tests.unit.micropython.stand_ins import fresh

FILES = {"start.mpy": b"M" * 3000, "pt.mpy": bytes(range(256)) * 9, "version.py": b"version=1"}
FACTORY = romfs.make({"start.mpy": b"factory"})
SLOT = layout.ROM_SLOT
BEGINS = {"a": SLOT, "b": 2 * SLOT}


class Flash:
    """`rom.img` of a simulated ESP8266, and its modules for adapters that are imported from now on.

    `power(n)`: it fails in operation n from now on; 0: in none.
    """

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = root / "rom.img"
        self.put(FACTORY)
        self.board = Simulated("esp8266", root)
        self.board.config["rom_at"] = layout.ESP8266_ROMFS.offset
        self.vfs = self.board.load("_vfs")
        self.mounted: list[tuple[bytes, str]] = []
        self.vfs.mount = lambda image, where: self.mounted.append((image.bytes(), where))
        self.vfs.VfsRom = Rom
        monkeypatch.setitem(sys.modules, "vfs", self.vfs)
        monkeypatch.setitem(sys.modules, "esp", self.board.load("esp"))
        self.power(0)

    def put(self, data: bytes) -> None:
        self.path.write_bytes(data.ljust(layout.ESP8266_ROMFS.size, b"\xff"))

    def power(self, left: int) -> None:
        module = self.board.load("_flash")
        host = self.board.modules["vfs"].VfsPosix()
        made = module.Mapped(host, self.path, module.Power(left), FakeRom)
        self.vfs.mapped = made

    def slot(self, place: str) -> bytes:
        return self.path.read_bytes()[BEGINS[place] :][:SLOT]


class Rom:
    """`vfs.VfsRom`, with access to its image."""

    def __init__(self, image: Any) -> None:
        self._image = image
        if bytes(image[:3]) != FACTORY[:3]:
            raise OSError(19)

    def bytes(self) -> bytes:
        return bytes(self._image)


@pytest.fixture
def flash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flash]:
    made = Flash(tmp_path, monkeypatch)
    yield made
    made.board.close()


@pytest.fixture
def seal(flash: Flash, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    made: Callable[[str], None] = fresh(monkeypatch, "adapters.esp8266.romslot").seal
    return made


def staged(root: Path, place: str, files: dict[str, bytes]) -> str:
    folder = root / ("os." + place)
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return str(folder)


def starts(root: Path, flash: Flash, place: str) -> dict[str, bytes]:
    """Return the files that the loader finds in a folder: only an image, which it mounts."""
    flash.mounted.clear()
    loader._has(str(root), place, "start")
    folder = str(root / ("os." + place))
    assert os.listdir(folder) == ["sealed"]
    ((image, where),) = flash.mounted
    assert where == folder
    return romfs.read(image)


@pytest.mark.parametrize("place", ["a", "b"])
def test_the_files_are_executed_in_place(
    place: str, flash: Flash, seal: Callable[[str], None], tmp_path: Path
) -> None:
    seal(staged(tmp_path, place, FILES))
    assert starts(tmp_path, flash, place) == FILES
    image = romfs.make(FILES)
    assert flash.slot(place).startswith(image)
    assert flash.path.read_bytes()[:SLOT] == FACTORY.ljust(SLOT, b"\xff")
    other = flash.slot("b" if place == "a" else "a")
    assert other == b"\xff" * SLOT
    # And once more, over the present image.
    (tmp_path / ("os." + place) / "sealed").unlink()
    seal(staged(tmp_path, place, {"start.mpy": b"M"}))
    assert starts(tmp_path, flash, place) == {"start.mpy": b"M"}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.text("abcdefgh_.", min_size=1, max_size=200).map(lambda name: "x" + name[:199]),
        st.one_of(st.binary(max_size=700), st.integers(0, 20_000).map(lambda n: b"xy" * n)),
        max_size=5,
    ).filter(lambda files: sum(map(len, files.values())) < 90_000)
)
def test_any_image_is_as_the_build_makes_it(
    flash: Flash, seal: Callable[[str], None], tmp_path: Path, files: dict[str, bytes]
) -> None:
    folder = staged(tmp_path, "a", files)
    seal(folder)
    image = romfs.make(files)
    assert flash.slot("a")[: len(image)] == image
    assert romfs.read(flash.slot("a")) == files
    (Path(folder) / "sealed").unlink()
    assert os.listdir(folder) == []


def test_a_power_cut_in_any_operation_on_the_flash(
    flash: Flash, seal: Callable[[str], None], tmp_path: Path
) -> None:
    old = {"start.mpy": b"the one before" * 500}
    seal(staged(tmp_path, "b", old))
    kept = flash.slot("b")
    folder = staged(tmp_path, "a", FILES)
    operations = 0
    while True:
        operations += 1
        flash.power(operations)
        try:
            seal(folder)
            break
        except SystemExit:
            assert sorted(os.listdir(folder)) == sorted(FILES)  # all of it, and no note
    size = len(romfs.make(FILES))
    assert operations == -(-size // 512) + -(-size // 4096) + 1
    assert starts(tmp_path, flash, "a") == FILES
    assert flash.slot("b") == kept
    assert starts(tmp_path, flash, "b") == old


def test_the_files_go_when_there_is_the_note(
    flash: Flash, seal: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(path: str) -> None:
        assert (tmp_path / "os.a" / "sealed").read_text().startswith("106496 ")
        raise SystemExit

    folder = staged(tmp_path, "a", FILES)
    with monkeypatch.context() as context:
        context.setattr(os, "remove", cut)
        with pytest.raises(SystemExit):
            seal(folder)
    assert romfs.read(flash.slot("a")) == FILES


def test_a_flash_that_fails(
    flash: Flash, seal: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise OSError(5)

    folder = staged(tmp_path, "a", FILES)
    esp = sys.modules["esp"]
    for name, act, text in (
        ("flash_write", fails, "cannot be written: OSError"),
        ("flash_write", lambda *_: None, "does not keep what is written"),
    ):
        with monkeypatch.context() as context:
            context.setattr(esp, name, act)
            with pytest.raises(DeviceError, match=text) as caught:
                seal(folder)
        assert caught.value.code == "storage"
        assert sorted(os.listdir(folder)) == sorted(FILES)


def test_an_os_that_is_too_large(flash: Flash, seal: Callable[[str], None], tmp_path: Path) -> None:
    before = flash.path.read_bytes()
    folder = staged(tmp_path, "a", {"start.mpy": bytes(SLOT)})
    with pytest.raises(DeviceError, match="takes 1065.. bytes of flash, and has 106496") as caught:
        seal(folder)
    assert caught.value.code == "disk_full"
    assert flash.path.read_bytes() == before
    exactly = {
        "start.mpy": bytes(SLOT - len(romfs.make({"start.mpy": bytes(SLOT - 30)})) + SLOT - 30)
    }
    assert len(romfs.make(exactly)) == SLOT
    seal(staged(tmp_path, "a", exactly))
    assert starts(tmp_path, flash, "a") == exactly


def test_a_file_that_changes_while_it_is_read(
    flash: Flash, seal: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["adapters.esp8266.romslot"]
    monkeypatch.setattr(module, "_size", lambda folder, name: 1)
    folder = staged(tmp_path, "a", {"start.mpy": b"12"})
    with pytest.raises(DeviceError, match="has changed"):
        seal(folder)
    assert os.listdir(folder) == ["start.mpy"]


@pytest.mark.parametrize(
    "factory",
    [b"", romfs.make({"start.mpy": bytes(SLOT)}), b"\xd2\xcd\x31" + b"\x86\xbf\x7b"],
    ids=["none", "too large", "just too large"],
)
def test_a_factorys_os_that_is_elsewhere(
    factory: bytes, flash: Flash, seal: Callable[[str], None], tmp_path: Path
) -> None:
    flash.put(factory)
    flash.power(0)
    before = flash.path.read_bytes()
    folder = staged(tmp_path, "a", FILES)
    seal(folder)
    assert sorted(os.listdir(folder)) == sorted(FILES)  # it is started from there
    assert flash.path.read_bytes() == before


def test_another_firmware(
    flash: Flash, seal: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = staged(tmp_path, "a", FILES)
    moved = {"rom_ioctl": lambda *_: memoryview(bytes(3 * SLOT))}
    old: dict[str, Any] = {"rom_ioctl": None}
    for module in (moved, {"rom_ioctl": lambda *_: -22}, old, None):
        made = None if module is None else type("vfs", (), dict(module))
        monkeypatch.setitem(sys.modules, "vfs", made)
        seal(folder)
    assert sorted(os.listdir(folder)) == sorted(FILES)


@pytest.mark.parametrize("at", [0, 3, 2000, -1])
def test_a_damaged_image_is_not_there(
    at: int, flash: Flash, seal: Callable[[str], None], tmp_path: Path
) -> None:
    seal(staged(tmp_path, "a", FILES))
    data = bytearray(flash.path.read_bytes())
    data[SLOT + (at if at >= 0 else len(romfs.make(FILES)) - 1)] ^= 1
    flash.path.write_bytes(data)
    flash.power(0)
    assert not loader._has(str(tmp_path), "a", "start")
    assert flash.mounted == []


def test_the_board_itself_seals(
    flash: Flash, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flash.board.install(monkeypatch)
    fresh(monkeypatch, "adapters.esp8266.romslot")
    module = fresh(monkeypatch, "adapters.micropython.mac", "adapters.esp8266.hardware")
    system = importlib.import_module("adapters.micropython.system")
    staged(tmp_path, "b", FILES)
    system.DeviceSystem(module.Esp8266Hardware(), str(tmp_path), "esp8266").seal("os.b")
    assert starts(tmp_path, flash, "b") == FILES
