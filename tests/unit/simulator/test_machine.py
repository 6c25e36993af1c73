"""The stand-ins for `machine`, `os`, `sys` and `time`, in the real interpreter."""

from __future__ import annotations

import zlib

import pytest

from tests.unit.simulator.conftest import Bench, Make
from tests.unit.simulator.programs import REFUSED


@pytest.mark.parametrize(("name", "constants"), [("esp32", "1 2 3 4 5"), ("esp8266", "0 6 1 5 4")])
def test_the_reset_causes_are_those_of_the_port(make: Make, name: str, constants: str):
    program = (
        "from machine import *\n"
        "print(PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET)\n"
        "print(reset_cause() == PWRON_RESET, len(unique_id()), freq())"
    )
    length, hertz = {"esp32": (6, 160000000), "esp8266": (4, 80000000)}[name]
    assert make(name).run(program) == [constants, "True %d %d" % (length, hertz)]


# In turn: power on, machine.reset(), deep sleep, a soft reset where main.py may ask for one,
# watchdog.
ALL_CAUSES = """\
import machine, sys
memory = machine.RTC().memory()
print(machine.reset_cause())
machine.RTC().memory(memory + b"x")
if len(memory) == 0:
    try:
        machine.reset()
    finally:
        print("never printed")
if len(memory) == 1:
    machine.deepsleep(20)
if len(memory) == 2:
    {soft}
if len(memory) == {last}:
    machine.WDT({timeout})
    while True:
        pass
"""


@pytest.mark.parametrize(
    ("name", "timeout", "soft", "numbers"),
    [
        ("esp32", "timeout=1000", "machine.soft_reset()", "1 2 4 5 3"),
        ("esp8266", "", "pass", "0 4 5 3"),
    ],
)
def test_each_reset_has_its_cause_and_memory_outlives_it(
    make: Make, name: str, timeout: str, soft: str, numbers: str
):
    bench = make(name)
    last = numbers.count(" ") - 1
    program = ALL_CAUSES.format(timeout=timeout, soft=soft, last=last)
    assert bench.run(program) == numbers.split()
    causes = ["power_on", "reset", "deepsleep", "soft_reset", "watchdog"]
    assert bench.causes() == [one for one in causes if one != "soft_reset" or name == "esp32"]


def test_rtc_memory_is_lost_with_the_power_and_has_a_limit(make: Make):
    for name, limit in (("esp32", 2048), ("esp8266", 492)):
        bench = make(name, root=name)
        program = (
            REFUSED
            + "import machine\nrtc = machine.RTC()\nprint(rtc.memory())\n"
            + "rtc.memory(bytes(%d))\nrefused(rtc.memory, bytes(%d))" % (limit, limit + 1)
        )
        lines = ["b''", "ValueError buffer too long"]
        assert bench.run(program) == lines
        assert bench.run(program) == lines * 2


def test_the_watchdog_bites_a_sleeping_program_too_and_feeding_keeps_it_off(esp32: Bench):
    esp32.begin(
        "import machine, time\n"
        "if machine.reset_cause() == machine.WDT_RESET:\n"
        "    print('bitten')\n    raise ValueError\n"
        "wdt = machine.WDT(timeout=1000)\n"
        "for _ in range(15):\n    wdt.feed()\n    time.sleep(0.1)\n"
        "print('fed')\ntime.sleep(100)\n"
    )
    esp32.printed("bitten")
    assert esp32.lines[:2] == ["fed", "bitten"]


def test_the_watchdog_outlives_the_program(esp32: Bench):
    esp32.begin("import machine\nif machine.reset_cause() == 1:\n    machine.WDT(timeout=1000)\n")
    esp32.event("board_reset", cause="watchdog")


def test_the_watchdog_can_be_hurried(esp32: Bench):
    esp32.begin(
        "import machine\nmachine.WDT(timeout=300000)\nprint('armed')\nwhile True:\n    pass"
    )
    esp32.printed("armed")
    esp32.board.control("watchdog 50")
    esp32.event("board_reset", cause="watchdog")


