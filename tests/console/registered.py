"""A Thing that registers and makes a call, by API v1; it does no more."""

from __future__ import annotations

import requests

from tests.patience import PATIENCE_S


def register(backend: str, aid: str, tid: str) -> str:
    """Register a Thing, make its first call, and return its token."""
    fields = {"tid": tid, "aid": aid, "app_version": "0.1", "pythings_version": "1"}
    fields |= {"platform": "test", "capabilities": "", "pool": ""}
    token = str(_post(backend, "things/register", fields)["token"])
    call(backend, token)
    return token


def call(backend: str, token: str) -> None:
    """Make a management call."""
    _post(backend, "apps/management", {"token": token})


def _post(backend: str, path: str, fields: dict[str, str]) -> dict[str, str]:
    answer = requests.post(f"{backend}/api/v1/{path}/", json=fields, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found
