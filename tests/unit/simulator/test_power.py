"""Power, resets and the file system: the state that survives each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.simulator.errors import SimError
from app.simulator.host import ASLEEP, OFF, ON, PROMPT
from app.simulator.image import BLOCK, FilesystemImage
from build.firmware import romfs
from tests.unit.simulator.conftest import Bench, Make

COUNT = """\
import machine, os
try:
    with open("count") as file:
        count = int(file.read())
except OSError:
    count = 0
with open("new", "w") as file:
    file.write(str(count + 1))
os.rename("new", "count")
print(count)
if count < 3:
    machine.reset()
"""


def test_files_survive_resets_and_power_cuts_and_can_be_had_when_it_is_off(esp32: Bench):
    assert esp32.run(COUNT) == ["0", "1", "2", "3"]
    assert esp32.board.files()["count"] == b"4"
    esp32.board.start()
    esp32.printed("4")
    esp32.board.power_cut()
    assert esp32.board.files()["count"] == b"5"


def test_an_erased_flash_is_formatted_by_the_board_itself(esp32: Bench):
    esp32.board.start()
    esp32.event("formatted")
    esp32.event("board_prompt", why="ended")
    esp32.board.power_cut()
    assert esp32.board.files() == {}


def test_a_corrupt_flash_is_left_alone(esp32: Bench):
    path = esp32.board.image.path
    path.write_bytes(b"\x00" * path.stat().st_size)
    esp32.board.start()
    esp32.event("board_prompt", why="corrupt")
    esp32.board.power_cut()
    with pytest.raises(SimError, match="corrupt"):
        esp32.board.files()


def test_a_flash_whose_first_block_was_just_erased_is_not_formatted(esp32: Bench):
    """The root of littlefs lies in the first two blocks in turn."""
    esp32.load("print('all there')")
    path = esp32.board.image.path
    data = path.read_bytes()
    path.write_bytes(b"\xff" * 4096 + data[4096:])
    esp32.board.start()
    esp32.printed("all there")
    assert "formatted" not in [event["event"] for event in esp32.events]


WRITES = """\
import os
for round in range(100):
    with open("new", "w") as file:
        file.write("x%03d" % round * 600)
    os.rename("new", "kept")
    print(round)
