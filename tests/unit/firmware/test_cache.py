"""What was generated is kept, until something that goes into it changes."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Callable

import pytest

from app import place
from build.firmware import cache
from build.firmware.model import Release

RELEASE = Release({"pt.mpy": b"M\x06\xff"}, {"main.py": b"import pt"}, {"pt": "x = 'ä'"})


@pytest.fixture
def get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """`get(*wanted)` gives whether it was made now."""
    monkeypatch.setattr(cache, "SOURCE", tmp_path)
    monkeypatch.setattr(place, "cache", lambda: tmp_path / ".cache")
    monkeypatch.setattr(cache, "_INPUTS", ("domain", "app.py"))
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "a.py").write_text("a = 1\n")
    (tmp_path / "app.py").write_text("")

    def ask(*wanted: object) -> bool:
        made = []

        def make() -> Release:
            made.append(1)
            return RELEASE

        assert cache.cached(wanted, make) == RELEASE
        return bool(made)

    return ask


def test_it_is_made_once(get: Callable[..., bool]) -> None:
    assert [get("esp32", True), get("esp32", True), get("esp32", False)] == [True, False, True]


def test_a_change_makes_it_anew(get: Callable[..., bool], tmp_path: Path) -> None:
    get("esp32")
    (tmp_path / "domain" / "a.py").write_text("a = 2\n")
    assert get("esp32")
    (tmp_path / "domain" / "b.py").write_text("")
    assert get("esp32")
    (tmp_path / "app.py").write_text("version = 2\n")
    assert get("esp32")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": {"a": "%"}, "start": {}}', "\xff"])
def test_what_is_garbled_is_made_anew(get: Callable[..., bool], content: str) -> None:
    get("esp32")
    (path,) = cache.folder().glob("*.json")
    path.write_text(content, encoding="latin-1")
    assert [get("esp32"), get("esp32")] == [True, False]


def test_no_folder_is_no_trouble(get: Callable[..., bool], tmp_path: Path) -> None:
    (tmp_path / ".cache").write_text("")
    assert [get("esp32"), get("esp32")] == [True, True]


def test_a_machine_without_the_compiler(
    get: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(name: str) -> str:
        raise PackageNotFoundError(name)

    get("esp32")
    monkeypatch.setattr(cache, "version_of", unknown)
    assert [get("esp32"), get("esp32")] == [True, False]


def test_the_oldest_go(get: Callable[..., bool]) -> None:
    for number in range(20):
        get(number)
    assert len(list(cache.folder().iterdir())) <= 2 * 12
    assert get(19) is False
