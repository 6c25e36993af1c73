"""An attacker serves apps to a Thing with the parameter `apps=signed`, and versions to any Thing.

Only the files in the manifest of the version run, byte for byte; the text around a file is exactly
the text that a cloud adds; a version is a name that cannot become code. T10.
"""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.app.signed_app import NAME, around
from domain.errors import CloudError
from domain.settings.settings import Settings, merge
from domain.settings.update_policy import app_wanted, os_wanted
from tests.conformance.cases import drawn
from tests.fakes.signers import signer
from tests.fakes.thing import make_thing
from tests.security.forging import STEPS, forged, junk_signature
from tests.security.generated import on_micropython, place
from tests.security.unsigned import (
    GENUINE,
    SENSORS,
    SOURCES,
    TRUST,
    app,
    offer,
    refused,
    served,
    slot,
    why,
    wrapped,
)

__all__ = ["place"]

EVIL = b"import os\nos.evil()\n"


RUN = {name: GENUINE[name] for name in SOURCES}


def test_the_signed_set_is_taken():
    event, thing = offer(GENUINE)
    assert event == "committed"
    assert slot(thing) == RUN
    assert thing.journal.app.version == "2"


@pytest.mark.parametrize("dropped", [NAME, *SOURCES])
def test_a_cloud_may_drop_the_line_end_at_the_end(dropped):
    files = app()
    files[dropped] = files[dropped].rstrip(b"\n")
    assert offer(served(files))[0] == "committed"


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("signatures", range(0, 13, 2))
def test_code_behind_signatures_does_not_run(name, signatures):
    lines = [b"# " + junk_signature(4 * one) for one in range(signatures)]
    for evil in (b"\n".join([*lines, EVIL]), b"\n".join([EVIL, *lines])):
        files = app()
        files[name] += evil
        refused(served(files))
        manifest_too = app()
        manifest_too[NAME] += evil
        refused(served(manifest_too))


@pytest.mark.parametrize("name", [NAME, *SOURCES])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"import logger\n", b"import logger\nimport os\n"),
        (b"import logger\n", b"import loggez\n"),
        (b"import logger\n", b""),
        (b"import logger\n", b"import logger \n"),
        (b"\nversion=", b"\nimport os\n\nversion="),
        (b"\nversion=", b"\n\n\nversion="),
        (b"version='2'", b"version='2'\n"),
        (b"version='2'", b"version=open('x')\nversion='2'"),
        (b"import logger\n", b"import logger\n" + SENSORS + SENSORS),
        (b"import sensors\n", b"import evilism\n"),
    ],
)
def test_what_is_around_a_file_is_what_a_cloud_adds(name, old, new):
    if old not in GENUINE[name]:
        pytest.skip("it has none")
    refused({**GENUINE, name: GENUINE[name].replace(old, new, 1)})


@pytest.mark.parametrize(
    "version",
    [
        "';open('/tmp/evil','w')#",
        *("2\nimport os", "2'", '2"', "2\\", "a b", "a/b", "../2", "\u0663", "2\0", "x" * 37),
    ],
)
def test_a_version_that_could_be_code_is_none(version):
    for name, wanted in (("app_version", app_wanted), ("pythings_version", os_wanted)):
        found, problems = merge(Settings(), {name: version})
        assert getattr(found, name) == getattr(Settings(), name)
        assert len(problems) == 1
        assert name in problems[0]
        assert not wanted(make_thing(), found, 0)


@pytest.mark.parametrize("version", ["1", "1700000000", "v2.1.0-rc_1", "x" * 36])
def test_a_version_that_is_one(version):
    found, problems = merge(Settings(), {"app_version": version, "pythings_version": version})
    assert (found.app_version, found.pythings_version, problems) == (version, version, [])


def test_a_file_that_the_cloud_lists_and_nobody_has_signed_is_not_fetched():
    event, thing = offer({**GENUINE, "evil.py": wrapped("evil.py", EVIL)})
    assert event == "committed"
    assert slot(thing) == RUN


