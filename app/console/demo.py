"""Life for a first look: apps of the gallery on virtual boards with sensors that see a day."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from app.console.boards import Boards
from app.console.fleet import Fleet
from app.console.gallery import example

# Settings of new apps, in seconds: short, so that their author sees effects soon.
QUICK = {"management_interval": "10", "worker_interval": "10"}
_STEP_S, _STEPS = 20, 540  # of the script of a board: three hours, which show a day


@dataclass(frozen=True)
class _Role:
    """An app of the demonstration: its board, and how a value of a part swings about its mean."""

    name: str
    key: str
    kind: str
    part: str
    swings: dict[str, tuple[float, float]]


_CAST = (
    _Role(
        "Weather",
        "temperature-humidity-and-pressure-bme280-i2c-esp32-esp8266",
        "esp32",
        "air",
        {"temperature": (21.5, 4.0), "humidity": (48.0, -9.0), "pressure": (1013.2, 3.0)},
    ),
    _Role(
        "Boiler",
        "temperature-ds18b20-1-wire-esp32-esp8266",
        "esp32",
        "flow",
        {"temperature": (55.0, 8.0)},
    ),
)


async def fill(fleet: Fleet, boards: Boards) -> None:
    """Start a virtual board for each app of the demonstration, and make those that are missing."""
    apps = {app.name: app.aid for app in await fleet.apps()}
    for role in _CAST:
        one = example(role.key)
        assert one is not None  # a test looks each key up
        if role.name not in apps:
            apps[role.name] = await fleet.create_app(role.name, one.files())
            await fleet.set_pool(apps[role.name], "development", dict(QUICK))
        script = "\n".join([*one.wiring, *_course(role)]) + "\n"
        boards.start(role.kind, apps[role.name], script)


def _course(role: _Role) -> Iterator[str]:
    """Yield the lines of `pythings sim` that change the values of a part."""
    for step in range(1, _STEPS):
        swing = math.sin(2 * math.pi * step / _STEPS) + 0.15 * math.sin(step / 7)
        values = (f"{key}={mean + by * swing:.1f}" for key, (mean, by) in role.swings.items())
        yield f"wait {_STEP_S}"
        yield f"set {role.part} {' '.join(values)}"
