"""The lazily loaded parts of an OS for boards, by the file that they lie in.

A part is a whole module, a class with objects that outlive the file, or a method, each by name. See
`build.slim.lazy`.
"""

from __future__ import annotations

_RUN = "domain.states.run:Run."
# An exchange with the cloud, and the code at work only within one.
_NET = (
    "adapters.cloud.gateway:Gateway",
    "adapters.cloud.gateway:_object",
    "adapters.cloud.gateway:_name",
    "adapters.cloud.codec:request",
    "adapters.cloud.codec:is_page",
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
    "pt_app": ("domain.app.app", "domain.app.app:App", "domain.readings.message"),
    "pt_boot": ("domain.states.boot", "domain.states.boot:Boot"),
    "pt_setup": ("domain.states.setup", "domain.states.setup:Setup"),
    "pt_wifi": ("domain.settings.networks",),
    "pt_connect": ("domain.states.connect", "domain.states.connect:Connect"),
    "pt_journal": (
        "domain.health.journal",
        "domain.health.journal:Journal",
        "domain.health.slots",
        "domain.health.slots:Slot",
        "domain.record",
        "domain.thing:Thing.save_journal",
        "domain.states.management:confirm",
    ),
    "pt_machine": ("domain.machine:Machine",),
    "pt_manage": ("domain.states.management",),
    "pt_net": _NET,
    "pt_error": (
        "adapters.cloud.codec:_failure",
        "adapters.cloud.codec:_said",
        "adapters.cloud.codec:not_encrypted",
        "adapters.cloud.codec:wrong_shape",
    ),
    "pt_params": (
        "domain.settings.parameters",
        "domain.settings.parameters:Parameters",
        "domain.thing:Thing.load_parameters",
    ),
    "pt_queue": ("domain.readings.queue:Queue", "domain.app.app:keep_readings"),
    "pt_key": ("adapters.cloud.gateway:Gateway._preregister", "adapters.cloud.keys"),
    "pt_register": ("domain.states.register", "domain.states.register:Register"),
    "pt_run": ("domain.states.run", "domain.states.run:Run"),
    "pt_send": ("domain.states.delivery",),
    "pt_trouble": (
        _RUN + "_cloud_trouble",
        "domain.states.delivery:_barred",
        "domain.states.delivery:_give_up",
        "domain.readings.refused",
        "domain.thing:Thing.base_s",
        "domain.thing:Thing.chance",
        "domain.health.backoff",
    ),
    "pt_secret": ("domain.security.secret",),
    "pt_status": ("domain.health.status:Status",),
    "pt_fetch": ("adapters.cloud.body",),
    "pt_update": ("domain.states.update", "domain.states.update:Update"),
    "pt_values": (
        "domain.settings.settings",
        "domain.settings.settings:Settings",
        "domain.settings.values",
    ),
    "pt_wanted": ("domain.settings.update_policy", "domain.thing:VersionBackoff", _RUN + "_word"),
    "pt_os": (
        "domain.os_update.install",
        "domain.security.keyring",
        "domain.os_update.lines",
        "domain.os_update.manifest",
        "domain.os_update.checked_streams",
        "domain.security.signed",
        "domain.security.trust",
    ),
    "pt_signed": ("domain.app.signed_app",),
    "pt_order": ("domain.app.signed_command", "domain.security.downgrade"),
    "pt_patch": ("domain.os_update.patch", "domain.os_update.patch:Patch"),
    "pt_recover": ("domain.states.recover", "domain.states.recover:Recover"),
    "pt_cipher": _CIPHER,
    "pt_shell": ("adapters.debug.wire", "adapters.debug.shell"),
    # The second is as rare, and would cost memory beside the files of an update.
    "pt_command": ("adapters.debug.commands", "adapters.cloud.overlong"),
    "pt_login": ("adapters.debug.login",),
    "pt_look": ("adapters.debug.inspect",),
    "pt_drive": ("adapters.debug.control",),
    "pt_keep": ("adapters.debug.config",),
    "pt_tap": ("adapters.debug.port_recorder",),
    "pt_remote": ("adapters.debug.remote",),
    "pt_battery": ("domain.states.battery", "domain.states.carried", "adapters.cloud.carried"),
}

