"""The role of the keys that sign a command."""

from __future__ import annotations

import pytest

from app.demo.releases import Releases
from build.release import commandsign
from build.release.texts import KeyList


@pytest.mark.parametrize(
    ("keys", "role"),
    [({}, "release"), ({"app": []}, "release"), ({"app": ["a key"]}, "app")],
)
def test_the_keys_for_apps_or_where_there_are_none_the_releases(keys, role):
    found = KeyList(keys={"root": ["a"], "release": ["b"], **keys})
    assert commandsign.role(found) == role


def test_the_demo_signs_its_commands_with_the_list_as_it_is_read(tmp_path):
    text = Releases(tmp_path / "demo").command("a-thing", "print(6 * 7)")
    assert "print(6 * 7)" in text
    assert "# sign " in text