def test_the_watchdog_takes_the_arguments_of_the_port(make: Make):
    program = REFUSED + (
        "from machine import WDT\nrefused(WDT, 1)\nrefused(WDT, timeout=0)\n"
        "refused(WDT, timeout=20000)\nrefused(WDT)\n"
    )
    assert make("esp32", root="a").run(program) == [
        "ValueError",
        "ValueError WDT timeout too short",
        "taken",
        "taken",
    ]
    refusals = ["ValueError", "ValueError", "ValueError", "taken"]
    assert make("esp8266", root="b").run(program) == refusals


def test_pins(esp32: Bench):
    esp32.board.control("pin 4 1")
    program = REFUSED + (
        "from machine import Pin, Signal\n"
        "led = Pin(2, Pin.OUT, value=1)\nprint(led.value())\nled.off()\nprint(led())\n"
        "print(Pin(4, Pin.IN).value(), Pin(5, Pin.IN, Pin.PULL_UP).value(), Pin(18).value())\n"
        "low = Signal(led, invert=True)\nlow.on()\nprint(led.value(), low.value())\n"
        "refused(Pin, 24)\nrefused(Pin, 34, Pin.OUT)\nrefused(Signal, 2, Pin.OUT)\n"
    )
    lines = ["1", "0", "1 1 0", "0 1", "ValueError invalid pin"]
    lines += ["ValueError pin can only be input", "taken"]
    assert esp32.run(program) == lines
    assert esp32.event("pin", pin=2, value=1)


def test_pins_of_an_esp8266(esp8266: Bench):
    program = REFUSED + "from machine import Pin\nrefused(Pin, 6)\nrefused(Pin, 16, Pin.OUT)\n"
    assert esp8266.run(program) == ["ValueError invalid pin", "taken"]


def test_an_interrupt_comes_while_the_program_loops_and_asks_the_hardware(esp32: Bench):
    program = (
        "from machine import Pin\nseen = []\n"
        "def handler(pin):\n    seen.append(pin.value())\n    raise ValueError('shown')\n"
        "button, other = Pin(4, Pin.IN, Pin.PULL_UP), Pin(5, Pin.IN, Pin.PULL_UP)\n"
        "button.irq(handler, Pin.IRQ_FALLING)\nother.irq(handler)\nother.irq(None)\n"
        "print('armed')\nwhile not seen:\n    other.value()\nprint(seen)\n"
    )
    esp32.begin(program)
    esp32.printed("armed")
    for line in ("pin 5 0", "pin 4 1", "pin 4 0"):
        esp32.board.control(line)
    esp32.event("board_prompt")
    assert esp32.lines[-1] == "[0]"
    assert "ValueError: shown" in esp32.lines


def test_an_interrupt_that_an_esp8266_lacks(esp8266: Bench):
    program = REFUSED + (
        "from machine import Pin\nrefused(Pin(16, Pin.IN).irq, print)\n"
        "refused(Pin(12, Pin.IN).irq, print)\n"
    )
    assert esp8266.run(program) == ["OSError pin does not have IRQ capabilities", "taken"]


def test_i2c_is_that_of_the_port(make: Make):
    program = REFUSED + (
        "from machine import I2C, Pin, SoftI2C\n"
        "refused(I2C, 0, scl=Pin(5), sda=Pin(4))\nrefused(I2C, 2)\n"
        "bus = SoftI2C(Pin(5), Pin(4), freq=100000)\n"
        "print(bus.scan(), bus.readfrom_mem(0x76, 0xd0, 1))\n"
        "bus.writeto(0x76, b'\\xd0', False)\nbuffer = bytearray(1)\n"
        "bus.readfrom_into(0x76, buffer)\nprint(buffer, bus.writevto(0x76, (b'\\xf4', b'\\x25')))\n"
        "bus.readfrom_mem_into(0x76, 0xd0, buffer)\nprint(buffer, bus.readfrom(0x76, 0))\n"
        "refused(bus.writeto_mem, 0x77, 0xf4, b'\\x25')\n"
        "bus.init(Pin(4), Pin(5))\nprint(bus.scan())\nbus.deinit()\n"
    )
    found = ["[118] b'`'", "bytearray(b'`') 2", "bytearray(b'`') b''", "OSError 19", "[]"]
    own = {
        "esp32": ["taken", "ValueError I2C(2) doesn't exist"],
        "esp8266": [
            "TypeError function got multiple values for argument 'scl'",
            "TypeError function missing required positional argument #2",
        ],
    }
    for name, refusals in own.items():
        bench = make(name, root=name)
        bench.board.control("part air bme280 sda=4 scl=5")
        assert bench.run(program) == refusals + found


