"""The stand-ins for a board's modules, here on CPython, where their lines can be counted.

The real interpreter runs them in test_machine, test_network and test_power.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from build.firmware import romfs
from build.firmware.layout import ESP8266_ROMFS
from tests.patience import PATIENCE_S
from tests.unit.micropython.simulated import FakeFiles, Simulated
from tests.unit.simulator.programs import REFUSED

Make = Callable[..., Simulated]
ENDED, SOFT_RESET, CORRUPT = 67, 65, 68


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Make]:
    """Yield a function that makes boards: (name, options)."""
    made: list[Simulated] = []

    def make(name: str = "esp32", **options: Any) -> Simulated:
        made.append(Simulated(name, tmp_path, **options))
        return made[-1]

    yield make
    for board in made:
        board.close()


@pytest.fixture(params=["esp32", "esp8266", "micropython"])
def board(request: pytest.FixtureRequest, simulated: Make) -> Simulated:
    """Return a board of each kind."""
    return simulated(request.param)


def test_machines(board: Simulated) -> None:
    program = REFUSED + (
        "import machine\nprint(machine.reset_cause() == machine.PWRON_RESET)\n"
        "hertz = machine.freq()\nmachine.freq(hertz)\nprint(machine.freq() == hertz)\n"
        "refused(machine.freq, 1)\n"
        "machine.idle()\nmachine.lightsleep(1)\nmachine.enable_irq(machine.disable_irq())\n"
        "print([name for name in dir(machine) if name[0] != '_' and name.islower()])\n"
    )
    public = "deepsleep disable_irq enable_irq freq idle lightsleep reset reset_cause sleep"
    names = [*public.split(), "soft_reset", "unique_id"]
    if board.kind.name == "esp32":
        names.append("wake_reason")
    if board.kind.name != "micropython":
        names.append("dht_readinto")
    lines = ["True", "True", "ValueError frequency not possible", str(sorted(names))]
    assert board.run(program) == lines


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("machine.reset()", ["reset"]),
        ("machine.deepsleep(50)", ["deepsleep", 50]),
        ("import esp; esp.deepsleep(50000)", ["deepsleep", 50]),
    ],
)
def test_what_ends_a_run(simulated: Make, act: str, told: list[Any]) -> None:
    board = simulated("esp8266")
    with pytest.raises(SystemExit):
        board.run("import machine\n" + act + "\nprint('never')")
    assert board.told == [told]
    assert board.said == []


def test_a_soft_reset_ends_the_program(board: Simulated) -> None:
    with pytest.raises(SystemExit) as caught:
        board.run("import machine\nmachine.soft_reset()")
    assert caught.value.code == SOFT_RESET


@pytest.mark.parametrize(("version", "said"), [("1.20", "ValueError"), ("1.23", "taken")])
def test_a_watchdog_of_less_than_a_second(simulated: Make, version: str, said: str) -> None:
    program = REFUSED + "from machine import WDT\nrefused(WDT, 0, timeout=999)\nWDT(timeout=1999)\n"
    board = simulated(version=version)
    assert board.run(program)[0].split()[0] == said
    assert board.told[-1] == ["wdt", 1000 if version == "1.20" else 1999]


@pytest.mark.parametrize(("version", "said"), [("1.16", "ValueError"), ("1.20", "taken")])
def test_the_newer_names_of_what_can_be_configured(
    simulated: Make, version: str, said: str
) -> None:
    program = REFUSED + (
        "import network\nap = network.WLAN(network.AP_IF)\n"
        "ap.config(essid='a', authmode=4, password='long enough')\nprint(ap.config('essid'))\n"
        "refused(ap.config, ssid='b', security=4, key='long enough')\nrefused(ap.config, 'ssid')\n"
    )
    first, *others = simulated(version=version).run(program)
    assert first == "a"
    assert [line.split()[0] for line in others] == [said] * 2


@pytest.mark.parametrize(("version", "kept"), [("1.20", b""), ("1.23", b"kept"), ("1.29", b"kept")])
def test_which_resets_the_memory_of_the_clock_outlives(
    simulated: Make, version: str, kept: bytes
) -> None:
    board = simulated(version=version)
    for cause in ("deepsleep", "soft_reset", "reset", "watchdog"):
        board.hardware.memory = b"kept".hex()
        board.hardware.restart(cause)
        wanted = b"kept" if cause in ("deepsleep", "soft_reset") else kept
        assert board.hardware.memory == wanted.hex()


@pytest.mark.parametrize(
    ("name", "version", "text", "main", "end"),
    [
        ("esp32", "1.16", "sys.exit()", True, ENDED),
        ("esp32", "1.23", "sys.exit()", False, ENDED),
        ("esp32", "1.23", "machine.soft_reset()", False, SOFT_RESET),
        ("esp32", "1.24", "sys.exit()", False, SOFT_RESET),
        ("esp32", "1.16", "1/0", True, ENDED),
        ("esp32", "1.23", "1/0", False, ENDED),
        ("esp8266", "1.25", "machine.soft_reset()", True, ENDED),
        ("esp8266", "1.25", "1/0", False, ENDED),
    ],
)
def test_what_ends_boot_py(
    simulated: Make, image: Path, name: str, version: str, text: str, main: bool, end: int
) -> None:
    board = start(simulated, image, "print('main')", name=name, version=version)
    board.files["boot.py"] = "import machine, sys\n" + text
    assert board.main() == end
    assert ("main" in board.said) == main


@pytest.mark.parametrize(
    ("name", "version", "text", "end"),
    [
        ("esp32", "1.16", "sys.exit(75)", ENDED),
        ("esp32", "1.16", "machine.soft_reset()", SOFT_RESET),
        ("esp32", "1.23", "sys.exit(75)", ENDED),
        ("esp32", "1.24", "sys.exit(75)", SOFT_RESET),
        ("esp32", "1.24", "raise KeyboardInterrupt", ENDED),
        ("esp8266", "1.29", "sys.exit(75)", ENDED),
        ("esp8266", "1.29", "machine.soft_reset()", ENDED),
        ("micropython", "1.29", "sys.exit(75)", SOFT_RESET),
    ],
)
def test_what_ends_main_py(
    simulated: Make, image: Path, name: str, version: str, text: str, end: int
) -> None:
    board = start(simulated, image, "import machine, sys\n" + text, name=name, version=version)
    assert board.main() == end


def test_the_memory_of_the_clock(board: Simulated) -> None:
    size = {"esp8266": 492}.get(board.kind.name, 2048)
    program = REFUSED + (
        "from machine import RTC\nrtc = RTC(0)\nrtc.memory(b'kept')\nprint(RTC().memory())\n"
        "refused(rtc.memory, bytes(%d))\nrefused(RTC, 1)\n" % (size + 1)
    )
    assert board.run(program) == [
        "b'kept'",
        "ValueError buffer too long",
        "ValueError invalid RTC",
    ]


def test_clocks_that_can_be_set(simulated: Make) -> None:
    for name in ("esp32", "esp8266"):
        program = (
            "from machine import RTC\nimport time\nstart = time.time()\n"
            "rtc = RTC(datetime=(2026, 11, 23, 0, 6, 7, 8, 0))\nprint(rtc.datetime()[:6])\n"
            "rtc.init((2027, 1, 2, 0, 3, 4, 5, 0))\nprint(time.localtime()[:5], start < 60)\n"
            "print(time.mktime(time.gmtime(800000000)), time.time_ns() // 10 ** 9 > 8 * 10 ** 8)\n"
        )
        lines = ["(2026, 11, 23, 0, 6, 7)", "(2027, 1, 2, 3, 4) True", "800000000 True"]
        assert simulated(name).run(program) == lines


def test_a_clock_that_is_the_machines_own(simulated: Make) -> None:
    program = REFUSED + (
        "from machine import RTC\nprint(RTC().datetime()[0] > 2025)\n"
        "refused(RTC().datetime, (2026, 11, 23, 0, 6, 7, 8, 0))\n"
    )
    assert simulated("micropython").run(program) == ["True", "OSError 1"]


def test_ticks(simulated: Make) -> None:
    program = REFUSED + (
        "import time\nbefore = time.ticks_ms()\ntime.sleep(0.002)\n"
        "print(0 < time.ticks_diff(time.ticks_ms(), before) < 9000, time.ticks_us() < 2 ** 30)\n"
        "print(time.ticks_add(2 ** 30 - 1, 2), time.ticks_diff(5, 2 ** 30 - 5))\n"
        "refused(time.ticks_add, 0, 2 ** 29)\n"
    )
    lines = ["True True", "1 10", "OverflowError ticks interval overflow"]
    assert simulated().run(program) == lines


def test_pins_and_signals(simulated: Make) -> None:
    board = simulated()
    board.hardware.inputs[4] = 1
    program = REFUSED + (
        "from machine import Pin, Signal\n"
        "led = Pin(2, Pin.OUT, value=1)\nprint(led.value())\nled.off()\nprint(led())\n"
        "led.on()\nled.toggle()\nprint(led.value())\n"
        "print(Pin(4).value(), Pin(5, Pin.IN, Pin.PULL_UP).value(), Pin(Pin(18)).value())\n"
        "low = Signal(led, invert=True)\nlow.on()\nprint(led.value(), low.value())\n"
        "low.off()\nprint(led.value(), Signal(2, Pin.OUT).value())\n"
        "refused(Pin, 24)\nrefused(Pin, 'D1')\nrefused(Pin, 34, Pin.OUT)\n"
        "print(led.irq(print) is led)\n"
    )
    lines = ["1", "0", "0", "1 1 0", "0 1", "1 1", "ValueError invalid pin"]
    lines += ["ValueError invalid pin", "ValueError pin can only be input", "True"]
    assert board.run(program) == lines


def test_serial_lines(simulated: Make) -> None:
    board = simulated()
    board.run(
        REFUSED + "from machine import UART\nrefused(UART, 3)\nuart = UART(1, 9600, timeout=5)\n"
        "print(uart.read(), uart.ioctl(3, 5), uart.readline(), uart.readinto(bytearray(1)))\n"
        "print(uart.write('AT\\r'), uart.write(b'x'), uart.ioctl(4, 0))\n"
    )
    assert board.said == ["ValueError UART(3) does not exist", "None 4 None None", "3 1 -22"]
    assert ("uart", {"level": 10, "uart": 1, "data": b"AT\r".hex()}) in board.events
    board.hardware.received[1] += b"OK\nyes"
    board.run(
        "from machine import UART\nuart = UART(1)\nbuffer = bytearray(2)\n"
        "print(uart.any(), uart.ioctl(3, 1), uart.readline())\n"
        "print(uart.readinto(buffer, 1), bytes(buffer))\n"
        "print(uart.readinto(buffer), bytes(buffer))\nuart.deinit()\nprint(uart.any())\n"
    )
    assert board.said[3:] == ["6 1 b'OK\\n'", "1 b'y\\x00'", "2 b'es'", "0"]


def test_watchdogs(simulated: Make) -> None:
    wrong = {"esp32": "timeout=0", "esp8266": "timeout=9000", "micropython": "timeout=0"}
    for name, ms in (("esp32", 5000), ("esp8266", 3200), ("micropython", 5000)):
        board = simulated(name)
        program = REFUSED + (
            "from machine import WDT\nrefused(WDT, 1)\nrefused(WDT, %s)\nWDT().feed()\n"
        )
        lines = board.run(program % wrong[name])
        assert [line.split()[0] for line in lines] == ["ValueError"] * 2
        assert board.told == [["wdt", ms], ["feed"]]


def test_timers(board: Simulated) -> None:
    program = REFUSED + (
        "from machine import Timer\nimport utime\nseen = []\n"
        "once = Timer(-1, period=1, mode=Timer.ONE_SHOT, callback=seen.append)\n"
        "many = Timer()\nmany.init(freq=500, callback=seen.append)\n"
        "mute = Timer(period=1)\n"
        "while seen.count(many) < 3 or not seen.count(once):\n    utime.sleep_ms(1)\n"
        "many.deinit()\nmute.deinit()\nmany.deinit()\n"
        "print(seen.count(once))\nrefused(Timer, 9)\n"
    )
    assert board.run(program) == ["1", "ValueError invalid Timer number"]


WLAN = REFUSED + (
    "import network, socket, time\nwlan = network.WLAN(network.STA_IF)\n"
    "print(wlan is network.WLAN(), wlan.status(), wlan.ifconfig()[0], wlan.isconnected())\n"
    "wlan.active(True)\nprint(wlan.active(), [n[0] for n in wlan.scan()])\n"
    "wlan.connect(b'simulated', 'simulated-password')\n"
    "print(wlan.isconnected(), wlan.ifconfig()[0], wlan.config('essid'), wlan.status('rssi'))\n"
    "wlan.ifconfig(('10.0.0.2',))\nrefused(wlan.config, 'nonsense')\n"
    "refused(wlan.config, 'mac', channel=3)\nwlan.config(dhcp_hostname='me')\n"
    "network.hostname('it')\nprint(wlan.config('mac')[:1], wlan.config('hostname'))\n"
    "print(network.hostname(), network.phy_mode())\n"
    "wlan.disconnect()\nprint(wlan.isconnected())\nrefused(network.WLAN, 2)\n"
    "ap = network.WLAN(network.AP_IF)\nap.config(essid='mine')\nprint(ap.config('essid'))\n"
    "refused(ap.connect)\nprint(ap.ifconfig()[0])\n"
)


@pytest.mark.parametrize("name", ["esp32", "esp8266"])
def test_wifi(name: str, simulated: Make) -> None:
    board = simulated(name)
    idle, mode = {"esp32": (1000, 3), "esp8266": (0, 3)}[name]
    assert board.run(WLAN) == [
        "True %d 0.0.0.0 False" % idle,
        "True [b'simulated']",
        "True 192.168.1.50 simulated -55",
        "ValueError unknown config param",
        "TypeError either pos or kw args are allowed",
        "b'\\xaa' it",
        "it %d" % mode,
        "False",
        "ValueError invalid WLAN interface identifier",
        "mine",
        "OSError STA required",
        "192.168.4.1",
    ]
    told = {"active": name == "esp8266", "network": "mine", "security": 0}
    assert ("access_point", told) in board.events


def test_sockets_go_through_the_air(simulated: Make) -> None:
    board = simulated()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(connection.recv(10).upper())

        other = threading.Thread(target=answer)
        other.start()
        board.run(
            REFUSED + "import network, socket\nwlan = network.WLAN()\nwlan.active(True)\n"
            "refused(socket.getaddrinfo, '127.0.0.1', %(port)d)\nsocket.reset()\n"
            "wlan.connect('simulated', 'simulated-password')\n"
            "found = socket.getaddrinfo('127.0.0.1', %(port)d)[0]\n"
            "sock = socket.socket()\nsock.connect(found[-1])\nsock.send(b'through')\n"
            "print(sock.recv(10))\nsock.close()\n"
            "print(socket.getaddrinfo('0.0.0.0', 80)[0][-1][0])\n"
            % {"port": server.getsockname()[1]}
        )
        other.join(PATIENCE_S)
    assert board.said == ["OSError -202", "b'THROUGH'", "127.0.0.1"]


def test_os(simulated: Make) -> None:
    program = (
        "import os\nprint(os.uname().sysname, os.uname()[0])\n"
        "os.dupterm(None)\nos.dupterm_notify(None)\n"
    )
    assert simulated().run(program) == ["esp32 esp32"]


def test_what_the_chips_have_of_their_own(simulated: Make) -> None:
    program = REFUSED + (
        "import esp, esp32\nesp.osdebug(None)\nprint(esp.flash_size(), esp.flash_user_start())\n"
        "nvs = esp32.NVS('app')\nrefused(nvs.get_i32, 'n')\nrefused(nvs.get_blob, 'b', b'')\n"
        "nvs.set_i32('n', 3)\nnvs.set_blob('b', 'ab')\nnvs.set_blob('c', b'x')\nnvs.commit()\n"
        "nvs = esp32.NVS('app')\nbuffer = bytearray(4)\n"
        "print(nvs.get_i32('n'), nvs.get_blob('b', buffer), bytes(buffer))\n"
        "refused(nvs.get_blob, 'b', bytearray(1))\nnvs.erase_key('n')\n"
        "refused(nvs.erase_key, 'n')\nprint(esp32.raw_temperature())\n"
        "esp32.wake_on_ext0(pin=None)\nesp32.wake_on_ext1(None)\n"
        "import machine\nprint(machine.wake_reason())\n"
    )
    lines = ["4194304 2097152", "OSError -4354 ESP_ERR_NVS_NOT_FOUND"]
    lines += [lines[-1], "3 2 b'ab\\x00\\x00'", "OSError -4364 ESP_ERR_NVS_INVALID_LENGTH"]
    assert simulated().run(program) == [*lines, "OSError -4354 ESP_ERR_NVS_NOT_FOUND", "118", "0"]
    assert simulated(cause="deepsleep").run("import machine; print(machine.wake_reason())") == ["4"]
    board = simulated("esp8266")
    program = (
        "import esp\nesp.osdebug(None)\nprint(esp.flash_size(), esp.flash_user_start())\n"
        "esp.sleep_type(esp.SLEEP_NONE)\n"
        "print(esp.sleep_type(), esp.flash_id(), esp.check_fw(), esp.freemem())\n"
        "import machine\nrtc = machine.RTC()\nrtc.irq(trigger=rtc.ALARM0)\nrtc.alarm(0, 30)\n"
    )
    assert board.run(program) == ["2097152 1048576", "0 1458415 True 20000"]
    assert board.told == []


def test_what_a_broken_line_leaves_is_passed_over(simulated: Make) -> None:
    board = simulated()
    board.load("_sim")
    line: Any = board.load("_sim")._line
    line.noise = [b'47, true, "cut by Ctrl-C\n', b"[999, true, 1]\n"]
    assert board.run("import machine\nprint(len(machine.RTC().memory()))") == ["0"]
    line.noise = [b""]
    with pytest.raises(SystemExit):
        board.run("import machine\nmachine.RTC().memory()")


def test_ctrl_c_does_not_bring_a_board_back_that_has_no_power(simulated: Make) -> None:
    board = simulated()
    line: Any = board.load("_sim")._line
    pressed = iter([KeyboardInterrupt])

    def read(_size: int) -> bytes:
        for error in pressed:
            raise error
        return b""

    line.read = read
    with pytest.raises(SystemExit):
        board.run("import machine\nmachine.reset()")


# Flash, and the steps before and after a program


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Return a flash image of two erased blocks."""
    path = tmp_path / "flash.img"
    path.write_bytes(b"\xff" * 8192)
    return path


