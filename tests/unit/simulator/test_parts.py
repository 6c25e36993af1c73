"""Parts wired to a simulated board, by themselves: the behaviour that a driver must cope with."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Callable

import pytest

from app.simulator.errors import HardwareRefusal, SimError
from app.simulator.parts.bme280 import Bme280, fine, humidity, pressure, raw
from app.simulator.parts.modbus import Modbus, crc16
from app.simulator.parts.part import Part
from app.simulator.parts.wiring import KINDS, Wiring
from app.simulator.script import Script


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


Wire = Callable[..., Any]


@pytest.fixture
def wiring() -> Wiring:
    return Wiring(lambda event, **fields: None, lambda pin, levels: None)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wire(wiring: Wiring, clock: Clock) -> Wire:
    """Return a function that wires a part of a kind and gives it `clock`."""

    def make(kind: str, name: str = "it", **fields: float) -> Part:
        wiring.add(name, kind, {key: str(value) for key, value in fields.items()})
        wiring.parts[name].clock = clock
        return wiring.parts[name]

    return make


def test_the_example_of_the_data_sheet() -> None:
    # BST-BMP280-DS001, 3.12: these raw values are these degrees and pascals.
    assert fine(519888) / 5120 == pytest.approx(25.08, abs=0.005)
    assert pressure(415148, fine(519888)) == pytest.approx(100653.27, abs=0.05)


@pytest.mark.parametrize("degrees", [-40, -0.01, 0, 21.5, 85])
@pytest.mark.parametrize(("percent", "hpa"), [(0, 300), (48.5, 1013.25), (100, 1100)])
def test_a_driver_reads_what_was_set(degrees: float, percent: float, hpa: float) -> None:
    data = raw({"temperature": degrees, "humidity": percent, "pressure": hpa}, True, True, True)
    at = fine(int.from_bytes(data[3:6], "big") >> 4)
    assert at / 5120 == pytest.approx(degrees, abs=0.01)
    assert pressure(int.from_bytes(data[:3], "big") >> 4, at) == pytest.approx(hpa * 100, abs=3)
    assert humidity(int.from_bytes(data[6:], "big"), at) == pytest.approx(percent, abs=0.1)


def test_a_bme280_sleeps_until_told_and_takes_its_time(wire: Wire, clock: Clock) -> None:
    sensor = wire("bme280", sda=21, scl=22)
    assert isinstance(sensor, Bme280)
    asleep = bytes.fromhex("8000008000008000")
    assert sensor.exchange(b"\xd0", 1) == b"\x60"
    assert sensor.exchange(b"\xf7", 8) == asleep
    sensor.exchange(b"\xf2\x01\xf4\x25", 0)  # pairs of register and value, in one message
    clock.now += 0.005
    assert sensor.exchange(b"\xf3", 1) == b"\x08"
    assert sensor.exchange(b"\xf7", 8) == asleep
    clock.now += 0.005
    assert sensor.exchange(b"\xf3", 2) == b"\x00\x24"  # measured, and asleep again
    found = sensor.exchange(b"\xf7", 8)
    assert found == raw(sensor.values, True, True, True)
    sensor.change({"temperature": "30"})
    assert sensor.exchange(b"\xf7", 8) == found
    sensor.exchange(b"\xe0\xb6", 0)
    assert sensor.exchange(b"\xf7", 8) == asleep


def test_ctrl_hum_counts_from_the_next_ctrl_meas_on(wire: Wire, clock: Clock) -> None:
    sensor = wire("bme280", sda=21, scl=22)
    sensor.exchange(b"\xf4\x27", 0)  # measures continuously, except the humidity
    sensor.exchange(b"\xf2\x01", 0)
    clock.now += 1
    assert sensor.exchange(b"\xfd", 2) == b"\x80\x00"
    sensor.exchange(b"\xf4\x27", 0)
    clock.now += 1
    assert sensor.exchange(b"\xfd", 2) != b"\x80\x00"
    before = sensor.exchange(b"\xfa", 3)
    sensor.change({"temperature": "30"})
    assert sensor.exchange(b"\xfa", 3) != before


def test_faults_of_a_bus(wiring: Wiring, wire: Wire) -> None:
    part = wire("bme280", sda=21, scl=22, address=0x77)
    ask = (21, 22, 0x77, "d0", 1)
    assert wiring.do_i2c_scan(21, 22) == [0x77]
    assert wiring.do_i2c(*ask) == "60"
    for wrong in ((22, 21, 0x77, "d0", 1), (21, 22, 0x76, "d0", 1)):
        with pytest.raises(HardwareRefusal) as refused:
            wiring.do_i2c(*wrong)
        assert refused.value.arguments == (19,)
    part.fail("silent", 1)
    with pytest.raises(HardwareRefusal):
        wiring.do_i2c(*ask)
    assert wiring.do_i2c(*ask) == "60"
    part.fail("corrupt")
    assert wiring.do_i2c(*ask) == "20"
    part.fail("stuck", 2)
    for act in (lambda: wiring.do_i2c_scan(21, 22), lambda: wiring.do_i2c(*ask)):
        with pytest.raises(HardwareRefusal) as refused:
            act()
        assert refused.value.arguments == (110,)
    part.fail("silent")
    assert wiring.do_i2c_scan(21, 22) == []


def test_a_dht22_is_not_asked_twice_within_two_seconds(
    wiring: Wiring, wire: Wire, clock: Clock
) -> None:
    part = wire("dht22", pin=4, temperature=-10.1, humidity=65.2)
    assert wiring.do_dht(4) == "028c8065" + "%02x" % (0x02 + 0x8C + 0x80 + 0x65 & 0xFF)
    part.change({"temperature": "10.1"})
    clock.now += 1.9
    with pytest.raises(HardwareRefusal) as refused:
        wiring.do_dht(4)
    assert refused.value.arguments == (110,)
    clock.now += 0.2
    assert wiring.do_dht(4)[4:8] == "8065"  # the value measured before
    clock.now += 2
    assert wiring.do_dht(4)[4:8] == "0065"
    clock.now += 2
    part.fail("corrupt", 1)
    data = bytes.fromhex(wiring.do_dht(4))
    assert sum(data[:4]) & 0xFF != data[4]
    with pytest.raises(HardwareRefusal):
        wiring.do_dht(5)


def test_a_ds18b20_says_85_degrees_before_it_has_measured(
    wiring: Wiring, wire: Wire, clock: Clock
) -> None:
    wire("ds18b20", pin=5, temperature=-10.125)

    def degrees() -> float:
        assert wiring.do_onewire_reset(5)
        wiring.do_onewire_write(5, 0xBECC, 16)
        data = wiring.do_onewire_read(5, 72).to_bytes(9, "little")
        value: int = struct.unpack("<h", data[:2])[0]
        return value / 16

    assert degrees() == 85
    wiring.do_onewire_reset(5)
    wiring.do_onewire_write(5, 0x44CC, 16)
    assert wiring.do_onewire_read(5, 1) == 0  # still measuring
    assert degrees() == 85
    clock.now += 0.75
    assert degrees() == -10.125
    wiring.lose_power()
    assert degrees() == 85
    assert not wiring.do_onewire_reset(6)
    assert wiring.do_onewire_read(6, 8) == 0xFF


def test_one_ds18b20_alone_tells_its_number(wiring: Wiring, wire: Wire) -> None:
    wire("ds18b20", pin=5, serial=0x123456)
    wiring.do_onewire_reset(5)
    wiring.do_onewire_write(5, 0x33, 8)
    rom = wiring.do_onewire_read(5, 64)
    assert rom & 0xFFFFFFFF == 0x12345628
    wiring.do_onewire_reset(5)
    wiring.do_onewire_write(5, 0x55 | rom << 8 | 0x4E << 72 | 0x112233 << 80, 104)
    wiring.do_onewire_reset(5)
    wiring.do_onewire_write(5, 0x55 | (rom ^ 1 << 60) << 8 | 0xBE << 72, 80)
    assert wiring.do_onewire_read(5, 8) == 0xFF  # another device was addressed
    wiring.do_onewire_reset(5)
    wiring.do_onewire_write(5, 0xBECC, 16)
    assert wiring.do_onewire_read(5, 40) >> 16 == 0x112233


def frame(text: str) -> bytes:
    data = bytes.fromhex(text)
    return data + crc16(data)


def heard(meter: Modbus, clock: Clock, request: bytes, baud: int = 9600) -> bytes:
    meter.hear(request, baud)
    clock.now += 1
    return meter.say()


@pytest.fixture
def meter(wire: Wire) -> Modbus:
    found = wire("modbus", uart=1, address=7, **{"30001": 2304, "40001": -5, "40002": 1})
    assert isinstance(found, Modbus)
    return found


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("070400000001", "07 04 02 0900"),
        ("070300000002", "07 03 04 fffb 0001"),
        ("070300000003", "07 83 02"),  # no such register
        ("070300000000", "07 83 03"),
        ("07030000007e", "07 83 03"),
        ("070100000001", "07 81 01"),
        ("07060001002a", "07 06 0001002a"),
        ("07060009002a", "07 86 02"),
        ("0710000000020400070008", "07 10 00000002"),
        ("07100000000104000700ff", "07 90 03"),
    ],
)
def test_a_modbus_slave_answers(meter: Modbus, clock: Clock, request_: str, answer: str) -> None:
    assert heard(meter, clock, frame(request_)) == frame(answer)


def test_a_modbus_slave_keeps_still(meter: Modbus, clock: Clock) -> None:
    request = frame("070400000001")
    assert heard(meter, clock, request[:-1] + b"\0") == b""  # damaged
    assert heard(meter, clock, frame("080400000001")) == b""  # addressed to another slave
    assert heard(meter, clock, request, 19200) == b""
    assert heard(meter, clock, frame("00060000002a")) == b""  # addressed to all
    assert meter.values["40001"] == 42
    meter.fail("silent", 1)
    assert heard(meter, clock, request) == b""
    assert heard(meter, clock, b"\x07\x10" + bytes(4) + b"\xff" + bytes(255)) == b""
    assert heard(meter, clock, b"\x07" * 300) == b""
    meter.lose_power()
    assert heard(meter, clock, request) != b""


def test_an_answer_comes_at_the_speed_of_its_line(meter: Modbus, clock: Clock) -> None:
    for byte in frame("070400000001"):
        meter.hear(bytes([byte]), 9600)
    clock.now += 0.013
    assert meter.say() == b""
    clock.now += 0.0028
    begun = meter.say()
    assert begun == b"\x07\x04"
    clock.now += 0.005
    assert begun + meter.say() == frame("0704020900")
    assert meter.say() == b""


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (lambda board: board.add("a", "bmp180", {}), "there is no part 'bmp180' - there are bme"),
        (lambda board: board.add("a", "dht22", {}), "a: say pin=NUMBER, where it is wired"),
        (lambda board: board.add("a", "dht22", {"pin": "x"}), "pin=x is no number"),
        (lambda board: board.add("a", "dht22", {"pin": "1", "t": "1"}), "a has no value 't' - its"),
        (lambda board: board.add("a", "led", {"pin": "1", "lit": "2"}), "lit is between 0 and 1"),
        (lambda board: board.add("a", "modbus", {"uart": "1", "5": "1"}), "5 is no register"),
        (lambda board: board.add("a", "modbus", {"uart": "1", "30001": "0.5"}), "whole number"),
        (lambda board: board.part("a"), "there is no part 'a' - there are none"),
    ],
)
def test_what_cannot_be_wired(wiring: Wiring, act: Callable[[Wiring], Any], problem: str) -> None:
    with pytest.raises(SimError, match=problem):
        act(wiring)


def test_what_a_part_cannot_be(wiring: Wiring, wire: Wire) -> None:
    part = wire("dht22", pin=4)
    for wrong in ({"temperature": "81"}, {"humidity": "50", "temperature": "nan"}):
        with pytest.raises(SimError):
            part.change(wrong)
    assert part.values == KINDS["dht22"].VALUES
    with pytest.raises(SimError, match="it cannot be stuck - its faults are none, silent, corrupt"):
        part.fail("stuck")
    for number in range(31):
        wire("led", "led%d" % number, pin=2)
    with pytest.raises(SimError, match="there are 32 parts already"):
        wire("led", "another", pin=2)
    wire("led", "led5", pin=3)  # takes the place of the one with that name
    assert (len(wiring.parts), wiring.part("led5").wires["pin"]) == (32, 3)


def test_a_loose_wire_picks_up_whatever_there_is(wiring: Wiring, wire: Wire) -> None:
    part = wire("analog", pin=34, volts=1, noise=0)
    assert wiring.do_adc(34) == 1
    part.fail("loose")
    assert len({wiring.do_adc(34) for _ in range(9)}) == 9
    assert wiring.do_adc(35) == 0.1


def test_a_light_that_is_lit_by_a_low_level() -> None:
    told: list[dict[str, Any]] = []
    wiring = Wiring(lambda event, **fields: told.append(fields), lambda pin, levels: None)
    wiring.add("lamp", "led", {"pin": "2", "lit": "0"})
    wiring.level(2, 0)
    wiring.do_pwm(2, 1000, 65535)
    wiring.level(3, 0)
    assert [fields["brightness"] for fields in told] == [1, 0]


def test_a_script_has_its_times(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "script"
    path.write_text(
        "# a cold night\npin 4 1\n\nwait 10\n set air temperature=-5\nwait 0.5\nreset\n"
    )
    script = Script(path, clock)
    assert script.due() == ["pin 4 1"]
    clock.now += 99
    script.start()
    assert script.due() == []
    clock.now += 10
    assert script.due() == ["set air temperature=-5"]
    clock.now += 0.5
    assert script.due() == ["reset"]
    assert script.due() == []
    assert Script(None).due() == []


@pytest.mark.parametrize("text", ["wait", "wait soon", "wait -1", "wait 1 2", "wait nan"])
def test_a_script_that_makes_no_sense(tmp_path: Path, text: str) -> None:
    path = tmp_path / "script"
    path.write_text("reset\n" + text)
    with pytest.raises(SimError, match="line 2: say wait SECONDS"):
        Script(path)
    with pytest.raises(SimError, match="cannot be read: No such file"):
        Script(tmp_path / "none")
    path.write_text(" " * (1 << 20) + "x")
    with pytest.raises(SimError, match="is larger than"):
        Script(path)