def test_an_adc_has_its_range_and_its_noise(esp32: Bench):
    for line in ("part a analog pin=34 volts=1.0", "part b analog pin=35 volts=3.3 noise=0"):
        esp32.board.control(line)
    program = REFUSED + (
        "from machine import ADC, Pin\nimport network\n"
        "adc = ADC(Pin(34))\nvalues = [adc.read() for _ in range(20)]\n"
        "print(len(set(values)) > 3, 3500 < sum(values) / 20 < 3800)\n"
        "adc.width(ADC.WIDTH_9BIT)\nprint(adc.read() < 512)\n"
        "top = ADC(35)\nprint(top.read(), top.read_u16(), top.read_uv())\n"
        "top.atten(ADC.ATTN_11DB)\nprint(top.read_uv())\n"
        "refused(ADC, Pin(5))\nrefused(top.atten, 4)\nrefused(top.width, 13)\n"
        "radio = ADC(Pin(4))\nrefused(radio.read)\nnetwork.WLAN(0).active(True)\n"
        "refused(radio.read)\n"
    )
    assert esp32.run(program) == [
        "True True",
        "True",
        "4095 65535 1100000",
        "3150000",
        "ValueError invalid pin",
        "ValueError invalid atten",
        "ValueError invalid bits",
        "taken",
        "OSError -263 ESP_ERR_TIMEOUT",
    ]


def test_pwm_of_an_esp32(esp32: Bench):
    esp32.board.control("part fan led pin=15")
    program = REFUSED + (
        "from machine import PWM, Pin\nfan = PWM(Pin(15), freq=1000, duty=256)\n"
        "print(fan.freq(), fan.duty(), fan.duty_u16(), fan.duty_ns())\nfan.duty_ns(500000)\n"
        "print(fan.duty_u16())\nfan.freq(2000)\nrefused(fan.freq, 0)\nrefused(fan.duty, 1024)\n"
        "refused(PWM, Pin(34))\nfan.duty_u16(65535)\nfan.deinit()\n"
        "pins = [n for n in range(34) if n not in (24, 28, 29, 30, 31)]\n"
        "for number, pin in enumerate(pins[:16]):\n    PWM(Pin(pin), freq=1000 + number % 8)\n"
        "refused(PWM, Pin(pins[16]))\nrefused(PWM(Pin(pins[15])).freq, 5)\n"
    )
    assert esp32.run(program) == [
        "1000 256 16399 250232",
        "32767",
        "ValueError frequency must be from 1Hz to 40000000Hz",
        "ValueError duty must be from 0 to 1023",
        "ValueError PWM not supported on pin 34",
        "ValueError out of PWM channels:16",
        "ValueError out of PWM timers:8",
    ]
    assert esp32.event("part", part="fan", brightness=0.25)
    assert esp32.event("part", part="fan", brightness=1)


def test_pwm_of_an_esp8266_has_one_frequency(esp8266: Bench):
    program = REFUSED + (
        "from machine import ADC, PWM, Pin\na, b = PWM(Pin(4)), PWM(Pin(5))\nb.freq(100)\n"
        "print(a.freq())\nrefused(a.freq, 1001)\nrefused(PWM, Pin(16))\n"
        "refused(ADC, 1)\nprint(ADC(0).read())\n"
    )
    assert esp8266.run(program) == [
        "100",
        "ValueError frequency must be from 1Hz to 1000Hz",
        "ValueError PWM not supported on pin 16",
        "ValueError not a valid ADC Channel: 1",
        "102",
    ]


