"""The longest answer that a Thing takes, so that a longer message is refused to its sender."""

from __future__ import annotations

import json
import math
from typing import Any

# Bytes that a body may have in the Thing's memory, by the platform that it registers with.
MOST = {"esp8266": 4096, "esp8266_sim800": 4096, "esp32": 4096, "esp32_sim800": 4096}
_OTHERS = 16384  # and by all others, also unknown ones
_SPARE = 256  # for settings that grow until it is delivered
_MID = "x" * 36


def too_long(
    platform: str | None, encrypted: bool, settings: dict[str, Any], kind: str, msg: Any
) -> str:
    """Return why a Thing could not take this message, and the remedy; an empty text if it can."""
    most = MOST.get(platform or "", _OTHERS)
    answer = {"settings": settings, "msg": msg, "mid": _MID, "type": kind}
    size = len(json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode())
    if encrypted:  # spaced, in ASCII, 39 digits for each 12 characters
        size = math.ceil(len(json.dumps(answer)) / 12) * 39
    if size + _SPARE <= most:
        return ""
    over = size + _SPARE - most
    return (
        f"it would be an answer of {size + _SPARE} bytes, and a Thing of the platform"
        f" {platform or 'unknown'} takes {most}: shorten it by {over}, or send it in parts"
    )
