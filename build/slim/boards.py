"""The boards that a slim build is made for: what goes in, and what is loaded when."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

CORE = "pt"

_DOMAIN = ("domain", "domain.debug", "adapters.cloud")

# What is loaded when it is used, and not kept: whole modules; classes, whose objects outlive it,
# and methods, each by name. See `build.slim.late`.
_RUN = "domain.run:Run."
LAZY = {
    "pt_app": ("domain.app", "domain.app:App", "domain.message"),
    "pt_boot": ("domain.boot", "domain.boot:Boot"),
    "pt_setup": ("domain.setup", "domain.setup:Setup"),
    "pt_connect": ("domain.connect", "domain.connect:Connect"),
    "pt_journal": (
        "domain.journal",
        "domain.journal:Journal",
        "domain.slots",
        "domain.slots:Slot",
        "domain.record",
        "domain.thing:Thing.save_journal",
    ),
    "pt_machine": ("domain.machine:Machine",),
    "pt_manage": (
        _RUN + "_manage",
        _RUN + "_handle",
        _RUN + "_execute",
        _RUN + "_good_exchange",
        _RUN + "_compare",
    ),
    "pt_net": ("adapters.cloud.gateway:Gateway",),
    "pt_error": (
        "adapters.cloud.codec:_failure",
        "adapters.cloud.codec:_said",
        "adapters.cloud.codec:not_encrypted",
        "adapters.cloud.codec:wrong_shape",
    ),
    "pt_params": (
        "domain.parameters",
        "domain.parameters:Parameters",
        "domain.thing:Thing.load_parameters",
    ),
    "pt_queue": ("domain.queue:Queue", "domain.app:keep_readings"),
    "pt_key": ("adapters.cloud.gateway:Gateway._preregister", "adapters.cloud.keys"),
    "pt_register": ("domain.register", "domain.register:Register"),
    "pt_run": ("domain.run", "domain.run:Run"),
    "pt_send": (
        _RUN + "_send_first",
        _RUN + "_told",
        _RUN + "_deliver",
        _RUN + "_deliver_reading",
        _RUN + "_another_first",
        _RUN + "_hopeless",
        _RUN + "_stored",
    ),
    "pt_trouble": (
        _RUN + "_cloud_trouble",
        "domain.thing:Thing.base_s",
        "domain.thing:Thing.chance",
        "domain.backoff",
    ),
    "pt_status": ("domain.status:Status",),
    "pt_fetch": (
        "adapters.cloud.gateway:Gateway._file",
        "adapters.cloud.sink",
    ),
    "pt_update": ("domain.update", "domain.update:Update"),
    "pt_values": ("domain.settings", "domain.settings:Settings", "domain.values"),
    "pt_wanted": ("domain.wanted", "domain.thing:HeldBack"),
    "pt_os": ("domain.release", "domain.pieces", "domain.trust"),
    "pt_patch": ("domain.patch", "domain.patch:Patch"),
    "pt_recover": ("domain.recover", "domain.recover:Recover"),
    "pt_cipher": ("adapters.cloud.cipher",),
    "pt_shell": ("domain.debug.wire", "domain.debug.shell"),
    "pt_command": ("domain.debug.commands",),
    "pt_login": ("domain.debug.login",),
    "pt_look": ("domain.debug.looking",),
    "pt_drive": ("domain.debug.driving",),
    "pt_keep": ("domain.debug.keeping",),
    "pt_tap": ("domain.debug.tapping",),
    "pt_remote": ("domain.debug.remote",),
}

# What outlives the state that makes it lies in the core, and what makes the above.
_ENTRY = (
    "build.slim.runtime:Shell",
    "domain.runner:Runner",
    "domain.thing:Thing",
)

# What a board with MicroPython has beside that.
_DEVICE = (
    "adapters.http",
    "adapters.micropython",
    "adapters.null",
    "app.boards.device",
)
_DEVICE_LAZY = {
    "pt_net": (
        "adapters.cloud.gateway:Gateway",
        "adapters.http.transport:StreamTransport",
        "adapters.micropython.stream:SocketStream",
    ),
    "pt_error": (
        *LAZY["pt_error"],
        "adapters.http.response:_not_http",
        "adapters.micropython.stream:_error",
    ),
    "pt_dial": ("adapters.http.transport:StreamTransport._connect",),
    "pt_chunks": ("adapters.http.response:Response._read_chunks",),
    "pt_cipher": ("adapters.cloud.cipher", "adapters.micropython.aes"),
    "pt_files": ("adapters.micropython.storage:FileStorage",),
    "pt_apps": (
        "adapters.micropython.apphost:InProcessAppHost",
        "adapters.micropython.apploader",
    ),
    "pt_crypto": ("adapters.micropython.crypto:DeviceCrypto",),
    "pt_rsa": ("adapters.micropython.rsa",),
    "pt_machine": ("domain.machine:Machine", "app.boards.device:enter"),
    "pt_system": ("adapters.micropython.system:DeviceSystem",),
    "pt_tls": ("adapters.micropython.tls:Tls",),
}
_DATE = {"pt_date": ("adapters.micropython.date",)}  # where certificates are verified
_DEVICE_ENTRY = (
    "app.boards.device:live",
    "adapters.micropython.clock:TicksClock",
    "adapters.micropython.console:DeviceConsole",
    "adapters.micropython.apphost:Logger",
    "adapters.null:NullIndicator",
)
_ESP_ENTRY = ("adapters.micropython.led:PinIndicator",)


@dataclass(frozen=True)
class Board:
    """`arch`: what mpy-cross calls it; `modules`: packages and modules that go in, less those
    `without`; `entry`: what lies in the core; `lazy`: modules by the file that is loaded late;
    `compose`: the composition root, "" where nothing starts by itself."""

    name: str
    arch: str
    modules: tuple[str, ...] = _DOMAIN
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
        (*_DOMAIN, *_DEVICE, *modules, root),
        (*_ENTRY, *_DEVICE_ENTRY, *entry),
        {**LAZY, **_DEVICE_LAZY, **lazy, "pt_board": (root, *lazy.get("pt_board", ()))},
        without,
        root,
    )


_ESP_LAZY: dict[str, tuple[str, ...]] = {
    "pt_link": ("adapters.micropython.wifi:WifiLink",),
    "pt_portal": (
        "adapters.micropython.portal",
        "adapters.micropython.portal:SetupPortal",
        "adapters.micropython.page",
        "adapters.micropython.query",
    ),
    "pt_board": ("adapters.micropython.boardfile", "app.boards.esp"),
}
_WIFI_LAZY = {**_ESP_LAZY, "pt_board": (*_ESP_LAZY["pt_board"], "app.boards.wifi")}

# An OS update in pieces, so that what fetches a file shares the smallest memory with little. Each
# file is a line more in the manifest: where there is memory enough, they are one.
_SMALL: dict[str, tuple[str, ...]] = {
    "pt_os": ("domain.release", "domain.pieces", "domain.trust:digest_text"),
    "pt_patch": (
        "domain.patch",
        "domain.patch:Patch",
        "domain.release:Install._patched",
        "domain.release:Install._patch",
    ),
    "pt_trust": (
        "domain.trust",
        "domain.release:Install._verify",
        "domain.release:Install._missing",
        "domain.release:Install._sweep",
        "domain.release:trusted",
        "domain.release:check_files",
    ),
    # It is put where it is executed in place.
    "pt_seal": ("adapters.esp8266.hardware:Esp8266Hardware.to_flash", "adapters.esp8266.romslot"),
}

# A modem, and Wi-Fi beside it.
_CELLULAR = ("adapters.sim800", "app.boards.sim800")
_MODEM = "adapters.sim800.modem:Modem."
_CELLULAR_LAZY = {
    **_ESP_LAZY,
    "pt_net": (*_DEVICE_LAZY["pt_net"], "adapters.sim800.transport:ModemTransport"),
    "pt_modem": (
        "adapters.sim800.modem:Modem",
        "adapters.sim800.at:Digester",
        "adapters.sim800.board:BoardModem",
    ),
    "pt_bearer": ("adapters.sim800.link:CellularLink", "adapters.sim800.files:Files"),
    "pt_wake": (_MODEM + "wake", _MODEM + "_settle", _MODEM + "_warn"),
    "pt_board": ("adapters.micropython.boardfile", "app.boards.esp", "app.boards.sim800"),
}


def _without_sockets(board: Board) -> Board:
    """The modem does HTTP, and there is no other way."""
    sockets = ("adapters.http", "adapters.micropython.stream", "adapters.micropython.tls")

    def rest(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if not name.startswith(sockets))

    lazy = {file: rest(board.lazy[file]) for file in board.lazy}
    return replace(
        board,
        entry=rest(board.entry),
        lazy={file: names for file, names in lazy.items() if names},
    )


# The domain and the protocol alone, as the conformance tests run them.
DOMAIN = Board("domain", "")

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
            {**_WIFI_LAZY, **_SMALL, "pt_tls": ("adapters.esp8266.tls:UnverifiedTls",)},
        ),
        _device(
            "esp32",
            "xtensawin",
            ("adapters.esp32", "app.boards.esp", "app.boards.wifi"),
            ("adapters.esp32.hardware:Esp32Hardware", *_ESP_ENTRY),
            ("adapters.micropython.hardware", "adapters.micropython.link", "adapters.esp32.seeker"),
            {**_WIFI_LAZY, **_DATE},
        ),
        _device(
            "esp32_sim800",
            "xtensawin",
            ("adapters.esp32", "app.boards.esp", "adapters.ways", *_CELLULAR),
            ("adapters.esp32.hardware:Esp32Hardware", "adapters.micropython.tls:Tls")
            + _ESP_ENTRY
            + ("adapters.ways:Ways",),
            ("adapters.micropython.hardware", "adapters.micropython.link"),
            {
                **_CELLULAR_LAZY,
                **_DATE,
                "pt_operators": (
                    "adapters.sim800.operators",
                    "adapters.sim800.operators:Operators",
                ),
                "pt_seek": tuple(
                    "adapters.ways:Ways." + name for name in ("_look", "_put_back", "_leave")
                ),
                "pt_link": (*_ESP_LAZY["pt_link"], "adapters.esp32.seeker:WifiSeeker"),
            },
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
                ),
                {**_CELLULAR_LAZY, **_SMALL},
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
            ),
            {
                **_DATE,
                "pt_link": ("adapters.micropython.link:HostLink",),
                "pt_setup": (*LAZY["pt_setup"], "adapters.null:NullPortal"),
            },
        ),
    )
}
