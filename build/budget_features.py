"""The cost of each feature of an ESP8266's OS in bytes of `.mpy`, and its allowance.

A feature is some of the files of `build/slim/bundle_layout.py`. Its allowance is a line of
`build/budget_device.json`; a feature without files keeps room free for later. The table in
docs/boards.md is generated from the recorded sizes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from build.slim.model import ROOT

BOARD = "esp8266"
DOC = ROOT / "docs/boards.md"
_BEGIN, _END = "<!-- features: begin -->\n", "<!-- features: end -->\n"

FEATURES = {
    "core: main loop, states, hardware": (
        *("pt", "pt_run", "pt_machine", "pt_boot", "pt_board", "pt_system", "pt_crypto"),
        *("pt_status", "pt_setup"),
    ),
    "journal, parameters, settings": ("pt_journal", "pt_params", "pt_values", "pt_secret"),
    "faults and remedies": ("pt_recover", "pt_trouble", "pt_error"),
    "networks": ("pt_link", "pt_connect", "pt_wifi"),
    "cloud: session, management, readings": (
        *("pt_net", "pt_wire", "pt_chunks", "pt_register", "pt_manage", "pt_send", "pt_queue"),
        "pt_tls",
    ),
    "encrypted payload": ("pt_cipher", "pt_key", "pt_rsa"),
    "files, apps and their updates": (
        *("pt_files", "pt_app", "pt_apps", "pt_fetch", "pt_update", "pt_wanted"),
    ),
    "signed apps and commands": ("pt_signed", "pt_order"),
    "OS updates": ("pt_os", "pt_trust", "pt_unpack", "pt_seal"),
    "patches": ("pt_patch",),
    "setup portal, its page included": ("pt_portal",),
    "debug shell": ("pt_shell", "pt_command", "pt_login", "pt_look", "pt_keep", "pt_remote"),
    "recorder, replay": ("pt_tap", "pt_drive"),
    "by battery": ("pt_battery",),
    "to come: Improv": (),
    "to come: captive portal": (),
    "to come: networks with priorities and trial": (),
}


def costs(figures: dict[str, int]) -> dict[str, int]:
    """Return the bytes of `.mpy` of each feature, from a board's figures."""
    return {
        name: sum(figures.get("mpy_" + file, 0) for file in files)
        for name, files in FEATURES.items()
    }


def complaints(figures: dict[str, int], budget: dict[str, Any]) -> list[str]:
    """Return a sentence for each feature that is larger than its allowance."""
    allowed = budget.get("features", {})
    return [
        "%s is %d, and its allowance is %d" % (name, size, allowed[name])
        for name, size in costs(figures).items()
        if name in allowed and size > allowed[name]
    ]


def table(budget: dict[str, Any]) -> str:
    """Return the recorded sizes and the allowances as a Markdown table."""
    rows = ["| feature | bytes of `.mpy` | allowance |", "|---|---|---|"]
    for name, size in costs(budget["recorded"][BOARD]).items():
        told = f"{size:,}" if FEATURES[name] else "-"
        rows.append("| %s | %s | %s |" % (name, told, "{:,}".format(budget["features"][name])))
    return "\n".join(rows) + "\n"


def documented(text: str, budget: dict[str, Any]) -> str:
    """Return the document with its table replaced by the current one."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + table(budget) + _END + after


def write(budget: dict[str, Any], doc: Path = DOC) -> None:
    """Write the current table into the document."""
    doc.write_text(documented(doc.read_text(encoding="utf-8"), budget), encoding="utf-8")