def start(simulated: Make, image: Path, program: str = "", **config: Any) -> Simulated:
    """Return a board with that main.py."""
    rom = image.with_name("rom.img")
    there = str(rom) if rom.exists() else ""
    config = {"image": str(image), "rom": there, "blocks": 2, "heap": 50_000, **config}
    board = simulated(config.pop("name", "esp32"), **config)
    board.heap = 600_000
    if program:
        board.files["main.py"] = program
    return board


def test_a_whole_run(simulated: Make, image: Path) -> None:
    board = start(simulated, image, "import sys, machine\nprint(sys.platform, machine.RTC)\n1/0")
    assert board.main() == ENDED
    assert board.said[0].startswith("esp32 <class")
    assert board.said[1:] == ["ZeroDivisionError: division by zero"]
    assert [told[0] for told in board.told] == ["formatted", "started"]
    assert board.modules["sys"].path == ["", ".frozen", "/lib"]
    # the second time there is a file system
    again = start(simulated, image, "print('again')", name="micropython")
    assert again.main() == ENDED
    assert (again.said, [told[0] for told in again.told]) == (["again"], ["started"])


def test_older_firmware_has_other_modules(simulated: Make, image: Path) -> None:
    program = (
        "import builtins, uzlib\nprint(uzlib.DecompIO('raw', -10), uzlib.DecompIO('gzip', 31))\n"
        "try:\n    builtins.__import__('deflate')\nexcept ImportError as error:\n"
        "    print(error)\nprint(builtins.__import__('machine').reset_cause())\n"
    )
    board = start(simulated, image, program, version="1.20")
    assert board.main() == ENDED
    assert board.said == ["('raw', 1, 10) ('gzip', 3, 15)", "no module named 'deflate'", "1"]


