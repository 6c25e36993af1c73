"""The boards that a slim build is made for: what goes in, and what is loaded when."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

CORE = "pt"

# What a state needs beside the core; loaded when the state is entered.
LAZY = {
    "pt_boot": ("domain.boot",),
    "pt_setup": ("domain.setup",),
    "pt_connect": ("domain.connect",),
    "pt_register": ("domain.register", "adapters.cloud.keys"),
    "pt_run": ("domain.run",),
    "pt_update": ("domain.update", "adapters.cloud.sink"),
    "pt_os": ("domain.release", "domain.trust"),
    "pt_recover": ("domain.recover",),
    "pt_cipher": ("adapters.cloud.cipher",),
}

# What outlives the state that makes it lies in the core.
_ENTRY = (
    "domain.runner:Runner",
    "domain.thing:Thing",
    "domain.app:App",
    "adapters.cloud.gateway:Gateway",
)

# What a board with MicroPython has beside that.
_DEVICE = (
    "domain.debug",
    "adapters.http",
    "adapters.micropython",
    "adapters.null",
    "app.boards.device",
)
_DEVICE_LAZY = {
    "pt_cipher": ("adapters.cloud.cipher", "adapters.micropython.aes"),
    "pt_files": ("adapters.micropython.storage",),
    "pt_apps": ("adapters.micropython.apploader",),
    "pt_crypto": ("adapters.micropython.crypto",),
    "pt_rsa": ("adapters.micropython.rsa",),
    "pt_shell": ("domain.debug.wire", "domain.debug.shell"),
    "pt_command": ("domain.debug.commands",),
    "pt_login": ("domain.debug.login",),
    "pt_look": ("domain.debug.looking",),
    "pt_drive": ("domain.debug.driving",),
    "pt_keep": ("domain.debug.keeping",),
    "pt_tap": ("domain.debug.tapping",),
}
_DEVICE_ENTRY = (
    "app.boards.device:live",
    "app.boards.device:_storage",
    "app.boards.device:_crypto",
    "adapters.micropython.late:Late",
    "adapters.http.transport:StreamTransport",
    "adapters.micropython.stream:SocketStream",
    "adapters.micropython.clock:TicksClock",
    "adapters.micropython.console:DeviceConsole",
    "adapters.micropython.system:DeviceSystem",
    "adapters.micropython.apphost:InProcessAppHost",
    "adapters.null:NullIndicator",
)
_ESP_ENTRY = (
    "adapters.micropython.led:PinIndicator",
    "app.boards.esp:_wifi",
    "app.boards.esp:_portal",
)
_WIFI = ("adapters.micropython.wifi",)


@dataclass(frozen=True)
class Board:
    """`arch`: what mpy-cross calls it; `modules`: packages and modules that go in, less those
    `without`; `entry`: what lies in the core; `lazy`: modules by the file that is loaded late;
    `compose`: the composition root, "" where nothing starts by itself."""

    name: str
    arch: str
    modules: tuple[str, ...] = ("domain", "adapters.cloud")
    entry: tuple[str, ...] = _ENTRY
    lazy: dict[str, tuple[str, ...]] = field(default_factory=lambda: LAZY)
    without: tuple[str, ...] = ()
    compose: str = ""


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
        ("domain", "adapters.cloud", *_DEVICE, *modules, root),
        (*_ENTRY, *_DEVICE_ENTRY, *entry),
        {**LAZY, **_DEVICE_LAZY, **lazy, "pt_board": (root, *lazy.get("pt_board", ()))},
        without,
        root,
    )


_ESP_LAZY: dict[str, tuple[str, ...]] = {
    "pt_link": _WIFI,
    "pt_portal": (
        "adapters.micropython.portal",
        "adapters.micropython.page",
        "adapters.micropython.query",
    ),
    "pt_board": ("adapters.micropython.boardfile",),
}

# A modem, and Wi-Fi beside it.
_CELLULAR = ("adapters.sim800", "app.boards.sim800")
_CELLULAR_LAZY = {
    **_ESP_LAZY,
    "pt_modem": ("adapters.sim800.link", "adapters.sim800.files"),
    "pt_board": (*_ESP_LAZY["pt_board"], "app.boards.sim800"),
}
_CELLULAR_ENTRY = (
    "adapters.sim800.board:BoardModem",
    "adapters.sim800.modem:Modem",
    "app.boards.sim800:_cellular",
    "adapters.sim800.transport:ModemTransport",
)


def _without_sockets(board: Board) -> Board:
    """The modem does HTTP, and there is no other way."""
    sockets = ("adapters.http", "adapters.micropython.stream")
    return replace(board, entry=tuple(name for name in board.entry if not name.startswith(sockets)))


# The domain and the protocol alone, as the conformance tests run them.
DOMAIN = Board("domain", "")

BOARDS = {
    board.name: board
    for board in (
        _device(
            "esp8266",
            "xtensa",
            ("adapters.esp8266", "app.boards.esp"),
            ("adapters.esp8266.hardware:Esp8266Hardware", "adapters.esp8266.tls:UnverifiedTls")
            + _ESP_ENTRY,
            (
                "adapters.micropython.hardware",
                "adapters.micropython.link",
                "adapters.micropython.tls",
            ),
            _ESP_LAZY,
        ),
        _device(
            "esp32",
            "xtensawin",
            ("adapters.esp32", "app.boards.esp"),
            ("adapters.esp32.hardware:Esp32Hardware", "adapters.micropython.tls:Tls") + _ESP_ENTRY,
            ("adapters.micropython.hardware", "adapters.micropython.link"),
            _ESP_LAZY,
        ),
        _device(
            "esp32_sim800",
            "xtensawin",
            ("adapters.esp32", "app.boards.esp", "adapters.ways", *_CELLULAR),
            ("adapters.esp32.hardware:Esp32Hardware", "adapters.micropython.tls:Tls")
            + _ESP_ENTRY
            + _CELLULAR_ENTRY
            + ("adapters.ways:Ways",),
            ("adapters.micropython.hardware", "adapters.micropython.link"),
            _CELLULAR_LAZY,
        ),
        _without_sockets(
            _device(
                "esp8266_sim800",
                "xtensa",
                ("adapters.esp8266", "app.boards.esp", *_CELLULAR),
                ("adapters.esp8266.hardware:Esp8266Hardware",) + _ESP_ENTRY + _CELLULAR_ENTRY,
                (
                    "adapters.micropython.hardware",
                    "adapters.micropython.link",
                    "adapters.micropython.tls",
                ),
                _CELLULAR_LAZY,
            )
        ),
        _device(
            "micropython",
            "",
            (),
            (
                "adapters.null:NullPortal",
                "adapters.micropython.hardware:UnixHardware",
                "adapters.micropython.link:HostLink",
                "adapters.micropython.tls:Tls",
            ),
            (
                "adapters.micropython.query",
                "adapters.micropython.portal",
                "adapters.micropython.page",
                "adapters.micropython.wifi",
                "adapters.micropython.mac",
                "adapters.micropython.led",
                "adapters.micropython.boardfile",
            ),
            {},
        ),
    )
}
