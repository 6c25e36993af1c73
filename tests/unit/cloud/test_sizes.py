"""A text too long for a Thing is refused when it is submitted."""

from __future__ import annotations

import json

import pytest

from app.cloud.sizes import MOST, too_long

SETTINGS = {"management_interval": "60", "pool": "development"}


@pytest.mark.parametrize("platform", [*MOST, "Python", None])
@pytest.mark.parametrize("encrypted", [False, True])
def test_up_to_the_limit(platform: str | None, encrypted: bool):
    most = MOST.get(platform or "", 16384)

    def refused(size: int) -> str:
        return too_long(platform, encrypted, SETTINGS, "APP", "a" * size)

    longest = max(size for size in range(0, most, 4) if not refused(size))
    body = {"settings": SETTINGS, "msg": "a" * longest, "mid": "m" * 36, "type": "APP"}
    assert len(json.dumps(body)) * (3.25 if encrypted else 1) <= most
    said = refused(longest + 400)
    assert "takes %d" % most in said
    assert "send it in parts" in said


def test_text_that_is_not_ascii_counts_in_bytes():
    assert not too_long("esp32", False, SETTINGS, "APP", "a" * 3000)
    assert too_long("esp32", False, SETTINGS, "APP", "\u00e9" * 3000)
