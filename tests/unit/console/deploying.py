"""A Thing as the console lists it."""

from __future__ import annotations

from app.cloud.manage.service.thing_identities import IdentityInfo
from app.cloud.manage.service.things import ThingInfo

NOBODY = IdentityInfo(None, None, [])


def thing(runs: str = "16", status: str = "OK") -> ThingInfo:
    return ThingInfo(
        "one", "aid", "App", "production", "esp32", None, False, False, {}, "run", True, NOBODY, [],
        app_version=runs, pythings=status,
    )  # fmt: skip