def test_timers_call_back_also_while_the_program_loops(esp8266: Bench):
    program = (
        "import machine\nseen = []\n"
        "timer = machine.Timer(-1)\n"
        "timer.init(period=10, mode=machine.Timer.PERIODIC, callback=seen.append)\n"
        "while len(seen) < 3:\n    pass\n"
        "timer.deinit()\nprint(seen[0] is timer)\n"
        "machine.Timer(-1).init(period=10, mode=machine.Timer.ONE_SHOT, callback=\n"
        "    lambda _: machine.reset() if machine.reset_cause() == 0 else print('once'))\n"
        "import time\ntime.sleep(0.2)"
    )
    assert esp8266.run(program) == ["True", "True", "once"]


def test_uart(esp32: Bench):
    esp32.begin(
        REFUSED + "from machine import UART\nimport select\nrefused(UART, 3)\n"
        "uart = UART(1, 9600, timeout=10)\nprint(uart.read())\nuart.write('AT\\r')\n"
        "poll = select.poll()\npoll.register(uart, select.POLLIN)\nprint(len(poll.poll(20000)))\n"
        "print(uart.any() > 0, uart.readline())\nbuffer = bytearray(1)\n"
        "print(uart.readinto(buffer), buffer, uart.read(5))\n"
    )
    esp32.event("uart", uart=1, data=b"AT\r".hex())
    esp32.board.control("uart 2 00")  # the program has not opened this one
    esp32.board.control("uart 1 " + b"OK\nyes".hex())
    esp32.event("board_prompt")
    assert esp32.lines == [
        "ValueError UART(3) does not exist",
        "None",
        "1",
        "True b'OK\\n'",
        "1 bytearray(b'y') b'es'",
    ]


def test_the_heap_is_the_boards(make: Make):
    program = (
        "import gc\ngc.collect()\nprint(gc.mem_free())\nprint(gc.mem_free() + gc.mem_alloc())\n"
        "gc.threshold(4000)\nprint(gc.threshold())\ngc.threshold(-1)\nprint(gc.threshold())\n"
        "x = bytearray(%d)"
    )
    for name, heap, given in (("esp8266", 38912, 0), ("esp32", 111000, 0), ("esp32", 20000, 20000)):
        bench = make(name, root=name + str(given), heap=given)
        # Data without machine words is as large on a board as here.
        free, all_of_it, early, late, *rest = bench.run(program % (heap * 2))
        # The mounted file system takes some.
        assert heap - 3000 < int(free) <= heap == int(all_of_it)
        assert 3900 < int(early) <= 4000
        assert late == "-1"
        assert rest[-1].startswith("MemoryError")


def test_time_starts_in_2000_and_outlives_a_reset(esp32: Bench):
    program = (
        "import machine, time\n"
        "print(time.gmtime(0)[:3], time.time() < 60, time.mktime(time.gmtime(800000000)))\n"
        "if machine.reset_cause() == machine.PWRON_RESET:\n"
        "    machine.RTC().datetime((2026, 11, 23, 0, 6, 7, 8, 0))\n"
        "    print(machine.RTC().datetime()[:6])\n    machine.reset()\n"
        "print(time.localtime()[:4])"
    )
    lines = ["(2000, 1, 1) True 800000000", "(2026, 11, 23, 0, 6, 7)"]
    assert esp32.run(program)[:4] == [
        *lines,
        "(2000, 1, 1) False 800000000",
        "(2026, 11, 23, 6)",
    ]


def test_ticks_wrap(make: Make):
    program = (
        "import time\nbefore = time.ticks_ms()\n"
        "while time.ticks_ms() >= before:\n    time.sleep_ms(20)\n"
        "print(before > 2**29, 0 < time.ticks_diff(time.ticks_ms(), before) < 9000)\n"
        "print(time.ticks_add(2**30 - 1, 2), time.ticks_diff(5, 2**30 - 5))\n"
    )
    assert make(wraps_after=1000).run(program) == ["True True", "1 10"]


