"""Settings and the rules for values: nothing from the wire gets in unchecked."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.settings import values
from domain.settings.settings import (
    NAMES,
    Settings,
    differ,
    fingerprint,
    merge,
    need_session,
    to_json,
)
from tests.unit.domain.readings.values import JSON

WIRE = {
    "pythings_version": "factory",
    "app_version": "1001",
    "management_interval": "2",
    "worker_interval": "3",
    "battery_operated": False,
    "setup_timeout": 60,
    "ssl": False,
    "payload_encryption": False,
    "pool": "development",
}
VALUES = JSON | st.sampled_from(["auto", "0", "-1", "60", " 7 ", "604800", 604801, 10**30])


def is_valid(settings: Settings) -> bool:
    return (
        all(isinstance(getattr(settings, name), kind) for name, kind in KINDS.items())
        and 1 <= settings.management_interval <= 604800
        and 1 <= settings.worker_interval <= 604800
        and 0 <= settings.setup_timeout <= 3600
        and all(len(value) <= 253 for value in attrs.astuple(settings) if isinstance(value, str))
    )


KINDS = {name: type(getattr(Settings(), name)) for name in NAMES}


def test_defaults():
    assert to_json(Settings()) == {
        "pythings_version": "factory",
        "app_version": "0",
        "management_interval": 60,
        "worker_interval": 60,
        "battery_operated": False,
        "setup_timeout": 60,
        "ssl": True,
        "payload_encryption": False,
        "pool": "",
        "backend": "",
    }


def test_as_the_cloud_sends_them():
    settings, problems = merge(Settings(), WIRE)
    assert problems == []
    assert (settings.management_interval, settings.worker_interval) == (2, 3)
    assert (settings.app_version, settings.ssl, settings.pool) == ("1001", False, "development")


@given(JSON | st.dictionaries(st.sampled_from(NAMES) | st.text(), VALUES))
@example(["ssl"])
@example("ssl")
@example(None)
@example({"backend": "x" * 254, "worker_interval": "9" * 5000, "ssl": 1, "pool": "a\nb"})
def test_merge_of_anything(wire):
    before = attrs.evolve(Settings(), management_interval=7, backend="host")
    settings, problems = merge(before, wire)
    assert is_valid(settings)
    assert all(len(text) < 300 and "\n" not in text for text in problems)
    if isinstance(wire, dict):
        for name in NAMES:
            named = [text for text in problems if text.startswith(name + " ")]
            assert len(named) <= 1
            if named or (name not in wire and name != "backend"):
                assert getattr(settings, name) == getattr(before, name)
    else:
        assert settings == before
        assert problems[0].startswith("settings are no object but ")
    assert merge(before, to_json(settings)) == (settings, [])  # read back unchanged


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("worker_interval", "auto", "is not a whole number but 'auto'"),
        ("worker_interval", "0", "is not between 1 and 604800 seconds but 0"),
        ("management_interval", -5, "is not between 1 and 604800 seconds but -5"),
        ("management_interval", 604801, "is not between 1 and 604800 seconds but 604801"),
        ("management_interval", True, "is not a whole number but True"),
        ("management_interval", 1.5, "is not a whole number but 1.5"),
        ("setup_timeout", 3601, "is not between 0 and 3600 seconds but 3601"),
        ("setup_timeout", -1, "is not between 0 and 3600 seconds but -1"),
        ("ssl", "false", "is neither true nor false but 'false'"),
        ("ssl", 0, "is neither true nor false but 0"),
        ("pool", None, "is not a text but None"),
        ("backend", "a\x1fb", "is too long or has control characters: 'a\\x1fb'"),
    ],
)
def test_a_bad_value_leaves_the_one_in_force(name, value, problem):
    before = Settings()
    settings, problems = merge(before, {**WIRE, name: value})
    assert problems == [f"{name} {problem}; still {getattr(before, name)}"]
    assert getattr(settings, name) == getattr(before, name)
    assert settings.app_version == "1001"  # the others are taken


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("management_interval", 1),
        ("management_interval", 604800),
        ("setup_timeout", 0),
        ("setup_timeout", 3600),
        ("pool", "x" * 253),
        ("pool", " ~é"),
    ],
)
def test_limits_are_inside(name, value):
    settings, problems = merge(Settings(), {name: value})
    assert problems == []
    assert getattr(settings, name) == value


def test_a_backend_that_is_gone_is_none():
    before = Settings(backend="elsewhere:8080")
    assert merge(before, {"ssl": True})[0].backend == ""
    assert merge(before, {"backend": 5})[0].backend == "elsewhere:8080"
    wire = {"ssl": True}
    merge(before, wire)
    assert wire == {"ssl": True}


def test_what_differs():
    base = Settings()
    other = {"management_interval": 5, "worker_interval": 5, "setup_timeout": 5}
    other.update(battery_operated=True, payload_encryption=True, ssl=False)
    changes = {**other, "pool": "p", "backend": "b", "app_version": "2", "pythings_version": "v"}
    for name in NAMES:
        changed = attrs.evolve(base, **{name: changes[name]})
        version = name in ("app_version", "pythings_version")
        assert differ(base, changed) == (not version)
        assert (fingerprint(base) != fingerprint(changed)) == (not version)
        assert need_session(base, changed) == (name in ("ssl", "payload_encryption", "backend"))
    assert not differ(base, base)
    assert not need_session(base, base)
    assert len(fingerprint(base)) == 8


def test_quoted_is_bounded():
    assert values.quoted("x" * 58) == "'" + "x" * 58 + "'"
    assert values.quoted("x" * 59) == "'" + "x" * 56 + "..."
    assert len(values.quoted("x" * 59)) == 60
