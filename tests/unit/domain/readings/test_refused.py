"""Any item that the cloud refuses is kept for the owner."""

from __future__ import annotations

import json
from typing import Any

from domain.readings import refused
from tests.fakes.storage import MemoryStorage


def test_the_last_few_are_kept():
    storage = MemoryStorage()
    for number in range(refused.KEPT + 3):
        refused.keep(storage, "a reading", "the cloud answers 403", {"n": number})
    rows = [json.loads(line) for line in refused.kept(storage)]
    assert [row[2] for row in rows] == [repr({"n": number}) for number in range(3, 7)]


def test_an_item_that_is_nested_too_deeply_is_kept_without_its_text():
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    storage = MemoryStorage()
    refused.keep(storage, "a reply", "too deep", nested)
    assert json.loads(refused.kept(storage)[0]) == ["a reply", "too deep", ""]
