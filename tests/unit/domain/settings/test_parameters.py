"""Parameters: small files written by hand, read with care."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.settings.parameters import MAX_FILE, NAMES, Parameters, backend, load, with_tid
from tests.fakes.storage import MemoryStorage


def loaded(files=None, given=None):
    return load(MemoryStorage(files), given or {})


def test_defaults():
    assert loaded() == (Parameters(), [])
    assert (Parameters().setup_timeout, Parameters().app_timeout) == (60, 30)
    assert set(NAMES) == set(attrs.asdict(Parameters()))


def test_files():
    parameters, problems = loaded(
        {
            "aid": b"af40\n",
            "tid": b"  T-1  ",
            "backend": b"https://cloud:8443/",
            "pool": b"production",
            "loglevel": b"DEBUG",
            "setup_timeout": b"0\n",
            "wifi": b"my net\nmy password\n",
            "apn": b"internet",
            "app_timeout": b"5",
            "queue_kb": b"2048\n",
            "cloud_key": b"12345\n",
            "commands": b"off",
            "apps": b"signed",
        }
    )
    assert problems == []
    assert attrs.asdict(parameters) == {
        "aid": "af40",
        "tid": "T-1",
        "backend": "https://cloud:8443/",
        "pool": "production",
        "loglevel": "DEBUG",
        "setup_timeout": 0,
        "wifi": "my net\nmy password",
        "apn": "internet",
        "app_timeout": 5,
        "queue_kb": 2048,
        "cloud_key": 12345,
        "commands": "off",
        "apps": "signed",
    }


def test_a_byte_order_mark_is_no_part_of_a_value():
    parameters, problems = loaded({"aid": b"\xef\xbb\xbfapp\r\n", "pool": "a\u00bb".encode()})
    assert (parameters.aid, parameters.pool, problems) == ("app", "a\u00bb", [])


def test_given_ones_stand_above_the_files():
    parameters, problems = loaded(
        {"aid": b"file", "pool": b"file"}, {"aid": "given", "setup_timeout": 7}
    )
    assert (parameters.aid, parameters.pool, parameters.setup_timeout) == ("given", "file", 7)
    assert problems == []
    assert loaded({"aid": b"file"}, {"aid": None})[0].aid == ""  # given as: none


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("aid", b"", "is an empty file"),
        ("aid", b" \n ", "is an empty file"),
        ("aid", b"\xff\xfe", "is not UTF-8 text"),
        ("aid", b"x" * 37, "is longer than 36 characters: '" + "x" * 37 + "'"),
        ("tid", b"x" * 37, "is longer than 36 characters: '" + "x" * 37 + "'"),
        ("pool", b"a\nb", "is too long or has control characters: 'a\\nb'"),
        ("setup_timeout", b"soon", "is not a whole number but 'soon'"),
        ("app_timeout", b"3601", "is not between 1 and 3600 seconds but 3601"),
        ("queue_kb", b"15", "is not between 16 and 16777216 KiB but 15"),
        ("queue_kb", b"-1", "is not between 16 and 16777216 KiB but -1"),
        ("queue_kb", b"16777217", "is not between 16 and 16777216 KiB but 16777217"),
        ("wifi", b"a\0b", "is not a text of a few lines"),
        ("loglevel", b"loud", "is none of debug, info, warning, error but 'loud'"),
        ("cloud_key", b"0x12", "is not the decimal number of a public key"),
        ("cloud_key", b"1" * 1300, "is not the decimal number of a public key"),
        ("wifi", b"x" * (MAX_FILE + 1), "wifi has more than 4096 bytes"),
        ("backend", b"http://", "is not a host or host:port but 'http:'"),
        ("backend", b"https:///", "is not a host or host:port but 'https:'"),
    ],
)
def test_a_bad_file_leaves_the_default(name, content, problem):
    parameters, problems = loaded({name: content, "apn": b"internet"})
    assert problems == [f"parameter {name} {problem}; it is not used"]
    assert parameters == Parameters(apn="internet")


def test_limits_are_inside():
    parameters, problems = loaded({"tid": b"x" * 36, "cloud_key": b"1" * 1299, "wifi": b"x" * 4096})
    assert problems == []
    assert (len(parameters.tid), parameters.cloud_key) == (36, int("1" * 1299))
    with pytest.raises(ValueError, match="a few lines"):
        Parameters(wifi="x" * 4097)
    with pytest.raises(ValueError, match="a few lines"):
        Parameters(wifi=5)
    with pytest.raises(ValueError, match="public key"):
        Parameters(cloud_key="½")
    assert Parameters(cloud_key=5).cloud_key == 5


def test_an_unreadable_file_is_as_a_bad_one():
    storage = MemoryStorage({"aid": b"a", "pool": b"p"})
    storage.unreadable.add("aid")
    parameters, problems = load(storage, {})
    assert parameters == Parameters(pool="p")
    assert problems == ["parameter aid aid: input/output error; it is not used"]


@pytest.mark.parametrize("content", [b"", b"Off", b"sign", b"\xff", b"signed\0", b"x" * 5000])
@pytest.mark.parametrize(("name", "strict"), [("commands", "off"), ("apps", "signed")])
def test_what_forbids_something_is_not_undone_by_what_nobody_can_read(name, strict, content):
    parameters, (problem,) = loaded({name: content})
    assert problem.endswith("; it is not used, which counts as " + strict)
    wanted = Parameters(**{"commands": "signed", name: strict})
    assert parameters == wanted
    storage = MemoryStorage({name: strict.encode()})
    storage.unreadable.add(name)
    assert load(storage, {})[0] == wanted


@given(st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=60)))
def test_nothing_in_the_files_raises(files):
    parameters, problems = loaded(files)
    bad = [
        name for name in files if any(text.startswith(f"parameter {name} ") for text in problems)
    ]
    assert len(problems) == len(bad)
    strict = Parameters(commands="off", apps="signed")
    for name in NAMES:
        if name in bad and name in ("commands", "apps"):
            assert getattr(parameters, name) == getattr(strict, name)
        elif name == "commands" and name not in files and parameters.apps:
            assert parameters.commands == "signed"
        elif name in bad or name not in files:
            assert getattr(parameters, name) == getattr(Parameters(), name)


@pytest.mark.parametrize(
    ("given_by_hand", "ssl", "expected"),
    [
        ("", True, ("default.org", True)),
        ("", False, ("default.org", False)),
        ("host:8080", True, ("host:8080", True)),
        ("host/", False, ("host", False)),
        ("http://host:80/", True, ("host:80", False)),
        ("https://host", False, ("host", True)),
        ("HTTP://Host:80", True, ("Host:80", False)),
        ("Https://host/", False, ("host", True)),
    ],
)
def test_backend(given_by_hand, ssl, expected):
    assert backend(Parameters(backend=given_by_hand), "default.org", ssl) == expected


def test_tid_of_the_hardware():
    assert with_tid(Parameters(aid="a"), "x" * 40) == Parameters(aid="a", tid="x" * 36)