def test_the_program_has_the_boards_heap(simulated: Make, image: Path) -> None:
    board = start(simulated, image)
    board.main()
    # 50,000 bytes of 4-byte words there are twice as many bytes of 8-byte words here.
    (told,) = [told for told in board.told if told[0] == "started"]
    assert 95_000 <= told[1] <= 100_016
    small = start(simulated, image, heap=1_000_000)
    assert small.main() == ENDED
    assert small.told[0][0] == "small"


@pytest.fixture
def mapped(image: Path) -> Path:
    """Return the mapped part of an ESP8266's flash, with a factory's OS."""
    path = image.with_name("rom.img")
    path.write_bytes(romfs.make({"pt.py": b"1"}).ljust(ESP8266_ROMFS.size, b"\xff"))
    return path


def test_what_is_executed_in_place(simulated: Make, image: Path, mapped: Path) -> None:
    board = start(simulated, image, name="esp8266")
    assert board.main() == ENDED
    assert board.modules["sys"].path[-2:] == ["/rom", "/rom/lib"]
    mapped.write_bytes(b"\xff" * ESP8266_ROMFS.size)
    board = start(simulated, image, name="esp8266")
    assert board.main() == ENDED
    assert board.modules["sys"].path == ["", ".frozen", "/lib"]


SLOT = """
import esp, vfs
start, rom = 0xb0000, vfs.rom_ioctl(2, 0)
"""