# For boards with MicroPython.
DEVICE = {
    # Apart from its callers: beside a file that is downloaded there is no room for both.
    "pt_wire": (
        "adapters.http.transport:StreamTransport",
        "adapters.http.response:Response",
        "adapters.micropython.stream:SocketStream",
    ),
    "pt_error": (
        *DOMAIN["pt_error"],
        "adapters.http.response:_not_http",
        "adapters.micropython.stream:_error",
    ),
    "pt_chunks": ("adapters.http.response:Response._read_chunks",),
    "pt_cipher": (*_CIPHER, "adapters.micropython.aes", "adapters.micropython.aes:Aes"),
    "pt_files": ("adapters.micropython.storage:FileStorage",),
    "pt_apps": (
        "adapters.micropython.apphost:InProcessAppHost",
        "adapters.micropython.apploader",
    ),
    "pt_crypto": ("adapters.micropython.crypto:DeviceCrypto",),
    "pt_rsa": ("adapters.micropython.rsa",),
    "pt_machine": ("domain.machine:Machine", "app.runtime.micropython_main:enter"),
    "pt_system": ("adapters.micropython.system:DeviceSystem", "adapters.micropython.power"),
    "pt_tls": ("adapters.micropython.tls:Tls",),
}
DATE = {"pt_date": ("adapters.micropython.date",)}  # for boards that verify certificates

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

# An OS update in several files, so that the code that downloads a file shares the smallest memory
# with little else. Each file adds a line to the manifest: with enough memory, they are one.
SMALL: dict[str, tuple[str, ...]] = {
    "pt_os": (
        "domain.os_update.install",
        "domain.os_update.checked_streams",
        "domain.security.signed:digest_text",
    ),
    "pt_patch": (
        "domain.os_update.patch",
        "domain.os_update.patch:Patch",
        "domain.os_update.install:Install._patched",
        "domain.os_update.install:Install._patch",
    ),
    "pt_trust": (
        "domain.security.trust",
        "domain.security.signed",
        "domain.os_update.manifest",
        "domain.security.keyring",
        "domain.os_update.lines",
        "domain.os_update.install:Install._verify",
        "domain.os_update.install:Install._lines",
        "domain.os_update.install:Install._each",
        "domain.os_update.install:Install._entry",
        "domain.os_update.install:Install._here",
        "domain.os_update.install:Install._missing",
        "domain.os_update.install:Install._sweep",
    ),
    # Loading it unloads the code that downloaded the packed file.
    "pt_unpack": ("adapters.micropython.storage:_inflating",),
    # Written to the place where it is executed.
    "pt_seal": ("adapters.esp8266.hardware:Esp8266Hardware.to_flash", "adapters.esp8266.romslot"),
}

_MODEM = "adapters.sim800.modem:Modem."
CELLULAR = {
    **ESP,
    "pt_wire": (*DEVICE["pt_wire"], "adapters.sim800.transport:ModemTransport"),
    "pt_modem": (
        "adapters.sim800.modem:Modem",
        "adapters.sim800.at:Digester",
        "adapters.sim800.board:BoardModem",
    ),
    "pt_bearer": ("adapters.sim800.link:CellularLink", "adapters.sim800.files:Files"),
    "pt_wake": (_MODEM + "wake", _MODEM + "_settle", _MODEM + "_warn"),
    "pt_board": ("adapters.micropython.boardfile", "app.boards.esp", "app.boards.sim800"),
}

# For boards with enough memory: the files merged into one, by its name, in the order of a start.
_TOGETHER = {
    "pt_board": (
        *("pt_machine", "pt_boot", "pt_params", "pt_setup", "pt_connect", "pt_wifi"),
        *("pt_register", "pt_recover", "pt_seek", "pt_operators"),
    ),
    "pt_files": (*("pt_journal", "pt_values", "pt_secret", "pt_status", "pt_system", "pt_crypto"),),
    "pt_run": ("pt_app", "pt_apps", "pt_manage", "pt_send", "pt_queue", "pt_trouble", "pt_wanted")
    + ("pt_battery",),
    "pt_net": ("pt_wire", "pt_link", "pt_chunks", "pt_error", "pt_tls", "pt_date"),
    "pt_modem": ("pt_bearer", "pt_wake"),
    "pt_cipher": ("pt_key", "pt_rsa"),
    "pt_update": ("pt_fetch", "pt_signed", "pt_order", "pt_os", "pt_patch"),
    "pt_shell": (
        *("pt_command", "pt_login", "pt_look", "pt_drive", "pt_keep", "pt_tap", "pt_remote"),
    ),
}


def together(lazy: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Merge the lazy bundles into few files, as in `_TOGETHER`."""
    into = {name: file for file, names in _TOGETHER.items() for name in names}
    found: dict[str, tuple[str, ...]] = {}
    for name, parts in lazy.items():
        file = into.get(name, name)
        found[file] = (*found.get(file, ()), *parts)
    return found
