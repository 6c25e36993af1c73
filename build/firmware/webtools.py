"""The manifest by which ESP Web Tools flash an image from a browser.

Source: ESP Web Tools (github.com/esphome/esp-web-tools), README, "Example manifest".
"""

from __future__ import annotations

import json

NAME = "manifest.json"


def manifest(chip: str, start: int, image: str, version: str) -> bytes:
    """Return the manifest for an image beside it, which begins at `start` of the chip's flash."""
    known = {
        "name": "PythingsOS",
        "version": version,
        "new_install_prompt_erase": True,
        "builds": [
            {"chipFamily": _family(chip), "parts": [{"path": image, "offset": start}]},
        ],
    }
    return json.dumps(known, indent=2).encode("ascii") + b"\n"


def _family(chip: str) -> str:
    """Return the chip's name as in the browser: ESP32-C3 for esp32c3, but ESP8266."""
    name = chip.upper()
    return "ESP32-" + name[5:] if name.startswith("ESP32") and name[5:] else name
