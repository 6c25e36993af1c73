"""The demonstration fills an empty cloud, and only once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from app.console import demo
from app.console.boards import KINDS


class Cloud:
    """The apps and the boards that were made."""

    def __init__(self) -> None:
        self.made: dict[str, dict[str, str]] = {}
        self.pools: list[tuple[str, str, dict[str, str]]] = []
        self.started: list[tuple[str, str, list[str]]] = []

    async def apps(self) -> list[Any]:
        return [SimpleNamespace(name=name, aid=f"id of {name}") for name in self.made]

    async def create_app(self, name: str, files: dict[str, str]) -> str:
        self.made[name] = files
        return f"id of {name}"

    async def set_pool(self, aid: str, pool: str, settings: dict[str, str]) -> None:
        self.pools.append((aid, pool, settings))

    def start(self, kind: str, aid: str, script: str) -> None:
        self.started.append((kind, aid, script.splitlines()))


def test_apps_are_made_once_and_boards_started_each_time():
    cloud: Any = Cloud()
    for _ in range(2):
        asyncio.run(demo.fill(cloud, cloud))
    assert list(cloud.made) == ["Weather", "Boiler"]
    assert [aid for _, aid, _ in cloud.started] == ["id of Weather", "id of Boiler"] * 2
    assert {pool for _, pool, _ in cloud.pools} == {"development"}
    assert {kind for kind, _, _ in cloud.started} <= set(KINDS)


def test_a_board_is_wired_first_and_then_its_sensor_sees_changes():
    cloud: Any = Cloud()
    asyncio.run(demo.fill(cloud, cloud))
    for (_, _, script), part in zip(cloud.started, ("air", "flow"), strict=True):
        assert script[0].startswith(f"part {part} ")
        changes = [line for line in script if line.startswith(f"set {part} temperature=")]
        assert len(set(changes)) > 50
        assert script.count("wait 20") == len(changes)