def test_a_part_of_the_flash_is_mapped(simulated: Make, image: Path, mapped: Path) -> None:
    program = (
        SLOT + "print(vfs.rom_ioctl(1), len(rom), vfs.rom_ioctl(5, 0), bytes(rom[:3]))\n"
        "print(esp.flash_read(start, 3))\n"
        "esp.flash_write(start + 4096, b'\\xf0' * 8)\n"
        "esp.flash_write(start + 4096, b'\\x3f' * 4)\n"
        "found = bytearray(12)\nesp.flash_read(start + 4096, found)\nprint(bytes(found))\n"
        "esp.flash_erase(0xb1)\nprint(bytes(rom[4096:4099]))\n"
        "try:\n    rom[0] = 0\nexcept TypeError:\n    print('read-only')\n"
        + "".join(
            "try:\n    esp.%s\nexcept (ValueError, RuntimeError) as error:\n    print(error)\n"
            % act
            for act in (
                "flash_write(start, b'12345')",
                "flash_write(start + 2, b'1234')",
                "flash_erase(0xaf)",
                "flash_read(0x100000, 1)",
            )
        )
    )
    board = start(simulated, image, program, name="esp8266")
    assert board.main() == ENDED
    assert board.said == [
        "1 327680 -22 b'\\xd2\\xcd1'",
        "b'\\xd2\\xcd1'",
        "b'0000\\xf0\\xf0\\xf0\\xf0\\xff\\xff\\xff\\xff'",
        "b'\\xff\\xff\\xff'",
        "read-only",
        "len must be multiple of 4",
        "720898 is not at a word",
        "the flash at 716800 is not for programs",
        "the flash at 1048576 is not for programs",
    ]


