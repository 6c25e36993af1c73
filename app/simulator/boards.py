"""The boards that can be simulated, as data taken from the ports of MicroPython."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.simulator.errors import SimError
from app.simulator.modem import Wires
from build.firmware.layout import ESP8266_ROMFS
from build.firmware.model import Place

# Causes of a start.
POWER_ON = "power_on"
RESET = "reset"  # machine.reset()
BUTTON = "button"
SOFT = "soft_reset"
WATCHDOG = "watchdog"
DEEPSLEEP = "deepsleep"
EXCEPTION = "exception"

_ESP32_CAUSES = {POWER_ON: 1, RESET: 2, BUTTON: 1, WATCHDOG: 3, DEEPSLEEP: 4, SOFT: 5, EXCEPTION: 2}

# rst_reason of the SDK. The software watchdog has a number without a name in `machine`; a soft
# reset keeps the cause of the last real one.
_ESP8266_CAUSES = {POWER_ON: 0, RESET: 4, BUTTON: 6, WATCHDOG: 3, DEEPSLEEP: 5, EXCEPTION: 2}


@dataclass(frozen=True)
class Kind:
    """A kind of board.

    `heap`: bytes in all, of 32-bit words; `blocks`: of 4096 bytes in the file system; `flash`:
    bytes in all; `causes`, `states`: results of `machine.reset_cause()` and `WLAN.status()`;
    `unique_id`: bytes of `machine.unique_id()`; `folders`, `modules`: the stand-ins; `platform`:
    `sys.platform`, empty to keep the interpreter's; `rom`: the part of the flash where the OS is
    executed in place, as the heap has no room for it; `auto_connect`: the radio finds its network
    by itself after a reset; `strict_connect`: `connect` refuses while the radio is connecting;
    `modem`: the wiring of its SIM800.
    """

    name: str
    heap: int
    blocks: int
    flash: int
    causes: dict[str, int]
    states: dict[str, int]
    unique_id: int
    folders: tuple[str, ...]
    modules: tuple[str, ...]
    platform: str
    machine: str
    rom: Place | None = None
    auto_connect: bool = False
    strict_connect: bool = False
    modem: Wires | None = None

    @property
    def port(self) -> str:
        """The name of MicroPython's port."""
        return self.platform or self.name


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="esp32",
            heap=111_000,
            blocks=512,
            flash=4 << 20,
            causes=_ESP32_CAUSES,
            states={"idle": 1000, "connecting": 1001, "up": 1010, "no_ap": 201, "password": 202},
            unique_id=6,
            folders=("esp", "esp32"),
            modules=(
                "_memory",
                "_keys",
                "time",
                "os",
                "socket",
                "ssl",
                "machine",
                "dht",
                "onewire",
                "ds18x20",
                "network",
                "esp",
                "esp32",
            ),
            platform="esp32",
            machine="Generic ESP32 module with ESP32",
            strict_connect=True,
        ),
        Kind(
            name="esp8266",
            heap=38 * 1024,
            blocks=256,
            flash=2 << 20,
            causes=_ESP8266_CAUSES,
            states={"idle": 0, "connecting": 1, "up": 5, "no_ap": 3, "password": 2},
            unique_id=4,
            folders=("esp", "esp8266"),
            modules=(
                "_missing",
                "_memory",
                "_keys",
                "time",
                "os",
                "socket",
                "machine",
                "dht",
                "onewire",
                "ds18x20",
                "network",
                "_vfs",
                "esp",
            ),
            platform="esp8266",
            machine="ESP module with ESP8266",
            rom=ESP8266_ROMFS,
            auto_connect=True,
        ),
        Kind(
            name="micropython",
            heap=1 << 20,
            blocks=256,
            flash=1 << 20,
            causes=_ESP32_CAUSES,
            states={},
            unique_id=6,
            folders=("micropython",),
            modules=("machine",),
            platform="",
            machine="unix",
        ),
    )
}

for _name, _uart in (("esp32", 1), ("esp8266", 0)):
    _name_sim800 = _name + "_sim800"
    _wires = Wires(uart=_uart, key=4, reset=5)
    KINDS[_name_sim800] = replace(KINDS[_name], name=_name_sim800, modem=_wires)


def kind_of(name: str) -> Kind:
    """Return the kind of board with that name; raise `SimError` if there is none."""
    if name not in KINDS:
        raise SimError("there is no board %r - there are %s" % (name, ", ".join(KINDS)))
    return KINDS[name]
