"""The boards that a slim build is made for."""

from __future__ import annotations

from dataclasses import dataclass

CORE = "pt"

# What a state needs beside the core; loaded when the state is entered.
LAZY = {
    "pt_boot": ("domain.boot",),
    "pt_setup": ("domain.setup",),
    "pt_connect": ("domain.connect",),
    "pt_register": ("domain.register", "adapters.cloud.keys"),
    "pt_run": ("domain.run",),
    "pt_update": ("domain.update", "adapters.cloud.sink"),
    "pt_recover": ("domain.recover",),
    "pt_cipher": ("adapters.cloud.cipher",),
}


@dataclass(frozen=True)
class Board:
    """`arch`: what mpy-cross calls it; `modules`: of the program; `entry`: where use begins."""

    name: str
    arch: str
    modules: tuple[str, ...] = ("domain", "adapters.cloud")
    entry: tuple[str, ...] = (
        "domain.runner:Runner",
        "domain.thing:Thing",
        "domain.app:App",  # outlives the state that makes it
        "adapters.cloud.gateway:Gateway",
    )


BOARDS = {
    board.name: board
    for board in (
        Board("esp8266", "xtensa"),
        Board("esp32", "xtensawin"),
        Board("micropython", ""),
    )
}
