"""The boards that a slim build is made for: their modules, and the definitions in their core."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from build.slim import bundle_layout

CORE = "pt"

_ROOMS = ("states", "readings", "settings", "app", "security", "os_update", "health")
_DOMAIN = ("domain", *("domain." + room for room in _ROOMS), "adapters.cloud", "adapters.debug")
_NOT_DOMAIN = ("domain.readings.backlog",)  # for machines with a disk

# Definitions that outlive the state that makes them lie in the core, and so do their makers.
_ENTRY = (
    "build.slim.runtime:Proxy",
    "domain.runner:Runner",
    "domain.thing:Thing",
)

# Further modules of a board with MicroPython.
_DEVICE = (
    "adapters.http",
    "adapters.micropython",
    "adapters.null",
    "app.runtime.micropython_main",
)
_DEVICE_ENTRY = (
    "app.runtime.micropython_main:live",
    "adapters.micropython.clock:TicksClock",
    "adapters.micropython.console:DeviceConsole",
    "adapters.micropython.apphost:Logger",
    "adapters.null:NullIndicator",
)
_ESP_ENTRY = ("adapters.micropython.led:PinIndicator",)


@dataclass(frozen=True)
class Board:
    """The program of a board.

    `arch`: mpy-cross's name of the processor; `modules`: packages and modules to include, less
    those in `without`; `entry`: the definitions in the core; `lazy`: modules by the file that is
    loaded lazily; `compose`: the composition root, "" if nothing starts by itself; `plenty`: bytes
    of free memory with which lazily loaded files stay loaded; 0: they never do.
    """

    name: str
    arch: str
    modules: tuple[str, ...] = _DOMAIN
    entry: tuple[str, ...] = _ENTRY
    lazy: dict[str, tuple[str, ...]] = field(default_factory=lambda: bundle_layout.DOMAIN)
    without: tuple[str, ...] = ()
    compose: str = ""
    plenty: int = 0


def _device(
    name: str,
    arch: str,
    modules: tuple[str, ...],
    entry: tuple[str, ...],
    without: tuple[str, ...],
    lazy: dict[str, tuple[str, ...]],
) -> Board:
    root = "app.boards." + name
    return Board(
        name,
        arch,
        (*_DOMAIN, *_DEVICE, *modules, root),
        (*_ENTRY, *_DEVICE_ENTRY, *entry),
        {
            **bundle_layout.DOMAIN,
            **bundle_layout.DEVICE,
            **lazy,
            "pt_board": (root, *lazy.get("pt_board", ())),
        },
        (*_NOT_DOMAIN, *without),
        root,
    )


# The modules of a modem, with or without Wi-Fi beside it.
_CELLULAR = ("adapters.sim800", "app.boards.sim800")


# Enough for all of an exchange to stay loaded, just so, with a modem and an encrypted payload on
# firmware with 111,000 bytes in all.
_PLENTY = 24576


def _roomy(board: Board) -> Board:
    """Merge a board's files into few that stay loaded, on littlefs (docs/boards.md, Flash)."""
    return replace(board, lazy=bundle_layout.together(board.lazy), plenty=_PLENTY)


def _without_sockets(board: Board) -> Board:
    """Remove the socket modules from a board: its modem does all HTTP."""
    sockets = ("adapters.http", "adapters.micropython.stream", "adapters.micropython.tls")

    def rest(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if not name.startswith(sockets))

    lazy = {file: rest(board.lazy[file]) for file in board.lazy}
    return replace(
        board,
        entry=rest(board.entry),
        lazy={file: names for file, names in lazy.items() if names},
    )


# The domain and the protocol alone, for the conformance tests.
DOMAIN = Board("domain", "", without=_NOT_DOMAIN)

BOARDS = {
    board.name: board
    for board in (
        _device(
            "esp8266",
            "xtensa",
            ("adapters.esp8266", "app.boards.esp", "app.boards.wifi"),
            ("adapters.esp8266.hardware:Esp8266Hardware", *_ESP_ENTRY),
            (
                "adapters.micropython.hardware",
                "adapters.micropython.link",
                "adapters.micropython.tls",
                "adapters.micropython.date",
            ),
            {
                **bundle_layout.WIFI,
                **bundle_layout.SMALL,
                "pt_tls": ("adapters.esp8266.tls:UnverifiedTls",),
            },
        ),
        _roomy(
            _device(
                "esp32",
                "xtensawin",
                ("adapters.esp32", "app.boards.esp", "app.boards.wifi"),
                ("adapters.esp32.hardware:Esp32Hardware", *_ESP_ENTRY),
                (
                    "adapters.micropython.hardware",
                    "adapters.micropython.link",
                    "adapters.esp32.probe",
                ),
                {**bundle_layout.WIFI, **bundle_layout.DATE},
            )
        ),
        _roomy(
            _device(
                "esp32_sim800",
                "xtensawin",
                ("adapters.esp32", "app.boards.esp", "adapters.failover", *_CELLULAR),
                ("adapters.esp32.hardware:Esp32Hardware", "adapters.micropython.tls:Tls")
                + _ESP_ENTRY
                + ("adapters.failover:FailoverTransport",),
                ("adapters.micropython.hardware", "adapters.micropython.link"),
                {
                    **bundle_layout.CELLULAR,
                    **bundle_layout.DATE,
                    "pt_operators": (
                        "adapters.sim800.operators",
                        "adapters.sim800.operators:Operators",
                    ),
                    "pt_seek": tuple(
                        "adapters.failover:FailoverTransport." + name
                        for name in ("_look", "_put_back", "_leave")
                    ),
                    "pt_link": (*bundle_layout.ESP["pt_link"], "adapters.esp32.probe:WifiProbe"),
                },
            )
        ),
        _without_sockets(
            _device(
                "esp8266_sim800",
                "xtensa",
                ("adapters.esp8266", "app.boards.esp", *_CELLULAR),
                ("adapters.esp8266.hardware:Esp8266Hardware", *_ESP_ENTRY),
                (
                    "adapters.micropython.hardware",
                    "adapters.micropython.link",
                    "adapters.micropython.tls",
                    "adapters.micropython.date",
                    "adapters.sim800.operators",
                    "adapters.debug.port_recorder",
                ),
                {**bundle_layout.CELLULAR, **bundle_layout.SMALL, "pt_tap": ()},
            )
        ),
        _device(
            "micropython",
            "",
            (),
            ("adapters.micropython.hardware:UnixHardware",),
            (
                "adapters.micropython.query",
                "adapters.micropython.portal",
                "adapters.micropython.page",
                "adapters.micropython.wifi",
                "adapters.micropython.mac",
                "adapters.micropython.led",
                "adapters.micropython.boardfile",
                "adapters.micropython.power",
            ),
            {
                **bundle_layout.DATE,
                "pt_system": ("adapters.micropython.system:DeviceSystem",),
                "pt_link": ("adapters.micropython.link:HostLink",),
                "pt_setup": (*bundle_layout.DOMAIN["pt_setup"], "adapters.null:NullPortal"),
            },
        ),
    )
}