def test_the_host_is_out_of_reach(esp32: Bench):
    program = (
        "import os, sys\n"
        "print(os.listdir('/'), os.getcwd(), sys.platform, os.uname().sysname, sys.path)\n"
        "print([name for name in ('system', 'getenv') if hasattr(os, name)])\n"
        "print([name for name in sys.modules if name[0] == '_' and name != '__main__'] != 0)"
    )
    lines = ["['main.py'] / esp32 esp32 ['', '.frozen', '/lib']", "[]"]
    assert esp32.run(program)[:2] == lines


def test_nvs_lasts_from_commit_on(esp32: Bench):
    program = REFUSED + (
        "import esp, esp32\nnvs = esp32.NVS('app')\nrefused(nvs.get_i32, 'count')\n"
        "nvs.set_i32('count', 3)\nnvs.set_blob('name', b'ab')\nnvs.commit()\n"
        "nvs.set_i32('count', 4)\nnvs = esp32.NVS('app')\nbuffer = bytearray(4)\n"
        "print(nvs.get_i32('count'), nvs.get_blob('name', buffer), buffer, esp.flash_size())\n"
        "nvs.erase_key('count')\n"
    )
    lines = ["OSError -4354 ESP_ERR_NVS_NOT_FOUND", "3 2 bytearray(b'ab\\x00\\x00') 4194304"]
    assert esp32.run(program) == lines
    esp32.lines.clear()
    assert esp32.run(program)[0] == "taken"


def test_a_board_of_micropython_alone(make: Make):
    program = (
        "import machine, time, sys\nprint(time.time() > 1700000000, sys.platform)\n"
        "machine.WDT(timeout=50)\n"
        "if machine.reset_cause() != 3:\n    while True:\n        pass\n"
    )
    bench = make("micropython")
    bench.begin(program)
    bench.printed("True linux", 2)
    assert bench.causes()[:2] == ["power_on", "watchdog"]


@pytest.mark.parametrize(
    ("version", "lines"),
    [("1.20", ["b'packed'", "deflate", "vfs"]), ("1.23", []), ("1.29", [])],
)
def test_modules_are_those_of_the_version(make: Make, version: str, lines: list[str]):
    packer = zlib.compressobj(wbits=-10)
    packed = packer.compress(b"packed") + packer.flush()
    program = (
        "import io\nabsent = []\n"
        "for name in ('deflate', 'vfs'):\n    try:\n        __import__(name)\n"
        "    except ImportError:\n        absent.append(name)\n"
        "if 'deflate' in absent:\n    import uzlib\n"
        "    print(uzlib.DecompIO(io.BytesIO(%r), -10).read())\n"
        "for name in absent:\n    print(name)\n" % packed
    )
    assert make(firmware=version).run(program) == lines


@pytest.mark.parametrize(("version", "module"), [("1.20", "uasyncio"), ("1.29", "asyncio")])
def test_tasks_run_by_turns(make: Make, version: str, module: str):
    program = (
        "import %s as asyncio\nasync def tell(name):\n    for _ in range(2):\n"
        "        print(name)\n        await asyncio.sleep(0.01)\n"
        "async def main():\n    await asyncio.gather(tell('a'), tell('b'))\n"
        "asyncio.run(main())" % module
    )
    assert make(firmware=version).run(program) == ["a", "b", "a", "b"]


def test_the_firmware_of_an_esp8266_lacks_what_the_real_one_does(make: Make):
    program = (
        "import binascii\n"
        "print(binascii.hexlify(b'a'), hasattr(binascii, 'crc32'), pow(2, 10))\n"
        "try:\n    pow(2, 10, 7)\nexcept TypeError:\n    print('two only')"
    )
    assert make("esp8266").run(program) == ["b'61' False 1024", "two only"]