def test_the_firmwares_own_way_to_write_it(simulated: Make, image: Path, mapped: Path) -> None:
    mapped.write_bytes(b"\1" * ESP8266_ROMFS.size)
    program = (
        SLOT + "print(vfs.rom_ioctl(3, 0, 5000), vfs.rom_ioctl(4, 0, 4, b'abcd'), bytes(rom[:9]))\n"
    )
    board = start(simulated, image, program, name="esp8266")
    assert board.main() == ENDED
    assert board.said == ["4 0 b'\\xff\\xff\\xff\\xffabcd\\xff'"]
    kept = mapped.read_bytes()
    assert kept[:8] == b"\xff" * 4 + b"abcd"
    assert (kept[8191], kept[8192]) == (0xFF, 1)


@pytest.mark.parametrize(
    ("operation", "left"), [(1, b"\xff" * 2048 + b"\1" * 2048), (2, b"\2\2" + b"\xff" * 4094)]
)
def test_power_fails_while_it_is_written(
    simulated: Make, image: Path, mapped: Path, operation: int, left: bytes
) -> None:
    image.write_bytes(FakeFiles.MARK * 2)
    mapped.write_bytes(b"\1" * ESP8266_ROMFS.size)
    program = SLOT + "esp.flash_erase(0xb1)\nesp.flash_write(start + 4096, b'\\2' * 4)\n"
    board = start(simulated, image, program, name="esp8266", cut_after=operation)
    board.main()  # no supervisor cuts the power here
    assert board.told[-1] == ["power_fails"]
    assert mapped.read_bytes()[4096:8192] == left