"""


def test_power_that_fails_in_any_operation_on_the_flash_leaves_a_whole_file(esp32: Bench):
    esp32.load(WRITES)
    for operations in (1, 2, 3, 5, 8, 13, 21, 34, 55):
        esp32.board.cut_after(operations)
        since = len(esp32.events)
        esp32.board.start()
        esp32.event("power_cut", since)
        esp32.board.wait(OFF)
        kept = esp32.board.files().get("kept", b"")
        assert kept == kept[:4] * (len(kept) // 4)
        assert len(kept) in (0, 2400)


def test_a_flash_behaves_as_nor_flash(esp32: Bench, tmp_path: Path):
    esp32.board.put({"main.py": b""})
    image = tmp_path / "chip"
    image.write_bytes(b"\xff" * 3 * BLOCK)
    program = (
        "import sys\n_flash = sys.modules['_flash']\nimport vfs\n"
        "flash = _flash.Flash(vfs.VfsPosix(), %r, 3, _flash.Power(0))\n"
        % str(image)
        + "print(_flash.blank(flash), flash.ioctl(4, 0), flash.ioctl(5, 0))\n"
        "flash.writeblocks(1, b'\\xf0\\x0f', 10)\nflash.writeblocks(1, b'\\x3c', 10)\n"
        "found = bytearray(3)\nflash.readblocks(1, found, 10)\nprint(found)\n"
        "flash.ioctl(6, 1)\nflash.readblocks(1, found, 10)\nprint(found)\n"
        "flash.writeblocks(0, bytes(2 * 4096))\nflash.readblocks(1, found, 10)\n"
        "print(found, _flash.blank(flash))"
    )
    assert esp32.run(program) == [
        "True 3 4096",
        "bytearray(b'0\\x0f\\xff')",
        "bytearray(b'\\xff\\xff\\xff')",
        "bytearray(b'\\x00\\x00\\x00') False",
    ]


def test_the_mapped_flash_is_executed_in_place_and_lasts(esp8266: Bench):
    esp8266.board.put_rom({"factory.py": b"print('factory')"})
    image = romfs.make({"ours.py": b"print('ours')"})
    program = (
        "import esp, gc, os, sys, vfs\nrom = vfs.rom_ioctl(2, 0)\n"
        "print(len(rom), gc.mem_free() > 19000, os.listdir('/rom'))\nimport factory\n"
        "if bytes(rom[106496:106499]) == b'\\xff\\xff\\xff':\n"
        "    esp.flash_erase(0xca)\n    esp.flash_write(0xca000, %r)\n"
        "    import machine\n    machine.reset()\n"
        "os.mkdir('/os.a')\nvfs.mount(vfs.VfsRom(rom[106496:106496 + %d]), '/os.a')\n"
        "sys.path.insert(0, '/os.a')\nimport ours\nprint(os.listdir('/os.a'))\n"
        "try:\n    rom[0] = 1\nexcept TypeError:\n    print('read-only')"
    ) % (image + bytes(-len(image) % 4), len(image))
    once = ["327680 True ['factory.py']", "factory"]
    told = [*once, *once, "ours", "['ours.py']", "read-only"]
    assert esp8266.run(program) == told


def test_stop_lets_the_program_end(esp32: Bench):
    esp32.begin(
        "import time\ntry:\n    print('on')\n    time.sleep(100)\n"
        "except KeyboardInterrupt:\n"
        "    with open('last', 'w') as file:\n        file.write('words')\n"
    )
    esp32.printed("on")
    esp32.board.stop()
    assert esp32.events[-1] == {"event": "board_off"}
    assert esp32.board.files()["last"] == b"words"
    esp32.board.stop()  # nothing to do
    assert esp32.board.state == OFF


def test_ctrl_c_in_a_timers_callback_reaches_the_program(esp32: Bench):
    """The interpreter swallows an exception that a callback raises."""
    esp32.begin(
        "import machine, utime\n"
        "def long(_timer):\n    print('in it')\n    utime.sleep_ms(1000)\n"
        "machine.Timer(-1, mode=machine.Timer.ONE_SHOT, period=1, callback=long)\n"
        "try:\n    while True:\n        pass\n"
        "except KeyboardInterrupt:\n    print('words')\n"
    )
    esp32.printed("in it")
    esp32.board.stop()
    assert esp32.events[-1] == {"event": "board_off"}
    assert esp32.lines[-1] == "words"


def test_a_program_that_resists_is_stopped_all_the_same(esp32: Bench, monkeypatch):
    monkeypatch.setattr("app.simulator.supervisor._STOP_S", 0.2)
    esp32.begin(
        "print('on')\nwhile True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass\n"
    )
    esp32.printed("on")
    esp32.board.stop()
    assert esp32.board.state == OFF


def test_sleep_ends_with_the_button(esp8266: Bench):
    esp8266.begin(
        "import machine\nprint(machine.reset_cause())\n"
        "if machine.reset_cause() == 0:\n    machine.deepsleep()\n"
    )
    esp8266.board.wait(ASLEEP)
    with pytest.raises(SimError, match="asleep"):
        esp8266.board.files()
    esp8266.board.control("reset")
    esp8266.printed("6")
    assert esp8266.causes() == ["power_on", "button"]


def test_the_rtc_alarm_of_an_esp8266_wakes_it(esp8266: Bench):
    esp8266.begin(
        "import machine\nif machine.reset_cause() == 0:\n    rtc = machine.RTC()\n"
        "    rtc.irq(trigger=rtc.ALARM0, wake=machine.DEEPSLEEP)\n    rtc.alarm(rtc.ALARM0, 30)\n"
        "    machine.deepsleep()\n"
    )
    esp8266.event("board_reset", cause="deepsleep")


def test_an_interpreter_that_dies_is_an_exception_of_the_board(esp32: Bench):
    # Its process is killed, as a bug in the firmware would end it.
    esp32.begin("import machine\nprint(machine.reset_cause())\nwhile True: pass")
    esp32.printed("1")
    life = esp32.board.supervisor._life
    assert life
    life._process.kill()
    esp32.event("board_reset", cause="exception")
    esp32.printed("2")


def test_boot_py_comes_first_and_an_error_in_it_ends_nothing_else(esp32: Bench):
    esp32.load("print('main')", boot="print('boot')")
    esp32.board.start()
    esp32.board.wait(PROMPT)
    assert esp32.lines == ["boot", "main"]


def test_what_is_typed_reaches_the_program(esp32: Bench):
    esp32.begin("import sys\nprint('ready')\nprint('got', sys.stdin.readline().strip())")
    esp32.printed("ready")
    esp32.board.type("hello board")
    esp32.printed("got hello board")


def test_a_heap_that_the_board_cannot_start_in_is_told(make: Make):
    bench = make(heap=-40000)
    bench.board.start()
    bench.event("board_failed")
    assert bench.board.supervisor.failed
    assert bench.board.state == OFF


def test_one_folder_one_board(make: Make):
    bench = make("esp32")
    with pytest.raises(SimError, match="runs on"):
        make("esp32")
    bench.board.close()
    with pytest.raises(SimError, match="holds an esp32"):
        make("esp8266")


@pytest.mark.parametrize(
    "line",
    ["", "dance", "wifi", "wifi sideways", "pin x 1", "pin 1 2", "power", "power up", "uart 1 x"]
    + [
        "watchdog soon",
        "password new nowhere",
        "delay soon",
        "network a b c",
        "forget",
        "power fail",
    ],
)
def test_a_command_that_makes_no_sense(make: Make, line: str):
    bench = make("micropython")
    with pytest.raises(SimError):
        bench.board.control(line)


def test_the_commands_for_power(make: Make):
    bench = make("micropython")
    bench.load("print('on')\nimport time\ntime.sleep(100)")
    for line, state in (
        ("power on", ON),
        ("power off", OFF),
        ("power on", ON),
        ("power cycle", ON),
    ):
        bench.board.control(line)
        assert bench.board.state == state
        if state == ON:  # the chip tells its cause when it has started
            bench.printed("on", len(bench.causes()))
    assert bench.causes() == ["power_on"] * 3
    bench.board.control("power fail 1")
    assert bench.board.supervisor.cut_after == 1


class TestImage:
    def test_files_in_folders_come_and_go(self, tmp_path: Path):
        pytest.importorskip("littlefs")
        image = FilesystemImage(tmp_path / "image", 16)
        assert not image.exists()
        image.erase()
        image.put({"a/b/c.py": b"1", "d": b"2" * 9000})
        image.put({"d": b"3"}, remove=frozenset({"a/b/c.py"}))
        assert image.files() == {"d": b"3"}

    def test_a_full_image_stays_as_it_was(self, tmp_path: Path):
        pytest.importorskip("littlefs")
        image = FilesystemImage(tmp_path / "image", 8)
        image.erase()
        image.put({"a": b"1"})
        with pytest.raises(SimError, match="cannot be written"):
            image.put({"a": b"2", "b": bytes(9 * BLOCK)})
        assert image.files() == {"a": b"1"}

    def test_what_is_no_image(self, tmp_path: Path):
        pytest.importorskip("littlefs")
        path = tmp_path / "image"
        with pytest.raises(SimError, match="cannot be read"):
            FilesystemImage(path, 8).files()
        path.write_bytes(b"short")
        with pytest.raises(SimError, match="no image of 8"):
            FilesystemImage(path, 8).files()
        with pytest.raises(SimError, match="cannot be written"):
            FilesystemImage(tmp_path / "nowhere" / "image", 8).erase()