def test_an_app_without_a_manifest_says_what_to_do():
    text = refused(served(SOURCES))
    assert "(security T10)" in text
    assert "pythings app sign" in text


def test_a_manifest_that_never_ends():
    text = refused({**GENUINE, NAME: GENUINE[NAME] + b"#" * 5000})
    assert "too long" in text


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([NAME, *SOURCES]), STEPS, st.booleans())
def test_whatever_is_done_to_an_app_nothing_else_is_imported(name, steps, inside):
    files = app()
    if inside:
        files[name] = forged(files[name], steps)
        offered = served(files)
    else:
        offered = {**GENUINE, name: forged(GENUINE[name], steps)}
    event, thing = offer(offered)
    for path, data in thing.storage.put:
        source = SOURCES.get(path[6:], EVIL).rstrip(b"\n")
        either = [wrapped(path[6:], source + end) for end in (b"", b"\n")]
        assert path == "app.b/.sum" or data in either, (path, data)
    if event == "committed":
        assert sorted(slot(thing)) == sorted(SOURCES)


def test_lines_of_a_manifest_that_say_something_else():
    """They are signed by the right key: a mistake of our own must not run either."""
    good = app()[NAME].decode().split("# sign ")[0]
    digest = base64.b64encode(bytes(32)).decode()
    for old, new in (
        ("# app app-1", "# app app-2"),
        ("# app app-1\n", ""),
        ("# number 7", "# number 07"),
        ("# number 7", "# number 7 8"),
        ("# number 7", "import os"),
        ("# keys 1", "# keys x"),
        ("# f helper.py", "# f ../helper.py"),
        ("# f helper.py", "# f worker_task.py"),
        ("# f helper.py", "# f pt_x.py"),
        ("# f helper.py", "# f " + NAME),
        ("# f helper.py 0", "# f helper.py 999999"),
        ("# f helper.py", "# g helper.py"),
        ("# pythings-app 1", "# pythings-app 2"),
        ("# f worker_task.py", "# f a.py 1 %s\n# f worker_task.py" % digest),
    ):
        assert old in good
        text = good.replace(old, new, 1).encode()
        refused({**GENUINE, NAME: wrapped(NAME, text + b"# " + signer("app").sign(text))})


def test_a_version_that_is_none_stands_around_no_file():
    """Settings have refused it before; this is the last check."""
    with pytest.raises(CloudError, match="its version is none"):
        around("worker_task.py", "';open('/tmp/evil','w')#")


@pytest.mark.slow
def test_the_generated_os_takes_nothing_else_either(place):
    offered = [GENUINE, served(SOURCES), {**GENUINE, "evil.py": wrapped("evil.py", EVIL)}]
    for name in GENUINE:
        offered.append({**GENUINE, name: GENUINE[name] + EVIL})
        offered.append(served({**app(), name: app()[name] + EVIL}))
    for name, steps in drawn(st.tuples(st.sampled_from(sorted(GENUINE)), STEPS), 100):
        offered.append({**GENUINE, name: forged(GENUINE[name], steps)})
    texts = [{name: data.decode("latin-1") for name, data in one.items()} for one in offered]
    case = {"trust": TRUST.decode(), "had": {}, "os": "factory", "app": "2"}
    done = on_micropython(place, [{**case, "served": one} for one in texts])
    for one, (event, put, cause) in zip(offered, done):
        expected, thing = offer(one)
        assert event == expected, (cause, one)
        found = {name[6:]: bytes.fromhex(data) for name, data in put if name[-5:] != "/.sum"}
        assert event == "rejected" or found == slot(thing)
        assert set(found) <= set(SOURCES)
    assert [event for event, _, _ in done[:3]] == ["committed", "rejected", "committed"]
    assert {event for event, _, _ in done[3:11]} == {"rejected"}


def test_a_cloud_in_trouble_is_not_said_to_have_no_signature():
    trouble = CloudError("trouble", "the cloud has a problem, try again later")
    event, thing = offer(GENUINE, script=trouble)
    assert event == "rejected"
    assert why(thing).endswith(trouble.text)
