"""The host that a modem link leads to in tests."""

from __future__ import annotations

HOST = "cloud.example"
