"""What of an OS for boards is loaded when it is used, and not kept: by the file that it lies in.

Whole modules; classes, whose objects outlive it, and methods, each by name. See `build.slim.late`.
"""

from __future__ import annotations

_RUN = "domain.run:Run."
# An exchange with the cloud, and what is at work only within one.
_NET = (
    "adapters.cloud.gateway:Gateway",
    "adapters.cloud.gateway:_object",
    "adapters.cloud.gateway:_name",
    "adapters.cloud.codec:request",
    "adapters.cloud.codec:_is_page",
    "adapters.cloud.codec:_load",
    "adapters.cloud.jsontext",
    "domain.streams:gather",
)
_CIPHER = (
    "adapters.cloud.cipher",
    "adapters.cloud.box",
    "adapters.cloud.box:Box",
    "adapters.cloud.box:Opened",
)
DOMAIN = {
    "pt_app": ("domain.app", "domain.app:App", "domain.message"),
    "pt_boot": ("domain.boot", "domain.boot:Boot"),
    "pt_setup": ("domain.setup", "domain.setup:Setup"),
    "pt_wifi": ("domain.networks",),
    "pt_connect": ("domain.connect", "domain.connect:Connect"),
    "pt_journal": (
        "domain.journal",
        "domain.journal:Journal",
        "domain.slots",
        "domain.slots:Slot",
        "domain.record",
        "domain.thing:Thing.save_journal",
        _RUN + "_confirm",
    ),
    "pt_machine": ("domain.machine:Machine",),
    "pt_manage": (
        _RUN + "_manage",
        _RUN + "_handle",
        _RUN + "_execute",
        _RUN + "_good_exchange",
        _RUN + "_compare",
        _RUN + "_waiting",
    ),
    "pt_net": _NET,
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
        _RUN + "_barred",
        _RUN + "_give_up",
        "domain.refused",
        "domain.thing:Thing.base_s",
        "domain.thing:Thing.chance",
        "domain.backoff",
    ),
    "pt_secret": ("domain.secret",),
    "pt_status": ("domain.status:Status",),
    "pt_fetch": ("adapters.cloud.body",),
    "pt_update": ("domain.update", "domain.update:Update"),
    "pt_values": ("domain.settings", "domain.settings:Settings", "domain.values"),
    "pt_wanted": ("domain.wanted", "domain.thing:HeldBack", _RUN + "_word"),
    "pt_os": (
        "domain.release",
        "domain.keyring",
        "domain.lines",
        "domain.manifest",
        "domain.pieces",
        "domain.signed",
        "domain.trust",
    ),
    "pt_signed": ("domain.signedapp",),
    "pt_order": ("domain.signedcommand", "domain.weaker"),
    "pt_patch": ("domain.patch", "domain.patch:Patch"),
    "pt_recover": ("domain.recover", "domain.recover:Recover"),
    "pt_cipher": _CIPHER,
    "pt_shell": ("domain.debug.wire", "domain.debug.shell"),
    "pt_command": ("domain.debug.commands",),
    "pt_login": ("domain.debug.login",),
    "pt_look": ("domain.debug.looking",),
    "pt_drive": ("domain.debug.driving",),
    "pt_keep": ("domain.debug.keeping",),
    "pt_tap": ("domain.debug.tapping",),
    "pt_remote": ("domain.debug.remote",),
}

# Where there is MicroPython.
DEVICE = {
    "pt_net": (
        *_NET,
        "adapters.http.transport:StreamTransport",
        "adapters.micropython.stream:SocketStream",
    ),
    "pt_error": (
        *DOMAIN["pt_error"],
        "adapters.http.response:_not_http",
        "adapters.micropython.stream:_error",
    ),
    "pt_chunks": ("adapters.http.response:Response._read_chunks",),
    "pt_cipher": (*_CIPHER, "adapters.micropython.aes"),
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
DATE = {"pt_date": ("adapters.micropython.date",)}  # where certificates are verified

ESP: dict[str, tuple[str, ...]] = {
    "pt_link": ("adapters.micropython.wifi:WifiLink",),
    "pt_portal": (
        "adapters.micropython.portal",
        "adapters.micropython.portal:SetupPortal",
        "adapters.micropython.page",
        "adapters.micropython.query",
    ),
    "pt_board": ("adapters.micropython.boardfile", "app.boards.esp"),
}
WIFI = {**ESP, "pt_board": (*ESP["pt_board"], "app.boards.wifi")}

# An OS update in pieces, so that what fetches a file shares the smallest memory with little. Each
# file is a line more in the manifest: where there is memory enough, they are one.
SMALL: dict[str, tuple[str, ...]] = {
    "pt_os": ("domain.release", "domain.pieces", "domain.signed:digest_text"),
    "pt_patch": (
        "domain.patch",
        "domain.patch:Patch",
        "domain.release:Install._patched",
        "domain.release:Install._patch",
    ),
    "pt_trust": (
        "domain.trust",
        "domain.signed",
        "domain.manifest",
        "domain.keyring",
        "domain.lines",
        "domain.release:Install._verify",
        "domain.release:Install._lines",
        "domain.release:Install._each",
        "domain.release:Install._entry",
        "domain.release:Install._here",
        "domain.release:Install._missing",
        "domain.release:Install._sweep",
    ),
    # Loading it lets go of what fetched the file that is unpacked.
    "pt_unpack": ("adapters.micropython.storage:_inflating",),
    # It is put where it is executed in place.
    "pt_seal": ("adapters.esp8266.hardware:Esp8266Hardware.to_flash", "adapters.esp8266.romslot"),
}

_MODEM = "adapters.sim800.modem:Modem."
CELLULAR = {
    **ESP,
    "pt_net": (*DEVICE["pt_net"], "adapters.sim800.transport:ModemTransport"),
    "pt_modem": (
        "adapters.sim800.modem:Modem",
        "adapters.sim800.at:Digester",
        "adapters.sim800.board:BoardModem",
    ),
    "pt_bearer": ("adapters.sim800.link:CellularLink", "adapters.sim800.files:Files"),
    "pt_wake": (_MODEM + "wake", _MODEM + "_settle", _MODEM + "_warn"),
    "pt_board": ("adapters.micropython.boardfile", "app.boards.esp", "app.boards.sim800"),
}