def test_a_program_that_exits_resets_softly(simulated: Make, image: Path) -> None:
    assert start(simulated, image, "raise SystemExit").main() == SOFT_RESET


def test_what_is_broken_is_not_formatted(simulated: Make, image: Path) -> None:
    image.write_bytes(b"something else".ljust(8192, b"\0"))
    board = start(simulated, image, "print('never')")
    assert board.main() == CORRUPT
    assert board.said == ["The filesystem appears to be corrupted."]
    assert image.read_bytes().startswith(b"something else")


def flash(board: Simulated) -> Any:
    """Return the block device."""
    host = board.modules["vfs"].VfsPosix()
    config = board.config
    module = board.load("_flash")
    return module.Flash(host, config["image"], 2, module.Power(config["cut_after"]))


def test_flash_can_only_clear_bits(simulated: Make, image: Path) -> None:
    found = flash(start(simulated, image))
    assert [found.ioctl(operation, 0) for operation in (1, 4, 5)] == [0, 2, 4096]
    found.writeblocks(0, b"\xf0", 10)
    found.writeblocks(0, b"\x3f", 10)
    assert image.read_bytes()[9:12] == b"\xff\x30\xff"
    found.writeblocks(0, b"\x0f" * 4096)
    assert image.read_bytes() == b"\x0f" * 4096 + b"\xff" * 4096
    found.ioctl(6, 0)
    assert image.read_bytes() == b"\xff" * 8192


@pytest.mark.parametrize(
    ("operation", "left"), [(1, b"\xff" * 2048 + b"\1" * 2048), (2, b"\2" * 2048 + b"\xff" * 2048)]
)
def test_power_fails_in_the_middle(
    simulated: Make, image: Path, operation: int, left: bytes
) -> None:
    image.write_bytes(b"\1" * 8192)
    board = start(simulated, image, cut_after=operation)
    with pytest.raises(SystemExit):
        flash(board).writeblocks(1, b"\2" * 4096)
    assert board.told == [["power_fails"]]
    assert image.read_bytes() == b"\1" * 4096 + left
